// steady::concurrent_hash_map: a hash map that threads share, whose growth stops nobody.
//
//   steady::concurrent_hash_map<std::uint64_t, std::uint64_t> map;
//   map.insert_or_assign(1, 10);                                   // from any thread
//   map.visit(1, [](auto& element) { ++element.second; });
//   std::optional<std::uint64_t> value = map.find(1);
//
// There are no iterators and no references: elements are visited. The interface is shaped like
// boost::concurrent_flat_map's.
//
// Elements. If key and value are trivially copyable and small (see default_concurrent_policy), an
// element is kept in a slot; const visitors get a copy, taken without a lock, and other visitors a
// copy that is written back when they return, unless they throw. All other elements are kept in
// nodes, and visitors get the element itself, under its bucket's lock. A node that is erased is
// destroyed by a later erasure, when no thread can be reading its key any longer, or with the map.
//
// Visitors run under the lock of the element's bucket, but for const visitors of elements in slots.
// They must not use the map that calls them, and should be short: whoever needs that bucket waits.
//
// Threads: all functions may be called at any time by any thread, except those under "while nobody
// else uses it". The hash, the equality and the allocator are called by several threads at a time.
//
// Bound: unless it says otherwise, a function looks at one bucket and its overflow, and one that
// inserts or erases also evacuates two old buckets if a migration is on (docs/guarantees.md). No
// function waits for a migration. A thread waits only for another one's lock on the same bucket.
//
// Throws: what hash, equality, allocator, element and visitor throw; nothing is locked then, and
// the map is as before the call. Where memory for growth is refused, the map goes on in overflow.
//
// Protocol and progress: docs/concurrent.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <steady/concurrent_policy.hpp>
#include <steady/cursor.hpp>
#include <steady/detail/concurrent/shared_container.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/stats.hpp>

namespace steady {

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>,
          class Policy = default_concurrent_policy>
class concurrent_hash_map {
  using container_type = detail::shared_container<Key, T, Hash, KeyEqual, Allocator, Policy>;
  using elements = typename container_type::elements;
  using slot = typename container_type::copy;
  using fate = detail::fate;

 public:
  using key_type = Key;
  using mapped_type = T;
  using value_type = std::pair<const Key, T>;
  using init_type = std::pair<Key, T>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Allocator;
  using reference = value_type&;
  using const_reference = const value_type&;

  // ---- making one ----

  // Allocates nothing.
  concurrent_hash_map() : concurrent_hash_map(Hash(), KeyEqual(), Allocator()) {}
  explicit concurrent_hash_map(const Allocator& allocator)
      : concurrent_hash_map(Hash(), KeyEqual(), allocator) {}
  // With room for `slots` elements, as reserve().
  explicit concurrent_hash_map(size_type slots, const Hash& hash = Hash(),
                               const KeyEqual& equal = KeyEqual(),
                               const Allocator& allocator = Allocator())
      : concurrent_hash_map(hash, equal, allocator) {
    if (slots != 0) reserve(slots);
  }
  template <std::input_iterator Iterator>
  concurrent_hash_map(Iterator first, Iterator last, size_type slots = 0, const Hash& hash = Hash(),
                      const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : concurrent_hash_map(slots, hash, equal, allocator) {
    insert(first, last);
  }
  concurrent_hash_map(std::initializer_list<value_type> list, size_type slots = 0,
                      const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
                      const Allocator& allocator = Allocator())
      : concurrent_hash_map(list.begin(), list.end(), slots, hash, equal, allocator) {}

  // While nobody else uses `other`. O(1): moves the elements as they are.
  concurrent_hash_map(concurrent_hash_map&& other)
      : concurrent_hash_map(other.hash_function(), other.key_eq(), other.get_allocator()) {
    container_.take(other.container_);
  }
  // From a map of one thread, element by element. O(n).
  template <class OtherPolicy>
  explicit concurrent_hash_map(hash_map<Key, T, Hash, KeyEqual, Allocator, OtherPolicy>&& other)
      : concurrent_hash_map(other.size(), other.hash_function(), other.key_eq(),
                            other.get_allocator()) {
    while (!other.empty()) {
      auto taken = other.extract(other.begin());
      try_emplace(std::move(taken.key()), std::move(taken.mapped()));
    }
  }
  // Others may use `other`; what they change meanwhile may be in the copy or not. O(n).
  concurrent_hash_map(const concurrent_hash_map& other)
      : concurrent_hash_map(other.hash_function(), other.key_eq(),
                            std::allocator_traits<Allocator>::select_on_container_copy_construction(
                                other.get_allocator())) {
    reserve(other.size());
    other.cvisit_all([this](const value_type& element) { insert(element); });
  }

  // ---- while nobody else uses it: assignment, swap, taking out, destruction ----

  concurrent_hash_map& operator=(concurrent_hash_map other) {
    swap(other);
    return *this;
  }
  // O(n) for elements in nodes, otherwise in the memory held.
  ~concurrent_hash_map() = default;

  // Functions and allocators stay where they are: they must be equal. O(1).
  void swap(concurrent_hash_map& other) {
    concurrent_hash_map third(std::move(*this));
    container_.take(other.container_);
    other.container_.take(third.container_);
  }
  friend void swap(concurrent_hash_map& a, concurrent_hash_map& b) { a.swap(b); }

  // Everything, as a map of one thread; this one is empty then. O(n).
  hash_map<Key, T, Hash, KeyEqual, Allocator> release() {
    hash_map<Key, T, Hash, KeyEqual, Allocator> taken(0, hash_function(), key_eq(),
                                                      get_allocator());
    taken.reserve(size());
    container_.for_each_slot([&taken](slot& from) {
      elements::change(from, [&taken](value_type& element) {
        taken.try_emplace(std::move(const_cast<Key&>(element.first)), std::move(element.second));
      });
    });
    container_.free_everything();
    return taken;
  }

  // ---- inserting ----
  // All return whether they inserted.

  bool insert(const value_type& element) {
    return container_.template insert<false>(element.first, leave, element);
  }
  bool insert(value_type&& element) {
    return container_.template insert<false>(element.first, leave, std::move(element));
  }
  template <class Pair>
  requires(!std::same_as<std::remove_cvref_t<Pair>, value_type> &&
           std::constructible_from<value_type, Pair&&>) bool insert(Pair&& element) {
    return emplace(std::forward<Pair>(element));
  }
  // Returns how many it inserted.
  template <std::input_iterator Iterator>
  size_type insert(Iterator first, Iterator last) {
    size_type inserted = 0;
    for (; first != last; ++first) inserted += emplace(*first);
    return inserted;
  }
  size_type insert(std::initializer_list<value_type> list) {
    return insert(list.begin(), list.end());
  }
  template <class... Arguments>
  bool emplace(Arguments&&... arguments) {
    return container_.template emplace<false>(leave, std::forward<Arguments>(arguments)...);
  }
  // Builds the value only if the key is not there.
  template <class... Arguments>
  bool try_emplace(const Key& key, Arguments&&... arguments) {
    return emplace_at<false>(key, leave, key, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  bool try_emplace(Key&& key, Arguments&&... arguments) {
    return emplace_at<false>(key, leave, std::move(key), std::forward<Arguments>(arguments)...);
  }
  template <class K, class... Arguments>
  requires detail::forwarded_key<K, Key, Hash, KeyEqual>
  bool try_emplace(K&& key, Arguments&&... arguments) {
    return emplace_at<false>(key, leave, std::forward<K>(key),
                             std::forward<Arguments>(arguments)...);
  }
  // Inserts, or assigns to the value that is there.
  template <class M>
  bool insert_or_assign(const Key& key, M&& value) {
    return assign_at(key, key, std::forward<M>(value));
  }
  template <class M>
  bool insert_or_assign(Key&& key, M&& value) {
    return assign_at(key, std::move(key), std::forward<M>(value));
  }
  template <class K, class M>
  requires detail::forwarded_key<K, Key, Hash, KeyEqual>
  bool insert_or_assign(K&& key, M&& value) {
    return assign_at(key, std::forward<K>(key), std::forward<M>(value));
  }

  // As above; if the key is there, calls `f` with the element that has it: value_type&, and const
  // value_type& in the functions that end in cvisit.
  template <class Element, class F>
  bool insert_or_visit(Element&& element, F f) {
    return insert_visiting(std::forward<Element>(element), f);
  }
  template <class Element, class F>
  bool insert_or_cvisit(Element&& element, F f) {
    return insert_visiting(std::forward<Element>(element), as_const_visitor(f));
  }
  // The visitor is the last argument.
  template <class... Arguments>
  bool emplace_or_visit(Arguments&&... arguments_and_visitor) {
    return with_last(
        [this](auto&& f, auto&&... arguments) {
          return container_.template emplace<true>(f,
                                                   std::forward<decltype(arguments)>(arguments)...);
        },
        std::forward<Arguments>(arguments_and_visitor)...);
  }
  template <class... Arguments>
  bool emplace_or_cvisit(Arguments&&... arguments_and_visitor) {
    return with_last(
        [this](auto&& f, auto&&... arguments) {
          return container_.template emplace<true>(as_const_visitor(f),
                                                   std::forward<decltype(arguments)>(arguments)...);
        },
        std::forward<Arguments>(arguments_and_visitor)...);
  }
  template <class K, class... Arguments>
  bool try_emplace_or_visit(K&& key, Arguments&&... arguments_and_visitor) {
    return with_last(
        [&](auto&& f, auto&&... arguments) {
          return emplace_visiting(std::forward<K>(key), f,
                                  std::forward<decltype(arguments)>(arguments)...);
        },
        std::forward<Arguments>(arguments_and_visitor)...);
  }
  template <class K, class... Arguments>
  bool try_emplace_or_cvisit(K&& key, Arguments&&... arguments_and_visitor) {
    return with_last(
        [&](auto&& f, auto&&... arguments) {
          return emplace_visiting(std::forward<K>(key), as_const_visitor(f),
                                  std::forward<decltype(arguments)>(arguments)...);
        },
        std::forward<Arguments>(arguments_and_visitor)...);
  }

  // ---- finding ----

  // A copy of the value.
  std::optional<T> find(const Key& key) const { return find_by(key); }
  template <class K>
  requires detail::transparent_key<K, Hash, KeyEqual> std::optional<T> find(const K& key)
  const { return find_by(key); }

  bool contains(const Key& key) const { return container_.contains(key); }
  template <class K>
  requires detail::transparent_key<K, Hash, KeyEqual>
  bool contains(const K& key) const { return container_.contains(key); }

  size_type count(const Key& key) const { return contains(key) ? 1 : 0; }
  template <class K>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type count(const K& key)
  const { return contains(key) ? 1 : 0; }

  // Calls `f` with the element, if there is one: value_type&, const value_type& in const maps and
  // in cvisit(). Returns how many it visited, 0 or 1.
  template <class F>
  size_type visit(const Key& key, F f) {
    return container_.change(key, f);
  }
  template <class K, class F>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type visit(const K& key, F f) {
    return container_.change(key, f);
  }
  template <class F>
  size_type visit(const Key& key, F f) const {
    return container_.read(key, f);
  }
  template <class K, class F>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type visit(const K& key, F f)
  const { return container_.read(key, f); }
  template <class F>
  size_type cvisit(const Key& key, F f) const {
    return container_.read(key, f);
  }
  template <class K, class F>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type cvisit(const K& key, F f)
  const { return container_.read(key, f); }

  // ---- erasing ----

  // Return how many they erased. `f` gets value_type&, and erases by returning true.
  size_type erase(const Key& key) { return container_.erase_if(key, always); }
  template <class K>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type erase(const K& key) {
    return container_.erase_if(key, always);
  }
  template <class F>
  size_type erase_if(const Key& key, F f) {
    return container_.erase_if(key, f);
  }
  template <class K, class F>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type erase_if(const K& key, F f) {
    return container_.erase_if(key, f);
  }

  // ---- all elements ----
  // Bound: all buckets, one locked at a time. Each element that is there all the time is visited
  // exactly once, whatever others do; one that comes or goes meanwhile once or not at all.

  // Return how many they visited.
  template <class F>
  size_type visit_all(F f) {
    return walk([&f](slot& of) { return elements::change(of, f); });
  }
  template <class F>
  size_type visit_all(F f) const {
    return cvisit_all(f);
  }
  template <class F>
  size_type cvisit_all(F f) const {
    return walk([&f](slot& of) { return elements::read(of, f), fate::stays; });
  }
  // Until `f` returns false; then they return false.
  template <class F>
  bool visit_while(F f) {
    bool is_enough = false;
    container_.walk(
        [&](slot& of) {
          return elements::change(of, [&](value_type& element) { is_enough = !f(element); });
        },
        is_enough);
    return !is_enough;
  }
  template <class F>
  bool visit_while(F f) const {
    return cvisit_while(f);
  }
  template <class F>
  bool cvisit_while(F f) const {
    bool is_enough = false;
    container_.walk(
        [&](slot& of) {
          elements::read(of, [&](const value_type& element) { is_enough = !f(element); });
          return fate::stays;
        },
        is_enough);
    return !is_enough;
  }
  // Erases the elements for which `f` returns true; returns how many.
  template <class F>
  size_type erase_if(F f) {
    size_type erased = 0;
    bool is_enough = false;
    container_.walk(
        [&](slot& of) {
          const fate decided = elements::change_or_erase(of, f);
          erased += decided == fate::is_erased;
          return decided;
        },
        is_enough);
    return erased;
  }
  template <class F>
  friend size_type erase_if(concurrent_hash_map& map, F f) {
    return map.erase_if(f);
  }
  void clear() {
    erase_if([](value_type&) { return true; });
  }

  // Visits, as cvisit_all() does, the elements of at most `most_buckets` buckets from `from` on;
  // returns where to go on. The map remembers nothing of a scan. While a reseeding is on, `f` is
  // not called, the reseeding goes on instead, and the cursor stays.
  // Throws: stale_cursor if the map has been reseeded since, or the cursor is another map's.
  // Bound: `most_buckets` buckets.
  template <class F>
  cursor scan(cursor from, size_type most_buckets, F f) const {
    return container_.scan(from, most_buckets,
                           [&f](slot& of) { return elements::read(of, f), fate::stays; });
  }

  // ---- size ----

  // Exact when nobody writes. Bound: 17 counters.
  size_type size() const noexcept { return container_.size(); }
  bool empty() const noexcept { return size() == 0; }
  // Slots, without overflow.
  size_type bucket_count() const noexcept {
    return static_cast<size_type>(container_.buckets()) * container_type::layout::width;
  }
  float load_factor() const noexcept {
    const size_type slots = bucket_count();
    return slots == 0 ? 0 : static_cast<float>(size()) / static_cast<float>(slots);
  }

  // Room for so many elements. Pays at once: bound O(n). Others are not stopped.
  void reserve(size_type size) { container_.reserve(size); }

  // ---- migrations ----

  bool migrating() const noexcept { return container_.migrating(); }
  // For idle threads: evacuates at most `intervals` old buckets, or frees as many blocks of what a
  // migration has left; starts a migration that is due. Returns how many there were.
  size_type step(size_type intervals) { return container_.step(intervals); }
  // Does all of that, also what other threads have begun.
  void finish() { container_.finish(); }
  // Ask for a migration, which starts as soon as none is on, and which insertions, erasures and
  // step() drive: to fewer buckets if that is enough; to as many, without the overflow that erasing
  // has left; to another seed.
  void shrink_gradually() { container_.ask(detail::migration_kind::shrink); }
  void compact_gradually() { container_.ask(detail::migration_kind::compact); }
  void reseed_gradually() { container_.ask(detail::migration_kind::reseed); }

  steady::stats stats() const noexcept { return container_.statistics(); }

  // ---- functions ----

  Hash hash_function() const { return container_.hash(); }
  KeyEqual key_eq() const { return container_.equal(); }
  Allocator get_allocator() const noexcept { return container_.allocator(); }

  // Equal elements. What others change meanwhile may count or not. O(n).
  friend bool operator==(const concurrent_hash_map& a, const concurrent_hash_map& b) {
    return a.size() == b.size() && a.cvisit_while([&b](const value_type& element) {
      bool is_same = false;
      b.cvisit(element.first,
               [&](const value_type& other) { is_same = element.second == other.second; });
      return is_same;
    });
  }

  // For tests, while nobody else uses it: ends the program if something is not as it must be. O(n).
  void check_invariants() const { container_.check_invariants(); }

 private:
  concurrent_hash_map(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : container_(hash, equal, allocator) {}

  static constexpr auto leave = [](const value_type&) {};
  static constexpr auto always = [](const value_type&) { return true; };

  template <class F>
  static auto as_const_visitor(F& f) {
    return [&f](const value_type& element) { f(element); };
  }

  template <bool Visits, class K, class F, class TheKey, class... Arguments>
  bool emplace_at(const K& key, F&& f, TheKey&& moved, Arguments&&... arguments) {
    return container_.template insert<Visits>(
        key, f, std::piecewise_construct, std::forward_as_tuple(std::forward<TheKey>(moved)),
        std::forward_as_tuple(std::forward<Arguments>(arguments)...));
  }
  template <class K, class F, class... Arguments>
  bool emplace_visiting(K&& key, F&& f, Arguments&&... arguments) {
    if constexpr (std::is_same_v<std::remove_cvref_t<K>, Key> ||
                  detail::transparent_key<K, Hash, KeyEqual>) {
      return emplace_at<true>(key, f, std::forward<K>(key), std::forward<Arguments>(arguments)...);
    } else {
      Key converted(std::forward<K>(key));
      return emplace_at<true>(converted, f, std::move(converted),
                              std::forward<Arguments>(arguments)...);
    }
  }
  template <class K, class TheKey, class M>
  bool assign_at(const K& key, TheKey&& moved, M&& value) {
    return emplace_at<true>(
        key, [&value](value_type& element) { element.second = std::forward<M>(value); },
        std::forward<TheKey>(moved), std::forward<M>(value));
  }
  template <class Element, class F>
  bool insert_visiting(Element&& element, F&& f) {
    if constexpr (std::is_same_v<std::remove_cvref_t<Element>, value_type> ||
                  std::is_same_v<std::remove_cvref_t<Element>, init_type>) {
      return container_.template insert<true>(element.first, f, std::forward<Element>(element));
    } else {
      return container_.template emplace<true>(f, std::forward<Element>(element));
    }
  }
  template <class K>
  std::optional<T> find_by(const K& key) const {
    std::optional<T> found;
    container_.read(key, [&found](const value_type& element) { found.emplace(element.second); });
    return found;
  }
  template <class Decide>
  size_type walk(Decide&& decide) const {
    size_type visited = 0;
    bool is_enough = false;
    container_.walk([&](slot& of) { return ++visited, decide(of); }, is_enough);
    return visited;
  }

  // Calls `function` with the last argument first.
  template <class Function, class... Arguments>
  static bool with_last(Function&& function, Arguments&&... arguments) {
    return rotated(function, std::forward_as_tuple(std::forward<Arguments>(arguments)...),
                   std::make_index_sequence<sizeof...(Arguments) - 1>());
  }
  template <class Function, class Tuple, std::size_t... Numbers>
  static bool rotated(Function&& function, Tuple&& arguments, std::index_sequence<Numbers...>) {
    return function(std::get<sizeof...(Numbers)>(std::forward<Tuple>(arguments)),
                    std::get<Numbers>(std::forward<Tuple>(arguments))...);
  }

  // Visiting locks buckets, also in const maps.
  mutable container_type container_;
};

}  // namespace steady
