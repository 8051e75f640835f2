// The directory of a durable map: the names of its files, and operations on files that know which
// file it was.
//
//   lock                                held while a map is open
//   log.<position>                      changes; the position of the first, in 20 digits
//   snapshot.<position>                 elements as of that position
//   snapshot.partial                    one that is being written
//   snapshot.salvaged                   all that a salvage has kept, before it is complete
//   unsynced                            the directory above is to be synced, whoever made this one
//   feed                                what followers were told (feed_mark.hpp)
//   <name>.damaged                      put aside by a salvage
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/durable/posix_files.hpp>
#include <steady/durable_error.hpp>
#include <steady/file_operations.hpp>

namespace steady::detail {

// Repeats what was interrupted.
template <class Operation>
auto uninterrupted(const Operation& operation) {
  auto result = operation();
  while (result == -EINTR) result = operation();
  return result;
}

[[noreturn]] inline void throw_durable(durable_trouble trouble, const std::string& what,
                                       const std::string& file = {}, std::uint64_t offset = 0,
                                       int error_number = 0) {
  STEADY_THROW(durable_error(trouble, what, file, offset, error_number));
  std::abort();  // not reached: without exceptions the line above ends the program
}

inline durable_trouble trouble_of(int error_number) noexcept {
  return error_number == ENOSPC || error_number == quota_error ? durable_trouble::no_space
         : error_number == ENOSYS                              ? durable_trouble::unsupported
                                                               : durable_trouble::input_output;
}

// "cannot <what> <file>: <the system's reason>".
[[noreturn]] inline void throw_system(const char* what, const std::string& file, int result) {
  const int error = -result;
  throw_durable(
      trouble_of(error),
      std::string("cannot ") + what + " " + file + ": " + std::generic_category().message(error),
      file, 0, error);
}

// Closes itself.
class file_handle {
 public:
  file_handle() = default;
  file_handle(file_operations& files, int number) noexcept : files_(&files), number_(number) {}
  file_handle(file_handle&& other) noexcept
      : files_(other.files_), number_(std::exchange(other.number_, -1)) {}
  file_handle& operator=(file_handle&& other) noexcept {
    close();
    files_ = other.files_;
    number_ = std::exchange(other.number_, -1);
    return *this;
  }
  ~file_handle() { close(); }

  bool is_open() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }
  void close() noexcept {
    if (number_ >= 0) files_->close(std::exchange(number_, -1));
  }

 private:
  file_operations* files_ = nullptr;
  int number_ = -1;
};

// Writes all of it at an offset; a negative errno where that fails.
inline int write_all(file_operations& files, int file, const unsigned char* from, std::size_t bytes,
                     std::uint64_t at) noexcept {
  while (bytes > 0) {
    const std::int64_t done = uninterrupted([&] { return files.write(file, from, bytes, at); });
    if (done < 0) return static_cast<int>(done);
    if (done == 0) return -EIO;
    from += done;
    at += static_cast<std::uint64_t>(done);
    bytes -= static_cast<std::size_t>(done);
  }
  return 0;
}

// Reads what the file has at an offset, up to so many bytes; how many, or a negative errno where
// that fails.
inline std::int64_t read_all(file_operations& files, int file, unsigned char* to, std::size_t bytes,
                             std::uint64_t at) noexcept {
  std::size_t got = 0;
  while (got < bytes) {
    const std::int64_t done =
        uninterrupted([&] { return files.read(file, to + got, bytes - got, at + got); });
    if (done < 0) return done;
    if (done == 0) break;
    got += static_cast<std::size_t>(done);
  }
  return static_cast<std::int64_t>(got);
}

class room {
 public:
  // Where the path leads now, so that it leads there later, too.
  room(file_operations& files, const std::string& path)
      : files_(&files), path_(files.absolute(path)) {}

  file_operations& files() const noexcept { return *files_; }
  const std::string& path() const noexcept { return path_; }
  std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string log_path(std::uint64_t first) const { return path_of(numbered("log.", first)); }
  std::string snapshot_path(std::uint64_t at) const { return path_of(numbered("snapshot.", at)); }
  std::string partial_path() const { return path_of("snapshot.partial"); }
  std::string salvaged_path() const { return path_of("snapshot.salvaged"); }
  std::string feed_path() const { return path_of("feed"); }

  // Makes the directory unless it is there, and locks it.
  void enter() {
    const int made = uninterrupted([&] { return files_->make_directory(path_.c_str()); });
    if (made < 0 && made != -EEXIST) throw_system("make the directory", path_, made);
    is_made_ = made >= 0;
    const std::string path = path_of("lock");
    const int number =
        uninterrupted([&] { return files_->open(path.c_str(), file_mode::create_empty); });
    if (number < 0) throw_system("open", path, number);
    lock_ = file_handle(*files_, number);
    const int locked = uninterrupted([&] { return files_->lock(number); });
    if (locked == -EWOULDBLOCK) {
      throw_durable(durable_trouble::locked,
                    path_ +
                        " is in use by another durable map, maybe of another process; close "
                        "that, or take another directory",
                    path);
    }
    if (locked < 0) throw_system("lock", path, locked);
  }

  // So that the directory itself is there after a power failure. One that was there may have been
  // made by an opening that did not get so far, which it notes, or by somebody who may read what is
  // above it.
  void sync_parent() const {
    const std::size_t slash = path_.find_last_of('/', path_.find_last_not_of('/'));
    const std::string parent = slash == std::string::npos ? "."
                               : slash == 0               ? "/"
                                                          : path_.substr(0, slash);
    const int done = uninterrupted([&] { return files_->sync_directory(parent.c_str()); });
    if (done == -EACCES && !is_made_ && !has_note_of_parent()) return;
    if (done < 0) {
      if (is_made_) note_parent();
      throw_system("sync", parent, done);
    }
    remove(path_of("unsynced"));
  }

  // What is there, in the order of positions.
  struct content {
    std::vector<std::uint64_t> logs;
    std::vector<std::uint64_t> snapshots;
    bool has_partial = false;
    bool has_salvaged = false;
    bool has_feed = false;
  };
  content look() const {
    content found;
    const int listed = find(found);
    if (listed < 0) throw_system("list", path_, listed);
    return found;
  }
  // The same; a negative errno where that fails.
  int find(content& found) const {
    std::vector<std::string> names;
    const int listed = uninterrupted([&] { return files_->list(path_.c_str(), names); });
    if (listed < 0) return listed;
    for (const std::string& name : names) {
      std::uint64_t number = 0;
      if (has_number(name, "log.", number)) found.logs.push_back(number);
      if (has_number(name, "snapshot.", number)) found.snapshots.push_back(number);
      if (name == "snapshot.partial") found.has_partial = true;
      if (name == "snapshot.salvaged") found.has_salvaged = true;
      if (name == "feed") found.has_feed = true;
    }
    std::sort(found.logs.begin(), found.logs.end());
    std::sort(found.snapshots.begin(), found.snapshots.end());
    return 0;
  }

  int sync() const noexcept {
    return uninterrupted([&] { return files_->sync_directory(path_.c_str()); });
  }
  int remove(const std::string& path) const noexcept {
    return uninterrupted([&] { return files_->remove(path.c_str()); });
  }
  // Out of the way of recovery, but not gone.
  void put_aside(const std::string& path) const {
    const std::string aside = path + ".damaged";
    const int done = uninterrupted([&] { return files_->rename(path.c_str(), aside.c_str()); });
    if (done < 0) throw_system("rename", path, done);
  }
  // What a salvage has kept, as of this position, takes the place of what is put aside.
  void complete_salvage(std::uint64_t position) const {
    const int safe = sync();
    if (safe < 0) throw_system("sync", path_, safe);
    const std::string from = salvaged_path();
    const std::string to = snapshot_path(position);
    const int done = uninterrupted([&] { return files_->rename(from.c_str(), to.c_str()); });
    if (done < 0) throw_system("rename", from, done);
  }
  file_handle open(const std::string& path, file_mode mode) const {
    const int number = uninterrupted([&] { return files_->open(path.c_str(), mode); });
    if (number < 0) throw_system("open", path, number);
    return file_handle(*files_, number);
  }
  std::uint64_t size_of(const file_handle& file, const std::string& path) const {
    const std::int64_t size = uninterrupted([&] { return files_->size(file.number()); });
    if (size < 0) throw_system("read the size of", path, static_cast<int>(size));
    return static_cast<std::uint64_t>(size);
  }
  // What the file has from an offset on, in its place: what a failed sync has left can be read, and
  // no later sync brings it to the disk. Where it ends, too.
  void write_again(const file_handle& file, const std::string& path, std::uint64_t from,
                   std::uint64_t size) const {
    std::vector<unsigned char> block(
        narrowed<std::size_t>(min_of(size - from, std::uint64_t{1} << 20)));
    while (from < size) {
      const auto part = narrowed<std::size_t>(min_of<std::uint64_t>(size - from, block.size()));
      const std::int64_t got = read_all(*files_, file.number(), block.data(), part, from);
      if (got != static_cast<std::int64_t>(part)) {
        throw_system("read", path, got < 0 ? static_cast<int>(got) : -EIO);
      }
      const int done = write_all(*files_, file.number(), block.data(), part, from);
      if (done < 0) throw_system("write", path, done);
      from += part;
    }
    const int done = uninterrupted([&] { return files_->truncate(file.number(), size); });
    if (done < 0) throw_system("cut", path, done);
  }

 private:
  static constexpr std::size_t digits = 20;

  void note_parent() const {
    const std::string path = path_of("unsynced");
    file_handle(*files_, files_->open(path.c_str(), file_mode::create_empty));
  }
  bool has_note_of_parent() const {
    const std::string path = path_of("unsynced");
    const int number = uninterrupted([&] { return files_->open(path.c_str(), file_mode::read); });
    const file_handle file(*files_, number);
    return number != -ENOENT;
  }
  static std::string numbered(std::string_view kind, std::uint64_t number) {
    const std::string text = std::to_string(number);
    return std::string(kind) + std::string(digits - text.size(), '0') + text;
  }
  static bool has_number(const std::string& name, std::string_view kind, std::uint64_t& number) {
    if (name.size() != kind.size() + digits || !name.starts_with(kind)) return false;
    number = 0;
    for (const char digit : name.substr(kind.size())) {
      if (digit < '0' || digit > '9') return false;
      number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return name == numbered(kind, number);  // 20 digits may be more than a number has
  }

  file_operations* files_;
  std::string path_;
  file_handle lock_;
  bool is_made_ = false;
};

}  // namespace steady::detail
