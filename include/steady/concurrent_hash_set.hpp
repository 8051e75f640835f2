// steady::concurrent_hash_set: a hash set that threads share, whose growth stops nobody.
//
//   steady::concurrent_hash_set<std::uint64_t> set;
//   set.insert(1);                    // from any thread
//   bool is_there = set.contains(1);
//
// What concurrent_hash_map.hpp says at its top of elements, visitors, threads, bounds, waiting and
// exceptions holds here as well, and of what elements refer to; visitors always get const Key&.
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
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/insertion_visitors.hpp>
#include <steady/detail/concurrent/shared_container.hpp>
#include <steady/detail/concurrent/two_containers.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/deduction.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/hash_set.hpp>
#include <steady/stats.hpp>

namespace steady {

inline namespace STEADY_ABI {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_concurrent_policy>
class concurrent_hash_set {
  using checked = detail::container_arguments<false, Key, void, Hash, KeyEqual, Allocator, Policy,
                                              default_concurrent_policy>;
  using refusal = decltype(detail::require_arguments<checked>());

 public:
  // Those of the template, unless they were refused.
  using key_type = typename checked::key_type;
  using value_type = key_type;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = typename checked::hash;
  using key_equal = typename checked::key_equal;
  using allocator_type = typename checked::allocator;
  using policy_type = typename checked::policy;
  using reference = const value_type&;
  using const_reference = const value_type&;
  using pointer = typename std::allocator_traits<allocator_type>::pointer;
  using const_pointer = typename std::allocator_traits<allocator_type>::const_pointer;

 private:
  using container_type =
      detail::shared_container<key_type, void, hasher, key_equal, allocator_type, policy_type>;
  using pairs = detail::two_containers<container_type>;
  using elements = typename container_type::elements;
  using slot = typename container_type::copy;
  using fate = detail::fate;
  using allocator_traits = std::allocator_traits<allocator_type>;
  using plain_elements = typename container_type::plain_elements;
  static constexpr bool copies_functions_nothrow = std::is_nothrow_copy_constructible_v<hasher> &&
                                                   std::is_nothrow_copy_constructible_v<key_equal>;

 public:
  // ---- constructing ----
  // Bound: O(size). On an exception nothing is left behind.

  // Empty. Allocates nothing.
  concurrent_hash_set() noexcept(
      detail::nothrow_made_from_nothing<hasher, key_equal, allocator_type>) requires
      detail::made_from_nothing<hasher, key_equal, allocator_type>
      : container_(hasher(), key_equal(), allocator_type()) {
    detail::require_elements<typename container_type::element_arguments>();
  }
  explicit concurrent_hash_set(const allocator_type& allocator)
      : concurrent_hash_set(hasher(), key_equal(), allocator) {}

  // Empty, with room for `capacity` elements, as after reserve().
  explicit concurrent_hash_set(size_type capacity, const hasher& hash = hasher(),
                               const key_equal& equal = key_equal(),
                               const allocator_type& allocator = allocator_type())
      : concurrent_hash_set(hash, equal, allocator) {
    if (capacity != 0) reserve(capacity);
  }
  concurrent_hash_set(size_type capacity, const allocator_type& allocator)
      : concurrent_hash_set(capacity, hasher(), key_equal(), allocator) {}
  concurrent_hash_set(size_type capacity, const hasher& hash, const allocator_type& allocator)
      : concurrent_hash_set(capacity, hash, key_equal(), allocator) {}

  // The elements of a range; of several with the same key, the first.
  template <std::input_iterator Iterator>
  concurrent_hash_set(Iterator first, Iterator last, size_type capacity = 0,
                      const hasher& hash = hasher(), const key_equal& equal = key_equal(),
                      const allocator_type& allocator = allocator_type())
      : concurrent_hash_set(detail::max_of(capacity, detail::known_length(first, last)), hash,
                            equal, allocator) {
    insert(first, last);
    container_.withdraw_reservation(capacity);
  }
  template <std::input_iterator Iterator>
  concurrent_hash_set(Iterator first, Iterator last, size_type capacity,
                      const allocator_type& allocator)
      : concurrent_hash_set(first, last, capacity, hasher(), key_equal(), allocator) {}
  template <std::input_iterator Iterator>
  concurrent_hash_set(Iterator first, Iterator last, size_type capacity, const hasher& hash,
                      const allocator_type& allocator)
      : concurrent_hash_set(first, last, capacity, hash, key_equal(), allocator) {}
  template <std::input_iterator Iterator>
  concurrent_hash_set(Iterator first, Iterator last, const allocator_type& allocator)
      : concurrent_hash_set(first, last, 0, hasher(), key_equal(), allocator) {}

  concurrent_hash_set(std::initializer_list<value_type> list, size_type capacity = 0,
                      const hasher& hash = hasher(), const key_equal& equal = key_equal(),
                      const allocator_type& allocator = allocator_type())
      : concurrent_hash_set(list.begin(), list.end(), capacity, hash, equal, allocator) {}
  concurrent_hash_set(std::initializer_list<value_type> list, size_type capacity,
                      const allocator_type& allocator)
      : concurrent_hash_set(list, capacity, hasher(), key_equal(), allocator) {}
  concurrent_hash_set(std::initializer_list<value_type> list, size_type capacity,
                      const hasher& hash, const allocator_type& allocator)
      : concurrent_hash_set(list, capacity, hash, key_equal(), allocator) {}
  concurrent_hash_set(std::initializer_list<value_type> list, const allocator_type& allocator)
      : concurrent_hash_set(list, 0, hasher(), key_equal(), allocator) {}

  template <detail::iterable Range>
  concurrent_hash_set(from_range_t, Range&& range, size_type capacity = 0,
                      const hasher& hash = hasher(), const key_equal& equal = key_equal(),
                      const allocator_type& allocator = allocator_type())
      : concurrent_hash_set(detail::max_of(capacity, detail::told_length(range)), hash, equal,
                            allocator) {
    insert_range(std::forward<Range>(range));
    container_.withdraw_reservation(capacity);
  }
  template <detail::iterable Range>
  concurrent_hash_set(from_range_t, Range&& range, size_type capacity,
                      const allocator_type& allocator)
      : concurrent_hash_set(from_range, std::forward<Range>(range), capacity, hasher(), key_equal(),
                            allocator) {}
  template <detail::iterable Range>
  concurrent_hash_set(from_range_t, Range&& range, size_type capacity, const hasher& hash,
                      const allocator_type& allocator)
      : concurrent_hash_set(from_range, std::forward<Range>(range), capacity, hash, key_equal(),
                            allocator) {}
  template <detail::iterable Range>
  concurrent_hash_set(from_range_t, Range&& range, const allocator_type& allocator)
      : concurrent_hash_set(from_range, std::forward<Range>(range), 0, hasher(), key_equal(),
                            allocator) {}

  // Others may use `other`; what they change meanwhile is in the copy or not. Each element is
  // copied under its bucket's lock.
  concurrent_hash_set(const concurrent_hash_set& other)
      : container_(
            other.container_.hash(), other.container_.equal(),
            allocator_traits::select_on_container_copy_construction(other.container_.allocator())) {
    detail::require_copying<plain_elements, allocator_type>();
    pairs::copy_elements(container_, other.container_);
  }
  concurrent_hash_set(const concurrent_hash_set& other, const allocator_type& allocator)
      : concurrent_hash_set(other.container_.hash(), other.container_.equal(), allocator) {
    detail::require_copying<plain_elements, allocator_type>();
    pairs::copy_elements(container_, other.container_);
  }

  // While nobody else uses `other`, which is empty and usable afterwards. O(1): elements stay where
  // they are.
  concurrent_hash_set(concurrent_hash_set&& other) noexcept(copies_functions_nothrow)
      : concurrent_hash_set(other.container_.hash(), other.container_.equal(),
                            other.container_.allocator()) {
    container_.take(other.container_);
  }
  // O(size) when the allocators differ.
  concurrent_hash_set(concurrent_hash_set&& other, const allocator_type& allocator)
      : concurrent_hash_set(other.container_.hash(), other.container_.equal(), allocator) {
    detail::require_transplanting<plain_elements, allocator_type>();
    pairs::take_or_move(container_, other.container_);
  }

  // From a set of one thread, element by element; what was moved is no longer there. On an
  // exception the other elements still are.
  template <class OtherPolicy>
  explicit concurrent_hash_set(
      hash_set<key_type, hasher, key_equal, allocator_type, OtherPolicy>&& other)
      : concurrent_hash_set(other.size(), other.hash_function(), other.key_eq(),
                            other.get_allocator()) {
    while (!other.empty()) insert(std::move(other.extract(other.begin()).value()));
    container_.withdraw_reservation();
  }

  // ---- while nobody else uses it: assigning, swapping, taking out, destroying ----

  // Others may use `other`. Bound: O(size of both). Strong guarantee. The allocator comes along if
  // propagate_on_container_copy_assignment says so.
  concurrent_hash_set& operator=(const concurrent_hash_set& other) {
    detail::require_copying<plain_elements, allocator_type>();
    if (this == std::addressof(other)) return *this;
    constexpr bool propagates = allocator_traits::propagate_on_container_copy_assignment::value;
    concurrent_hash_set copy(other, propagates ? other.get_allocator() : get_allocator());
    pairs::assign_copy(container_, other.container_, copy.container_);
    return *this;
  }
  // Nobody else uses `other`, either. Bound: O(size of this one). If replacing the hash or the
  // equality throws, nothing has changed. The allocator comes along if
  // propagate_on_container_move_assignment says so; where the allocators differ and stay, elements
  // are moved one by one, and on an exception each is either here or there.
  concurrent_hash_set& operator=(concurrent_hash_set&& other) noexcept(pairs::assigns_nothrow) {
    if constexpr (!allocator_traits::propagate_on_container_move_assignment::value) {
      detail::require_transplanting<plain_elements, allocator_type>();
    }
    if (this != std::addressof(other)) pairs::assign_moved(container_, other.container_);
    return *this;
  }
  // Keeps the functions and the allocator. Strong guarantee.
  concurrent_hash_set& operator=(std::initializer_list<value_type> list) {
    concurrent_hash_set fresh(list, 0, hash_function(), key_eq(), get_allocator());
    container_.free_everything();
    container_.take(fresh.container_);
    return *this;
  }
  // O(size) for elements in nodes, otherwise in the memory held. steady::retire() does it in steps.
  ~concurrent_hash_set() = default;

  // O(1). Unequal allocators that do not propagate: undefined, as in the standard. Throws what
  // swapping or copying the hash and the equality throws; nothing has changed then.
  void swap(concurrent_hash_set& other) noexcept(pairs::swaps_nothrow) {
    pairs::swap(container_, other.container_);
  }

  // Everything, as a set of one thread; this one is empty then. O(size). On an exception this one
  // still has its elements, unless they are in nodes, and either move without throwing or cannot be
  // copied: of these, what was moved until then is lost.
  hash_set<key_type, hasher, key_equal, allocator_type> release() {
    hash_set<key_type, hasher, key_equal, allocator_type> taken(size(), hash_function(), key_eq(),
                                                                get_allocator());
    pairs::release(container_, taken);
    return taken;
  }

  // ---- inserting ----
  // All return whether they inserted. If another thread inserts the same key at the same moment,
  // arguments may have been moved from although nothing was inserted.

  STEADY_ALWAYS_INLINE bool insert(const key_type& key) { return insert_key<false>(key, leave); }
  STEADY_ALWAYS_INLINE bool insert(key_type&& key) {
    return insert_key<false>(std::move(key), leave);
  }
  // Builds the key only if no equal one is there.
  template <detail::makes_element<plain_elements, hasher, key_equal> K>
  STEADY_ALWAYS_INLINE bool insert(K&& key) {
    return insert_key<false>(std::forward<K>(key), leave);
  }
  // Return how many they inserted.
  template <std::input_iterator Iterator>
  size_type insert(Iterator first, Iterator last) {
    return insert_each<false>(first, last, leave);
  }
  template <detail::iterable Range>
  size_type insert_range(Range&& range) {
    return insert_from<false>(std::forward<Range>(range), leave);
  }
  size_type insert(std::initializer_list<value_type> list) {
    return insert(list.begin(), list.end());
  }
  template <class... Arguments>
  STEADY_ALWAYS_INLINE bool emplace(Arguments&&... arguments) {
    return container_.template emplace<false>(leave, std::forward<Arguments>(arguments)...);
  }

  // As above; where an equal key is there, they call `f` with that one.
  template <class F>
  bool insert_or_visit(const key_type& key, F f) {
    return insert_key<true>(key, detail::or_visit::of(f));
  }
  template <class F>
  bool insert_or_visit(key_type&& key, F f) {
    return insert_key<true>(std::move(key), detail::or_visit::of(f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> K, class F>
  bool insert_or_visit(K&& key, F f) {
    return insert_key<true>(std::forward<K>(key), detail::or_visit::of(f));
  }
  template <std::input_iterator Iterator, class F>
  size_type insert_or_visit(Iterator first, Iterator last, F f) {
    return insert_each<true>(first, last, detail::or_visit::of(f));
  }
  template <class F>
  size_type insert_or_visit(std::initializer_list<value_type> list, F f) {
    return insert_each<true>(list.begin(), list.end(), detail::or_visit::of(f));
  }
  template <detail::iterable Range, class F>
  size_type insert_range_or_visit(Range&& range, F f) {
    return insert_from<true>(std::forward<Range>(range), detail::or_visit::of(f));
  }
  template <class F>
  bool insert_or_cvisit(const key_type& key, F f) {
    return insert_key<true>(key, detail::or_cvisit::of(f));
  }
  template <class F>
  bool insert_or_cvisit(key_type&& key, F f) {
    return insert_key<true>(std::move(key), detail::or_cvisit::of(f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> K, class F>
  bool insert_or_cvisit(K&& key, F f) {
    return insert_key<true>(std::forward<K>(key), detail::or_cvisit::of(f));
  }
  template <std::input_iterator Iterator, class F>
  size_type insert_or_cvisit(Iterator first, Iterator last, F f) {
    return insert_each<true>(first, last, detail::or_cvisit::of(f));
  }
  template <class F>
  size_type insert_or_cvisit(std::initializer_list<value_type> list, F f) {
    return insert_each<true>(list.begin(), list.end(), detail::or_cvisit::of(f));
  }
  template <detail::iterable Range, class F>
  size_type insert_range_or_cvisit(Range&& range, F f) {
    return insert_from<true>(std::forward<Range>(range), detail::or_cvisit::of(f));
  }
  // The visitor is the last argument.
  template <class... Arguments>
  bool emplace_or_visit(Arguments&&... arguments_and_visitor) {
    return detail::emplace_visiting<detail::or_visit>(
        container_, std::forward<Arguments>(arguments_and_visitor)...);
  }
  template <class... Arguments>
  bool emplace_or_cvisit(Arguments&&... arguments_and_visitor) {
    return detail::emplace_visiting<detail::or_cvisit>(
        container_, std::forward<Arguments>(arguments_and_visitor)...);
  }

  // As above; a new key is visited, too: by `of_new`, before anybody else can see it. If that
  // throws, nothing was inserted.
  template <class New, class F>
  bool insert_and_visit(const key_type& key, New of_new, F f) {
    return insert_key<true>(key, detail::and_visit::of(of_new, f));
  }
  template <class New, class F>
  bool insert_and_visit(key_type&& key, New of_new, F f) {
    return insert_key<true>(std::move(key), detail::and_visit::of(of_new, f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> K, class New, class F>
  bool insert_and_visit(K&& key, New of_new, F f) {
    return insert_key<true>(std::forward<K>(key), detail::and_visit::of(of_new, f));
  }
  template <std::input_iterator Iterator, class New, class F>
  size_type insert_and_visit(Iterator first, Iterator last, New of_new, F f) {
    return insert_each<true>(first, last, detail::and_visit::of(of_new, f));
  }
  template <class New, class F>
  size_type insert_and_visit(std::initializer_list<value_type> list, New of_new, F f) {
    return insert_each<true>(list.begin(), list.end(), detail::and_visit::of(of_new, f));
  }
  template <detail::iterable Range, class New, class F>
  size_type insert_range_and_visit(Range&& range, New of_new, F f) {
    return insert_from<true>(std::forward<Range>(range), detail::and_visit::of(of_new, f));
  }
  template <class New, class F>
  bool insert_and_cvisit(const key_type& key, New of_new, F f) {
    return insert_key<true>(key, detail::and_cvisit::of(of_new, f));
  }
  template <class New, class F>
  bool insert_and_cvisit(key_type&& key, New of_new, F f) {
    return insert_key<true>(std::move(key), detail::and_cvisit::of(of_new, f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> K, class New, class F>
  bool insert_and_cvisit(K&& key, New of_new, F f) {
    return insert_key<true>(std::forward<K>(key), detail::and_cvisit::of(of_new, f));
  }
  template <std::input_iterator Iterator, class New, class F>
  size_type insert_and_cvisit(Iterator first, Iterator last, New of_new, F f) {
    return insert_each<true>(first, last, detail::and_cvisit::of(of_new, f));
  }
  template <class New, class F>
  size_type insert_and_cvisit(std::initializer_list<value_type> list, New of_new, F f) {
    return insert_each<true>(list.begin(), list.end(), detail::and_cvisit::of(of_new, f));
  }
  template <detail::iterable Range, class New, class F>
  size_type insert_range_and_cvisit(Range&& range, New of_new, F f) {
    return insert_from<true>(std::forward<Range>(range), detail::and_cvisit::of(of_new, f));
  }
  // The visitors are the last two arguments: of the new key, and of the one that is there.
  template <class... Arguments>
  bool emplace_and_visit(Arguments&&... arguments_and_visitors) {
    return detail::emplace_visiting<detail::and_visit>(
        container_, std::forward<Arguments>(arguments_and_visitors)...);
  }
  template <class... Arguments>
  bool emplace_and_cvisit(Arguments&&... arguments_and_visitors) {
    return detail::emplace_visiting<detail::and_cvisit>(
        container_, std::forward<Arguments>(arguments_and_visitors)...);
  }

  // ---- finding ----

  STEADY_ALWAYS_INLINE bool contains(const key_type& key) const { return container_.contains(key); }
  template <detail::transparent_key<hasher, key_equal> K>
  STEADY_ALWAYS_INLINE bool contains(const K& key) const {
    return container_.contains(key);
  }

  STEADY_ALWAYS_INLINE size_type count(const key_type& key) const { return contains(key) ? 1 : 0; }
  template <detail::transparent_key<hasher, key_equal> K>
  STEADY_ALWAYS_INLINE size_type count(const K& key) const {
    return contains(key) ? 1 : 0;
  }

  // Calls `f` with the key that is there, if one is. Returns how many it visited, 0 or 1.
  template <class F>
  size_type visit(const key_type& key, F f) const {
    return container_.read(key, f);
  }
  template <detail::transparent_key<hasher, key_equal> K, class F>
  size_type visit(const K& key, F f) const {
    return container_.read(key, f);
  }
  template <class F>
  size_type cvisit(const key_type& key, F f) const {
    return container_.read(key, f);
  }
  template <detail::transparent_key<hasher, key_equal> K, class F>
  size_type cvisit(const K& key, F f) const {
    return container_.read(key, f);
  }

  // ---- erasing ----

  // Return how many they erased; `f` erases by returning true.
  size_type erase(const key_type& key) { return container_.erase_if(key, always); }
  template <detail::transparent_key<hasher, key_equal> K>
  size_type erase(const K& key) {
    return container_.erase_if(key, always);
  }
  template <class F>
  size_type erase_if(const key_type& key, F f) {
    return container_.erase_if(key, f);
  }
  template <detail::transparent_key<hasher, key_equal> K, class F>
  size_type erase_if(const K& key, F f) {
    return container_.erase_if(key, f);
  }

  // ---- many keys at a time ----
  // The cache misses of up to 32 keys overlap: in a container that is larger than the caches this
  // takes 0.5 to 0.7 of the time of one call after the other. Keys are what find() takes, or become
  // a key_type; a range of them is gone over twice. Each key is looked up by itself, at some moment
  // of the call. Bound: O(number of keys). Throws what hash, equality, the range and the visitor
  // throw; what was done before stays so.

  // Visit each key's element, as the functions for one key do. Return how many they visited.
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class F>
  size_type visit(Iterator first, End last, F f) const {
    return visit_keys<>(first, last, f);
  }
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class F>
  size_type cvisit(Iterator first, End last, F f) const {
    return visit_keys<>(first, last, f);
  }
  // With `f(element, index)`: the key was keys[index].
  template <detail::iterable Keys, class F>
  size_type visit_indexed(Keys&& keys, F f) const {
    return visit_keys<size_type>(std::begin(keys), std::end(keys), f);
  }
  // Writes to `found`, for each key in order, whether it is there. Returns how many are.
  template <detail::iterable Keys, detail::takes_answers Found>
  size_type contains(Keys&& keys, Found found) const {
    size_type count = 0;
    container_.for_keys(std::begin(keys), std::end(keys),
                        [&](const auto& key, std::uint64_t code, size_type) {
                          const bool is_there = container_.contains(key, code);
                          *found = is_there;
                          static_cast<void>(++found);
                          if (is_there) ++count;
                        });
    return count;
  }
  // Returns how many elements it erased.
  template <detail::iterable Keys>
  size_type erase_keys(Keys&& keys) {
    size_type erased = 0;
    container_.for_keys(std::begin(keys), std::end(keys),
                        [&](const auto& key, std::uint64_t code, size_type) {
                          erased += container_.erase_if(key, code, always);
                        });
    return erased;
  }

  // ---- all elements ----
  // Bound: all buckets, one locked at a time. Each key that is there all the time is visited
  // exactly once, whatever others do; one that comes or goes meanwhile once or not at all. While a
  // reseeding is on, they finish it first, with others that do; std::bad_alloc where memory for
  // that is refused.

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
    return visit_all(std::move(f));
  }
  // Until `f` returns false; then it returns false.
  template <class F>
  bool visit_while(F f) const {
    bool is_enough = false;
    container_.walk(
        [&](slot& of) {
          elements::read(of, [&](const key_type& key) { is_enough = !f(key); });
          return fate::stays;
        },
        is_enough);
    return !is_enough;
  }
  template <class F>
  bool cvisit_while(F f) const {
    return visit_while(std::move(f));
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
  void clear() { container_.clear(); }

  // As concurrent_hash_map::scan().
  template <class F>
  cursor scan(cursor from, size_type most_buckets, F f) const {
    return container_.scan(from, most_buckets,
                           [&f](slot& of) { return elements::read(of, f), fate::stays; });
  }

  // ---- merging ----

  // While nobody else uses `source`: moves the elements whose keys this set does not have; returns
  // how many. Others may use this set. Nodes change hands as they are, so allocators must be equal
  // where elements are in nodes. Bound: O(size of the source). On an exception every element is in
  // one of the two.
  template <class OtherHash, class OtherEqual, class OtherPolicy>
  size_type merge(
      concurrent_hash_set<key_type, OtherHash, OtherEqual, allocator_type, OtherPolicy>& source) {
    return pairs::merge(container_, source.container_);
  }
  template <class OtherHash, class OtherEqual, class OtherPolicy>
  size_type merge(
      concurrent_hash_set<key_type, OtherHash, OtherEqual, allocator_type, OtherPolicy>&& source) {
    return merge(source);
  }

  // ---- size ----

  // Exact when nobody writes. Bound: 17 counters.
  size_type size() const noexcept { return container_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  // No more than the allocator's.
  size_type max_size() const noexcept { return container_.max_size(); }
  // Slots, without overflow.
  size_type bucket_count() const noexcept {
    return static_cast<size_type>(container_.upkeep().buckets()) * container_type::layout::width;
  }
  float load_factor() const noexcept {
    const size_type slots = bucket_count();
    return slots == 0 ? 0 : static_cast<float>(size()) / static_cast<float>(slots);
  }

  // The set grows when its size exceeds bucket_count() * max_load_factor().
  static constexpr float max_load_factor() noexcept {
    return static_cast<float>(policy_type::load_limit);
  }
  // The size beyond which it grows.
  size_type max_load() const noexcept {
    return static_cast<size_type>(static_cast<double>(bucket_count()) * policy_type::load_limit);
  }

  // Room for so many elements. Pays at once: bound O(n). Others are not stopped. Throws
  // std::length_error for numbers that no set can have, and std::bad_alloc where there is no array
  // yet: then nothing has changed. Where memory is refused later, it returns, and has reserved
  // nothing.
  void reserve(size_type size) { container_.reserve(size); }
  // At least so many slots, and at least size() / max_load_factor(); no more than that needs, so 0
  // shrinks to fit. Bound and exceptions: as reserve().
  void rehash(size_type slots) { container_.rehash(slots); }

  // ---- migrations: as concurrent_hash_map's ----

  bool migrating() const noexcept { return container_.upkeep().migrating(); }
  size_type step(size_type intervals) { return container_.step(intervals).looked_at; }
  size_type trim(size_type max_buckets = 64) { return container_.trim(max_buckets); }
  void finish() { container_.finish(); }
  void shrink_gradually() { container_.ask(detail::migration_kind::shrink); }
  void compact_gradually() { container_.ask(detail::migration_kind::compact); }
  void reseed_gradually() { container_.ask(detail::migration_kind::reseed); }

  steady::stats stats() const noexcept { return container_.statistics(); }

  // ---- functions ----

  hasher hash_function() const { return container_.hash(); }
  key_equal key_eq() const { return container_.equal(); }
  allocator_type get_allocator() const noexcept { return container_.allocator(); }

  // Whether both have equal keys, by their own ==. What others change meanwhile may count or not.
  // O(size). Throws what hash, equality and == throw; std::bad_alloc as visit_all().
  friend bool operator==(const concurrent_hash_set& a, const concurrent_hash_set& b) {
    return pairs::are_equal_sets(a.container_, b.container_);
  }

  // For tests, while nobody else uses it: ends the program if something is not as it must be. O(n).
  void check_invariants() const { container_.check_invariants(); }

 private:
  friend struct detail::container_access;
  template <class, class, class, class, class>
  friend class concurrent_hash_set;

  concurrent_hash_set(const hasher& hash, const key_equal& equal,
                      const allocator_type& allocator) noexcept(copies_functions_nothrow)
      : container_(hash, equal, allocator) {
    detail::require_elements<typename container_type::element_arguments>();
  }

  static constexpr auto leave = [](const key_type&) {};
  static constexpr auto always = [](const key_type&) { return true; };

  template <bool Visits, class K, class F>
  STEADY_ALWAYS_INLINE bool insert_key(K&& key, F&& f) {
    return container_.template insert<Visits>(key, f, std::forward<K>(key));
  }
  // A key, or whatever builds one.
  template <bool Visits, class K, class F>
  STEADY_ALWAYS_INLINE bool insert_any(K&& key, F&& f) {
    if constexpr (std::same_as<std::remove_cvref_t<K>, key_type>) {
      return insert_key<Visits>(std::forward<K>(key), f);
    } else {
      return container_.template emplace<Visits>(f, std::forward<K>(key));
    }
  }
  // `Index`: nothing, or std::size_t if the visitor gets it, too.
  template <class... Index, class Iterator, class End, class F>
  size_type visit_keys(const Iterator& first, const End& last, F& f) const {
    size_type visited = 0;
    container_.for_keys(first, last,
                        [&](const auto& key, std::uint64_t code, [[maybe_unused]] size_type index) {
                          visited += container_.read(key, code, [&](const key_type& element) {
                            f(element, static_cast<Index>(index)...);
                          });
                        });
    return visited;
  }
  // Return how many they inserted.
  template <bool Visits, class Iterator, class F>
  size_type insert_each(Iterator first, const Iterator& last, F&& f) {
    size_type inserted = 0;
    if constexpr (detail::shows_keys_ahead<Iterator, plain_elements>) {
      container_.for_items(
          first, last,
          [](const auto& element) -> const auto& { return plain_elements::key_in(element); },
          [&](auto&& element, std::uint64_t, size_type) {
            inserted += insert_any<Visits>(std::forward<decltype(element)>(element), f);
          });
    } else {
      for (; first != last; ++first) inserted += insert_any<Visits>(*first, f);
    }
    return inserted;
  }
  template <bool Visits, class Range, class F>
  size_type insert_from(Range&& range, F&& f) {
    size_type inserted = 0;
    for (auto&& key : range) inserted += insert_any<Visits>(std::forward<decltype(key)>(key), f);
    return inserted;
  }

  // Visiting locks buckets, also in const sets.
  mutable container_type container_;
};

// Erases the elements for which `f` returns true; returns how many.
template <class Key, class Hash, class KeyEqual, class Allocator, class Policy, class F>
std::size_t erase_if(concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& set, F f) {
  return set.erase_if(std::move(f));
}

// O(1), as the member.
template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
void swap(
    concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& a,
    concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& b) noexcept(noexcept(a.swap(b))) {
  a.swap(b);
}

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_set<std::iter_value_t<Iterator>, Options...>>
concurrent_hash_set(Iterator, Iterator, Options...)
    -> concurrent_hash_set<typename Deduced::key, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
concurrent_hash_set(const concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>&,
                    const std::type_identity_t<Allocator>&)
    -> concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>;

template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
concurrent_hash_set(hash_set<Key, Hash, KeyEqual, Allocator, Policy>&&)
    -> concurrent_hash_set<Key, Hash, KeyEqual, Allocator>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key>
concurrent_hash_set(std::initializer_list<Key>) -> concurrent_hash_set<Key>;
template <class Key, class First, class... Options,
          class Deduced = detail::deduced_set<Key, First, Options...>>
concurrent_hash_set(std::initializer_list<Key>, First, Options...)
    -> concurrent_hash_set<typename Deduced::key, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

template <detail::iterable Range, class... Options,
          class Deduced = detail::deduced_set<detail::iterated_value<Range>, Options...>>
concurrent_hash_set(from_range_t, Range&&, Options...)
    -> concurrent_hash_set<typename Deduced::key, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
