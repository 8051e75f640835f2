// What a concurrent container remembers, and what is the same for all elements of one size: the
// root, the migration that is on, the arrays that are leaving, and counters.
//
// At most two arrays are live: the root's, and its next one while a migration is on. Those before
// the root's are leaving: nobody new can reach them. From the oldest on, each leads to the next
// one.
//
//   [R1] load, acquire: the root
//   [R2] compare-and-swap, acquire and release: the first array; sequentially consistent: the next
//        one once all buckets have moved, before the one that it leaves is retired
//   [F1] exchange, acquire, and store, release: one thread at a time starts a migration, or frees
//        what is leaving; others do not wait for it
//   [F2] fetch-add and fetch-sub, release, and load, acquire: how many arrays there are beside the
//        root's; added to before the root's leads to a next one, so that whoever sees that sees
//        this
//   [F3] load, acquire, and store, release: since when nobody new can reach an array
//   [F4] load, acquire, and store, release: the oldest array
//   [W1] fetch-add, then load of `reseeding`, sequentially consistent: a walk along the line
//   [W2] store, then load of `walks`, sequentially consistent: a reseeding, which walks exclude
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/chunk_shelf.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/detail/concurrent/migration_watcher.hpp>
#include <steady/detail/concurrent/shared_array.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>
#include <steady/detail/concurrent/shared_requests.hpp>
#include <steady/detail/concurrent/striped_count.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

// What the engine knows of a container's elements and policy.
template <class Layout>
struct shared_kind {
  using copy = typename Layout::copy;

  // The hash code of the element in a slot. Does not throw, and calls nothing of the user's. Null:
  // it is the first word.
  std::uint64_t (*code_of)(copy slot) noexcept;
  double load_limit;
  double shrink_below;
  unsigned evacuations_per_call;
  bool evacuates_first;
  double natural_overflow_per_bucket;  // overflow buckets; of more, a compaction rids the container
  std::uint32_t longest_natural_chain;  // of overflow buckets; longer ones are an attack

  STEADY_ALWAYS_INLINE std::uint64_t code_in(const copy& slot) const noexcept {
    if constexpr (Layout::slot_bytes >= sizeof(std::uint64_t)) {
      if (code_of == nullptr) [[likely]]
        return load_64(slot.bytes);
    }
    return code_of(slot);
  }
};

// What steps on purpose have found, in intervals and blocks.
struct steps_taken {
  std::size_t looked_at = 0;  // 0: there is nothing to do, or nothing can be done now
  std::size_t done = 0;       // the others had moved already, or were locked
};

// One thread at a time does something that others need not wait for.
template <class Sync>
class sole_right {
 public:
  class attempt {
   public:
    explicit attempt(sole_right& right) noexcept
        : right_(right),
          has_it_(right.taken_.load(std::memory_order_relaxed) == 0 &&
                  right.taken_.exchange(1, std::memory_order_acquire) == 0) {}  // [F1]
    ~attempt() {
      if (has_it_) right_.taken_.store(0, std::memory_order_release);  // [F1]
    }
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;

    bool has_it() const noexcept { return has_it_; }

   private:
    sole_right& right_;
    bool has_it_;
  };

 private:
  typename Sync::template atomic<std::uint32_t> taken_{0};
};

// One thread does something that others leave to it, until it takes long: it may have lost its
// processor, or wait for something. Then they do it, too.
template <class Sync>
class patient_right {
 public:
  class attempt {
   public:
    // After `patience` attempts in vain others get the right.
    attempt(patient_right& right, std::uint64_t patience) noexcept
        : first_(right.first_),
          is_granted_(first_.has_it() ||
                      right.in_vain_.fetch_add(1, std::memory_order_relaxed) >= patience) {
      if (first_.has_it()) right.in_vain_.store(0, std::memory_order_relaxed);
    }

    bool is_granted() const noexcept { return is_granted_; }

   private:
    typename sole_right<Sync>::attempt first_;
    bool is_granted_;
  };

 private:
  sole_right<Sync> first_;
  typename Sync::template atomic<std::uint64_t> in_vain_{0};
};

template <class Sync, class Layout>
struct shared_state {
  template <class T>
  using atomic = typename Sync::template atomic<T>;
  using array = shared_array<Sync, Layout>;

  // Read by every call, written hardly ever.
  atomic<array*> root{nullptr};
  atomic<std::uint64_t> other_arrays{0};  // the next one, and those that are leaving
  const shared_kind<Layout>* kind;
  shared_memory<Sync> memory;

  alignas(cache_line_bytes) patient_right<Sync> to_prepare;  // the next array
  sole_right<Sync> to_start;                                 // leading to it: a few stores
  sole_right<Sync> to_free;
  atomic<array*> oldest{nullptr};  // the first that is leaving; the root's if none is

  atomic<std::uint64_t> migrations{0};  // begun, all in all
  static constexpr unsigned kinds = 4;
  static constexpr unsigned causes = 3;
  static constexpr unsigned drivers = 5;
  atomic<std::uint64_t> finished[kinds]{};  // by migration_kind
  atomic<std::uint64_t> started[causes]{};  // by migration_cause
  atomic<std::uint64_t> steps[drivers]{};   // by driver, but for those that `counts` has
  atomic<std::uint64_t> reserved{0};        // elements to have room for
  shared_requests<Sync> requests;
  atomic<std::uint64_t> chain_seen{0};            // the length of that which asked for a reseeding
  atomic<std::uint32_t> evacuations_per_call{0};  // of the migration that is on
  atomic<std::uint64_t> size_at_start{0};         // of that migration
  atomic<std::uint64_t> longest_chain{0};
  atomic<std::uint64_t> reseeded_at{0};  // the size at the last reseeding for a long chain
  // Overflow buckets after the last compaction, or fewer since.
  atomic<std::uint64_t> left_crowded{0};

  // Walks along the line that are on, and whether a reseeding is.
  atomic<std::uint32_t> walks{0};
  atomic<std::uint32_t> reseeding{0};

  chunk_shelf<Sync> shelf;
  striped_count<Sync> counts;

  // Of this container, whatever its content is.
  watcher_place<Sync> watcher;

  shared_state(const shared_kind<Layout>& of, void* owner, const memory_source& source) noexcept
      : kind(&of), memory(owner, source) {}

  // The caller is pinned.
  STEADY_ALWAYS_INLINE array* first_array() const noexcept {
    return root.load(std::memory_order_acquire);  // [R1]
  }
  // How many arrays nobody new can reach; one more or less while another thread starts a migration.
  // The caller is pinned.
  std::uint64_t arrays_leaving() const noexcept {
    const std::uint64_t others = other_arrays.load(std::memory_order_acquire);  // [F2]
    const array* const first = first_array();
    return others != 0 && first != nullptr && first->next() != nullptr ? others - 1 : others;
  }
  // Calls have no share in the migration that is on, until the watcher lags (share_of_calls.hpp).
  void leave_to_watcher() noexcept { evacuations_per_call.store(0, std::memory_order_relaxed); }
  void tell_watcher() const noexcept {
    watcher.ask([](migration_watcher& of) { of.has_begun(); });
  }

  // ---- while nobody else uses the container ----

  void free_everything() noexcept {
    while (free_some()) {
    }
    become_empty();
  }
  // A part of it: a block or 64 KiB of pages, two blocks at the end of an array. False if nothing
  // is left. From now on no element can be found.
  bool free_some() noexcept {
    root.store(nullptr, std::memory_order_relaxed);
    if (std::byte* const chunk = shelf.take_any(); chunk != nullptr) {
      memory.release_chunk(chunk, chunk_bytes);
      return true;
    }
    array* const gone = oldest.load(std::memory_order_acquire);
    if (gone == nullptr) return false;
    array* const next = gone->next();
    if (!gone->release_some(memory)) oldest.store(next, std::memory_order_relaxed);
    return true;
  }
  // What the other one has, which is empty then; this one is empty.
  void take(shared_state& other) noexcept {
    root.store(other.first_array(), std::memory_order_release);
    oldest.store(other.oldest.load(std::memory_order_acquire), std::memory_order_release);
    copy_values(other);
    memory.take_counters(other.memory);
    shelf.take_all(other.shelf);
    counts.take(other.counts);
    other.become_empty();
    if (watcher.is_taken()) leave_to_watcher();
    tell_watcher();
  }

  // Frees one of the chunks that no migration has used; false if none can be freed now. For times
  // of memory pressure, while no migration is on that might want it.
  bool free_spare_chunk() noexcept {
    const typename sole_right<Sync>::attempt right(to_free);
    if (!right.has_it()) return false;
    shelf.set_aside();
    std::byte* const chunk = shelf.take_unread();
    if (chunk == nullptr) return false;
    memory.release_chunk(chunk, chunk_bytes, !Layout::in_leaves);
    return true;
  }

  // ---- what was done ----

  // Whoever works on a migration counts what it did, once for each call.
  void count_steps(std::uint32_t thread, driver by, std::uint64_t done) noexcept {
    if (by == driver::insert || by == driver::erase) {
      counts.add_steps(thread, by, done);
    } else {
      steps[static_cast<unsigned>(by)].fetch_add(done, std::memory_order_relaxed);
    }
  }
  std::uint64_t steps_by(driver by) const noexcept {
    if (by == driver::insert || by == driver::erase) return counts.steps(by);
    return steps[static_cast<unsigned>(by)].load(std::memory_order_relaxed);
  }

  // The elements of the last reseeding for a long chain have gone, or most have: the next one need
  // not wait until there are twice as many.
  void forget_attack() noexcept { reseeded_at.store(0, std::memory_order_relaxed); }

  // From now on `most` is at least that.
  static void raise(atomic<std::uint64_t>& most, std::uint64_t value) noexcept {
    std::uint64_t seen = most.load(std::memory_order_relaxed);
    while (seen < value && !most.compare_exchange_strong(seen, value, std::memory_order_relaxed,
                                                         std::memory_order_relaxed)) {
    }
  }

 private:
  static constexpr std::size_t chunk_bytes = Layout::chunk_buckets * Layout::bucket_bytes;

  void copy_values(const shared_state& other) noexcept {
    const auto copied = [](auto& to, const auto& from) {
      to.store(from.load(std::memory_order_relaxed), std::memory_order_relaxed);
    };
    copied(other_arrays, other.other_arrays);
    copied(migrations, other.migrations);
    for (unsigned n = 0; n < kinds; ++n) copied(finished[n], other.finished[n]);
    for (unsigned n = 0; n < causes; ++n) copied(started[n], other.started[n]);
    for (unsigned n = 0; n < drivers; ++n) copied(steps[n], other.steps[n]);
    copied(reserved, other.reserved);
    requests.take(other.requests);
    copied(chain_seen, other.chain_seen);
    copied(evacuations_per_call, other.evacuations_per_call);
    copied(size_at_start, other.size_at_start);
    copied(longest_chain, other.longest_chain);
    copied(reseeded_at, other.reseeded_at);
    copied(left_crowded, other.left_crowded);
    copied(reseeding, other.reseeding);
  }
  void become_empty() noexcept {
    root.store(nullptr, std::memory_order_relaxed);
    oldest.store(nullptr, std::memory_order_relaxed);
    for (auto* value :
         {&other_arrays, &migrations, &reserved, &longest_chain, &reseeded_at, &left_crowded}) {
      value->store(0, std::memory_order_relaxed);
    }
    for (auto& of_kind : finished) of_kind.store(0, std::memory_order_relaxed);
    for (auto& by_cause : started) by_cause.store(0, std::memory_order_relaxed);
    for (auto& by_driver : steps) by_driver.store(0, std::memory_order_relaxed);
    requests.forget_all();
    chain_seen.store(0, std::memory_order_relaxed);
    reseeding.store(0, std::memory_order_relaxed);
    counts.reset();
  }
};

}  // namespace steady::detail
