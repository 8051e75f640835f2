// A concurrent container that helpers in the background serve: what they know of it, whatever its
// type, and how they keep away while it is destroyed, moved or swapped.
//
// Both sides may go first. The mutex is held by a helper while it works, by a container's own
// thread while the container must be alone, and by whoever ends the service; never by a thread that
// looks up, inserts or erases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/migration_watcher.hpp>
#include <steady/detail/concurrent/shared_migration.hpp>

namespace steady::detail {

enum class helped : std::uint8_t {
  worked,   // there may be more
  blocked,  // there is work, but others have it locked or are reading, or memory was refused
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
    {
      const std::lock_guard<std::mutex> alone(mutex_);
      if (void* const container = std::exchange(container_, nullptr)) uses_.unwatch(container);
    }
    uses_.wait_for_readers();
  }

  // At most so many intervals of work.
  helped turn(std::size_t intervals) noexcept {
    const std::lock_guard<std::mutex> alone(mutex_);
    if (container_ == nullptr) return helped::gone;
    const steps_taken taken = uses_.step(container_, intervals);
    if (taken.done != 0) return helped::worked;
    return uses_.has_work(container_) ? helped::blocked : helped::idle;
  }

  bool is_gone() noexcept {
    const std::lock_guard<std::mutex> alone(mutex_);
    return container_ == nullptr;
  }

  void has_begun() noexcept override { wake_(waker_); }
  void pause() noexcept override { mutex_.lock(); }
  void resume() noexcept override { mutex_.unlock(); }
  void let_go() noexcept override {
    const std::lock_guard<std::mutex> alone(mutex_);
    container_ = nullptr;
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
  void* container_;  // null: it has gone, or the service has ended
  const uses& uses_;
};

}  // namespace steady::detail
