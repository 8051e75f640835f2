// The layout of the arrays of one type of element, as a type: constants for code that knows the
// element.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/array/header_leaves.hpp>
#include <steady/detail/array/header_run.hpp>
#include <steady/detail/array/shown_layout.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Storage>
using header_store = std::conditional_t<Storage::in_leaves, header_leaves<bucket_header, Storage>,
                                        header_run<bucket_header, Storage>>;

template <class Slot, class Storage, class Policy, bool CachesHashes>
struct typed_layout {
  using slot_type = Slot;
  using policy = Policy;
  using storage = Storage;
  using tag_group = typename Policy::group;
  static constexpr bool caches_hashes = CachesHashes;

  static constexpr unsigned width = Policy::template bucket_width<sizeof(Slot)>;
  static constexpr unsigned overflow_width = min_of(Policy::overflow_width, width);
  static constexpr std::size_t bucket_bytes = width * sizeof(Slot);
  static constexpr std::size_t alignment = max_of(memory_source::block_alignment, alignof(Slot));

  // Buckets per chunk: as many as fit the chunk's size, a power of two.
  static constexpr std::size_t chunk_buckets = std::bit_floor(
      clamped(Policy::chunk_bytes / bucket_bytes, std::size_t{1}, std::size_t{4096}));

  static constexpr array_layout value = [] {
    using statistics = overflow_statistics<Policy, width, overflow_width>;
    static_assert(1 <= width && width <= max_bucket_width, "bucket_width: 1 to 14 slots");
    static_assert(1 <= overflow_width && overflow_width <= max_overflow_width,
                  "overflow_width: 1 to 6 slots");
    static_assert(chunk_buckets <= overflow_bucket<Storage>::home_bits + 1,
                  "an overflow bucket can tell every bucket of its chunk");
    static_assert(Policy::load_limit > 0 && Policy::load_limit * width >= 1,
                  "load_limit: a part of the slots that is at least one slot per bucket");
    static_assert(Policy::load_limit <= 4, "load_limit: more than 0, and 4 at most");
    static_assert(Policy::shrink_below >= 0 && Policy::shrink_below <= 0.4,
                  "shrink_below: 0 to 0.4, so that what has shrunk has room");
    static_assert(Policy::evacuations_per_insert >= 1, "evacuations_per_insert: at least 1");

    using extras = bucket_extras<Storage>;
    array_layout of{};
    of.slot_bytes = sizeof(Slot);
    of.width = width;
    of.overflow_width = overflow_width;
    of.caches_hashes = CachesHashes;
    of.load = statistics::load;
    of.spare_per_bucket = statistics::spare;
    of.crowded_per_bucket = statistics::crowded;
    of.longest_natural_chain = statistics::longest_natural_chain;
    of.policy_chunk_bytes = static_cast<std::uint32_t>(Policy::chunk_bytes);
    of.alignment = alignment;
    of.bucket_bytes = bucket_bytes;
    of.log2_chunk_buckets = std::bit_width(chunk_buckets) - 1;
    of.log2_group_buckets = array_layout::log2_group_in(of.log2_chunk_buckets);
    of.extras_bytes = sizeof(extras) + (CachesHashes ? extras::cached_hashes_bytes : 0);
    of.supply_bytes = sizeof(overflow_supply<Storage>);
    of.overflow_slots_offset =
        static_cast<std::uint32_t>(round_up(sizeof(overflow_bucket<Storage>), alignof(Slot)));
    of.overflow_stride = static_cast<std::uint32_t>(
        round_up(of.overflow_slots_offset + overflow_width * sizeof(Slot), alignment));
    of.extension_header = static_cast<std::uint32_t>(round_up(sizeof(void*) * 2, alignment));
    of.full_chunk = of.chunk(chunk_buckets, 0);
    // Not so many that their slots are more than a page.
    of.stretch_buckets = std::bit_floor(
        clamped<std::uint32_t>(4096 / of.bucket_bytes, 1, min_of<std::uint32_t>(chunk_buckets, 4)));
    using store = header_store<Storage>;
    for (unsigned log2 = 0; log2 < array_layout::few_sizes; ++log2) {
      const std::size_t buckets = std::size_t{1} << log2;
      of.few[log2] = of.chunk(buckets, store::embedded_prefix + buckets * sizeof(bucket_header));
      of.few_limits[log2] = static_cast<std::uint32_t>(of.load_limit(log2));
    }
    for (unsigned size = 0; size < array_layout::tiny_sizes; ++size) {
      of.tiny[size] = store::tiny(size, of);
    }
    return of;
  }();

  // Whether a bucket's slots are so few cache lines that prefetching all of them costs little.
  static constexpr bool has_short_buckets = bucket_bytes <= 4 * cache_line_bytes;

  // The shift of the smallest array that counts as large: there it pays to prefetch all slots of a
  // bucket before it is known which one is needed.
  static constexpr unsigned shift_of_large =
      line_partition::of(
          std::bit_width((std::size_t{1} << (has_short_buckets ? 17 : 19)) / bucket_bytes))
          .shift;

  // The shift of the smallest array in which calls for many keys overlap their cache misses.
  static constexpr unsigned shift_of_batches =
      line_partition::of(
          std::bit_width(Policy::batches_from_bytes / (CachesHashes ? 4 : 1) / bucket_bytes))
          .shift;

  // In an array of no more than these, a visit to all slots, in order but with pauses, needs no
  // prefetching.
  static constexpr std::uint64_t buckets_nearby = (std::size_t{1} << 16) / bucket_bytes;
  // The same where nothing but the slots is read: then the processor prefetches by itself, as long
  // as the slots are in one of its caches.
  static constexpr std::uint64_t buckets_cached = bytes_cached / bucket_bytes;
};

// What debuggers are shown of it.
template <class Layout>
struct shown_layout : shown_table<typename Layout::slot_type, shown_version, Layout::width,
                                  Layout::overflow_width, Layout::chunk_buckets,
                                  Layout::value.extras_bytes, Layout::value.overflow_slots_offset> {
};

}  // namespace steady::detail
