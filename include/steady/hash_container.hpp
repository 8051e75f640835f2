// What steady::hash_map and steady::hash_set have in common: everything but the mapped values.
//
// Unless a function says otherwise:
//
//   Bound        one bucket and its overflow is searched, also in the middle of a migration; an
//                inserting call may besides evacuate Policy::evacuations_per_insert intervals.
//   Throws       what the hash, the equality, the element's constructors and the allocator throw; a
//                function for one element then has no effect.
//   Invalidates  inserting a new element and everything that migrates: iterators, pointers and
//                references to elements. Erasing: those to the erased element only. Looking up and
//                inserting a key that is there: nothing.
//   Threads      const functions never move or change anything, and may run at the same time.
//
// docs/guarantees.md has the bounds in numbers.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include <steady/detail/config.hpp>
#include <steady/detail/interface.hpp>
#include <steady/detail/iterator.hpp>
#include <steady/detail/node_handle.hpp>
#include <steady/detail/table.hpp>
#include <steady/hash.hpp>
#include <steady/stepwise.hpp>

namespace steady {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class hash_container : public stepwise<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = stepwise<Elements, Hash, KeyEqual, Allocator, Policy>;
  using allocator_traits = std::allocator_traits<Allocator>;
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
  using node_type = typename detail::node_of<Elements, Allocator>::type;
  using insert_return_type = detail::insert_return<iterator, node_type>;

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
      : base(hash, equal, allocator) {
    if (capacity != 0) this->reserve(capacity);
  }
  hash_container(size_type capacity, const Allocator& allocator)
      : hash_container(capacity, Hash(), KeyEqual(), allocator) {}
  hash_container(size_type capacity, const Hash& hash, const Allocator& allocator)
      : hash_container(capacity, hash, KeyEqual(), allocator) {}

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

  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, size_type capacity, const Allocator& allocator)
      : hash_container(first, last, capacity, Hash(), KeyEqual(), allocator) {}
  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : hash_container(first, last, capacity, hash, KeyEqual(), allocator) {}
  hash_container(std::initializer_list<value_type> elements, size_type capacity,
                 const Allocator& allocator)
      : hash_container(elements, capacity, Hash(), KeyEqual(), allocator) {}
  hash_container(std::initializer_list<value_type> elements, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : hash_container(elements, capacity, hash, KeyEqual(), allocator) {}

  // A copy has a seed of its own, hence another order. Bound: O(size).
  hash_container(const hash_container& other)
      : hash_container(
            other, allocator_traits::select_on_container_copy_construction(other.get_allocator())) {
  }

  hash_container(const hash_container& other, const Allocator& allocator)
      : base(other.table_.hash(), other.table_.equal(), allocator) {
    table_.copy_from(other.table_);
  }

  // The other is empty afterwards, and usable. References stay valid, iterators do not.
  hash_container(hash_container&& other) noexcept(
      std::is_nothrow_copy_constructible_v<Hash>&& std::is_nothrow_copy_constructible_v<KeyEqual>)
      : base(other.table_.hash(), other.table_.equal(), other.get_allocator()) {
    table_.take(other.table_);
  }

  // O(size) when the allocators differ.
  hash_container(hash_container&& other, const Allocator& allocator)
      : base(other.table_.hash(), other.table_.equal(), allocator) {
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
  iterator end() noexcept { return {}; }
  const_iterator end() const noexcept { return {}; }
  const_iterator cbegin() const noexcept { return begin(); }
  const_iterator cend() const noexcept { return {}; }

  // ---- looking up ----
  // Each also takes any key that a transparent Hash and a transparent KeyEqual accept.

  STEADY_ALWAYS_INLINE iterator find(const key_type& key) { return {table_, table_.find(key)}; }
  STEADY_ALWAYS_INLINE const_iterator find(const key_type& key) const {
    return {table_, table_.find(key)};
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE iterator find(const K& key) {
    return {table_, table_.find(key)};
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE const_iterator find(const K& key) const {
    return {table_, table_.find(key)};
  }

  STEADY_ALWAYS_INLINE bool contains(const key_type& key) const {
    return static_cast<bool>(table_.find(key));
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE bool contains(const K& key) const {
    return static_cast<bool>(table_.find(key));
  }

  // 0 or 1.
  STEADY_ALWAYS_INLINE size_type count(const key_type& key) const { return contains(key) ? 1 : 0; }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE size_type count(const K& key) const {
    return contains(key) ? 1 : 0;
  }

  // The key's element as a range of one, or an empty range.
  std::pair<iterator, iterator> equal_range(const key_type& key) { return range_at(find(key)); }
  std::pair<const_iterator, const_iterator> equal_range(const key_type& key) const {
    return range_at(find(key));
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  std::pair<iterator, iterator> equal_range(const K& key) {
    return range_at(find(key));
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  std::pair<const_iterator, const_iterator> equal_range(const K& key) const {
    return range_at(find(key));
  }

  // ---- inserting ----
  // An element whose key is there already is not inserted, and nothing is moved from.

  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(const value_type& element) {
    return insert_value(element);
  }
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(value_type&& element) {
    return insert_value(std::move(element));
  }

  // A hint is of no use, and ignored.
  iterator insert(const_iterator, const value_type& element) { return insert(element).first; }
  iterator insert(const_iterator, value_type&& element) { return insert(std::move(element)).first; }

  // Not all or nothing: what was inserted before an exception stays.
  template <std::input_iterator Iterator>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) emplace(*first);
  }
  void insert(std::initializer_list<value_type> elements) {
    insert(elements.begin(), elements.end());
  }
  template <std::ranges::input_range Range>
  void insert_range(Range&& range) {
    for (auto&& element : range) emplace(std::forward<decltype(element)>(element));
  }

  // Builds the element from the arguments, and moves it into the container if its key is new.
  template <class... Arguments>
  std::pair<iterator, bool> emplace(Arguments&&... arguments) {
    if constexpr (detail::just_one<value_type, Arguments...>) {
      return insert_value(std::forward<Arguments>(arguments)...);
    } else {
      detail::temporary_element<Elements, Allocator> made(table_.allocator(), [&](value_type* at) {
        construct(at, std::forward<Arguments>(arguments)...);
      });
      return find_or_insert(Elements::key_of(*made), [&](value_type* to) {
        Elements::move(table_.allocator(), to, &*made);
      });
    }
  }

  template <class... Arguments>
  iterator emplace_hint(const_iterator, Arguments&&... arguments) {
    return emplace(std::forward<Arguments>(arguments)...).first;
  }

  // ---- taking out, and putting back ----
  // Each way moves the element once.

  // The element, which is in the container no more.
  node_type extract(const_iterator element) {
    node_type node(table_.allocator(), element.at().element);
    table_.erase(element.at());
    return node;
  }
  // An empty handle if there is no such key.
  node_type extract(const key_type& key) { return extract_found(find(key)); }
  template <detail::other_key<Hash, KeyEqual, hash_container> K>
  node_type extract(const K& key) {
    return extract_found(find(key));
  }

  insert_return_type insert(node_type&& node) {
    if (node.empty()) return {};
    const auto [at, inserted] = find_or_insert(
        Elements::key_of(*node.element()),
        [&](value_type* to) { Elements::move(table_.allocator(), to, node.element()); });
    if (inserted) node.reset();
    return {at, inserted, std::move(node)};
  }
  iterator insert(const_iterator, node_type&& node) {
    insert_return_type result = insert(std::move(node));
    node = std::move(result.node);
    return result.position;
  }

  // Moves the elements whose keys are new here; `source` keeps the others. Any hash, equality and
  // policy will do. Bound: O(source.size()).
  template <class H, class E, class P>
  void merge(hash_container<Elements, H, E, Allocator, P>& source) {
    for (auto at = source.begin(); at != source.end();) {
      value_type* const from = at.at().element;
      const bool inserted =
          table_
              .find_or_insert(Elements::key_of(*from),
                              [&](value_type* to) { Elements::move(table_.allocator(), to, from); })
              .second;
      if (inserted) {
        at = source.erase(at);
      } else {
        ++at;
      }
    }
  }
  template <class H, class E, class P>
  void merge(hash_container<Elements, H, E, Allocator, P>&& source) {
    merge(source);
  }

  // ---- erasing ----
  // Never moves another element, and never shrinks.

  // The number of elements erased, 0 or 1.
  size_type erase(const key_type& key) { return erase_key(key); }
  template <detail::other_key<Hash, KeyEqual, hash_container> K>
  size_type erase(const K& key) {
    return erase_key(key);
  }

  // The element after the erased one. Throws nothing.
  iterator erase(const_iterator element) noexcept {
    const position next = table_.after(element.at());
    table_.erase(element.at());
    return {table_, next};
  }
  template <detail::one_but_not_other<iterator, const_iterator> I>
  iterator erase(I element) noexcept {
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

  // ---- observing ----

  hasher hash_function() const { return table_.hash(); }
  key_equal key_eq() const { return table_.equal(); }
  allocator_type get_allocator() const noexcept { return table_.allocator(); }

 protected:
  using position = typename table_type::position;

  // The element with `key`, or a new one made by `construct(address)`.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> find_or_insert(const K& key,
                                                                const Construct& construct) {
    const auto [at, inserted] = table_.find_or_insert(key, construct);
    return {iterator(table_, at), inserted};
  }

  template <class... Arguments>
  void construct(value_type* at, Arguments&&... arguments) {
    detail::construct_element(table_.allocator(), at, std::forward<Arguments>(arguments)...);
  }

  template <class Predicate>
  size_type erase_where(Predicate& erases) {
    const size_type before = this->size();
    for (iterator at = begin(); at != end();) {
      if (erases(*at)) {
        at = erase(const_iterator(at));
      } else {
        ++at;
      }
    }
    return before - this->size();
  }

  template <class K>
  value_type* find_element(const K& key) const {
    return table_.find(key).element;
  }

 private:
  template <class, class, class, class, class>
  friend class hash_container;

  template <class Value>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_value(Value&& element) {
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
    if (get_allocator() == other.get_allocator()) return table_.take(other.table_);
    this->reserve(other.size());
    for (auto at = other.table_.first(); at; at = other.table_.after(at)) {
      value_type* const from = at.element;
      table_.insert_new(Elements::key_of(*from),
                        [&](value_type* to) { Elements::move(table_.allocator(), to, from); });
    }
    other.clear();
  }

  template <class Iterator>
  static std::pair<Iterator, Iterator> range_at(Iterator found) noexcept {
    Iterator next = found;
    if (found != Iterator()) ++next;
    return {found, next};
  }

  node_type extract_found(const_iterator found) {
    return found == end() ? node_type() : extract(found);
  }
};

}  // namespace steady
