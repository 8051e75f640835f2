// The new buckets that the elements of an old one go to when their order changes: locked all at
// once and without waiting, so that a helper never waits for a visitor. Nobody waits for a lock
// while it has these, so the order in which they are locked does not matter.
//
// Bound: a look at the buckets taken so far, for each element.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <steady/detail/concurrent/bucket_lock.hpp>
#include <steady/detail/concurrent/shared_bucket.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class held_targets {
  using header = shared_header<Sync, Layout>;
  using held = held_bucket<Sync>;

 public:
  // The longest chain of overflow buckets that chance makes, and the elements of such a bucket.
  static constexpr unsigned longest_chain = 8;
  static constexpr unsigned most_elements = Layout::width + longest_chain * Layout::overflow_width;

  // Locks the bucket of the next element. False if another thread has it; then the elements stay
  // where they are.
  bool take(header& of) noexcept {
    unsigned n = 0;
    while (n < count_ && of_[n] != std::addressof(of)) ++n;
    if (n == count_ && !lock(of)) return false;
    number_of_[elements_++] = static_cast<std::uint8_t>(n);
    return true;
  }
  // The bucket of the element of that number, in the order in which they were taken.
  held& of_element(unsigned number) noexcept { return *held_[number_of_[number]]; }

 private:
  bool lock(header& of) noexcept {
    const bucket_word seen = of.look();
    if (seen.is_locked() || !bucket_lock<Sync>::try_lock(of.word, seen)) return false;
    of_[count_] = std::addressof(of);
    held_[count_++].emplace(of.word, seen);
    return true;
  }

  unsigned count_ = 0;
  unsigned elements_ = 0;
  header* of_[most_elements];
  std::optional<held> held_[most_elements];
  std::uint8_t number_of_[most_elements];
};

}  // namespace steady::detail
