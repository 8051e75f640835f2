// The hash table under the containers. It finds, inserts and erases single elements, which depends
// on their type; the engine does everything else. Users see only the containers, thin facades over
// it.
//
// An operation on a key is: its hash position, the owner of that, one bucket. Only the owner's
// bucket is searched, also in the middle of a migration. Lookups, plain insertions and plain
// erasures read the table_state and the bucket, and nothing else; what is rare is out of line.
//
// User code (hash, equality, elements) runs in a user_code_scope, so that debug mode sees when it
// changes the very table that calls it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/base/poison.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/detail/line/cached_hash.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/overflow_filter.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/migration/engine.hpp>
#include <steady/detail/state/element_place.hpp>
#include <steady/detail/state/table_state.hpp>
#include <steady/detail/table/element_functions.hpp>
#include <steady/detail/table/hash_and_equal.hpp>
#include <steady/detail/traversal/compiled_engine.hpp>
#include <steady/detail/traversal/element_location.hpp>
#include <steady/detail/traversal/iteration.hpp>

namespace steady::detail {

template <class Table>
class key_window;

// Headers lie in one run where addresses can be reserved for them; with other allocators, whose
// blocks may have to be small, in leaves.
template <class Allocator, class Policy>
using storage_of =
    storage<link_pointer<Allocator>,
            !(Policy::reserve_addresses && can_reserve_addresses && is_std_allocator<Allocator>),
            Policy::count_work>;

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class table {
 public:
  using elements = Elements;
  using key_type = typename Elements::key_type;
  using slot_type = typename Elements::slot_type;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using policy = Policy;
  using allocator_type = Allocator;
  using storage_type = storage_of<Allocator, Policy>;
  using layout = typed_layout<slot_type, storage_type, Policy, Elements::are_slow_to_hash>;
  using location = element_location<slot_type, layout>;
  using engine_type = table_engine<storage_type>;
  using state_type = table_state<storage_type>;
  using user_code = user_code_scope<debug_mode>;
  friend class key_window<table>;

  static constexpr bool hashes_any_bytes = detail::hashes_any_bytes<Hash, key_type>;
  static constexpr bool hashes_without_throwing =
      hashes_nothrow<kind_of_hash<Hash, key_type>, Hash, key_type>;
  static constexpr bool replaces_functions_nothrow =
      hash_and_equal<Hash, KeyEqual>::are_replaced_nothrow;
  static constexpr bool is_copied_as_bytes = Elements::template is_copied_as_bytes<Allocator>();

  constexpr table() noexcept(std::is_nothrow_default_constructible_v<Hash>&&
                                 std::is_nothrow_default_constructible_v<KeyEqual>&&
                                     std::is_nothrow_default_constructible_v<Allocator>) = default;
  table(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : functions_(hash, equal), allocator_(allocator) {}
  ~table() {
    if (state_.has_memory() || state_.cold_link != nullptr) end();
  }

  table(const table&) = delete;
  table& operator=(const table&) = delete;

  std::size_t size() const noexcept { return static_cast<std::size_t>(state_.size); }
  const Hash& hash() const noexcept { return functions_.hash(); }
  const KeyEqual& equal() const noexcept { return functions_.equal(); }
  Allocator& allocator() noexcept { return allocator_; }
  const Allocator& allocator() const noexcept { return allocator_; }
  const state_type& state() const noexcept { return state_; }
  auto& recorder() noexcept { return state_.recorder; }

  // For debug mode: changes whenever elements may have changed their locations.
  const location_stamp<debug_mode>& locations() const noexcept { return state_.locations; }

  // The engine: migration, and everything that is not about one element.
  engine_type engine() noexcept { return {state_, kind, this}; }
  // Its const functions only.
  engine_type engine() const noexcept { return const_cast<table*>(this)->engine(); }
  // The engine, for what must not be called from this table's own user code.
  engine_type changing_engine() noexcept {
    require_changeable();
    return engine();
  }

  // ---- looking up ----

  // That a key is accepted was said elsewhere (require_elements).
  template <class K>
  static constexpr bool searchable_by =
      std::is_same_v<K, key_type> || searches_by<Hash, KeyEqual, key_type, K>;

  template <class K>
  STEADY_ALWAYS_INLINE location find(const K& key) const {
    static_assert(searchable_by<K>,
                  "Hash and KeyEqual say is_transparent, but do not accept this type of key: the "
                  "hash takes it alone, the equality takes it and a key of the container");
    user_code::require_readable(this);
    return find_at(hashed(key), key);
  }
  // The same where the key's hash position, on the old line, is known.
  template <class K>
  STEADY_ALWAYS_INLINE location find_at(std::uint64_t at, const K& key) const {
    state_.recorder.probed();
    const reference where = state_.shown_bucket(at);
    return probe(
        where, is_in_large(where), key,
        [](const location& found) STEADY_INLINE_LAMBDA -> location { return found; },
        []() STEADY_INLINE_LAMBDA -> location { return {}; },
        [&]() STEADY_INLINE_LAMBDA -> location {
          const found_slot found = find_elsewhere(at, key);
          if (found.slot == nullptr) return {};
          return complete(found, at);
        });
  }

  // The hash position of an element in the old array or in the new one, on that one's line.
  std::uint64_t line_position(const slot_type& slot, bool in_new) const {
    return position_of_slot(slot, in_new && state_.reseeding() ? state_.next_seed() : state_.seed);
  }
  STEADY_ALWAYS_INLINE std::uint64_t position_of_slot(const slot_type& slot,
                                                      const line_seed& seed) const
      noexcept(hashes_without_throwing) {
    return hashed(Elements::key_of(slot), seed);
  }

  // ---- iterating ----

  STEADY_ALWAYS_INLINE location first() const noexcept {
    user_code::require_readable(this);
    return state_.size == 0 ? location{} : walk::first(state_);
  }
  STEADY_ALWAYS_INLINE location after(const location& at) const noexcept {
    return walk::after(state_, at);
  }
  STEADY_ALWAYS_INLINE location after_if_used(const location& at) const noexcept {
    return walk::after_if_used(state_, at);
  }

  // ---- inserting ----

  // The element with `key`, made by `construct(address)` if there was none; true if it was made.
  // Strong guarantee.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<location, bool> find_or_insert(const K& key,
                                                                const Construct& construct) {
    static_assert(searchable_by<K>,
                  "Hash and KeyEqual say is_transparent, but do not accept this type of key: the "
                  "hash takes it alone, the equality takes it and a key of the container");
    return find_or_insert_at(hashed(key), key, construct);
  }
  // The same where the key's hash position, on the old line, is known.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<location, bool> find_or_insert_at(std::uint64_t at, const K& key,
                                                                   const Construct& construct) {
    state_.recorder.probed();
    const reference where = state_.shown_bucket(at);
    return probe(
        where, will_need_slots(where), key,
        [](const location& found) STEADY_INLINE_LAMBDA { return std::pair(found, false); },
        [&]() STEADY_INLINE_LAMBDA { return std::pair(insert_absent(where, construct), true); },
        [&]() STEADY_INLINE_LAMBDA {
          const packed result = find_or_insert_slowly(at, key, Construct(construct));
          return std::pair(result.at(), result.flag());
        });
  }

  // As above when the caller knows that the key is absent.
  template <class K, class Construct>
  location insert_new(const K& key, const Construct& construct) {
    const reference where = owner_of(hashed(key), key);
    require_changeable();
    if (engine().should_prepare())
      return insert_prepared(where.position, Construct(construct)).at();
    return inserted(insert_anywhere(where, construct));
  }

  // As find_or_insert() where neither `key` nor what `construct` reads is in this table. So others
  // may move before the element is made, and `construct` is the last call that can fail.
  template <class K, class Construct>
  std::pair<location, bool> find_or_insert_foreign(const K& key, const Construct& construct) {
    return find_or_insert_foreign_at(hashed(key), key, construct);
  }
  // The same where the key's hash position, on the old line, is known.
  template <class K, class Construct>
  STEADY_NOINLINE std::pair<location, bool> find_or_insert_foreign_at(std::uint64_t at,
                                                                      const K& key,
                                                                      const Construct& construct) {
    if (const location found = find_in(owner_of(at, key), key)) return {found, false};
    require_changeable();
    first_memory memory(*this);
    if (engine().should_prepare()) {
      const line_seed before = state_.seed;
      engine().prepare_insertion();
      if (state_.seed != before) at = hashed(key);
    }
    const reference where = owner_of(at, key);
    engine().announce_at(where.in_new, where.position);
    const location made = insert_anywhere(where, construct);
    memory.keep();
    return {inserted(made), true};
  }

  // ---- erasing ----

  // Call it before an element is changed other than by the functions here.
  STEADY_ALWAYS_INLINE void note_write(const slot_type* at) const noexcept {
    if (state_.shape.observed()) [[unlikely]]
      engine().announce(at);
  }

  // Before a reference to an element is given to a program.
  STEADY_ALWAYS_INLINE void note_reference(const location& at) const noexcept {
    state_.references.hand_out(at.slot, at.bucket(), at.in_new);
  }

  // Destroys the element; nothing else moves.
  STEADY_ALWAYS_INLINE void erase(const location& at) noexcept {
    if (at.in_overflow || state_.shape.observed()) [[unlikely]]
      return erase_slowly(at.slot, at.tag(), at.in_new, at.in_overflow, at.bucket());
    erase_here(at, seems_alone(at.tag()));
  }
  // The same, for a caller that goes on with `next`, the element after it.
  STEADY_ALWAYS_INLINE void erase(const location& at, location& next) noexcept {
    erase(at);
    next.shape = state_.shape.word();
  }
  // The same in a loop that erases many. That their bucket has `next` left is known then, and tags
  // that were just stored are not loaded.
  STEADY_ALWAYS_INLINE void erase_one_of_many(const location& at, location& next) noexcept {
    if (at.in_overflow || state_.shape.observed()) [[unlikely]]
      return erase(at, next);
    erase_here(at, header_around(at.tag()) != header_around(next.tag()) && seems_alone(at.tag()));
    next.shape = state_.shape.word();
  }
  // The same after note_write() and moving out of the element: its key may be gone.
  void erase_noted(const location& at) noexcept {
    require_changeable();
    engine().erase(at.slot, at.tag(), at.in_new, at.in_overflow, at.bucket());
  }
  // Erases the element with `key` and, if the policy lets erase move elements, does pending work.
  // Returns whether there was one. (Not find() and erase(): what these tell each other would be in
  // memory.)
  template <class K>
  STEADY_ALWAYS_INLINE bool erase_key(const K& key) {
    return erase_key_at(hashed(key), key);
  }
  // The same where the key's hash position, on the old line, is known.
  template <class K>
  STEADY_ALWAYS_INLINE bool erase_key_at(std::uint64_t position, const K& key) {
    state_.recorder.probed();
    const reference where = state_.shown_bucket(position);
    const bool erased = probe(
        where, is_in_large(where), key,
        [&](const location& found) STEADY_INLINE_LAMBDA -> bool {
          erase(found);
          return true;
        },
        []() STEADY_INLINE_LAMBDA -> bool { return false; },
        [&]() STEADY_INLINE_LAMBDA -> bool { return erase_elsewhere(position, key); });
    if constexpr (Policy::erase_moves) {
      if (erased) engine().progress_by_erasing();
    }
    return erased;
  }

  // ---- the whole table ----

  // Copies every element of `other`; this table is empty. It takes over the seed, so that elements
  // arrive in the order of its buckets instead of at random; where it has as many buckets, they
  // keep their slots, and nothing is hashed. On an exception this table is empty again.
  STEADY_NOINLINE void copy_from(const table& other) {
    if (other.state_.size == 0) return;
    STEADY_TRY {
      const auto theirs = other.state_.old_array();
      if (!other.state_.migrating() &&
          theirs.line().log2_buckets() == kind.layout.log2_buckets_for(other.size())) {
        engine().make_like(theirs);
        state_.seed = other.state_.seed;
        copy_buckets(theirs);
      } else {
        engine().reserve(other.size());
        state_.seed = other.state_.seed;
        for (location at = other.first(); at; at = other.after(at)) copy_new(*at.slot);
      }
      engine().withdraw_reservation();
    }
    STEADY_CATCH_ALL {
      engine().release();
      STEADY_RETHROW;
    }
  }

  // Takes the other's content; this table has none. The allocators are equal or have been assigned.
  STEADY_ALWAYS_INLINE void take(table& other) noexcept {
    other.require_changeable();
    state_.take(other.state_, this);
  }
  STEADY_ALWAYS_INLINE void swap_content(table& other) noexcept {
    require_changeable();
    other.require_changeable();
    state_.swap(other.state_, this, std::addressof(other));
  }

  // Hash and equality: both, or, on an exception, neither.
  void replace_functions(const table& by) noexcept(replaces_functions_nothrow) {
    functions_.replace(by.functions_);
  }
  void swap_functions(table& other) noexcept(noexcept(functions_.swap(other.functions_))) {
    functions_.swap(other.functions_);
  }

  // Destroys all elements, releases all memory, and ends all observers.
  STEADY_COLD void end() noexcept {
    require_changeable();
    if (state_.cold_link != nullptr && state_.cold()->is_retired) {
      engine().destroy_retired(engine_type::everything);
      return;
    }
    engine().end_walkers();
    engine().release();
  }

  // ---- for split.hpp ----

  // Of the bucket with these slots.
  static bucket_extras<storage_type>& extras(const slot_type* slots,
                                             std::uint64_t bucket) noexcept {
    return detail::extras_of<storage_type>(
        reinterpret_cast<std::byte*>(const_cast<slot_type*>(slots)), bucket % layout::chunk_buckets,
        layout::value.slots_and_extras(), layout::value.extras_bytes);
  }
  static std::uint8_t* cached_hashes(const slot_type* slots, std::uint64_t bucket) noexcept {
    return reinterpret_cast<std::uint8_t*>(std::addressof(extras(slots, bucket))) +
           sizeof(bucket_extras<storage_type>);
  }

  // ---- for element_functions.hpp ----

  void destroy(slot_type* slot) noexcept {
    [[maybe_unused]] const user_code scope(this);
    Elements::destroy(allocator_, slot);
    detail::poison<storage_type::is_poisoned>(slot, sizeof(slot_type));
  }
  // Moves an element to an empty slot, where moving does not throw.
  STEADY_ALWAYS_INLINE void relocate(slot_type* to, slot_type* from) noexcept {
    [[maybe_unused]] const user_code scope(this, doing::moving_elements);
    detail::unpoison<storage_type::is_poisoned>(to, sizeof(slot_type));
    Elements::move(allocator_, to, from);
    destroy(from);
  }

  // Ends the program, in debug mode, when called from this table's own user code.
  void require_changeable() const noexcept { user_code::require_none(this); }

 private:
  using store = header_store<storage_type>;
  using reference = bucket_reference<storage_type>;
  using group = typename layout::tag_group;
  using overflow = overflow_bucket<storage_type>;
  using packed = packed_location<slot_type, layout>;
  using walk = iteration<slot_type, layout>;

  static constexpr slot_set all_slots = slot_set::first(layout::width);
  static constexpr slot_set all_overflow_slots = slot_set::first(layout::overflow_width);

  struct found_slot {
    slot_type* slot = nullptr;
    std::uint8_t* tag = nullptr;
  };

  static constexpr element_kind<storage_type> kind = element_functions<table>::kind();

  // ---- hashing ----

  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t hashed(const K& key, const line_seed& seed) const
      noexcept(hashes_nothrow<kind_of_hash<Hash, key_type>, Hash, K>) {
    state_.recorder.hashed();
    [[maybe_unused]] const user_code scope(this);
    return detail::position_by<kind_of_hash<Hash, key_type>>(functions_.hash(), key, seed);
  }
  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t hashed(const K& key) const {
    return hashed(key, state_.seed);
  }
  // Under a seed that was drawn since it was hashed.
  STEADY_COLD std::uint64_t hashed_again(const slot_type& slot) const {
    return hashed(Elements::key_of(slot));
  }
  template <class K>
  STEADY_ALWAYS_INLINE bool holds(const slot_type& slot, const K& key) const {
    [[maybe_unused]] const user_code scope(this);
    if constexpr (compares<KeyEqual, K, key_type>) {
      return static_cast<bool>(equal()(key, Elements::key_of(slot)));
    } else if constexpr (compares<KeyEqual, key_type, K>) {
      return static_cast<bool>(equal()(Elements::key_of(slot), key));
    } else {
      return false;
    }
  }

  // ---- buckets ----

  // Whether the array is larger than what is cached near the processor.
  static STEADY_ALWAYS_INLINE bool is_in_large(const reference& where) noexcept {
    return where.line.shift <= layout::shift_of_large;
  }
  // Whether to prefetch the slots of a bucket that is going to be changed: short ones in any case.
  static STEADY_ALWAYS_INLINE bool will_need_slots(const reference& where) noexcept {
    return layout::has_short_buckets || is_in_large(where);
  }
  static STEADY_ALWAYS_INLINE slot_type* slots_of(const reference& where) noexcept {
    return reinterpret_cast<slot_type*>(
        store::template slots_at<layout>(where.root, where.directory, where.offset));
  }
  static slot_type* slots_of(overflow* link) noexcept {
    return reinterpret_cast<slot_type*>(detail::overflow_slots<storage_type>(link, layout::value));
  }

  // Prefetches all lines of a bucket that is not too large, because which one is wanted is not
  // known yet. Unless each would have to come from `distant`, that does not pay.
  static STEADY_ALWAYS_INLINE void prefetch_bucket(const slot_type* slots, bool distant) noexcept {
    if constexpr (layout::bucket_bytes <= 16 * cache_line_bytes) {
      if (distant)
        detail::prefetch_lines<min_of(layout::bucket_bytes, 8 * cache_line_bytes)>(slots);
    }
  }

  // The bucket that owns `key`, whose hash position on the old line is `at`.
  template <class K>
  STEADY_ALWAYS_INLINE reference owner_of(std::uint64_t at, const K& key) const {
    if (!state_.divided()) return state_.shown_bucket(at);
    if (!state_.cold()->reseeding) [[likely]]
      return state_.owning_bucket(at);
    return owner_under_reseeding(at, key);
  }
  template <class K>
  STEADY_COLD reference owner_under_reseeding(std::uint64_t at, const K& key) const {
    const bool in_new = state_.cold()->is_evacuated(at);
    if (in_new) at = hashed(key, state_.next_seed());
    return reference::of(state_.cold()->arrays[in_new ? 1 : 0], at, in_new);
  }

  // ---- searching ----

  // What `when_found(location)` returns for the element in the bucket itself; where there is none,
  // what `when_absent()` returns or, if the filter calls for searching further, `beyond()`. Were
  // these not inlined, every lookup would write down in memory what they capture.
  template <class K, class WhenFound, class WhenAbsent, class Beyond>
  STEADY_ALWAYS_INLINE auto probe(const reference& where, bool distant, const K& key,
                                  const WhenFound& when_found, const WhenAbsent& when_absent,
                                  const Beyond& beyond) const -> decltype(beyond()) {
    bucket_header* const header = where.header();
    // The filter's bytes may match, too; they are dealt with last, so nothing waits for masking
    // them.
    slot_set matches = group::load(header).match(group::broadcast(where.tag_word));
    if (!(matches & all_slots).empty()) {
      // The slots' address does not depend on the header's content: predicting that there is a
      // match, the processor fetches slots while the header is still on its way.
      slot_type* const slots = slots_of(where);
      prefetch_bucket(slots, distant);
      do {
        const std::uint64_t number = matches.lowest();
        slot_type* const slot = slots + number;
        if (holds(*slot, key)) [[likely]] {
          return when_found(
              location::one(slot, header->tags + number, where.in_new, false, where.bucket()));
        }
        matches.remove_lowest();
      } while (!(matches & all_slots).empty());
    }
    if (!in_filter(header->filter, where.position)) [[likely]]
      return when_absent();
    return beyond();
  }

  // In the bucket and its overflow.
  template <class K>
  STEADY_ALWAYS_INLINE found_slot find_in_chain(const reference& where, const K& key) const {
    return find_in_bucket(where, key,
                          [&]() STEADY_INLINE_LAMBDA { return find_in_overflow(where, key); });
  }
  // In the bucket, or what `beyond()` finds if the filter calls for it.
  template <class K, class Beyond>
  STEADY_ALWAYS_INLINE found_slot find_in_bucket(const reference& where, const K& key,
                                                 const Beyond& beyond) const {
    return probe(
        where, will_need_slots(where), key,
        [](const location& found) STEADY_INLINE_LAMBDA {
          return found_slot{found.slot, found.tags};
        },
        []() STEADY_INLINE_LAMBDA { return found_slot(); }, beyond);
  }
  template <class K>
  location find_in(const reference& where, const K& key) const {
    if (!state_.has_memory()) return {};  // with fancy pointers the filter admits every key then
    state_.recorder.probed();
    const found_slot found = find_in_chain(where, key);
    if (found.slot == nullptr) return {};
    return location::one(found.slot, found.tag, where.in_new,
                         header_around(found.tag) != where.header()->tags, where.bucket());
  }
  template <class K>
  STEADY_ALWAYS_INLINE found_slot find_in_overflow(const reference& where, const K& key) const {
    return find_in_links(detail::to_raw(extras(slots_of(where), where.bucket()).first_overflow),
                         where.tag_word, key);
  }
  template <class K>
  STEADY_NOINLINE found_slot find_in_links(overflow* link, std::uint32_t tag, const K& key) const {
    const auto wanted = native_tag_group::broadcast(tag);
    for (; link != nullptr; link = detail::to_raw(link->next)) {
      detail::prefetch_lines<layout::value.overflow_stride>(link);
      slot_type* const slots = slots_of(link);
      for (const std::uint64_t number :
           native_tag_group::load(link).match(wanted) & all_overflow_slots) {
        if (holds(slots[number], key)) return {slots + number, link->tags + number};
      }
    }
    return {};
  }

  // Where a lookup goes whose bucket's filter calls for it: to the bucket's overflow, or, while the
  // line is divided, to the owner. Returns no more than fits registers.
  template <class K>
  STEADY_NOINLINE found_slot find_elsewhere(std::uint64_t at, const K& key) const {
    if (!state_.divided()) return find_at_rest(at, key);
    if (state_.cold()->reseeding) [[unlikely]]
      return find_under_reseeding(at, key);
    return find_in_bucket(state_.owning_bucket(at), key, [&]() STEADY_INLINE_LAMBDA {
      return find_in_overflow_of_owner(at, key);
    });
  }
  // Selects the owner again: nothing but `at` need survive the search in the bucket itself, so that
  // saves no registers.
  template <class K>
  STEADY_NOINLINE found_slot find_in_overflow_of_owner(std::uint64_t at, const K& key) const {
    return find_in_overflow(state_.owning_bucket(at), key);
  }
  template <class K>
  STEADY_NOINLINE found_slot find_at_rest(std::uint64_t at, const K& key) const {
    if (!state_.has_memory()) return {};
    return find_in_overflow(state_.shown_bucket(at), key);
  }
  template <class K>
  STEADY_COLD found_slot find_under_reseeding(std::uint64_t at, const K& key) const {
    return find_in_chain(owner_under_reseeding(at, key), key);
  }
  // The location of what find_elsewhere() found. The compiler drops the call where the caller uses
  // only the element.
  STEADY_ALWAYS_INLINE location complete(const found_slot& found, std::uint64_t at) const noexcept {
    const element_place where = engine().place_of(found.slot, found.tag, at);
    return location::one(found.slot, found.tag, where.in_new(), where.in_overflow(),
                         where.bucket());
  }

  // ---- inserting ----

  // The scope of an insertion. A table that had no memory has none again unless the element came.
  class first_memory {
   public:
    STEADY_ALWAYS_INLINE explicit first_memory(table& of) noexcept
        : of_(of), is_to_go_(!of.state_.has_memory()) {}
    STEADY_ALWAYS_INLINE ~first_memory() {
      if (is_to_go_) [[unlikely]]
        of_.forget_first();
    }
    first_memory(const first_memory&) = delete;
    first_memory& operator=(const first_memory&) = delete;

    STEADY_ALWAYS_INLINE void keep() noexcept { is_to_go_ = false; }

   private:
    table& of_;
    bool is_to_go_;
  };
  STEADY_COLD void forget_first() noexcept { engine().forget_first(); }

  template <class Construct>
  STEADY_ALWAYS_INLINE location insert_absent(const reference& where, const Construct& construct) {
    require_changeable();
    if (engine().should_prepare()) [[unlikely]]
      return insert_prepared(where.position, Construct(construct)).at();
    return inserted(insert_at(where, construct));
  }
  // After an insertion by a program, made at that location.
  STEADY_ALWAYS_INLINE location inserted(const location& at) {
    if constexpr (watches_references && !Elements::owns_memory) engine().move_handed_out(at.slot);
    return at;
  }

  // find_or_insert() where the filter calls for searching the overflow, or the line is divided.
  // `at` is the key's hash position on the old line. For these `construct` was copied, so that what
  // it captures need not be in memory for every insertion.
  template <class K, class Construct>
  STEADY_NOINLINE packed find_or_insert_slowly(std::uint64_t at, const K& key,
                                               const Construct& construct) {
    const bool is_first = is_first_of_group(at);
    if (!is_first) {
      const found_slot found = find_elsewhere(at, key);
      if (found.slot != nullptr) return {complete(found, at), false};
    }
    require_changeable();
    if (engine().should_prepare()) return insert_prepared(at, construct);
    const reference where = state_.shown_bucket(at);
    const location made = insert_noting(where, construct, [&]() STEADY_INLINE_LAMBDA {
      if (is_first) note_first_of_group(where);
    });
    if (!is_first) engine().draw_in(where.bucket());
    return {inserted(made), true};
  }

  // An insertion outside the idle range. The element is made before others move, because it may be
  // made from one of them, and before the first memory is allocated.
  template <class Construct>
  STEADY_NOINLINE packed insert_prepared(std::uint64_t at, const Construct& construct) {
    temporary_slot<Elements, Allocator> made(allocator_, [&](slot_type* slot) {
      [[maybe_unused]] const user_code scope(this);
      construct(slot);
    });
    return insert_made(at, made.get());
  }
  // Makes room, and moves the element in, whose hash position was `at` before. Once for all ways of
  // making elements.
  STEADY_NOINLINE packed insert_made(std::uint64_t at, slot_type* made) {
    first_memory memory(*this);
    const line_seed before = state_.seed;
    engine().prepare_insertion();
    if (state_.seed != before) [[unlikely]]
      at = hashed_again(*made);
    const reference where = owner_of(at, Elements::key_of(*made));
    engine().announce_at(where.in_new, where.position);
    const location there =
        insert_anywhere(where, [&](slot_type* to) { Elements::move(allocator_, to, made); });
    memory.keep();
    return {inserted(there), true};
  }

  // Makes the element with `construct(slot)`, in a bucket that was probed: its header is no detour.
  // Strong guarantee.
  template <class Construct>
  STEADY_ALWAYS_INLINE location insert_at(const reference& where, const Construct& construct) {
    return insert_noting(where, construct, []() STEADY_INLINE_LAMBDA {});
  }
  // The same in any bucket.
  template <class Construct>
  STEADY_ALWAYS_INLINE location insert_anywhere(const reference& where,
                                                const Construct& construct) {
    return insert_noting(where, construct, [&]() STEADY_INLINE_LAMBDA {
      if (state_.shape.sparse()) [[unlikely]]
        engine().note_filled(where.in_new, where.bucket());
    });
  }

  // Calls `note()` when nothing can fail any more.
  template <class Construct, class Note>
  STEADY_ALWAYS_INLINE location insert_noting(const reference& where, const Construct& construct,
                                              const Note& note) {
    bucket_header* const header = where.header();
    const slot_set empty = group::load(header).empty() & all_slots;
    slot_type* slot;
    std::uint8_t* tag;
    if (!empty.empty()) [[likely]] {
      const std::uint64_t number = empty.lowest();
      slot_type* const slots = slots_of(where);
      if constexpr (layout::caches_hashes) {
        cached_hashes(slots, where.bucket())[number] =
            cached_hash::of(where.line).of_position(where.position);
      }
      slot = slots + number;
      tag = header->tags + number;
    } else {
      const tagged_slot claimed =
          engine().claim_overflow(where.in_new, where.bucket(), where.position);
      slot = static_cast<slot_type*>(claimed.slot);
      tag = claimed.tag;
    }
    construct_in(slot, construct);
    note();
    *tag = static_cast<std::uint8_t>(where.tag_word);
    ++state_.size;
    return location::one(slot, tag, where.in_new, empty.empty(), where.bucket());
  }
  template <class Construct>
  STEADY_ALWAYS_INLINE void construct_in(slot_type* slot, const Construct& construct) {
    slot_opening<storage_type::is_poisoned, slot_type> opening(slot);
    [[maybe_unused]] const user_code scope(this);
    construct(slot);
    opening.keep();
  }

  // ---- the first elements of groups of buckets (occupancy.hpp), in sparse tables ----

  // A bit for each group of the bucket's chunk, and that of its own group.
  static STEADY_ALWAYS_INLINE std::uint64_t& groups_around(const reference& where) noexcept {
    return detail::occupancy_of(
        store::template chunk_at<layout>(where.root, where.directory, where.offset));
  }
  static STEADY_ALWAYS_INLINE std::uint64_t bit_of_group(const reference& where) noexcept {
    const std::uint64_t in_chunk = where.bucket() % layout::chunk_buckets;
    return std::uint64_t{1} << (in_chunk >> layout::value.log2_group_buckets);
  }
  // Whether the group into which that hash position falls has no element.
  STEADY_ALWAYS_INLINE bool is_first_of_group(std::uint64_t at) const noexcept {
    if (!state_.shape.sparse() || state_.divided()) return false;
    const reference where = state_.shown_bucket(at);
    return (groups_around(where) & bit_of_group(where)) == 0;
  }
  // Leaves to the engine what is rarer: that the chunk was empty, or may be sparse no more.
  STEADY_ALWAYS_INLINE void note_first_of_group(const reference& where) noexcept {
    // There is an array. g++ takes it from the state of an empty table that there may be none, and
    // warns that the header which stands for it is too small for a group.
    if constexpr (std::is_pointer_v<decltype(store::nowhere())>) {
      detail::assume(where.root != store::nowhere());
    }
    std::uint64_t& groups = groups_around(where);
    const std::uint64_t filled = groups | bit_of_group(where);
    if (groups == 0 || (filled & (filled + 1)) == 0) [[unlikely]]
      return engine().note_filled(where.in_new, where.bucket());
    constexpr std::uint64_t buckets = std::uint64_t{1} << layout::value.log2_group_buckets;
    bucket_header* const first = store::header(where.root, where.bucket() & ~(buckets - 1));
    for (std::uint64_t n = 0; n < buckets; ++n) first[n] = empty_header;
    state_.recorder.zeroed(buckets * sizeof(bucket_header));
    groups = filled;
  }

  // ---- copying ----

  // Of an element whose key is new.
  void copy_new(const slot_type& from) {
    insert_new(Elements::key_of(from), [&](slot_type* to) { copy(to, from); });
  }
  void copy(slot_type* to, const slot_type& from) {
    if constexpr (Elements::template copies_with<Allocator>()) {
      Elements::construct(allocator_, to, std::as_const(Elements::element_of(from)));
    }
  }

  // The elements of an array with as many buckets, each to the slot that it has there.
  void copy_buckets(const bucket_array<storage_type>& from) {
    const std::uint64_t buckets = from.line().buckets();
    const std::uint64_t per_chunk = layout::value.chunk_buckets();
    for (std::uint64_t chunk = 0; chunk < buckets; chunk += per_chunk) {
      const std::uint64_t end = min_of(chunk + per_chunk, buckets);
      // First, so that it is known what to destroy should the rest fail.
      engine().copy_occupancy(from, chunk);
      bool has_overflow_alone = false;
      for (std::uint64_t bucket = chunk; bucket < end; ++bucket) {
        bucket_header* const header = from.header(bucket);
        const slot_set full = ~group::load(header).empty() & all_slots;
        auto* const slots = reinterpret_cast<slot_type*>(from.slots(bucket, layout::value));
        if (!full.empty()) copy_bucket(bucket, header->tags, full, slots, from);
        has_overflow_alone |= full.empty() && !from.is_empty(bucket, layout::value);
      }
      if (!from.is_tiny()) copy_overflow(from, chunk);
      // Overflow buckets without elements count there, but not here.
      for (std::uint64_t bucket = chunk; bucket < end && has_overflow_alone; ++bucket) {
        engine().note_emptied(false, bucket);
      }
    }
  }
  // Of the chunk that begins with bucket `first`: an overflow bucket for each, in the order of
  // iteration, so that the copy has the same.
  void copy_overflow(const bucket_array<storage_type>& from, std::uint64_t first) {
    const chunk<storage_type> room = from.chunk_of(first, layout::value);
    for (overflow* link = room.first_overflow(); link != nullptr; link = room.next_overflow(link)) {
      const slot_set full = ~native_tag_group::load(link).empty() & all_overflow_slots;
      if (full.empty()) continue;
      const std::uint64_t bucket = first + link->home();
      overflow* const own = engine().add_overflow(bucket, from.header(bucket)->filter);
      for (const std::uint64_t number : full) {
        construct_in(slots_of(own) + number,
                     [&](slot_type* slot) { copy(slot, slots_of(link)[number]); });
        own->tags[number] = link->tags[number];
        ++state_.size;
      }
    }
  }
  STEADY_ALWAYS_INLINE void copy_bucket(std::uint64_t bucket, const std::uint8_t* tags,
                                        slot_set full, const slot_type* slots,
                                        const bucket_array<storage_type>& from) {
    const reference own = state_.shown_bucket(from.line().first_of(bucket));
    slot_type* const to = slots_of(own);
    if constexpr (layout::caches_hashes) {
      std::memcpy(cached_hashes(to, bucket), cached_hashes(slots, bucket), sizeof(bucket_header));
    }
    if constexpr (is_copied_as_bytes && !storage_type::is_poisoned &&
                  !unwritten_bytes_are_watched) {
      const std::size_t count = from.is_tiny() ? from.tiny_slots(layout::value) : layout::width;
      std::memcpy(static_cast<void*>(to), slots, count * sizeof(slot_type));
      std::memcpy(own.header()->tags, tags, layout::width);
      state_.size += full.size();
    } else {
      for (const std::uint64_t number : full) {
        construct_in(to + number, [&](slot_type* slot) { copy(slot, slots[number]); });
        own.header()->tags[number] = tags[number];
        ++state_.size;
      }
    }
  }

  // ---- erasing ----

  // Takes an element out of sight, which is then to be destroyed: its destructor may look for it.
  STEADY_ALWAYS_INLINE void remove(std::uint8_t* tag) noexcept {
    require_changeable();
    if (state_.remove(tag)) [[unlikely]]
      engine().note_small_size();
  }
  // The element is in its bucket itself, which may be empty afterwards.
  STEADY_ALWAYS_INLINE void erase_here(const location& at, bool may_empty_bucket) noexcept {
    remove(at.tag());
    if (may_empty_bucket) [[unlikely]]
      engine().note_emptied(at.in_new, at.bucket());
    destroy(at.slot);
  }
  // erase_key() where the filter calls for searching further.
  template <class K>
  STEADY_NOINLINE bool erase_elsewhere(std::uint64_t position, const K& key) {
    const found_slot found = find_elsewhere(position, key);
    if (found.slot == nullptr) return false;
    const location at = complete(found, position);
    erase_slowly(at.slot, at.tag(), at.in_new, at.in_overflow, at.bucket());
    return true;
  }
  // Cold functions take few arguments: each one occupies a register on the hot path.
  STEADY_NOINLINE void erase_slowly(slot_type* slot, std::uint8_t* tag, bool in_new,
                                    bool in_overflow, std::uint64_t bucket) noexcept {
    require_changeable();
    note_write(slot);
    engine().erase(slot, tag, in_new, in_overflow, bucket);
  }
  // True if the header holds nothing but this tag, and rarely if it does; by words, which is less
  // work than by groups.
  static STEADY_ALWAYS_INLINE bool seems_alone(std::uint8_t* tag) noexcept {
    const std::uint8_t* const header = header_around(tag);
    const std::uint64_t all = little_endian(load_64(header) | load_64(header + 8));
    return all == std::uint64_t{*tag} << (static_cast<std::size_t>(tag - header) % 8 * 8);
  }

  state_type state_;
  [[no_unique_address]] hash_and_equal<Hash, KeyEqual> functions_;
  [[no_unique_address]] Allocator allocator_;
  [[maybe_unused, no_unique_address]] shown_later<shown_layout<layout>> shown_;
};

}  // namespace steady::detail
