// The containers that a pressure monitor trims, one slice of each in turn. They come and go at any
// time: whoever removes one waits for a slice of it that is being done, and for nothing else.
//
// Threads: one thread takes turns; add() and remove() may be called by any, but remove() not from
// within a slice, as a destructor of an element would.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

// What a slice has come to: nothing is left to be done; nothing can be done before other threads go
// on; or it did something. The later one counts where there are several.
enum class trimming : std::uint8_t { over, waits, goes_on };

// A container whose functions any thread may call.
class served_container {
 public:
  template <class Container>
  explicit served_container(Container& container) noexcept
      : container_(&container),
        look_([](const void* of) noexcept { return static_cast<const Container*>(of)->stats(); }),
        trim_([](void* of, std::size_t most) noexcept -> std::size_t {
          return static_cast<Container*>(of)->trim(most);
        }) {}

  // Where other threads undo it again and again, the container is left alone after so much work for
  // one event as would shrink it to nothing several times.
  trimming trim(std::uint64_t event, std::size_t most) noexcept {
    const stats before = look_(container_);
    if (event_ != event) {
      event_ = event;
      left_for_event_ = 4 * std::uint64_t{before.buckets} + 1024;
    }
    if (left_for_event_ == 0) return trimming::over;
    const std::size_t given_back = trim_(container_, most);
    const stats after = look_(container_);
    const std::uint64_t done = after.steps.trim - before.steps.trim;
    if (given_back == 0 && done == 0) {
      return after.migrating || after.leaving != 0 ? trimming::waits : trimming::over;
    }
    left_for_event_ -= min_of(left_for_event_, max_of<std::uint64_t>(done, 1));
    return trimming::goes_on;
  }

 private:
  void* container_;
  stats (*look_)(const void*) noexcept;
  std::size_t (*trim_)(void*, std::size_t) noexcept;
  std::uint64_t event_ = 0;
  std::uint64_t left_for_event_ = 0;
};

class served_containers {
 public:
  // Returns a number for it, not 0. Throws std::bad_alloc.
  template <class Container>
  std::uint64_t add(Container& container) {
    const std::lock_guard<std::mutex> lock(mutex_);
    all_.emplace(last_ + 1, std::make_unique<served_container>(container));
    return ++last_;
  }
  // Whether a slice of it may still begin.
  bool has(std::uint64_t number) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return all_.contains(number);
  }
  // At first no further slice of it may begin, or this would wait for many: the thread that takes
  // turns is back before one that waits has woken up. It is freed when the last one has ended.
  void remove(std::uint64_t number) noexcept {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto found = all_.find(number);
    const std::unique_ptr<served_container> removed = std::move(found->second);
    all_.erase(found);
    slice_ends_.wait(lock, [&] { return in_slice_ != number; });
  }
  // A slice of at most `most` buckets of the container after number `after`, for the event with
  // that number. `number` is 0 when there is none.
  struct turn {
    std::uint64_t number = 0;
    trimming came_to = trimming::over;
  };
  turn take_turn(std::uint64_t after, std::uint64_t event, std::size_t most) noexcept {
    served_container* const next = begin_slice(after);
    if (next == nullptr) return {};
    const trimming came_to = next->trim(event, most);
    return {end_slice(), came_to};
  }

 private:
  served_container* begin_slice(std::uint64_t after) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto next = all_.upper_bound(after);
    if (next == all_.end()) return nullptr;
    in_slice_ = next->first;
    return next->second.get();
  }
  std::uint64_t end_slice() noexcept {
    std::uint64_t ended = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended = in_slice_;
      in_slice_ = 0;
    }
    slice_ends_.notify_all();
    return ended;
  }

  std::mutex mutex_;
  std::condition_variable slice_ends_;
  std::map<std::uint64_t, std::unique_ptr<served_container>> all_;  // in the order they came in
  std::uint64_t last_ = 0;
  std::uint64_t in_slice_ = 0;
};

}  // namespace steady::detail
