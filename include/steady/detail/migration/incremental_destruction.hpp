// Destroying elements and giving their memory back: all at once, or in steps, for arrays that a
// table has retired. It goes bucket by bucket along the line, and frees memory right behind.
//
// Of a migration's two arrays the new one goes first; what is left of its memory then, headers
// above all, goes in a step of its own.
//
// Bound of a step: one bucket with its overflow, and at most one chunk (two with the last of an
// array); where elements need no destroying, only the chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/migration/cold_blocks.hpp>
#include <steady/detail/migration/table_handle.hpp>

namespace steady::detail {

// Destroys the elements of some slots.
template <class Storage>
void destroy_slots(const table_handle<Storage>& of, std::byte* slots, slot_set full) noexcept {
  if (!of.kind.needs_no_destroying && !full.empty()) of.kind.destroy(of.table, slots, full);
}

// The same for a bucket; its tags stay.
template <class Storage>
STEADY_NOINLINE void destroy_bucket(const table_handle<Storage>& of,
                                    const bucket_array<Storage>& within,
                                    std::uint64_t bucket) noexcept {
  const array_layout& layout = of.layout();
  const slot_set full = within.full_slots(bucket, layout);
  if (!full.empty()) detail::destroy_slots(of, within.slots(bucket, layout), full);
  for (overflow_bucket<Storage>* link : within.overflow_of(bucket, layout)) {
    detail::destroy_slots(of, detail::overflow_slots<Storage>(link, layout),
                          overflow_chain<Storage>::full_slots(link, layout));
  }
}
// The elements of a bucket.
template <class Storage>
STEADY_COLD std::size_t count_bucket(const bucket_array<Storage>& within, std::uint64_t bucket,
                                     const array_layout& layout) noexcept {
  std::size_t count = within.full_slots(bucket, layout).size();
  for (overflow_bucket<Storage>* link : within.overflow_of(bucket, layout)) {
    count += overflow_chain<Storage>::full_slots(link, layout).size();
  }
  return count;
}

// Destroys the elements of an array from bucket `from` up to `end`, and gives all its memory back,
// each chunk right behind its elements: the allocator's coalescing then hits the cache.
template <class Storage>
STEADY_NOINLINE void destroy_array(const table_handle<Storage>& of, map_memory<Storage>& memory,
                                   bucket_array<Storage>& within, std::uint64_t from,
                                   std::uint64_t end) noexcept {
  for (std::uint64_t chunk = within.first_chunk(); chunk < within.end_chunk(); ++chunk) {
    const std::uint64_t first = chunk << of.layout().log2_chunk_buckets;
    const std::uint64_t last = min_of(first + of.layout().chunk_buckets(), end);
    if (!of.kind.needs_no_destroying) {
      const occupancy<Storage> occupied(within, of.layout());
      for (std::uint64_t bucket = occupied.next(max_of(first, from), last); bucket < last;
           bucket = occupied.next(bucket, last)) {
        const std::uint64_t group_end = min_of(occupied.end_of_group(bucket), last);
        for (; bucket < group_end; ++bucket) detail::destroy_bucket(of, within, bucket);
      }
    }
    within.release_chunk(memory, of.layout(), chunk, false);
  }
  within.destroy_headers(memory, of.layout());
}

// The same for both arrays of a cold block.
template <class Storage>
STEADY_COLD void destroy_arrays(const table_handle<Storage>& of,
                                cold_block<Storage>& cold) noexcept {
  map_memory<Storage> memory = of.memory_of(std::addressof(cold));
  bucket_array<Storage>& old = cold.old_array();
  if (cold.migrating()) {
    detail::destroy_array(of, memory, cold.new_array(), 0, cold.new_written());
  }
  detail::destroy_array(of, memory, old, old.line().bucket_at(cold.frontier), old.line().buckets());
  memory.release_recycled(of.layout().full_chunk.bytes, of.layout().alignment);
  cold.memory.overflow_buckets = 0;
  cold.frontier = 0;
  cold.reseeding = false;
}

// The destruction of retired arrays, in their cold block; lookups no longer read them.
template <class Storage>
class incremental_destruction {
 public:
  using cold_type = cold_block<Storage>;
  using handle = table_handle<Storage>;

  incremental_destruction(const handle& of, cold_type& retired) noexcept
      : of_(of),
        cold_(retired),
        progress_(retired.destruction),
        memory_(of.memory_of(std::addressof(retired))) {}

  // Retires the arrays of a cold block, which held `elements` elements. O(1).
  STEADY_COLD static void begin(cold_type& cold, std::uint64_t elements) noexcept {
    destruction_progress progress;
    progress.new_written = cold.migrating() ? cold.new_written() : 0;
    progress.in_new = progress.new_written != 0;
    progress.elements = elements;
    progress.total_elements = elements;
    if (!progress.in_new) progress.next_bucket = first_old(cold);
    if (cold.older != nullptr) {
      const cold_type& older = *detail::to_raw(cold.older);
      progress.total_elements += older.destruction.total_elements;
      progress.older_bytes = older.memory.bytes + older.destruction.older_bytes;
      progress.older_pending = pending(older);
      progress.is_any_older_observed =
          older.snapshots.any() || older.destruction.is_any_older_observed;
    }
    cold.is_retired = true;
    cold.destruction = progress;
  }

  // Does at most `most` buckets; returns how many. All memory but the block itself is given back
  // with the last.
  std::size_t step(std::size_t most) noexcept {
    std::size_t done = 0;
    for (; done < most && cold_.old_array().exists(); ++done) destroy_next();
    return done;
  }

  // Buckets that are left, here and in older blocks.
  static std::uint64_t pending(const cold_type& retired) noexcept {
    const destruction_progress& progress = retired.destruction;
    if (!retired.old_array().exists()) return progress.older_pending;
    const std::uint64_t old = retired.old_array().line().buckets();
    std::uint64_t left = old - progress.next_bucket;
    if (progress.in_new) {
      left = progress.new_written - progress.next_bucket + old - first_old(retired);
    }
    const std::uint64_t end_of_new = retired.new_array().exists() ? 1 : 0;
    return left + end_of_new + progress.older_pending;
  }

 private:
  static std::uint64_t first_old(const cold_type& cold) noexcept {
    return cold.old_array().line().bucket_at(cold.frontier);
  }

  STEADY_COLD void destroy_next() noexcept {
    if (!progress_.in_new && cold_.new_array().exists()) {
      return cold_.new_array().destroy(memory_, of_.layout());
    }
    bucket_array<Storage>& within = cold_.arrays[progress_.in_new ? 1 : 0];
    const std::uint64_t bucket = progress_.next_bucket;
    std::size_t destroyed = 0;
    if (cold_.snapshots.any()) [[unlikely]] {
      const line_partition line = within.line();
      cold_.announce(progress_.in_new, line.first_of(bucket), line.last_of(bucket));
    } else if (of_.kind.needs_no_destroying) {
      progress_.next_bucket |= of_.layout().chunk_buckets() - 1;  // the rest of the chunk as well
    }
    if (!of_.kind.needs_no_destroying) {
      destroyed = detail::count_bucket(within, bucket, of_.layout());
      detail::destroy_bucket(of_, within, bucket);
    }
    memory_.recorder().destroyed(destroyed);
    progress_.elements -= destroyed;
    progress_.total_elements -= destroyed;
    ++progress_.next_bucket;
    const std::uint64_t end = progress_.in_new ? progress_.new_written : within.line().buckets();
    within.release_below(memory_, of_.layout(), min_of(progress_.next_bucket, end));
    if (progress_.next_bucket < end) return;
    if (progress_.in_new) {
      progress_.in_new = false;
      progress_.next_bucket = first_old(cold_);
    } else {
      end_all();
    }
  }

  STEADY_COLD void end_all() noexcept {
    cold_.old_array().destroy(memory_, of_.layout());
    memory_.release_recycled(of_.layout().full_chunk.bytes, of_.layout().alignment);
    progress_.total_elements -= progress_.elements;
    progress_.elements = 0;
    cold_.snapshots.each([this](snapshot_base& snapshot) {
      cold_.snapshots.remove(snapshot);
      snapshot.ended();
    });
  }

  const handle& of_;
  cold_type& cold_;
  destruction_progress& progress_;
  map_memory<Storage> memory_;
};

}  // namespace steady::detail
