// The frames that were read last of a log, as a checksum of their heads: enough to see later
// whether the file still has them.
//
//   1. They begin with the last change that says that all before it was synced: what is before that
//      is not taken back by a power failure. Where that is longer ago they are at most 4 KiB, and
//      of frames of up to a KiB at least a KiB; or one frame.
//
//   Bound    add(): O(1). are_in(): O(4 KiB).
//   Throws   nothing.
//   Threads  one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/crc32c.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class recent_frames {
 public:
  static constexpr std::size_t most_bytes = 4096;

  void clear() noexcept { *this = recent_frames(); }

  // The next frame, or the last one once more, which changes nothing.
  void add(std::uint64_t at, const unsigned char* frame, std::size_t bytes) noexcept {
    if (at < end_) return;
    end_ = at + bytes;
    const part here{at, 0};
    if (at == 0 || is_after_sync({frame + frame_head_bytes, bytes - frame_head_bytes})) {
      all_ = later_ = here;
    }
    if (end_ - all_.begin > most_bytes) {
      all_ = later_ = end_ - later_.begin > most_bytes ? here : later_;
    }
    if (later_.begin == all_.begin && at - all_.begin >= most_bytes / 2) later_ = here;
    all_.add(frame);
    later_.add(frame);
  }

  std::uint64_t begin() const noexcept { return all_.begin; }
  std::uint64_t end() const noexcept { return end_; }
  // Of these a comparison needs the bytes; of a frame that is longer, the first ones.
  std::size_t bytes_to_compare() const noexcept {
    return as_size(detail::min_of<std::uint64_t>(end_ - all_.begin, most_bytes));
  }
  // Whether the bytes, which the file has now from begin() on, are those frames.
  bool are_in(std::span<const unsigned char> bytes) const noexcept {
    part found{all_.begin, 0};
    std::uint64_t at = 0;
    while (at < end_ - all_.begin) {
      if (at + frame_head_bytes > bytes.size()) return false;
      const unsigned char* const frame = bytes.data() + as_size(at);
      std::uint64_t length = 0;
      byte_reader({frame, 4}).number<4>(length);
      found.add(frame);
      at += frame_head_bytes + length;
    }
    return at == end_ - all_.begin && found.heads == all_.heads;
  }

 private:
  struct part {
    std::uint64_t begin = 0;
    std::uint32_t heads = 0;  // the checksum

    void add(const unsigned char* frame) noexcept {
      heads = crc32c(frame, frame_head_bytes, heads);
    }
  };

  part all_;
  part later_;  // the same, or its second half, which becomes all_ where that would be too long
  std::uint64_t end_ = 0;
};

}  // namespace steady::detail
