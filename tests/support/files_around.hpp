// Files that do what others do: a base for those that count calls, wait, or fail in a way of their
// own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <steady/file_operations.hpp>

namespace support {

class files_around : public steady::file_operations {
 public:
  explicit files_around(steady::file_operations& inner) : inner_(&inner) {}

  int open(const char* path, steady::file_mode mode) noexcept override {
    return inner_->open(path, mode);
  }
  int close(int file) noexcept override { return inner_->close(file); }
  std::int64_t size(int file) noexcept override { return inner_->size(file); }
  std::int64_t read(int file, void* to, std::size_t bytes, std::uint64_t at) noexcept override {
    return inner_->read(file, to, bytes, at);
  }
  std::int64_t write(int file, const void* from, std::size_t bytes,
                     std::uint64_t at) noexcept override {
    return inner_->write(file, from, bytes, at);
  }
  int sync(int file) noexcept override { return inner_->sync(file); }
  int truncate(int file, std::uint64_t size) noexcept override {
    return inner_->truncate(file, size);
  }
  int lock(int file) noexcept override { return inner_->lock(file); }
  int rename(const char* from, const char* to) noexcept override {
    return inner_->rename(from, to);
  }
  int remove(const char* path) noexcept override { return inner_->remove(path); }
  int make_directory(const char* path) noexcept override { return inner_->make_directory(path); }
  int sync_directory(const char* path) noexcept override { return inner_->sync_directory(path); }
  int list(const char* path, std::vector<std::string>& names) override {
    return inner_->list(path, names);
  }

 private:
  steady::file_operations* inner_;
};

// Which read no more than a few bytes at once, as they may.
class files_in_pieces final : public files_around {
 public:
  using files_around::files_around;
  std::int64_t read(int file, void* to, std::size_t bytes, std::uint64_t at) noexcept override {
    return files_around::read(file, to, std::min<std::size_t>(bytes, 5), at);
  }
};

}  // namespace support
