// Growing a map of few elements at once: within one bucket, from 2 slots to half a bucket's and to
// all of a bucket's, then to two buckets, then to four. Each growth moves at most two buckets, as
// much as a step of a migration may, so none needs a second array or a cold block.
//
// The new array is a block of its own. Elements move either all or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/migration/element_transfer.hpp>
#include <steady/detail/migration/migration.hpp>
#include <steady/detail/migration/table_handle.hpp>

namespace steady::detail {

template <class Storage>
class small_growth {
 public:
  using array = bucket_array<Storage>;
  using handle = table_handle<Storage>;

  // Of a table that does not migrate.
  explicit small_growth(const handle& of) noexcept : of_(of), memory_(of.memory()) {}

  // An array for a first `size` elements, at most a bucket's width of them. Returns how many there
  // is room for. Throws what the allocator throws.
  STEADY_NOINLINE std::uint64_t make_first(std::uint64_t size) {
    unsigned tiny = 0;
    while (layout().tiny[tiny].room < size) ++tiny;
    array fresh;
    fresh.create_tiny(memory_, layout(), tiny);
    of_.state.show(fresh);
    return layout().tiny[tiny].room;
  }

  // More room, where that takes no migration, for a table of at most two buckets. Returns how many
  // elements there is room for; 0, and nothing has changed, where it takes one. Throws what the
  // allocator, hashing and copying throw; nothing has changed then.
  std::uint64_t grow() {
    array old = of_.state.old_array();
    if (old.is_tiny()) {
      const unsigned size = old.tiny_size(layout());
      const unsigned larger = layout().larger_tiny(size);
      if (larger != array_layout::tiny_sizes) {
        widen(old, size, larger);
        return layout().tiny[larger].room;
      }
    }
    const unsigned log2_buckets = old.line().log2_buckets() + 1;
    if (!array::is_embedded(line_partition::of(log2_buckets), layout())) return 0;
    divide(old, log2_buckets);
    return layout().few_limits[log2_buckets];
  }

  // A bucket that can have overflow instead of a tiny one. Throws as grow().
  STEADY_COLD void make_whole() {
    array old = of_.state.old_array();
    array fresh;
    fresh.create(memory_, layout(), 0);
    move_bucket(old, fresh);
  }

 private:
  const array_layout& layout() const noexcept { return of_.layout(); }

  bool moves_bytes() const noexcept {
    return of_.kind.is_copied_as_bytes && !Storage::is_poisoned && !unwritten_bytes_are_watched &&
           !of_.state.has_walkers();
  }

  // Replaces `old` by `fresh`, to which `move` brings the elements; if that fails, releases
  // `fresh`.
  template <class Move>
  void replace(array& old, array& fresh, const Move& move) {
    STEADY_TRY { move(); }
    STEADY_CATCH_ALL {
      fresh.destroy(memory_, layout());
      STEADY_RETHROW;
    }
    of_.state.show(fresh);
    of_.state.locations.change();
    old.destroy(memory_, layout());
  }

  // ---- within one bucket: elements keep their slots' numbers, and nothing is hashed ----

  // To a larger tiny bucket.
  void widen(array& old, unsigned size, unsigned larger) {
    if (moves_bytes()) {
      memory_.recorder().moved(old.full_slots(0, layout()).size());
      old.widen_as_bytes(memory_, layout(), size, larger);
      of_.state.show(old);
      of_.state.locations.change();
    } else {
      widen_by_elements(old, larger);
    }
  }
  STEADY_NOINLINE void widen_by_elements(array& old, unsigned larger) {
    array fresh;
    fresh.create_tiny(memory_, layout(), larger);
    move_bucket(old, fresh);
  }

  void move_bucket(array& old, array& fresh) {
    replace(old, fresh, [&] { copy_bucket(old, fresh); });
  }
  void copy_bucket(const array& old, array& fresh) {
    bucket_header& header = *old.header(0);
    std::byte* const from = old.slots(0, layout());
    std::byte* const to = fresh.slots(0, layout());
    const slot_set full = old.full_slots(0, layout());
    relocate(full, from, to, header.tags);
    if (layout().caches_hashes) {
      std::memcpy(array::cached_hashes(to, 0, layout()), array::cached_hashes(from, 0, layout()),
                  sizeof(bucket_header));
    }
    occupancy_notes<Storage> notes(fresh, layout());
    notes.write_empty(0, 1);
    if (!full.empty()) {
      notes.note_filled(0);
      *fresh.header(0) = header;
    }
    memory_.recorder().moved(full.size());
  }
  STEADY_COLD void relocate(slot_set full, std::byte* from, std::byte* to, std::uint8_t* tags) {
    moving_element elements[max_bucket_width];
    std::size_t count = 0;
    for (const std::uint64_t number : full) {
      elements[count++] = {from + number * layout().slot_bytes, tags + number, 0,
                           to + number * layout().slot_bytes, nullptr};
    }
    of_.kind.relocate(of_.table, elements, count);
    of_.state.each_walker([&](walker_base& walker) {
      for (std::size_t n = 0; n < count; ++n) {
        walker.moved(elements[n].slot, elements[n].destination);
      }
    });
  }

  // ---- to twice as many buckets ----

  STEADY_NOINLINE void divide(array& old, unsigned log2_buckets) {
    array fresh;
    fresh.create(memory_, layout(), log2_buckets);
    replace(old, fresh, [&] { divide_into(old, fresh); });
  }
  // Only splitting a bucket with overflow can fail, so that bucket comes first. If it fails, or
  // several buckets have overflow, elements are transferred.
  void divide_into(const array& old, array& fresh) {
    const std::uint64_t buckets = old.line().buckets();
    const std::uint64_t first = splits(old, buckets);
    if (first < buckets && split(old, first, fresh)) {
      for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) {
        if (bucket != first) split(old, bucket, fresh);
      }
    } else {
      transfer(old, fresh);
    }
  }
  STEADY_NOINLINE bool split(const array& old, std::uint64_t bucket, array& fresh) {
    split_steps<Storage> steps = migration<Storage>::splits_of(of_, old, bucket, fresh);
    return migration<Storage>::split(of_, memory_, steps);
  }
  STEADY_COLD void transfer(const array& old, array& fresh) {
    const std::uint64_t buckets = old.line().buckets();
    occupancy_notes<Storage>(fresh, layout()).write_empty(0, 2 * buckets);
    memory_.recorder().zeroed(2 * buckets * sizeof(bucket_header));
    element_transfer<Storage> transfer(of_, old, fresh, of_.state.seed, memory_);
    for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) transfer.gather(bucket);
    transfer.run(2 * buckets);
    transfer.give_overflow_back();
    memory_.recorder().evacuated(buckets);
  }
  // The bucket to split first, or `buckets` if not all others can be split without fail.
  std::uint64_t splits(const array& old, std::uint64_t buckets) const noexcept {
    if (of_.kind.split == nullptr || !of_.kind.hashes_without_throwing ||
        layout().log2_chunk_buckets == 0 || of_.state.has_walkers()) {
      return buckets;
    }
    std::uint64_t first = 0;
    unsigned with_overflow = 0;
    for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) {
      if (old.header(bucket)->filter == 0) continue;
      first = bucket;
      ++with_overflow;
    }
    return with_overflow <= 1 ? first : buckets;
  }

  const handle& of_;
  map_memory<Storage> memory_;
};

}  // namespace steady::detail
