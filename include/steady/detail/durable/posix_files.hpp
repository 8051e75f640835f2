// file_operations by POSIX. Locks are those of flock(), which belong to an open file, so that two
// maps in one process keep each other out as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <steady/detail/base/config.hpp>
#include <steady/file_operations.hpp>

#if STEADY_HAS_POSIX
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>
#endif

#include <cerrno>
#include <cstdio>

namespace steady::detail {

#if STEADY_HAS_POSIX

// A quota is used up.
inline constexpr int quota_error = EDQUOT;

class posix_files final : public file_operations {
 public:
  // As it is where there is no working directory any more: then nothing is found there.
  std::string absolute(const std::string& path) override {
    if (path.empty() || path[0] == '/') return path;
    std::string directory(256, '\0');
    while (::getcwd(directory.data(), directory.size()) == nullptr) {
      if (errno != ERANGE) return path;
      directory.resize(2 * directory.size());
    }
    directory.resize(directory.find('\0'));
    return directory + (directory.ends_with('/') ? "" : "/") + path;
  }
  int open(const char* path, file_mode mode) noexcept override {
    const int flags = mode == file_mode::read     ? O_RDONLY
                      : mode == file_mode::change ? O_RDWR
                                                  : O_RDWR | O_CREAT | O_TRUNC;
    return checked(::open(path, flags | O_CLOEXEC, 0666));
  }
  int close(int file) noexcept override { return checked(::close(file)); }
  std::int64_t size(int file) noexcept override {
    struct ::stat facts;
    return ::fstat(file, &facts) != 0 ? -errno : std::int64_t{facts.st_size};
  }
  std::int64_t read(int file, void* to, std::size_t bytes, std::uint64_t at) noexcept override {
    const auto done = ::pread(file, to, bytes, static_cast<off_t>(at));
    return done < 0 ? -errno : static_cast<std::int64_t>(done);
  }
  std::int64_t write(int file, const void* from, std::size_t bytes,
                     std::uint64_t at) noexcept override {
    const auto done = ::pwrite(file, from, bytes, static_cast<off_t>(at));
    return done < 0 ? -errno : static_cast<std::int64_t>(done);
  }
  int sync(int file) noexcept override {
#if defined(__linux__)
    return checked(::fdatasync(file));  // syncs a new size, too
#elif defined(F_FULLFSYNC)
    return ::fcntl(file, F_FULLFSYNC) == 0 ? 0 : checked(::fsync(file));
#else
    return checked(::fsync(file));
#endif
  }
  int truncate(int file, std::uint64_t size) noexcept override {
    return checked(::ftruncate(file, static_cast<off_t>(size)));
  }
  int lock(int file) noexcept override { return checked(::flock(file, LOCK_EX | LOCK_NB)); }

  int rename(const char* from, const char* to) noexcept override {
    return checked(std::rename(from, to));
  }
  int remove(const char* path) noexcept override { return checked(::unlink(path)); }
  int make_directory(const char* path) noexcept override { return checked(::mkdir(path, 0777)); }
  int sync_directory(const char* path) noexcept override {
    const int directory = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -errno;
    const int result = checked(::fsync(directory));
    ::close(directory);
    return result;
  }
  int list(const char* path, std::vector<std::string>& names) override {
    ::DIR* const directory = ::opendir(path);
    if (directory == nullptr) return -errno;
    STEADY_TRY {
      names.clear();
      errno = 0;
      while (const ::dirent* const entry = ::readdir(directory)) {
        names.emplace_back(entry->d_name);
        errno = 0;
      }
    }
    STEADY_CATCH_ALL {
      ::closedir(directory);
      STEADY_RETHROW;
    }
    const int error = errno;
    ::closedir(directory);
    return -error;
  }

 private:
  static int checked(int result) noexcept { return result < 0 ? -errno : result; }
};

#else

inline constexpr int quota_error = ENOSPC;

class posix_files final : public file_operations {
 public:
  int open(const char*, file_mode) noexcept override { return -ENOSYS; }
  int close(int) noexcept override { return -ENOSYS; }
  std::int64_t size(int) noexcept override { return -ENOSYS; }
  std::int64_t read(int, void*, std::size_t, std::uint64_t) noexcept override { return -ENOSYS; }
  std::int64_t write(int, const void*, std::size_t, std::uint64_t) noexcept override {
    return -ENOSYS;
  }
  int sync(int) noexcept override { return -ENOSYS; }
  int truncate(int, std::uint64_t) noexcept override { return -ENOSYS; }
  int lock(int) noexcept override { return -ENOSYS; }
  int rename(const char*, const char*) noexcept override { return -ENOSYS; }
  int remove(const char*) noexcept override { return -ENOSYS; }
  int make_directory(const char*) noexcept override { return -ENOSYS; }
  int sync_directory(const char*) noexcept override { return -ENOSYS; }
  int list(const char*, std::vector<std::string>&) override { return -ENOSYS; }
};

#endif

inline file_operations& system_files() noexcept {
  static posix_files files;
  return files;
}

}  // namespace steady::detail
