// Reads a file of frames that another process may still be writing.
//
//   1. What is read ahead is used once. Where no whole frame is, the next call reads the place
//      anew: a writer that comes back cuts a torn end, and writes other bytes there.
//   2. The file may be removed meanwhile; an open one can be read to its end.
//
//   Bound   next(): the bytes of the frame, and reading ahead of a MiB. Memory: a MiB, or the
//           longest frame, never more than the file has.
//   Throws  durable_error where the file cannot be read; std::bad_alloc.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/follow/recent_frames.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class tail_reader {
 public:
  enum class result {
    frame,
    end,     // after a whole frame
    partial  // no whole frame: not all written yet, torn, or damaged
  };

  tail_reader() = default;
  // False where there is no such file.
  bool open(const room& in, const std::string& path) {
    close();
    const int number =
        uninterrupted([&] { return in.files().open(path.c_str(), file_mode::read); });
    if (number == -ENOENT) return false;
    if (number < 0) throw_system("open", path, number);
    room_ = &in;
    path_ = path;
    file_ = file_handle(in.files(), number);
    return true;
  }
  void close() noexcept {
    file_.close();
    next_ = last_ = 0;
    begin_ = end_ = 0;
    recent_.clear();
  }

  bool is_open() const noexcept { return file_.is_open(); }
  const std::string& path() const noexcept { return path_; }
  // Of the next frame.
  std::uint64_t offset() const noexcept { return next_; }
  std::uint64_t size() const { return room_->size_of(file_, path_); }

  // The payload is valid until the next call.
  result next(std::span<const unsigned char>& payload) {
    const parsed_frame found = look();
    if (found.state != frame_state::whole) {
      const bool is_end = found.state == frame_state::incomplete && !has_rest_;
      forget_ahead();
      return is_end ? result::end : result::partial;
    }
    if (next_ == 0) std::copy_n(ahead().begin(), frame_head_bytes, first_head_.begin());
    recent_.add(next_, ahead().data(), found.bytes);
    last_ = next_;
    next_ += found.bytes;
    begin_ += found.bytes;
    payload = found.payload;
    return result::frame;
  }

  // Right after a frame: it comes again.
  void go_back() noexcept {
    begin_ -= as_size(next_ - last_);
    next_ = last_;
  }

  // Whether next() would give one.
  bool has_frame() { return look().state == frame_state::whole; }

  // Whether the file still has the last frames (recent_frames.hpp) where they were read: a write
  // that was taken back may have been read.
  bool still_has_last() const {
    if (recent_.end() > size()) return false;
    std::array<unsigned char, recent_frames::most_bytes> bytes;
    return recent_.are_in(read_again(bytes.data(), recent_.bytes_to_compare(), recent_.begin()));
  }

  // Opens the file of this name again, if it is there; false if that is another one.
  bool open_again() {
    const int number =
        uninterrupted([&] { return room_->files().open(path_.c_str(), file_mode::read); });
    if (number == -ENOENT) return true;
    if (number < 0) throw_system("open", path_, number);
    file_ = file_handle(room_->files(), number);
    forget_ahead();
    return next_ == 0 || (has_first() && still_has_last());
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;

  using head_bytes = std::array<unsigned char, frame_head_bytes>;

  bool has_first() const {
    head_bytes head{};
    return read_again(head.data(), head.size(), 0).size() == head.size() && head == first_head_;
  }
  // Fewer where the file ends.
  std::span<const unsigned char> read_again(unsigned char* to, std::size_t bytes,
                                            std::uint64_t at) const {
    const std::int64_t got = read_all(room_->files(), file_.number(), to, bytes, at);
    if (got < 0) throw_system("read", path_, static_cast<int>(got));
    return {to, static_cast<std::size_t>(got)};
  }

  std::span<const unsigned char> ahead() const noexcept {
    return {buffer_.data() + begin_, end_ - begin_};
  }
  parsed_frame look() {
    parsed_frame found = parse_frame(ahead());
    while (found.state == frame_state::incomplete && read_ahead(found.bytes)) {
      found = parse_frame(ahead());
    }
    return found;
  }
  void forget_ahead() noexcept { begin_ = end_ = 0; }

  // False where the file has less than `count` bytes from offset() on.
  bool read_ahead(std::size_t count) {
    if (begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    const std::uint64_t all = size();
    const std::uint64_t left = all > next_ ? all - next_ : 0;
    if (left < count) {
      has_rest_ = left != 0;
      return false;
    }
    const std::size_t room = as_size(
        detail::min_of<std::uint64_t>(detail::max_of<std::size_t>(count, block_bytes), left));
    if (buffer_.size() < room) buffer_.extend(room - buffer_.size());
    while (end_ < count) {
      const std::int64_t got = uninterrupted([&] {
        return room_->files().read(file_.number(), buffer_.data() + end_, room - end_,
                                   next_ + end_);
      });
      if (got < 0) throw_system("read", path_, static_cast<int>(got));
      if (got == 0) {  // it has become shorter
        has_rest_ = true;
        return false;
      }
      end_ += static_cast<std::size_t>(got);
    }
    return true;
  }

  const room* room_ = nullptr;
  std::string path_;
  file_handle file_;
  std::uint64_t next_ = 0;
  std::uint64_t last_ = 0;
  head_bytes first_head_{};
  recent_frames recent_;
  byte_buffer buffer_;  // the bytes from offset() on, from begin_ to end_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool has_rest_ = false;  // there were bytes, too few for a frame
};

// False where there is no such file, or it has no whole header of this version. Reads no more than
// that.
inline bool read_header_of(const room& in, const std::string& path, record_header& header) {
  const int number = uninterrupted([&] { return in.files().open(path.c_str(), file_mode::read); });
  if (number == -ENOENT) return false;
  if (number < 0) throw_system("open", path, number);
  const file_handle file(in.files(), number);
  const std::uint64_t size = in.size_of(file, path);
  byte_buffer bytes;
  parsed_frame found = parse_frame({});
  while (found.state == frame_state::incomplete && found.bytes <= size) {
    const std::size_t had = bytes.size();
    bytes.extend(found.bytes - had);
    const std::int64_t got =
        read_all(in.files(), number, bytes.data() + had, found.bytes - had, had);
    if (got < 0) throw_system("read", path, static_cast<int>(got));
    if (static_cast<std::size_t>(got) < found.bytes - had) return false;  // it has become shorter
    found = parse_frame(bytes.view());
  }
  return found.state == frame_state::whole &&
         read_header(found.payload, header) == header_state::good;
}

}  // namespace steady::detail
