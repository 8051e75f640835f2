// Nodes of elements that are not kept in slots, and the slot of a new element.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/elements/elements.hpp>

namespace steady::detail {

template <class Value>
struct shared_node {
  shared_node* next_retired;
  Value value;
};

template <class Allocator, class Value>
class shared_node_memory {
 public:
  using node = shared_node<Value>;

  // Throws what the allocator and the element throw.
  template <class... Arguments>
  static node* create(Allocator& allocator, Arguments&&... arguments) {
    node* const made = allocate(allocator);
    STEADY_TRY {
      detail::construct_element(allocator, std::addressof(made->value),
                                std::forward<Arguments>(arguments)...);
    }
    STEADY_CATCH_ALL {
      release(allocator, made);
      STEADY_RETHROW;
    }
    return made;
  }
  static void destroy(Allocator& allocator, node* gone) noexcept {
    detail::destroy_element(allocator, std::addressof(gone->value));
    release(allocator, gone);
  }

  // Without an element.
  static node* allocate(Allocator& allocator) {
    nodes from(allocator);
    return std::to_address(traits::allocate(from, 1));
  }
  static void release(Allocator& allocator, node* gone) noexcept {
    nodes to(allocator);
    traits::deallocate(to, detail::to_stored<typename traits::pointer>(gone), 1);
  }

 private:
  using traits = typename std::allocator_traits<Allocator>::template rebind_traits<node>;
  using nodes = typename traits::allocator_type;
};

// The slot of a new element. It owns the element's node until the slot is inserted. What went into
// it may be moved from, also if the slot is not inserted, because another thread was faster.
template <class Elements, class Allocator>
class slot_maker {
  using value_type = typename Elements::value_type;
  using memory = shared_node_memory<Allocator, value_type>;
  using copy = typename Elements::layout::copy;

 public:
  explicit slot_maker(Allocator& allocator) noexcept : allocator_(allocator) {}
  ~slot_maker() {
    if (owned_ != nullptr) memory::destroy(allocator_, owned_);
  }
  slot_maker(const slot_maker&) = delete;
  slot_maker& operator=(const slot_maker&) = delete;

  template <class... Arguments>
  const copy& make(std::uint64_t code, Arguments&&... arguments) {
    if constexpr (Elements::are_flat) {
      Elements::make(slot_, code, value_type(std::forward<Arguments>(arguments)...));
      is_made_ = true;
      return slot_;
    } else {
      make_element(std::forward<Arguments>(arguments)...);
      return make_slot(code);
    }
  }

  // The element of a node first, then the slot.
  template <class... Arguments>
  const value_type& make_element(Arguments&&... arguments) {
    owned_ = memory::create(allocator_, std::forward<Arguments>(arguments)...);
    return owned_->value;
  }
  const copy& make_slot(std::uint64_t code) noexcept {
    Elements::make(slot_, code, owned_);
    return slot_;
  }

  void is_inserted() noexcept { owned_ = nullptr; }

  // Until it is inserted.
  bool is_made() const noexcept { return Elements::are_flat ? is_made_ : owned_ != nullptr; }
  const auto& key() const noexcept {
    if constexpr (Elements::are_flat) {
      return Elements::key_of(slot_);
    } else {
      return Elements::key_in(owned_->value);
    }
  }
  // Calls `f` with the element, or with a copy of one that is kept in the slot.
  template <class F>
  void visit(F&& f) {
    Elements::change(slot_, std::forward<F>(f));
  }

 private:
  Allocator& allocator_;
  copy slot_;
  shared_node<value_type>* owned_ = nullptr;
  bool is_made_ = false;  // of flat elements
};

// The same for a node that stays another's until the slot is inserted. Its element, which has that
// key, may be made afterwards.
template <class Elements>
class adopted_slot {
  using copy = typename Elements::layout::copy;
  using key_type = typename Elements::key_type;
  using node = typename Elements::node;

 public:
  adopted_slot(node* given, const key_type& key) noexcept : given_(given), key_(key) {}

  const copy& make_slot(std::uint64_t code) noexcept {
    Elements::make(slot_, code, given_);
    return slot_;
  }
  void is_inserted() noexcept {}

  bool is_made() const noexcept { return true; }
  const key_type& key() const noexcept { return key_; }

 private:
  node* given_;
  const key_type& key_;
  copy slot_;
};

}  // namespace steady::detail
