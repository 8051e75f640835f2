// steady::file_operations: all that a durable map asks of the system's files, in one place. Durable
// maps use the POSIX ones, unless they are told of others: tests fail the k-th call, or cut files;
// programs may put files elsewhere.
//
// Functions return a negative errno where they fail, and are not interrupted: -EINTR is tried again
// by the caller.
//
//   Throws   nothing; list() and absolute() std::bad_alloc.
//   Threads  called by several, for different files at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace steady {

enum class file_mode {
  read,         // an existing file
  change,       // an existing file, to be read and written
  create_empty  // one that is empty, whatever was there; to be read and written
};

class file_operations {
 public:
  virtual ~file_operations() = default;

  // The same path, wherever the working directory is later. A durable map asks for its directory's
  // when it is opened, and names all files by that. Unless overridden: the path as it is.
  virtual std::string absolute(const std::string& path) { return path; }

  // A number for the file, 0 or more.
  virtual int open(const char* path, file_mode mode) noexcept = 0;
  virtual int close(int file) noexcept = 0;
  virtual std::int64_t size(int file) noexcept = 0;
  // How many bytes were read or written: maybe fewer than asked for; 0 read: the end.
  virtual std::int64_t read(int file, void* to, std::size_t bytes, std::uint64_t at) noexcept = 0;
  virtual std::int64_t write(int file, const void* from, std::size_t bytes,
                             std::uint64_t at) noexcept = 0;
  // What was written, and the size, are on the disk when it returns.
  virtual int sync(int file) noexcept = 0;
  virtual int truncate(int file, std::uint64_t size) noexcept = 0;
  // Keeps other openers out, this process included, until the file is closed; -EWOULDBLOCK where
  // one is there already.
  virtual int lock(int file) noexcept = 0;

  virtual int rename(const char* from, const char* to) noexcept = 0;
  virtual int remove(const char* path) noexcept = 0;
  // -EEXIST where it is there already.
  virtual int make_directory(const char* path) noexcept = 0;
  // That files were made, renamed and removed is on the disk when it returns.
  virtual int sync_directory(const char* path) noexcept = 0;
  // The names of the files in it, in any order.
  virtual int list(const char* path, std::vector<std::string>& names) = 0;
};

}  // namespace steady
