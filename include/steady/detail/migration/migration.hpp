// A migration under way: beginning it, moving it on by intervals of the hash line, completing it.
//
// A migration runs from any number of buckets to any other; its kind is only a name for how the two
// compare. One kind differs: reseeding gives the new array another line. Frontier and owner are
// those of the old line, while elements go anywhere in the new array; so the first steps give the
// whole new array memory and headers. A bucket with an overlong chain is emptied before its turn.
//
// Bound of a step: one old bucket with its overflow, at most max_targets new buckets and one chunk;
// as many new buckets as elements when reseeding; up to 63 empty buckets passed when shrinking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/probes.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/detail/migration/cold_blocks.hpp>
#include <steady/detail/migration/element_transfer.hpp>
#include <steady/detail/migration/evacuation_plan.hpp>
#include <steady/detail/migration/table_handle.hpp>

namespace steady::detail {

template <class Storage>
class migration {
 public:
  using array = bucket_array<Storage>;
  using cold_type = cold_block<Storage>;
  using handle = table_handle<Storage>;
  using memory_type = map_memory<Storage>;

  // Of a table with a cold block.
  explicit migration(const handle& of) noexcept
      : of_(of), cold_(*of.state.cold()), memory_(of.memory()) {}

  // Begins a migration to 2^log2_buckets buckets; none may be under way. O(1). Throws what the
  // allocator throws; nothing has begun then.
  void start(unsigned log2_buckets) {
    const bool doubles = log2_buckets == cold_.old_array().line().log2_buckets() + 1;
    cold_.new_array().create(memory_, layout(), log2_buckets,
                             doubles ? noted_as::filled : noted_as::empty);
    of_.state.show_sparse();
    probe_migration_begin(of_.table, route());
  }

  // The same to another line. The bucket of the old hash position `early` is emptied early. There
  // must be a rare block.
  STEADY_COLD void start_reseeding(unsigned log2_buckets, std::uint64_t early) {
    cold_.new_array().create(memory_, layout(), log2_buckets);
    of_.state.show_sparse();
    rare_block& rare = *detail::to_raw(cold_.rare);
    rare.next_seed = random_seed();
    rare.prepared = 0;
    const line_partition line = cold_.old_array().line();
    rare.early_first = line.first_of(line.bucket_at(early));
    rare.early_last = line.last_of(line.bucket_at(early));
    rare.early_emptied = false;
    cold_.reseeding = true;
    probe_migration_begin(of_.table, route());
  }

  // Of the migration under way, for probes.
  migration_route route() const noexcept {
    const line_partition from = cold_.old_array().line();
    const line_partition to = cold_.new_array().line();
    const std::uint64_t resized = to.shift < from.shift ? 0 : to.shift == from.shift ? 1 : 2;
    return {cold_.reseeding ? 3 : resized, from.buckets(), to.buckets()};
  }

  // Evacuates at least the next interval and at most `most`; a migration must be under way. Counts
  // in `done` how many. Throws what hashing, copying and the allocator throw; the interval at which
  // that happens is as it was.
  STEADY_ALWAYS_INLINE void advance(std::uint64_t most, std::uint64_t& done) {
    of_.state.locations.change();
    if (cold_.doubles() && may_split()) [[likely]] {
      if (split_next(most, done)) [[likely]]
        return;
    }
    if (cold_.reseeding) {
      advance_reseeding();
    } else {
      advance_by_plan();
    }
    ++done;
  }

  // Old buckets that are not evacuated yet, and steps before the first is; 0 when not migrating.
  std::uint64_t pending() const noexcept {
    if (!cold_.migrating()) return 0;
    const std::uint64_t per_step = layout().chunk_buckets();
    const std::uint64_t preparing = cold_.reseeding
                                        ? (cold_.new_array().line().buckets() -
                                           detail::to_raw(cold_.rare)->prepared + per_step - 1) /
                                              per_step
                                        : 0;
    const line_partition line = cold_.old_array().line();
    return preparing + line.buckets() - line.bucket_at(cold_.frontier);
  }

  // A split of bucket `first` of `from`, whose targets in `to` have memory.
  static STEADY_ALWAYS_INLINE split_steps<Storage> splits_of(const handle& of, const array& from,
                                                             std::uint64_t first,
                                                             const array& to) noexcept {
    return {first,
            first + 1,
            from.header(first),
            from.slots(first, of.layout()),
            to.header(2 * first),
            to.slots(2 * first, of.layout()),
            of.state.seed,
            static_cast<std::uint8_t>(from.line().log2_buckets()),
            static_cast<std::uint8_t>(to.line().log2_buckets())};
  }
  // Does them, as far as buckets are usual ones. False if the first is not; nothing has changed
  // then. Throws what the hash throws.
  static STEADY_ALWAYS_INLINE bool split(const handle& of, memory_type& memory,
                                         split_steps<Storage>& steps) {
    const std::uint64_t first = steps.bucket;
    of.kind.split(of.table, steps);
    if (steps.bucket == first) return false;
    if (steps.overflow_passed != 0) memory.overflow_given_back(steps.overflow_passed);
    memory.recorder().evacuated(steps.bucket - first);
    return true;
  }

 private:
  const array_layout& layout() const noexcept { return of_.layout(); }

  // After a doubling has written these new buckets, some of which have no elements.
  STEADY_COLD void note_written(std::uint64_t first, std::uint64_t end) noexcept {
    occupancy_notes<Storage>(cold_.new_array(), layout()).note_written(first, end);
    of_.state.show_sparse();
  }

  // Nearly every step: a bucket with little overflow goes to two new ones, to which nothing
  // was written yet, and elements do not throw when they move. Not with walkers, because a split
  // does not tell them the new addresses.
  bool may_split() const noexcept {
    return of_.kind.split != nullptr && layout().log2_chunk_buckets != 0 &&
           !of_.state.has_walkers();
  }
  // Up to `most` of such steps, as far as the next buckets are usual ones and in one chunk; one if
  // the hash may throw. False if the next bucket is no usual one: it was hashed in vain.
  STEADY_ALWAYS_INLINE bool split_next(std::uint64_t most, std::uint64_t& done) {
    array& old = cold_.old_array();
    const std::uint64_t first = old.line().bucket_at(cold_.frontier);
    cold_.new_array().provide(memory_, layout(), 2 * first + 1, noted_as::filled);
    split_steps<Storage> steps = splits_of(of_, old, first, cold_.new_array());
    // The targets of so many buckets are half a chunk.
    const std::uint64_t half = max_of<std::uint64_t>(layout().chunk_buckets() / 4, 1);
    if (of_.kind.hashes_without_throwing) {
      const std::uint64_t end = min_of((first | (half - 1)) + 1, old.line().buckets());
      steps.end = first + min_of(end - first, most);
    }
    if (!split(of_, memory_, steps)) return false;
    done += steps.bucket - first;
    if (!steps.has_filled_both()) [[unlikely]]
      note_written(2 * steps.bucket - 2, 2 * steps.bucket);
    cold_.frontier = old.line().first_of(steps.bucket);
    if (cold_.frontier == 0) [[unlikely]] {
      complete();
      return true;
    }
    if (first == 0) of_.state.show_owner();
    if (steps.bucket % (2 * half) == half) cold_.new_array().touch_next_headers(layout());
    old.release_below(memory_, layout(), steps.bucket);
    return steps.bucket == steps.end || !steps.has_filled_both();
  }

  // Any other step: the interval from the frontier to the end of the old bucket, or to the end of a
  // group of new buckets if that comes first.
  STEADY_NOINLINE void advance_by_plan() {
    const evacuation_plan plan = evacuation_plan::at(
        cold_.frontier, cold_.old_array().line(), cold_.new_array().line(),
        static_cast<unsigned>(min_of<std::size_t>(max_targets, layout().chunk_buckets())));
    array& target = cold_.new_array();
    element_transfer<Storage> transfer(of_, cold_.old_array(), target, of_.state.seed, memory_);
    transfer.gather(plan.source, plan.first, plan.last);
    target.provide(memory_, layout(), plan.target + plan.targets - 1,
                   cold_.doubles() ? noted_as::filled : noted_as::empty);
    const std::uint64_t end = plan.target + plan.targets;
    write_empty(plan.target + (plan.fresh ? 0 : 1), end);
    transfer.run(end);
    if (cold_.doubles()) note_written(plan.target, end);
    if (plan.empties_source) {
      transfer.give_overflow_back();
    } else {
      array& old = cold_.old_array();
      occupancy_notes<Storage>(old, layout())
          .note_emptied(plan.source, plan.source, old.line().buckets());
    }
    of_.state.show_sparse();
    memory_.recorder().evacuated(1);
    pass(plan.last, plan.source + (plan.empties_source ? 1 : 0));
  }

  // Everything up to the hash position `last` is evacuated, and all old buckets below `needed`.
  STEADY_ALWAYS_INLINE void pass(std::uint64_t last, std::uint64_t needed) {
    if (last == ~std::uint64_t{0}) [[unlikely]]
      return complete();
    const bool shrinks = cold_.new_array().line().shift > cold_.old_array().line().shift;
    const std::uint64_t before = std::exchange(cold_.frontier, last + 1);
    if (shrinks && cold_.old_array().line().first_of(needed) == cold_.frontier) {
      needed = pass_empty(last, needed);
    }
    if (before == 0) of_.state.show_owner();
    cold_.old_array().release_below(memory_, layout(), needed);
  }

  // Moves the frontier over empty buckets from `bucket` on, as far as the new bucket of `last`
  // reaches: an array that shrinks has many. Returns the first old bucket that is still needed.
  STEADY_NOINLINE std::uint64_t pass_empty(std::uint64_t last, std::uint64_t bucket) noexcept {
    constexpr unsigned most_passed = 63;
    const array& old = cold_.old_array();
    const line_partition target = cold_.new_array().line();
    const std::uint64_t end_of_target = target.last_of(target.bucket_at(last));
    for (unsigned passed = 0; passed < most_passed; ++passed, ++bucket) {
      if (old.line().last_of(bucket) >= end_of_target || !old.is_empty(bucket, layout())) break;
    }
    cold_.frontier = old.line().first_of(bucket);
    return bucket;
  }

  // The first step after preparing empties the first bucket, so that the frontier is not 0 where
  // the new array owns anything.
  STEADY_COLD void advance_reseeding() {
    rare_block& rare = *detail::to_raw(cold_.rare);
    array& old = cold_.old_array();
    if (rare.prepared < cold_.new_array().line().buckets()) return prepare_next();
    if (cold_.frontier != 0 && !rare.early_emptied) {
      if (rare.early_first >= cold_.frontier) {
        reseed(old.line().bucket_at(rare.early_first));
        rare.early_emptied = true;
        return;
      }
      rare.early_emptied = true;
    }
    const std::uint64_t bucket = old.line().bucket_at(cold_.frontier);
    reseed(bucket);
    if (bucket + 1 == old.line().buckets()) return complete();
    cold_.frontier = old.line().first_of(bucket + 1);
    of_.state.show_owner();
    old.release_below(memory_, layout(), bucket + 1);
  }
  void reseed(std::uint64_t bucket) {
    array& old = cold_.old_array();
    cold_.announce(false, old.line().first_of(bucket), old.line().last_of(bucket));
    element_transfer<Storage> transfer(of_, old, cold_.new_array(),
                                       detail::to_raw(cold_.rare)->next_seed, memory_);
    transfer.gather(bucket);
    transfer.run(cold_.new_written());
    transfer.emptied(bucket);
    transfer.give_overflow_back();
    occupancy_notes<Storage>(old, layout())
        .note_emptied(bucket, old.line().bucket_at(cold_.frontier), old.line().buckets());
    of_.state.show_sparse();
    memory_.recorder().evacuated(1);
  }
  // A chunk of new buckets, empty.
  void prepare_next() {
    std::uint64_t& prepared = detail::to_raw(cold_.rare)->prepared;
    array& target = cold_.new_array();
    target.provide(memory_, layout(), prepared, noted_as::empty);
    const std::uint64_t end =
        min_of<std::uint64_t>(prepared + layout().chunk_buckets(), target.line().buckets());
    write_empty(prepared, end);
    prepared = end;
  }
  // The headers of new buckets, to which nothing was written yet.
  void write_empty(std::uint64_t first, std::uint64_t end) noexcept {
    occupancy_notes<Storage>(cold_.new_array(), layout()).write_empty(first, end);
    memory_.recorder().zeroed((end - first) * sizeof(bucket_header));
  }

  STEADY_COLD void complete() noexcept {
    array& old = cold_.old_array();
    count_migration(old.line().log2_buckets(), cold_.new_array().line().log2_buckets());
    old.release_below(memory_, layout(), old.line().buckets());
    old.destroy(memory_, layout());
    old = std::exchange(cold_.new_array(), array());
    cold_.frontier = 0;
    memory_.release_recycled(layout().full_chunk.bytes, layout().alignment);
    if (cold_.reseeding) complete_reseeding();
    of_.state.show_owner();
    of_.state.show_sparse();
    cold_blocks<Storage>::note_crowding(cold_, layout());
  }
  // A smaller table may try another seed again: that costs no more than the shrinking did.
  void count_migration(unsigned from, unsigned to) noexcept {
    rare_block* const rare = cold_.rare == nullptr ? nullptr : detail::to_raw(cold_.rare);
    if (cold_.reseeding) {
      ++rare->reseeded;
      return;
    }
    migration_counters& counters = cold_.active.counters;
    ++(to > from ? counters.grown : to < from ? counters.shrunk : counters.compacted);
    if (to < from && rare != nullptr) rare->reseed_again_from = 0;
  }
  void complete_reseeding() noexcept {
    cold_.reseeding = false;
    cold_.snapshots.each([](snapshot_base& snapshot) { snapshot.reseeded(); });
    const line_seed before = std::exchange(of_.state.seed, detail::to_raw(cold_.rare)->next_seed);
    const std::uint16_t name = of_.state.shape.name();
    of_.state.shape.set_name(name_after(name));
    of_.state.each_walker([&](walker_base& walker) { walker.reseeded(before); });
  }

  const handle& of_;
  cold_type& cold_;
  memory_type memory_;
};

}  // namespace steady::detail
