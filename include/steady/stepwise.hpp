// steady::stepwise: what Steady's containers offer beyond the standard ones, and what they say of
// themselves. The base of steady::hash_container.
//
// Growing happens in steps, driven by insertions. These functions drive it, too, look at it, or
// take it off the insertions by paying at once.
//
//   Throws       what the hash, the element's constructors and the allocator throw when elements
//                move; the function has then done a part of its work, and nothing is lost.
//   Invalidates  whatever moves elements: iterators, pointers and references.
//   Threads      const functions change nothing, and may run at the same time.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <limits>

#include <steady/detail/invariants.hpp>
#include <steady/detail/table.hpp>
#include <steady/policy.hpp>
#include <steady/stats.hpp>
#include <steady/work.hpp>

namespace steady {

namespace detail {
struct companion;  // of the containers; may see their tables
}

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class stepwise {
 public:
  using size_type = std::size_t;
  using policy_type = Policy;

  // ---- stepping ----

  // Does at most `max_buckets` buckets of pending work; returns how many it did.
  size_type step(size_type max_buckets) { return table_.step(max_buckets); }

  // Works for `time`, a bucket more at the most; returns how many buckets it did.
  template <class Rep, class Period>
  size_type step_for(std::chrono::duration<Rep, Period> time) {
    const auto end = std::chrono::steady_clock::now() + time;
    size_type done = 0;
    while (migrating() && std::chrono::steady_clock::now() < end) done += step(1);
    return done;
  }

  // True while any stepwise work is pending.
  bool migrating() const noexcept { return table_.migrating(); }

  // Buckets of work that are left; 0 when not migrating.
  size_type pending() const noexcept { return table_.pending(); }

  // Completes all pending work. Bound: O(pending()).
  void finish() { table_.finish(); }

  // ---- paying in steps ----
  // These return in constant time; migrating() is true until what they ask for is done.

  // Room for `size` elements, in the end; then, until the size exceeds that, no insertion migrates,
  // and references stay valid. Throws std::length_error for sizes that no map can have, and what
  // the allocator throws; nothing is asked for then.
  void reserve_gradually(size_type size) { table_.reserve_gradually(size); }

  // As many buckets as the size needs, in the end. Takes back what was reserved.
  void shrink_gradually() noexcept { table_.shrink_gradually(); }

  // Brings every element to a bucket anew, so that overflow that erasing has left goes away.
  void compact_gradually() noexcept { table_.compact_gradually(); }

  // Gives every element a place that depends on a new random seed, so that keys chosen to collide
  // under the old one collide no more. It begins by itself where it is needed; see
  // Policy::reseeds. Cursors of before have to start again.
  void reseed_gradually() noexcept { table_.reseed_gradually(); }

  // The container is empty at once, and usable; the elements are destroyed in steps. If the
  // allocator refuses a small block for the note of it, they are destroyed at once.
  void clear_gradually() noexcept { table_.clear_gradually(); }

  // For times of memory pressure: shrink_gradually(), and at most `max_buckets` buckets of pending
  // work. Returns how many bytes were given back; call again while migrating(). Throws as step().
  size_type trim(size_type max_buckets = 64) {
    const size_type before = stats().bytes;
    table_.shrink_gradually();
    table_.trim(max_buckets);
    const size_type after = stats().bytes;
    return after < before ? before - after : 0;
  }

  // ---- paying at once ----

  // Room for `size` elements: until then no insertion migrates, and references stay valid.
  // Bound: O(elements + buckets). Throws std::length_error for sizes that no map can have.
  void reserve(size_type size) {
    if (size == 0 && !table_.arrays().has_memory()) return;
    table_.reserve(size);
  }

  // As many buckets as `buckets` or the size needs, whichever is more; 0 shrinks to fit.
  // Bound: O(elements + buckets). Throws std::length_error for numbers that no map can have.
  void rehash(size_type buckets) {
    if (buckets == 0 && table_.size() == 0) return table_.release();
    const unsigned asked = buckets < 2 ? 0u : static_cast<unsigned>(std::bit_width(buckets - 1));
    layout::check_log2_buckets(asked);
    table_.resize(std::max(asked, layout::log2_buckets_for(table_.size())));
  }

  // ---- observing ----

  size_type size() const noexcept { return table_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  size_type max_size() const noexcept {
    constexpr std::size_t by_address =
        std::numeric_limits<std::ptrdiff_t>::max() / sizeof(typename Elements::value_type);
    return std::min(by_address, layout::load_limit(detail::line_partition::max_log2_buckets));
  }

  size_type bucket_count() const noexcept { return stats().buckets; }
  // Elements by slots; above 1 is possible, in overflow.
  float load_factor() const noexcept { return static_cast<float>(stats().load_factor); }
  static constexpr float max_load_factor() noexcept {
    return static_cast<float>(Policy::load_limit);
  }

  // O(1).
  steady::stats stats() const noexcept { return table_.statistics(); }

  // What was done since construction or reset_work(); only with a policy that counts, see
  // steady/work.hpp.
  const steady::work& work() const noexcept {
    static_assert(Policy::count_work, "work(): only with a policy that says count_work = true");
    return table_.counted_work();
  }
  void reset_work() noexcept {
    static_assert(Policy::count_work,
                  "reset_work(): only with a policy that says count_work = true");
    table_.reset_work();
  }

  // For tests: a sentence naming the first invariant found broken, null when all hold. O(size).
  const char* check_invariants() const {
    return detail::invariants<table_type>::first_broken(table_);
  }

 protected:
  using table_type = detail::table<Elements, Hash, KeyEqual, Allocator, Policy>;
  using layout = typename table_type::layout;

  stepwise() = default;
  stepwise(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : table_(hash, equal, allocator) {}
  ~stepwise() = default;

  friend detail::companion;
  table_type table_;
};

}  // namespace steady
