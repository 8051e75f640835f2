// Reads the frames of a file one after the other, and finds the next one behind damage.
//
//   Bound   next(): the bytes of the frame, and reading ahead of a MiB. Memory: a MiB, or the
//           longest frame, never more than the file has.
//   Throws  durable_error where the file cannot be read; std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class frame_reader {
 public:
  enum class result { frame, end, broken };

  frame_reader(const room& in, std::string path)
      : room_(&in),
        path_(std::move(path)),
        file_(in.open(path_, file_mode::read)),
        size_(in.size_of(file_, path_)) {}

  const std::string& path() const noexcept { return path_; }
  std::uint64_t size() const noexcept { return size_; }
  // Of the frame that comes next; after `broken`, of what is broken.
  std::uint64_t offset() const noexcept { return base_ + begin_; }

  // The payload is valid until the next call.
  result next(std::span<const unsigned char>& payload) {
    if (offset() == size_) return result::end;
    parsed_frame found = parse_frame(ahead());
    while (found.state == frame_state::incomplete) {
      if (found.bytes > size_ - offset()) return result::broken;
      have(found.bytes);
      found = parse_frame(ahead());
    }
    if (found.state == frame_state::damaged) return result::broken;
    begin_ += found.bytes;
    payload = found.payload;
    return result::frame;
  }

  // Goes on to the next whole frame behind the broken place that `wanted(payload)` takes; false,
  // and stays, if there is none. Frames of more than a MiB are not found. Bound: what is left of
  // the file, provided that `wanted` refuses what is not checked yet, but for chance.
  template <class Wanted>
  bool find(const Wanted& wanted) {
    const std::uint64_t broken_at = offset();
    while (size_ - offset() > frame_head_bytes + 1) {
      have(1);
      ++begin_;
      const std::size_t window = as_size(
          detail::min_of<std::uint64_t>(frame_head_bytes + longest_found, size_ - offset()));
      have(window);
      const std::span<const unsigned char> bytes = ahead();
      std::uint64_t length = 0;
      byte_reader(bytes).number<4>(length);
      if (length == 0 || length > window - frame_head_bytes) continue;
      if (!wanted(bytes.subspan(frame_head_bytes, as_size(length)))) continue;
      if (parse_frame(bytes).state == frame_state::whole) return true;
    }
    go_to(broken_at);
    return false;
  }
  void go_to(std::uint64_t offset) noexcept {
    base_ = offset;
    begin_ = end_ = 0;
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;
  static constexpr std::uint64_t longest_found = block_bytes;

  std::span<const unsigned char> ahead() const noexcept {
    return {buffer_.data() + begin_, end_ - begin_};
  }

  // `count` bytes from offset() on, which the file has.
  void have(std::size_t count) {
    if (end_ - begin_ >= count) return;
    if (begin_ != 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    base_ += begin_;
    end_ -= begin_;
    begin_ = 0;
    const std::uint64_t wanted = detail::max_of<std::uint64_t>(count, 2 * block_bytes);
    const std::size_t room = as_size(detail::min_of<std::uint64_t>(wanted, size_ - base_));
    if (buffer_.size() < room) buffer_.extend(room - buffer_.size());
    while (end_ < room) {
      const std::int64_t got = uninterrupted([&] {
        return room_->files().read(file_.number(), buffer_.data() + end_, room - end_,
                                   base_ + end_);
      });
      if (got < 0) throw_system("read", path_, static_cast<int>(got));
      if (got == 0) throw_system("read", path_, -EIO);  // it has become shorter
      end_ += static_cast<std::size_t>(got);
    }
  }

  const room* room_;
  std::string path_;
  file_handle file_;
  std::uint64_t size_;
  byte_buffer buffer_;
  std::uint64_t base_ = 0;  // where in the file the buffer begins
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace steady::detail
