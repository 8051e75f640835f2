// Growing a map of few elements at once: within one bucket, by 2, 4, 8 slots and a bucket's width,
// then to two buckets, then to four. Each of these moves at most two buckets, as much as a step of
// a migration may, so none needs a second array or a cold block.
//
// The new array is a block of its own. Elements move either all or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/migration/cold_blocks.hpp>
#include <steady/detail/migration/incremental_destruction.hpp>
#include <steady/detail/migration/migration.hpp>
#include <steady/detail/migration/reseed_step.hpp>
#include <steady/detail/migration/table_handle.hpp>

namespace steady::detail {

template <class Storage>
class small_growth {
 public:
  using array = bucket_array<Storage>;
  using handle = table_handle<Storage>;

  // Of a table that does not migrate.
  explicit small_growth(const handle& of) noexcept : of_(of), memory_(of.memory()) {}

  // An array for a first `size` elements, at most a bucket's width of them. Throws what the
  // allocator throws.
  STEADY_COLD void make_first(std::uint64_t size) {
    array fresh;
    make_single(fresh, size);
    of_.state.show(fresh);
  }

  // Room for one more element than there are slots, in an array of at most two buckets. Throws what
  // the allocator, hashing and copying throw; nothing has changed then.
  STEADY_NOINLINE void grow() {
    const array old = of_.state.old_array();
    array fresh;
    if (old.is_tiny()) {
      make_single(fresh, old.tiny_slots(layout()) + std::uint64_t{1});
      return move_to(old, fresh, [&] { widen(old, fresh); });
    }
    fresh.create(memory_, layout(), old.line().log2_buckets() + 1);
    move_to(old, fresh, [&] { divide(old, fresh); });
  }

  // A whole bucket instead of a tiny one, for a migration.
  STEADY_COLD void widen_fully() {
    const array old = of_.state.old_array();
    array fresh;
    make_single(fresh, layout().width);
    move_to(old, fresh, [&] { widen(old, fresh); });
  }

 private:
  const array_layout& layout() const noexcept { return of_.layout(); }

  // One bucket with at least `slots` slots.
  void make_single(array& fresh, std::uint64_t slots) {
    for (unsigned size = 0; size < array_layout::tiny_sizes; ++size) {
      const std::uint32_t tiny = array_layout::tiny_slots(size);
      if (tiny >= slots && tiny < layout().width) return fresh.create_tiny(memory_, layout(), size);
    }
    fresh.create(memory_, layout(), 0);
    fresh.clear_headers(memory_, 0, 1);
  }

  template <class Move>
  void move_to(array old, array& fresh, const Move& move) {
    const std::uint64_t overflow = memory_.overflow_buckets();
    try {
      move();
    } catch (...) {
      fresh.destroy(memory_, layout());
      memory_.overflow_given_back(memory_.overflow_buckets() - overflow);
      throw;
    }
    of_.state.show(fresh);
    of_.state.locations.change();
    old.destroy(memory_, layout());
  }

  // Within one bucket elements keep their slots' numbers, and nothing is hashed.
  void widen(const array& old, const array& fresh) {
    bucket_header& header = *old.header(0);
    std::byte* const from = old.slots(0, layout());
    std::byte* const to = fresh.slots(0, layout());
    const slot_set full = old.full_slots(0, layout());
    if (of_.kind.is_copied_as_bytes && !Storage::is_poisoned && !unwritten_bytes_are_watched &&
        !of_.state.has_walkers()) {
      std::memcpy(to, from, std::size_t{old.tiny_slots(layout())} * layout().slot_bytes);
    } else {
      relocate(full, from, to, header.tags);
    }
    if (layout().caches_hashes) {
      std::memcpy(array::cached_hashes(to, 0, layout()), array::cached_hashes(from, 0, layout()),
                  sizeof(bucket_header));
    }
    *fresh.header(0) = header;
    memory_.recorder().moved(full.size());
  }
  void relocate(slot_set full, std::byte* from, std::byte* to, std::uint8_t* tags) {
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

  // Twice as many buckets.
  void divide(const array& old, array& fresh) {
    const std::uint64_t buckets = old.line().buckets();
    if (splits(old, buckets)) {
      for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) {
        migration<Storage>::split_bucket(of_, memory_, old, bucket, fresh, 2 * bucket, true);
      }
    } else {
      fresh.clear_headers(memory_, 0, 2 * buckets);
      reseed_step<Storage>(of_, old, fresh, memory_).run(0, buckets, of_.state.seed);
    }
  }
  // Whether every bucket can be split, without fail.
  bool splits(const array& old, std::uint64_t buckets) const noexcept {
    if (of_.kind.split == nullptr || !of_.kind.hashes_without_throwing ||
        layout().log2_chunk_buckets == 0 || of_.state.has_walkers()) {
      return false;
    }
    std::uint16_t overflow = 0;
    for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) {
      overflow = static_cast<std::uint16_t>(overflow | old.header(bucket)->filter);
    }
    return overflow == 0;
  }

  const handle& of_;
  map_memory<Storage> memory_;
};

}  // namespace steady::detail
