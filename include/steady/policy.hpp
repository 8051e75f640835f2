// steady::default_policy: the knobs of a map, all compile-time constants.
//
// To turn one, derive and replace it:
//
//   struct roomy : steady::default_policy {
//     static constexpr double load_limit = 0.6;
//   };
//   steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>,
//                    std::allocator<std::pair<const int, int>>, roomy> map;
#pragma once

#include <cstddef>

#include <steady/detail/line/tag_group.hpp>

namespace steady {

struct default_policy {
  // Slots in a bucket, 1 to 14, for elements of the given size in bytes. Large elements get narrow
  // buckets, so that a map of a few of them stays small.
  template <std::size_t SlotBytes>
  static constexpr unsigned bucket_width = SlotBytes <= 128   ? 14
                                           : SlotBytes <= 512 ? 8
                                                              : 4;

  // Slots in an overflow bucket, 1 to 6; never more than in a bucket.
  static constexpr unsigned overflow_width = 6;

  // The map grows when it holds more than this part of all slots in buckets, overflow not counted.
  // At least one slot of a bucket, and 4 at most. A single bucket is filled to the brim, neither
  // less nor more.
  static constexpr double load_limit = 0.8;

  // Slots are allocated in chunks of about this many bytes. Links and overflow buckets come on top;
  // a single bucket may be larger (docs/guarantees.md, "Bounds").
  static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

  // The most intervals (an old bucket, or a part of one) that one insert evacuates; twice as many
  // while the map is being reseeded or is about to be. 1 suffices for every migration to end before
  // the next is due, except where a chunk is a single bucket of one slot (docs/design.md).
  static constexpr unsigned evacuations_per_insert = 2;

  // A map of more than a chunk that holds less than this part of its load limit shrinks, driven by
  // insertions and steps. 0: only on request.
  static constexpr double shrink_below = 0.125;

  // Take a new seed, in steps, when a bucket's chain has become longer than chance makes it: keys
  // were chosen to collide, or the hash is broken.
  static constexpr bool reseeds = true;

  // Compact, in steps, when there is far more overflow than the size explains; and let insertions
  // move elements from a bucket's overflow into slots that erasing has left.
  static constexpr bool compacts = true;

  // Let erase(key) and erase_keys() move other elements, to drive what is pending. Otherwise
  // erasing invalidates nothing but the erased element.
  static constexpr bool erase_moves = false;

  // Keep the bucket headers of large maps in one run of reserved addresses where the system can do
  // that and the allocator is std::allocator; otherwise they come from the allocator, in blocks of
  // 64 KiB.
  static constexpr bool reserve_addresses = true;

  // Calls for many keys at a time overlap their cache misses in maps of at least so many bytes of
  // slots; a quarter of that where keys are not numbers, for those refer to more. In smaller ones,
  // which are cached, that would cost more than it saves.
  static constexpr std::size_t batches_from_bytes = std::size_t{8} << 20;

  // Count what every call does; see steady/work.hpp.
  static constexpr bool count_work = false;

  // How the tags of a bucket are compared.
  using group = detail::native_tag_group;
};

// For whoever counts bytes: buckets get nearly full, and narrow overflow buckets hold what does not
// fit. A map of pairs of 8-byte numbers takes 27.2 bytes an element, averaged over all sizes,
// instead of 33.4. Lookups that do not find take longer (docs/experiments.md).
struct dense_policy : default_policy {
  static constexpr double load_limit = 0.98;
  static constexpr unsigned overflow_width = 3;
};

}  // namespace steady
