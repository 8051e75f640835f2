// The node handle: an element taken out, as its slot held it, kept in the handle itself.
//
// Extracting and inserting move the slot's content once each: the element itself where slots hold
// elements, the pointer that owns it in a node container.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <steady/detail/elements/elements.hpp>

namespace steady::detail {

template <class Elements, class Allocator>
class node_handle {
 public:
  using value_type = typename Elements::value_type;
  using slot_type = typename Elements::slot_type;
  using allocator_type = Allocator;

  // Empty.
  node_handle() noexcept = default;
  node_handle(node_handle&& other) noexcept(Elements::nothrow_movable()) { take(other); }
  node_handle& operator=(node_handle&& other) noexcept(Elements::nothrow_movable()) {
    if (this != std::addressof(other)) {
      reset();
      take(other);
    }
    return *this;
  }
  ~node_handle() { reset(); }

  [[nodiscard]] bool empty() const noexcept { return !allocator_.has_value(); }
  explicit operator bool() const noexcept { return !empty(); }

  // The handle must not be empty.
  Allocator get_allocator() const { return *allocator_; }

  // If copying throws, both are as before. Where elements can only be moved, and that throws, one
  // of the handles may have lost its element.
  void swap(node_handle& other) noexcept(Elements::nothrow_movable()) {
    if constexpr (has_spare) {
      if (this != std::addressof(other)) swap_copies(other);
    } else {
      node_handle between(std::move(other));
      other = std::move(*this);
      *this = std::move(between);
    }
  }

  // For the containers: what a slot held; moving it in, from a slot that `erase()` then destroys,
  // before anything can move the handle.
  slot_type* slot() const noexcept {
    return const_cast<slot_type*>(reinterpret_cast<const slot_type*>(storage_[in_spare_]));
  }
  template <class Erase>
  node_handle(const Allocator& allocator, slot_type* from, const Erase& erase)
      : allocator_(allocator) {
    Elements::transfer(*allocator_, slot(), from);
    erase();
  }
  void reset() noexcept {
    if (empty()) return;
    Elements::destroy(*allocator_, slot());
    allocator_.reset();
  }

 protected:
  value_type& element() const noexcept { return Elements::element_of(*slot()); }

 private:
  // Where moving an element copies it, so that both copies can be made before either goes.
  static constexpr bool has_spare = !Elements::nothrow_movable() && Elements::copyable();

  void swap_copies(node_handle& other) {
    if (!other.empty()) Elements::transfer(*other.allocator_, spare(), other.slot());
    STEADY_TRY {
      if (!empty()) Elements::transfer(*allocator_, other.spare(), slot());
    }
    STEADY_CATCH_ALL {
      if (!other.empty()) Elements::destroy(*other.allocator_, spare());
      STEADY_RETHROW;
    }
    const std::optional<Allocator> theirs(other.allocator_);
    other.take_spare(allocator_);
    take_spare(theirs);
  }
  // What is there becomes the content, if it is of an allocator.
  void take_spare(const std::optional<Allocator>& of) noexcept {
    const std::optional<Allocator> allocator(of);
    reset();
    in_spare_ = !in_spare_;
    if (allocator) allocator_.emplace(*allocator);
  }
  slot_type* spare() noexcept { return reinterpret_cast<slot_type*>(storage_[!in_spare_]); }

  void take(node_handle& other) {
    if (other.empty()) return;
    Allocator allocator = *other.allocator_;
    Elements::transfer(allocator, slot(), other.slot());
    allocator_.emplace(std::move(allocator));
    other.reset();
  }

  alignas(slot_type) std::byte storage_[has_spare ? 2 : 1][sizeof(slot_type)];
  bool in_spare_ = false;
  std::optional<Allocator> allocator_;
};

template <class Elements, class Allocator>
class map_node : public node_handle<Elements, Allocator> {
 public:
  using key_type = typename Elements::key_type;
  using mapped_type = typename Elements::mapped_type;
  using node_handle<Elements, Allocator>::node_handle;

  // The key may be changed: the element is in no map. The handle must not be empty.
  key_type& key() const noexcept { return const_cast<key_type&>(this->element().first); }
  mapped_type& mapped() const noexcept { return this->element().second; }

  friend void swap(map_node& a, map_node& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }
};

template <class Elements, class Allocator>
class set_node : public node_handle<Elements, Allocator> {
 public:
  using node_handle<Elements, Allocator>::node_handle;

  // May be changed: it is in no set. The handle must not be empty.
  typename Elements::value_type& value() const noexcept { return this->element(); }

  friend void swap(set_node& a, set_node& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }
};

template <class Elements, class Allocator>
using node_of = std::conditional_t<Elements::is_map, map_node<Elements, Allocator>,
                                   set_node<Elements, Allocator>>;

}  // namespace steady::detail
