// Which buckets of an array hold elements, in their slots or in their overflow. A chunk has a word
// with a bit for each group of its buckets: four, whose headers are a cache line, or more. An
// array of several chunks has a bit for each of them, in levels. Arrays of less than 16 buckets
// have neither: their headers are looked at.
//
// Invariants, in the old array of a migration from the frontier on, in the new one below it:
//
//   1. A group's bit is set exactly when one of its buckets has an element or an overflow bucket; a
//      chunk's when one of its groups' is.
//   2. The headers of a group whose bit is not set are detours, and their links to overflow null.
//      So an insertion need not look whether it has something to note: such a header sends it out
//      of line, as if there were overflow.
//
// So the next bucket with elements, and the one before, are found in the words of two chunks, two
// words of each level, and the headers of two groups, however many empty buckets lie between.
//
// Whoever brings an element to a group that may be empty notes it before; whoever takes one away,
// afterwards. The array counts its sparse chunks, those with a bit that is not set. As long as
// there is none, no group is empty, and there is nothing to note: a table that grows knows nothing
// of all this, and reserved room is sparse only until each group has got its first element.
//
// An array to which old buckets are split begins with all bits set, so that splits note nothing but
// the groups that get no elements; its last group in use may be empty and noted all the same.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bit_levels.hpp>
#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

template <class Storage>
class occupancy {
 public:
  using array = bucket_array<Storage>;

  occupancy(const array& of, const array_layout& layout) noexcept : of_(of), layout_(layout) {}

  const array_layout& layout() const noexcept { return layout_; }

  // The first of the buckets that share a bit with `bucket`, and behind the last.
  std::uint64_t begin_of_group(std::uint64_t bucket) const noexcept {
    return bucket & ~(group_buckets() - 1);
  }
  std::uint64_t end_of_group(std::uint64_t bucket) const noexcept {
    return min_of((bucket | (group_buckets() - 1)) + 1, of_.line().buckets());
  }
  // The first of the buckets that share a chunk with `bucket`, and behind the last.
  std::uint64_t begin_of_chunk(std::uint64_t bucket) const noexcept {
    return bucket & ~(std::uint64_t{layout_.chunk_buckets()} - 1);
  }
  std::uint64_t end_of_chunk(std::uint64_t bucket) const noexcept {
    return min_of((bucket | (layout_.chunk_buckets() - 1)) + 1, of_.line().buckets());
  }
  // Whether the group that `bucket` is in is empty, as far as it lies between these.
  bool group_is_empty(std::uint64_t bucket, std::uint64_t begin, std::uint64_t end) const noexcept {
    const std::uint64_t first = begin_of_group(bucket);
    return next_by_headers(max_of(first, begin), min_of(first + group_buckets(), end)) == none;
  }

  // The first bucket from `bucket` on that is not empty, below `end`; `end` if there is none.
  STEADY_NOINLINE std::uint64_t next(std::uint64_t bucket, std::uint64_t end) const noexcept {
    if (bucket >= end) return end;
    std::uint64_t found = next_in_chunk(bucket, end);
    if (!has_several_chunks()) return min_of(found, end);
    const std::uint64_t end_chunk = chunk_number(end - 1) + 1;
    for (std::uint64_t chunk = chunk_number(bucket); found == none;) {
      chunk = chunks().next(chunk + 1, end_chunk);
      if (chunk == end_chunk) return end;
      found = next_in_chunk(chunk << layout_.log2_chunk_buckets, end);
    }
    return min_of(found, end);
  }

  // The last bucket below `end` that is not empty; `none` if there is none.
  STEADY_COLD std::uint64_t previous(std::uint64_t end) const noexcept {
    if (end == 0) return none;
    std::uint64_t found = previous_in_chunk(end);
    if (!has_several_chunks()) return found;
    for (std::uint64_t chunk = chunk_number(end - 1); found == none;) {
      chunk = chunks().previous(chunk);
      if (chunk == bit_levels::none) return none;
      found = previous_in_chunk((chunk + 1) << layout_.log2_chunk_buckets);
    }
    return found;
  }
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  // ---- for check_invariants() ----

  // Whether the bucket counts as one with elements.
  bool is_noted_filled(std::uint64_t bucket) const noexcept {
    const std::uint64_t* const word = word_of(bucket);
    return word == nullptr || ((*word & bit_of(bucket)) != 0 &&
                               (!has_several_chunks() || chunks().is_set(chunk_number(bucket))));
  }
  // Whether the bits of the group and of the chunk that begin at `bucket` are as they should be.
  // Buckets from `end` on are not in use.
  bool is_noted(std::uint64_t bucket, std::uint64_t end) const noexcept {
    const std::uint64_t* const word = word_of(bucket);
    if (word == nullptr) return true;
    const std::uint64_t in_chunk = bucket % layout_.chunk_buckets();
    if (in_chunk % group_buckets() == 0 && end_of_group(bucket) <= end &&
        ((*word & bit_of(bucket)) == 0) != group_is_empty(bucket, bucket, end)) {
      return false;
    }
    if (in_chunk != 0) return true;
    if ((*word & ~all_groups()) != 0) return false;
    return !has_several_chunks() || bucket + layout_.chunk_buckets() > end ||
           chunks().is_set(chunk_number(bucket)) == (*word != 0);
  }
  // Whether the header of the bucket is a detour exactly when its group is noted as empty.
  bool has_fitting_header(std::uint64_t bucket) const noexcept {
    const std::uint64_t* const word = word_of(bucket);
    if (word == nullptr || (*word & bit_of(bucket)) != 0) {
      return of_.header(bucket)->filter == 0 || !of_.overflow_of(bucket, layout_).empty();
    }
    return of_.header(bucket)->filter == detour_header.filter && of_.is_empty(bucket, layout_);
  }
  // Whether a sparse chunk begins at `bucket`.
  bool begins_sparse_chunk(std::uint64_t bucket) const noexcept {
    const std::uint64_t* const word = word_of(bucket);
    return word != nullptr && bucket % layout_.chunk_buckets() == 0 && *word != all_groups();
  }

  // ---- for occupancy_notes ----

  // The word of the chunk that `bucket` is in; null in small arrays.
  STEADY_ALWAYS_INLINE std::uint64_t* word_of(std::uint64_t bucket) const noexcept {
    if (of_.line().log2_buckets() < layout_.log2_chunk_buckets || of_.is_tiny()) [[unlikely]]
      return word_of_small();
    return &detail::occupancy_of(of_.slots(begin_of_chunk(bucket), layout_));
  }
  std::uint64_t bit_of(std::uint64_t bucket) const noexcept {
    return std::uint64_t{1} << group_number(bucket);
  }
  // The word of a chunk that is not sparse.
  std::uint64_t all_groups() const noexcept {
    const std::uint64_t groups =
        layout_.groups_of(min_of<std::uint64_t>(of_.line().buckets(), layout_.chunk_buckets()));
    return bit_levels::all_of(groups);
  }

  bool has_several_chunks() const noexcept {
    return of_.line().log2_buckets() > layout_.log2_chunk_buckets;
  }
  std::uint64_t chunk_number(std::uint64_t bucket) const noexcept {
    return bucket >> layout_.log2_chunk_buckets;
  }
  bit_levels chunks() const noexcept { return of_.chunks_in_use(layout_); }

 private:
  std::uint64_t group_buckets() const noexcept {
    return std::uint64_t{1} << layout_.log2_group_buckets;
  }
  std::uint64_t group_number(std::uint64_t bucket) const noexcept {
    return bucket % layout_.chunk_buckets() >> layout_.log2_group_buckets;
  }

  STEADY_COLD std::uint64_t* word_of_small() const noexcept {
    if (of_.is_tiny()) return nullptr;
    if (!layout_.has_occupancy(of_.line().buckets())) return nullptr;
    return &detail::occupancy_of(of_.slots(0, layout_));
  }

  // The first from `bucket` on in its chunk, below `end`.
  std::uint64_t next_in_chunk(std::uint64_t bucket, std::uint64_t end) const noexcept {
    const std::uint64_t* const word = word_of(bucket);
    if (word == nullptr) return next_by_headers(bucket, end);
    const std::uint64_t first = begin_of_chunk(bucket);
    for (std::uint64_t group = group_number(bucket); group < bit_levels::word_bits; ++group) {
      const std::uint64_t left = *word >> group;
      if (left == 0) return none;
      group += lowest_bit(left);
      const std::uint64_t begin = first + (group << layout_.log2_group_buckets);
      const std::uint64_t found =
          next_by_headers(max_of(begin, bucket), min_of(begin + group_buckets(), end));
      if (found != none) return found;
    }
    return none;
  }
  // The last below `end`, in its chunk.
  STEADY_COLD std::uint64_t previous_in_chunk(std::uint64_t end) const noexcept {
    const std::uint64_t* const word = word_of(end - 1);
    if (word == nullptr) return previous_by_headers(0, end);
    const std::uint64_t first = begin_of_chunk(end - 1);
    for (std::uint64_t left = *word & bit_levels::all_of(group_number(end - 1) + 1); left != 0;) {
      const std::uint64_t group = highest_bit(left);
      const std::uint64_t begin = first + (group << layout_.log2_group_buckets);
      const std::uint64_t found = previous_by_headers(begin, min_of(begin + group_buckets(), end));
      if (found != none) return found;
      left ^= std::uint64_t{1} << group;
    }
    return none;
  }
  std::uint64_t previous_by_headers(std::uint64_t begin, std::uint64_t end) const noexcept {
    while (end > begin) {
      if (!of_.is_empty(--end, layout_)) return end;
    }
    return none;
  }
  std::uint64_t next_by_headers(std::uint64_t bucket, std::uint64_t end) const noexcept {
    for (; bucket < end; ++bucket) {
      if (!of_.is_empty(bucket, layout_)) return bucket;
    }
    return none;
  }

  const array& of_;
  const array_layout& layout_;
};

// What is noted of an array, to be changed.
template <class Storage>
class occupancy_notes {
 public:
  using array = bucket_array<Storage>;

  occupancy_notes(array& of, const array_layout& layout) noexcept : of_(of), now_(of, layout) {}

  // Before a bucket gets elements; perhaps it has some. Returns whether its group had none.
  STEADY_NOINLINE bool note_filled(std::uint64_t bucket) noexcept {
    std::uint64_t* const word = now_.word_of(bucket);
    if (word == nullptr || (*word & now_.bit_of(bucket)) != 0) return false;
    of_.write_headers(now_.begin_of_group(bucket), now_.end_of_group(bucket), empty_header);
    note_groups(bucket, word, *word | now_.bit_of(bucket));
    return true;
  }

  // After a bucket has lost an element; perhaps it has others. The buckets from `begin` to `end`
  // are in use. Returns whether its group is empty now.
  STEADY_NOINLINE bool note_emptied(std::uint64_t bucket, std::uint64_t begin,
                                    std::uint64_t end) noexcept {
    if (!now_.group_is_empty(bucket, begin, end)) return false;
    std::uint64_t* const word = now_.word_of(bucket);
    if (word == nullptr) return true;
    write_detours(max_of(now_.begin_of_group(bucket), begin),
                  min_of(now_.end_of_group(bucket), end));
    note_groups(bucket, word, *word & ~now_.bit_of(bucket));
    return true;
  }

  // Calls `empty(bucket)` for each bucket with elements in the chunk that `bucket` is in, and
  // perhaps for some without, and notes that none has any then. Quicker than by groups.
  template <class Empty>
  void empty_chunk(std::uint64_t bucket, const Empty& empty) noexcept {
    std::uint64_t* const word = now_.word_of(bucket);
    const std::uint64_t first = now_.begin_of_chunk(bucket);
    if (word == nullptr) {
      for (std::uint64_t next = first; next < now_.end_of_chunk(first); ++next) empty(next);
      return;
    }
    for (std::uint64_t left = *word; left != 0; left &= left - 1) {
      const std::uint64_t begin = first + (lowest_bit(left) << now_.layout().log2_group_buckets);
      const std::uint64_t end = now_.end_of_group(begin);
      for (std::uint64_t next = begin; next < end; ++next) empty(next);
      write_detours(begin, end);
    }
    note_groups(bucket, word, 0);
  }

  // Writes the headers of buckets without elements, to which nothing was written yet.
  STEADY_COLD void write_empty(std::uint64_t first, std::uint64_t end) noexcept {
    for (std::uint64_t next = first; first < end; first = next) {
      next = min_of(now_.end_of_group(first), end);
      const std::uint64_t* const word = now_.word_of(first);
      if (word == nullptr || (*word & now_.bit_of(first)) != 0) {
        of_.write_headers(first, next, empty_header);
      } else {
        write_detours(first, next);
      }
    }
  }

  // After the buckets from `first` to `end` of an array that began with all bits set were written.
  STEADY_COLD void note_written(std::uint64_t first, std::uint64_t end) noexcept {
    for (std::uint64_t bucket = first; bucket < end; ++bucket) {
      if (now_.end_of_group(bucket) == bucket + 1) note_emptied(bucket, 0, bucket + 1);
    }
  }

  // Takes over the bits of the chunk that `bucket` is in from an array with as many buckets, before
  // the elements come. There are none yet.
  void copy_chunk(const occupancy<Storage>& from, std::uint64_t bucket) noexcept {
    std::uint64_t* const word = now_.word_of(bucket);
    if (word == nullptr) return;
    note_groups(bucket, word, *from.word_of(bucket));
    write_empty(bucket, now_.end_of_chunk(bucket));
  }

 private:
  STEADY_NOINLINE void write_detours(std::uint64_t first, std::uint64_t end) const noexcept {
    of_.write_headers(first, end, detour_header);
    const chunk<Storage> within = of_.chunk_of(first, now_.layout());
    for (std::uint64_t bucket = first; bucket < end; ++bucket) {
      within.set_no_overflow(bucket % now_.layout().chunk_buckets());
    }
  }
  // The word of the chunk that `bucket` is in, and what follows from it.
  STEADY_NOINLINE void note_groups(std::uint64_t bucket, std::uint64_t* word,
                                   std::uint64_t groups) noexcept {
    const std::uint64_t before = *word;
    if (before == groups) return;
    *word = groups;
    if (groups == now_.all_groups()) of_.uncount_sparse_chunk();
    if (before == now_.all_groups()) of_.count_sparse_chunk();
    if (before == 0 || groups == 0) note_chunk(bucket, groups != 0);
  }
  STEADY_COLD void note_chunk(std::uint64_t bucket, bool has_elements) noexcept {
    if (!now_.has_several_chunks()) return;
    const std::uint64_t number = now_.chunk_number(bucket);
    if (has_elements) {
      now_.chunks().set(number);
    } else {
      now_.chunks().clear(number);
    }
  }

  array& of_;
  const occupancy<Storage> now_;
};

}  // namespace steady::detail
