// A concurrent container that helpers in the background serve: what they know of it, whatever its
// type, and how they keep away while it is destroyed, moved or swapped.
//
// Both sides may go first. The mutex is held by a helper while it works, by a container's own
// thread while the container must be alone, and by whoever ends the service; never by a thread that
// looks up, inserts or erases. A helper is back at the mutex before a thread that sleeps there has
// woken up, so those who need the container alone say so first, and the helper begins no turn until
// they are through: they wait for one turn, and a helper waits for nobody who takes long.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/migration_watcher.hpp>
#include <steady/detail/concurrent/shared_migration.hpp>

namespace steady::detail {

enum class helped : std::uint8_t {
  worked,   // there may be more
  blocked,  // perhaps there is work, but others have it locked, are reading or need the container
            // alone, or an allocation failed
  idle,     // until has_begun()
  gone      // nobody will come back for it
};

class helped_container : public migration_watcher {
 public:
  using wake_function = void (*)(void*) noexcept;

  // `wake(waker)` is called when there is work; `waker` outlives the service.
  template <class Container>
  helped_container(Container& of, wake_function wake, void* waker) noexcept
      : wake_(wake), waker_(waker), container_(&of), uses_(uses_of<Container>) {}
  virtual ~helped_container() = default;
  helped_container(const helped_container&) = delete;
  helped_container& operator=(const helped_container&) = delete;

  // False if another helper has it.
  bool begin() noexcept { return uses_.watch(container_, *this); }
  // From the return on, no helper touches the container. Waits for a turn() that is on, and for
  // calls that are on. Not to be called by a visitor.
  void end() noexcept {
    pause();
    if (void* const container = container_.exchange(nullptr, std::memory_order_acq_rel)) {
      uses_.unwatch(container);
    }
    resume();
    uses_.wait_for_readers();
  }

  // At most so many intervals of work.
  helped turn(std::size_t intervals) noexcept {
    if (is_needed_alone()) return helped::blocked;
    const std::lock_guard<std::mutex> alone(mutex_);
    void* const container = container_.load(std::memory_order_relaxed);
    if (container == nullptr) return helped::gone;
    const steps_taken taken = uses_.step(container, intervals);
    if (taken.done != 0) return helped::worked;
    return uses_.has_work(container) ? helped::blocked : helped::idle;
  }

  bool is_gone() const noexcept { return container_.load(std::memory_order_acquire) == nullptr; }
  // Whether somebody keeps the helper away, or waits until its turn is over.
  bool is_needed_alone() const noexcept { return need_it_alone_.load() != 0; }

  void has_begun() noexcept override { wake_(waker_); }
  void pause() noexcept override {
    need_it_alone_.fetch_add(1);
    mutex_.lock();
  }
  void resume() noexcept override {
    mutex_.unlock();
    need_it_alone_.fetch_sub(1);
  }
  void let_go() noexcept override {
    pause();
    container_.store(nullptr, std::memory_order_release);
    resume();
  }

 private:
  struct uses {
    steps_taken (*step)(void*, std::size_t) noexcept;
    bool (*has_work)(void*) noexcept;
    bool (*watch)(void*, migration_watcher&) noexcept;
    void (*unwatch)(void*) noexcept;
    void (*wait_for_readers)() noexcept;
  };
  template <class Container>
  static constexpr uses uses_of{
      [](void* of, std::size_t n) noexcept { return static_cast<Container*>(of)->help(n); },
      [](void* of) noexcept { return static_cast<Container*>(of)->upkeep().has_work(); },
      [](void* of, migration_watcher& by) noexcept {
        return static_cast<Container*>(of)->upkeep().watch(by);
      },
      [](void* of) noexcept { static_cast<Container*>(of)->upkeep().unwatch(); },
      []() noexcept { Container::upkeep_type::wait_for_readers(); }};

  wake_function wake_;
  void* waker_;
  std::mutex mutex_;
  std::atomic<std::uint32_t> need_it_alone_{0};
  std::atomic<void*> container_;  // null: it has gone, or the service has ended
  const uses& uses_;
};

}  // namespace steady::detail
