// Saved copies: elements, copied before they change, and notes of the intervals of the hash line
// that they were in. The two are apart, because what was copied is delivered in any order: the
// copies are a list of blocks, whatever intervals they come from; a bit says of each interval that
// nothing in the container is the snapshot's any more, and a word has the bits of 64 intervals.
//
// Where a class of `Elements` throws when it is copied, nothing has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/memory/item_list.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

// The copies of some elements; their slots follow behind it.
struct saved_bucket {
  saved_bucket* next;
  std::size_t count;  // elements
};

// `Notes` maps numbers of chunks to their words.
template <class Elements, class Allocator, class Notes>
class saved_copies {
  static constexpr std::uint64_t group_chunks = 64;  // share a bit, by which the others are passed

 public:
  static constexpr std::uint64_t chunk_intervals = 64;
  using slot_type = typename Elements::slot_type;

  explicit saved_copies(const Allocator& allocator)
      : allocator_(allocator),
        notes_(typename Notes::allocator_type(allocator)),
        groups_(allocator) {}

  // What everything here holds.
  std::size_t bytes() const noexcept {
    return bytes_ + copies_ * Elements::bytes_elsewhere() + notes_.stats().bytes +
           groups_.size() * sizeof(std::uint64_t);
  }

  // ---- copies ----

  // A copy of `count` elements, which the caller has to keep or to free; null if there are none.
  // Throws what copying and the allocator throw.
  saved_bucket* copy(slot_type* const* slots, std::size_t count) {
    return count == 0 ? nullptr : copy_of(slots, count);
  }
  void keep(saved_bucket* copy) noexcept {
    if (copy != nullptr) copy->next = std::exchange(first_, copy);
  }
  // One of those that were kept; null if there is none.
  saved_bucket* first() const noexcept { return first_; }
  // The same, which the caller has to free from now on.
  saved_bucket* take_first() noexcept {
    saved_bucket* const taken = first_;
    if (taken != nullptr) first_ = taken->next;
    return taken;
  }
  void free(saved_bucket* copy) noexcept {
    if (copy != nullptr) release(copy, copy->count);
  }

  // How many elements were copied and not yet freed.
  std::size_t copied() const noexcept { return copies_; }

  // ---- notes ----

  bool has_notes() const noexcept { return !notes_.empty(); }
  // Of 64 intervals each.
  std::size_t note_words() const noexcept { return notes_.size(); }
  bool is_noted(std::uint64_t interval) const {
    return (word_of(interval) >> (interval % chunk_intervals) & 1) != 0;
  }
  // The first interval from this on that is not noted, or the one behind its chunk.
  std::uint64_t first_unnoted(std::uint64_t interval) const {
    const std::uint64_t free = ~(word_of(interval) >> (interval % chunk_intervals));
    return interval + (free == 0 ? chunk_intervals : lowest_bit(free));
  }
  // Throws what the allocator throws.
  void note(std::uint64_t interval) {
    const std::uint64_t chunk = interval / chunk_intervals;
    note_group(chunk / group_chunks);
    notes_.try_emplace(chunk).first->second |= std::uint64_t{1} << (interval % chunk_intervals);
  }
  // Forgets the first chunk's notes; nothing will be asked of intervals below `passed` any more.
  // False if there is none. Bound: 64 chunks, and a word for every 2^18 intervals passed.
  bool forget_one_below(std::uint64_t passed) noexcept {
    const std::uint64_t end = passed / chunk_intervals;
    if (notes_.empty()) return false;
    forgotten_ = min_of(next_chunk(forgotten_, end), end);
    if (forgotten_ >= end) return false;
    notes_.erase(forgotten_++);
    if (notes_.empty()) {
      forget_all();
    } else {
      STEADY_TRY { notes_.trim(2); }
      STEADY_CATCH_ALL {  // no memory for the smaller array: it shrinks later
      }
    }
    return true;
  }
  // Nothing will be asked for any more.
  void forget_all() noexcept {
    notes_.clear();
    notes_.rehash(0);
    groups_.release();
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
  // The first one from `group` on in which something was noted; beyond all if there is none.
  std::uint64_t next_group(std::uint64_t group) const noexcept {
    const std::uint64_t words = groups_.size();
    for (std::uint64_t at = group / 64; at < words; ++at, group = at * 64) {
      const std::uint64_t left = groups_.begin()[at] >> (group % 64);
      if (left != 0) return group + lowest_bit(left);
    }
    return ~std::uint64_t{0} / group_chunks;
  }

  // The first chunk from `chunk` on that has notes, below `end`; `end` or beyond if there is none.
  std::uint64_t next_chunk(std::uint64_t chunk, std::uint64_t end) const {
    for (; chunk < end; ++chunk) {
      chunk = max_of(chunk, next_group(chunk / group_chunks) * group_chunks);
      if (chunk < end && notes_.contains(chunk)) break;
    }
    return chunk;
  }
  std::uint64_t word_of(std::uint64_t interval) const {
    const auto found = notes_.find(interval / chunk_intervals);
    return found.is_end() ? 0 : found->second;
  }

  saved_bucket* copy_of(slot_type* const* slots, std::size_t count) {
    std::byte* const block = detail::allocate_block<alignment>(allocator_, bytes_for(count));
    bytes_ += bytes_for(count);
    auto* const copy = ::new (static_cast<void*>(block)) saved_bucket{nullptr, 0};
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
  saved_bucket* first_ = nullptr;
  std::size_t bytes_ = 0;   // in blocks
  std::size_t copies_ = 0;  // elements
  Notes notes_;
  item_list<std::uint64_t, Allocator> groups_;  // a bit for each, ever set
  std::uint64_t forgotten_ = 0;                 // chunks below have no notes
};

}  // namespace steady::detail
