// Overflow buckets for what is about to be locked, taken before; what is left goes back. Most
// buckets need none: so whoever needs one and finds none gives up, provides some, and begins again.
#pragma once

#include <cstddef>

#include <steady/detail/concurrent/shared_array.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class spare_overflow {
 public:
  using bucket = shared_overflow<Sync, Layout>;

  spare_overflow(shared_state<Sync, Layout>& state, shared_array<Sync, Layout>& of) noexcept
      : state_(state), of_(of) {}
  ~spare_overflow() {
    while (count_ != 0) of_.overflow_buckets.give(next());
  }
  spare_overflow(const spare_overflow&) = delete;
  spare_overflow& operator=(const spare_overflow&) = delete;

  std::size_t count() const noexcept { return count_; }
  // Throws what the allocator throws.
  void provide(std::size_t count) {
    while (count_ < count) {
      bucket* const more = of_.overflow_buckets.take(state_.memory);
      more->lead_to(first_);
      first_ = more;
      ++count_;
    }
  }
  // Whether next() found none.
  bool has_run_out() const noexcept { return has_run_out_; }
  // One that leads nowhere; null if none is left.
  bucket* next() noexcept {
    bucket* const taken = first_;
    if (taken == nullptr) {
      has_run_out_ = true;
      return nullptr;
    }
    first_ = taken->following();
    taken->lead_to(nullptr);
    --count_;
    return taken;
  }

 private:
  shared_state<Sync, Layout>& state_;
  shared_array<Sync, Layout>& of_;
  bucket* first_ = nullptr;
  std::size_t count_ = 0;
  bool has_run_out_ = false;
};

}  // namespace steady::detail
