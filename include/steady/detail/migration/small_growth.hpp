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

  // An array for a first `size` elements, at most a bucket's width of them. Throws what the
  // allocator throws.
  STEADY_NOINLINE void make_first(std::uint64_t size) {
    array fresh;
    make_single(fresh, size);
    of_.state.show(fresh);
  }

  // Room for one more element than there are slots, in an array of at most two buckets. Throws what
  // the allocator, hashing and copying throw; nothing has changed then.
  void grow() {
    array old = of_.state.old_array();
    if (old.is_tiny() && moves_bytes()) {
      const unsigned size = old.tiny_size(layout());
      if (size + 1 < array_layout::tiny_sizes &&
          layout().tiny_slots(size) < layout().tiny_slots(size + 1)) {
        const std::size_t moved = old.full_slots(0, layout()).size();
        old.widen_as_bytes(memory_, layout(), size, size + 1);
        memory_.recorder().moved(moved);
        of_.state.show(old);
        of_.state.locations.change();
        return;
      }
    }
    const std::uint64_t slots = old.tiny_slots(layout());
    grow_from(old, slots == 0 || slots == layout().width ? way::divided : way::widened, slots + 1);
  }

  // A bucket that can have overflow instead of a tiny one, for a migration. Throws as grow().
  STEADY_COLD void make_whole() { grow_from(of_.state.old_array(), way::made_whole, 0); }

 private:
  const array_layout& layout() const noexcept { return of_.layout(); }

  bool moves_bytes() const noexcept {
    return of_.kind.is_copied_as_bytes && !Storage::is_poisoned && !unwritten_bytes_are_watched &&
           !of_.state.has_walkers();
  }

  // One bucket with at least `slots` slots.
  void make_single(array& fresh, std::uint64_t slots) {
    unsigned size = 0;
    while (layout().tiny_slots(size) < slots) ++size;
    fresh.create_tiny(memory_, layout(), size);
  }

  // To one tiny bucket with more slots, to one whole bucket, or to twice as many buckets.
  enum class way { widened, made_whole, divided };

  STEADY_NOINLINE void grow_from(array old, way how, std::uint64_t slots) {
    array fresh;
    if (how == way::widened) {
      make_single(fresh, slots);
    } else {
      fresh.create(memory_, layout(), old.line().log2_buckets() + (how == way::divided ? 1 : 0));
    }
    STEADY_TRY {
      if (how == way::divided) {
        divide(old, fresh);
      } else {
        widen(old, fresh);
      }
    }
    STEADY_CATCH_ALL {
      fresh.destroy(memory_, layout());
      STEADY_RETHROW;
    }
    of_.state.show(fresh);
    of_.state.locations.change();
    old.destroy(memory_, layout());
  }

  // Within one bucket elements keep their slots' numbers, and nothing is hashed.
  void widen(const array& old, array& fresh) {
    bucket_header& header = *old.header(0);
    std::byte* const from = old.slots(0, layout());
    std::byte* const to = fresh.slots(0, layout());
    const slot_set full = old.full_slots(0, layout());
    if (moves_bytes()) {
      std::memcpy(to, from, std::size_t{old.tiny_slots(layout())} * layout().slot_bytes);
    } else {
      relocate(full, from, to, header.tags);
    }
    if (layout().caches_hashes) {
      std::memcpy(array::cached_hashes(to, 0, layout()), array::cached_hashes(from, 0, layout()),
                  sizeof(bucket_header));
    }
    *fresh.header(0) = header;
    if (!full.empty()) occupancy_notes<Storage>(fresh, layout()).note_filled(0);
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

  // Twice as many buckets. Only splitting a bucket with overflow can fail, so that bucket comes
  // first. If it fails, or several buckets have overflow, elements are transferred.
  void divide(const array& old, array& fresh) {
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
  bool split(const array& old, std::uint64_t bucket, array& fresh) {
    split_steps<Storage> steps = migration<Storage>::splits_of(of_, old, bucket, fresh);
    return migration<Storage>::split(of_, memory_, steps);
  }
  STEADY_COLD void transfer(const array& old, array& fresh) {
    const std::uint64_t buckets = old.line().buckets();
    fresh.clear_headers(memory_, 0, 2 * buckets);
    element_transfer<Storage> transfer(of_, old, fresh, of_.state.seed, memory_);
    for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) transfer.gather(bucket);
    transfer.run();
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
