// steady::hash_map: an unordered map in which no insertion, lookup or erasure pays for the whole
// table. reserve(), rehash(), clear() and the destructor do, and have twins that go in steps.
//
//   steady::hash_map<std::string, int> ages;
//   ages["Ada"] = 36;
//
// The interface is that of std::unordered_map where a flat map can have it, and steps: insertions
// carry growth along, a little each, and step() and its kin drive it as well. This header shows
// all of it, for maps and sets alike, in hash_container; what only maps have says so.
//
// Unless a function says otherwise:
//
//   Bound        one bucket and its overflow is searched, also in the middle of a migration; an
//                inserting call may also evacuate Policy::evacuations_per_insert intervals, and
//                twice as many while the container is being reseeded or is about to be.
//   Throws       what the hash, the equality, the element's constructors and the allocator throw; a
//                function for one element then has no effect.
//   Invalidates  inserting a new element and everything that migrates: iterators, pointers and
//                references to elements. Erasing: those to the erased element only; but with
//                Policy::erase_moves erasing by key may migrate, too. Looking up and inserting a
//                key that is there: nothing.
//   Moves        elements that change their slots. Where a move constructor may throw, what can be
//                copied is copied; steady/moves_without_throwing.hpp says how to prevent that.
//   Threads      const functions never move or change anything, and may run at the same time.
//
// docs/guarantees.md has the bounds in numbers.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <steady/cursor.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/elements/node_handle.hpp>
#include <steady/detail/elements/nodes.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/deduction.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/detail/table/batches.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/detail/table/invariants.hpp>
#include <steady/detail/table/table.hpp>
#include <steady/detail/traversal/iterator.hpp>
#include <steady/detail/traversal/line_visit.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/moves_without_throwing.hpp>
#include <steady/policy.hpp>
#include <steady/stats.hpp>
#include <steady/walker.hpp>
#include <steady/work.hpp>

namespace steady {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class hash_container {
  using table_type = detail::table<Elements, Hash, KeyEqual, Allocator, Policy>;
  using functions = detail::container_functions<table_type>;
  using batches = detail::batches<table_type>;
  using location = typename table_type::location;
  using slot_type = typename table_type::slot_type;
  using allocator_traits = std::allocator_traits<Allocator>;
  using braced_type = typename Elements::braced_type;
  static constexpr bool is_map = Elements::is_map;
  // void for sets; only maps name theirs mapped_type, below.
  using mapped_reference = std::add_lvalue_reference_t<typename Elements::mapped_type>;
  using const_mapped_reference = std::add_lvalue_reference_t<const typename Elements::mapped_type>;

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
  using iterator = detail::table_iterator<table_type, !is_map>;
  using const_iterator = detail::table_iterator<table_type, true>;
  using node_type = detail::node_of<Elements, Allocator>;
  using insert_return_type = detail::insert_return<iterator, node_type>;

  // ---- constructing ----
  // Bound: O(size). On an exception nothing is left behind.

  // An empty container. Constant initialization: allocates nothing, and may be used before main().
  constexpr hash_container() = default;

  explicit hash_container(const Allocator& allocator)
      : hash_container(0, Hash(), KeyEqual(), allocator) {}

  // Empty, with room for `capacity` elements before it grows; so bucket_count() is no less.
  explicit hash_container(size_type capacity, const Hash& hash = Hash(),
                          const KeyEqual& equal = KeyEqual(),
                          const Allocator& allocator = Allocator())
      : table_(hash, equal, allocator) {
    if (capacity != 0) reserve(capacity);
  }
  hash_container(size_type capacity, const Allocator& allocator)
      : hash_container(capacity, Hash(), KeyEqual(), allocator) {}
  hash_container(size_type capacity, const Hash& hash, const Allocator& allocator)
      : hash_container(capacity, hash, KeyEqual(), allocator) {}

  // The elements of a range; of several with the same key, the first. Where the range knows its
  // length beforehand there is room for all from the start, and nothing migrates.
  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, size_type capacity = 0, const Hash& hash = Hash(),
                 const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : table_(hash, equal, allocator) {
    fill(first, last, capacity, detail::known_length(first, last));
  }
  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, size_type capacity, const Allocator& allocator)
      : hash_container(first, last, capacity, Hash(), KeyEqual(), allocator) {}
  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : hash_container(first, last, capacity, hash, KeyEqual(), allocator) {}
  template <std::input_iterator Iterator>
  hash_container(Iterator first, Iterator last, const Allocator& allocator)
      : hash_container(first, last, 0, Hash(), KeyEqual(), allocator) {}

  hash_container(std::initializer_list<value_type> elements, size_type capacity = 0,
                 const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
                 const Allocator& allocator = Allocator())
      : hash_container(elements.begin(), elements.end(), capacity, hash, equal, allocator) {}
  hash_container(std::initializer_list<value_type> elements, size_type capacity,
                 const Allocator& allocator)
      : hash_container(elements, capacity, Hash(), KeyEqual(), allocator) {}
  hash_container(std::initializer_list<value_type> elements, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : hash_container(elements, capacity, hash, KeyEqual(), allocator) {}
  hash_container(std::initializer_list<value_type> elements, const Allocator& allocator)
      : hash_container(elements, 0, Hash(), KeyEqual(), allocator) {}

  template <detail::iterable Range>
  hash_container(from_range_t, Range&& range, size_type capacity = 0, const Hash& hash = Hash(),
                 const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : table_(hash, equal, allocator) {
    fill_from(range, capacity);
  }
  template <detail::iterable Range>
  hash_container(from_range_t, Range&& range, size_type capacity, const Allocator& allocator)
      : hash_container(from_range, std::forward<Range>(range), capacity, Hash(), KeyEqual(),
                       allocator) {}
  template <detail::iterable Range>
  hash_container(from_range_t, Range&& range, size_type capacity, const Hash& hash,
                 const Allocator& allocator)
      : hash_container(from_range, std::forward<Range>(range), capacity, hash, KeyEqual(),
                       allocator) {}
  template <detail::iterable Range>
  hash_container(from_range_t, Range&& range, const Allocator& allocator)
      : hash_container(from_range, std::forward<Range>(range), 0, Hash(), KeyEqual(), allocator) {}

  // ---- copying, moving, assigning, swapping ----
  // Assigning invalidates everything. Moving and swapping: iterators, while pointers and references
  // follow the elements.

  // A copy has the seed of its original, hence its order. Bound: O(size).
  hash_container(const hash_container& other)
      : hash_container(
            other, allocator_traits::select_on_container_copy_construction(other.get_allocator())) {
    detail::require_copying<Elements, Allocator>();
  }
  hash_container(const hash_container& other, const Allocator& allocator)
      : table_(other.table_.hash(), other.table_.equal(), allocator) {
    detail::require_copying<Elements, Allocator>();
    table_.copy_from(other.table_);
  }

  // The other is empty afterwards, and usable. Bound: O(1).
  hash_container(hash_container&& other) noexcept(
      std::is_nothrow_copy_constructible_v<Hash>&& std::is_nothrow_copy_constructible_v<KeyEqual>)
      : table_(other.table_.hash(), other.table_.equal(), other.table_.allocator()) {
    table_.take(other.table_);
  }
  // O(size) when the allocators differ.
  hash_container(hash_container&& other, const Allocator& allocator)
      : table_(other.table_.hash(), other.table_.equal(), allocator) {
    detail::require_transplanting<Elements, Allocator>();
    functions::take_or_move(table_, other.table_);
  }

  // Bound: O(size). Strong guarantee.
  hash_container& operator=(const hash_container& other) {
    detail::require_copying<Elements, Allocator>();
    if (this == std::addressof(other)) return *this;
    constexpr bool propagate = allocator_traits::propagate_on_container_copy_assignment::value;
    hash_container copy(other, propagate ? other.get_allocator() : get_allocator());
    table_.replace_functions(other.table_);
    table_.end();  // of `other`, too, if it is in one of the elements
    if constexpr (propagate) table_.allocator() = copy.get_allocator();
    table_.take(copy.table_);
    return *this;
  }

  // Bound: O(size of the target). If copying the hash or the equality throws, nothing has changed.
  // Where the allocators differ and stay, elements are moved one by one; on an exception each is
  // then either here or there.
  hash_container& operator=(hash_container&& other) noexcept(
      (allocator_traits::propagate_on_container_move_assignment::value ||
       allocator_traits::is_always_equal::value) &&
      table_type::replaces_functions_nothrow) {
    if (this == std::addressof(other)) return *this;
    table_.replace_functions(other.table_);
    table_.end();
    if constexpr (allocator_traits::propagate_on_container_move_assignment::value) {
      table_.allocator() = std::move(other.table_.allocator());
      table_.take(other.table_);
    } else {
      detail::require_transplanting<Elements, Allocator>();
      functions::take_or_move(table_, other.table_);
    }
    return *this;
  }

  // Bound: O(size). Strong guarantee.
  hash_container& operator=(std::initializer_list<value_type> elements) {
    hash_container fresh(elements, 0, hash_function(), key_eq(), get_allocator());
    table_.end();
    table_.take(fresh.table_);
    return *this;
  }

  // Bound: O(size); all elements are destroyed at once. steady::retire() does it in steps.
  ~hash_container() = default;

  // O(1). Unequal allocators that do not propagate: undefined, as in the standard. Throws what
  // swapping or copying the hash and the equality throws; nothing has changed then.
  void swap(hash_container& other) noexcept(
      std::is_nothrow_swappable_v<Hash>&& std::is_nothrow_swappable_v<KeyEqual>) {
    table_.swap_functions(other.table_);
    if constexpr (allocator_traits::propagate_on_container_swap::value) {
      using std::swap;
      swap(table_.allocator(), other.table_.allocator());
    }
    table_.swap_content(other.table_);
  }

  // ---- iterating ----

  // Bound of begin() and ++: O(log(buckets)) words, however many buckets are empty, and the
  // overflow of a chunk.
  STEADY_ALWAYS_INLINE iterator begin() noexcept { return {table_, table_.first()}; }
  STEADY_ALWAYS_INLINE const_iterator begin() const noexcept { return {table_, table_.first()}; }
  iterator end() noexcept { return {table_, {}}; }
  const_iterator end() const noexcept { return {table_, {}}; }
  const_iterator cbegin() const noexcept { return begin(); }
  const_iterator cend() const noexcept { return end(); }

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

  // Calls `visitor(element)` if the key is there: as the functions of many keys do, below. Returns
  // how many it visited, 0 or 1.
  template <class Visitor>
  size_type visit(const key_type& key, Visitor visitor) {
    return visit_one(*this, key, visitor);
  }
  template <detail::other_single_key<key_type, Hash, KeyEqual> K, class Visitor>
  size_type visit(const K& key, Visitor visitor) {
    return visit_one(*this, key, visitor);
  }
  template <class Visitor>
  size_type visit(const key_type& key, Visitor visitor) const {
    return visit_one(*this, key, visitor);
  }
  template <detail::other_single_key<key_type, Hash, KeyEqual> K, class Visitor>
  size_type visit(const K& key, Visitor visitor) const {
    return visit_one(*this, key, visitor);
  }

  // ---- looking up many keys at a time ----
  //
  // The cache misses of up to 32 keys overlap: in a map that is larger than the caches this takes
  // some 0.6 of the time of one lookup after the other, in a small one as long. Keys are what
  // find() takes, or become a key_type without a cast (a string also of a string view); a range of
  // them is gone over twice, and is not itself a key. The container must not change meanwhile,
  // except that a visitor may change what is mapped. Bound: O(number of keys). Throws what hash,
  // equality, the range and the visitor throw; what was visited before stays so.

  // Calls `visitor(element)` for each key that is there, in the order of the keys. Returns how many
  // these are. The element is a value_type&, or const for a const container and for sets. A range
  // that is itself a key, that find() takes, or that becomes a key, is one key: see above.
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class Visitor>
  size_type visit(Iterator first, End last, Visitor visitor) {
    detail::require_keys<keys_at<Iterator>>();
    return visit_keys<keys_at<Iterator>>(*this, first, last, visitor);
  }
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class Visitor>
  size_type visit(Iterator first, End last, Visitor visitor) const {
    detail::require_keys<keys_at<Iterator>>();
    return visit_keys<keys_at<Iterator>>(*this, first, last, visitor);
  }
  template <detail::range_of_keys<key_type, Hash, KeyEqual> Keys, class Visitor>
  size_type visit(Keys&& keys, Visitor visitor) {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>>(*this, std::begin(keys), std::end(keys), visitor);
  }
  template <detail::range_of_keys<key_type, Hash, KeyEqual> Keys, class Visitor>
  size_type visit(Keys&& keys, Visitor visitor) const {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>>(*this, std::begin(keys), std::end(keys), visitor);
  }
  // The same with `visitor(element, index)`: the key was keys[index].
  template <detail::iterable Keys, class Visitor>
  size_type visit_indexed(Keys&& keys, Visitor visitor) {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>, size_type>(*this, std::begin(keys), std::end(keys), visitor);
  }
  template <detail::iterable Keys, class Visitor>
  size_type visit_indexed(Keys&& keys, Visitor visitor) const {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>, size_type>(*this, std::begin(keys), std::end(keys), visitor);
  }
  // Writes to `found`, for each key in order, whether it is there. Returns how many are.
  template <detail::iterable Keys, detail::takes_answers Found>
  size_type contains(Keys&& keys, Found found) const {
    detail::require_keys<keys_in<Keys>>();
    if constexpr (keys_in<Keys>::are_right) {
      return batches::contains(table_, std::begin(keys), std::end(keys), std::move(found));
    } else {
      return 0;
    }
  }

  // Begins to fetch what a lookup or an insertion of the key will read first. Does nothing else;
  // worth it when about a dozen other keys come before.
  void prefetch(const key_type& key) const { batches::prefetch(table_, key); }
  template <detail::transparent_key<Hash, KeyEqual> K>
  void prefetch(const K& key) const {
    batches::prefetch(table_, key);
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

  // Maps only: the key's value, a new mapped_type() if the key is new.
  STEADY_ALWAYS_INLINE mapped_reference operator[](const key_type& key) requires is_map {
    return try_emplace(key).first->second;
  }
  STEADY_ALWAYS_INLINE mapped_reference operator[](key_type&& key) requires is_map {
    return try_emplace(std::move(key)).first->second;
  }
  template <detail::forwarded_key<key_type, Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE mapped_reference operator[](K&& key) requires is_map {
    return try_emplace(std::forward<K>(key)).first->second;
  }

  // Maps only: the key's value. Throws std::out_of_range when there is none.
  mapped_reference at(const key_type& key) requires is_map {
    return functions::value_to_change(table_, key);
  }
  const_mapped_reference at(const key_type& key) const requires is_map {
    return functions::value_at(table_, key);
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  mapped_reference at(const K& key) requires is_map {
    return functions::value_to_change(table_, key);
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  const_mapped_reference at(const K& key) const requires is_map {
    return functions::value_at(table_, key);
  }

  // ---- inserting ----
  // An element whose key is there already is not inserted, and nothing is moved from. A hint is of
  // no use, and ignored.

  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(const value_type& element) requires(
      !is_map) {
    constexpr bool copies = Elements::template copies_with<Allocator>();
    static_assert(copies, "insert(element) copies it, and this one cannot be copied: move it");
    if constexpr (copies) {
      return emplace(element);
    } else {
      return {};
    }
  }
  // A key for a set; for a map what {key, value} makes, a pair from which the key can be moved.
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(braced_type&& element) {
    return emplace(std::move(element));
  }
  // What an element can be built from: an element or a pair, for a map; for a set a key of another
  // type that transparent functions accept, from which a key is built only if it is new.
  template <detail::makes_element<Elements, Hash, KeyEqual> Element>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(Element&& element) {
    if constexpr (is_map) {
      constexpr bool copies = std::constructible_from<value_type, Element&&>;
      static_assert(copies, "insert(element) copies it, and this one cannot be copied: move it");
      if constexpr (copies) {
        return emplace(std::forward<Element>(element));
      } else {
        return {};
      }
    } else {
      return find_or_insert(element,
                            [&](slot_type* at) { construct(at, std::forward<Element>(element)); });
    }
  }
  iterator insert(const_iterator, const value_type& element) requires(!is_map) {
    return insert(element).first;
  }
  iterator insert(const_iterator, braced_type&& element) {
    return insert(std::move(element)).first;
  }
  template <detail::makes_element<Elements, Hash, KeyEqual> Element>
  iterator insert(const_iterator, Element&& element) {
    return insert(std::forward<Element>(element)).first;
  }

  // Not all or nothing: what was inserted before an exception stays.
  template <std::input_iterator Iterator>
  void insert(Iterator first, Iterator last) {
    batches::insert(table_, first, last);
  }
  void insert(std::initializer_list<value_type> elements) {
    insert(elements.begin(), elements.end());
  }
  template <detail::iterable Range>
  void insert_range(Range&& range) {
    batches::insert(table_, std::begin(range), std::end(range));
  }

  // Where the arguments show the key (an element, a pair with a key, a key and a value) nothing is
  // built unless it is new. Otherwise builds the element, and moves it in if its key is new.
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace(Arguments&&... arguments) {
    const auto [at, inserted] =
        functions::find_or_emplace(table_, std::forward<Arguments>(arguments)...);
    return {iterator(table_, at), inserted};
  }
  template <class... Arguments>
  iterator emplace_hint(const_iterator, Arguments&&... arguments) {
    return emplace(std::forward<Arguments>(arguments)...).first;
  }

  // Maps only: if `key` is new, builds its value from `arguments`; otherwise touches nothing.
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> try_emplace(
      const key_type& key, Arguments&&... arguments) requires is_map {
    return emplace_value(key, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> try_emplace(
      key_type&& key, Arguments&&... arguments) requires is_map {
    return emplace_value(std::move(key), std::forward<Arguments>(arguments)...);
  }
  template <detail::other_key<Hash, KeyEqual, hash_container> K, class... Arguments>
  requires(!std::same_as<std::remove_cvref_t<K>, key_type>)
      STEADY_ALWAYS_INLINE std::pair<iterator, bool> try_emplace(K&& key, Arguments&&... arguments)
  requires is_map {
    return emplace_value(std::forward<K>(key), std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  iterator try_emplace(const_iterator, const key_type& key,
                       Arguments&&... arguments) requires is_map {
    return try_emplace(key, std::forward<Arguments>(arguments)...).first;
  }
  template <class... Arguments>
  iterator try_emplace(const_iterator, key_type&& key, Arguments&&... arguments) requires is_map {
    return try_emplace(std::move(key), std::forward<Arguments>(arguments)...).first;
  }
  template <detail::forwarded_key<key_type, Hash, KeyEqual> K, class... Arguments>
  iterator try_emplace(const_iterator, K&& key, Arguments&&... arguments) requires is_map {
    return try_emplace(std::forward<K>(key), std::forward<Arguments>(arguments)...).first;
  }

  // Maps only: assigns `value` to the key's element, or makes one.
  template <class Value = typename Elements::mapped_type>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_or_assign(const key_type& key,
                                                                  Value&& value) requires is_map {
    return assign_value(key, std::forward<Value>(value));
  }
  template <class Value = typename Elements::mapped_type>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_or_assign(key_type&& key,
                                                                  Value&& value) requires is_map {
    return assign_value(std::move(key), std::forward<Value>(value));
  }
  template <detail::forwarded_key<key_type, Hash, KeyEqual> K,
            class Value = typename Elements::mapped_type>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_or_assign(K&& key,
                                                                  Value&& value) requires is_map {
    return assign_value(std::forward<K>(key), std::forward<Value>(value));
  }
  template <class Value = typename Elements::mapped_type>
  iterator insert_or_assign(const_iterator, const key_type& key, Value&& value) requires is_map {
    return insert_or_assign(key, std::forward<Value>(value)).first;
  }
  template <class Value = typename Elements::mapped_type>
  iterator insert_or_assign(const_iterator, key_type&& key, Value&& value) requires is_map {
    return insert_or_assign(std::move(key), std::forward<Value>(value)).first;
  }
  template <detail::forwarded_key<key_type, Hash, KeyEqual> K,
            class Value = typename Elements::mapped_type>
  iterator insert_or_assign(const_iterator, K&& key, Value&& value) requires is_map {
    return insert_or_assign(std::forward<K>(key), std::forward<Value>(value)).first;
  }

  // ---- taking out, and putting back ----
  // Each way moves the element once.

  // The element, which is in the container no more.
  node_type extract(const_iterator element) {
    const location& at = element.at(table_);
    table_.note_write(at.slot);
    return node_type(table_.allocator(), at.slot, [&]() noexcept { table_.erase_noted(at); });
  }
  // An empty handle if there is no such key.
  node_type extract(const key_type& key) { return extract_found(find(key)); }
  template <detail::other_key<Hash, KeyEqual, hash_container> K>
  node_type extract(const K& key) {
    return extract_found(find(key));
  }

  // The allocators must be equal if this is a node container.
  insert_return_type insert(node_type&& node) {
    if (node.empty()) return {};
    functions::require_equal_allocator(table_, node.get_allocator());
    const auto [at, inserted] = functions::adopt(table_, node.get_allocator(), node.slot());
    if (inserted) node.reset();
    return {iterator(table_, at), inserted, std::move(node)};
  }
  // What is not inserted stays in the handle, without being moved.
  iterator insert(const_iterator, node_type&& node) {
    if (node.empty()) return end();
    functions::require_equal_allocator(table_, node.get_allocator());
    const auto [at, inserted] = functions::adopt(table_, node.get_allocator(), node.slot());
    if (inserted) node.reset();
    return {table_, at};
  }

  // Moves the elements whose keys are new here; `source` keeps the others. Any hash, equality and
  // policy will do; the allocators must be equal if these are node containers. Bound:
  // O(source.size()).
  template <class H, class E, class P>
  void merge(hash_container<Elements, H, E, Allocator, P>& source) {
    if (static_cast<const void*>(this) == static_cast<const void*>(std::addressof(source))) return;
    batches::merge(table_, source.table_);
  }
  template <class H, class E, class P>
  void merge(hash_container<Elements, H, E, Allocator, P>&& source) {
    merge(source);
  }

  // ---- erasing ----
  // Moves no other element, and shrinks nothing; but with Policy::erase_moves, erase(key) and
  // erase_keys() do pending work as an insertion does.

  // The number of elements erased, 0 or 1.
  STEADY_ALWAYS_INLINE size_type erase(const key_type& key) { return erase_key(key); }
  template <detail::other_key<Hash, KeyEqual, hash_container> K>
  size_type erase(const K& key) {
    return erase_key(key);
  }

  // Erases the elements with these keys, which are those that visit() takes. Returns how many there
  // were. As lookups of many keys, it overlaps their cache misses. Bound: O(number of keys). Throws
  // what hash, equality and the range throw; what was erased before stays so.
  template <detail::iterable Keys>
  size_type erase_keys(Keys&& keys) {
    detail::require_keys<keys_in<Keys>>();
    if constexpr (keys_in<Keys>::are_right) {
      return batches::erase(table_, std::begin(keys), std::end(keys));
    } else {
      return 0;
    }
  }

  // The element after the erased one. Throws nothing.
  STEADY_ALWAYS_INLINE iterator erase(const_iterator element) noexcept {
    const location& at = element.at(table_);
    location next = table_.after_if_used(at);
    table_.erase(at, next);
    return {table_, next};
  }
  // So that what converts to an iterator, but not to a key, can be erased.
  STEADY_ALWAYS_INLINE iterator erase(iterator element) noexcept requires is_map {
    return erase(const_iterator(element));
  }
  iterator erase(const_iterator first, const_iterator last) noexcept {
    return {table_, functions::erase(table_, first.end_or_at(table_), last.end_or_at(table_))};
  }

  // Destroys all elements. Bound: O(size + chunks). Keeps the memory if the container was reserved,
  // has one chunk, or was full enough not to shrink; the last until it is cleared again without
  // having been that full, or shrinks (docs/guarantees.md). Otherwise gives all memory back but
  // room for what is reserved.
  void clear() noexcept { table_.changing_engine().clear(); }

  // ---- visiting ----
  // The visitor must not change the container; a map's values it may change, if the container is
  // not const.

  // Calls `visitor(element)` for every element. Bound: O(size).
  template <class Visitor>
  void for_each(Visitor visitor) {
    visit_all(*this, visitor);
  }
  template <class Visitor>
  void for_each(Visitor visitor) const {
    visit_all(*this, visitor);
  }
  // The same for a part of the elements, so that several threads can share the work. Where
  // snapshots are alive threads can only share reading, of a const container: what may be written
  // is copied first.
  template <class Visitor>
  void for_each(line_part part, Visitor visitor) {
    functions::visit_part(table_, part, handing_to(*this, visitor));
  }
  template <class Visitor>
  void for_each(line_part part, Visitor visitor) const {
    functions::visit_part(table_, part, handing_to(*this, visitor));
  }

  // Calls `visitor(element)` for the elements of the next `max_buckets` buckets that are not empty,
  // and returns where to go on. Whatever happens to the container between two calls, from the start
  // to at_end() an element that is there throughout is met exactly once, and none twice unless it
  // was erased and inserted again. Bound: max_buckets buckets. Throws steady::stale_cursor for a
  // cursor of another container, or if the container is being reseeded or was since; what the
  // visitor throws, after which the cursor given can be used again.
  template <class Visitor>
  cursor scan(cursor from, size_type max_buckets, Visitor visitor) {
    return functions::scan(table_, from, max_buckets, handing_to(*this, visitor));
  }
  template <class Visitor>
  cursor scan(cursor from, size_type max_buckets, Visitor visitor) const {
    return functions::scan(table_, from, max_buckets, handing_to(*this, visitor));
  }

  // The elements, as a range whose iterators survive every change of the container between two of
  // their steps, and drive what is pending; see steady/walker.hpp. It cannot be copied or moved, so
  // views are made of a variable.
  //
  //   for (auto& [key, value] : map.walk()) ...
  //   auto walk = map.walk();
  //   for (auto& [key, value] : walk | std::views::filter(is_red)) ...
  //
  // Bound of a step: a bucket, and what an insertion may evacuate. Throws what the allocator
  // throws.
  walker<table_type> walk() { return walker<table_type>(table_); }

  // ---- comparing ----

  // The same elements, in whatever order: those that key_eq() finds are compared by their own ==,
  // keys and values. Bound: O(size).
  friend bool operator==(const hash_container& a, const hash_container& b) {
    return functions::equal(a.table_, b.table_);
  }

  // ---- stepping ----
  // Growing happens in steps, driven by insertions. These functions drive it, too, or take it off
  // the insertions by paying at once.
  //
  //   Throws       what the hash, the element's constructors and the allocator throw when elements
  //                move; the function has then done a part of its work, and nothing is lost.
  //   Invalidates  whatever moves elements: iterators, pointers and references.

  // Does at most `max_buckets` buckets of pending work; returns how many it did.
  size_type step(size_type max_buckets) { return table_.changing_engine().step(max_buckets); }

  // Works for `time`, a std::chrono::duration, a bucket more at the most; returns how many buckets
  // it did.
  template <class Duration>
  size_type step_for(const Duration& time) {
    return detail::steps_for(time, [&] { return migrating() ? step(1) : size_type{0}; });
  }

  // True while any work that goes in steps is pending.
  bool migrating() const noexcept { return table_.engine().is_pending(); }

  // Buckets of work that are left; 0 when not migrating.
  size_type pending() const noexcept { return table_.engine().pending(); }

  // Completes all pending work. Bound: O(pending()).
  void finish() { step(~size_type{0}); }

  // ---- requesting work in steps ----
  // These return in constant time; migrating() is true until the request is done. Those that throw
  // nothing do nothing where a small map cannot allocate the block that remembers the request. They
  // add up: one migration meets all that were asked for. reserve() and rehash() meet them at once.

  // Room for `size` elements, in the end; then, until the size exceeds that, no insertion migrates,
  // and references stay valid. If there is less room now, insertions move elements until then,
  // whatever was reserved. Throws std::length_error for sizes that no map can have, and what the
  // allocator throws; then there is no request.
  void reserve_gradually(size_type size) { table_.changing_engine().reserve_gradually(size); }

  // As many buckets as the size needs, in the end; more where what is left lies densely at an end
  // of the hash line, as after taking away the first element again and again. Ends what reserve()
  // has promised.
  void shrink_gradually() noexcept { table_.changing_engine().shrink_gradually(); }

  // Moves every element to a new array, which removes the overflow that erasing has left.
  // Insertions move elements until it is done, whatever was reserved; so for reseed_gradually().
  void compact_gradually() noexcept { table_.changing_engine().compact_gradually(); }

  // Gives every element a hash position under a new random seed, so that keys chosen to collide
  // under the old one no longer collide. A map also does so by itself, see Policy::reseeds. Scans
  // have to start again.
  void reseed_gradually() noexcept { table_.changing_engine().reseed_gradually(); }

  // The container is empty at once, and usable; the elements are destroyed in steps. In a small map
  // (of at most four buckets, without a cold block), and where allocating a cold block fails, they
  // are destroyed at once.
  void clear_gradually() noexcept { table_.changing_engine().clear_gradually(); }

  // For times of memory pressure, which a steady::pressure_monitor reports: shrink_gradually(),
  // and at most `max_buckets` buckets of pending work. Returns how many bytes were given back; call
  // again while migrating(). Throws as step().
  size_type trim(size_type max_buckets = 64) {
    const size_type before = stats().bytes;
    shrink_gradually();
    table_.engine().trim(max_buckets);
    const size_type after = stats().bytes;
    return after < before ? before - after : 0;
  }

  // ---- paying at once ----

  // Room for `size` elements: until then no insertion migrates, and references stay valid, unless
  // another request is made. What was reserved before, and asked for in steps, is met as well;
  // without shrink_gradually() it never shrinks.
  // Bound: O(elements + buckets). Throws std::length_error for sizes that no map can have, and what
  // hash, elements and allocator throw: it may be done in part then. A growth that was begun goes
  // on, and other calls for memory or less of it finish it first; clear() and clear_gradually() end
  // it.
  void reserve(size_type size) {
    if (size == 0 && !table_.state().has_memory()) return;
    table_.changing_engine().reserve(size);
  }

  // As many slots as `slots` or the size needs, whichever is more: bucket_count() is at least
  // `slots`, and at least size() / max_load_factor(). 0 shrinks to fit, as far as
  // whole buckets go: what was in one bucket keeps its room.
  // Bound: O(elements + buckets). Throws std::length_error for numbers that no map can have.
  void rehash(size_type slots) { table_.changing_engine().rehash(slots); }

  // ---- observing ----
  // O(1); throws nothing, unless it says otherwise.

  size_type size() const noexcept { return table_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  // No more than the allocator's.
  size_type max_size() const noexcept { return functions::max_size(table_); }

  // Slots, so that the map grows when the size exceeds bucket_count() * max_load_factor(). Overflow
  // is not counted; a map of a single bucket, which may be filled to the brim, returns as many
  // slots as this relation takes. The engine's own buckets, of up to 14 slots each, are in stats().
  size_type bucket_count() const noexcept { return table_.engine().slots(); }
  // size() / bucket_count(), 0 without memory. Above max_load_factor() only while growing fails, or
  // where insertions overtake a shrink.
  float load_factor() const noexcept {
    const size_type slots = bucket_count();
    return slots == 0 ? 0 : static_cast<float>(size()) / static_cast<float>(slots);
  }
  static constexpr float max_load_factor() noexcept {
    return static_cast<float>(Policy::load_limit);
  }
  // Does nothing, so that programs compile that wish for another one: the policy decides.
  void max_load_factor(float) noexcept {}
  // The size beyond which it grows; while it migrates, that of the new array.
  size_type max_load() const noexcept {
    return table_.state().has_memory() ? static_cast<size_type>(table_.engine().room()) : 0;
  }

  // Throw what copying the function throws.
  hasher hash_function() const { return table_.hash(); }
  key_equal key_eq() const { return table_.equal(); }
  allocator_type get_allocator() const noexcept { return table_.allocator(); }

  steady::stats stats() const noexcept { return table_.engine().statistics(); }

  // What was done since construction or reset_work(); only with a policy that counts, see
  // steady/work.hpp.
  const steady::work& work() const noexcept {
    static_assert(Policy::count_work, "work(): only with a policy that says count_work = true");
    return table_.state().recorder.counted();
  }
  void reset_work() noexcept {
    static_assert(Policy::count_work,
                  "reset_work(): only with a policy that says count_work = true");
    table_.recorder().reset();
  }

  // For tests: a sentence naming the first invariant found broken, null when all hold. Bound:
  // O(elements + buckets). Throws what the hash and the equality throw.
  [[nodiscard]] const char* check_invariants() const {
    return detail::invariants<table_type>::first_broken(table_);
  }

 protected:
  static constexpr bool is_made_from_nothing = detail::made_from_nothing<Hash, KeyEqual, Allocator>;
  static constexpr bool is_nothrow_made_from_nothing =
      detail::nothrow_made_from_nothing<Hash, KeyEqual, Allocator>;
  using element_arguments = detail::element_arguments<Elements, Hash, KeyEqual, Allocator>;

 private:
  template <class, class, class, class, class>
  friend class hash_container;
  friend detail::container_access;

  template <class... Arguments>
  void construct(slot_type* at, Arguments&&... arguments) {
    Elements::construct(table_.allocator(), at, std::forward<Arguments>(arguments)...);
  }

  // The element with `key`, or a new one made by `make(slot)`.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> find_or_insert(const K& key,
                                                                const Construct& make) {
    const auto [at, inserted] = table_.find_or_insert(key, make);
    return {iterator(table_, at), inserted};
  }

  template <class K, class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace_value(K&& key, Arguments&&... arguments) {
    return find_or_insert(key, [&](slot_type* at) {
      construct(at, std::piecewise_construct, std::forward_as_tuple(std::forward<K>(key)),
                std::forward_as_tuple(std::forward<Arguments>(arguments)...));
    });
  }
  template <class K, class Value>
  std::pair<iterator, bool> assign_value(K&& key, Value&& value) {
    const auto result = emplace_value(std::forward<K>(key), std::forward<Value>(value));
    if (!result.second) result.first->second = std::forward<Value>(value);
    return result;
  }

  template <class Iterator, class Sentinel>
  void fill(Iterator first, Sentinel last, size_type capacity, size_type length) {
    if (capacity != 0 || length != 0) reserve(capacity < length ? length : capacity);
    batches::insert(table_, std::move(first), last);
    if (capacity != 0 && capacity >= length) return;
    table_.engine().withdraw_reservation();  // the caller reserved no more than `capacity`
    if (capacity != 0) reserve(capacity);
  }

  // begin() is called once, and size() before it: begin() of a range that can be read once may take
  // the first element out of it.
  template <class Range>
  void fill_from(Range& range, size_type capacity) {
    const size_type told = detail::told_length(range);
    auto first = std::begin(range);
    auto last = std::end(range);
    const size_type length = told != 0 ? told : detail::known_length(first, last);
    fill(std::move(first), std::move(last), capacity, length);
  }

  template <class Iterator>
  using keys_at = detail::given_keys<Hash, KeyEqual, key_type, Iterator>;
  template <class Keys>
  using keys_in = detail::given_range<Hash, KeyEqual, key_type, Keys>;

  template <class Self, class K, class Visitor>
  static size_type visit_one(Self& self, const K& key, Visitor& visitor) {
    const location found = self.table_.find(key);
    if (found.slot == nullptr) return 0;
    hand(self, *found.slot, visitor);
    return 1;
  }
  // `Index`: nothing, or std::size_t if the visitor gets it, too.
  template <class Given, class... Index, class Self, class Iterator, class End, class Visitor>
  static size_type visit_keys(Self& self, const Iterator& first, const End& last,
                              Visitor& visitor) {
    size_type found = 0;
    if constexpr (Given::are_right) {
      batches::look_up(self.table_, first, last,
                       [&](slot_type* slot, [[maybe_unused]] size_type index) {
                         if (slot == nullptr) return;
                         ++found;
                         hand(self, *slot, visitor, static_cast<Index>(index)...);
                       });
    }
    return found;
  }

  template <class K>
  STEADY_ALWAYS_INLINE size_type erase_key(const K& key) {
    return table_.erase_key(key) ? 1 : 0;
  }
  node_type extract_found(const_iterator found) {
    return found.is_end() ? node_type() : extract(found);
  }
  template <class Iterator>
  static std::pair<Iterator, Iterator> range_at(Iterator found) noexcept {
    Iterator next = found;
    if (!found.is_end()) next.operator++();
    return {found, next};
  }

  template <class Self, class Visitor>
  static void visit_all(Self& self, Visitor& visitor) {
    for (auto at = self.begin(); !at.is_end(); at.operator++()) {
      auto& element = at.operator*();
      [[maybe_unused]] const typename table_type::user_code scope(std::addressof(self.table_));
      visitor(element);
    }
  }

  // Hands an element to the visitor, a const one if `Self` is const.
  template <class Self, class Visitor, class... Index>
  static void hand(Self& self, slot_type& slot, Visitor& visitor, Index... index) {
    using handed = decltype(self.begin().operator*());
    if constexpr (!std::is_const_v<std::remove_reference_t<handed>>) {
      self.table_.note_write(std::addressof(slot));
    }
    [[maybe_unused]] const typename table_type::user_code scope(std::addressof(self.table_));
    visitor(static_cast<handed>(Elements::element_of(slot)), index...);
  }
  template <class Self, class Visitor>
  static auto handing_to(Self& self, Visitor& visitor) {
    return [&](const location& at) { hand(self, *at.slot, visitor); };
  }

  table_type table_;
};

namespace detail {

// The container of such arguments.
template <class Arguments>
using flat_container = hash_container<typename Arguments::elements, typename Arguments::hash,
                                      typename Arguments::key_equal, typename Arguments::allocator,
                                      typename Arguments::policy>;
template <class Arguments>
using node_container =
    hash_container<node_elements<typename Arguments::elements, typename Arguments::allocator>,
                   typename Arguments::hash, typename Arguments::key_equal,
                   typename Arguments::allocator, typename Arguments::policy>;

}  // namespace detail

// Erases the elements for which `erases(element)` is true; returns how many. Bound: O(size).
// Throws what `erases` throws; what was erased stays so. Invalidates what refers to erased
// elements.
template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy,
          class Predicate>
std::size_t erase_if(hash_container<Elements, Hash, KeyEqual, Allocator, Policy>& container,
                     Predicate erases) {
  using iterator = typename hash_container<Elements, Hash, KeyEqual, Allocator, Policy>::iterator;
  auto& table = detail::container_access::table_of(container);
  using functions = detail::container_functions<std::remove_reference_t<decltype(table)>>;
  return functions::erase_if(table, [&](const auto& at) {
    return static_cast<bool>(erases(iterator(table, at).operator*()));
  });
}

inline namespace STEADY_ABI {

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>, class Policy = default_policy>
class hash_map : public detail::flat_container<
                     detail::container_arguments<true, Key, T, Hash, KeyEqual, Allocator, Policy>> {
  using arguments = detail::container_arguments<true, Key, T, Hash, KeyEqual, Allocator, Policy>;
  using refusal = decltype(detail::require_arguments<arguments>());
  using base = detail::flat_container<arguments>;

 public:
  using mapped_type = T;
  using typename base::value_type;

  using base::base;
  // Not defaulted: where a container is value-initialized, as by std::make_unique, it would first
  // be filled with zeros.
  constexpr hash_map() noexcept(
      base::is_nothrow_made_from_nothing) requires base::is_made_from_nothing {}
  // Here elements are complete. Compilers instantiate the default constructor earlier, to see
  // whether it makes a constant.
  ~hash_map() { detail::require_elements<typename base::element_arguments>(); }
  hash_map(const hash_map&) = default;
  hash_map(hash_map&&) = default;
  hash_map& operator=(const hash_map&) = default;
  hash_map& operator=(hash_map&&) = default;
  // Not only inherited: without one of its own, g++ deduces nothing from a plain {...}.
  hash_map(std::initializer_list<value_type> elements) : base(elements) {}

  hash_map& operator=(std::initializer_list<value_type> elements) {
    base::operator=(elements);
    return *this;
  }

  // Exactly for this type, so that no operator of the elements' namespace takes precedence.
  friend bool operator==(const hash_map& a, const hash_map& b) {
    return static_cast<const base&>(a) == static_cast<const base&>(b);
  }
};

// O(1), as the member.
template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
void swap(hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>& a,
          hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>& b) noexcept(noexcept(a.swap(b))) {
  a.swap(b);
}

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_map<std::iter_value_t<Iterator>, Options...>>
hash_map(Iterator, Iterator, Options...)
    -> hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                typename Deduced::key_equal, typename Deduced::allocator>;

template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
hash_map(const hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>&,
         const std::type_identity_t<Allocator>&)
    -> hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key, class T>
hash_map(std::initializer_list<std::pair<Key, T>>) -> hash_map<std::remove_const_t<Key>, T>;
template <class Key, class T, class First, class... Options,
          class Deduced = detail::deduced_map<std::pair<Key, T>, First, Options...>>
hash_map(std::initializer_list<std::pair<Key, T>>, First, Options...)
    -> hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                typename Deduced::key_equal, typename Deduced::allocator>;

template <detail::iterable Range, class... Options,
          class Deduced = detail::deduced_map<detail::iterated_value<Range>, Options...>>
hash_map(from_range_t, Range&&, Options...)
    -> hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                typename Deduced::key_equal, typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
