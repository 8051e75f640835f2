// steady::evacuator: does in the background what migrations of concurrent containers have to do, so
// that insertions and erasures need not.
//
//   steady::evacuator helper;                              // has a thread of its own
//   steady::concurrent_hash_map<std::uint64_t, order> map;
//   const auto service = helper.serve(map);                // until one of the three goes
//
// A container that is served leaves its migrations to the helper. It helps itself only when the
// helper takes longer for an old bucket than four insertions do (docs/concurrent.md, "A helper in
// the background"); so a helper that gets no processor costs nothing but what it was to save.
//
// The helper serves its containers in turn, some 1,024 elements each, and then looks whether it is
// to stop. After 16 ms of work in a row it rests for 1 ms, and for 10 ms when a turn lost its
// processor, because then the program's own threads need it. While nothing migrates it sleeps: no
// timer, no processor.
//
// Executors. Whoever has threads already gives the evacuator a function instead of a thread. It is
// called when there is work; then slice() is to be called, from any one thread at a time, and again
// after the time that it returns (examples/background_asio.cpp, examples/background_tbb.cpp).
//
//   steady::evacuator helper([&] { boost::asio::post(context, work); });
//
// Lifetimes. Evacuator, service and container may be destroyed in any order, by any thread. Whoever
// comes first waits for the turn of that container that is on (1,024 elements), and the
// evacuator's and the service's destructors wait for the calls of all threads that are on; so they
// must not be run by a visitor, nor by the destructor of one of that container's elements. A
// service stays with its container when that is moved from or swapped: it is about the object, not
// about its elements.
//
// Threads: serve(), and destroying services, at any time by any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <steady/detail/background/helped_container.hpp>
#include <steady/detail/background/wake_signal.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/table/container_functions.hpp>

namespace steady {

struct evacuator_options {
  // Elements that a container's turn moves, about; then the stop token is looked at.
  std::size_t elements_per_turn = 1024;
  // Work in a row, and the rest after it, unless something begins meanwhile. A rest is also taken
  // when all that is left is locked, or still being read.
  std::chrono::nanoseconds work_in_a_row = std::chrono::milliseconds(16);
  std::chrono::nanoseconds rest = std::chrono::milliseconds(1);
  // A turn that takes so long has lost its processor: others need it. Then a longer rest is taken.
  std::chrono::nanoseconds longest_turn = std::chrono::milliseconds(1);
  std::chrono::nanoseconds rest_when_crowded = std::chrono::milliseconds(10);
};

class evacuator {
 public:
  using options = evacuator_options;

  // What slice() returns when nothing is left to do: not before the function is called.
  static constexpr std::chrono::nanoseconds until_called = (std::chrono::nanoseconds::max)();

  // With a thread of its own. Throws std::system_error if the system has none.
  evacuator() : evacuator(options()) {}
  explicit evacuator(const options& how) : evacuator(own_thread(), how) {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  // Without a thread: `call` is called when slice() should be. Any thread may call it, in the
  // middle of a call that uses a container: it must neither throw, nor wait, nor use a container.
  explicit evacuator(std::function<void()> call, const options& how = options())
      : how_(how), call_(std::move(call)) {}

  // Waits for the turn that is on. slice() must have returned, and not be called again.
  ~evacuator() {
    thread_ = std::jthread();  // stops it and waits for it
    for (const auto& each : services_) each->end();
  }
  evacuator(const evacuator&) = delete;
  evacuator& operator=(const evacuator&) = delete;

  // Ends the service of one container when it is destroyed.
  class service {
   public:
    service() = default;
    service(service&& other) noexcept = default;
    service& operator=(service&& other) noexcept {
      if (this != &other) {
        end();
        of_ = std::move(other.of_);
      }
      return *this;
    }
    ~service() { end(); }

    // Now. The container helps itself again.
    void end() noexcept {
      if (of_ == nullptr) return;
      of_->end();
      of_.reset();
    }

   private:
    friend class evacuator;
    explicit service(std::shared_ptr<detail::helped_container> of) noexcept : of_(std::move(of)) {}

    std::shared_ptr<detail::helped_container> of_;
  };

  // Serves a concurrent_hash_map or concurrent_hash_set until the service, the container or the
  // evacuator is destroyed. Bound: O(services). Throws std::logic_error if the container is served
  // already, and std::bad_alloc.
  template <class Map>
  [[nodiscard]] service serve(Map& map) {
    static_assert(
        requires { typename Map::policy_type::sync; },
        "an evacuator serves a concurrent_hash_map or a concurrent_hash_set; a hash_map, "
        "which threads must not share, is moved on by step() and step_for()");
    auto made = std::make_shared<detail::helped_container>(
        detail::container_access::shared_of(map),
        [](void* of) noexcept { static_cast<evacuator*>(of)->wake(); }, this);
    if (!made->begin()) {
      STEADY_THROW(std::logic_error(
          "steady: this container is served by an evacuator already; end that service first"));
    }
    service begun(std::move(made));  // ends if an allocation fails
    add(begun.of_);
    return begun;
  }

  // Does what there is to do, until work_in_a_row is over, the stop token says so, or nothing is
  // left. Returns after what time it wants to be called again. One thread at a time. Bound:
  // work_in_a_row, and one turn of each container.
  std::chrono::nanoseconds slice(const std::stop_token& stop = {}) {
    sleep_.exchange(sleep::none, std::memory_order_acq_rel);
    is_crowded_ = false;
    const auto begin = std::chrono::steady_clock::now();
    do {
      const round done = serve_each(stop);
      if (std::exchange(is_crowded_, false)) return how_.rest_when_crowded;
      if (done == round::blocked || stop.stop_requested()) return how_.rest;
      if (done == round::idle && falls_asleep(stop)) return until_called;
    } while (std::chrono::steady_clock::now() - begin < how_.work_in_a_row);
    return how_.rest;
  }

 private:
  using services = std::vector<std::shared_ptr<detail::helped_container>>;
  enum class round : std::uint8_t { worked, blocked, idle };
  enum class sleep : std::uint8_t { none, begins, deep };
  struct own_thread {};

  evacuator(own_thread, const options& how) : how_(how), call_([this] { signal_.raise(); }) {}

  // Exchanges, so that one of the two sees the other: whoever has work sees that the helper is
  // asleep, or the helper sees the work. Only a helper whose slice is over is called, so that
  // slices do not overlap: while it falls asleep it looks around itself, and then whether it was
  // woken.
  void wake() noexcept {
    if (sleep_.exchange(sleep::none, std::memory_order_acq_rel) == sleep::deep) call_();
  }
  // True: from now on slice() touches nothing, since it may have been called again.
  bool falls_asleep(const std::stop_token& stop) {
    sleep_.exchange(sleep::begins, std::memory_order_acq_rel);
    if (serve_each(stop) != round::idle || stop.stop_requested()) return false;
    sleep begun = sleep::begins;
    return sleep_.compare_exchange_strong(begun, sleep::deep, std::memory_order_acq_rel,
                                          std::memory_order_acquire);
  }

  void run(const std::stop_token& stop) {
    const std::stop_callback stops(stop, [this] { signal_.raise(); });
    while (!stop.stop_requested()) {
      const std::chrono::nanoseconds rest = slice(stop);
      if (rest == until_called) {
        signal_.wait();
      } else {
        signal_.wait_for(rest);
      }
    }
  }

  // Not before the service has begun: a helper must not take turns of another one's container.
  void add(const std::shared_ptr<detail::helped_container>& one) {
    {
      const std::lock_guard<std::mutex> alone(services_lock_);
      forget_gone();
      services_.push_back(one);
    }
    wake();  // it may have been called already, and have found nothing
  }

  // A turn for every container.
  round serve_each(const std::stop_token& stop) {
    round all = round::idle;
    for (std::size_t n = 0;; ++n) {
      const auto each = service_at(n);
      if (each == nullptr || stop.stop_requested()) return all;
      const auto begin = std::chrono::steady_clock::now();
      const detail::helped was = each->turn(intervals_per_turn());
      if (std::chrono::steady_clock::now() - begin > how_.longest_turn) is_crowded_ = true;
      if (was == detail::helped::worked) {
        all = round::worked;
      } else if (was == detail::helped::blocked && all == round::idle) {
        all = round::blocked;
      }
    }
  }
  std::shared_ptr<detail::helped_container> service_at(std::size_t n) {
    const std::lock_guard<std::mutex> alone(services_lock_);
    return n < services_.size() ? services_[n] : nullptr;
  }
  std::size_t intervals_per_turn() const noexcept {
    constexpr std::size_t elements_per_interval = 16;
    return detail::max_of<std::size_t>(how_.elements_per_turn / elements_per_interval, 1);
  }
  void forget_gone() {
    std::erase_if(services_, [](const auto& each) { return each->is_gone(); });
  }

  options how_;
  std::function<void()> call_;
  std::atomic<sleep> sleep_{sleep::deep};
  bool is_crowded_ = false;
  detail::wake_signal signal_;
  std::mutex services_lock_;
  services services_;
  std::jthread thread_;  // the last: it uses all others
};

}  // namespace steady
