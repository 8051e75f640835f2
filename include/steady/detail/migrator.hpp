// What makes a table migrate, and drives it: what was asked for, when a migration starts, how far a
// call takes it.
//
// Pending work is a migration under way, one that is wanted (sizing.hpp decides), and debris to
// demolish. step() does it, and so does every insertion while there is any: up to
// Policy::evacuations_per_insert buckets, before it inserts. While memory for growth is refused,
// elements go on into overflow buckets and it is tried again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <steady/detail/debris.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/placement.hpp>
#include <steady/detail/random_seed.hpp>
#include <steady/detail/shaking.hpp>
#include <steady/detail/sizing.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class migrator : public placement<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = placement<Elements, Hash, KeyEqual, Allocator, Policy>;

 public:
  using typename base::layout;
  using typename base::slot_type;

  // ---- migrating ----

  // Whether work is pending.
  bool migrating() const noexcept {
    return arrays_.migrating() || !debris_.empty() ||
           (arrays_.has_memory() && wants_migration(size_));
  }

  // From now on until it is rehomed, `snapshot` hears of all changes.
  void add_snapshot(snapshot_base<typename base::arrays_type>& snapshot) noexcept {
    arrays_.snapshots.add(snapshot);
    settle();
  }

  // Buckets of pending work. A migration that has not begun counts with all its buckets.
  std::size_t pending() const noexcept {
    std::uint64_t buckets = arrays_.pending();
    if (!arrays_.migrating() && arrays_.has_memory() && wants_migration(size_)) {
      buckets = arrays_.old_array().line().buckets();
    }
    return static_cast<std::size_t>(buckets) + debris_.pending();
  }

  // Does at most `most` buckets of pending work; returns how many. Throws what hashing, copying and
  // allocating throw; what was done before stays so.
  std::size_t step(std::size_t most) { return work_off(most, size_, steps_.call); }
  std::size_t trim(std::size_t most) { return work_off(most, size_, steps_.trim); }

  void finish() { step(everything); }

  // What a walker's step does beside walking.
  void progress_by_walking() noexcept {
    if (should_progress(size_)) make_progress(size_, steps_.walk);
  }

  // Room for `size` elements, and for those that are there, should growing have been refused: until
  // then, insertions move nothing.
  void reserve(std::size_t size) {
    const unsigned fitting = layout::log2_buckets_for(std::max(size, size_));
    resize(arrays_.has_memory() ? std::max(fitting, log2_buckets()) : fitting);
  }

  // Brings the number of buckets to 2^log2_buckets, at once; until they are full, insertions move
  // nothing.
  void resize(unsigned log2_buckets) {
    layout::check_log2_buckets(log2_buckets);
    require_changeable();
    sizing_.forget();
    complete_migration();
    debris_.step(arrays_, everything);
    if (!arrays_.has_memory()) {
      furnish(log2_buckets);
    } else if (arrays_.old_array().line().log2_buckets() != log2_buckets) {
      start_migration(log2_buckets);
      sizing_.reserve(layout::load_limit(log2_buckets));
      complete_migration();
    }
    sizing_.reserve(layout::load_limit(log2_buckets));
    settle();
  }

  // Takes back what reserve() has promised.
  void withdraw_reservation() noexcept {
    sizing_.withdraw_reservation();
    settle();
  }

  // Once no work is pending, there is room for `size` elements. O(1).
  void reserve_gradually(std::size_t size) {
    require_changeable();
    static_cast<void>(layout::log2_buckets_for(size));  // throws if no table has so many
    if (!arrays_.has_memory()) furnish(layout::first_log2_buckets);
    sizing_.reserve(size);
    settle();
  }

  // Once no work is pending, the number of buckets fits the size. Takes back what was reserved.
  void shrink_gradually() noexcept {
    require_changeable();
    sizing_.withdraw_reservation();
    sizing_.ask_for(wish::shrink);
    settle();
  }

  // Once no work is pending, every element was evacuated at least once.
  void compact_gradually() noexcept {
    require_changeable();
    if (size_ == 0) return;
    sizing_.ask_for(wish::compact);
    settle();
  }

  // Once no work is pending, every element is at a place that depends on a new seed.
  void reseed_gradually() noexcept {
    require_changeable();
    if (size_ == 0) return;
    sizing_.ask_for_reseeding();
    settle();
  }

  // Tells the positions of this table from those of others: the same as long as positions are, and
  // when no element is left. 0 before there was any.
  std::uint16_t line_name() const noexcept { return line_name_; }

  // Of the array that is kept.
  unsigned log2_buckets() const noexcept { return arrays_.kept_array().line().log2_buckets(); }

 protected:
  using base::arrays_;
  using base::calm_;
  using base::crowded_;
  using base::crowded_from_;
  using base::hashed;
  using base::next_seed_;
  using base::places_;
  using base::require_changeable;
  using base::seed_;
  using base::size_;
  using base::suspect_;
  using typename base::array;

  static constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

  migrator() = default;
  migrator(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : base(hash, equal, allocator) {}
  ~migrator() = default;

  // Whether a call that leaves `size` elements has to do pending work.
  STEADY_ALWAYS_INLINE bool should_progress(std::size_t size) noexcept {
    return !calm_.contains(size) || shaker_.strikes(size > sizing_.reserved());
  }

  // What an inserting call does beside inserting.
  void progress_by_inserting() noexcept {
    if constexpr (shaking) shake();
    make_progress(size_ + 1, steps_.insert);
  }

  // Does some pending work for a call that leaves `size` elements. What fails here does not make
  // the call fail; it is tried again by the next.
  void make_progress(std::size_t size, std::uint64_t& counter) noexcept {
    try {
      const bool hurried = arrays_.reseeding() || suspect_.seen;
      const std::size_t most = Policy::evacuations_per_insert * (hurried ? 2 : 1);
      work_off(most + shaker_.extra(), size, counter);
      if (!migrating()) settle();  // an observer may be gone
    } catch (...) {
    }
  }

  // Does at most `most` buckets of pending work for a call that leaves `size` elements.
  std::size_t work_off(std::size_t most, std::size_t size, std::uint64_t& counter) {
    require_changeable();
    std::size_t done = 0;
    for (; done < most && (arrays_.migrating() || start_wanted_migration(size)); ++done) {
      evacuate();
      ++counter;
    }
    if (debris_.empty()) [[likely]]
      return done;
    const std::size_t demolished = debris_.step(arrays_, most - done);
    counter += demolished;
    settle();
    return done + demolished;
  }

  STEADY_NOINLINE void furnish(unsigned log2_buckets) {
    arrays_.furnish(log2_buckets);
    seed_ = random_seed();
    if (line_name_ == 0) name_line();
    reseed_again_from_ = 0;
    note_crowding();
    settle();
  }

  // Works out at which sizes a call has nothing to do but its own business.
  void settle() noexcept {
    const bool at_rest =
        arrays_.has_memory() && !arrays_.migrating() && debris_.empty() && !arrays_.snapshots.any();
    calm_ = at_rest && !suspect_.seen && !crowded_ ? sizing_.calm(log2_buckets()) : calm_sizes{};
  }

  sizing<layout, Policy> sizing_;
  std::size_t reseed_again_from_ = 0;  // size
  std::uint16_t line_name_ = 0;
  debris<Elements, typename base::arrays_type, Allocator> debris_;
  decltype(stats::steps) steps_;
  [[no_unique_address]] shaker<shaking> shaker_;

 private:
  // Begins a migration that an insertion may begin, and need not.
  void shake() noexcept {
    const std::size_t size = size_ + 1;
    if (size <= sizing_.reserved() || arrays_.migrating() || wants_migration(size)) return;
    try {
      start_migration(log2_buckets());
    } catch (...) {
    }
  }

  // What a migration leaves is what the next one would leave; so not before it has doubled.
  void note_crowding() noexcept {
    crowded_from_ = std::max(layout::crowded_from(arrays_.old_array().line().buckets()),
                             2 * arrays_.memory.overflow_buckets);
  }

  void name_line() noexcept {
    const std::uint16_t before = line_name_;
    while (line_name_ == before) {
      line_name_ = static_cast<std::uint16_t>(next_random() % 0xfffe + 1);
    }
  }

  bool wants_migration(std::size_t size) const noexcept {
    return sizing_.wants_migration(log2_buckets(), size) || wants_reseeding(size) ||
           wants_compaction(size);
  }

  // Whether all the overflow calls for a compaction; where chains may be long, as below.
  bool wants_compaction(std::size_t size) const noexcept {
    return crowded_ && may_migrate_for_chains(size) &&
           arrays_.memory.overflow_buckets > crowded_from_;
  }

  // Whether the suspected bucket calls for another seed. Not while insertions may move nothing or
  // growth is overdue, when chains may be long; and not again before the size has doubled: then
  // it was the hash that is broken, and no seed helps.
  bool wants_reseeding(std::size_t size) const noexcept {
    if (!suspect_.seen || size < reseed_again_from_ || !may_migrate_for_chains(size)) return false;
    const array& old = arrays_.old_array();
    const std::uint64_t bucket = old.line().bucket_at(suspect_.position);
    return this->is_overlong(false, bucket);
  }

  bool may_migrate_for_chains(std::size_t size) const noexcept {
    return size > sizing_.reserved() && !arrays_.migrating() &&
           size <= layout::load_limit(log2_buckets());
  }

  bool start_wanted_migration(std::size_t size) {
    if (!arrays_.has_memory()) return false;
    if (suspect_.seen || crowded_) look_at_chains(size);
    if (!wants_migration(size)) return false;
    const unsigned now = log2_buckets();
    const unsigned next = sizing_.wanted(now, size);
    const bool start = sizing_.must_start(now, next);
    if (start && sizing_.reseeding()) {
      arrays_.start_reseeding(next, suspect_.position);
      next_seed_ = random_seed();
      name_line();
    } else if (start) {
      arrays_.start_migration(next);
    }
    sizing_.started(now, next);
    settle();
    return start;
  }

  STEADY_NOINLINE void look_at_chains(std::size_t size) noexcept {
    if (wants_reseeding(size)) {
      sizing_.ask_for_reseeding();
      reseed_again_from_ = 2 * size;
    } else if (wants_compaction(size)) {
      sizing_.ask_for(wish::compact);
    }
    suspect_.seen = false;
    crowded_ = false;
    settle();
  }

  void start_migration(unsigned log2_buckets) {
    arrays_.start_migration(log2_buckets);
    settle();
  }

  void evacuate() {
    places_.change();
    const bool reseeding = arrays_.reseeding();
    arrays_.advance(
        old_position{*this, seed_},
        [this](const slot_type& slot) { return this->next_hashed(Elements::key_of(slot)); },
        this->walkers.any(),
        [this](const slot_type* from, slot_type* to) {
          this->walkers.each([&](auto& walker) { walker.moved(from, to); });
        });
    if (arrays_.migrating()) return;
    if (reseeding) {
      const line_seed before = std::exchange(seed_, next_seed_);
      this->walkers.each([&](auto& walker) { walker.reseeded(before); });
    }
    note_crowding();
    settle();
  }

  // The place of an element on the line of the old array. With a seed of its own, so that it stays
  // in registers.
  struct old_position {
    const migrator& table;
    const line_seed seed;

    static constexpr bool takes_any_bytes = hashes_any_bytes<Hash, typename Elements::key_type>;

    STEADY_ALWAYS_INLINE std::uint64_t operator()(const slot_type& slot) const
        noexcept(hashes_nothrow<Hash, typename Elements::key_type>) {
      return table.hashed(Elements::key_of(slot), seed);
    }
    // The same, uncounted, where there may be no element.
    STEADY_ALWAYS_INLINE std::uint64_t of_bytes(const slot_type& slot) const noexcept {
      return position_of(table.hash(), Elements::key_of(slot), seed);
    }
    // Places shifted to the left. Those are products, so it is enough to shift the factor.
    STEADY_ALWAYS_INLINE old_position without_highest(unsigned bits) const noexcept {
      return {table, {seed.key, seed.multiplier << bits}};
    }
  };

  // What is under way; what is wanted next does not begin.
  void complete_migration() {
    for (; arrays_.migrating(); ++steps_.call) evacuate();
  }
};

}  // namespace steady::detail
