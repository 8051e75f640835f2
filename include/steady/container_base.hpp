// steady::container_base: a container as a whole: constructing, copying, assigning, swapping,
// iterating. The base of steady::hash_container, where everything about single elements is.
//
//   Bound        O(size), except where a function says otherwise.
//   Throws       what the hash, the equality, the elements and the allocator throw. A constructor
//                then leaves nothing behind; what an assignment leaves, it says itself.
//   Invalidates  assigning: everything. Moving and swapping: iterators, while pointers and
//                references follow the elements.
//   Threads      const functions never change anything, and may run at the same time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include <steady/detail/config.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/interface.hpp>
#include <steady/detail/iterator.hpp>
#include <steady/from_range.hpp>
#include <steady/stepwise.hpp>

namespace steady {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class container_base : public stepwise<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = stepwise<Elements, Hash, KeyEqual, Allocator, Policy>;
  using allocator_traits = std::allocator_traits<Allocator>;

 protected:
  using base::table_;
  using typename base::table_type;

 public:
  using key_type = typename Elements::key_type;
  using value_type = typename Elements::value_type;
  using typename base::size_type;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Allocator;
  using reference = value_type&;
  using const_reference = const value_type&;
  using pointer = typename allocator_traits::pointer;
  using const_pointer = typename allocator_traits::const_pointer;
  // A set's elements are keys, and not to be changed.
  using iterator = detail::table_iterator<table_type, !Elements::is_map>;
  using const_iterator = detail::table_iterator<table_type, true>;

  static_assert(std::is_same_v<typename allocator_traits::value_type, value_type>,
                "the allocator's value_type must be the container's value_type");

  // ---- constructing ----

  // An empty container; allocates nothing.
  container_base() = default;

  explicit container_base(const Allocator& allocator)
      : container_base(0, Hash(), KeyEqual(), allocator) {}

  // Empty, with room for `capacity` elements before it grows.
  explicit container_base(size_type capacity, const Hash& hash = Hash(),
                          const KeyEqual& equal = KeyEqual(),
                          const Allocator& allocator = Allocator())
      : base(hash, equal, allocator) {
    if (capacity != 0) this->reserve(capacity);
  }
  container_base(size_type capacity, const Allocator& allocator)
      : container_base(capacity, Hash(), KeyEqual(), allocator) {}
  container_base(size_type capacity, const Hash& hash, const Allocator& allocator)
      : container_base(capacity, hash, KeyEqual(), allocator) {}

  // The elements of a range; of several with the same key, the first. Where the range tells its
  // length beforehand there is room for all from the start, and nothing migrates.
  template <std::input_iterator Iterator>
  container_base(Iterator first, Iterator last, size_type capacity = 0, const Hash& hash = Hash(),
                 const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : base(hash, equal, allocator) {
    size_type count = 0;
    if constexpr (std::forward_iterator<Iterator>) {
      count = static_cast<size_type>(std::ranges::distance(first, last));
    }
    fill(first, last, capacity, count);
  }
  template <std::input_iterator Iterator>
  container_base(Iterator first, Iterator last, size_type capacity, const Allocator& allocator)
      : container_base(first, last, capacity, Hash(), KeyEqual(), allocator) {}
  template <std::input_iterator Iterator>
  container_base(Iterator first, Iterator last, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : container_base(first, last, capacity, hash, KeyEqual(), allocator) {}
  template <std::input_iterator Iterator>
  container_base(Iterator first, Iterator last, const Allocator& allocator)
      : container_base(first, last, 0, Hash(), KeyEqual(), allocator) {}

  container_base(std::initializer_list<value_type> elements, size_type capacity = 0,
                 const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
                 const Allocator& allocator = Allocator())
      : container_base(elements.begin(), elements.end(), capacity, hash, equal, allocator) {}
  container_base(std::initializer_list<value_type> elements, size_type capacity,
                 const Allocator& allocator)
      : container_base(elements, capacity, Hash(), KeyEqual(), allocator) {}
  container_base(std::initializer_list<value_type> elements, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : container_base(elements, capacity, hash, KeyEqual(), allocator) {}
  container_base(std::initializer_list<value_type> elements, const Allocator& allocator)
      : container_base(elements, 0, Hash(), KeyEqual(), allocator) {}

  template <std::ranges::input_range Range>
  container_base(from_range_t, Range&& range, size_type capacity = 0, const Hash& hash = Hash(),
                 const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : base(hash, equal, allocator) {
    size_type count = 0;
    if constexpr (std::ranges::forward_range<Range> || std::ranges::sized_range<Range>) {
      count = static_cast<size_type>(std::ranges::distance(range));
    }
    fill(std::ranges::begin(range), std::ranges::end(range), capacity, count);
  }
  template <std::ranges::input_range Range>
  container_base(from_range_t, Range&& range, size_type capacity, const Allocator& allocator)
      : container_base(from_range, std::forward<Range>(range), capacity, Hash(), KeyEqual(),
                       allocator) {}
  template <std::ranges::input_range Range>
  container_base(from_range_t, Range&& range, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : container_base(from_range, std::forward<Range>(range), capacity, hash, KeyEqual(),
                       allocator) {}
  template <std::ranges::input_range Range>
  container_base(from_range_t, Range&& range, const Allocator& allocator)
      : container_base(from_range, std::forward<Range>(range), 0, Hash(), KeyEqual(), allocator) {}

  // A copy has the seed of its original, hence its order. Bound: O(size).
  container_base(const container_base& other)
      : container_base(
            other, allocator_traits::select_on_container_copy_construction(other.get_allocator())) {
  }

  container_base(const container_base& other, const Allocator& allocator)
      : base(other.table_.hash(), other.table_.equal(), allocator) {
    table_.copy_from(other.table_);
  }

  // The other is empty afterwards, and usable. References stay valid, iterators do not.
  container_base(container_base&& other) noexcept(
      std::is_nothrow_copy_constructible_v<Hash>&& std::is_nothrow_copy_constructible_v<KeyEqual>)
      : base(other.table_.hash(), other.table_.equal(), other.get_allocator()) {
    table_.take(other.table_);
  }

  // O(size) when the allocators differ.
  container_base(container_base&& other, const Allocator& allocator)
      : base(other.table_.hash(), other.table_.equal(), allocator) {
    take_or_move(other);
  }

  // Strong guarantee; if assigning the hash or the equality throws, this container is empty.
  container_base& operator=(const container_base& other) {
    if (this == &other) return *this;
    constexpr bool propagate = allocator_traits::propagate_on_container_copy_assignment::value;
    container_base copy(other, propagate ? other.get_allocator() : get_allocator());
    table_.release();
    if constexpr (propagate) table_.allocator() = other.get_allocator();
    table_.set_functions(other.table_.hash(), other.table_.equal());
    table_.take(copy.table_);
    return *this;
  }

  // Where the allocators differ and stay, elements are moved one by one; on an exception each is
  // then either here or there.
  container_base& operator=(container_base&& other) noexcept(
      (allocator_traits::propagate_on_container_move_assignment::value ||
       allocator_traits::is_always_equal::value) &&
      std::is_nothrow_copy_assignable_v<Hash> && std::is_nothrow_copy_assignable_v<KeyEqual>) {
    if (this == &other) return *this;
    table_.release();
    if constexpr (allocator_traits::propagate_on_container_move_assignment::value) {
      table_.allocator() = other.get_allocator();
    }
    table_.set_functions(other.table_.hash(), other.table_.equal());
    take_or_move(other);
    return *this;
  }

  // Strong guarantee.
  container_base& operator=(std::initializer_list<value_type> elements) {
    container_base fresh(elements, 0, hash_function(), key_eq(), get_allocator());
    table_.release();
    table_.take(fresh.table_);
    return *this;
  }

  // Bound: O(size); all elements are destroyed at once.
  ~container_base() = default;

  // References stay valid, iterators do not. Unequal allocators that do not propagate: undefined,
  // as in the standard.
  void swap(container_base& other) noexcept(
      std::is_nothrow_swappable_v<Hash>&& std::is_nothrow_swappable_v<KeyEqual>) {
    if constexpr (allocator_traits::propagate_on_container_swap::value) {
      using std::swap;
      swap(table_.allocator(), other.table_.allocator());
    }
    table_.swap_functions(other.table_);
    table_.swap_content(other.table_);
  }

  // ---- elements ----

  // Bound of begin() and ++: the buckets without elements that are passed over.
  STEADY_ALWAYS_INLINE iterator begin() noexcept { return {table_, table_.first()}; }
  STEADY_ALWAYS_INLINE const_iterator begin() const noexcept { return {table_, table_.first()}; }
  iterator end() noexcept { return {table_, {}}; }
  const_iterator end() const noexcept { return {table_, {}}; }
  const_iterator cbegin() const noexcept { return begin(); }
  const_iterator cend() const noexcept { return {table_, {}}; }

  // ---- observing ----

  hasher hash_function() const { return table_.hash(); }
  key_equal key_eq() const { return table_.equal(); }
  allocator_type get_allocator() const noexcept { return table_.allocator(); }

 protected:
  using position = typename table_type::position;
  using slot_type = typename table_type::slot_type;

  template <class... Arguments>
  void construct(slot_type* at, Arguments&&... arguments) {
    Elements::construct(table_.allocator(), at, std::forward<Arguments>(arguments)...);
  }

  // The element with the key that the arguments have, or a new one built from them. Where the
  // arguments do not show the key, the element is built first, and moved in if its key is new.
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<position, bool> find_or_emplace(Arguments&&... arguments) {
    if constexpr (detail::shows_key<Elements, Arguments...>) {
      return table_.find_or_insert(Elements::key_in(arguments...), [&](slot_type* to) {
        construct(to, std::forward<Arguments>(arguments)...);
      });
    } else {
      detail::temporary_slot<Elements, Allocator> made(table_.allocator(), [&](slot_type* to) {
        construct(to, std::forward<Arguments>(arguments)...);
      });
      return table_.find_or_insert_foreign(Elements::key_of(*made.get()), [&](slot_type* to) {
        Elements::move(table_.allocator(), to, made.get());
      });
    }
  }

  // Takes what a slot of another table or of none holds, if its key is new; then the slot's content
  // is to be destroyed, otherwise, and on an exception, it is as before.
  // The source's allocator equals this one's, if slots own memory.
  std::pair<position, bool> adopt(slot_type* from) {
    return table_.find_or_insert_foreign(Elements::key_of(*from), [&](slot_type* to) {
      Elements::transfer(table_.allocator(), to, from);
    });
  }

 private:
  template <class Iterator, class Sentinel>
  void fill(Iterator first, Sentinel last, size_type capacity, size_type count) {
    if (capacity != 0 || count != 0) this->reserve(std::max(capacity, count));
    for (; first != last; ++first) find_or_emplace(*first);
    if (capacity == 0) table_.withdraw_reservation();  // nobody asked for one
  }

  // The other's content, by moving each element if its memory cannot be kept here.
  void take_or_move(container_base& other) {
    if constexpr (!allocator_traits::is_always_equal::value) {
      if (!(get_allocator() == other.get_allocator())) return move_each_from(other);
    }
    table_.take(other.table_);
  }

  void move_each_from(container_base& other) {
    this->reserve(other.size());
    for (auto at = other.table_.first(); at;) {
      const auto next = other.table_.after(at);
      other.table_.note_write(at.slot);
      table_.find_or_insert_foreign(Elements::key_of(*at.slot), [&](slot_type* to) {
        Elements::transplant(table_.allocator(), to, at.slot);
      });
      other.table_.erase_noted(at);
      at = next;
    }
    other.table_.clear();
  }
};

}  // namespace steady
