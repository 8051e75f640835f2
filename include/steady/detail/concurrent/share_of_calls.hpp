// How much of a migration that is on each call that inserts or erases does, in intervals: so many
// that it ends in time, whatever others do, and none while a helper in the background keeps up.
#pragma once

#include <atomic>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/concurrent/shared_sizing.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class share_of_calls {
  using array = shared_array<Sync, Layout>;

 public:
  explicit share_of_calls(shared_state<Sync, Layout>& state) noexcept : state_(state) {}

  // Without a helper the usual number at least: it may have gone while another thread began a
  // migration and left that to it.
  unsigned quota() const noexcept {
    const unsigned share = what_is_set();
    return share != 0 || state_.watcher.is_taken() ? share : state_.kind->evacuations_per_call;
  }
  // So many that what is left moves in half of the insertions that there is room for; at most 16,
  // and in a reseeding, where each element may need a chunk of its own, the usual number. If a
  // helper comes or goes meanwhile, what it has set stays.
  void set_quota(const array& from, const array& to, std::uint64_t size) noexcept {
    unsigned seen = what_is_set();
    const std::uint64_t limit = shared_sizing<Sync, Layout>(state_).limit_of(to);
    const std::uint64_t room = limit > size ? limit - size : 0;
    const unsigned least = is_left_alone(seen, from, size) ? 0 : state_.kind->evacuations_per_call;
    const std::uint64_t needed = 2 * from.left_to_move() / (room + 1) + (least == 0 ? 0 : 1);
    const unsigned most =
        from.kind == migration_kind::reseed ? state_.kind->evacuations_per_call : 16;
    const auto share =
        clamped<unsigned>(static_cast<unsigned>(min_of<std::uint64_t>(needed, most)), least, most);
    state_.evacuations_per_call.compare_exchange_strong(seen, share, std::memory_order_relaxed,
                                                        std::memory_order_relaxed);
  }

 private:
  unsigned what_is_set() const noexcept {
    return state_.evacuations_per_call.load(std::memory_order_relaxed);
  }
  // A helper that has lagged once in this migration is helped to its end.
  bool is_left_alone(unsigned share, const array& from, std::uint64_t size) const noexcept {
    return share == 0 && state_.watcher.is_taken() && !watcher_lags(from, size);
  }
  // Looked at every 1,024 calls, intervals are counted by chunks, and the helper has to wake up
  // first: hence the chunks.
  bool watcher_lags(const array& from, std::uint64_t size) const noexcept {
    const std::uint64_t before = state_.size_at_start.load(std::memory_order_relaxed);
    const std::uint64_t inserted = size > before ? size - before : 0;
    const std::uint64_t moved = from.buckets() - from.left_to_move();
    return inserted / 4 > moved + 4 * Layout::chunk_buckets;
  }

  shared_state<Sync, Layout>& state_;
};

}  // namespace steady::detail
