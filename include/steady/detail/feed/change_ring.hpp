// The newest changes of a map, as many as fit into a number of changes and of bytes. Positions rise
// by one, so a position is also the place of its change.
//
//   1. The changes first() ... last() are kept, and no others.
//   2. After every call they are at most `max_changes`, and hold at most `max_bytes`.
//   3. A change that is staged is built and not yet kept: it can be taken back without a trace.
//
//   Memory  chunks of 256 changes, each allocated when it is entered and freed when it is left, but
//           for one that is kept for the next; and a pointer for every 256 of max_changes.
//   Bound   stage() and unstage() build and destroy one change; publish() drops no more than make
//           room for it: a change of b bytes takes the place of b / sizeof(Change) + 1 others, at
//           most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <steady/change.hpp>

namespace steady::detail {

template <class Change>
class change_ring {
  static constexpr std::size_t chunk_changes = 256;

  struct chunk {
    alignas(Change) std::byte room[chunk_changes * sizeof(Change)];
  };

 public:
  // `last`: the position before the first change that will be kept.
  change_ring(std::size_t max_changes, std::size_t max_bytes, std::uint64_t last)
      : max_changes_(max_changes),
        max_bytes_(max_bytes),
        first_(last + 1),
        next_(last + 1),
        chunks_(max_changes == 0 ? 0 : max_changes / chunk_changes + 2) {}
  ~change_ring() {
    unstage();
    while (first_ != next_) drop_first();
  }
  change_ring(const change_ring&) = delete;
  change_ring& operator=(const change_ring&) = delete;

  // One that keeps nothing still counts positions.
  bool keeps_changes() const noexcept { return max_changes_ != 0; }

  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t last() const noexcept { return next_ - 1; }
  bool has(std::uint64_t position) const noexcept { return first_ <= position && position < next_; }
  const Change& operator[](std::uint64_t position) const noexcept { return *slot(position); }

  // What the kept changes hold, themselves included.
  std::size_t bytes() const noexcept { return bytes_; }

  // Builds the next change, Change{position, arguments...}. Throws what copying its parts throws,
  // and std::bad_alloc; nothing has changed then.
  template <class... Arguments>
  void stage(Arguments&&... arguments) {
    if (!keeps_changes()) return;
    std::unique_ptr<chunk>& in = chunk_of(next_);
    if (in == nullptr) in = spare_ != nullptr ? std::move(spare_) : std::make_unique<chunk>();
    ::new (static_cast<void*>(slot(next_))) Change{next_, std::forward<Arguments>(arguments)...};
    staged_ = true;
  }
  void unstage() noexcept {
    if (!staged_) return;
    slot(next_)->~Change();
    staged_ = false;
  }
  // The staged change is kept from now on.
  void publish() noexcept {
    if (!keeps_changes()) {
      first_ = ++next_;
      return;
    }
    const std::size_t added = weight_of(*slot(next_));
    staged_ = false;
    ++next_;
    bytes_ += added;
    while (first_ != next_ && (next_ - first_ > max_changes_ || bytes_ > max_bytes_)) drop_first();
  }

 private:
  static std::size_t weight_of(const Change& of) noexcept {
    return sizeof(Change) + outside_bytes<Change>::of(of);
  }

  std::unique_ptr<chunk>& chunk_of(std::uint64_t position) noexcept {
    return chunks_[position / chunk_changes % chunks_.size()];
  }
  const chunk& chunk_of(std::uint64_t position) const noexcept {
    return *chunks_[position / chunk_changes % chunks_.size()];
  }
  Change* slot(std::uint64_t position) noexcept {
    return reinterpret_cast<Change*>(chunk_of(position)->room) + position % chunk_changes;
  }
  const Change* slot(std::uint64_t position) const noexcept {
    return reinterpret_cast<const Change*>(chunk_of(position).room) + position % chunk_changes;
  }

  void drop_first() noexcept {
    bytes_ -= weight_of(*slot(first_));
    slot(first_)->~Change();
    if (++first_ % chunk_changes == 0) spare_ = std::move(chunk_of(first_ - 1));
  }

  std::size_t max_changes_;
  std::size_t max_bytes_;
  std::uint64_t first_;
  std::uint64_t next_;
  std::size_t bytes_ = 0;
  bool staged_ = false;
  std::vector<std::unique_ptr<chunk>> chunks_;
  std::unique_ptr<chunk> spare_;
};

}  // namespace steady::detail
