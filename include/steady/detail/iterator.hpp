// The iterators of hash_map and hash_set: forward, in the order of the hash line.
//
// An iterator knows its table and its element's place. Inserting, moving and swapping the container
// invalidate it; erasing another element does not.
#pragma once

#include <cstddef>
#include <iterator>
#include <type_traits>

namespace steady::detail {

template <class Table, bool Const>
class table_iterator {
  using position = typename Table::position;

 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = typename Table::value_type;
  using difference_type = std::ptrdiff_t;
  using reference = std::conditional_t<Const, const value_type&, value_type&>;
  using pointer = std::conditional_t<Const, const value_type*, value_type*>;

  // Equal to end().
  table_iterator() noexcept = default;
  table_iterator(const Table& table, const position& at) noexcept : table_(&table), at_(at) {}

  // An iterator serves as a const_iterator.
  template <bool Other>
  requires(Const && !Other) table_iterator(const table_iterator<Table, Other>& other)
  noexcept : table_(other.table_), at_(other.at_) {}

  reference operator*() const noexcept { return *at_.element; }
  pointer operator->() const noexcept { return at_.element; }

  table_iterator& operator++() noexcept {
    at_ = table_->after(at_);
    return *this;
  }
  table_iterator operator++(int) noexcept {
    table_iterator before = *this;
    ++*this;
    return before;
  }

  friend bool operator==(const table_iterator& a, const table_iterator& b) noexcept {
    return a.at_.element == b.at_.element;
  }

  // For the containers.
  const position& at() const noexcept { return at_; }

 private:
  template <class, bool>
  friend class table_iterator;

  const Table* table_ = nullptr;
  position at_;
};

}  // namespace steady::detail
