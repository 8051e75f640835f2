// steady::concurrent_hash_map: a hash map that threads share, whose growth stops nobody.
//
//   steady::concurrent_hash_map<std::uint64_t, std::uint64_t> map;
//   map.insert_or_assign(1, 10);                                   // from any thread
//   map.visit(1, [](auto& element) { ++element.second; });
//   std::optional<std::uint64_t> value = map.find(1);
//
// There are no iterators and no references: elements are visited. The interface is shaped like
// boost::concurrent_flat_map's. This header shows all of it, for maps and sets alike, in
// concurrent_container; what only maps have is below it, in concurrent_hash_map.
//
// Elements. If key and value are trivially copyable and small (see default_concurrent_policy), and
// the allocator has no construct() of its own (a polymorphic_allocator may), an element is kept in
// a slot; visitors get a copy, which is written back when they return, unless they are const or
// throw. All other elements are kept in nodes, and visitors get the element itself. A node that is
// erased is destroyed by a later erasure, when no thread can be reading its key any longer, or with
// the map.
//
// What a key refers to, as a std::string_view does, must outlive not only the element but also all
// calls of other threads that were on when it was erased: their equality may still be reading it.
// The same goes for what values in slots refer to, of which visitors and find() have copies. A key
// that owns what it refers to, as std::string does, needs no such care.
//
// Copying, moving, assigning and swapping treat hash, equality and allocator as hash_map does: the
// functions come along with the elements, and the allocator where its traits say so; where
// allocators differ and stay, elements are moved one by one. Key and T must be complete types.
//
// Visitors run under the lock of the element's bucket, but for const ones of a single element in a
// slot. They must not use the map that calls them, and should be short: whoever needs that bucket
// waits. The same goes for what else runs under that lock: the assignment of a value by
// insert_or_assign(), and the destructor of the value that was there; the copying of a value that
// is not kept in a slot by find(), and of elements where the container is copied; the == of
// elements where it is compared; and perhaps the hash and the equality.
//
// A visitor may use another container. Where several threads do that, all must go from one to the
// other in the same order, or they may wait for each other for ever. Comparing two does it, too: it
// goes from the one at the lower address to the other.
//
// Threads: all functions may be called at any time by any thread, except those under "while nobody
// else uses it". The hash, the equality and the allocator are called by several threads at a time.
//
// Bound: unless it says otherwise, a function looks at one bucket and its overflow, and one that
// inserts or erases also evacuates two old buckets if a migration is on, up to 16 intervals if the
// migration lags (docs/guarantees.md).
//
// Waiting: a thread waits for another one's lock on the same bucket. Nothing waits for a migration,
// with two exceptions: what goes through all elements finishes a reseeding first, and reserve(),
// rehash() and finish() pay at once. These three, where they have to do several migrations, may
// also wait until all calls and visitors have ended that were on, of any container; so may erasing
// elements in nodes, where more than 4,096 erased ones wait to be destroyed, but not within a
// visitor. So none of these may be called by a thread that has locked a mutex that visitors lock
// (docs/concurrent.md, "Waiting").
//
// Throws: what hash, equality, allocator, element and visitor throw; nothing is locked then, and
// the map is as before the call. Where an allocation for growth fails, the map goes on in overflow.
//
// fork(): the child has no use for containers that other threads were using: what these had locked
// stays locked, and what they may have been reading is never freed.
//
// Protocol and progress: docs/concurrent.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
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
#include <steady/hash_map.hpp>
#include <steady/stats.hpp>

namespace steady {

inline namespace STEADY_ABI {

// What maps and sets have; what only maps have is below. T is void for a set.
template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
class concurrent_container {
  using container_type = detail::shared_container<Key, T, Hash, KeyEqual, Allocator, Policy>;
  using pairs = detail::two_containers<container_type>;
  using elements = typename container_type::elements;
  using slot = typename container_type::copy;
  using fate = detail::fate;
  using allocator_traits = std::allocator_traits<Allocator>;
  using plain_elements = typename container_type::plain_elements;
  using braced_type = typename plain_elements::braced_type;
  static constexpr bool is_map = plain_elements::is_map;
  static constexpr bool copies_functions_nothrow =
      std::is_nothrow_copy_constructible_v<Hash> && std::is_nothrow_copy_constructible_v<KeyEqual>;

 protected:
  static constexpr bool is_made_from_nothing = detail::made_from_nothing<Hash, KeyEqual, Allocator>;
  static constexpr bool is_nothrow_made_from_nothing =
      detail::nothrow_made_from_nothing<Hash, KeyEqual, Allocator>;
  using element_arguments = typename container_type::element_arguments;

 public:
  using key_type = Key;
  using value_type = typename plain_elements::value_type;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Allocator;
  using policy_type = Policy;
  // A set's elements are keys, and not to be changed.
  using reference = std::conditional_t<is_map, value_type&, const value_type&>;
  using const_reference = const value_type&;
  using pointer = typename allocator_traits::pointer;
  using const_pointer = typename allocator_traits::const_pointer;

  // ---- constructing ----
  // Bound: O(size). On an exception nothing is left behind.

  // Empty. Allocates nothing.
  concurrent_container() noexcept(is_nothrow_made_from_nothing) requires is_made_from_nothing
      : container_(hasher(), key_equal(), allocator_type()) {}
  explicit concurrent_container(const allocator_type& allocator)
      : concurrent_container(hasher(), key_equal(), allocator) {}

  // Empty, with room for `capacity` elements, as after reserve().
  explicit concurrent_container(size_type capacity, const hasher& hash = hasher(),
                                const key_equal& equal = key_equal(),
                                const allocator_type& allocator = allocator_type())
      : concurrent_container(hash, equal, allocator) {
    if (capacity != 0) reserve(capacity);
  }
  concurrent_container(size_type capacity, const allocator_type& allocator)
      : concurrent_container(capacity, hasher(), key_equal(), allocator) {}
  concurrent_container(size_type capacity, const hasher& hash, const allocator_type& allocator)
      : concurrent_container(capacity, hash, key_equal(), allocator) {}

  // The elements of a range; of several with the same key, the first.
  template <std::input_iterator Iterator>
  concurrent_container(Iterator first, Iterator last, size_type capacity = 0,
                       const hasher& hash = hasher(), const key_equal& equal = key_equal(),
                       const allocator_type& allocator = allocator_type())
      : concurrent_container(detail::max_of(capacity, detail::known_length(first, last)), hash,
                             equal, allocator) {
    insert(first, last);
    container_.withdraw_reservation(capacity);
  }
  template <std::input_iterator Iterator>
  concurrent_container(Iterator first, Iterator last, size_type capacity,
                       const allocator_type& allocator)
      : concurrent_container(first, last, capacity, hasher(), key_equal(), allocator) {}
  template <std::input_iterator Iterator>
  concurrent_container(Iterator first, Iterator last, size_type capacity, const hasher& hash,
                       const allocator_type& allocator)
      : concurrent_container(first, last, capacity, hash, key_equal(), allocator) {}
  template <std::input_iterator Iterator>
  concurrent_container(Iterator first, Iterator last, const allocator_type& allocator)
      : concurrent_container(first, last, 0, hasher(), key_equal(), allocator) {}

  concurrent_container(std::initializer_list<value_type> list, size_type capacity = 0,
                       const hasher& hash = hasher(), const key_equal& equal = key_equal(),
                       const allocator_type& allocator = allocator_type())
      : concurrent_container(list.begin(), list.end(), capacity, hash, equal, allocator) {}
  concurrent_container(std::initializer_list<value_type> list, size_type capacity,
                       const allocator_type& allocator)
      : concurrent_container(list, capacity, hasher(), key_equal(), allocator) {}
  concurrent_container(std::initializer_list<value_type> list, size_type capacity,
                       const hasher& hash, const allocator_type& allocator)
      : concurrent_container(list, capacity, hash, key_equal(), allocator) {}
  concurrent_container(std::initializer_list<value_type> list, const allocator_type& allocator)
      : concurrent_container(list, 0, hasher(), key_equal(), allocator) {}

  template <detail::iterable Range>
  concurrent_container(from_range_t, Range&& range, size_type capacity = 0,
                       const hasher& hash = hasher(), const key_equal& equal = key_equal(),
                       const allocator_type& allocator = allocator_type())
      : concurrent_container(detail::max_of(capacity, detail::told_length(range)), hash, equal,
                             allocator) {
    insert_range(std::forward<Range>(range));
    container_.withdraw_reservation(capacity);
  }
  template <detail::iterable Range>
  concurrent_container(from_range_t, Range&& range, size_type capacity,
                       const allocator_type& allocator)
      : concurrent_container(from_range, std::forward<Range>(range), capacity, hasher(),
                             key_equal(), allocator) {}
  template <detail::iterable Range>
  concurrent_container(from_range_t, Range&& range, size_type capacity, const hasher& hash,
                       const allocator_type& allocator)
      : concurrent_container(from_range, std::forward<Range>(range), capacity, hash, key_equal(),
                             allocator) {}
  template <detail::iterable Range>
  concurrent_container(from_range_t, Range&& range, const allocator_type& allocator)
      : concurrent_container(from_range, std::forward<Range>(range), 0, hasher(), key_equal(),
                             allocator) {}

  // Others may use `other`; what they change meanwhile is in the copy or not. Each element is
  // copied under its bucket's lock.
  concurrent_container(const concurrent_container& other)
      : container_(
            other.container_.hash(), other.container_.equal(),
            allocator_traits::select_on_container_copy_construction(other.container_.allocator())) {
    detail::require_copying<plain_elements, allocator_type>();
    pairs::copy_elements(container_, other.container_);
  }
  concurrent_container(const concurrent_container& other, const allocator_type& allocator)
      : concurrent_container(other.container_.hash(), other.container_.equal(), allocator) {
    detail::require_copying<plain_elements, allocator_type>();
    pairs::copy_elements(container_, other.container_);
  }

  // While nobody else uses `other`, which is empty and usable afterwards. O(1): elements stay where
  // they are.
  concurrent_container(concurrent_container&& other) noexcept(copies_functions_nothrow)
      : concurrent_container(other.container_.hash(), other.container_.equal(),
                             other.container_.allocator()) {
    container_.take(other.container_);
  }
  // O(size) when the allocators differ.
  concurrent_container(concurrent_container&& other, const allocator_type& allocator)
      : concurrent_container(other.container_.hash(), other.container_.equal(), allocator) {
    detail::require_transplanting<plain_elements, allocator_type>();
    pairs::take_or_move(container_, other.container_);
  }

  // ---- while nobody else uses it: assigning, swapping, taking out, destroying ----

  // Others may use `other`. Bound: O(size of both). Strong guarantee. The allocator comes along if
  // propagate_on_container_copy_assignment says so.
  concurrent_container& operator=(const concurrent_container& other) {
    detail::require_copying<plain_elements, allocator_type>();
    if (this == std::addressof(other)) return *this;
    constexpr bool propagates = allocator_traits::propagate_on_container_copy_assignment::value;
    concurrent_container copy(other, propagates ? other.get_allocator() : get_allocator());
    pairs::assign_copy(container_, other.container_, copy.container_);
    return *this;
  }
  // Nobody else uses `other`, either. Bound: O(size of this one). If replacing the hash or the
  // equality throws, nothing has changed. The allocator comes along if
  // propagate_on_container_move_assignment says so; where the allocators differ and stay, elements
  // are moved one by one, and on an exception each is either here or there.
  concurrent_container& operator=(concurrent_container&& other) noexcept(pairs::assigns_nothrow) {
    if constexpr (!allocator_traits::propagate_on_container_move_assignment::value) {
      detail::require_transplanting<plain_elements, allocator_type>();
    }
    if (this != std::addressof(other)) pairs::assign_moved(container_, other.container_);
    return *this;
  }
  // Keeps the functions and the allocator. Strong guarantee.
  concurrent_container& operator=(std::initializer_list<value_type> list) {
    concurrent_container fresh(list, 0, hash_function(), key_eq(), get_allocator());
    container_.free_everything();
    container_.take(fresh.container_);
    return *this;
  }
  // O(size) for elements in nodes, otherwise in the memory held. steady::retire() does it in steps.
  ~concurrent_container() = default;

  // O(1). Unequal allocators that do not propagate: undefined, as in the standard. Throws what
  // swapping or copying the hash and the equality throws; nothing has changed then.
  void swap(concurrent_container& other) noexcept(pairs::swaps_nothrow) {
    pairs::swap(container_, other.container_);
  }

  // ---- inserting ----
  // All return whether they inserted. If another thread inserts the same key at the same moment,
  // arguments may have been moved from although nothing was inserted.

  STEADY_ALWAYS_INLINE bool insert(const value_type& element) requires(!is_map) {
    return insert_one<false>(element, leave);
  }
  // A key for a set; for a map what {key, value} makes, a pair from which the key can be moved.
  STEADY_ALWAYS_INLINE bool insert(braced_type&& element) {
    return insert_one<false>(std::move(element), leave);
  }
  // What an element can be built from: an element or a pair, for a map; for a set a key of another
  // type that transparent functions accept, from which a key is built only if it is new.
  template <detail::makes_element<plain_elements, hasher, key_equal> Element>
  STEADY_ALWAYS_INLINE bool insert(Element&& element) {
    return insert_one<false>(std::forward<Element>(element), leave);
  }
  // Return how many they inserted.
  template <std::input_iterator Iterator>
  size_type insert(Iterator first, Iterator last) {
    return insert_each<false>(first, last, leave);
  }
  size_type insert(std::initializer_list<value_type> list) {
    return insert(list.begin(), list.end());
  }
  template <detail::iterable Range>
  size_type insert_range(Range&& range) {
    return insert_from<false>(std::forward<Range>(range), leave);
  }
  template <class... Arguments>
  STEADY_ALWAYS_INLINE bool emplace(Arguments&&... arguments) {
    return container_.template emplace<false>(leave, std::forward<Arguments>(arguments)...);
  }

  // As above; where a key is there, they call `f` with the element that has it: value_type&, but
  // const value_type& for sets and in the functions that end in cvisit.
  template <class F>
  bool insert_or_visit(const value_type& element, F f) requires(!is_map) {
    return insert_one<true>(element, detail::or_visit::of(f));
  }
  template <class F>
  bool insert_or_visit(braced_type&& element, F f) {
    return insert_one<true>(std::move(element), detail::or_visit::of(f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> Element, class F>
  bool insert_or_visit(Element&& element, F f) {
    return insert_one<true>(std::forward<Element>(element), detail::or_visit::of(f));
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
  bool insert_or_cvisit(const value_type& element, F f) requires(!is_map) {
    return insert_one<true>(element, detail::or_cvisit::of(f));
  }
  template <class F>
  bool insert_or_cvisit(braced_type&& element, F f) {
    return insert_one<true>(std::move(element), detail::or_cvisit::of(f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> Element, class F>
  bool insert_or_cvisit(Element&& element, F f) {
    return insert_one<true>(std::forward<Element>(element), detail::or_cvisit::of(f));
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

  // As above; a new element is visited, too: `of_new` gets value_type&, but const value_type& for
  // sets, before anybody else can see the element. If it throws, nothing was inserted.
  template <class New, class F>
  bool insert_and_visit(const value_type& element, New of_new, F f) requires(!is_map) {
    return insert_one<true>(element, detail::and_visit::of(of_new, f));
  }
  template <class New, class F>
  bool insert_and_visit(braced_type&& element, New of_new, F f) {
    return insert_one<true>(std::move(element), detail::and_visit::of(of_new, f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> Element, class New, class F>
  bool insert_and_visit(Element&& element, New of_new, F f) {
    return insert_one<true>(std::forward<Element>(element), detail::and_visit::of(of_new, f));
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
  bool insert_and_cvisit(const value_type& element, New of_new, F f) requires(!is_map) {
    return insert_one<true>(element, detail::and_cvisit::of(of_new, f));
  }
  template <class New, class F>
  bool insert_and_cvisit(braced_type&& element, New of_new, F f) {
    return insert_one<true>(std::move(element), detail::and_cvisit::of(of_new, f));
  }
  template <detail::makes_element<plain_elements, hasher, key_equal> Element, class New, class F>
  bool insert_and_cvisit(Element&& element, New of_new, F f) {
    return insert_one<true>(std::forward<Element>(element), detail::and_cvisit::of(of_new, f));
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
  // The visitors are the last two arguments: of the new element, and of the one that is there.
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

  // Calls `f` with the element, if there is one: value_type&, but const value_type& for sets, in
  // const containers and in cvisit(). Returns how many it visited, 0 or 1.
  template <class F>
  size_type visit(const key_type& key, F f) {
    return visit_one(*this, key, f);
  }
  template <detail::other_single_key<key_type, hasher, key_equal> K, class F>
  size_type visit(const K& key, F f) {
    return visit_one(*this, key, f);
  }
  template <class F>
  size_type visit(const key_type& key, F f) const {
    return container_.read(key, f);
  }
  template <detail::other_single_key<key_type, hasher, key_equal> K, class F>
  size_type visit(const K& key, F f) const {
    return container_.read(key, f);
  }
  template <class F>
  size_type cvisit(const key_type& key, F f) const {
    return container_.read(key, f);
  }
  template <detail::other_single_key<key_type, hasher, key_equal> K, class F>
  size_type cvisit(const K& key, F f) const {
    return container_.read(key, f);
  }

  // Begins to fetch what the next call for the key will read first. Does nothing else; worth it
  // when about a dozen other keys come before. Throws what the hash throws.
  void prefetch(const key_type& key) const { container_.prefetch(key); }
  template <detail::transparent_key<hasher, key_equal> K>
  void prefetch(const K& key) const {
    container_.prefetch(key);
  }

  // ---- erasing ----

  // Return how many they erased. `f` gets what visit() gives it, and erases by returning true.
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
  // a key_type without a cast (a string also of a string view); a range of them is gone over twice,
  // and is not itself a key. Each key is looked up by itself, at some moment of the call. Bound:
  // O(number of keys). Throws what hash, equality, the range and the visitor throw; what was done
  // before stays so.

  // Visit each key's element, as the functions for one key do. Return how many they visited. A
  // range that is itself a key, that find() takes, or that becomes a key, is one key: see above.
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class F>
  size_type visit(Iterator first, End last, F f) {
    detail::require_keys<keys_at<Iterator>>();
    return visit_keys<keys_at<Iterator>>(*this, first, last, f);
  }
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class F>
  size_type visit(Iterator first, End last, F f) const {
    detail::require_keys<keys_at<Iterator>>();
    return visit_keys<keys_at<Iterator>>(*this, first, last, f);
  }
  template <std::forward_iterator Iterator, std::sentinel_for<Iterator> End, class F>
  size_type cvisit(Iterator first, End last, F f) const {
    detail::require_keys<keys_at<Iterator>>();
    return visit_keys<keys_at<Iterator>>(*this, first, last, f);
  }
  template <detail::range_of_keys<key_type, hasher, key_equal> Keys, class F>
  size_type visit(Keys&& keys, F f) {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>>(*this, std::begin(keys), std::end(keys), f);
  }
  template <detail::range_of_keys<key_type, hasher, key_equal> Keys, class F>
  size_type visit(Keys&& keys, F f) const {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>>(*this, std::begin(keys), std::end(keys), f);
  }
  template <detail::range_of_keys<key_type, hasher, key_equal> Keys, class F>
  size_type cvisit(Keys&& keys, F f) const {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>>(*this, std::begin(keys), std::end(keys), f);
  }
  // With `f(element, index)`: the key was keys[index].
  template <detail::iterable Keys, class F>
  size_type visit_indexed(Keys&& keys, F f) {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>, size_type>(*this, std::begin(keys), std::end(keys), f);
  }
  template <detail::iterable Keys, class F>
  size_type visit_indexed(Keys&& keys, F f) const {
    detail::require_keys<keys_in<Keys>>();
    return visit_keys<keys_in<Keys>, size_type>(*this, std::begin(keys), std::end(keys), f);
  }
  // Writes to `found`, for each key in order, whether it is there. Returns how many are.
  template <detail::iterable Keys, detail::takes_answers Found>
  size_type contains(Keys&& keys, Found found) const {
    detail::require_keys<keys_in<Keys>>();
    size_type count = 0;
    if constexpr (keys_in<Keys>::are_right) {
      container_.for_keys(std::begin(keys), std::end(keys),
                          [&](const auto& key, std::uint64_t code, size_type) {
                            const bool is_there = container_.contains(key, code);
                            *found = is_there;
                            static_cast<void>(++found);
                            if (is_there) ++count;
                          });
    }
    return count;
  }
  // Returns how many elements it erased.
  template <detail::iterable Keys>
  size_type erase_keys(Keys&& keys) {
    detail::require_keys<keys_in<Keys>>();
    size_type erased = 0;
    if constexpr (keys_in<Keys>::are_right) {
      container_.for_keys(std::begin(keys), std::end(keys),
                          [&](const auto& key, std::uint64_t code, size_type) {
                            erased += container_.erase_if(key, code, always);
                          });
    }
    return erased;
  }

  // ---- all elements ----
  // Bound: all buckets, one locked at a time. Each element that is there all the time is visited
  // exactly once, whatever others do; one that comes or goes meanwhile once or not at all. While a
  // reseeding is on, they finish it first, with others that do; std::bad_alloc where an
  // allocation for that fails.

  // Return how many they visited.
  template <class F>
  size_type visit_all(F f) {
    return walk([&f](slot& of) { return lend(of, f); });
  }
  template <class F>
  size_type visit_all(F f) const {
    return cvisit_all(std::move(f));
  }
  template <class F>
  size_type cvisit_all(F f) const {
    return walk([&f](slot& of) { return elements::read(of, f), fate::stays; });
  }
  // Until `f` returns false; then they return false.
  template <class F>
  bool visit_while(F f) {
    bool is_enough = false;
    const auto visit = [&](reference element) { is_enough = !f(element); };
    container_.walk([&](slot& of) { return lend(of, visit); }, is_enough);
    return !is_enough;
  }
  template <class F>
  bool visit_while(F f) const {
    return cvisit_while(std::move(f));
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
  // Erases all elements that are there throughout; one that comes meanwhile may stay. Their memory
  // goes as the container shrinks, in steps. The next attack on the seed is answered anew. Bound
  // and exceptions: as visit_all(); erased before an exception stays so.
  void clear() { container_.clear(); }

  // Visits, as cvisit_all() does, the elements of at most `most_buckets` buckets from `from` on;
  // returns where to go on. The container remembers nothing of a scan. While a reseeding is on, or
  // a thread is finding out whether one can begin, `f` is not called, the reseeding goes on
  // instead, and the cursor stays: call again. Throws: stale_cursor if this container was reseeded
  // since, or the cursor is another one's. Bound: `most_buckets` buckets.
  template <class F>
  cursor scan(cursor from, size_type most_buckets, F f) const {
    return container_.scan(from, most_buckets,
                           [&f](slot& of) { return elements::read(of, f), fate::stays; });
  }

  // ---- merging ----

  // While nobody else uses `source`: moves the elements whose keys this one does not have; returns
  // how many. Others may use this one. Nodes change hands as they are, so allocators must be equal
  // where elements are in nodes. Bound: O(size of the source). On an exception every element is in
  // one of the two.
  template <class OtherHash, class OtherEqual, class OtherPolicy>
  size_type merge(
      concurrent_container<Key, T, OtherHash, OtherEqual, Allocator, OtherPolicy>& source) {
    return pairs::merge(container_, source.container_);
  }
  template <class OtherHash, class OtherEqual, class OtherPolicy>
  size_type merge(
      concurrent_container<Key, T, OtherHash, OtherEqual, Allocator, OtherPolicy>&& source) {
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

  // The container grows when its size exceeds bucket_count() * max_load_factor().
  static constexpr float max_load_factor() noexcept {
    return static_cast<float>(policy_type::load_limit);
  }
  // Does nothing, as in boost::concurrent_flat_map: the policy decides.
  void max_load_factor(float) noexcept {}
  // The size beyond which it grows.
  size_type max_load() const noexcept {
    return static_cast<size_type>(static_cast<double>(bucket_count()) * policy_type::load_limit);
  }

  // Room for so many elements. Pays at once: bound O(n). Others are not stopped. Throws
  // std::length_error for numbers that no container can have, and std::bad_alloc where there is no
  // array yet: then nothing has changed. Where an allocation fails later, it returns, and has
  // reserved nothing.
  void reserve(size_type size) { container_.reserve(size); }
  // At least so many slots, and at least size() / max_load_factor(); no more than that needs, so 0
  // shrinks to fit. Bound and exceptions: as reserve().
  void rehash(size_type slots) { container_.rehash(slots); }

  // ---- migrations ----

  bool migrating() const noexcept { return container_.upkeep().migrating(); }
  // For idle threads: evacuates at most `intervals` old buckets, or frees as many blocks of what a
  // migration has left; starts a migration that is due. Returns how many it looked at: others may
  // have some of them locked. 0: there is nothing to do now.
  size_type step(size_type intervals) noexcept { return container_.step(intervals).looked_at; }
  // The same for `time`, a std::chrono::duration, an interval more at the most; returns sooner if
  // there is nothing to do now.
  template <class Duration>
  size_type step_for(const Duration& time) noexcept {
    return detail::steps_for(time, [&] { return step(1); });
  }
  // Does all of that, also what other threads have begun. Bound: O(elements + buckets), one bucket
  // locked at a time; waits for readers of old arrays. Throws nothing: where an allocation fails,
  // it returns, and the migration goes on later.
  void finish() noexcept { container_.finish(); }
  // For times of memory pressure: asks for as few buckets as the size needs, and does at most
  // `max_buckets` steps: intervals and blocks as step() does, and, when nothing else is left, the
  // chunks that wait for the next migration; frees at most as many erased nodes. Each shrinking
  // halves the number of buckets, and the next one begins by itself until the elements just fit.
  // Ends what reserve() has promised. Returns how many bytes less are held; what others allocate
  // and free meanwhile counts, too. Call again while it returns something, or migrating(), or
  // stats().leaving: a thread that stays in a call or in a visitor keeps memory from being freed.
  // (steady::pressure_monitor does all that.) Bound: as step(max_buckets). Throws nothing.
  size_type trim(size_type max_buckets = 64) noexcept { return container_.trim(max_buckets); }
  // Ask for a migration, which starts as soon as none is on, and which insertions, erasures and
  // step() drive: to fewer buckets if that is enough, and nothing lies densely at an end of the
  // hash line; to as many, without the overflow that erasing has left; to another seed. Throw
  // nothing.
  void shrink_gradually() noexcept { container_.ask(detail::migration_kind::shrink); }
  void compact_gradually() noexcept { container_.ask(detail::migration_kind::compact); }
  void reseed_gradually() noexcept { container_.ask(detail::migration_kind::reseed); }

  // Each number is right at some moment of the call. Bound: 80 counters.
  steady::stats stats() const noexcept { return container_.statistics(); }

  // ---- functions ----

  hasher hash_function() const { return container_.hash(); }
  key_equal key_eq() const { return container_.equal(); }
  allocator_type get_allocator() const noexcept { return container_.allocator(); }

  // Whether both have equal elements, by their own ==. What others change meanwhile may count or
  // not. Holds a bucket of the container at the lower address while it waits for one of the other:
  // as a visitor of the first that uses the second. O(size). Throws what hash, equality and ==
  // throw; std::bad_alloc as visit_all().
  friend bool operator==(const concurrent_container& a, const concurrent_container& b) {
    return pairs::are_equal_sets(a.container_, b.container_);
  }

  // For tests, while nobody else uses it: a sentence naming the first invariant found broken, null
  // when all hold. Bound: O(elements + buckets). Throws nothing.
  [[nodiscard]] const char* check_invariants() const noexcept {
    return container_.first_broken_invariant();
  }

 protected:
  concurrent_container(const hasher& hash, const key_equal& equal,
                       const allocator_type& allocator) noexcept(copies_functions_nothrow)
      : container_(hash, equal, allocator) {
    detail::require_elements<element_arguments>();
  }

  // Hands the elements of a container of one thread to `insert`, as node handles, one by one.
  template <class Plain, class Insert>
  void take_each(Plain& other, const Insert& insert) {
    while (!other.empty()) insert(other.extract(other.begin()));
    container_.withdraw_reservation();
  }
  // All elements, in a container of one thread.
  template <class Plain>
  Plain released() {
    Plain taken(size(), hash_function(), key_eq(), get_allocator());
    pairs::release(container_, taken);
    return taken;
  }

  static constexpr auto leave = [](const value_type&) {};

  // Visiting locks buckets, also in const containers.
  mutable container_type container_;

 private:
  friend struct detail::container_access;
  template <class, class, class, class, class, class>
  friend class concurrent_container;

  static constexpr auto always = [](const value_type&) { return true; };

  // A key for a set; for a map an element whose key can be seen without building it, or whatever
  // builds one.
  template <bool Visits, class Element, class F>
  STEADY_ALWAYS_INLINE bool insert_one(Element&& element, F&& f) {
    constexpr bool copies = std::constructible_from<value_type, Element&&>;
    static_assert(copies, "insert(element) copies it, and this one cannot be copied: move it");
    if constexpr (!copies) {
      return false;
    } else if constexpr (!is_map) {
      return container_.template insert<Visits>(element, f, std::forward<Element>(element));
    } else if constexpr (requires { plain_elements::key_in(element); }) {
      return container_.template insert<Visits>(element.first, f, std::forward<Element>(element));
    } else {
      return container_.template emplace<Visits>(f, std::forward<Element>(element));
    }
  }
  // An element of a range, or whatever builds one.
  template <bool Visits, class Element, class F>
  STEADY_ALWAYS_INLINE bool insert_any(Element&& element, F&& f) {
    if constexpr (is_map || std::same_as<std::remove_cvref_t<Element>, key_type>) {
      return insert_one<Visits>(std::forward<Element>(element), f);
    } else {
      return container_.template emplace<Visits>(f, std::forward<Element>(element));
    }
  }
  // Whether visitors may change elements.
  template <class Self>
  static constexpr bool lends = is_map && !std::is_const_v<Self>;
  template <class Self, class K, class F>
  static size_type visit_one(Self& self, const K& key, F& f) {
    if constexpr (lends<Self>) {
      return self.container_.change(key, f);
    } else {
      return self.container_.read(key, f);
    }
  }
  template <class Iterator>
  using keys_at = detail::given_keys<hasher, key_equal, key_type, Iterator>;
  template <class Keys>
  using keys_in = detail::given_range<hasher, key_equal, key_type, Keys>;

  // `Index`: nothing, or std::size_t if the visitor gets it, too.
  template <class Given, class... Index, class Self, class Iterator, class End, class F>
  static size_type visit_keys(Self& self, const Iterator& first, const End& last, F& f) {
    size_type visited = 0;
    if constexpr (Given::are_right) {
      self.container_.for_keys(
          first, last, [&](const auto& key, std::uint64_t code, [[maybe_unused]] size_type index) {
            const auto visit = [&](auto& element) { f(element, static_cast<Index>(index)...); };
            if constexpr (lends<Self>) {
              visited += self.container_.change(key, code, visit);
            } else {
              visited += self.container_.read(key, code, visit);
            }
          });
    }
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
    for (auto&& element : range) {
      inserted += insert_any<Visits>(std::forward<decltype(element)>(element), f);
    }
    return inserted;
  }
  // Hands an element to a visitor of a container that is not const.
  template <class F>
  static fate lend(slot& of, F& f) {
    if constexpr (is_map) {
      return elements::change(of, f);
    } else {
      return elements::read(of, f), fate::stays;
    }
  }
  template <class Decide>
  size_type walk(Decide&& decide) const {
    size_type visited = 0;
    bool is_enough = false;
    container_.walk([&](slot& of) { return ++visited, decide(of); }, is_enough);
    return visited;
  }
};

}  // namespace STEADY_ABI

namespace detail {

// The container of such arguments.
template <class Arguments>
using concurrent_container_of = concurrent_container<
    typename Arguments::key_type,
    std::conditional_t<Arguments::elements::is_map, typename Arguments::mapped_type, void>,
    typename Arguments::hash, typename Arguments::key_equal, typename Arguments::allocator,
    typename Arguments::policy>;

}  // namespace detail

inline namespace STEADY_ABI {

// Erases the elements for which `f` returns true; returns how many.
template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy, class F>
std::size_t erase_if(concurrent_container<Key, T, Hash, KeyEqual, Allocator, Policy>& container,
                     F f) {
  return container.erase_if(std::move(f));
}

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>,
          class Policy = default_concurrent_policy>
class concurrent_hash_map
    : public detail::concurrent_container_of<detail::container_arguments<
          true, Key, T, Hash, KeyEqual, Allocator, Policy, default_concurrent_policy>> {
  using given = detail::container_arguments<true, Key, T, Hash, KeyEqual, Allocator, Policy,
                                            default_concurrent_policy>;
  using refusal = decltype(detail::require_arguments<given>());
  using base = detail::concurrent_container_of<given>;
  using base::leave;

 public:
  // Those of the template, unless they were refused.
  using mapped_type = typename given::mapped_type;
  using typename base::allocator_type;
  using typename base::hasher;
  using typename base::key_equal;
  using typename base::key_type;
  using typename base::value_type;
  using init_type = std::pair<key_type, mapped_type>;

  // ---- constructing and assigning ----

  using base::base;
  // Not defaulted: where a container is value-initialized, as by std::make_unique, it would first
  // be filled with zeros.
  concurrent_hash_map() noexcept(
      base::is_nothrow_made_from_nothing) requires base::is_made_from_nothing {
    detail::require_elements<typename base::element_arguments>();
  }
  // Not only inherited: without one of its own, g++ deduces nothing from a plain {...}.
  concurrent_hash_map(std::initializer_list<value_type> list) : base(list) {}

  // From a map of one thread, element by element; what was moved is no longer there. On an
  // exception the other elements still are.
  template <class OtherPolicy>
  explicit concurrent_hash_map(
      hash_map<key_type, mapped_type, hasher, key_equal, allocator_type, OtherPolicy>&& other)
      : base(other.size(), other.hash_function(), other.key_eq(), other.get_allocator()) {
    base::take_each(other, [this](auto&& taken) {
      this->try_emplace(std::move(taken.key()), std::move(taken.mapped()));
    });
  }

  concurrent_hash_map& operator=(std::initializer_list<value_type> list) {
    base::operator=(list);
    return *this;
  }

  // While nobody else uses this one: everything, as a map of one thread; this one is empty then.
  // O(size). On an exception this one still has its elements, unless they are in nodes, and either
  // move without throwing or cannot be copied: of these, what was moved until then is lost.
  hash_map<key_type, mapped_type, hasher, key_equal, allocator_type> release() {
    return base::template released<
        hash_map<key_type, mapped_type, hasher, key_equal, allocator_type>>();
  }

  // ---- inserting ----
  // As the functions of both kinds.

  // Builds the value only if the key is not there.
  template <class... Arguments>
  STEADY_ALWAYS_INLINE bool try_emplace(const key_type& key, Arguments&&... arguments) {
    return emplace_at<false>(key, leave, key, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  STEADY_ALWAYS_INLINE bool try_emplace(key_type&& key, Arguments&&... arguments) {
    return emplace_at<false>(key, leave, std::move(key), std::forward<Arguments>(arguments)...);
  }
  template <class K, class... Arguments>
  requires detail::forwarded_key<K, key_type, hasher, key_equal> STEADY_ALWAYS_INLINE bool
  try_emplace(K&& key, Arguments&&... arguments) {
    return emplace_at<false>(key, leave, std::forward<K>(key),
                             std::forward<Arguments>(arguments)...);
  }
  // Inserts, or assigns to the value that is there.
  template <class M = mapped_type>
  bool insert_or_assign(const key_type& key, M&& value) {
    return this->container_.insert_or_assign(key, key, std::forward<M>(value));
  }
  template <class M = mapped_type>
  bool insert_or_assign(key_type&& key, M&& value) {
    return this->container_.insert_or_assign(key, std::move(key), std::forward<M>(value));
  }
  template <detail::forwarded_key<key_type, hasher, key_equal> K, class M = mapped_type>
  bool insert_or_assign(K&& key, M&& value) {
    return this->container_.insert_or_assign(key, std::forward<K>(key), std::forward<M>(value));
  }

  // Where a key is there, they call `f` with the element that has it. The visitor is the last
  // argument.
  template <class... Arguments>
  bool try_emplace_or_visit(const key_type& key, Arguments&&... value_and_visitor) {
    return try_emplace_visiting<detail::or_visit>(key,
                                                  std::forward<Arguments>(value_and_visitor)...);
  }
  template <class... Arguments>
  bool try_emplace_or_visit(key_type&& key, Arguments&&... value_and_visitor) {
    return try_emplace_visiting<detail::or_visit>(std::move(key),
                                                  std::forward<Arguments>(value_and_visitor)...);
  }
  template <class K, class... Arguments>
  requires detail::forwarded_key<K, key_type, hasher, key_equal>
  bool try_emplace_or_visit(K&& key, Arguments&&... value_and_visitor) {
    return try_emplace_visiting<detail::or_visit>(std::forward<K>(key),
                                                  std::forward<Arguments>(value_and_visitor)...);
  }
  template <class... Arguments>
  bool try_emplace_or_cvisit(const key_type& key, Arguments&&... value_and_visitor) {
    return try_emplace_visiting<detail::or_cvisit>(key,
                                                   std::forward<Arguments>(value_and_visitor)...);
  }
  template <class... Arguments>
  bool try_emplace_or_cvisit(key_type&& key, Arguments&&... value_and_visitor) {
    return try_emplace_visiting<detail::or_cvisit>(std::move(key),
                                                   std::forward<Arguments>(value_and_visitor)...);
  }
  template <class K, class... Arguments>
  requires detail::forwarded_key<K, key_type, hasher, key_equal>
  bool try_emplace_or_cvisit(K&& key, Arguments&&... value_and_visitor) {
    return try_emplace_visiting<detail::or_cvisit>(std::forward<K>(key),
                                                   std::forward<Arguments>(value_and_visitor)...);
  }

  // A new element is visited, too. The visitors are the last two arguments: of the new element, and
  // of the one that is there.
  template <class... Arguments>
  bool try_emplace_and_visit(const key_type& key, Arguments&&... value_and_visitors) {
    return try_emplace_visiting<detail::and_visit>(key,
                                                   std::forward<Arguments>(value_and_visitors)...);
  }
  template <class... Arguments>
  bool try_emplace_and_visit(key_type&& key, Arguments&&... value_and_visitors) {
    return try_emplace_visiting<detail::and_visit>(std::move(key),
                                                   std::forward<Arguments>(value_and_visitors)...);
  }
  template <class K, class... Arguments>
  requires detail::forwarded_key<K, key_type, hasher, key_equal>
  bool try_emplace_and_visit(K&& key, Arguments&&... value_and_visitors) {
    return try_emplace_visiting<detail::and_visit>(std::forward<K>(key),
                                                   std::forward<Arguments>(value_and_visitors)...);
  }
  template <class... Arguments>
  bool try_emplace_and_cvisit(const key_type& key, Arguments&&... value_and_visitors) {
    return try_emplace_visiting<detail::and_cvisit>(key,
                                                    std::forward<Arguments>(value_and_visitors)...);
  }
  template <class... Arguments>
  bool try_emplace_and_cvisit(key_type&& key, Arguments&&... value_and_visitors) {
    return try_emplace_visiting<detail::and_cvisit>(std::move(key),
                                                    std::forward<Arguments>(value_and_visitors)...);
  }
  template <class K, class... Arguments>
  requires detail::forwarded_key<K, key_type, hasher, key_equal>
  bool try_emplace_and_cvisit(K&& key, Arguments&&... value_and_visitors) {
    return try_emplace_visiting<detail::and_cvisit>(std::forward<K>(key),
                                                    std::forward<Arguments>(value_and_visitors)...);
  }

  // ---- finding ----

  // A copy of the value. What cannot be copied is visited instead.
  std::optional<mapped_type> find(const key_type& key) const { return find_by(key); }
  template <detail::transparent_key<hasher, key_equal> K>
  std::optional<mapped_type> find(const K& key) const {
    return find_by(key);
  }

  // Exactly for this type, so that no operator of the elements' namespace takes precedence.
  friend bool operator==(const concurrent_hash_map& a, const concurrent_hash_map& b) {
    return static_cast<const base&>(a) == static_cast<const base&>(b);
  }

 private:
  template <bool Visits, class K, class F, class TheKey, class... Arguments>
  STEADY_ALWAYS_INLINE bool emplace_at(const K& key, F&& f, TheKey&& moved,
                                       Arguments&&... arguments) {
    return this->container_.template insert<Visits>(
        key, f, std::piecewise_construct, std::forward_as_tuple(std::forward<TheKey>(moved)),
        std::forward_as_tuple(std::forward<Arguments>(arguments)...));
  }
  template <class How, class K, class... Arguments>
  bool try_emplace_visiting(K&& key, Arguments&&... value_and_visitors) {
    return detail::with_visitors<How>(
        [&](auto& visitors, auto&&... value) {
          return emplace_at<true>(key, visitors, std::forward<K>(key),
                                  std::forward<decltype(value)>(value)...);
        },
        std::forward<Arguments>(value_and_visitors)...);
  }
  template <class K>
  std::optional<mapped_type> find_by(const K& key) const {
    constexpr bool copies = detail::is_copyable<mapped_type>;
    static_assert(copies,
                  "find() returns a copy of the value, and this one cannot be copied: use visit()");
    std::optional<mapped_type> found;
    if constexpr (copies) {
      this->container_.read(key,
                            [&found](const value_type& element) { found.emplace(element.second); });
    }
    return found;
  }
};

// O(1), as the member.
template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
void swap(concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>& a,
          concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>&
              b) noexcept(noexcept(a.swap(b))) {
  a.swap(b);
}

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_map<std::iter_value_t<Iterator>, Options...>>
concurrent_hash_map(Iterator, Iterator, Options...)
    -> concurrent_hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
concurrent_hash_map(const concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>&,
                    const std::type_identity_t<Allocator>&)
    -> concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>;

template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
concurrent_hash_map(hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>&&)
    -> concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key, class T>
concurrent_hash_map(std::initializer_list<std::pair<Key, T>>)
    -> concurrent_hash_map<std::remove_const_t<Key>, T>;
template <class Key, class T, class First, class... Options,
          class Deduced = detail::deduced_map<std::pair<Key, T>, First, Options...>>
concurrent_hash_map(std::initializer_list<std::pair<Key, T>>, First, Options...)
    -> concurrent_hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

template <detail::iterable Range, class... Options,
          class Deduced = detail::deduced_map<detail::iterated_value<Range>, Options...>>
concurrent_hash_map(from_range_t, Range&&, Options...)
    -> concurrent_hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
