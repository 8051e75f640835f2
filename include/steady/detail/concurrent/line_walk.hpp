// Walks along the hash line, bucket by bucket, while other threads change everything.
//
// A walk is at a position: it locks the bucket that owns it, visits the elements from that position
// on, and goes on behind that bucket. Growing and shrinking split and join intervals, but move no
// element to another position, so each element that is there all the time is met exactly once.
//
// A reseeding does move them. Walks and reseedings exclude each other: a reseeding does not start
// while a walk is on, and a walk that comes while one is on helps to finish it, or gives up.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_edit.hpp>
#include <steady/detail/concurrent/shared_migration.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

// Whether no element was there all the time. Insertions fill slots before overflow.
template <class Header>
bool is_empty_bucket(const Header& of) noexcept {
  const bucket_word word = of.look();
  return word.occupied().empty() && word.is_readable() && of.first_overflow() == nullptr;
}

template <class Sync, class Layout>
class line_walk {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;
  using pin = typename grace_period<Sync>::pin;

 public:
  // Whoever walks must not be pinned. Throws std::bad_alloc where a reseeding cannot be finished
  // for lack of memory.
  explicit line_walk(state_type& state, bool gives_up = false) : state_(state) {
    while (!(is_allowed_ = try_begin()) && !gives_up) help_reseeding();
  }
  ~line_walk() {
    if (is_allowed_) end();
  }
  line_walk(const line_walk&) = delete;
  line_walk& operator=(const line_walk&) = delete;

  bool is_allowed() const noexcept { return is_allowed_; }

  // Lets `decide` see, and decide about, the elements of the buckets from position `from` to
  // `last`, at most `most`, each under its bucket's lock, until it sets `is_enough`; after each
  // bucket, without a lock or a pin, calls `after_bucket`. Returns the position to go on from; 0 at
  // the end. Throws what `decide` throws; what was decided before is done.
  template <class Decide, class AfterBucket>
  std::uint64_t visit(std::uint64_t from, std::uint64_t last, std::uint64_t most, Decide&& decide,
                      bool& is_enough, AfterBucket&& after_bucket) {
    for (; most != 0 && !is_enough; --most) {
      std::uint64_t end = 0;
      {
        const pin pinned;
        end = visit_bucket(pinned.thread_number(), from, last, decide, is_enough);
      }
      after_bucket();
      if (end >= last) return 0;
      from = end + 1;
    }
    return from;
  }

 private:
  // Visits the bucket that owns the position `from`; returns the last position of that bucket.
  template <class Decide>
  std::uint64_t visit_bucket(std::uint32_t thread, std::uint64_t from, std::uint64_t last,
                             Decide&& decide, bool& is_enough) {
    for (array* at = state_.first_array(); at != nullptr; at = at->next()) {
      const std::uint64_t bucket = at->line.bucket_at(from);
      header& of = at->header_at(bucket);
      if (detail::is_empty_bucket(of)) return at->line.last_of(bucket);
      const bucket_word seen = bucket_lock<Sync>::lock(of.word);
      if (seen.is_moved()) continue;
      bucket_edit<Sync, Layout>(state_, thread, *at, bucket, seen)
          .visit_all(from, last, decide, is_enough);
      return at->line.last_of(bucket);
    }
    return ~std::uint64_t{0};
  }

  bool try_begin() noexcept {
    state_.walks.fetch_add(1, std::memory_order_seq_cst);                    // [W1]
    if (state_.reseeding.load(std::memory_order_seq_cst) == 0) return true;  // [W1]
    end();
    return false;
  }
  void end() noexcept { state_.walks.fetch_sub(1, std::memory_order_release); }
  void help_reseeding() {
    {
      const pin pinned;
      if (!shared_migration<Sync, Layout>(state_, pinned.thread_number(), driver::walk)
               .finish_now()) {
        STEADY_THROW(std::bad_alloc());
      }
    }
    Sync::yield();
  }

  state_type& state_;
  bool is_allowed_ = false;
};

// ---- while nobody else uses the container; needs no memory ----

// Calls `visit` with a copy of every slot of a bucket that holds an element. False if none does.
template <class Sync, class Layout, class Visit>
bool visit_bucket_at_rest(const shared_array<Sync, Layout>& within, std::uint64_t bucket,
                          Visit&& visit) {
  typename Layout::copy slot;
  const auto visit_slots = [&](std::byte* slots, slot_set occupied) {
    for (const std::uint64_t number : occupied) {
      read_slot<Sync, Layout>(slot_at<Layout>(slots, number), slot);
      visit(slot);
    }
  };
  const auto& of = within.header_at(bucket);
  const bucket_word word = of.look();
  if (word.is_moved()) return false;
  if (!word.occupied().empty()) visit_slots(within.slots_of(bucket), word.occupied());
  auto* const first = of.first_overflow();
  for (auto* more = first; more != nullptr; more = more->following()) {
    visit_slots(more->slots, more->occupied());
  }
  return !word.occupied().empty() || first != nullptr;
}

// The same for all buckets, in whatever state a migration is.
template <class Sync, class Layout, class Visit>
void visit_at_rest(const shared_state<Sync, Layout>& state, Visit&& visit) {
  for (auto* at = state.first_array(); at != nullptr; at = at->next()) {
    for (std::uint64_t bucket = 0; bucket < at->buckets(); ++bucket) {
      detail::visit_bucket_at_rest(*at, bucket, visit);
    }
  }
}

// Lets `decide` see, and decide about, every element. Throws what it throws; what was decided
// before is done.
template <class Sync, class Layout, class Decide>
void decide_at_rest(shared_state<Sync, Layout>& state, Decide&& decide) {
  bool is_enough = false;
  for (auto* at = state.first_array(); at != nullptr; at = at->next()) {
    for (std::uint64_t bucket = 0; bucket < at->buckets(); ++bucket) {
      auto& of = at->header_at(bucket);
      if (detail::is_empty_bucket(of)) continue;
      const typename grace_period<Sync>::pin pinned;
      const bucket_word seen = bucket_lock<Sync>::lock(of.word);
      if (seen.is_moved()) continue;
      bucket_edit<Sync, Layout>(state, pinned.thread_number(), *at, bucket, seen)
          .visit_all(0, ~std::uint64_t{0}, decide, is_enough);
    }
  }
}

// A walk from there that gives the nodes of elements for which `decide` says is_erased to `retire`,
// outside of locks. Returns the position to go on from; 0 at the end. Throws what `decide` throws.
template <class Elements, class Walk, class Copy = typename Elements::layout::copy, class Decide,
          class Retire>
std::uint64_t walk_and_retire(Walk& along, std::uint64_t from, std::uint64_t to,
                              std::uint64_t most_buckets, Decide&& decide, bool& is_enough,
                              Retire&& retire) {
  if constexpr (Elements::are_flat) {
    return along.visit(from, to, most_buckets, decide, is_enough, [] {});
  } else {
    decltype(Elements::node_in(std::declval<Copy&>())) erased = nullptr;
    const auto decide_and_keep = [&](Copy& slot) {
      const fate decided = decide(slot);
      if (decided == fate::is_erased) {
        Elements::node_in(slot)->next_retired = std::exchange(erased, Elements::node_in(slot));
      }
      return decided;
    };
    const auto retire_erased = [&] {
      while (erased != nullptr) retire(std::exchange(erased, erased->next_retired));
    };
    STEADY_TRY {
      return along.visit(from, to, most_buckets, decide_and_keep, is_enough, retire_erased);
    }
    STEADY_CATCH_ALL {
      retire_erased();
      STEADY_RETHROW;
    }
  }
}

}  // namespace steady::detail
