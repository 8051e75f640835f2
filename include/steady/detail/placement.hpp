// Where single elements are: finding, placing and removing them in a pair of bucket arrays. Nothing
// here starts a migration or drives one; that is table.hpp's.
//
// An operation on a key is: its position on the hash line, the owner of that position, one bucket.
// Only the owner's bucket is probed, also in the middle of a migration.
//
// User code (hash, equality, elements) runs in a user_code_scope, so that debug mode sees when it
// changes the very table that calls it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/array_pair.hpp>
#include <steady/detail/bits.hpp>
#include <steady/detail/claim.hpp>
#include <steady/detail/debug.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/located.hpp>
#include <steady/detail/observers.hpp>
#include <steady/detail/poison.hpp>
#include <steady/detail/sizing.hpp>
#include <steady/detail/traversal.hpp>

namespace steady::detail {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class placement {
 public:
  using elements = Elements;
  using key_type = typename Elements::key_type;
  using slot_type = typename Elements::slot_type;
  using arrays_type = array_pair<Elements, Allocator, Policy>;
  using layout = typename arrays_type::layout;
  using position = located<slot_type, layout>;

  placement(const placement&) = delete;
  placement& operator=(const placement&) = delete;

  const arrays_type& arrays() const noexcept { return arrays_; }
  std::size_t size() const noexcept { return size_; }
  const Hash& hash() const noexcept { return hash_; }
  const KeyEqual& equal() const noexcept { return equal_; }
  Allocator& allocator() noexcept { return arrays_.memory.allocator(); }
  const Allocator& allocator() const noexcept { return arrays_.memory.allocator(); }

  // For debug mode: changes whenever elements may have changed their places.
  const place_stamp<debug_mode>& places() const noexcept { return places_; }

  template <class K>
  STEADY_ALWAYS_INLINE position find(const K& key) const {
    arrays_.memory.recorder.probed();
    const std::uint64_t at = hashed(key);
    const place_type place = arrays_.place_in_view(at);
    return probe(place, place.in_large, key, [&]() STEADY_INLINE_LAMBDA -> position {
      if (!arrays_.view_is_whole()) return find_in_owner(at, key);
      const tagged found = find_in_overflow(place.root, place.bucket(), at, key);
      return position::one(found.slot, found.tag, false, true, place.bucket());
    });
  }

  // The bucket that owns `key`.
  template <class K>
  STEADY_ALWAYS_INLINE typename arrays_type::place place_of(const K& key) const {
    return place_of(hashed(key), key);
  }

  // The place of an element on the hash line; in the new array on that one's line.
  std::uint64_t line_position(const slot_type& slot, bool in_new = false) const {
    const bool next = in_new && arrays_.reseeding();
    return hashed(Elements::key_of(slot), next ? next_seed_ : seed_);
  }

  const line_seed& seed() const noexcept { return seed_; }
  // Of the new array's line, while reseeding.
  const line_seed& next_seed() const noexcept { return next_seed_; }
  std::uint64_t line_position(const slot_type& slot, const line_seed& seed) const {
    return hashed(Elements::key_of(slot), seed);
  }

  using placement_type = placement;
  using walker_type = walker_base<placement, slot_type>;
  using walker_list = observer_list<walker_type>;
  walker_list walkers;  // over these elements

  STEADY_ALWAYS_INLINE position after(const position& at) const noexcept {
    return walk::after(arrays_, at);
  }
  STEADY_ALWAYS_INLINE position after_if_used(const position& at) const noexcept {
    return walk::after_if_used(arrays_, at);
  }
  STEADY_ALWAYS_INLINE position first() const noexcept {
    return size_ == 0 ? position{} : walk::first(arrays_);
  }

  // Has to be called before an element changes in another way than by the functions here.
  STEADY_ALWAYS_INLINE void note_write(const slot_type* at) const noexcept {
    if (arrays_.snapshots.any()) [[unlikely]]
      announce(at);
  }

  // Destroys the element; nothing else moves.
  STEADY_ALWAYS_INLINE void erase(const position& at) noexcept {
    if (at.in_overflow) [[unlikely]]
      return erase_in_overflow(at.slot, at.tag(), at.in_new, at.bucket());
    if (observed()) [[unlikely]]
      return erase_observed(at.slot, at.tag());
    remove(at.slot, at.tag());
  }
  // The same, for who goes on with `next`, which is the element after it.
  STEADY_ALWAYS_INLINE void erase(const position& at, position& next) noexcept {
    erase(at);
    next.erasures = arrays_.erasures;
  }
  // The same after note_write(), where something was moved out since: the key may be gone.
  void erase_noted(const position& at) noexcept {
    remove_announced(at.slot, at.tag());
    if (at.in_overflow) {
      claim_type::drop_empty_overflow(arrays_.array_of(at.in_new), arrays_.memory, at.bucket());
    }
  }

 protected:
  using array = typename arrays_type::array;
  using place_type = typename arrays_type::place;
  using claim_type = claim<array, typename arrays_type::memory_type>;
  using user_code = user_code_scope<debug_mode>;
  using packed = packed_position<slot_type, layout>;

  placement() = default;
  placement(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : arrays_(allocator), hash_(hash), equal_(equal) {}
  ~placement() = default;

  // Ends the program, in debug mode, when called from this table's own user code.
  void require_changeable() const noexcept { user_code::require_none(this); }

  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t hashed(const K& key, const line_seed& seed) const {
    arrays_.memory.recorder.hashed();
    [[maybe_unused]] const user_code scope(this);
    return position_of(hash_, key, seed);
  }
  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t hashed(const K& key) const {
    return hashed(key, seed_);
  }

  // The bucket that owns `key`, whose position on the line of `seed_` is `at`.
  template <class K>
  STEADY_ALWAYS_INLINE place_type place_of(std::uint64_t at, const K& key) const {
    if (arrays_.divided()) [[unlikely]] {
      if (!arrays_.reseeding()) [[likely]]
        return arrays_.locate_divided(at);
      const bool in_new = arrays_.is_evacuated(at);
      return arrays_.place_in(in_new, in_new ? next_hashed(key) : at);
    }
    return arrays_.place_in(false, at);
  }

  // Whether somebody has to be told before elements change or go.
  bool observed() const noexcept {
    return (unsigned{walkers.any()} | unsigned{arrays_.snapshots.any()}) != 0;
  }

  // Whether to ask for the slots of a bucket that is going to be changed: short ones in any case.
  static STEADY_ALWAYS_INLINE bool will_need_slots(const place_type& place) noexcept {
    return layout::has_short_buckets || place.in_large;
  }

  // Asks for the slots of a bucket that is about to be used.
  static STEADY_ALWAYS_INLINE void prefetch_slots(const place_type& place) noexcept {
    prefetch_bucket(array::slots_at(place.root, place.offset), will_need_slots(place));
  }

  // The position on a line that the new array has of its own.
  template <class K>
  STEADY_NOINLINE std::uint64_t next_hashed(const K& key) const {
    return hashed(key, next_seed_);
  }

  template <class K>
  STEADY_ALWAYS_INLINE position find_in(const place_type& place, const K& key) const {
    arrays_.memory.recorder.probed();
    return find_in_chain(place, key);
  }

  // What `when_found(position)` returns for the element in the bucket itself; where there is none,
  // what `when_absent()` returns or, if the filter calls for looking further, `beyond()`. Were
  // these not inlined, every lookup would write down in memory what they capture.
  template <class K, class WhenFound, class WhenAbsent, class Beyond>
  STEADY_ALWAYS_INLINE auto probe(const place_type& place, bool far, const K& key,
                                  const WhenFound& when_found, const WhenAbsent& when_absent,
                                  const Beyond& beyond) const -> decltype(beyond()) {
    bucket_header* const header = array::header_at(place.root, place.offset);
    const auto wanted = group::broadcast(place.tag_word);
    // The filter's bytes may match, too; they are looked at last, so nothing waits for masking
    // them.
    if (std::uint32_t matches = group::match(header, wanted); (matches & all_slots) != 0) {
      // The slots' address does not depend on the header's content: predicting that there is a
      // match, the processor fetches slots while the header is still on its way.
      slot_type* const slots = array::slots_at(place.root, place.offset);
      prefetch_bucket(slots, far);
      do {
        const auto number = lowest_bit(matches);
        slot_type* const slot = slots + number;
        if (holds(*slot, key)) [[likely]] {
          return when_found(
              position::one(slot, header->tags + number, place.in_new, false, place.bucket()));
        }
        matches &= matches - 1;
      } while ((matches & all_slots) != 0);
    }
    if (!in_filter(header->filter, place.position)) [[likely]]
      return when_absent();
    return beyond();
  }
  // The element in the overflow of the bucket.
  template <class K>
  STEADY_ALWAYS_INLINE position find_beyond(const place_type& place, const K& key) const {
    const tagged found = find_in_overflow(place.root, place.bucket(), place.position, key);
    return position::one(found.slot, found.tag, place.in_new, true, place.bucket());
  }

  // Makes the element with `construct(slot)`, which is in user_code_scope. Strong guarantee.
  template <class Construct>
  STEADY_ALWAYS_INLINE position insert_at(const place_type& place, const Construct& construct) {
    bucket_header* const header = array::header_at(place.root, place.offset);
    const std::uint32_t empty = group::match_empty(header) & all_slots;
    slot_type* slot;
    std::uint8_t* tag;
    if (empty != 0) [[likely]] {
      const auto number = lowest_bit(empty);
      slot_type* const slots = array::slots_at(place.root, place.offset);
      arrays_.array_of(place.in_new).remember(slots, place.bucket(), number, place.position);
      slot = slots + number;
      tag = header->tags + number;
    } else {
      const tagged claimed = claim_overflow(place.in_new, place.bucket(), place.position);
      slot = claimed.slot;
      tag = claimed.tag;
    }
    slot_opening<Allocator, slot_type> opening(slot);
    {
      [[maybe_unused]] const user_code scope(this);
      construct(slot);
    }
    opening.keep();
    *tag = static_cast<std::uint8_t>(place.tag_word);
    ++size_;
    return position::one(slot, tag, place.in_new, empty == 0, place.bucket());
  }

  // Makes an element where `at` is in a table with as many buckets, whose memos are known here; its
  // slot is empty.
  template <class Construct>
  STEADY_ALWAYS_INLINE void insert_alike(const position& at, const Construct& construct) {
    const array& owner = arrays_.array_of(false);
    const auto number = static_cast<unsigned>(at.tag() - header_around(at.tag()));
    slot_type* const slot = slot_of(owner.slots(at.bucket()), number);
    slot_opening<Allocator, slot_type> opening(slot);
    {
      [[maybe_unused]] const user_code scope(this);
      construct(slot);
    }
    opening.keep();
    owner.header(at.bucket())->tags[number] = *at.tag();
    ++size_;
  }

  void destroy(slot_type* slot) noexcept {
    [[maybe_unused]] const user_code scope(this);
    Elements::destroy(allocator(), slot);
    poison<Allocator>(slot, sizeof(slot_type));
  }

  // Whether chance does not make such a chain as this bucket has.
  bool is_overlong(bool in_new, std::uint64_t bucket) const noexcept {
    return claim_type::chain_length(arrays_.array_of(in_new), bucket) >
           layout::longest_natural_chain;
  }

  // After an overflow bucket was taken for the position `at`. What is too much is dealt with by the
  // next insertion.
  void look_at_overflow(bool in_new, std::uint64_t bucket, std::uint64_t at) noexcept {
    if (Policy::reseeds && is_overlong(in_new, bucket)) {
      suspect_ = {true, at};
      calm_ = {};
    }
    if (Policy::compacts && arrays_.memory.overflow_buckets > crowded_from_) {
      crowded_ = true;
      calm_ = {};
    }
  }

  // A bucket seen with an overlong chain, by a position in it.
  struct suspect {
    bool seen = false;
    std::uint64_t position = 0;
  };

  arrays_type arrays_;
  std::size_t size_ = 0;
  calm_sizes calm_;  // at which a call has nothing to do but its own business
  suspect suspect_;
  std::size_t crowded_from_ = 0;  // overflow buckets
  bool crowded_ = false;          // seen with more
  line_seed seed_;                // of the old array's line
  line_seed next_seed_;           // of the new array's, while reseeding
  [[no_unique_address]] place_stamp<debug_mode> places_;
  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] KeyEqual equal_;

 private:
  using overflow = typename array::overflow;
  using overflow_link = typename array::overflow_link;
  using group = typename layout::group;
  using tagged = typename claim_type::tagged;
  using walk = traversal<arrays_type>;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  template <class K>
  STEADY_ALWAYS_INLINE bool holds(const slot_type& slot, const K& key) const {
    [[maybe_unused]] const user_code scope(this);
    return static_cast<bool>(equal_(key, Elements::key_of(slot)));
  }

  // The element in the bucket itself, or what `beyond()` finds.
  template <class K, class Beyond>
  STEADY_ALWAYS_INLINE position probe(const place_type& place, bool far, const K& key,
                                      const Beyond& beyond) const {
    return probe(
        place, far, key,
        [](const position& found) STEADY_INLINE_LAMBDA -> position { return found; },
        []() STEADY_INLINE_LAMBDA -> position { return {}; }, beyond);
  }

  // The element in the bucket or its overflow, for who is going to change the bucket.
  template <class K>
  STEADY_ALWAYS_INLINE position find_in_chain(const place_type& place, const K& key) const {
    return probe(place, will_need_slots(place), key,
                 [&]() STEADY_INLINE_LAMBDA -> position { return find_beyond(place, key); });
  }

  // Where a lookup goes that has come to a detour: the line is divided.
  template <class K>
  STEADY_ALWAYS_INLINE position find_in_owner(std::uint64_t at, const K& key) const {
    if (arrays_.reseeding()) [[unlikely]]
      return find_under_reseeding(at, key).at();
    const tagged found = find_divided(at, key);
    if (found.slot == nullptr) return {};
    // Whoever only wants the element does not need the rest, nor is it worked out then.
    const place_type place = arrays_.locate_divided(at);
    const bool in_overflow =
        header_around(found.tag) != array::header_at(place.root, place.offset)->tags;
    return position::one(found.slot, found.tag, place.in_new, in_overflow, place.bucket());
  }
  // Returns no more than fits registers; three words through memory take 1.1 to 1.3 of the time.
  template <class K>
  STEADY_NOINLINE tagged find_divided(std::uint64_t at, const K& key) const {
    const position found = find_in_chain(arrays_.locate_divided(at), key);
    return {found.slot, found.tag()};
  }
  template <class K>
  STEADY_NOINLINE packed find_under_reseeding(std::uint64_t at, const K& key) const {
    return {find_in_chain(place_of(at, key), key), false};
  }

  // Asks for all lines of a bucket that is not too large, because which one is wanted is not known
  // yet. Unless each would have to come from `far`, that is not worth it.
  static STEADY_ALWAYS_INLINE void prefetch_bucket(const slot_type* slots, bool far) noexcept {
    if constexpr (layout::bucket_bytes <= 16 * cache_line_bytes) {
      if (far) prefetch_lines<std::min(layout::bucket_bytes, 8 * cache_line_bytes)>(slots);
    }
  }
  template <class K>
  STEADY_NOINLINE tagged find_in_overflow(typename array::root_type root, std::uint64_t bucket,
                                          std::uint64_t at, const K& key) const {
    const auto wanted = group::broadcast(tag_word(at));
    overflow* chain = to_raw(array::first_overflow(root, bucket));
    for (; chain != nullptr; chain = to_raw(chain->next)) {
      prefetch_lines<layout::overflow_stride>(chain);
      slot_type* const slots = array::overflow_slots(chain);
      std::uint32_t matches = group::match(chain, wanted) & all_overflow_slots;
      for (; matches != 0; matches &= matches - 1) {
        const auto number = lowest_bit(matches);
        if (holds(slots[number], key)) return {slots + number, chain->tags + number};
      }
    }
    return {};
  }

  // Takes scalars: a place whose address is taken would be in memory for every insertion, and read
  // from there before the stores have arrived (docs/dead-ends.md, "Building results from narrow
  // stores").
  STEADY_NOINLINE tagged claim_overflow(bool in_new, std::uint64_t bucket, std::uint64_t at) {
    array& owner = arrays_.array_of(in_new);
    const std::size_t before = arrays_.memory.overflow_buckets;
    const tagged claimed = claim_type::overflow_slot(owner, arrays_.memory, bucket, at);
    if (arrays_.memory.overflow_buckets != before) look_at_overflow(in_new, bucket, at);
    return claimed;
  }

  // A hash that throws leaves a place unknown: then everything counts as changing.
  STEADY_NOINLINE void announce(const slot_type* slot) const noexcept {
    try {
      const place_type place = place_of(Elements::key_of(*slot));
      arrays_.announce(place.in_new, place.position, place.position);
    } catch (...) {
      arrays_.announce_end();
    }
  }

  void remove_announced(slot_type* slot, std::uint8_t* tag) noexcept {
    walkers.each([&](walker_type& walker) { walker.erasing(slot); });
    remove(slot, tag);
  }
  // What is rare takes as little as it needs, because that is kept at hand whenever it might be.
  STEADY_NOINLINE void erase_observed(slot_type* slot, std::uint8_t* tag) noexcept {
    note_write(slot);
    remove_announced(slot, tag);
  }
  STEADY_NOINLINE void erase_in_overflow(slot_type* slot, std::uint8_t* tag, bool in_new,
                                         std::uint64_t bucket) noexcept {
    note_write(slot);
    remove_announced(slot, tag);
    claim_type::drop_empty_overflow(arrays_.array_of(in_new), arrays_.memory, bucket);
  }
  STEADY_ALWAYS_INLINE void remove(slot_type* slot, std::uint8_t* tag) noexcept {
    require_changeable();
    destroy(slot);
    *tag = empty_tag;
    ++arrays_.erasures;
    --size_;
  }
};

}  // namespace steady::detail
