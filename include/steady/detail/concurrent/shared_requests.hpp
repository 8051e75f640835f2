// Which migrations a container has been asked for. Requests are counted, those made and those met,
// so that whoever meets some does not forget one that came meanwhile.
//
//   [U1] fetch-add, release: one more request; after what the thread has erased before it
//   [U2] load, acquire: the requests made; who counts one sees in the container's size what was
//        erased before it
#pragma once

#include <atomic>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/concurrent/shared_array.hpp>

namespace steady::detail {

template <class Sync>
class shared_requests {
 public:
  void ask(migration_kind what) noexcept {
    of(what).made.fetch_add(1, std::memory_order_release);  // [U1]
  }
  bool is_asked(migration_kind what) const noexcept {
    return made(what) > of(what).met.load(std::memory_order_relaxed);
  }
  // The requests made until now: to be told to are_met() when all that came before has been done.
  std::uint64_t made(migration_kind what) const noexcept {
    return of(what).made.load(std::memory_order_acquire);  // [U2]
  }
  void are_met(migration_kind what, std::uint64_t made) noexcept {
    auto& met = of(what).met;
    std::uint64_t seen = met.load(std::memory_order_relaxed);
    while (seen < made && !met.compare_exchange_strong(seen, made, std::memory_order_relaxed,
                                                       std::memory_order_relaxed)) {
    }
  }

  // While nobody else uses either.
  void take(const shared_requests& other) noexcept {
    for (unsigned n = 0; n < kinds; ++n) {
      of_[n].made.store(other.of_[n].made.load(std::memory_order_relaxed),
                        std::memory_order_relaxed);
      of_[n].met.store(other.of_[n].met.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
  }
  void forget_all() noexcept {
    for (requests& each : of_) {
      each.made.store(0, std::memory_order_relaxed);
      each.met.store(0, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr unsigned kinds = 4;

  struct requests {
    typename Sync::template atomic<std::uint64_t> made{0};
    typename Sync::template atomic<std::uint64_t> met{0};
  };
  requests& of(migration_kind what) noexcept { return of_[static_cast<unsigned>(what)]; }
  const requests& of(migration_kind what) const noexcept {
    return of_[static_cast<unsigned>(what)];
  }

  requests of_[kinds];
};

}  // namespace steady::detail
