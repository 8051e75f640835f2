// What steady::hash_map and steady::hash_set have in common: everything but the mapped values.
//
// Unless a function says otherwise:
//
//   Bound        one bucket and its overflow is searched, also in the middle of a migration; an
//                inserting call may besides begin a migration or evacuate at most
//                Policy::evacuations_per_insert intervals. Nothing depends on the size.
//   Throws       what the hash, the equality, the element's constructors and the allocator throw; a
//                function for one element then has no effect.
//   Invalidates  inserting a new element and everything that migrates: iterators, pointers and
//                references to elements. Erasing: those to the erased element only. Looking up and
//                inserting a key that is there: nothing.
//   Threads      const functions never move or change anything, and may run at the same time.
//
// docs/guarantees.md has the bounds in numbers, with the tests that check them.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/invariants.hpp>
#include <steady/detail/iterator.hpp>
#include <steady/detail/table.hpp>
#include <steady/hash.hpp>
#include <steady/policy.hpp>
#include <steady/stats.hpp>
#include <steady/work.hpp>

namespace steady {

namespace detail {

template <class Hash, class KeyEqual>
concept transparent_functions = requires {
  typename Hash::is_transparent;
  typename KeyEqual::is_transparent;
};

}  // namespace detail

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class hash_container {
 protected:
  using table_type = detail::table<Elements, Hash, KeyEqual, Allocator, Policy>;
  using allocator_traits = std::allocator_traits<Allocator>;
  static constexpr bool is_transparent = detail::transparent_functions<Hash, KeyEqual>;

 public:
  using key_type = typename Elements::key_type;
  using value_type = typename Elements::value_type;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Allocator;
  using policy_type = Policy;
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
  hash_container() = default;

  explicit hash_container(const Allocator& allocator)
      : hash_container(0, Hash(), KeyEqual(), allocator) {}

  // Empty, with room for `capacity` elements before it grows.
  explicit hash_container(size_type capacity, const Hash& hash = Hash(),
                          const KeyEqual& equal = KeyEqual(),
                          const Allocator& allocator = Allocator())
      : table_(hash, equal, allocator) {
    if (capacity != 0) reserve(capacity);
  }

  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, size_type capacity = 0, const Hash& hash = Hash(),
                 const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : hash_container(capacity, hash, equal, allocator) {
    insert(first, last);
  }

  hash_container(std::initializer_list<value_type> elements, size_type capacity = 0,
                 const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
                 const Allocator& allocator = Allocator())
      : hash_container(elements.begin(), elements.end(), capacity, hash, equal, allocator) {}

  // A copy has a seed of its own, hence another order. Bound: O(size).
  hash_container(const hash_container& other)
      : hash_container(
            other, allocator_traits::select_on_container_copy_construction(other.get_allocator())) {
  }

  hash_container(const hash_container& other, const Allocator& allocator)
      : table_(other.table_.hash(), other.table_.equal(), allocator) {
    table_.copy_from(other.table_);
  }

  // The other is empty afterwards, and usable. References stay valid, iterators do not.
  hash_container(hash_container&& other) noexcept(
      std::is_nothrow_copy_constructible_v<Hash>&& std::is_nothrow_copy_constructible_v<KeyEqual>)
      : table_(other.table_.hash(), other.table_.equal(), other.get_allocator()) {
    table_.take(other.table_);
  }

  // O(size) when the allocators differ.
  hash_container(hash_container&& other, const Allocator& allocator)
      : table_(other.table_.hash(), other.table_.equal(), allocator) {
    take_or_move(other);
  }

  // Strong guarantee.
  hash_container& operator=(const hash_container& other) {
    if (this == &other) return *this;
    constexpr bool propagate = allocator_traits::propagate_on_container_copy_assignment::value;
    hash_container copy(other, propagate ? other.get_allocator() : get_allocator());
    table_.release();
    if constexpr (propagate) table_.allocator() = other.get_allocator();
    table_.set_functions(other.table_.hash(), other.table_.equal());
    table_.take(copy.table_);
    return *this;
  }

  hash_container& operator=(hash_container&& other) noexcept(
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

  hash_container& operator=(std::initializer_list<value_type> elements) {
    hash_container fresh(elements, 0, hash_function(), key_eq(), get_allocator());
    table_.release();
    table_.take(fresh.table_);
    return *this;
  }

  // Bound: O(size); all elements are destroyed at once.
  ~hash_container() = default;

  // References stay valid, iterators do not. Unequal allocators that do not propagate: undefined,
  // as in the standard.
  void swap(hash_container& other) noexcept(
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
  iterator begin() noexcept { return {table_, table_.first()}; }
  const_iterator begin() const noexcept { return {table_, table_.first()}; }
  const_iterator cbegin() const noexcept { return begin(); }
  iterator end() noexcept { return {}; }
  const_iterator end() const noexcept { return {}; }
  const_iterator cend() const noexcept { return {}; }

  size_type size() const noexcept { return table_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  size_type max_size() const noexcept {
    return std::numeric_limits<difference_type>::max() / sizeof(value_type);
  }

  // ---- looking up ----
  // Each also takes any key that a transparent Hash and a transparent KeyEqual accept.

  iterator find(const key_type& key) { return {table_, table_.find(key)}; }
  const_iterator find(const key_type& key) const { return {table_, table_.find(key)}; }
  template <class K>
  requires is_transparent iterator find(const K& key) { return {table_, table_.find(key)}; }
  template <class K>
  requires is_transparent const_iterator find(const K& key)
  const { return {table_, table_.find(key)}; }

  bool contains(const key_type& key) const { return static_cast<bool>(table_.find(key)); }
  template <class K>
  requires is_transparent bool contains(const K& key) const {
    return static_cast<bool>(table_.find(key));
  }

  // 0 or 1.
  size_type count(const key_type& key) const { return contains(key) ? 1 : 0; }
  template <class K>
  requires is_transparent size_type count(const K& key)
  const { return contains(key) ? 1 : 0; }

  // ---- inserting ----
  // An element whose key is there already is not inserted, and nothing is moved from.

  std::pair<iterator, bool> insert(const value_type& element) { return insert_value(element); }
  std::pair<iterator, bool> insert(value_type&& element) {
    return insert_value(std::move(element));
  }

  // Not all or nothing: what was inserted before an exception stays.
  template <std::input_iterator Iterator>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) emplace(*first);
  }
  void insert(std::initializer_list<value_type> elements) {
    insert(elements.begin(), elements.end());
  }

  // Builds the element from the arguments, outside the table unless its key can be seen in them.
  template <class... Arguments>
  std::pair<iterator, bool> emplace(Arguments&&... arguments) {
    if constexpr (sizeof...(Arguments) == 1 &&
                  (std::is_same_v<std::remove_cvref_t<Arguments>, value_type> && ...)) {
      return insert_value(std::forward<Arguments>(arguments)...);
    } else {
      value_type element(std::forward<Arguments>(arguments)...);
      return insert_value(std::move(element));
    }
  }

  // ---- erasing ----
  // Never moves another element, and never shrinks.

  // The number of elements erased, 0 or 1.
  size_type erase(const key_type& key) { return erase_key(key); }
  template <class K>
  requires is_transparent &&
      (!std::convertible_to<K, iterator>)&&(!std::convertible_to<K, const_iterator>)size_type
      erase(const K& key) {
    return erase_key(key);
  }

  // The element after the erased one. Throws nothing.
  iterator erase(const_iterator element) noexcept {
    const position next = table_.after(element.at());
    table_.erase(element.at());
    return {table_, next};
  }
  iterator erase(iterator element) noexcept requires(!std::same_as<iterator, const_iterator>) {
    return erase(const_iterator(element));
  }
  iterator erase(const_iterator first, const_iterator last) noexcept {
    iterator next(table_, first.at());
    while (const_iterator(next) != last) next = erase(const_iterator(next));
    return next;
  }

  // Destroys all elements. Bound: O(size). A container of more than one chunk gives its memory
  // back.
  void clear() noexcept { table_.clear(); }

  // ---- growing ----

  // Room for `size` elements: until then no insertion migrates, and references stay valid. Pays at
  // once. Bound: O(elements + buckets).
  void reserve(size_type size) {
    const unsigned wanted = layout::log2_buckets_for(size);
    if (!table_.arrays().has_memory() || wanted > log2_buckets()) {
      table_.resize(wanted);
    } else {
      table_.finish();
    }
  }

  // As many buckets as `buckets` or the size needs, whichever is more; 0 shrinks to fit. Pays at
  // once. Bound: O(elements + buckets).
  void rehash(size_type buckets) {
    if (buckets == 0 && empty()) return table_.release();
    const unsigned asked = buckets < 2 ? 0u : static_cast<unsigned>(std::bit_width(buckets - 1));
    table_.resize(std::max(asked, layout::log2_buckets_for(size())));
  }

  // Does at most `max_buckets` buckets of pending work; returns how many it did. When evacuating a
  // bucket throws, what was done before stays.
  size_type step(size_type max_buckets) { return table_.step(max_buckets); }

  // Works for `time`, a bucket more at the most; returns how many buckets it did.
  template <class Rep, class Period>
  size_type step_for(std::chrono::duration<Rep, Period> time) {
    const auto end = std::chrono::steady_clock::now() + time;
    size_type done = 0;
    while (migrating() && std::chrono::steady_clock::now() < end) done += step(1);
    return done;
  }

  // True while any stepwise work is pending.
  bool migrating() const noexcept { return table_.arrays().migrating(); }

  // Buckets of work that are left; 0 when not migrating.
  size_type pending() const noexcept { return static_cast<size_type>(table_.arrays().pending()); }

  // Completes all pending work. Bound: O(pending()).
  void finish() { table_.finish(); }

  // ---- observing ----

  hasher hash_function() const { return table_.hash(); }
  key_equal key_eq() const { return table_.equal(); }
  allocator_type get_allocator() const noexcept { return table_.allocator(); }

  size_type bucket_count() const noexcept { return stats().buckets; }
  // Elements by slots; above 1 is possible, in overflow.
  float load_factor() const noexcept { return static_cast<float>(stats().load_factor); }
  static constexpr float max_load_factor() noexcept {
    return static_cast<float>(Policy::load_limit);
  }

  // O(1).
  steady::stats stats() const noexcept { return table_.statistics(); }

  // What was done since construction or reset_work(); see steady/work.hpp.
  const steady::work& work() const noexcept requires(Policy::count_work) {
    return table_.counted_work();
  }
  void reset_work() noexcept requires(Policy::count_work) { table_.reset_work(); }

  // For tests: a sentence naming the first invariant found broken, null when all hold. O(size).
  const char* check_invariants() const {
    return detail::invariants<table_type>::first_broken(table_);
  }

 protected:
  using layout = typename table_type::layout;
  using position = typename table_type::position;

  // The element with `key`, or a new one made by `construct(address)`.
  template <class K, class Construct>
  std::pair<iterator, bool> find_or_insert(const K& key, const Construct& construct) {
    const auto [at, inserted] = table_.find_or_insert(key, construct);
    return {iterator(table_, at), inserted};
  }

  template <class... Arguments>
  void construct(value_type* at, Arguments&&... arguments) {
    detail::construct_element(table_.allocator(), at, std::forward<Arguments>(arguments)...);
  }

  template <class K>
  value_type* find_element(const K& key) const {
    return table_.find(key).element;
  }

 private:
  template <class Value>
  std::pair<iterator, bool> insert_value(Value&& element) {
    return find_or_insert(Elements::key_of(element),
                          [&](value_type* at) { construct(at, std::forward<Value>(element)); });
  }

  template <class K>
  size_type erase_key(const K& key) {
    const position at = table_.find(key);
    if (!at) return 0;
    table_.erase(at);
    return 1;
  }

  // The other's content, by moving each element if its memory cannot be kept here.
  void take_or_move(hash_container& other) {
    if (get_allocator() == other.get_allocator()) {
      table_.take(other.table_);
      return;
    }
    reserve(other.size());
    for (auto at = other.table_.first(); at; at = other.table_.after(at)) {
      value_type* const from = at.element;
      table_.insert_new(Elements::key_of(*from),
                        [&](value_type* to) { Elements::move(table_.allocator(), to, from); });
    }
    other.clear();
  }

  unsigned log2_buckets() const noexcept {
    return table_.arrays().kept_array().line().log2_buckets();
  }

  table_type table_;
};

}  // namespace steady
