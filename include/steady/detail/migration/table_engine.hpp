// The engine: what makes a table migrate, and drives it. It knows elements by their size and by a
// few functions (element_kind.hpp), so that it exists once for all types of tables.
//
// It owns the pace, the requests, what the table noticed by itself, and the idle range: the sizes
// at which insertions and erasures have no migration work to do (table_state's limits).
//
// Pending work is a migration under way, one that is wanted (sizing.hpp decides), and retired
// arrays to destroy. step() does it; every insertion does up to Policy::evacuations_per_insert
// buckets of it before it inserts. While allocations for growth fail, elements go into overflow
// buckets, and the next insertion tries again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/probes.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/detail/migration/cold_blocks.hpp>
#include <steady/detail/migration/dense_ends.hpp>
#include <steady/detail/migration/incremental_destruction.hpp>
#include <steady/detail/migration/migration.hpp>
#include <steady/detail/migration/sizing.hpp>
#include <steady/detail/migration/slot_claim.hpp>
#include <steady/detail/migration/small_growth.hpp>
#include <steady/detail/migration/stress_migration.hpp>
#include <steady/detail/migration/table_handle.hpp>
#include <steady/detail/state/element_place.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

template <class Storage>
class table_engine {
 public:
  using array = bucket_array<Storage>;
  using cold_type = cold_block<Storage>;
  using handle = table_handle<Storage>;
  using state_type = table_state<Storage>;

  static constexpr std::uint64_t everything = ~std::uint64_t{0};

  table_engine(state_type& state, const element_kind<Storage>& kind, void* table) noexcept
      : of_{state, kind, table}, state_(state) {}

  // ---- what calls drive ----

  // Called before a new element is inserted: does some pending work, and makes room. A failure
  // here does not make the insertion fail, unless the element has no slot; the next one tries
  // again.
  void prepare_insertion();

  // Whether an insertion has something to do before it inserts.
  STEADY_ALWAYS_INLINE bool should_prepare() const noexcept {
    if constexpr (stress_migration) {
      if (stress<true>::strikes(state_.size + 1 > reserved())) return true;
    }
    return state_.size >= state_.insert_limit;
  }

  // The pending work that an erasure, or a walker's step, does.
  void progress_by_erasing() noexcept;
  void progress_by_walking() noexcept;

  // After an erasure has left fewer elements than the erase limit.
  void note_small_size() noexcept;

  // ---- steps ----

  bool is_pending() const noexcept;
  std::uint64_t pending() const noexcept;
  // At most `most` buckets of pending work; returns how many. Throws what hashing, copying and
  // allocating throw; what was done before stays so.
  std::uint64_t step(std::uint64_t most);
  std::uint64_t trim(std::uint64_t most);

  // ---- requests ----

  void reserve(std::uint64_t size);
  void resize(unsigned log2_buckets, std::uint64_t promised);
  void rehash(std::uint64_t slots);
  void withdraw_reservation() noexcept;
  void reserve_gradually(std::uint64_t size);
  void shrink_gradually() noexcept;
  void compact_gradually() noexcept;
  void reseed_gradually() noexcept;
  void clear_gradually() noexcept;
  // Destroys all elements at once. A map that was reserved, or fits a chunk, keeps its memory.
  void clear() noexcept;
  // Destroys all elements and gives all memory back.
  void release() noexcept;

  // Gives back the first memory of a table that has no element yet; what is in a cold block stays.
  void forget_first() noexcept;

  // Makes an empty table one of 2^log2_buckets buckets, or of one tiny bucket, like another one.
  // Throws what the allocator throws.
  void make_like(const array& other);

  // ---- single slots ----

  // Claims a slot in the overflow of a bucket that is full.
  tagged_slot claim_overflow(bool in_new, std::uint64_t bucket, std::uint64_t position);
  // Another overflow bucket for a bucket that is at rest, whose filter then admits `filter`, too.
  overflow_bucket<Storage>* add_overflow(std::uint64_t bucket, std::uint16_t filter);
  // Erases an element, after announce(), wherever it is.
  void erase(void* slot, std::uint8_t* tag, bool in_new, bool in_overflow,
             std::uint64_t bucket) noexcept;
  // Of an element whose hash position on the old array's line is `position`.
  STEADY_PURE element_place place_of(const void* slot, std::uint8_t* tag,
                                     std::uint64_t position) const noexcept;
  // Occupancy: after an element was inserted into a table that is sparse, perhaps as the first of
  // its bucket, and after one was erased that was perhaps the last of its.
  void note_filled(bool in_new, std::uint64_t bucket) noexcept;
  void note_emptied(bool in_new, std::uint64_t bucket) noexcept;
  // Before the elements of the chunk that `bucket` is in are copied, each to the same slot.
  void copy_occupancy(const array& from, std::uint64_t bucket) noexcept;
  // After one was inserted at `made`: moves the element whose reference was handed out last.
  void move_handed_out(const void* made) noexcept;
  // After an insertion that had to search the overflow of a bucket.
  void draw_in(std::uint64_t bucket) noexcept;
  // Before an element changes in another way.
  void announce(const void* slot) const noexcept;
  // Before one comes or goes at that hash position of the array's line.
  void announce_at(bool in_new, std::uint64_t position) const noexcept {
    if (state_.has_snapshots()) state_.cold()->announce(in_new, position, position);
  }

  // ---- observers, and retired contents ----

  // Makes a list of walkers for the table. Throws what the allocator throws.
  rare_block& attend_walkers();
  void add_snapshot(snapshot_base& snapshot);
  void end_walkers() noexcept;
  // Turns the table's own contents into retired arrays; the table is not used any more.
  void retire() noexcept;
  std::uint64_t destroy_retired(std::uint64_t most) noexcept;
  std::uint64_t pending_of_retired() const noexcept;

  stats statistics() const noexcept;
  // As users count them; those of the new array while migrating.
  std::uint64_t slots() const noexcept;
  std::uint64_t room() const noexcept;
  std::uint64_t reserved() const noexcept;
  // As much of that as there are buckets for, or will be with the migration that is under way.
  std::uint64_t reserved_already() const noexcept {
    return state_.has_memory() ? min_of(reserved(), room()) : 0;
  }

  // Computes the idle range. The limits that check_invariants() expects.
  struct limits {
    std::uint32_t insert = 0;
    std::uint32_t erase = 0;
  };
  limits idle_range() const noexcept;

 private:
  cold_type& cold() const noexcept { return *state_.cold(); }
  migration_requests& requests() const noexcept { return cold().active.requests; }
  migration_counters& counters() const noexcept { return cold().active.counters; }
  // Only walkers drive by walking, and they are in the rare block.
  void count_steps(driver of, std::uint64_t steps) const noexcept {
    if (of == driver::walk) {
      detail::to_raw(cold().rare)->steps_by_walk += steps;
    } else {
      counters().add_steps(of, steps);
    }
  }
  // Steps that a call does, which it counts at its end, however that comes.
  struct counted_steps {
    counted_steps(const table_engine& engine, driver what, const migration_route& where) noexcept
        : of(engine), by(what), route(where) {
      if constexpr (debug_mode) {
        of.cold().snapshots.each([](snapshot_base& snapshot) { snapshot.require_no_visitor(); });
      }
    }
    ~counted_steps() {
      of.count_steps(by, count);
      if (count != 0)
        probe_migration_step(of.of_.table, route, static_cast<std::uint64_t>(by), count);
    }
    counted_steps(const counted_steps&) = delete;
    counted_steps& operator=(const counted_steps&) = delete;

    const table_engine& of;
    driver by;
    const migration_route& route;
    std::uint64_t count = 0;
  };
  std::uint64_t reseed_again_from() const noexcept {
    return cold().rare == nullptr ? 0 : detail::to_raw(cold().rare)->reseed_again_from;
  }
  const array_layout& layout() const noexcept { return of_.layout(); }

  array kept_array() const noexcept {
    return state_.cold_link == nullptr ? state_.old_array() : cold().kept_array();
  }
  static std::uint32_t limit_of(std::uint64_t size) noexcept {
    return static_cast<std::uint32_t>(min_of(size, state_type::largest_limit));
  }
  sizing sizing_now() const noexcept;
  void update_limits() noexcept;
  std::uint64_t elements_in(std::uint64_t slots) const noexcept;
  void make_first(std::uint64_t size);
  void make_empty_buckets(unsigned log2_buckets);
  void release_unreserved() noexcept;
  void take_seed() noexcept;

  using reference = bucket_reference<Storage>;
  reference owner_of(const void* slot, std::uint8_t* tag, std::uint64_t position) const noexcept;
  reference owner_by_search(std::uint8_t* tag) const noexcept;
  void tell_of_erasing(const void* slot) noexcept;
  void note_overflow(const array& within, std::uint64_t bucket, std::uint64_t position) noexcept;
  tagged_slot element_in(const array& within, std::uint64_t bucket,
                         const void* slot) const noexcept;
  tagged_slot claim_another(const array& within, std::uint64_t bucket, const void* slot) noexcept;
  void grow_small();
  void make_whole();
  bool is_full_tiny() const noexcept;
  bool can_grow_at_once(const array& old) const noexcept;
  bool grows_at_once() const noexcept;
  void start_at_random() noexcept;
  void make_progress(std::uint64_t size, driver of) noexcept;
  std::uint64_t work_off(std::uint64_t most, std::uint64_t size, driver of);
  std::uint64_t destroy_older(std::uint64_t most) noexcept;
  void has_ended(const migration_route& route) noexcept;

  unsigned densest(const sizing& sizes, std::uint64_t size) const noexcept;
  bool wants_migration(std::uint64_t size) const noexcept;
  bool wants_whole() const noexcept;
  bool may_migrate_for_chains(std::uint64_t size) const noexcept;
  bool wants_compaction(std::uint64_t size) const noexcept;
  bool wants_reseeding(std::uint64_t size) const noexcept;
  std::size_t suspected_chain() const noexcept;
  void look_at_chains(std::uint64_t size);
  // Whether an insertion that leaves `size` elements must move none, because as many were reserved,
  // and there is room for these. It does so only for a request that the program has made since.
  bool keeps_promise(std::uint64_t size, driver of) const noexcept {
    if (of != driver::insert || state_.cold_link == nullptr || size > requests().reserved)
      return false;
    return requests().reserved <=
           min_of(room(), cold_blocks<Storage>::room(cold().old_array(), layout()));
  }
  bool start_wanted_migration(std::uint64_t size, driver of);
  migration_cause cause_of_migration(unsigned next, std::uint64_t size) const noexcept;
  void note_cause(migration_cause cause) noexcept;
  void begin_migration(unsigned log2_buckets, migration_cause cause);
  void start_migration(unsigned log2_buckets);
  void complete_migration();
  void ask_for(requested_kinds more) noexcept;

  void announce_end() noexcept;
  void empty_buckets(array& within) noexcept;
  void empty_bucket(const array& within, std::uint64_t bucket) noexcept;
  void empty_overflow(const array& within, std::uint64_t bucket,
                      overflow_bucket<Storage>* link) noexcept;
  void forget_requests() noexcept;
  bool was_worth_its_memory() const noexcept;
  void make_room_again(unsigned log2_buckets) noexcept;
  void note_kept() noexcept;
  bool is_settled_after_clear() const noexcept;
  limits until_settled() const noexcept;

  handle of_;
  state_type& state_;
};

}  // namespace STEADY_ABI

}  // namespace steady::detail
