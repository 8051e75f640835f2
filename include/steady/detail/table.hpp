// The hash table under hash_map and hash_set: placement, and what drives the migration. No
// interface for users; the containers are thin façades over it.
//
// Growth: when an insertion exceeds the load limit, a migration to twice as many buckets begins,
// and every inserting call evacuates up to Policy::evacuations_per_insert intervals before it
// inserts. While memory for that is refused, elements go on into overflow buckets and it is tried
// again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <steady/detail/elements.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/placement.hpp>
#include <steady/detail/random_seed.hpp>
#include <steady/detail/shaking.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class table : public placement<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = placement<Elements, Hash, KeyEqual, Allocator, Policy>;
  using base::arrays_;
  using base::hashed;
  using base::places_;
  using base::require_changeable;
  using base::seed_;
  using base::size_;
  using typename base::array;
  using typename base::place_type;

 public:
  using base::allocator;
  using typename base::layout;
  using typename base::position;
  using typename base::slot_type;

  table() = default;
  table(const Hash& hash, const KeyEqual& equal, const Allocator& source)
      : base(hash, equal, source) {}
  ~table() { release(); }

  // ---- inserting ----

  // The element with `key`, made by `construct(address)` if there was none; true if it was made.
  // Strong guarantee.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<position, bool> find_or_insert(const K& key,
                                                                const Construct& construct) {
    const std::uint64_t at = hashed(key);
    const auto place = arrays_.locate(at);
    if (const position found = this->find_in(place, at, key)) return {found, false};
    return {insert_absent(place, at, key, construct), true};
  }

  // As above when the caller knows that the key is absent.
  template <class K, class Construct>
  position insert_new(const K& key, const Construct& construct) {
    const std::uint64_t at = hashed(key);
    return insert_absent(arrays_.locate(at), at, key, construct);
  }

  // The same where neither `key` nor what `construct` reads is in this table, so that nothing needs
  // to be made before others move: `construct` is the last that can fail.
  template <class K, class Construct>
  std::pair<position, bool> find_or_insert_foreign(const K& key, const Construct& construct) {
    std::uint64_t at = hashed(key);
    if (const position found = this->find_in(arrays_.locate(at), at, key)) return {found, false};
    require_changeable();
    if (!arrays_.has_memory()) {
      furnish(0);
      at = hashed(key);  // the table has a seed only now
    } else if (should_progress()) {
      make_progress();
    }
    return {this->insert_at(arrays_.locate(at), at, construct), true};
  }

  // ---- emptying ----

  // Destroys all elements. A map of one chunk at most keeps its memory, a larger one returns it.
  void clear() noexcept {
    const bool keep = !arrays_.migrating() && arrays_.old_array().chunks() <= 1;
    if (!keep) return release();
    require_changeable();
    places_.change();
    this->destroy_elements();
    if (arrays_.has_memory()) this->forget_elements(arrays_.array_of(false));
    size_ = 0;
  }

  // Destroys all elements and returns all memory.
  void release() noexcept {
    require_changeable();
    places_.change();
    shaker_.promise(0);
    this->destroy_elements();
    arrays_.destroy();
    size_ = 0;
    grow_at_ = 0;
  }

  // ---- migrating ----

  // Evacuates at most `most` intervals; returns how many. Throws what hashing, copying and
  // allocating throw; what was evacuated before stays so.
  std::size_t step(std::size_t most) {
    require_changeable();
    std::size_t done = 0;
    for (; done < most && arrays_.migrating(); ++done) {
      evacuate();
      ++steps_.call;
    }
    return done;
  }

  void finish() { step(std::numeric_limits<std::size_t>::max()); }

  // Room for `size` elements: until then, insertions move nothing.
  void reserve(std::size_t size) {
    const unsigned wanted = layout::log2_buckets_for(size);
    resize(arrays_.has_memory() ? std::max(wanted, log2_buckets()) : wanted);
  }

  // Brings the number of buckets to 2^log2_buckets, at once; until they are full, insertions move
  // nothing.
  void resize(unsigned log2_buckets) {
    finish();
    if (!arrays_.has_memory()) {
      furnish(log2_buckets);
    } else if (arrays_.old_array().line().log2_buckets() != log2_buckets) {
      start_migration(log2_buckets);
      finish();
    }
    shaker_.promise(grow_at_);
  }

  // ---- the whole table ----

  // Copies every element of `other`; this table is empty. Its seed is a fresh one: were it the
  // other's, a table filled in the order of the other would pile up. On an exception this table is
  // empty again.
  void copy_from(const table& other) {
    if (other.size_ == 0) return;
    try {
      reserve(other.size_);
      for (position at = other.first(); at; at = other.after(at)) {
        const slot_type& from = *at.slot;
        insert_new(Elements::key_of(from), [&](slot_type* to) {
          Elements::construct(allocator(), to, std::as_const(Elements::element_of(from)));
        });
      }
    } catch (...) {
      release();
      throw;
    }
  }

  // Takes the other's content; this table has none. The allocators are equal or have been assigned.
  void take(table& other) noexcept {
    other.require_changeable();
    places_.change();
    other.places_.change();
    arrays_.take(other.arrays_);
    size_ = std::exchange(other.size_, 0);
    grow_at_ = std::exchange(other.grow_at_, 0);
    seed_ = other.seed_;
    steps_ = std::exchange(other.steps_, {});
    shaker_ = std::exchange(other.shaker_, {});
  }

  void swap_content(table& other) noexcept {
    require_changeable();
    other.require_changeable();
    places_.change();
    other.places_.change();
    arrays_.swap(other.arrays_);
    std::swap(size_, other.size_);
    std::swap(grow_at_, other.grow_at_);
    std::swap(seed_, other.seed_);
    std::swap(steps_, other.steps_);
    std::swap(shaker_, other.shaker_);
  }

  void set_functions(const Hash& hash, const KeyEqual& equal) {
    this->hash_ = hash;
    this->equal_ = equal;
  }
  void swap_functions(table& other) {
    using std::swap;
    swap(this->hash_, other.hash_);
    swap(this->equal_, other.equal_);
  }

  // Of the array that is kept.
  unsigned log2_buckets() const noexcept { return arrays_.kept_array().line().log2_buckets(); }

  stats statistics() const noexcept {
    stats now;
    now.size = size_;
    if (arrays_.has_memory()) {
      now.buckets = static_cast<std::size_t>(arrays_.kept_array().line().buckets());
      now.load_factor =
          static_cast<double>(size_) / (static_cast<double>(now.buckets) * layout::width);
    }
    now.overflow_buckets = arrays_.memory.overflow_buckets;
    now.chunks = arrays_.memory.chunks;
    now.bytes = arrays_.memory.bytes + size_ * Elements::bytes_elsewhere();
    now.longest_chain = arrays_.memory.longest_chain;
    now.migrations = arrays_.migrations;
    now.steps = steps_;
    now.migrating = arrays_.migrating();
    now.frontier = arrays_.frontier();
    return now;
  }

  const work& counted_work() const noexcept { return arrays_.memory.recorder.counted(); }
  void reset_work() noexcept { arrays_.memory.recorder.reset(); }

 private:
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE position insert_absent(place_type place, std::uint64_t at, const K& key,
                                              const Construct& construct) {
    require_changeable();
    if (should_progress()) [[unlikely]] {
      if (arrays_.has_memory()) return insert_with_progress(at, construct);
      furnish(0);
      at = hashed(key);  // the table has a seed only now
      place = arrays_.locate(at);
    }
    return this->insert_at(place, at, construct);
  }

  // The element is made before others move, because it may be made from one of them.
  template <class Construct>
  STEADY_NOINLINE position insert_with_progress(std::uint64_t at, const Construct& construct) {
    temporary_slot<Elements, Allocator> made(allocator(), [&](slot_type* slot) {
      [[maybe_unused]] const typename base::user_code scope(this);
      construct(slot);
    });
    make_progress();
    return this->insert_at(arrays_.locate(at), at,
                           [&](slot_type* to) { Elements::move(allocator(), to, made.get()); });
  }

  // Whether an insertion has to make progress first.
  STEADY_ALWAYS_INLINE bool should_progress() noexcept {
    return size_ >= grow_at_ || shaker_.strikes(size_ + 1);
  }

  // What an inserting call does beside inserting: begin to grow, or evacuate. What fails here does
  // not make the insertion fail; it is tried again by the next.
  void make_progress() noexcept {
    try {
      if (!arrays_.migrating()) {
        const unsigned now = arrays_.old_array().line().log2_buckets();
        start_migration(size_ >= grow_at_ ? now + 1 : now);
      }
      const unsigned evacuations = Policy::evacuations_per_insert + shaker_.extra();
      for (unsigned n = 0; n < evacuations && arrays_.migrating(); ++n) {
        evacuate();
        ++steps_.insert;
      }
    } catch (...) {
    }
  }

  STEADY_NOINLINE void furnish(unsigned log2_buckets) {
    arrays_.furnish(log2_buckets);
    seed_ = random_seed();
    grow_at_ = layout::load_limit(log2_buckets);
  }

  void start_migration(unsigned log2_buckets) {
    arrays_.start_migration(log2_buckets);
    grow_at_ = 0;  // every inserting call makes progress
  }

  void evacuate() {
    places_.change();
    arrays_.advance([this](const slot_type& slot) { return this->line_position(slot); });
    if (!arrays_.migrating()) {
      grow_at_ = layout::load_limit(arrays_.old_array().line().log2_buckets());
    }
  }

  std::size_t grow_at_ = 0;  // inserting at this size makes progress first
  decltype(stats::steps) steps_;
  [[no_unique_address]] shaker<shaking> shaker_;
};

}  // namespace steady::detail
