// The segment of a log that is being written.
//
//   Bound   the bytes, and the calls of the files.
//   Throws  begin() std::bad_alloc, before anything is changed; failures of files are an outcome.
//   Threads one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <steady/codec.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class log_segment {
 public:
  struct outcome {
    int error = 0;       // negative
    bool final = false;  // nobody knows what is on the disk
  };

  explicit log_segment(const room& in) : room_(&in) {}

  // What all segments have in their headers, but for the position.
  void describe(const record_header& header) { header_ = header; }
  // One that is there, and synced, is continued at its end.
  void go_on(file_handle file, std::string path, std::uint64_t size) {
    file_ = std::move(file);
    path_ = std::move(path);
    size_ = size;
  }

  bool is_open() const noexcept { return file_.is_open(); }
  const std::string& path() const noexcept { return path_; }
  std::uint64_t size() const noexcept { return size_; }
  bool is_synced() const noexcept { return !unsynced_; }

  // All, or what was written is taken back.
  outcome write(std::span<const unsigned char> bytes) {
    const int done = write_all(room_->files(), file_.number(), bytes.data(), bytes.size(), size_);
    if (done == 0) {
      size_ += bytes.size();
      unsynced_ = true;
      return {};
    }
    const int taken_back =
        uninterrupted([&] { return room_->files().truncate(file_.number(), size_); });
    return {done, taken_back != 0};
  }
  outcome sync() {
    if (!unsynced_) return {};
    const int done = uninterrupted([&] { return room_->files().sync(file_.number()); });
    if (done != 0) return {done, true};
    unsynced_ = false;
    return {};
  }
  // The next segment, once this one is synced.
  outcome begin(std::uint64_t first) {
    const outcome synced = sync();
    if (synced.error != 0) return synced;
    file_.close();
    file_operations& files = room_->files();
    path_ = room_->log_path(first);
    const int number =
        uninterrupted([&] { return files.open(path_.c_str(), file_mode::create_empty); });
    if (number < 0) return {number, false};
    file_handle fresh(files, number);
    byte_buffer head;
    header_.position = first - 1;
    append_header(head, header_);
    const int written = write_all(files, number, head.data(), head.size(), 0);
    if (written != 0) {
      room_->remove(path_);
      return {written, false};
    }
    int safe = uninterrupted([&] { return files.sync(number); });
    if (safe == 0) safe = room_->sync();
    if (safe != 0) return {safe, true};
    file_ = std::move(fresh);
    size_ = head.size();
    return {};
  }
  void close() noexcept { file_.close(); }

 private:
  const room* room_;
  record_header header_;
  file_handle file_;
  std::string path_;
  std::uint64_t size_ = 0;
  bool unsynced_ = false;
};

}  // namespace steady::detail
