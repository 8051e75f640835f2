// The hash table under hash_map and hash_set: placement, and what drives the migration. No
// interface for users; the containers are thin façades over it.
//
// Pending work is a migration under way, one that is wanted (wanted_log2_buckets() says which), and
// debris to demolish. step() does it, and so does every insertion while there is any: up to
// Policy::evacuations_per_insert buckets, before it inserts. While memory for growth is refused,
// elements go on into overflow buckets and it is tried again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <steady/detail/debris.hpp>
#include <steady/detail/demolition.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/placement.hpp>
#include <steady/detail/random_seed.hpp>
#include <steady/detail/shaking.hpp>
#include <steady/detail/sizing.hpp>
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
    } else if (should_progress(size_ + 1)) {
      make_progress(size_ + 1, steps_.insert);
    }
    return {this->insert_at(arrays_.locate(at), at, construct), true};
  }

  // ---- erasing ----

  // Erases and, if the policy lets erase move elements, does pending work.
  void erase_and_progress(const position& at) noexcept {
    this->erase(at);
    if constexpr (Policy::erase_moves) {
      if (should_progress(size_)) make_progress(size_, steps_.erase);
    }
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

  // The same in steps. Where memory for the note of it is refused, at once.
  void clear_gradually() noexcept {
    if (!arrays_.has_memory()) return;
    require_changeable();
    try {
      debris_.take(arrays_, size_);
    } catch (...) {
      return clear();
    }
    places_.change();
    size_ = 0;
    sizing_.forget();
    settle();
  }

  // What is left of a table that is not used any more, destroyed in steps; `work` began with its
  // arrays. Returns how many buckets were done, at most `most`.
  using demolition_type = demolition<Elements, typename base::arrays_type>;
  std::size_t demolish(demolition_type& work, std::size_t most) noexcept {
    const std::size_t done = debris_.step(arrays_, most);
    const std::size_t more = work.step(arrays_, most - done);
    if (!arrays_.has_memory()) size_ = 0;
    return done + more;
  }
  std::size_t pending_demolition(const demolition_type& work) const noexcept {
    return debris_.pending() + work.pending(arrays_);
  }

  // Destroys all elements and returns all memory.
  void release() noexcept {
    require_changeable();
    places_.change();
    debris_.step(arrays_, everything);
    this->destroy_elements();
    arrays_.destroy();
    size_ = 0;
    sizing_.forget();
    settle();
  }

  // ---- migrating ----

  // Whether work is pending.
  bool migrating() const noexcept {
    return arrays_.migrating() || !debris_.empty() ||
           (arrays_.has_memory() && wants_migration(size_));
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
    if (!arrays_.has_memory()) furnish(0);
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
      withdraw_reservation();
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
    debris_.swap(other.debris_);
    size_ = std::exchange(other.size_, 0);
    sizing_ = std::exchange(other.sizing_, {});
    seed_ = other.seed_;
    line_name_ = std::exchange(other.line_name_, std::uint16_t{0});
    steps_ = std::exchange(other.steps_, {});
    settle();
    other.settle();
  }

  void swap_content(table& other) noexcept {
    require_changeable();
    other.require_changeable();
    places_.change();
    other.places_.change();
    arrays_.swap(other.arrays_);
    debris_.swap(other.debris_);
    std::swap(size_, other.size_);
    std::swap(sizing_, other.sizing_);
    std::swap(seed_, other.seed_);
    std::swap(line_name_, other.line_name_);
    std::swap(steps_, other.steps_);
    settle();
    other.settle();
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

  // Tells the positions of this table from those of others: the same as long as positions are, and
  // when no element is left. 0 before there was any.
  std::uint16_t line_name() const noexcept { return line_name_; }

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
    now.bytes = arrays_.memory.bytes + debris_.bytes() +
                (size_ + debris_.elements()) * Elements::bytes_elsewhere();
    now.retired = debris_.elements();
    now.longest_chain = arrays_.memory.longest_chain;
    now.migrations = arrays_.migrations;
    now.steps = steps_;
    now.migrating = migrating();
    now.frontier = arrays_.frontier();
    return now;
  }

  const work& counted_work() const noexcept { return arrays_.memory.recorder.counted(); }
  void reset_work() noexcept { arrays_.memory.recorder.reset(); }

 private:
  using sizing_type = sizing<layout, Policy>;

  static constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

  template <class K, class Construct>
  STEADY_ALWAYS_INLINE position insert_absent(place_type place, std::uint64_t at, const K& key,
                                              const Construct& construct) {
    require_changeable();
    if (should_progress(size_ + 1)) [[unlikely]] {
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
    make_progress(size_ + 1, steps_.insert);
    return this->insert_at(arrays_.locate(at), at,
                           [&](slot_type* to) { Elements::move(allocator(), to, made.get()); });
  }

  // Whether a call that leaves `size` elements has to do pending work.
  STEADY_ALWAYS_INLINE bool should_progress(std::size_t size) noexcept {
    return !calm_.contains(size) || shaker_.strikes(size > sizing_.reserved());
  }

  // What an inserting call does beside inserting. What fails here does not make the insertion fail;
  // it is tried again by the next.
  void make_progress(std::size_t size, std::uint64_t& counter) noexcept {
    try {
      if (shaking && !arrays_.migrating() && !wants_migration(size)) {
        start_migration(log2_buckets());
      }
      work_off(Policy::evacuations_per_insert + shaker_.extra(), size, counter);
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
    if (line_name_ == 0) line_name_ = static_cast<std::uint16_t>(next_random() % 0xfffe + 1);
    settle();
  }

  bool wants_migration(std::size_t size) const noexcept {
    return sizing_.wants_migration(log2_buckets(), size);
  }

  bool start_wanted_migration(std::size_t size) {
    if (!arrays_.has_memory() || !wants_migration(size)) return false;
    const unsigned now = log2_buckets();
    const unsigned next = sizing_.wanted(now, size);
    const bool start = sizing_.must_start(now, next);
    if (start) arrays_.start_migration(next);
    sizing_.started(now, next);
    settle();
    return start;
  }

  void start_migration(unsigned log2_buckets) {
    arrays_.start_migration(log2_buckets);
    settle();
  }

  void evacuate() {
    places_.change();
    arrays_.advance([this](const slot_type& slot) { return this->line_position(slot); });
    if (!arrays_.migrating()) settle();
  }

  // What is under way; what is wanted next does not begin.
  void complete_migration() {
    for (; arrays_.migrating(); ++steps_.call) evacuate();
  }

  // Works out at which sizes a call has nothing to do but its own business.
  void settle() noexcept {
    const bool at_rest = arrays_.has_memory() && !arrays_.migrating() && debris_.empty();
    calm_ = at_rest ? sizing_.calm_sizes(log2_buckets()) : typename sizing_type::calm{};
  }

  typename sizing_type::calm calm_;
  sizing_type sizing_;
  std::uint16_t line_name_ = 0;
  debris<Elements, typename base::arrays_type, Allocator> debris_;
  decltype(stats::steps) steps_;
  [[no_unique_address]] shaker<shaking> shaker_;
};

}  // namespace steady::detail
