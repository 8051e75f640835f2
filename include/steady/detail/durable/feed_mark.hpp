// The file `feed` of a durable map: the id of its feed (steady/feed.hpp), as long as all that
// followers were told under that id is safely in the log.
//
//   1. While the file may be there, everything told under its id is durable. So whoever opens the
//      map has all of that, and goes on under the id.
//   2. Where there is none, positions may be given anew that followers have heard of already. The
//      feed takes a new id then, and followers take a snapshot.
//   3. A file that cannot be read, or be written, counts as none: what that costs is a snapshot.
//
//   Bound    O(1).
//   Throws   remove() durable_error; read() and remove() std::bad_alloc.
//   Threads  one.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class feed_mark {
 public:
  explicit feed_mark(const room& in) : room_(&in) {}

  std::optional<record_feed> read() const {
    const std::string path = room_->feed_path();
    const int number =
        uninterrupted([&] { return room_->files().open(path.c_str(), file_mode::read); });
    if (number < 0) return std::nullopt;
    const file_handle file(room_->files(), number);
    unsigned char bytes[feed_record_bytes];
    const std::int64_t got = read_all(room_->files(), file.number(), bytes, sizeof bytes, 0);
    record_feed found;
    if (got != std::int64_t{sizeof bytes}) return std::nullopt;
    const parsed_frame frame = parse_frame(bytes);
    if (frame.state != frame_state::whole || !read_feed(frame.payload, found)) return std::nullopt;
    return found;
  }

  // Only when all that was told under this id is durable.
  void write(const record_feed& feed) const noexcept {
    STEADY_TRY { try_to_write(feed); }
    STEADY_CATCH_ALL {  // no memory: as a file that cannot be written
    }
  }

  // Before anything is told that is not durable, and before anything is cut that may have been
  // told. Where there is none, too, the directory is synced: an earlier call may have failed at
  // that.
  void remove() const {
    const std::string path = room_->feed_path();
    const int removed = room_->remove(path);
    if (removed < 0 && removed != -ENOENT) throw_system("remove", path, removed);
    const int safe = room_->sync();
    if (safe < 0) throw_system("sync", room_->path(), safe);
  }

 private:
  void try_to_write(const record_feed& feed) const {
    byte_buffer bytes;
    append_feed(bytes, feed);
    const std::string path = room_->feed_path();
    file_operations& files = room_->files();
    const int number =
        uninterrupted([&] { return files.open(path.c_str(), file_mode::create_empty); });
    if (number < 0) return;
    const file_handle file(files, number);
    if (write_all(files, number, bytes.data(), bytes.size(), 0) != 0) return;
    if (uninterrupted([&] { return files.sync(number); }) == 0) room_->sync();
  }

  const room* room_;
};

}  // namespace steady::detail
