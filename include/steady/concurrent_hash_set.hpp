// steady::concurrent_hash_set: a hash set that threads share, whose growth stops nobody.
//
//   steady::concurrent_hash_set<std::uint64_t> set;
//   set.insert(1);                    // from any thread
//   bool is_there = set.contains(1);
//
// What concurrent_hash_map.hpp says at its top of elements, visitors, threads, bounds and
// exceptions holds here as well; visitors always get const Key&.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/concurrent_policy.hpp>
#include <steady/cursor.hpp>
#include <steady/detail/concurrent/shared_container.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/hash.hpp>
#include <steady/hash_set.hpp>
#include <steady/stats.hpp>

namespace steady {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_concurrent_policy>
class concurrent_hash_set {
  using container_type = detail::shared_container<Key, void, Hash, KeyEqual, Allocator, Policy>;
  using elements = typename container_type::elements;
  using slot = typename container_type::copy;
  using fate = detail::fate;

 public:
  using key_type = Key;
  using value_type = Key;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Allocator;
  using reference = const value_type&;
  using const_reference = const value_type&;

  // ---- making one ----

  // Allocates nothing.
  concurrent_hash_set() : concurrent_hash_set(Hash(), KeyEqual(), Allocator()) {}
  explicit concurrent_hash_set(const Allocator& allocator)
      : concurrent_hash_set(Hash(), KeyEqual(), allocator) {}
  // With room for `slots` elements, as reserve().
  explicit concurrent_hash_set(size_type slots, const Hash& hash = Hash(),
                               const KeyEqual& equal = KeyEqual(),
                               const Allocator& allocator = Allocator())
      : concurrent_hash_set(hash, equal, allocator) {
    if (slots != 0) reserve(slots);
  }
  template <std::input_iterator Iterator>
  concurrent_hash_set(Iterator first, Iterator last, size_type slots = 0, const Hash& hash = Hash(),
                      const KeyEqual& equal = KeyEqual(), const Allocator& allocator = Allocator())
      : concurrent_hash_set(slots, hash, equal, allocator) {
    insert(first, last);
  }
  concurrent_hash_set(std::initializer_list<value_type> list, size_type slots = 0,
                      const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
                      const Allocator& allocator = Allocator())
      : concurrent_hash_set(list.begin(), list.end(), slots, hash, equal, allocator) {}

  // While nobody else uses `other`. O(1): moves the elements as they are.
  concurrent_hash_set(concurrent_hash_set&& other)
      : concurrent_hash_set(other.hash_function(), other.key_eq(), other.get_allocator()) {
    container_.take(other.container_);
  }
  // From a set of one thread, element by element. O(n).
  template <class OtherPolicy>
  explicit concurrent_hash_set(hash_set<Key, Hash, KeyEqual, Allocator, OtherPolicy>&& other)
      : concurrent_hash_set(other.size(), other.hash_function(), other.key_eq(),
                            other.get_allocator()) {
    while (!other.empty()) insert(std::move(other.extract(other.begin()).value()));
  }
  // Others may use `other`; what they change meanwhile may be in the copy or not. O(n).
  concurrent_hash_set(const concurrent_hash_set& other)
      : concurrent_hash_set(other.hash_function(), other.key_eq(),
                            std::allocator_traits<Allocator>::select_on_container_copy_construction(
                                other.get_allocator())) {
    reserve(other.size());
    other.visit_all([this](const Key& key) { insert(key); });
  }

  // ---- while nobody else uses it: assignment, swap, taking out, destruction ----

  concurrent_hash_set& operator=(concurrent_hash_set other) {
    swap(other);
    return *this;
  }
  // O(n) for elements in nodes, otherwise in the memory held.
  ~concurrent_hash_set() = default;

  // Functions and allocators stay where they are: they must be equal. O(1).
  void swap(concurrent_hash_set& other) {
    concurrent_hash_set third(std::move(*this));
    container_.take(other.container_);
    other.container_.take(third.container_);
  }
  friend void swap(concurrent_hash_set& a, concurrent_hash_set& b) { a.swap(b); }

  // Everything, as a set of one thread; this one is empty then. O(n).
  hash_set<Key, Hash, KeyEqual, Allocator> release() {
    hash_set<Key, Hash, KeyEqual, Allocator> taken(0, hash_function(), key_eq(), get_allocator());
    taken.reserve(size());
    container_.for_each_slot([&taken](slot& from) {
      elements::read(from,
                     [&taken](const Key& key) { taken.insert(std::move(const_cast<Key&>(key))); });
    });
    container_.free_everything();
    return taken;
  }

  // ---- inserting ----
  // All return whether they inserted.

  bool insert(const Key& key) { return container_.template insert<false>(key, leave, key); }
  bool insert(Key&& key) { return container_.template insert<false>(key, leave, std::move(key)); }
  // Builds the key only if no equal one is there.
  template <class K>
  requires detail::forwarded_key<K, Key, Hash, KeyEqual> && std::constructible_from<Key, K&&>
  bool insert(K&& key) {
    return container_.template insert<false>(key, leave, std::forward<K>(key));
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

  // As above; if an equal key is there, calls `f` with that one.
  template <class F>
  bool insert_or_visit(const Key& key, F f) {
    return container_.template insert<true>(key, f, key);
  }
  template <class F>
  bool insert_or_visit(Key&& key, F f) {
    return container_.template insert<true>(key, f, std::move(key));
  }
  template <class K, class F>
  requires detail::forwarded_key<K, Key, Hash, KeyEqual> && std::constructible_from<Key, K&&>
  bool insert_or_visit(K&& key, F f) {
    return container_.template insert<true>(key, f, std::forward<K>(key));
  }
  template <class K, class F>
  bool insert_or_cvisit(K&& key, F f) {
    return insert_or_visit(std::forward<K>(key), f);
  }

  // ---- finding ----

  bool contains(const Key& key) const { return container_.contains(key); }
  template <class K>
  requires detail::transparent_key<K, Hash, KeyEqual>
  bool contains(const K& key) const { return container_.contains(key); }

  size_type count(const Key& key) const { return contains(key) ? 1 : 0; }
  template <class K>
  requires detail::transparent_key<K, Hash, KeyEqual> size_type count(const K& key)
  const { return contains(key) ? 1 : 0; }

  // Calls `f` with the key that is there, if one is. Returns how many it visited, 0 or 1.
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

  // Return how many they erased; `f` erases by returning true.
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
  // Bound: all buckets, one locked at a time. Each key that is there all the time is visited
  // exactly once, whatever others do; one that comes or goes meanwhile once or not at all.

  // Returns how many it visited.
  template <class F>
  size_type visit_all(F f) const {
    size_type visited = 0;
    bool is_enough = false;
    container_.walk([&](slot& of) { return ++visited, elements::read(of, f), fate::stays; },
                    is_enough);
    return visited;
  }
  template <class F>
  size_type cvisit_all(F f) const {
    return visit_all(f);
  }
  // Until `f` returns false; then it returns false.
  template <class F>
  bool visit_while(F f) const {
    bool is_enough = false;
    container_.walk(
        [&](slot& of) {
          elements::read(of, [&](const Key& key) { is_enough = !f(key); });
          return fate::stays;
        },
        is_enough);
    return !is_enough;
  }
  template <class F>
  bool cvisit_while(F f) const {
    return visit_while(f);
  }
  // Erases the keys for which `f` returns true; returns how many.
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
  friend size_type erase_if(concurrent_hash_set& set, F f) {
    return set.erase_if(f);
  }
  void clear() {
    erase_if([](const Key&) { return true; });
  }

  // As concurrent_hash_map::scan().
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

  // ---- migrations: as concurrent_hash_map's ----

  bool migrating() const noexcept { return container_.migrating(); }
  size_type step(size_type intervals) { return container_.step(intervals); }
  void finish() { container_.finish(); }
  void shrink_gradually() { container_.ask(detail::migration_kind::shrink); }
  void compact_gradually() { container_.ask(detail::migration_kind::compact); }
  void reseed_gradually() { container_.ask(detail::migration_kind::reseed); }

  steady::stats stats() const noexcept { return container_.statistics(); }

  // ---- functions ----

  Hash hash_function() const { return container_.hash(); }
  KeyEqual key_eq() const { return container_.equal(); }
  Allocator get_allocator() const noexcept { return container_.allocator(); }

  // Equal keys. What others change meanwhile may count or not. O(n).
  friend bool operator==(const concurrent_hash_set& a, const concurrent_hash_set& b) {
    return a.size() == b.size() && a.visit_while([&b](const Key& key) { return b.contains(key); });
  }

  // For tests, while nobody else uses it: ends the program if something is not as it must be. O(n).
  void check_invariants() const { container_.check_invariants(); }

 private:
  concurrent_hash_set(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : container_(hash, equal, allocator) {}

  static constexpr auto leave = [](const Key&) {};
  static constexpr auto always = [](const Key&) { return true; };

  // Visiting locks buckets, also in const sets.
  mutable container_type container_;
};

}  // namespace steady
