// Files whose functions are no chance to fail (countdown.hpp), whatever those behind them do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <steady/file_operations.hpp>

#include "support/countdown.hpp"
#include "support/files_around.hpp"

namespace support {

class sure_files final : public files_around {
 public:
  using files_around::files_around;

  int close(int file) noexcept override {
    const countdown::pause none;
    return files_around::close(file);
  }
  int open(const char* path, steady::file_mode mode) noexcept override {
    const countdown::pause none;
    return files_around::open(path, mode);
  }
  std::int64_t write(int file, const void* from, std::size_t n,
                     std::uint64_t at) noexcept override {
    const countdown::pause none;
    return files_around::write(file, from, n, at);
  }
  int sync(int file) noexcept override {
    const countdown::pause none;
    return files_around::sync(file);
  }
  int truncate(int file, std::uint64_t size) noexcept override {
    const countdown::pause none;
    return files_around::truncate(file, size);
  }
  int rename(const char* from, const char* to) noexcept override {
    const countdown::pause none;
    return files_around::rename(from, to);
  }
  int remove(const char* path) noexcept override {
    const countdown::pause none;
    return files_around::remove(path);
  }
  int make_directory(const char* path) noexcept override {
    const countdown::pause none;
    return files_around::make_directory(path);
  }
  int sync_directory(const char* path) noexcept override {
    const countdown::pause none;
    return files_around::sync_directory(path);
  }
  int list(const char* path, std::vector<std::string>& names) override {
    const countdown::pause none;
    return files_around::list(path, names);
  }
};

}  // namespace support
