// The old and the new bucket array of a map, and the frontier between them.
//
// Invariants:
//
//   1. Positions below the frontier belong to the new array, the others to the old one: every key
//      has one bucket, and a lookup goes there and nowhere else.
//   2. Not migrating: the frontier is 0, the new array does not exist, the old one owns everything.
//   3. New buckets that begin below the frontier have written headers; the others may be unwritten.
//   4. At most two arrays exist: a migration starts only when none is under way.
//   5. The view shows the old array while it owns everything, else a detour.
//
// A migration runs from any number of buckets to any other; its kind is only the name for how the
// two compare. One kind differs: reseeding gives the new array another line. Frontier and ownership
// are those of the old line, while elements go anywhere in the new array; so first, in steps, all
// of that gets memory and headers. A bucket that is urgent is emptied before its turn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include <steady/detail/bucket_array.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/evacuation.hpp>
#include <steady/detail/evacuation_plan.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/memory.hpp>
#include <steady/detail/observers.hpp>
#include <steady/detail/scattering.hpp>
#include <steady/detail/splitting.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Elements, class Allocator, class Policy>
class array_pair {
 public:
  using slot_type = typename Elements::slot_type;
  using array = bucket_array<slot_type, Allocator, Policy, Elements::are_dear_to_hash>;
  using overflow = typename array::overflow;
  using memory_type = map_memory<Allocator, Policy::count_work>;
  using layout = typename array::layout;

  // A bucket, and all that is needed to look into it for one key.
  struct place {
    typename array::root_type root;
    std::uint64_t offset;    // of the bucket: its index times 16
    std::uint64_t position;  // of the key, on the array's line
    std::uint32_t tag_word;  // of that
    bool in_new;
    bool in_large;  // the array is larger than what is cached near the processor

    STEADY_ALWAYS_INLINE std::uint64_t bucket() const noexcept {
      return offset / sizeof(bucket_header);
    }
  };

  array_pair() = default;
  explicit array_pair(const Allocator& allocator) noexcept : memory(allocator) {}
  array_pair(const array_pair&) = delete;
  array_pair& operator=(const array_pair&) = delete;

  bool has_memory() const noexcept { return both_[old_side].exists(); }
  bool migrating() const noexcept { return both_[new_side].exists(); }
  // Whether the new array has a line of its own.
  bool reseeding() const noexcept { return reseeding_; }
  // Whether the new array owns anything.
  STEADY_ALWAYS_INLINE bool divided() const noexcept { return frontier_ != 0; }
  std::uint64_t frontier() const noexcept { return frontier_; }
  const array& old_array() const noexcept { return both_[old_side]; }
  const array& new_array() const noexcept { return both_[new_side]; }
  // The array that will be kept.
  const array& kept_array() const noexcept {
    return migrating() ? both_[new_side] : both_[old_side];
  }

  // Who owns `position`, and in which bucket, while the line is divided, but not under a reseeding.
  // Which side of the frontier a position falls on is not predictable, so this indexes the arrays
  // by it, without a branch.
  STEADY_ALWAYS_INLINE place locate_divided(std::uint64_t position) const noexcept {
    return place_in(position < frontier_, position);
  }

  // Whether the old array owns `position` of its line no more.
  STEADY_NOINLINE bool is_evacuated(std::uint64_t position) const noexcept {
    return position < frontier_ || (early_.emptied && early_.contains(position));
  }

  // The interval of the old line that a reseeding empties before its turn.
  struct early_interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool emptied = false;  // since reseeding has begun

    bool contains(std::uint64_t position) const noexcept {
      return first <= position && position <= last;
    }
  };
  // Of the reseeding under way, or of the last one.
  const early_interval& early() const noexcept { return early_; }

  // Where `position` of that array's line is.
  STEADY_ALWAYS_INLINE place place_in(bool in_new, std::uint64_t position) const noexcept {
    const array& owner = array_of(in_new);
    return place_at(owner.root(), owner.line(), position, in_new);
  }

  // Where a lookup may begin, whoever owns `position`: there, or, unless view_is_whole(), at a
  // detour.
  STEADY_ALWAYS_INLINE place place_in_view(std::uint64_t position) const noexcept {
    return place_at(view_.root(), view_.line(), position, false);
  }
  bool view_is_whole() const noexcept { return !divided() && has_memory(); }

  array& array_of(bool in_new) noexcept { return both_[in_new]; }
  const array& array_of(bool in_new) const noexcept { return both_[in_new]; }

  // The new array's buckets that may hold elements, counted from the first.
  std::uint64_t new_in_use() const noexcept {
    if (frontier_ == 0) return 0;
    return reseeding_ ? both_[new_side].line().buckets()
                      : both_[new_side].line().bucket_at(frontier_ - 1) + 1;
  }
  // Those that have memory and a header.
  std::uint64_t new_written() const noexcept { return reseeding_ ? furnished_ : new_in_use(); }

  // Gives a pair without memory 2^log2_buckets empty buckets, at once. Throws what the allocator
  // throws; nothing is kept then.
  void furnish(unsigned log2_buckets) {
    array& fresh = both_[old_side];
    fresh.create(memory, log2_buckets);
    try {
      for (std::uint64_t bucket = 0; bucket < fresh.line().buckets(); ++bucket) {
        fresh.provide(memory, bucket);
        std::memset(fresh.header(bucket), 0, sizeof(bucket_header));
      }
    } catch (...) {
      fresh.destroy(memory);
      memory.template release_recycled<layout::alignment>(layout::full_chunk.bytes);
      throw;
    }
    memory.recorder.zeroed(fresh.line().buckets() * sizeof(bucket_header));
    settle_view();
  }

  // Begins a migration to 2^log2_buckets buckets; none may be under way. O(1). Throws what the
  // allocator throws; nothing has begun then.
  void start_migration(unsigned log2_buckets) { both_[new_side].create(memory, log2_buckets); }

  // The same to another line. The bucket of the old position `urgent` is to be emptied early.
  void start_reseeding(unsigned log2_buckets, std::uint64_t urgent) {
    start_migration(log2_buckets);
    reseeding_ = true;
    furnished_ = 0;
    const std::uint64_t bucket = both_[old_side].line().bucket_at(urgent);
    early_ = {both_[old_side].line().first_of(bucket), both_[old_side].line().last_of(bucket),
              false};
  }

  // Evacuates the next interval; a migration must be under way. `position_of(element)` is the place
  // on the old line, `next_position_of(element)` on the new one, if that differs; if `noted`, what
  // has moved is told by `moved(from, to)`. Throws what hashing, copying and the allocator throw;
  // nothing has changed then.
  template <class PositionOf, class NextPositionOf, class Moved>
  void advance(const PositionOf& position_of, const NextPositionOf& next_position_of, bool noted,
               const Moved& moved) {
    if (reseeding_) [[unlikely]]
      return advance_reseeding(next_position_of, moved);
    const std::uint64_t source = both_[old_side].line().bucket_at(frontier_);
    if (!noted && doubles() && split(source, 2 * source, true, position_of)) [[likely]]
      return pass(both_[old_side].line().last_of(source), source + 1);
    const evacuation_plan plan = next_evacuation();
    if (noted || doubles() || !splitting_type::applies_to(plan) ||
        !split(plan.source, plan.target, plan.targets == 2, position_of)) {
      evacuate(plan, position_of, noted, moved);
    }
    pass(plan.last, plan.source + (plan.empties_source ? 1 : 0));
  }

  // Old buckets that are not evacuated yet, and steps before the first is; 0 when not migrating.
  std::uint64_t pending() const noexcept {
    if (!migrating()) return 0;
    const std::uint64_t furnishing =
        reseeding_ ? (both_[new_side].line().buckets() - furnished_ + layout::chunk_buckets - 1) /
                         layout::chunk_buckets
                   : 0;
    return furnishing + both_[old_side].line().buckets() -
           both_[old_side].line().bucket_at(frontier_);
  }

  // Tells snapshots that the elements between these positions are about to change.
  void announce(bool in_new, std::uint64_t first, std::uint64_t last) const noexcept {
    snapshots.each([&](auto& snapshot) { snapshot.changing(in_new, first, last); });
  }
  // The same of all elements.
  void announce_end() const noexcept {
    constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    announce(false, 0, last);
    if (reseeding_) announce(true, 0, last);
  }

  // Gives all memory back; no element is left.
  void destroy() noexcept {
    both_[old_side].destroy(memory);
    both_[new_side].destroy(memory);
    memory.template release_recycled<layout::alignment>(layout::full_chunk.bytes);
    memory.overflow_buckets = 0;
    frontier_ = 0;
    reseeding_ = false;
    settle_view();
    snapshots.each([this](auto& snapshot) {
      snapshots.remove(snapshot);
      snapshot.rehomed(nullptr);
    });
  }

  // Takes over the other's arrays and ledger; this pair has no memory, and the allocators are equal
  // or follow.
  void take(array_pair& other) noexcept {
    both_[old_side] = std::exchange(other.both_[old_side], array());
    both_[new_side] = std::exchange(other.both_[new_side], array());
    frontier_ = std::exchange(other.frontier_, 0);
    reseeding_ = std::exchange(other.reseeding_, false);
    settle_view();
    other.settle_view();
    furnished_ = other.furnished_;
    early_ = other.early_;
    migrations = std::exchange(other.migrations, {});
    memory.take_ledger(other.memory);
    snapshots.take(other.snapshots);
    snapshots.each([this](auto& snapshot) { snapshot.rehomed(this); });
  }

  void swap(array_pair& other) noexcept {
    std::swap(both_[old_side], other.both_[old_side]);
    std::swap(both_[new_side], other.both_[new_side]);
    std::swap(frontier_, other.frontier_);
    std::swap(view_, other.view_);
    std::swap(reseeding_, other.reseeding_);
    std::swap(furnished_, other.furnished_);
    std::swap(early_, other.early_);
    std::swap(migrations, other.migrations);
    memory.swap_ledger(other.memory);
    snapshots.swap(other.snapshots);
    snapshots.each([this](auto& snapshot) { snapshot.rehomed(this); });
    other.snapshots.each([&](auto& snapshot) { snapshot.rehomed(&other); });
  }

  memory_type memory;
  std::uint64_t erasures = 0;  // of single elements, for who remembers which slots hold some
  decltype(stats::migrations) migrations;
  observer_list<snapshot_base<array_pair>> snapshots;  // of these elements

 private:
  enum side : unsigned { old_side, new_side };  // as place::in_new

  static constexpr unsigned most_empty_passed = 63;

  static STEADY_ALWAYS_INLINE place place_at(typename array::root_type root, line_partition line,
                                             std::uint64_t position, bool in_new) noexcept {
    return {root,     line.offset_at(position),
            position, tag_word(position),
            in_new,   line.shift <= layout::shift_of_large};
  }

  // After what owns the line has changed.
  void settle_view() noexcept {
    if (divided()) {
      view_.show_detour();
    } else {
      view_.show(both_[old_side]);
    }
  }

  evacuation_plan next_evacuation() const noexcept {
    return evacuation_plan::at(
        frontier_, both_[old_side].line(), both_[new_side].line(),
        static_cast<unsigned>(std::min<std::size_t>(max_targets, layout::chunk_buckets)));
  }

  using splitting_type = splitting<Elements, array, memory_type>;

  // Whether each old bucket is split in two neighbours.
  bool doubles() const noexcept {
    return layout::chunk_buckets >= 2 &&
           both_[new_side].line().shift + 1 == both_[old_side].line().shift;
  }

  // Nearly every step: a bucket with little overflow goes to one or two new ones, to which nothing
  // was written yet, and elements do not throw when they move. False if it is another; nothing has
  // changed then.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE bool split(std::uint64_t from, std::uint64_t to, bool two,
                                  const PositionOf& position_of) {
    if constexpr (Elements::nothrow_movable()) {
      both_[new_side].provide(memory, two ? to + 1 : to);
      return splitting_type(both_[old_side], from, both_[new_side], to, two, memory)
          .run(both_[old_side].overflow_of(from), position_of);
    } else {
      return false;
    }
  }

  // Everything up to the position `last` is evacuated, and all old buckets below `needed`.
  STEADY_ALWAYS_INLINE void pass(std::uint64_t last, std::uint64_t needed) {
    if (last == std::numeric_limits<std::uint64_t>::max()) return complete();
    frontier_ = last + 1;
    view_.show_detour();
    const bool shrinking = both_[new_side].line().shift > both_[old_side].line().shift;
    if (shrinking && both_[old_side].line().first_of(needed) == frontier_) {
      needed = pass_empty(last, needed);
    }
    both_[old_side].release_below(memory, needed);
  }

  template <class PositionOf, class Moved>
  STEADY_NOINLINE void evacuate(const evacuation_plan& plan, const PositionOf& position_of,
                                bool noted, const Moved& moved) {
    evacuation<Elements, array, memory_type> step(plan, both_[old_side], both_[new_side], memory);
    step.run(position_of);
    if (noted) step.each_moved(moved);
  }

  // The first step after furnishing empties the first bucket, so that the frontier is not 0 where
  // the new array owns anything.
  template <class NextPositionOf, class Moved>
  STEADY_NOINLINE void advance_reseeding(const NextPositionOf& next_position_of,
                                         const Moved& moved) {
    if (furnished_ < both_[new_side].line().buckets()) return furnish_next();
    if (frontier_ != 0 && !early_.emptied) {
      if (early_.first >= frontier_) {
        scatter(both_[old_side].line().bucket_at(early_.first), next_position_of, moved);
        early_.emptied = true;
        return;
      }
      early_.emptied = true;
    }
    const std::uint64_t bucket = both_[old_side].line().bucket_at(frontier_);
    scatter(bucket, next_position_of, moved);
    if (bucket + 1 == both_[old_side].line().buckets()) return complete();
    frontier_ = both_[old_side].line().first_of(bucket + 1);
    view_.show_detour();
    both_[old_side].release_below(memory, bucket + 1);
  }

  template <class NextPositionOf, class Moved>
  void scatter(std::uint64_t bucket, const NextPositionOf& next_position_of, const Moved& moved) {
    announce(false, both_[old_side].line().first_of(bucket),
             both_[old_side].line().last_of(bucket));
    scattering<Elements, array, memory_type> step(both_[old_side], both_[new_side], memory);
    step.run(bucket, next_position_of);
    step.each_moved(moved);
  }

  // A chunk of new buckets, empty.
  void furnish_next() {
    both_[new_side].provide(memory, furnished_);
    const std::uint64_t end = std::min<std::uint64_t>(furnished_ + layout::chunk_buckets,
                                                      both_[new_side].line().buckets());
    memory.recorder.zeroed((end - furnished_) * sizeof(bucket_header));
    for (; furnished_ < end; ++furnished_) *both_[new_side].header(furnished_) = bucket_header{};
  }

  // Moves the frontier over empty buckets from `bucket` on, as far as the new bucket of `last`
  // reaches: an array that shrinks has many. Returns the first old bucket that is still needed.
  STEADY_NOINLINE std::uint64_t pass_empty(std::uint64_t last, std::uint64_t bucket) noexcept {
    const std::uint64_t end_of_target =
        both_[new_side].line().last_of(both_[new_side].line().bucket_at(last));
    for (unsigned passed = 0; passed < most_empty_passed; ++passed, ++bucket) {
      if (both_[old_side].line().last_of(bucket) >= end_of_target ||
          !is_empty(*both_[old_side].header(bucket)))
        break;
    }
    frontier_ = both_[old_side].line().first_of(bucket);
    return bucket;
  }

  static bool is_empty(const bucket_header& header) noexcept {
    return header.filter == 0 &&
           layout::group::match_empty(&header) == layout::group::match_empty(&empty_header);
  }

  void complete() noexcept {
    const unsigned from = both_[old_side].line().log2_buckets();
    const unsigned to = both_[new_side].line().log2_buckets();
    if (reseeding_) snapshots.each([](auto& snapshot) { snapshot.reseeded(); });
    ++(reseeding_  ? migrations.reseed
       : to > from ? migrations.grow
       : to < from ? migrations.shrink
                   : migrations.compact);
    both_[old_side].release_below(memory, both_[old_side].line().buckets());
    both_[old_side].destroy(memory);
    both_[old_side] = std::exchange(both_[new_side], array());
    frontier_ = 0;
    reseeding_ = false;
    settle_view();
    memory.template release_recycled<layout::alignment>(layout::full_chunk.bytes);
  }

  typename array::view view_;  // of the old array while it owns the whole line
  array both_[2];              // the old one and the new one
  std::uint64_t frontier_ = 0;
  bool reseeding_ = false;
  std::uint64_t furnished_ = 0;  // new buckets, while reseeding
  early_interval early_;
};

}  // namespace steady::detail
