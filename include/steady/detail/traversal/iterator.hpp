// The iterators of the containers: forward, in the order of iteration.hpp.
//
// An iterator knows its table and its element's location. Whatever migrates, and moving, swapping
// and clearing the container, invalidate it; erasing another element does not. end() stays valid.
//
// In debug mode an iterator also remembers the table's location_stamp and its element's tag, so
// that every use can tell whether it is stale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

namespace steady::detail {

// What debug mode has to say about the use of an iterator.
template <class Table, bool Debug>
class iterator_check {
  using location = typename Table::location;

 public:
  iterator_check() noexcept = default;
  iterator_check(const Table& table, const location& at) noexcept
      : stamp_(table.locations().now()), tag_(at ? *at.tag() : std::uint8_t{0}) {}

  void require_element(const Table* table, const location& at) const noexcept {
    if (table == nullptr) detail::misuse("an iterator without a container was used");
    if (at.slot == nullptr)
      detail::misuse("end() was used as an element; compare with end() first");
    require_fresh(table, at);
  }

  void require_element_of(const Table* table, const location& at,
                          const Table* wanted) const noexcept {
    require_element(table, at);
    if (table != wanted) detail::misuse("an iterator of another container was used");
  }

  static void require_same(const Table* a, const Table* b) noexcept {
    if (a != nullptr && b != nullptr && a != b) {
      detail::misuse("iterators of two containers were compared; they have nothing in common");
    }
  }

  void require_fresh(const Table* table, const location& at) const noexcept {
    if (table == nullptr || at.slot == nullptr) return;
    if (stamp_ != table->locations().now()) {
      detail::misuse(
          "an invalid iterator was used: since it was made, the container may have moved its "
          "elements; inserting, step(), rehash(), clear(), moving and swapping invalidate "
          "iterators, except that insertions do not up to the size that was reserved");
    }
    if (tag_ != *at.tag()) detail::misuse("an invalid iterator was used: its element was erased");
  }

 private:
  std::uint64_t stamp_ = 0;
  std::uint8_t tag_ = 0;
};

template <class Table>
class iterator_check<Table, false> {
  using location = typename Table::location;

 public:
  iterator_check() noexcept = default;
  iterator_check(const Table&, const location&) noexcept {}
  static void require_element(const Table*, const location&) noexcept {}
  static void require_element_of(const Table*, const location&, const Table*) noexcept {}
  static void require_same(const Table*, const Table*) noexcept {}
  static void require_fresh(const Table*, const location&) noexcept {}
};

template <class Table, bool Const>
class table_iterator {
  using location = typename Table::location;
  using elements = typename Table::elements;

 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = typename elements::value_type;
  using difference_type = std::ptrdiff_t;
  using reference = std::conditional_t<Const, const value_type&, value_type&>;
  using pointer = std::conditional_t<Const, const value_type*, value_type*>;

  // Equal to every end().
  table_iterator() noexcept = default;
  table_iterator(const Table& table, const location& at) noexcept
      : table_(std::addressof(table)), at_(at), check_(table, at) {}

  // An iterator serves as a const_iterator.
  template <bool Other>
  requires(Const && !Other) table_iterator(const table_iterator<Table, Other>& other)
  noexcept : table_(other.table_), at_(other.at_), check_(other.check_) {}

  reference operator*() const noexcept {
    check_.require_element(table_, at_);
    if constexpr (!Const) table_->note_write(at_.slot);
    table_->note_reference(at_);
    return elements::element_of(*at_.slot);
  }
  pointer operator->() const noexcept { return std::addressof(operator*()); }

  STEADY_ALWAYS_INLINE table_iterator& operator++() noexcept {
    check_.require_element(table_, at_);
    *this = table_iterator(*table_, table_->after(at_));
    return *this;
  }
  table_iterator operator++(int) noexcept {
    table_iterator before = *this;
    operator++();
    return before;
  }

  friend bool operator==(const table_iterator& a, const table_iterator& b) noexcept {
    a.check_.require_same(a.table_, b.table_);
    a.check_.require_fresh(a.table_, a.at_);
    b.check_.require_fresh(b.table_, b.at_);
    return a.at_.slot == b.at_.slot;
  }

  // For the containers, which apply no operator to iterators: one that takes everything could come
  // with the elements' namespace.
  bool is_end() const noexcept { return at_.slot == nullptr; }
  // The element's location; it must be one of `table`.
  const location& at(const Table& table) const noexcept {
    check_.require_element_of(table_, at_, std::addressof(table));
    return at_;
  }
  // The same where it may be end().
  const location& end_or_at(const Table& table) const noexcept {
    check_.require_same(table_, std::addressof(table));
    check_.require_fresh(table_, at_);
    return at_;
  }

 private:
  template <class, bool>
  friend class table_iterator;

  const Table* table_ = nullptr;
  location at_;
  [[no_unique_address]] iterator_check<Table, debug_mode> check_;
};

}  // namespace steady::detail
