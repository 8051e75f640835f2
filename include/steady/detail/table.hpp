// The hash table under hash_map and hash_set: inserting, erasing and emptying, which drive what the
// migrator has to do, and the table as a whole. No interface for users; the containers are thin
// façades over it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <steady/detail/bucket.hpp>
#include <steady/detail/demolition.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/migrator.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/poison.hpp>
#include <steady/detail/random_seed.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class table : public migrator<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = migrator<Elements, Hash, KeyEqual, Allocator, Policy>;
  using base::arrays_;
  using base::crowded_;
  using base::crowded_from_;
  using base::debris_;
  using base::everything;
  using base::furnish;
  using base::hashed;
  using base::line_name_;
  using base::make_progress;
  using base::next_seed_;
  using base::places_;
  using base::require_changeable;
  using base::reseed_again_from_;
  using base::seed_;
  using base::settle;
  using base::should_progress;
  using base::size_;
  using base::sizing_;
  using base::steps_;
  using base::suspect_;
  using typename base::place_type;

 public:
  using base::allocator;
  using typename base::layout;
  using typename base::position;
  using typename base::slot_type;

  table() = default;
  table(const Hash& hash, const KeyEqual& equal, const Allocator& source)
      : base(hash, equal, source) {}
  ~table() {
    release();
    end_walkers();
  }

  // ---- inserting ----

  // The element with `key`, made by `construct(address)` if there was none; true if it was made.
  // Strong guarantee.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<position, bool> find_or_insert(const K& key,
                                                                const Construct& construct) {
    const std::uint64_t at = hashed(key);
    if (arrays_.divided()) [[unlikely]]
      return as_pair(find_or_insert_divided(at, key, Construct(construct)));
    const auto place = arrays_.place_in(false, at);
    arrays_.memory.recorder.probed();
    return this->probe(
        place, this->will_need_slots(place), key,
        [](const position& found) STEADY_INLINE_LAMBDA { return std::pair(found, false); },
        [&]() STEADY_INLINE_LAMBDA {
          return std::pair(insert_absent(place, at, key, construct), true);
        },
        [&]() STEADY_INLINE_LAMBDA {
          return as_pair(find_or_insert_beyond(at, key, Construct(construct)));
        });
  }

  // As above when the caller knows that the key is absent.
  template <class K, class Construct>
  position insert_new(const K& key, const Construct& construct) {
    const std::uint64_t at = hashed(key);
    return insert_absent(this->place_of(at, key), at, key, construct);
  }

  // The same where neither `key` nor what `construct` reads is in this table, so that nothing needs
  // to be made before others move: `construct` is the last that can fail.
  template <class K, class Construct>
  std::pair<position, bool> find_or_insert_foreign(const K& key, const Construct& construct) {
    std::uint64_t at = hashed(key);
    if (const position found = this->find_in(this->place_of(at, key), key)) return {found, false};
    require_changeable();
    if (!arrays_.has_memory()) {
      furnish(layout::first_log2_buckets);
      at = hashed(key);  // the table has a seed only now
    } else if (should_progress(size_ + 1)) {
      const line_seed before = seed_;
      this->progress_by_inserting();
      if (seed_ != before) at = hashed(key);
    }
    const auto place = this->place_of(at, key);
    arrays_.announce(place.in_new, place.position, place.position);
    return {this->insert_at(place, construct), true};
  }

  // ---- erasing ----

  // Erases and, if the policy lets erase move elements, does pending work.
  STEADY_ALWAYS_INLINE void erase_and_progress(const position& at) noexcept {
    this->erase(at);
    if constexpr (Policy::erase_moves) {
      if (should_progress(size_)) make_progress(size_, steps_.erase);
    }
  }

  // ---- emptying ----

  // Destroys all elements. A map that was reserved, or fits a chunk, keeps its memory and what was
  // reserved; others, and those that are migrating, return it.
  void clear() noexcept {
    const bool keep = arrays_.old_array().chunks() <= 1 || sizing_.reserved() != 0;
    if (!keep || arrays_.migrating()) return release();
    require_changeable();
    announce_end();
    places_.change();
    destroy_elements([](const position&) {});
    if (arrays_.has_memory()) {
      forget_elements(arrays_.array_of(false));
      seed_ = random_seed();  // it may be filled in the order of a map that it was a copy of
    }
    size_ = 0;
  }

  // The same in steps. Where memory for the note of it is refused, at once.
  void clear_gradually() noexcept {
    if (!arrays_.has_memory()) return;
    require_changeable();
    try {
      debris_.take(arrays_, size_);  // and the snapshots of it
    } catch (...) {
      return clear();
    }
    this->walkers.each([](auto& walker) { walker.emptied(); });
    places_.change();
    size_ = 0;
    suspect_ = {};
    sizing_.forget();
    settle();
  }

  // Tells walkers that there is nothing for them any more.
  void end_walkers() noexcept {
    this->walkers.each([this](auto& walker) {
      this->walkers.remove(walker);
      walker.rehomed(nullptr);
    });
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
    announce_end();
    places_.change();
    debris_.step(arrays_, everything);
    // With them go the chunks that they leave: when memory of that size is given back, allocators
    // put together what was given back before, and that is near the processor now.
    destroy_elements([this](const position& next) {
      arrays_.array_of(next.in_new).release_chunks_below(arrays_.memory, next.bucket());
    });
    arrays_.destroy();
    size_ = 0;
    suspect_ = {};
    sizing_.forget();
    settle();
  }

  // ---- the whole table ----

  // Copies every element of `other`; this table is empty. It takes over the seed, so that elements
  // arrive in the order of its buckets instead of at random places; where it has as many buckets,
  // they keep their slots, and nothing is hashed. On an exception this table is empty again.
  void copy_from(const table& other) {
    if (other.size_ == 0) return;
    try {
      this->reserve(other.size_);
      seed_ = other.seed_;
      const bool alike = !other.arrays_.migrating() && other.log2_buckets() == this->log2_buckets();
      if (alike) arrays_.array_of(false).copy_memos(other.arrays_.array_of(false));
      for (position at = other.first(); at; at = other.after(at)) {
        const slot_type& from = *at.slot;
        const auto construct = [&](slot_type* to) {
          Elements::construct(allocator(), to, std::as_const(Elements::element_of(from)));
        };
        if (alike && !at.in_overflow) {
          this->insert_alike(at, construct);
        } else {
          insert_new(Elements::key_of(from), construct);
        }
      }
      this->withdraw_reservation();
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
    end_walkers();
    this->walkers.take(other.walkers);
    rehome_walkers();
    size_ = std::exchange(other.size_, 0);
    sizing_ = std::exchange(other.sizing_, {});
    seed_ = other.seed_;
    next_seed_ = other.next_seed_;
    line_name_ = std::exchange(other.line_name_, std::uint16_t{0});
    steps_ = std::exchange(other.steps_, {});
    suspect_ = std::exchange(other.suspect_, {});
    crowded_ = std::exchange(other.crowded_, false);
    crowded_from_ = other.crowded_from_;
    reseed_again_from_ = other.reseed_again_from_;
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
    this->walkers.swap(other.walkers);
    rehome_walkers();
    other.rehome_walkers();
    std::swap(size_, other.size_);
    std::swap(sizing_, other.sizing_);
    std::swap(seed_, other.seed_);
    std::swap(next_seed_, other.next_seed_);
    std::swap(line_name_, other.line_name_);
    std::swap(steps_, other.steps_);
    std::swap(suspect_, other.suspect_);
    std::swap(crowded_, other.crowded_);
    std::swap(crowded_from_, other.crowded_from_);
    std::swap(reseed_again_from_, other.reseed_again_from_);
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
    arrays_.snapshots.each([&](const auto& snapshot) { now.snapshot_bytes += snapshot.bytes(); });
    now.longest_chain = arrays_.memory.longest_chain;
    now.migrations = arrays_.migrations;
    now.steps = steps_;
    now.migrating = this->migrating();
    now.frontier = arrays_.frontier();
    return now;
  }

  const work& counted_work() const noexcept { return arrays_.memory.recorder.counted(); }
  void reset_work() noexcept { arrays_.memory.recorder.reset(); }

 private:
  // An element, and whether it was made.
  using result = typename base::packed;
  static STEADY_ALWAYS_INLINE std::pair<position, bool> as_pair(const result& of) noexcept {
    return {of.at(), of.flag()};
  }

  // Tells observers that all elements leave.
  void announce_end() noexcept {
    arrays_.announce_end();
    this->walkers.each([](auto& walker) { walker.emptied(); });
  }

  void rehome_walkers() noexcept {
    this->walkers.each([this](auto& walker) { walker.rehomed(this); });
  }

  // Calls `reached(next)` now and then: nothing of that array before `next` is needed any more.
  template <class Reached>
  void destroy_elements(const Reached& reached) noexcept {
    if constexpr (!Elements::template trivially_destructible<Allocator>()) {
      const auto destroy = [this](slot_type* slot) { this->destroy(slot); };
      if (size_ != 0)
        traversal<typename base::arrays_type>::each_at_last(arrays_, destroy, reached);
    }
  }

  // Makes all buckets, whose elements are destroyed, empty ones.
  void forget_elements(typename base::array& within) noexcept {
    for (std::uint64_t bucket = 0; bucket < within.line().buckets(); ++bucket) {
      bucket_header* const header = within.header(bucket);
      auto* chain = header->filter != 0 ? within.overflow_of(bucket) : nullptr;
      while (chain != nullptr) {
        auto* const next = to_raw(chain->next);
        within.give_overflow(arrays_.memory, bucket, chain);
        chain = next;
      }
      std::memset(header, 0, sizeof(bucket_header));
      poison<Allocator>(within.slots(bucket), layout::bucket_bytes);
    }
  }

  // find_or_insert() while the line is divided, and where the filter calls for looking into the
  // overflow. For these `construct` was copied, so that what it captures need not be in memory for
  // every insertion.
  template <class K, class Construct>
  STEADY_NOINLINE result find_or_insert_divided(std::uint64_t at, const K& key,
                                                const Construct& construct) {
    const auto place = this->place_of(at, key);
    if (const position found = this->find_in(place, key)) return {found, false};
    require_changeable();
    return insert_with_progress(at, key, construct);
  }

  template <class K, class Construct>
  STEADY_NOINLINE result find_or_insert_beyond(std::uint64_t at, const K& key,
                                               const Construct& construct) {
    const auto place = arrays_.place_in(false, at);
    if (const position found = this->find_beyond(place, key)) return {found, false};
    require_changeable();
    if (should_progress(size_ + 1)) [[unlikely]]
      return insert_with_progress(at, key, construct);
    const position made = this->insert_at(place, construct);
    // Where insertions may move elements, and nobody watches. (A migration would leave `place`
    // void.)
    if (Policy::compacts && size_ > sizing_.reserved() && !this->walkers.any()) {
      draw_in(place.bucket());
    }
    return {made, true};
  }

  // Moves elements from the overflow of a bucket to the slots of its own that erasing has left
  // empty: otherwise a bucket that was once full would keep overflow while any element is there.
  void draw_in(std::uint64_t bucket) noexcept {
    if constexpr (Elements::nothrow_movable()) {
      if (!base::claim_type::template draw_in<Elements>(arrays_.array_of(false), arrays_.memory,
                                                        bucket))
        return;
      places_.change();
    }
  }

  template <class K, class Construct>
  STEADY_ALWAYS_INLINE position insert_absent(const place_type& place, std::uint64_t at,
                                              const K& key, const Construct& construct) {
    require_changeable();
    if (should_progress(size_ + 1)) [[unlikely]]
      return insert_with_progress(at, key, Construct(construct)).at();
    return this->insert_at(place, construct);
  }

  // The element is made before others move, because it may be made from one of them. Evacuating
  // takes more instructions than the processor looks ahead and stores that leave it in order: all
  // wait for the element's slot, unless that was asked for before.
  template <class K, class Construct>
  STEADY_NOINLINE result insert_with_progress(std::uint64_t at, const K& absent,
                                              const Construct& construct) {
    if (!arrays_.has_memory()) [[unlikely]] {
      furnish(layout::first_log2_buckets);  // the table has a seed only now
      return {this->insert_at(this->place_of(hashed(absent), absent), construct), true};
    }
    if (!arrays_.reseeding()) [[likely]]
      this->prefetch_slots(arrays_.locate_divided(at));
    temporary_slot<Elements, Allocator> made(allocator(), [&](slot_type* slot) {
      [[maybe_unused]] const typename base::user_code scope(this);
      construct(slot);
    });
    // From here on the key is in `made`: what was passed may have been moved from.
    const auto& key = Elements::key_of(*made.get());
    const line_seed before = seed_;
    this->progress_by_inserting();
    if (seed_ != before) at = hashed(key);
    const auto place = this->place_of(at, key);
    arrays_.announce(place.in_new, place.position, place.position);
    const auto move_in = [&](slot_type* to) { Elements::move(allocator(), to, made.get()); };
    return {this->insert_at(place, move_in), true};
  }
};

}  // namespace steady::detail
