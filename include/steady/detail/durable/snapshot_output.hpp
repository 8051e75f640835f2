// Files of snapshots, one after the other: takes full buffers, and at the end makes the file safe
// under its final name. With a thread, all of that happens there, and whoever fills buffers waits
// only if he wants to: not for the disk, nor for the thread to begin or to end. It begins with the
// first snapshot, and stays until the map ends.
//
//   Steps   snapshot.partial is made, written, synced, renamed; the directory is synced; then
//           `when_safe` is called, which may remove what the snapshot replaces.
//   Bound   with a thread: O(1), and no call of the files, but for wait() and the destructor, which
//           wait for the buffer that is being dealt with. Without one: all of it in hand_over().
//   Memory  a buffer of the bytes that begin() is told; a larger one until its snapshot ends.
//   Throws  begin() std::bad_alloc, std::system_error where no thread can be had; failures of files
//           are an outcome.
//   Threads one fills.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <steady/detail/background/wake_signal.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/buffer_room.hpp>
#include <steady/detail/durable/own_process.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class snapshot_output {
 public:
  enum class state { none, open, safe, failed };

  explicit snapshot_output(const room& in) : room_(&in) {}
  // Gives up what is not safe yet. In a child by fork() that is the parent's.
  ~snapshot_output() {
    if (!process_.is_this()) {
      forget_threads_of(worker_);
      return;
    }
    if (worker_.joinable()) {
      stops_.store(true, std::memory_order_release);
      wakes_.raise();
      worker_.join();
    }
    file_.close();
    if (now() == state::open) room_->remove(partial_);
  }
  snapshot_output(const snapshot_output&) = delete;
  snapshot_output& operator=(const snapshot_output&) = delete;

  // The next one, of which buffers will have `buffer_bytes`. Not while there is one.
  void begin(std::string path, bool background, std::size_t buffer_bytes,
             std::function<void()> when_safe) {
    partial_ = room_->partial_path();
    final_ = std::move(path);
    buffer_.reserve(buffer_bytes);
    buffer_bytes_ = buffer_bytes;
    if (background && !worker_.joinable()) worker_ = std::thread([this] { work(); });
    in_background_ = background;
    when_safe_ = std::move(when_safe);
    size_ = synced_ = 0;
    error_ = 0;
    state_.store(state::open, std::memory_order_relaxed);
  }

  // Whether the thread has something to do.
  bool is_busy() const noexcept { return has_work_.load(std::memory_order_acquire); }
  state now() const noexcept { return state_.load(std::memory_order_acquire); }
  // Not while it is busy: of the file, once it is safe; the system's error, once it has failed.
  std::uint64_t size() const noexcept { return size_; }
  int error() const noexcept { return error_; }

  // Takes the bytes, and leaves an empty buffer. `is_last`: the file is complete then. Waits while
  // it is busy.
  void hand_over(byte_buffer& bytes, bool is_last) {
    wait();
    std::swap(bytes, buffer_);
    bytes.clear();
    begin_task(is_last ? task::complete : task::write);
  }
  // There will be no such snapshot: its file goes. Not while it is busy.
  void give_up() {
    if (now() == state::open) begin_task(task::remove);
  }
  // Returns when what was handed over is dealt with.
  void wait() noexcept {
    while (is_busy()) done_.wait();
  }

 private:
  enum class task { write, complete, remove };

  // So much is written between two syncs, so that the last one, and those of the log meanwhile, do
  // not wait for all of it.
  static constexpr std::uint64_t sync_every = std::uint64_t{16} << 20;

  void begin_task(task what) {
    task_ = what;
    if (!in_background_) return deal_with_task();
    has_work_.store(true, std::memory_order_release);
    wakes_.raise();
  }
  void work() noexcept {
    while (true) {
      wakes_.wait();
      if (stops_.load(std::memory_order_acquire)) return;
      if (!is_busy()) continue;
      deal_with_task();
      has_work_.store(false, std::memory_order_release);
      done_.raise();
    }
  }

  // All below belongs to whoever deals with a task.

  void deal_with_task() noexcept {
    const int done = do_task();
    if (done == 0 && task_ == task::write) return;
    file_.close();
    keep_at_most(buffer_, buffer_bytes_);
    if (done != 0 || task_ == task::remove) room_->remove(partial_);
    if (done == 0 && task_ == task::complete) tell_that_it_is_safe();
    error_ = -done;
    state_.store(done != 0                 ? state::failed
                 : task_ == task::complete ? state::safe
                                           : state::none,
                 std::memory_order_release);
  }
  // A negative errno where that fails; all later ones of the same file do nothing then.
  int do_task() noexcept {
    if (task_ == task::remove) return 0;
    if (now() == state::failed) return -error_;
    int done = file_.is_open() ? 0 : create();
    if (done == 0) done = write_buffer();
    if (done == 0 && task_ == task::complete) done = complete();
    return done;
  }
  int create() noexcept {
    const int number = uninterrupted(
        [&] { return room_->files().open(partial_.c_str(), file_mode::create_empty); });
    if (number < 0) return number;
    file_ = file_handle(room_->files(), number);
    return 0;
  }
  int write_buffer() noexcept {
    const int done =
        write_all(room_->files(), file_.number(), buffer_.data(), buffer_.size(), size_);
    size_ += buffer_.size();
    if (done != 0 || size_ - synced_ < sync_every) return done;
    synced_ = size_;
    return sync();
  }
  int sync() noexcept {
    return uninterrupted([&] { return room_->files().sync(file_.number()); });
  }
  int complete() noexcept {
    int done = sync();
    file_.close();
    // Of the same position, so with the same elements: what is older may be gone.
    const bool has_same = done == 0 && is_there(final_);
    if (done == 0) {
      done = uninterrupted([&] { return room_->files().rename(partial_.c_str(), final_.c_str()); });
    }
    if (done != 0) return done;
    done = room_->sync();
    if (done != 0 && !has_same) room_->remove(final_);
    return done;
  }
  bool is_there(const std::string& path) const noexcept {
    const int number =
        uninterrupted([&] { return room_->files().open(path.c_str(), file_mode::read); });
    if (number >= 0) room_->files().close(number);
    return number != -ENOENT;
  }
  void tell_that_it_is_safe() noexcept {
    STEADY_TRY {
      if (when_safe_) when_safe_();
    }
    STEADY_CATCH_ALL {  // what it replaces is removed next time
    }
  }

  own_process process_;
  const room* room_;
  std::string partial_;
  std::string final_;
  std::function<void()> when_safe_;
  bool in_background_ = false;

  wake_signal wakes_;  // the thread
  wake_signal done_;   // whoever waits for it
  std::atomic<bool> stops_{false};
  std::atomic<bool> has_work_{false};  // what is below belongs to the thread
  std::atomic<state> state_{state::none};

  task task_ = task::write;
  byte_buffer buffer_;
  std::size_t buffer_bytes_ = 0;
  file_handle file_;
  std::uint64_t size_ = 0;
  std::uint64_t synced_ = 0;
  int error_ = 0;
  std::thread worker_;
};

}  // namespace steady::detail
