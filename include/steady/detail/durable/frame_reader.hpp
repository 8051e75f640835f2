// Reads the frames of a file one after the other, and finds the next one behind damage.
//
//   Bound   next(): the bytes of the frame, and reading ahead of a MiB. find(): what is left of the
//           file, and 256 times its size in checksums. Memory: 2 MiB, or the longest frame, never
//           more than the file has.
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

  // What stands where a frame would: its length, and the first 9 bytes of the payload at most.
  // Nothing, and 0, if there is not even a head. Valid until the next call.
  std::span<const unsigned char> look_ahead(std::uint64_t& length) {
    have(as_size(detail::min_of(looked_at, size_ - offset())));
    if (end_ - begin_ < frame_head_bytes) return {};
    byte_reader(ahead()).number<4>(length);
    const std::size_t seen =
        as_size(detail::min_of(detail::min_of(length, looked_at - frame_head_bytes),
                               std::uint64_t{end_ - begin_ - frame_head_bytes}));
    return ahead().subspan(frame_head_bytes, seen);
  }

  // Whether there would be a whole frame here if its length was this one.
  bool is_whole_with(std::uint64_t length) {
    if (length == 0 || size_ - offset() < frame_head_bytes + length) return false;
    have(as_size(frame_head_bytes + length));
    byte_buffer head;
    head.number<4>(length);
    std::uint64_t checksum = 0;
    byte_reader(ahead().subspan(4)).number<4>(checksum);
    return checksum == detail::crc32c(ahead().data() + frame_head_bytes, as_size(length),
                                      detail::crc32c(head.data(), 4));
  }

  // Goes on to the next whole frame, at this place or behind it, whose payload has at most
  // `longest` bytes and whose first 9, or fewer where it is shorter, `wanted` takes; false, and
  // stays, if there is none.
  //
  // Bytes that contain frames look like one at many places. So that checking them stays linear, all
  // searches of a file compute checksums of no more than 256 times its size, and then pass over
  // what would need more: has_passed_over().
  template <class Wanted>
  bool find(std::uint64_t longest, const Wanted& wanted) {
    const std::uint64_t begun_at = offset();
    for (; offset() + frame_head_bytes < size_; ++begin_) {
      have(as_size(detail::min_of(looked_at, size_ - offset())));
      std::uint64_t length = 0;
      byte_reader(ahead()).number<4>(length);
      if (length == 0 || length > longest || length > size_ - offset() - frame_head_bytes) continue;
      const std::size_t seen = as_size(detail::min_of(length, looked_at - frame_head_bytes));
      if (!wanted(ahead().subspan(frame_head_bytes, seen))) continue;
      if (is_whole(frame_head_bytes + length)) return true;
    }
    go_to(begun_at);
    return false;
  }
  // Whether a search has left places unchecked, because there were too many that looked like
  // frames.
  bool has_passed_over() const noexcept { return has_passed_over_; }
  // Of which searches have computed checksums.
  std::uint64_t bytes_checked() const noexcept { return bytes_checked_; }

  void go_to(std::uint64_t offset) noexcept {
    base_ = offset;
    begin_ = end_ = 0;
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;
  static constexpr std::uint64_t looked_at = frame_head_bytes + 9;  // a head, a tag, a position
  static constexpr std::uint64_t checked_per_byte = 256;

  std::span<const unsigned char> ahead() const noexcept {
    return {buffer_.data() + begin_, end_ - begin_};
  }

  // Whether a frame of `bytes` bytes is here; also false if looking would cost too much.
  bool is_whole(std::uint64_t bytes) {
    if (bytes_checked_ + bytes > checked_per_byte * size_) {
      has_passed_over_ = true;
      return false;
    }
    bytes_checked_ += bytes;
    have(as_size(bytes));
    return parse_frame(ahead()).state == frame_state::whole;
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
  std::uint64_t bytes_checked_ = 0;
  bool has_passed_over_ = false;
};

}  // namespace steady::detail
