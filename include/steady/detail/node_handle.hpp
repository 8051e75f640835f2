// The node handle of a flat container: an element taken out, kept in the handle itself.
//
// The standard's node handles own a list node, so that extracting moves nothing. A flat container
// has no nodes; here extracting and inserting move the element once each.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <steady/detail/elements.hpp>

namespace steady::detail {

template <class Elements, class Allocator>
class node_handle {
 public:
  using value_type = typename Elements::value_type;
  using allocator_type = Allocator;

  // Empty.
  node_handle() noexcept = default;
  node_handle(node_handle&& other) noexcept(Elements::nothrow_movable()) { take(other); }
  node_handle& operator=(node_handle&& other) noexcept(Elements::nothrow_movable()) {
    if (this != &other) {
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

  void swap(node_handle& other) noexcept(Elements::nothrow_movable()) {
    node_handle between(std::move(other));
    other = std::move(*this);
    *this = std::move(between);
  }
  friend void swap(node_handle& a, node_handle& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }

  // For the containers: the element; moving one in, from a place where it is destroyed afterwards.
  value_type* element() const noexcept {
    return const_cast<value_type*>(reinterpret_cast<const value_type*>(storage_));
  }
  node_handle(const Allocator& allocator, value_type* from) : allocator_(allocator) {
    Elements::move(*allocator_, element(), from);
  }
  void reset() noexcept {
    if (empty()) return;
    destroy_element(*allocator_, element());
    allocator_.reset();
  }

 private:
  void take(node_handle& other) {
    if (other.empty()) return;
    Allocator allocator = *other.allocator_;
    Elements::move(allocator, element(), other.element());
    allocator_.emplace(std::move(allocator));
    other.reset();
  }

  alignas(value_type) std::byte storage_[sizeof(value_type)];
  std::optional<Allocator> allocator_;
};

template <class Key, class T, class Allocator>
class map_node : public node_handle<map_elements<Key, T>, Allocator> {
 public:
  using key_type = Key;
  using mapped_type = T;
  using node_handle<map_elements<Key, T>, Allocator>::node_handle;

  // The key may be changed: the element is in no map. The handle must not be empty.
  Key& key() const noexcept { return const_cast<Key&>(this->element()->first); }
  T& mapped() const noexcept { return this->element()->second; }
};

template <class Key, class Allocator>
class set_node : public node_handle<set_elements<Key>, Allocator> {
 public:
  using node_handle<set_elements<Key>, Allocator>::node_handle;

  // May be changed: it is in no set. The handle must not be empty.
  Key& value() const noexcept { return *this->element(); }
};

template <class Elements, class Allocator>
struct node_of;
template <class Key, class T, class Allocator>
struct node_of<map_elements<Key, T>, Allocator> {
  using type = map_node<Key, T, Allocator>;
};
template <class Key, class Allocator>
struct node_of<set_elements<Key>, Allocator> {
  using type = set_node<Key, Allocator>;
};

}  // namespace steady::detail
