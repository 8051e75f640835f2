// Files in memory that know what a power failure would leave of them, and fail where they are told.
//
// Of every file: what is synced, and the writes since. power_failure() keeps what was synced, and
// of the later writes any part; of names that were made, removed or renamed since the directory was
// synced likewise. A sync that fails drops the writes since, as kernels do: they can still be read,
// and no later sync brings them to the disk.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <steady/file_operations.hpp>

namespace support {

enum class fault { error, short_write };

class memory_files final : public steady::file_operations {
 public:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  using bytes = std::vector<unsigned char>;

  // ---- what tests set, and look at ----

  // From call number `at` on, `times` calls fail with this errno; or, a write of more than a byte
  // writes half, and the next call fails.
  void fail(std::size_t at, std::size_t times, int error, fault kind = fault::error) {
    calls_ = 0;
    fail_at_ = at;
    fail_times_ = times;
    error_ = error;
    kind_ = kind;
  }
  void fail_never() { fail(never, 0, 0); }
  // Only calls of this kind are counted and fail; empty: all.
  void only(std::string kind) { only_ = std::move(kind); }
  std::size_t calls() const { return calls_; }
  // Besides, all calls of this kind fail with EIO, until it is told of none.
  void break_all(std::string kind) { broken_ = std::move(kind); }

  bool has(const std::string& path) const { return names_.contains(path); }
  bytes& content(const std::string& path) { return names_.at(path)->now; }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [path, file] : names_) all.push_back(path);
    return all;
  }
  // Everything is as if it had been synced.
  void settle() {
    for (const auto& [path, file] : names_) file->safe_now();
    safe_names_ = names_;
  }
  // Copies share nothing.
  std::unique_ptr<memory_files> copy() const {
    auto made = std::make_unique<memory_files>();
    made->directories_ = directories_;
    for (const auto& [path, file] : names_) {
      made->names_[path] = std::make_shared<node>(*file);
      made->names_[path]->locked = false;
    }
    made->safe_names_ = made->names_;
    return made;
  }

  // The same, with what is synced and what is not.
  std::unique_ptr<memory_files> copy_unsafe() {
    const std::lock_guard lock(mutex_);
    auto made = std::make_unique<memory_files>();
    std::map<node*, std::shared_ptr<node>> copies;
    const auto copy_of = [&](const std::shared_ptr<node>& file) {
      auto& known = copies[file.get()];
      if (known == nullptr) known = std::make_shared<node>(*file);
      known->locked = false;
      return known;
    };
    made->directories_ = directories_;
    for (const auto& [path, file] : names_) made->names_[path] = copy_of(file);
    for (const auto& [path, file] : safe_names_) made->safe_names_[path] = copy_of(file);
    return made;
  }
  // Becomes what that one is.
  void take(memory_files& other) {
    directories_ = other.directories_;
    names_ = other.names_;
    safe_names_ = other.safe_names_;
    open_.clear();
  }

  // What is there afterwards; nothing is open any more.
  void power_failure(std::mt19937& random) {
    auto names = safe_names_;
    for (const auto& [path, file] : names_) {
      if (!safe_names_.contains(path) && random() % 2 == 0) names[path] = file;
    }
    for (const auto& [path, file] : safe_names_) {
      if (!names_.contains(path) && random() % 2 == 0) names.erase(path);
    }
    for (const auto& [path, file] : names) file->lose(random);
    names_ = names;
    safe_names_ = names;
    open_.clear();
    for (const auto& [path, file] : names_) file->locked = false;
  }

  // ---- file_operations ----

  int open(const char* path, steady::file_mode mode) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("open")) return -failure_;
    auto found = names_.find(path);
    if (found == names_.end()) {
      if (mode != steady::file_mode::create_empty) return -ENOENT;
      found = names_.emplace(path, std::make_shared<node>()).first;
    } else if (mode == steady::file_mode::create_empty) {
      found->second->truncate(0);
    }
    open_[++last_number_] = {found->second, false};
    return last_number_;
  }
  int close(int file) noexcept override {
    const std::lock_guard lock(mutex_);
    if (open_.at(file).second) open_.at(file).first->locked = false;
    open_.erase(file);
    return 0;
  }
  std::int64_t size(int file) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("size")) return -failure_;
    return static_cast<std::int64_t>(at(file).now.size());
  }
  std::int64_t read(int file, void* to, std::size_t count, std::uint64_t from) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("read")) return -failure_;
    const bytes& data = at(file).now;
    if (from >= data.size()) return 0;
    const std::size_t there = std::min<std::size_t>(count, data.size() - from);
    std::memcpy(to, data.data() + from, there);
    return static_cast<std::int64_t>(there);
  }
  std::int64_t write(int file, const void* from, std::size_t count,
                     std::uint64_t to) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("write")) {
      if (kind_ == fault::error || count < 2) return -failure_;
      ++fail_at_;  // the next call fails with the error
      kind_ = fault::error;
      count /= 2;
    }
    at(file).write(static_cast<const unsigned char*>(from), count, to);
    return static_cast<std::int64_t>(count);
  }
  int sync(int file) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("sync")) {
      if (failure_ != EINTR) at(file).unsafe.clear();
      return -failure_;
    }
    at(file).sync();
    return 0;
  }
  int truncate(int file, std::uint64_t size) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("truncate")) return -failure_;
    at(file).truncate(size);
    return 0;
  }
  int lock(int file) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("lock")) return -failure_;
    auto& [found, locked] = open_.at(file);
    if (found->locked) return -EWOULDBLOCK;
    found->locked = locked = true;
    return 0;
  }
  int rename(const char* from, const char* to) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("rename")) return -failure_;
    const auto found = names_.find(from);
    if (found == names_.end()) return -ENOENT;
    const auto file = found->second;
    names_.erase(found);
    names_[to] = file;
    return 0;
  }
  int remove(const char* path) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("remove")) return -failure_;
    return names_.erase(path) == 1 ? 0 : -ENOENT;
  }
  int make_directory(const char* path) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("make_directory")) return -failure_;
    return directories_.emplace(path, 0).second ? 0 : -EEXIST;
  }
  int sync_directory(const char*) noexcept override {
    const std::lock_guard lock(mutex_);
    if (fails("sync")) return -failure_;
    safe_names_ = names_;
    return 0;
  }
  int list(const char* path, std::vector<std::string>& names) override {
    const std::lock_guard lock(mutex_);
    if (fails("list")) return -failure_;
    const std::string in = std::string(path) + "/";
    names.clear();
    for (const auto& [name, file] : names_) {
      if (name.starts_with(in)) names.push_back(name.substr(in.size()));
    }
    return 0;
  }

 private:
  struct node {
    bytes now;
    bytes safe;
    // Since the sync, in order: where, what; without bytes: cut there.
    std::vector<std::pair<std::uint64_t, bytes>> unsafe;
    bool locked = false;

    void write(const unsigned char* from, std::size_t count, std::uint64_t to) {
      put(now, from, count, to);
      unsafe.emplace_back(to, bytes(from, from + count));
    }
    void truncate(std::uint64_t size) {
      now.resize(static_cast<std::size_t>(size));
      unsafe.emplace_back(size, bytes());
    }
    void safe_now() {
      safe = now;
      unsafe.clear();
    }
    void sync() {
      for (const auto& [where, what] : unsafe) {
        if (what.empty()) {
          safe.resize(static_cast<std::size_t>(where));
        } else {
          put(safe, what.data(), what.size(), where);
        }
      }
      unsafe.clear();
    }
    // Any part of what was written since is on the disk, in units of 16 bytes. Elsewhere is what
    // was there before, or zeros.
    void lose(std::mt19937& random) {
      const auto way = random() % 4;
      for (const auto& [where, what] : unsafe) {
        if (way == 0) break;  // nothing of it
        if (what.empty()) {
          safe.resize(static_cast<std::size_t>(where));
          continue;
        }
        std::size_t end = way == 1 ? what.size() : random() % (what.size() + 1);
        bytes written(what.begin(), what.begin() + static_cast<std::ptrdiff_t>(end));
        for (std::size_t at = 0; way == 3 && at + 16 <= end; at += 16) {  // with holes
          if (random() % 4 != 0) continue;
          for (std::size_t n = at; n < at + 16; ++n) {
            written[n] = where + n < safe.size() ? safe[static_cast<std::size_t>(where) + n] : 0;
          }
        }
        put(safe, written.data(), end, where);
      }
      unsafe.clear();
      now = safe;
    }
    static void put(bytes& into, const unsigned char* from, std::size_t count, std::uint64_t to) {
      if (into.size() < to + count) into.resize(static_cast<std::size_t>(to) + count);
      if (count != 0) std::memcpy(into.data() + to, from, count);
    }
  };

  node& at(int file) { return *open_.at(file).first; }
  bool fails(const char* kind) {
    failure_ = EIO;
    if (broken_ == kind) return true;
    if (!only_.empty() && only_ != kind) return false;
    failure_ = error_;
    const std::size_t call = calls_++;
    return call >= fail_at_ && call - fail_at_ < fail_times_;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<node>> names_;
  std::map<std::string, std::shared_ptr<node>> safe_names_;
  std::map<std::string, int> directories_;
  std::map<int, std::pair<std::shared_ptr<node>, bool>> open_;
  int last_number_ = 0;
  std::size_t calls_ = 0;
  std::size_t fail_at_ = never;
  std::size_t fail_times_ = 0;
  int error_ = 0;
  int failure_ = 0;  // of the last call that has failed
  std::string broken_;
  fault kind_ = fault::error;
  std::string only_;
};

}  // namespace support
