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
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include <steady/detail/array_pair.hpp>
#include <steady/detail/debug.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/poison.hpp>
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
  using position = located<slot_type>;

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
    const std::uint64_t at = hashed(key);
    return find_in(arrays_.locate(at), at, key);
  }

  // The place of an element on the hash line.
  std::uint64_t line_position(const slot_type& slot) const {
    return hashed(Elements::key_of(slot));
  }

  position after(const position& at) const noexcept { return walk::after(arrays_, at); }
  position first() const noexcept { return size_ == 0 ? position{} : walk::first(arrays_); }

  // Destroys the element; nothing else moves.
  void erase(const position& at) noexcept {
    require_changeable();
    destroy(at.slot);
    *at.tag = empty_tag;
    --size_;
    array& owner = arrays_.array_of(at.in_new);
    bucket_header* const header = owner.header(at.bucket);
    if (header_around(at.tag) != header->tags) drop_empty_overflow(owner, at.bucket);
  }

 protected:
  using array = typename arrays_type::array;
  using place_type = typename arrays_type::place;
  using user_code = user_code_scope<debug_mode>;

  placement() = default;
  placement(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : arrays_(allocator), hash_(hash), equal_(equal) {}
  ~placement() = default;

  // Ends the program, in debug mode, when called from this table's own user code.
  void require_changeable() const noexcept { user_code::require_none(this); }

  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t hashed(const K& key) const {
    arrays_.memory.recorder.hashed();
    [[maybe_unused]] const user_code scope(this);
    return position_of(hash_, key, seed_);
  }

  template <class K>
  STEADY_ALWAYS_INLINE position find_in(const place_type& place, std::uint64_t at,
                                        const K& key) const {
    arrays_.memory.recorder.probed();
    bucket_header* const header = array::header(place.root, place.bucket);
    const auto wanted = group::broadcast(tag_word(at));
    if (std::uint32_t matches = group::match(header, wanted) & all_slots; matches != 0) {
      // The slots' address does not depend on the header's content: predicting that there is a
      // match, the processor fetches slots while the header is still on its way.
      slot_type* const slots = array::slots(place.root, place.bucket);
      prefetch_bucket(slots);
      do {
        const int number = std::countr_zero(matches);
        if (holds(slots[number], key)) [[likely]] {
          return {slots + number, header->tags + number, place.bucket, place.in_new};
        }
        matches &= matches - 1;
      } while (matches != 0);
    }
    if ((header->filter & filter_bit(at)) == 0) [[likely]]
      return {};
    const tagged found = find_in_overflow(place.root, place.bucket, at, key);
    return {found.slot, found.tag, place.bucket, place.in_new};
  }

  // Makes the element with `construct(slot)`, which is in user_code_scope. Strong guarantee.
  template <class Construct>
  STEADY_ALWAYS_INLINE position insert_at(const place_type& place, std::uint64_t at,
                                          const Construct& construct) {
    bucket_header* const header = array::header(place.root, place.bucket);
    const std::uint32_t empty = group::match_empty(header) & all_slots;
    slot_type* slot;
    std::uint8_t* tag;
    if (empty != 0) [[likely]] {
      const int number = std::countr_zero(empty);
      slot = array::slots(place.root, place.bucket) + number;
      tag = header->tags + number;
    } else {
      const tagged claimed = claim_overflow(place.bucket, place.in_new, at);
      slot = claimed.slot;
      tag = claimed.tag;
    }
    slot_opening<Allocator, slot_type> opening(slot);
    {
      [[maybe_unused]] const user_code scope(this);
      construct(slot);
    }
    opening.keep();
    *tag = tag_of(at);
    ++size_;
    return {slot, tag, place.bucket, place.in_new};
  }

  void destroy_elements() noexcept {
    if constexpr (!Elements::trivially_destructible()) {
      for (position at = first(); at; at = after(at)) destroy(at.slot);
    }
  }

  // Makes all buckets, whose elements are destroyed, empty ones.
  void forget_elements(array& within) noexcept {
    for (std::uint64_t bucket = 0; bucket < within.line().buckets(); ++bucket) {
      for (overflow* chain = within.overflow_of(bucket); chain != nullptr;) {
        overflow* const next = to_raw(chain->next);
        within.give_overflow(arrays_.memory, bucket, chain);
        chain = next;
      }
      std::memset(within.header(bucket), 0, sizeof(bucket_header));
      poison<Allocator>(within.slots(bucket), layout::bucket_bytes);
    }
  }

  arrays_type arrays_;
  std::size_t size_ = 0;
  line_seed seed_;
  [[no_unique_address]] place_stamp<debug_mode> places_;
  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] KeyEqual equal_;

 private:
  using overflow = typename array::overflow;
  using overflow_link = typename array::overflow_link;
  using group = typename layout::group;
  using tagged = tagged_slot<slot_type>;
  using walk = traversal<arrays_type>;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  template <class K>
  STEADY_ALWAYS_INLINE bool holds(const slot_type& slot, const K& key) const {
    [[maybe_unused]] const user_code scope(this);
    return static_cast<bool>(equal_(key, Elements::key_of(slot)));
  }

  // All lines of a small bucket, because which one is wanted is not known yet.
  static STEADY_ALWAYS_INLINE void prefetch_bucket(const slot_type* slots) noexcept {
    if constexpr (layout::bucket_bytes <= 4 * cache_line_bytes) {
      prefetch_lines<layout::bucket_bytes>(slots);
    }
  }

  template <class K>
  STEADY_NOINLINE tagged find_in_overflow(typename array::root_type root, std::uint64_t bucket,
                                          std::uint64_t at, const K& key) const {
    const auto wanted = group::broadcast(tag_word(at));
    overflow* chain = to_raw(array::first_overflow(root, bucket));
    for (; chain != nullptr; chain = to_raw(chain->next)) {
      slot_type* const slots = array::overflow_slots(chain);
      std::uint32_t matches = group::match(chain, wanted) & all_overflow_slots;
      for (; matches != 0; matches &= matches - 1) {
        const int number = std::countr_zero(matches);
        if (holds(slots[number], key)) return {slots + number, chain->tags + number};
      }
    }
    return {};
  }

  // An empty slot in the overflow of a bucket whose filter now admits `at`. An exception from the
  // element to come may leave a linked and empty overflow bucket, which does no harm.
  STEADY_NOINLINE tagged claim_overflow(std::uint64_t bucket, bool in_new, std::uint64_t at) {
    array& owner = arrays_.array_of(in_new);
    bucket_header* const header = owner.header(bucket);
    overflow* const chain = owner.overflow_of(bucket);
    std::size_t length = 0;
    for (overflow* link = chain; link != nullptr; link = to_raw(link->next), ++length) {
      const std::uint32_t empty = group::match_empty(link) & all_overflow_slots;
      if (empty == 0) continue;
      header->filter |= filter_bit(at);
      const int number = std::countr_zero(empty);
      return {array::overflow_slots(link) + number, link->tags + number};
    }
    overflow* const taken = owner.take_overflow(arrays_.memory, bucket);
    taken->next = to_stored<overflow_link>(chain);
    std::construct_at(&array::first_overflow(owner.root(), bucket),
                      to_stored<overflow_link>(taken));
    header->filter |= filter_bit(at);
    arrays_.memory.longest_chain = std::max(arrays_.memory.longest_chain, length + 1);
    return {array::overflow_slots(taken), taken->tags};
  }

  // Gives back the overflow buckets of `bucket` that have become empty.
  STEADY_NOINLINE void drop_empty_overflow(array& within, std::uint64_t bucket) noexcept {
    overflow_link* link = &array::first_overflow(within.root(), bucket);
    while (overflow* const candidate = to_raw(*link)) {
      if ((~group::match_empty(candidate) & all_overflow_slots) != 0) {
        link = &candidate->next;
        continue;
      }
      *link = candidate->next;
      within.give_overflow(arrays_.memory, bucket, candidate);
    }
    if (array::first_overflow(within.root(), bucket) == nullptr) within.header(bucket)->filter = 0;
  }

  void destroy(slot_type* slot) noexcept {
    [[maybe_unused]] const user_code scope(this);
    Elements::destroy(allocator(), slot);
    poison<Allocator>(slot, sizeof(slot_type));
  }
};

}  // namespace steady::detail
