// What the engine knows of a table's elements: sizes, properties, and the functions that
// depend on their type. One constant object for each type of table; `table` is always such a table.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

// An element on its way to another slot.
struct moving_element {
  void* slot;
  std::uint8_t* tag;
  std::uint64_t position;  // on the line of the array that it goes to
  void* destination;
  std::uint8_t* destination_tag;
};

// Usual steps of a migration, for split.hpp: neighbouring old buckets, each of which goes to two
// new ones, its targets, to which nothing was written yet. The old buckets are in one chunk, and so
// are the targets.
template <class Storage>
struct split_steps {
  std::uint64_t bucket;         // the old bucket that is next
  std::uint64_t end;            // behind the last one; there is one
  const bucket_header* header;  // of the next one
  std::byte* slots;
  bucket_header* target_headers;  // of its first target; the second one's follows, ...
  std::byte* target_slots;        // ... and so do its slots
  line_seed seed;
  std::uint8_t old_log2_buckets;
  std::uint8_t new_log2_buckets;

  std::uint8_t filled = 3;          // targets of the last bucket with elements, a bit for each
  std::size_t overflow_passed = 0;  // overflow buckets of the old array that are empty now

  bool has_filled_both() const noexcept { return filled == 3; }
};

template <class Storage>
struct element_kind {
  array_layout layout;
  const memory_source* memory;

  // What the policy says.
  double shrink_below;
  std::uint32_t evacuations_per_insert;
  bool reseeds;
  bool compacts;

  bool moves_without_throwing;
  bool hashes_without_throwing;
  bool is_copied_as_bytes;  // moving an element is copying its bytes
  bool needs_no_destroying;
  std::uint32_t bytes_elsewhere;  // that an element takes outside its slot

  // The hash position of an element. Throws what the hash throws.
  std::uint64_t (*position)(const void* table, const void* slot, const line_seed& seed);
  // Moves elements to their destinations. Throws what copying or moving one throws; nothing has
  // changed then.
  void (*relocate)(void* table, moving_element* first, std::size_t count);
  // Destroys the elements of the slots.
  void (*destroy)(void* table, std::byte* slots, slot_set which) noexcept;
  // Splits buckets, the last of which may leave a target without elements. Stops in front of one
  // whose overflow is of an unusual kind, or does not fit the targets' own slots, and where the
  // hash throws. Null where moving an element may throw.
  void (*split)(void* table, split_steps<Storage>& steps);
};

}  // namespace steady::detail
