// steady::pressure_monitor: gives memory of containers back when the system runs short of it.
//
//   steady::pressure_monitor monitor;
//   steady::concurrent_hash_map<std::uint64_t, std::uint64_t> map;
//   const auto served = monitor.serve(map);
//
// The monitor has a thread. On Linux it waits, without using the processor, for pressure stall
// information: the kernel reports when tasks have had to wait for memory. On such an event the
// thread calls trim(64) of all containers that it serves, in turn, until nothing is left to be
// given back: they shrink to what their elements need, compact if they are crowded, and free what
// waits for the next migration. Their users are not stopped. It evicts nothing: which elements are
// worth their memory only the program knows. Where the system does not report it, or does not allow
// that, is_watching() is false and why_not() says why. report_pressure() is an event, too, always.
//
// Maps that one thread uses cannot be trimmed from another one. Their owner compares a counter and
// trims in its own loop:
//
//   if (monitor.events() != seen) {
//     seen = monitor.events();
//     trims = true;
//   }
//   if (trims) trims = map.trim(64) != 0 || map.migrating();
//
// What containers give back goes to their allocator. Whether the process gets smaller is that one's
// decision: large blocks go to the system at once, and glibc keeps much of the rest until
// malloc_trim(0), for which a time when relieved() equals events() is right.
//
// Needs std::jthread, and the system's threads when linking.
//
// Threads: all functions may be called by any thread at any time.
// Bound: whoever destroys a registration waits for one trim(64) of that container, whoever destroys
// the monitor for one of any container.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/pressure/pressure_source.hpp>
#include <steady/detail/pressure/served_containers.hpp>

namespace steady {

struct pressure_options {
  // Of the whole system; or of a cgroup of version 2: its file memory.pressure. Nothing is written
  // to files of other kinds.
  std::string file = "/proc/pressure/memory";
  // When to report: some task, or all of them ("full"), has waited 150 ms for memory within a
  // window of 2 s. Without the privilege CAP_SYS_RESOURCE the window must be a multiple of 2 s.
  std::string trigger = "some 150000 2000000";
  // Instead of both: a descriptor on which poll() reports POLLPRI, as of a file that was opened,
  // and given its trigger, while the program had the privilege. The monitor closes it, also where
  // its constructor throws.
  int descriptor = -1;
  // Of one call of trim().
  std::size_t buckets_at_once = 64;
};

class pressure_monitor {
 public:
  // Begins. Throws std::bad_alloc, and std::system_error where the system has no thread or no
  // descriptor to give.
  explicit pressure_monitor(const pressure_options& how = {})
      : source_(how.descriptor),
        buckets_at_once_(how.buckets_at_once),
        served_(std::make_shared<detail::served_containers>()) {
    why_not_ = how.descriptor >= 0 ? source_.why_not() : source_.open(how.file, how.trigger);
    watching_.store(why_not_.empty(), std::memory_order_relaxed);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  // Ends, also in the middle of an event. Registrations may be destroyed later.
  ~pressure_monitor() = default;
  pressure_monitor(const pressure_monitor&) = delete;
  pressure_monitor& operator=(const pressure_monitor&) = delete;

  // Whether the system's pressure is watched; if not, why. Both can change: a cgroup can go.
  bool is_watching() const noexcept { return watching_.load(std::memory_order_relaxed); }
  std::string why_not() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return why_not_;
  }

  // An event, as if the system had reported one. Returns at once. (Not for signal handlers.)
  void report_pressure() noexcept {
    events_.fetch_add(1, std::memory_order_release);
    source_.wake();
  }
  // How many there were.
  std::uint64_t events() const noexcept { return events_.load(std::memory_order_acquire); }
  // How many are over: the containers have given back what they could.
  std::uint64_t relieved() const noexcept { return relieved_.load(std::memory_order_acquire); }

  // Serves one container for as long as it lives. It must go before the container does, and not in
  // a destructor of the container's elements; it may outlive the monitor.
  class [[nodiscard]] registration {
   public:
    registration() noexcept = default;
    ~registration() { end(); }
    registration(registration&& other) noexcept
        : with_(std::move(other.with_)), number_(std::exchange(other.number_, 0)) {}
    registration& operator=(registration&& other) noexcept {
      if (this != &other) {
        end();
        with_ = std::move(other.with_);
        number_ = std::exchange(other.number_, 0);
      }
      return *this;
    }

    // Waits for a slice of the container's that is being done.
    void end() noexcept {
      if (with_ != nullptr) with_->remove(number_);
      with_ = nullptr;
    }

   private:
    friend class pressure_monitor;
    registration(std::shared_ptr<detail::served_containers> with, std::uint64_t number) noexcept
        : with_(std::move(with)), number_(number) {}

    std::shared_ptr<detail::served_containers> with_;
    std::uint64_t number_ = 0;
  };

  // Trims that container, too, at every event from now on. It must not move meanwhile. Throws
  // std::bad_alloc.
  template <class Container>
  registration serve(Container& container) {
    static_assert(
        requires { typename Container::policy_type::sync; },
        "serve(): the monitor trims in a thread of its own, so it serves containers that threads "
        "share; the owner of another one compares events() and calls trim() itself");
    return registration(served_, served_->add(container));
  }

 private:
  // Rounds in which nothing can be done before other threads go on. Between them the monitor waits,
  // for 1, 2, 4 ... ms: at most 2.5 s until it leaves the rest to the next event.
  static constexpr unsigned patience = 16;
  static constexpr unsigned longest_log2_milliseconds = 8;

  void run(const std::stop_token& stop) {
    const std::stop_callback wakes(stop, [this] { source_.wake(); });
    while (!stop.stop_requested()) {
      const std::uint64_t event = events();
      if (event == relieved()) {
        hear(source_.wait(-1));
      } else if (relieve(event, stop)) {
        relieved_.store(event, std::memory_order_release);
      }
    }
  }
  // False if it was stopped.
  bool relieve(std::uint64_t event, const std::stop_token& stop) {
    for (unsigned idle = 0; idle < patience;) {
      const detail::trimming came_to = trim_all(event, stop);
      if (stop.stop_requested()) return false;
      if (came_to == detail::trimming::over) break;
      if (came_to == detail::trimming::goes_on) {
        idle = 0;
      } else {
        hear(source_.wait(1 << detail::min_of(idle++, longest_log2_milliseconds)));
      }
    }
    return true;
  }
  // One slice of each.
  detail::trimming trim_all(std::uint64_t event, const std::stop_token& stop) noexcept {
    auto came_to = detail::trimming::over;
    detail::served_containers::turn last;
    do {
      last = served_->take_turn(last.number, event, buckets_at_once_);
      came_to = detail::max_of(came_to, last.came_to);
    } while (last.number != 0 && !stop.stop_requested());
    return came_to;
  }
  void hear(detail::pressure_news news) {
    if (news == detail::pressure_news::pressure) {
      events_.fetch_add(1, std::memory_order_release);
    } else if (news == detail::pressure_news::source_is_gone) {
      const std::lock_guard<std::mutex> lock(mutex_);
      why_not_.swap(why_not_once_gone_);
      watching_.store(false, std::memory_order_relaxed);
    }
  }

  detail::pressure_source source_;  // the first one: it closes the descriptor whatever else fails
  const std::size_t buckets_at_once_;
  const std::shared_ptr<detail::served_containers> served_;
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::uint64_t> relieved_{0};
  std::atomic<bool> watching_{false};
  mutable std::mutex mutex_;
  std::string why_not_;
  // Made in time: the thread must not allocate, since memory may be short.
  std::string why_not_once_gone_ = "what was watched is gone";
  std::jthread thread_;  // the last one: it ends before all that it uses
};

}  // namespace steady
