// The log of a durable map: takes records of changes, writes them to segments, and syncs.
//
//   1. Positions: durable() <= written() <= last(). Only the map's thread raises last().
//   2. Records wait in `pending_`. Whoever finds that nobody writes takes them all, writes them
//      with one call, and syncs for all who wait: that is the group commit. `busy_` says that
//      somebody is at it; the file belongs to him, and the mutex is free meanwhile.
//   3. What could not be written is taken back from the file's end and waits again (`blocked_`):
//      the next change tries anew, and fails if that fails. After a sync that failed nobody knows
//      what is on the disk, so nothing is written or acknowledged any more (`failed_`).
//   4. A segment is synced before the next one is begun, so only the last one can have a torn
//      tail.
//   5. A record that is the first one behind a sync says so (after_sync): what is broken in front
//      of it was damaged, not torn.
//
//   6. It belongs to the process that made it. In a child by fork() nothing is written, and nothing
//      waits for the mutex: a thread of the parent may hold it.
//
//   Threads  stage(), publish(), require_writable() and group() belong to the map's thread; the
//            others may be called by any.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/system.hpp>
#include <steady/detail/durable/buffer_room.hpp>
#include <steady/detail/durable/log_segment.hpp>
#include <steady/detail/durable/own_process.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/records.hpp>

namespace steady {

// When a change is safely on the disk.
enum class sync_policy {
  each_change,  // when its call returns
  interval,     // some milliseconds later, or when sync() returns
  never         // when sync() returns
};

namespace detail {

struct log_settings {
  sync_policy sync = sync_policy::each_change;
  std::uint64_t interval_ns = 0;
  std::size_t flush_bytes = 0;    // so many pending are written without waiting for a sync
  std::size_t pending_bytes = 0;  // with so many pending, a change waits for the disk
  std::uint64_t segment_bytes = 0;
  bool background = true;  // a thread of its own writes and syncs
};

class log_writer {
  using lock_type = std::unique_lock<std::mutex>;
  using outcome = log_segment::outcome;

 public:
  log_writer(const room& in, const log_settings& settings)
      : room_(&in), settings_(settings), segment_(in) {}
  ~log_writer() { finish(); }
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  // After a recovery: the segments that are there, and the last one of them, to be continued at its
  // end; not open if there is none to continue.
  void start(const record_header& header, std::uint64_t last,
             const std::vector<std::uint64_t>& segments, file_handle segment, std::uint64_t size) {
    segment_.describe(header);
    last_ = written_ = durable_ = last;
    segments_.assign(segments.begin(), segments.end());
    if (segment.is_open()) {
      segment_.go_on(std::move(segment), room_->log_path(segments_.back()), size);
    }
    last_sync_ = system_nanoseconds();
    pending_.reserve(reserved_bytes());
    writing_.reserve(reserved_bytes());
    if (settings_.background && settings_.sync != sync_policy::each_change) {
      worker_ = std::thread([this] { work(); });
    }
  }

  // ---- the map's thread ----

  std::uint64_t last() const noexcept { return last_; }

  // Throws if a change could not be recorded now. A full disk is tried again.
  void require_writable() {
    require_own_process();
    if (!in_trouble_.load(std::memory_order_relaxed)) return;
    lock_type lock(mutex_);
    require_healthy(lock);
  }
  // The record of the next change goes here.
  byte_buffer& stage() noexcept {
    staged_.clear();
    return staged_;
  }
  // It is not needed any more.
  void unstage() noexcept { keep_at_most(staged_, usual_bytes); }
  // The record is that of a change. Throws, and it never was, if it cannot be acknowledged.
  void publish() {
    lock_type lock(mutex_);
    require_healthy(lock);
    make_room(lock);
    if (pending_.empty() && (busy_ ? busy_syncs_ : segment_.is_synced())) {
      mark_after_sync(staged_.data(), true);
    }
    pending_.append(staged_.data(), staged_.size());
    bytes_ += staged_.size();
    ++last_;
    if (settings_.sync == sync_policy::each_change && !in_group_) {
      acknowledge(lock);
    } else if (!in_group_) {
      flush_if_due(lock);
    }
  }
  // Until end_group() changes are not acknowledged one by one.
  void begin_group() noexcept { in_group_ = true; }
  void end_group() noexcept { in_group_ = false; }

  // ---- any thread ----

  bool is_own_process() const noexcept { return process_.is_this(); }
  void require_own_process() const {
    if (is_own_process()) return;
    throw_durable(durable_trouble::locked,
                  room_->path() +
                      " belongs to another process, which has forked this one: here the map can be "
                      "read, not changed, synced or saved",
                  room_->path());
  }

  // Returns when the change at `position` is safely on the disk; throws where that fails.
  void wait_durable(std::uint64_t position) {
    require_own_process();
    lock_type lock(mutex_);
    if (!reach(lock, position)) throw_trouble(changes_wait);
  }
  void sync() {
    require_own_process();
    lock_type lock(mutex_);
    if (!reach(lock, last_) || failed_) throw_trouble(changes_wait);
  }
  std::uint64_t durable() const {
    if (!is_own_process()) return durable_;
    const lock_type lock(mutex_);
    return durable_;
  }
  // Of all records since the start.
  std::uint64_t bytes() const noexcept { return bytes_; }

  // Removes the segments of which all changes are up to `position`, one by one: no change waits
  // for more than a look at one. From one that cannot be removed on, all are left for the next
  // time.
  void remove_up_to(std::uint64_t position) {
    std::uint64_t first = 0;
    while (find_segment_up_to(position, first)) {
      const int done = room_->remove(room_->log_path(first));
      if (done < 0 && done != -ENOENT) return;
      forget_first_segment();
    }
  }

  // Stops the thread, and syncs once more; whether all is safe then. Nothing follows it.
  bool finish() noexcept {
    if (std::exchange(is_finished_, true)) return false;
    if (!is_own_process()) {
      forget_threads();
      return false;
    }
    stop_worker();
    STEADY_TRY {
      lock_type lock(mutex_);
      const bool safe = reach(lock, last_);
      segment_.close();
      return safe;
    }
    STEADY_CATCH_ALL { return false; }
  }

 private:
  // Buffers keep so much, even where they were larger once.
  static constexpr std::size_t usual_bytes = std::size_t{1} << 20;
  static constexpr const char* not_made = "the change was not made, and later ones may succeed";
  static constexpr const char* changes_wait =
      "changes that were made wait in memory, and a later sync may succeed";

  [[noreturn]] void throw_trouble(const char* what_follows = not_made) const {
    if (failed_) {
      throw_durable(durable_trouble::failed,
                    "the log " + trouble_file_ + " could not be synced (" + reason() +
                        "), so no change is acknowledged any more; what was acknowledged before is "
                        "safe: open the map anew",
                    trouble_file_, 0, trouble_);
    }
    throw_durable(trouble_of(trouble_),
                  "cannot write " + trouble_file_ + ": " + reason() + "; " + what_follows,
                  trouble_file_, 0, trouble_);
  }

  std::string reason() const { return std::generic_category().message(trouble_); }

  // Addresses, not yet memory: so that no change copies what is pending to a larger buffer.
  std::size_t reserved_bytes() const noexcept {
    return settings_.sync == sync_policy::each_change ? 0 : settings_.pending_bytes;
  }
  // The records are written, or waiting in another buffer.
  void empty_writing() noexcept {
    writing_.clear();
    if (!keep_at_most(writing_, max_of(usual_bytes, reserved_bytes()))) return;
    STEADY_TRY { writing_.reserve(reserved_bytes()); }
    STEADY_CATCH_ALL {  // it grows when it is needed
    }
  }

  void require_healthy(lock_type& lock) {
    if (!failed_ && blocked_) drive_when_free(lock, false);
    if (failed_ || blocked_) throw_trouble();
  }
  void make_room(lock_type& lock) {
    while (!pending_.empty() && pending_.size() + staged_.size() > settings_.pending_bytes) {
      drive_when_free(lock, false);
      if (failed_ || blocked_) throw_trouble();
    }
  }
  void acknowledge(lock_type& lock) {
    if (reach(lock, last_)) return;
    // A record that waits again is at the end of those that wait: nobody else appends.
    if (blocked_) pending_.truncate(pending_.size() - staged_.size());
    bytes_ -= staged_.size();
    --last_;
    throw_trouble();
  }
  void flush_if_due(lock_type& lock) {
    if (worker_.joinable()) {
      const bool is_due = pending_.size() >= settings_.flush_bytes && !busy_;
      lock.unlock();  // which the thread takes as soon as it wakes
      if (is_due) wakes_.notify_one();
      return;
    }
    const bool sync = settings_.sync == sync_policy::interval &&
                      system_nanoseconds() - last_sync_ >= settings_.interval_ns;
    // The change is kept whether this succeeds or not: the next one will tell.
    if (sync || pending_.size() >= settings_.flush_bytes) drive_when_free(lock, sync);
  }

  // A change that others wait for may turn out not to have been made.
  bool reach(lock_type& lock, std::uint64_t position) {
    while (durable_ < detail::min_of(position, last_)) {
      if (failed_) return false;
      if (busy_) {
        changed_.wait(lock);
        continue;
      }
      drive(lock, true);
      if (blocked_) return false;
    }
    return true;
  }
  void drive_when_free(lock_type& lock, bool sync) {
    changed_.wait(lock, [this] { return !busy_; });
    if (!failed_) drive(lock, sync);
  }

  // Writes all that is pending, and syncs if asked to.
  void drive(lock_type& lock, bool sync) {
    busy_ = true;
    busy_syncs_ = sync;
    std::swap(pending_, writing_);
    const std::uint64_t first = written_ + 1;
    const std::uint64_t last = last_;
    lock.unlock();
    std::uint64_t segment = 0;
    const outcome done = try_to_write_out(first, sync, segment);
    lock.lock();
    busy_ = false;
    STEADY_TRY { settle(done, last, sync, segment); }
    STEADY_CATCH_ALL { failed_ = true; }  // no memory to keep what was not written
    in_trouble_.store(failed_ || blocked_, std::memory_order_relaxed);
    changed_.notify_all();
  }
  void settle(const outcome& done, std::uint64_t last, bool sync, std::uint64_t segment) {
    blocked_ = done.error != 0 && !done.final;
    if (done.error != 0) {
      trouble_ = -done.error;
      trouble_file_ = segment_.path();
    }
    if (segment != 0) note_segment(segment);
    if (done.error == 0) {
      empty_writing();
      written_ = last;
      if (sync) durable_ = last;
      if (sync) last_sync_ = system_nanoseconds();
    } else if (!done.final) {
      put_back();
    } else {
      failed_ = true;
    }
  }
  // In front of those that came meanwhile, the first of which is no longer behind a sync.
  void put_back() {
    if (!pending_.empty()) mark_after_sync(pending_.data(), false);
    writing_.append(pending_.data(), pending_.size());
    std::swap(pending_, writing_);
    empty_writing();
  }
  void note_segment(std::uint64_t first) {
    if (segments_.empty() || segments_.back() != first) segments_.push_back(first);
  }
  bool find_segment_up_to(std::uint64_t position, std::uint64_t& first) {
    const lock_type lock(mutex_);
    if (segments_.size() < 2 || segments_[1] > position + 1) return false;
    first = segments_.front();
    return true;
  }
  void forget_first_segment() {
    const lock_type lock(mutex_);
    segments_.pop_front();
  }

  // ---- whoever is busy, without the mutex ----

  // What throws, throws before anything was written.
  outcome try_to_write_out(std::uint64_t first, bool sync, std::uint64_t& segment) noexcept {
    STEADY_TRY { return write_out(first, sync, segment); }
    STEADY_CATCH_ALL { return {-ENOMEM, false}; }
    return {};  // not reached
  }
  outcome write_out(std::uint64_t first, bool sync, std::uint64_t& segment) {
    if (!writing_.empty()) {
      if (!segment_.is_open() || segment_.size() >= settings_.segment_bytes) {
        const outcome begun = segment_.begin(first);
        if (begun.error != 0) return begun;
        segment = first;
        mark_after_sync(writing_.data(), true);  // the last segment and this header are synced
      }
      const outcome written = segment_.write(writing_.view());
      if (written.error != 0) return written;
    }
    return sync ? segment_.sync() : outcome{};
  }

  // ---- the thread ----

  void work() {
    lock_type lock(mutex_);
    const auto interval = std::chrono::nanoseconds(settings_.interval_ns);
    while (!stopping_) {
      wakes_.wait_for(lock, interval, [this] {
        return stopping_ || (!blocked_ && !failed_ && pending_.size() >= settings_.flush_bytes);
      });
      if (stopping_ || failed_) continue;
      const bool sync = settings_.sync == sync_policy::interval && durable_ < last_ &&
                        system_nanoseconds() - last_sync_ >= settings_.interval_ns;
      if (sync || !pending_.empty()) drive_when_free(lock, sync);
    }
  }
  void forget_threads() noexcept {
    forget_threads_of(worker_);
    forget_threads_of(changed_);
    forget_threads_of(wakes_);
    forget_threads_of(mutex_);
  }
  void stop_worker() noexcept {
    if (!worker_.joinable()) return;
    {
      const lock_type lock(mutex_);
      stopping_ = true;
    }
    wakes_.notify_one();
    worker_.join();
  }

  own_process process_;
  const room* room_;
  log_settings settings_;
  byte_buffer staged_;
  bool in_group_ = false;
  bool is_finished_ = false;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> in_trouble_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // somebody is no longer busy
  std::condition_variable wakes_;    // the thread
  bool stopping_ = false;
  byte_buffer pending_;
  byte_buffer writing_;
  std::uint64_t last_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t durable_ = 0;
  std::uint64_t last_sync_ = 0;  // when, of system_nanoseconds()
  std::deque<std::uint64_t> segments_;
  bool busy_ = false;
  bool busy_syncs_ = false;
  bool blocked_ = false;
  bool failed_ = false;
  int trouble_ = 0;  // errno of the last failure
  std::string trouble_file_;

  log_segment segment_;  // of whoever is busy

  std::thread worker_;
};

}  // namespace detail

}  // namespace steady
