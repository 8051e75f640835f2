// The file of a snapshot that is being written: takes full buffers, and at the end makes the file
// safe under its final name. With a thread, all of that happens there: whoever fills buffers waits
// only if he wants to.
//
//   Steps   snapshot.partial is made, written, synced, renamed; the directory is synced; then
//           `when_safe` is called, which may remove what the snapshot replaces.
//   Throws  std::bad_alloc, std::system_error where no thread can be had; failures of files are an
//           outcome.
//   Threads one fills.
#pragma once

#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class snapshot_output {
  using lock_type = std::unique_lock<std::mutex>;

 public:
  enum class state { open, safe, failed };

  snapshot_output(const room& in, std::uint64_t position, bool background,
                  std::function<void()> when_safe)
      : room_(&in),
        partial_(in.partial_path()),
        final_(in.snapshot_path(position)),
        when_safe_(std::move(when_safe)) {
    if (background) worker_ = std::thread([this] { work(); });
  }
  // Gives up what is not safe yet.
  ~snapshot_output() {
    if (worker_.joinable()) {
      {
        const lock_type lock(mutex_);
        abandoned_ = true;
      }
      changed_.notify_all();
      worker_.join();
    }
    file_.close();
    if (now() == state::open) room_->remove(partial_);
  }
  snapshot_output(const snapshot_output&) = delete;
  snapshot_output& operator=(const snapshot_output&) = delete;

  // Whether hand_over() would wait.
  bool is_busy() const {
    const lock_type lock(mutex_);
    return has_work_;
  }
  state now() const {
    const lock_type lock(mutex_);
    return state_;
  }
  // Of the file, once it is safe.
  std::uint64_t size() const {
    const lock_type lock(mutex_);
    return size_;
  }
  // The system's, of what has failed.
  int error() const {
    const lock_type lock(mutex_);
    return error_;
  }

  // Takes the bytes, and leaves an empty buffer. `is_last`: the file is complete then.
  void hand_over(byte_buffer& bytes, bool is_last) {
    lock_type lock(mutex_);
    changed_.wait(lock, [this] { return !has_work_; });
    std::swap(bytes, buffer_);
    bytes.clear();
    is_last_ = is_last;
    if (worker_.joinable()) {
      has_work_ = true;
      changed_.notify_all();
    } else {
      lock.unlock();
      const int result = deal_with_buffer();
      lock.lock();
      settle(result);
    }
  }
  // Returns when what was handed over is dealt with.
  void wait() const {
    lock_type lock(mutex_);
    changed_.wait(lock, [this] { return !has_work_; });
  }

 private:
  // So much is written between two syncs, so that the last one, and those of the log meanwhile, do
  // not wait for all of it.
  static constexpr std::uint64_t sync_every = std::uint64_t{16} << 20;

  void work() {
    lock_type lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return has_work_ || abandoned_; });
      if (abandoned_) return;
      lock.unlock();
      const int result = deal_with_buffer();
      lock.lock();
      has_work_ = false;
      settle(result);
      changed_.notify_all();
    }
  }
  void settle(int result) {
    if (result < 0) {
      error_ = -result;
      state_ = state::failed;
    } else if (is_last_) {
      state_ = state::safe;
    }
  }

  // The file belongs to whoever deals with a buffer. A negative errno where that fails.
  int deal_with_buffer() {
    if (has_failed_) return -error_;
    int done = file_.is_open() ? 0 : create();
    if (done == 0) done = write_buffer();
    if (done == 0 && is_last_) done = complete();
    if (done != 0) {
      has_failed_ = true;
      file_.close();
      room_->remove(partial_);
    } else if (is_last_ && when_safe_) {
      STEADY_TRY { when_safe_(); }
      STEADY_CATCH_ALL {  // what it replaces is removed next time
      }
    }
    return done;
  }
  int create() {
    const int number = uninterrupted(
        [&] { return room_->files().open(partial_.c_str(), file_mode::create_empty); });
    if (number < 0) return number;
    file_ = file_handle(room_->files(), number);
    return 0;
  }
  int write_buffer() {
    const int done =
        write_all(room_->files(), file_.number(), buffer_.data(), buffer_.size(), size_);
    size_ += buffer_.size();
    if (done != 0 || size_ - synced_ < sync_every) return done;
    synced_ = size_;
    return sync();
  }
  int sync() {
    return uninterrupted([&] { return room_->files().sync(file_.number()); });
  }
  int complete() {
    int done = sync();
    file_.close();
    if (done == 0) {
      done = uninterrupted([&] { return room_->files().rename(partial_.c_str(), final_.c_str()); });
    }
    return done == 0 ? room_->sync() : done;
  }

  const room* room_;
  std::string partial_;
  std::string final_;
  std::function<void()> when_safe_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool has_work_ = false;  // the buffer, and what is below, belong to the thread
  bool abandoned_ = false;
  state state_ = state::open;
  int error_ = 0;

  byte_buffer buffer_;
  bool is_last_ = false;
  bool has_failed_ = false;
  file_handle file_;
  std::uint64_t size_ = 0;
  std::uint64_t synced_ = 0;
  std::thread worker_;
};

}  // namespace steady::detail
