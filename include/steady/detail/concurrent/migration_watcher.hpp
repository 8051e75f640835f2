// Who helps a concurrent container in the background, as the container sees it.
//
// A container has at most one. Threads that are pinned read the pointer to it, so whoever takes it
// away waits for a grace period, and for those who have paused the watcher, before it destroys it.
//
//   [M1] compare-and-swap, release, and exchange: a container has a watcher, or none any longer
//   [M2] load, acquire: the watcher, before anything is asked of it; or that it has gone, after all
//        that it did to the container
#pragma once

#include <atomic>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/grace_period.hpp>

namespace steady::detail {

class migration_watcher {
 public:
  // There is work now. Called in the middle of a call that inserts or erases: it does not wait, and
  // does not use the container.
  virtual void has_begun() noexcept = 0;
  // From the return of pause() on, the watcher keeps away from the container, until resume().
  virtual void pause() noexcept = 0;
  virtual void resume() noexcept = 0;
  // The container goes: from the return on, the watcher knows it no longer.
  virtual void let_go() noexcept = 0;

 protected:
  ~migration_watcher() = default;
};

// A container's place for its watcher.
template <class Sync>
class watcher_place {
  using pin = typename grace_period<Sync>::pin;

 public:
  STEADY_ALWAYS_INLINE bool is_taken() const noexcept {
    return watcher_.load(std::memory_order_relaxed) != nullptr;
  }
  // False if there is a watcher already.
  bool take(migration_watcher& by) noexcept {
    migration_watcher* none = nullptr;
    return watcher_.compare_exchange_strong(none, &by, std::memory_order_acq_rel,  // [M1]
                                            std::memory_order_relaxed);
  }
  // The watcher may be destroyed when a grace period is over, and all who paused it have resumed.
  void leave() noexcept { watcher_.exchange(nullptr, std::memory_order_acq_rel); }  // [M1]
  // The container goes: from the return on its watcher knows it no longer. A service that ends in
  // another thread may have taken the watcher away before; then nothing is left to wait for, since
  // leave() is the last that such a thread does to the container, and this exchange comes after it.
  void container_goes() noexcept {
    ask([](migration_watcher& of) { of.let_go(); });
    leave();
  }

  // Calls `f` with the watcher, if there is one; while the thread is pinned, so that it exists. If
  // there is none any longer, what the last one did to the container has happened before.
  template <class F>
  void ask(F f) const noexcept {
    if (watcher_.load(std::memory_order_acquire) == nullptr) return;  // [M2]
    const pin pinned;
    if (migration_watcher* const watcher = watcher_.load(std::memory_order_acquire)) {  // [M2]
      f(*watcher);
    }
  }

 private:
  typename Sync::template atomic<migration_watcher*> watcher_{nullptr};
};

// While it exists the container's watcher keeps away from it.
template <class Sync>
class without_watcher {
 public:
  explicit without_watcher(const watcher_place<Sync>& place) noexcept {
    place.ask([this](migration_watcher& watcher) {
      watcher.pause();
      paused_ = &watcher;
    });
  }
  // Pinned like whoever calls the watcher. Meanwhile this thread was not, so whoever destroys the
  // watcher also waits for all who have paused it.
  ~without_watcher() {
    if (paused_ == nullptr) return;
    const typename grace_period<Sync>::pin pinned;
    paused_->resume();
  }
  without_watcher(const without_watcher&) = delete;
  without_watcher& operator=(const without_watcher&) = delete;

 private:
  migration_watcher* paused_ = nullptr;
};

}  // namespace steady::detail
