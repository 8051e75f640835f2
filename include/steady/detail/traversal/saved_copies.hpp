// Saved copies: the elements of intervals of the hash line, copied before they change. A bitmap for
// each chunk of 64 intervals says which were saved; most have one block for all their elements,
// those without elements only the bit.
//
// Bound of every call: the elements of one interval. Where a class of `Elements` throws when it is
// copied, nothing has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/item_list.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

// The copies of one interval; its slots follow behind it.
struct saved_bucket {
  saved_bucket* next;  // of the same chunk
  std::uint64_t interval;
  std::size_t count;  // elements
};

struct saved_chunk {
  static constexpr std::uint64_t intervals = 64;

  std::uint64_t dirty = 0;  // a bit for each interval that was saved
  saved_bucket* first = nullptr;
};

// `Chunks` maps numbers of chunks to them.
template <class Elements, class Allocator, class Chunks>
class saved_copies {
  // So many intervals share a bit, by which those without copies are passed.
  static constexpr std::uint64_t group_intervals = 64 * saved_chunk::intervals;

 public:
  using slot_type = typename Elements::slot_type;

  explicit saved_copies(const Allocator& allocator)
      : allocator_(allocator),
        chunks_(typename Chunks::allocator_type(allocator)),
        groups_(allocator) {}

  // What everything here holds.
  std::size_t bytes() const noexcept {
    return bytes_ + copies_ * Elements::bytes_elsewhere() + chunks_.stats().bytes +
           groups_.size() * sizeof(std::uint64_t);
  }

  // Whether anything of the interval's chunk was saved.
  bool has_chunk_of(std::uint64_t interval) const { return chunk_of(interval) != nullptr; }
  bool has(std::uint64_t interval) const {
    const saved_chunk* const chunk = chunk_of(interval);
    return chunk != nullptr && (chunk->dirty >> (interval % saved_chunk::intervals) & 1) != 0;
  }

  // Saves an interval that was not, from `count` slots. Throws what copying and the allocator
  // throw.
  void save(std::uint64_t interval, slot_type* const* slots, std::size_t count) {
    note_group(interval / group_intervals);
    saved_chunk& chunk = chunks_.try_emplace(interval / saved_chunk::intervals).first->second;
    if (count != 0) {
      saved_bucket* const copy = copy_of(interval, slots, count);
      copy->next = std::exchange(chunk.first, copy);
    }
    chunk.dirty |= std::uint64_t{1} << (interval % saved_chunk::intervals);
  }

  // The first interval from `from` on, below `end`, whose chunk has copies; `end` if there is none.
  // Bound: 64 chunks, and a word for every 2^18 intervals.
  std::uint64_t next_saved(std::uint64_t from, std::uint64_t end) const {
    if (chunks_.empty()) return end;
    for (std::uint64_t at = from; at < end;
         at = (at / saved_chunk::intervals + 1) * saved_chunk::intervals) {
      at = max_of(at, next_group(at / group_intervals) * group_intervals);
      if (at < end && has_chunk_of(at)) return at;
    }
    return end;
  }

  // The copies of an interval; null where there are none.
  saved_bucket* find(std::uint64_t interval) const {
    const saved_chunk* const chunk = chunk_of(interval);
    saved_bucket* copy = chunk == nullptr ? nullptr : chunk->first;
    while (copy != nullptr && copy->interval != interval) copy = copy->next;
    return copy;
  }
  // The same, which the caller has to free from now on.
  saved_bucket* take(std::uint64_t interval) {
    saved_bucket* const taken = find(interval);
    if (taken == nullptr) return nullptr;
    const auto chunk = chunks_.find(interval / saved_chunk::intervals);
    saved_bucket** link = &chunk->second.first;
    while (*link != taken) link = &(*link)->next;
    *link = taken->next;
    return taken;
  }
  void free(saved_bucket* bucket) noexcept {
    if (bucket != nullptr) release(bucket, bucket->count);
  }
  // Nothing of the interval's chunk will be asked for any more; all of it was taken.
  void forget_chunk_of(std::uint64_t interval) noexcept {
    chunks_.erase(interval / saved_chunk::intervals);
    if (chunks_.empty()) {
      groups_.release();
      return chunks_.rehash(0);
    }
    STEADY_TRY { chunks_.trim(2); }
    STEADY_CATCH_ALL {  // no memory for the smaller array: it shrinks later
    }
  }

  static slot_type* slots_of(saved_bucket& bucket) noexcept {
    return reinterpret_cast<slot_type*>(reinterpret_cast<std::byte*>(&bucket) + slots_offset);
  }

 private:
  static constexpr std::size_t alignment =
      max_of<std::size_t>(max_of(alignof(saved_bucket), alignof(slot_type)), 16);
  static constexpr std::size_t slots_offset =
      (sizeof(saved_bucket) + alignof(slot_type) - 1) / alignof(slot_type) * alignof(slot_type);

  static std::size_t bytes_for(std::size_t count) noexcept {
    return round_up(slots_offset + count * sizeof(slot_type), alignment);
  }

  void note_group(std::uint64_t group) {
    while (groups_.size() <= group / 64) groups_.push_back(0);
    groups_.data()[group / 64] |= std::uint64_t{1} << (group % 64);
  }
  // The first one from `group` on in which something was saved.
  std::uint64_t next_group(std::uint64_t group) const noexcept {
    const std::uint64_t words = groups_.size();
    for (std::uint64_t at = group / 64; at < words; ++at, group = at * 64) {
      const std::uint64_t left = groups_.begin()[at] >> (group % 64);
      if (left != 0) return group + lowest_bit(left);
    }
    return max_of(group, words * 64);
  }

  const saved_chunk* chunk_of(std::uint64_t interval) const {
    const auto found = chunks_.find(interval / saved_chunk::intervals);
    return found.is_end() ? nullptr : std::addressof(found->second);
  }

  saved_bucket* copy_of(std::uint64_t interval, slot_type* const* slots, std::size_t count) {
    std::byte* const block = detail::allocate_block<alignment>(allocator_, bytes_for(count));
    bytes_ += bytes_for(count);
    auto* const copy = ::new (static_cast<void*>(block)) saved_bucket{nullptr, interval, 0};
    STEADY_TRY {
      for (; copy->count < count; ++copy->count, ++copies_) {
        Elements::construct(allocator_, slots_of(*copy) + copy->count,
                            std::as_const(Elements::element_of(*slots[copy->count])));
      }
    }
    STEADY_CATCH_ALL {
      release(copy, count);
      STEADY_RETHROW;
    }
    return copy;
  }

  // A block that was allocated for `room` elements.
  void release(saved_bucket* bucket, std::size_t room) noexcept {
    for (std::size_t n = 0; n < bucket->count; ++n) {
      Elements::destroy(allocator_, slots_of(*bucket) + n);
    }
    copies_ -= bucket->count;
    bytes_ -= bytes_for(room);
    detail::release_block<alignment>(allocator_, reinterpret_cast<std::byte*>(bucket),
                                     bytes_for(room));
  }

  Allocator allocator_;
  std::size_t bytes_ = 0;  // in blocks
  Chunks chunks_;
  item_list<std::uint64_t, Allocator> groups_;  // a bit for each, ever set
  std::size_t copies_ = 0;                      // elements
};

// A line, or its end, on which elements were when the snapshot was made.
template <class Copies>
struct frozen_line {
  template <class Allocator>
  explicit frozen_line(const Allocator& allocator) : saved(allocator) {}

  bool at_end() const noexcept { return next == end; }
  // Its address; users may have an operator& of their own.
  frozen_line* self() noexcept { return this; }
  const frozen_line* self() const noexcept { return this; }

  line_seed seed;
  line_partition grid;
  std::uint64_t next = 0;  // intervals below are delivered, or had no elements
  std::uint64_t end = 0;
  Copies saved;
};

}  // namespace steady::detail
