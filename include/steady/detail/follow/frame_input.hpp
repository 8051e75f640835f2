// Bytes as they arrive, as frames. A length is believed only as far as bytes have come.
//
//   Memory  the longest frame that is allowed, and what arrived at once behind it.
//   Bound   O(bytes).   Throws   std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include <steady/codec.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class frame_input {
 public:
  enum class result { frame, incomplete, refused };

  explicit frame_input(std::size_t max_payload) noexcept : max_payload_(max_payload) {}

  void allow(std::size_t max_payload) noexcept { max_payload_ = max_payload; }
  void append(std::span<const unsigned char> bytes) {
    if (begin_ == bytes_.size()) {
      bytes_.clear();
      begin_ = 0;
    } else if (begin_ > bytes_.size() / 2) {
      const std::size_t left = bytes_.size() - begin_;
      std::memmove(bytes_.data(), bytes_.data() + begin_, left);
      bytes_.truncate(left);
      begin_ = 0;
    }
    bytes_.append(bytes.data(), bytes.size());
  }

  // The payload is valid until the next append().
  result next(std::span<const unsigned char>& payload) noexcept {
    const parsed_frame found = parse_frame(bytes_.view().subspan(begin_));
    if (found.state == frame_state::damaged) return result::refused;
    if (found.bytes - frame_head_bytes > max_payload_) return result::refused;
    if (found.state == frame_state::incomplete) return result::incomplete;
    begin_ += found.bytes;
    payload = found.payload;
    return result::frame;
  }

 private:
  std::size_t max_payload_;
  byte_buffer bytes_;
  std::size_t begin_ = 0;
};

}  // namespace steady::detail
