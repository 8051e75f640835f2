// Moving one interval of the line from an array to the next one.
//
// New buckets can be reached only through the moved old ones that feed them (or, later, through the
// root). So whoever holds the locks of all old buckets that feed some new ones fills those without
// locks, and one release store for each old bucket publishes all. An old bucket that is being
// evacuated can be read until then.
//
//   growing, compacting   one old bucket feeds one new bucket or up to eight
//   shrinking             two old buckets feed a new one; locked in the order of the line, and
//                         published in the opposite order
//   reseeding             an old bucket's elements go anywhere: new buckets are locked, too, always
//                         after the old one; all of them, and without waiting, by whoever may not
//                         wait. Which array owns a key is decided on the old line
//
// Why in the opposite order: a walk takes the elements of a bucket from its position on. One that
// comes through the second old bucket takes those of the second, which is the only one that has
// moved then. One that came through the first would take those of both, and others would still
// read, and write, the second old bucket.
//
// All memory is there before anything is locked. No code of the user's runs: slots are copied word
// by word, and they know the hash codes of their elements.
//
// Bound: the elements of the interval, and a chunk allocated for the new array; when reseeding, as
// many chunks as the interval has elements.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_lock.hpp>
#include <steady/detail/concurrent/held_targets.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

enum class evacuated : std::uint8_t {
  now,       // by this call
  before,    // the interval has moved already
  not_yet,   // others had a bucket locked, or changed it
  not_ever,  // an allocation failed
};

// Overflow buckets that were taken before locking; what is left goes back.
template <class Sync, class Layout>
class spare_overflow {
 public:
  using bucket = shared_overflow<Sync, Layout>;

  spare_overflow(shared_state<Sync, Layout>& state, shared_array<Sync, Layout>& of) noexcept
      : state_(state), of_(of) {}
  ~spare_overflow() {
    while (count_ != 0) of_.overflow_buckets.give(next());
  }
  spare_overflow(const spare_overflow&) = delete;
  spare_overflow& operator=(const spare_overflow&) = delete;

  std::size_t count() const noexcept { return count_; }
  // Throws what the allocator throws.
  void provide(std::size_t count) {
    while (count_ < count) {
      bucket* const more = of_.overflow_buckets.take(state_.memory);
      more->lead_to(first_);
      first_ = more;
      ++count_;
    }
  }
  // One that leads nowhere; there must be one left.
  bucket* next() noexcept {
    bucket* const taken = first_;
    first_ = taken->following();
    taken->lead_to(nullptr);
    --count_;
    return taken;
  }

 private:
  shared_state<Sync, Layout>& state_;
  shared_array<Sync, Layout>& of_;
  bucket* first_ = nullptr;
  std::size_t count_ = 0;
};

template <class Sync, class Layout>
class evacuation {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;
  using overflow = typename array::overflow;
  using copy = typename Layout::copy;
  using lock = bucket_lock<Sync>;
  using spares = spare_overflow<Sync, Layout>;
  using locked_targets = held_targets<Sync, Layout>;

 public:
  static constexpr unsigned most_log2_growth = 3;
  static constexpr unsigned most_log2_shrinking = 1;

  evacuation(state_type& state, array& from, array& to) noexcept
      : state_(state),
        from_(from),
        to_(to),
        kind_(from.kind),
        log2_feeding_(kind_ == migration_kind::shrink
                          ? from.line.log2_buckets() - to.line.log2_buckets()
                          : 0),
        log2_fed_(kind_ == migration_kind::grow ? to.line.log2_buckets() - from.line.log2_buckets()
                                                : 0) {}

  std::uint64_t intervals() const noexcept { return from_.buckets() >> log2_feeding_; }
  std::uint64_t intervals_in_chunk() const noexcept {
    return min_of<std::uint64_t>(from_.buckets(), Layout::chunk_buckets) >> log2_feeding_;
  }
  // Whether the interval has moved, with all others of its chunk.
  bool has_chunk_moved(std::uint64_t interval) const noexcept {
    return from_.has_chunk_moved(interval << log2_feeding_);
  }
  std::uint64_t interval_at(std::uint64_t position) const noexcept {
    return from_.line.bucket_at(position) >> log2_feeding_;
  }

  // `waits`: for locked buckets. (Otherwise only where a reseeding meets a chain that is longer
  // than chance makes it.) `array_is_empty` is set if these were the last buckets to move.
  evacuated evacuate(std::uint64_t interval, bool waits, bool& array_is_empty) noexcept {
    const std::uint64_t first = interval << log2_feeding_;
    const bucket_word seen = from_.header_at(first).look();
    if (seen.is_moved()) return evacuated::before;
    spares overflow_buckets(state_, to_);
    bool has_slots = false;
    STEADY_TRY { has_slots = prepare(first, seen, overflow_buckets); }
    STEADY_CATCH_ALL { return evacuated::not_ever; }
    return kind_ == migration_kind::reseed
               ? scatter(first, waits, overflow_buckets, array_is_empty)
               : transfer(first, waits, has_slots, overflow_buckets, array_is_empty);
  }

 private:
  static constexpr unsigned most_targets = 1u << most_log2_growth;
  static constexpr unsigned most_sources = 1u << most_log2_shrinking;

  unsigned sources() const noexcept { return 1u << log2_feeding_; }
  unsigned targets() const noexcept { return 1u << log2_fed_; }
  std::uint64_t first_target(std::uint64_t first) const noexcept {
    return first >> log2_feeding_ << log2_fed_;
  }
  std::uint64_t position_in(const array& of, const copy& element) const noexcept {
    return position_of_number(state_.kind->code_in(element), of.seed);
  }

  // ---- memory, before anything is locked ----

  // The lengths of chains and the elements may change until the buckets are locked. Returns whether
  // there are slots for them: new buckets without elements need none.
  bool prepare(std::uint64_t first, bucket_word seen, spares& overflow_buckets) {
    for (unsigned n = 0; n < sources(); ++n) from_.provide_header(state_.memory, first + n);
    if (kind_ == migration_kind::reseed) {
      prepare_scattering(first, overflow_buckets);
      return true;
    }
    if (seen.occupied().empty() && is_empty(first)) return false;
    const std::uint64_t begin = first_target(first);
    for (unsigned n = 0; n < targets(); ++n) to_.provide(state_.memory, state_.shelf, begin + n);
    overflow_buckets.provide(overflow_needed(first));
    return true;
  }
  // Whether none of the old buckets has an element.
  bool is_empty(std::uint64_t first) const noexcept {
    for (unsigned n = 0; n < sources(); ++n) {
      const header& of = from_.header_at(first + n);
      if (!of.look().occupied().empty() || of.first_overflow() != nullptr) return false;
    }
    return true;
  }
  // Where all elements go into one bucket.
  std::size_t overflow_needed(std::uint64_t first) const noexcept {
    std::size_t needed = 0;
    for (unsigned n = 0; n < sources(); ++n) needed += chain_length(from_.header_at(first + n));
    return needed + (sources() - 1) * (Layout::width / Layout::overflow_width);
  }
  void prepare_scattering(std::uint64_t bucket, spares& overflow_buckets) {
    std::size_t elements = 0;
    for_each_element(bucket, [&](const copy& element) {
      to_.provide(state_.memory, state_.shelf, to_.line.bucket_at(position_in(to_, element)));
      ++elements;
    });
    overflow_buckets.provide(elements);
  }
  static std::size_t chain_length(const header& of) noexcept {
    std::size_t length = 0;
    for (overflow* at = of.first_overflow(); at != nullptr && length < longest_counted;
         at = at->following()) {
      ++length;
    }
    return length;
  }
  // A chain that is changing may seem longer than it is, even endless.
  static constexpr std::size_t longest_counted = 1u << 20;

  // Copies of the elements of a bucket of the old array. True ones if it is locked.
  template <class Visit>
  STEADY_ALWAYS_INLINE void for_each_element(std::uint64_t bucket, Visit visit) const {
    const header& of = from_.header_at(bucket);
    copy element;
    const slot_set occupied = of.look().occupied();
    if (!occupied.empty()) {
      std::byte* const slots = from_.slots_of(bucket);
      for (const std::uint64_t slot : occupied) {
        read_slot<Sync, Layout>(slot_at<Layout>(slots, slot), element);
        visit(static_cast<const copy&>(element));
      }
    }
    std::size_t length = 0;
    for (overflow* at = of.first_overflow(); at != nullptr && length < longest_counted;
         at = at->following(), ++length) {
      for (const std::uint64_t slot : at->occupied()) {
        read_slot<Sync, Layout>(slot_at<Layout>(at->slots, slot), element);
        visit(static_cast<const copy&>(element));
      }
    }
  }

  // ---- moving ----

  // The words of old buckets that are locked, in the order of the line; unlocked from the last on.
  class held_sources {
   public:
    held_sources(array& from, std::uint64_t first, unsigned count, bool waits) noexcept
        : from_(from), first_(first) {
      while (held_ < count && take(waits)) {
      }
    }
    ~held_sources() {
      while (held_ != 0) {
        --held_;
        lock::unlock(word(held_), words_[held_]);
      }
    }
    held_sources(const held_sources&) = delete;
    held_sources& operator=(const held_sources&) = delete;

    unsigned count() const noexcept { return held_; }
    bool were_moved() const noexcept { return were_moved_; }
    void have_moved() noexcept {
      for (unsigned n = 0; n < held_; ++n) words_[n] = words_[n].with_moved();
    }

   private:
    auto& word(unsigned n) const noexcept { return from_.header_at(first_ + n).word; }
    bool take(bool waits) noexcept {
      bucket_word seen = from_.header_at(first_ + held_).look();
      if (waits) {
        seen = lock::lock(word(held_));
      } else if (seen.is_locked() || (!seen.is_moved() && !lock::try_lock(word(held_), seen))) {
        return false;
      }
      were_moved_ = seen.is_moved();
      if (were_moved_) return false;
      words_[held_++] = seen;
      return true;
    }

    array& from_;
    std::uint64_t first_;
    unsigned held_ = 0;
    bool were_moved_ = false;
    bucket_word words_[most_sources];
  };

  evacuated transfer(std::uint64_t first, bool waits, bool has_slots, spares& overflow_buckets,
                     bool& array_is_empty) noexcept {
    {
      held_sources held(from_, first, sources(), waits);
      if (held.were_moved()) return evacuated::before;
      if (held.count() != sources()) return evacuated::not_yet;
      const bool has_room =
          has_slots ? overflow_needed(first) <= overflow_buckets.count() : is_empty(first);
      if (!has_room) return evacuated::not_yet;
      if (has_slots) fill_targets(first, overflow_buckets);
      held.have_moved();
    }
    return count_moved(first, array_is_empty);
  }

  // A new bucket, while it is filled.
  struct target {
    overflow* chain = nullptr;
    slot_set empty = slot_set::first(Layout::width);
    unsigned in_overflow = 0;
  };

  // Hash codes are mostly an element's first word; a call for each element would keep it in memory.
  void fill_targets(std::uint64_t first, spares& overflow_buckets) noexcept {
    const auto code_of = state_.kind->code_of;
    if constexpr (Layout::slot_bytes >= sizeof(std::uint64_t)) {
      if (code_of == nullptr) [[likely]] {
        return fill_targets_by(first, overflow_buckets,
                               [](const copy& element) noexcept { return load_64(element.bytes); });
      }
    }
    fill_targets_by(first, overflow_buckets, code_of);
  }
  template <class CodeOf>
  STEADY_NOINLINE void fill_targets_by(std::uint64_t first, spares& overflow_buckets,
                                       CodeOf code_of) noexcept {
    const std::uint64_t begin = first_target(first);
    const line_seed seed = to_.seed;
    const line_partition line = to_.line;
    std::byte* const slots = to_.slots_of(begin);
    header* const headers = std::addressof(to_.header_at(begin));  // those of a chunk lie together
    target all[most_targets];
    for (unsigned n = 0; n < sources(); ++n) {
      for_each_element(first + n, [&](const copy& element) STEADY_INLINE_LAMBDA {
        const std::uint64_t position = position_of_number(code_of(element), seed);
        const std::uint64_t number = line.bucket_at(position) - begin;
        target& into = all[number];
        const slot_set empty = into.empty;
        if (!empty.empty()) [[likely]] {
          const std::uint64_t slot = choose_slot(empty, position);
          into.empty = empty & ~slot_set(1u << slot);
          headers[number].set_tag(slot, tag_of(position));
          write_slot<Sync, Layout>(slot_at<Layout>(slots + number * Layout::bucket_bytes, slot),
                                   element);
        } else {
          const copy kept = element;  // elsewhere it stays in registers
          put_into_overflow(into, tag_of(position), kept, overflow_buckets);
        }
      });
    }
    for (unsigned n = 0; n < targets(); ++n) finish_header(headers[n], all[n]);
  }
  STEADY_NOINLINE static void put_into_overflow(target& into, std::uint8_t tag, const copy& element,
                                                spares& overflow_buckets) noexcept {
    const unsigned slot = into.in_overflow++ % Layout::overflow_width;
    if (slot == 0) {
      overflow* const more = overflow_buckets.next();
      more->lead_to(into.chain);
      into.chain = more;
    }
    write_slot<Sync, Layout>(slot_at<Layout>(into.chain->slots, slot), element);
    into.chain->set_tag(slot, tag);
  }
  // [N1] stores, relaxed: nobody can reach a new header before [L2] publishes it.
  static STEADY_ALWAYS_INLINE void finish_header(header& of, const target& content) noexcept {
    const slot_set occupied = ~content.empty & slot_set::first(Layout::width);
    if (occupied.empty()) return;
    if (content.chain != nullptr) of.overflow.store(content.chain, std::memory_order_relaxed);
    of.word.store(bucket_word().with_slots(occupied).bits(), std::memory_order_relaxed);
  }

  // ---- reseeding ----

  evacuated scatter(std::uint64_t bucket, bool waits, spares& overflow_buckets,
                    bool& array_is_empty) noexcept {
    {
      held_sources held(from_, bucket, 1, waits);
      if (held.were_moved()) return evacuated::before;
      if (held.count() == 0) return evacuated::not_yet;
      const bool one_by_one =
          waits || chain_length(from_.header_at(bucket)) > locked_targets::longest_chain;
      locked_targets all;
      if (!are_ready(bucket, overflow_buckets, one_by_one ? nullptr : &all)) {
        return evacuated::not_yet;
      }
      unsigned number = 0;
      for_each_element(bucket, [&](const copy& element) {
        if (one_by_one) {
          insert_waiting(element, overflow_buckets);
        } else {
          insert_new(element, all.of_element(number++), overflow_buckets);
        }
      });
      held.have_moved();
    }
    return count_moved(bucket, array_is_empty);
  }
  // Whether there is room for all elements, and, if `locked` is not null, all their new buckets
  // have been locked.
  bool are_ready(std::uint64_t bucket, const spares& overflow_buckets,
                 locked_targets* locked) noexcept {
    std::size_t elements = 0;
    bool are_ready = true;
    for_each_element(bucket, [&](const copy& element) {
      const std::uint64_t to = to_.line.bucket_at(position_in(to_, element));
      are_ready =
          are_ready && to_.has_slots(to) && (locked == nullptr || locked->take(to_.header_at(to)));
      ++elements;
    });
    return are_ready && elements <= overflow_buckets.count();
  }
  void insert_waiting(const copy& element, spares& overflow_buckets) noexcept {
    header& of = to_.header_at(to_.line.bucket_at(position_in(to_, element)));
    held_bucket<Sync> held(of.word, lock::lock(of.word));
    insert_new(element, held, overflow_buckets);
  }
  void insert_new(const copy& element, held_bucket<Sync>& held, spares& overflow_buckets) noexcept {
    const std::uint64_t position = position_in(to_, element);
    const std::uint64_t bucket = to_.line.bucket_at(position);
    header& of = to_.header_at(bucket);
    const slot_set empty = ~held.now.occupied() & slot_set::first(Layout::width);
    if (!empty.empty()) {
      const std::uint64_t slot = choose_slot(empty, position);
      write_slot<Sync, Layout>(slot_at<Layout>(to_.slots_of(bucket), slot), element);
      of.set_tag(slot, tag_of(position));
      held.now = held.now.with_slot(slot);
      return;
    }
    held.begin_change();
    overflow* room = of.first_overflow();
    if (room == nullptr || room->occupied() == slot_set::first(Layout::overflow_width)) {
      overflow* const more = overflow_buckets.next();
      more->lead_to(room);
      of.lead_to(more);
      room = more;
    }
    const std::uint64_t slot =
        (~room->occupied() & slot_set::first(Layout::overflow_width)).lowest();
    write_slot<Sync, Layout>(slot_at<Layout>(room->slots, slot), element);
    room->set_tag(slot, tag_of(position));
  }

  evacuated count_moved(std::uint64_t first, bool& array_is_empty) noexcept {
    if (from_.have_moved(state_.shelf, first, sources())) array_is_empty = true;
    return evacuated::now;
  }

  state_type& state_;
  array& from_;
  array& to_;
  migration_kind kind_;
  unsigned log2_feeding_;  // so many old buckets feed one new bucket
  unsigned log2_fed_;      // and so many new ones are fed by an old one
};

}  // namespace steady::detail
