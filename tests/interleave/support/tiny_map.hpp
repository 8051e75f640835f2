// The real code of the concurrent map, as small as it gets, for programs under the scheduler: hash
// codes are chosen, so that programs decide which buckets they meet in, and limits are low, so that
// a few elements make it migrate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <steady/concurrent_policy.hpp>
#include <steady/detail/concurrent/line_walk.hpp>
#include <steady/detail/concurrent/shared_invariants.hpp>
#include <steady/detail/concurrent/shared_table.hpp>
#include <steady/detail/concurrent/shared_upkeep.hpp>

#include "interleave/support/explore.hpp"

namespace interleave {

namespace sd = steady::detail;

// Slots hold a hash code and a value, twice. Values are made of their code, so that a slot whose
// words are of two elements, or of two values, is recognised.
struct tiny_layout : sd::slot_layout<24, 8, false> {
  // So that eight buckets are two chunks, and the first one can serve the next array.
  static constexpr std::uint64_t chunk_buckets = 4;
};

// The same, whose headers and chunks are found through leaves, which come with the first element.
struct tiny_layout_in_leaves : sd::slot_layout<24, 8, true> {
  static constexpr std::uint64_t chunk_buckets = 4;
};

// The same, in the order of heat: every lookup is noted, and makes its chunk hot.
struct tiny_heat : steady::default_concurrent_policy::heat {
  static constexpr std::uint64_t lookups_per_sample = 1;
  static constexpr std::uint64_t ticks_until_hot = 1;
  static constexpr std::uint64_t least_groups = 1;
  static constexpr unsigned shards = 1;
  static constexpr std::size_t ring_capacity = 2;
  static std::uint64_t nanoseconds() noexcept { return 0; }
};
using tiny_layout_by_heat = sd::layout_by_heat<tiny_layout, tiny_heat>;

constexpr std::uint64_t value_of(std::uint64_t code, std::uint64_t version) {
  return (code << 8) | version;
}
constexpr bool belongs_to(std::uint64_t code, std::uint64_t value) {
  return value >> 8 == (code << 8 >> 8);
}

// The records of threads (grace_period.hpp) outlast executions, so there must be enough from the
// beginning: otherwise the first executions make some, and do not do the same as the later ones.
template <class Sync>
void make_records() {
  using pin = typename sd::grace_period<Sync>::pin;
  static const bool made = [] {
    void* const outside = std::exchange(Sync::thread_place(), nullptr);
    std::vector<void*> places;
    for (int n = 0; n < 8; ++n) {
      { const pin pinned; }
      places.push_back(std::exchange(Sync::thread_place(), nullptr));
    }
    for (void* const place : places) {
      if (place != nullptr) scheduler::release_place(place);
    }
    Sync::thread_place() = outside;
    { const pin pinned; }
    return true;
  }();
  static_cast<void>(made);
}

// Blocks that hold nothing of an earlier execution: what a thread must not read yet would be right
// by chance.
inline std::byte* allocate_scribbled(void* owner, std::size_t bytes, std::size_t alignment) {
  std::byte* const block = sd::plain_memory_source.allocate(owner, bytes, alignment);
  std::memset(block, 0x5a, bytes);
  return block;
}
inline constexpr sd::memory_source scribbled_memory_source{
    allocate_scribbled, sd::plain_memory_source.release, sd::plain_memory_source.unit};

template <class Sync, class Layout = tiny_layout>
class tiny_map {
 public:
  using state_type = sd::shared_state<Sync, Layout>;
  using table = sd::shared_table<Sync, Layout>;
  using migration = sd::shared_migration<Sync, Layout>;
  using pin = typename table::pin;
  using copy = typename Layout::copy;

  // Has four buckets, and grows when it has more than `most` elements; or, if that is asked for,
  // eight buckets.
  explicit tiny_map(unsigned most = 64, double shrink_below = 0, bool evacuates_first = false,
                    bool has_eight = false,
                    const sd::memory_source& source = scribbled_memory_source)
      : kind_{nullptr, most / 64.0 + 0.001, shrink_below, 1, evacuates_first, 1, 8},
        state_(kind_, this, source) {
    make_records<Sync>();
    const pin pinned;
    if (has_eight) state_.reserved.store(most + 1, std::memory_order_relaxed);
    migration(state_, pinned.thread_number()).make_first_array();
    state_.reserved.store(0, std::memory_order_relaxed);
  }
  ~tiny_map() { state_.free_everything(); }
  tiny_map(const tiny_map&) = delete;
  tiny_map& operator=(const tiny_map&) = delete;

  // The code number `n` of those that fall into that bucket of the first array.
  std::uint64_t code_in(std::uint64_t bucket, std::uint64_t n) const {
    const auto& first = *state_.first_array();
    std::uint64_t code = 0;
    for (;;) {
      ++code;
      const std::uint64_t position = sd::position_of_number(code, first.seed);
      if (first.line.bucket_at(position) == bucket && n-- == 0) return code;
    }
  }
  // One of that bucket that goes to the same slot as `other`, if both buckets are empty, in the
  // array that comes after a growth by two, too.
  std::uint64_t code_like(std::uint64_t other, std::uint64_t bucket) const {
    const auto& first = *state_.first_array();
    const auto upper = sd::line_partition::of(first.line.log2_buckets() + 1);
    const auto position = [&](std::uint64_t code) {
      return sd::position_of_number(code, first.seed);
    };
    std::uint64_t code = 1;
    while (first.line.bucket_at(position(code)) != bucket ||
           upper.bucket_at(position(code)) % 4 != first.line.bucket_at(position(other)) % 4 ||
           sd::preferred_slots(position(code)) != sd::preferred_slots(position(other))) {
      ++code;
    }
    return code;
  }
  // One in the same bucket, and the same quarter of it, as `other`.
  std::uint64_t code_beside(std::uint64_t other) const {
    const auto& first = *state_.first_array();
    const auto place = [&](std::uint64_t code) {
      const std::uint64_t position = sd::position_of_number(code, first.seed);
      return first.line.bucket_at(position) * 16 + sd::preferred_slots(position);
    };
    std::uint64_t code = other + 1;
    while (place(code) != place(other)) ++code;
    return code;
  }

  bool insert(std::uint64_t code, std::uint64_t version = 0) {
    const pin pinned;
    const copy made = slot(code, value_of(code, version));
    const auto make = [&]() -> const copy& { return made; };
    switch (table(state_).insert_quickly(pinned.thread_number(), code, wanted{code}, make)) {
      case table::quickly::inserted:
        migration::work(state_, pinned.thread_number(), sd::driver::insert);
        return true;
      case table::quickly::was_there:
        return false;
      case table::quickly::undecided:
        break;
    }
    const bool inserted = table(state_).template insert<false>(
        pinned, code, wanted{code}, make, [](copy&) { return sd::fate::stays; });
    if (inserted) migration::work(state_, pinned.thread_number(), sd::driver::call);
    return inserted;
  }
  // The new element gets the version that `shown` returns, within the lock of its bucket. Throws
  // what that throws.
  template <class F>
  bool insert_shown(std::uint64_t code, F shown) {
    const pin pinned;
    copy made = slot(code, value_of(code, 0));
    const bool inserted = table(state_).template insert<false>(
        pinned, code, wanted{code}, [&]() -> const copy& { return made; },
        [](copy&) { return sd::fate::stays; }, [&] { made = slot(code, value_of(code, shown())); });
    if (inserted) migration::work(state_, pinned.thread_number(), sd::driver::call);
    return inserted;
  }
  bool assign(std::uint64_t code, std::uint64_t version) {
    const pin pinned;
    return table(state_)
        .visit(pinned, code, wanted{code},
               [&](copy& of) {
                 of = slot(code, value_of(code, version));
                 return sd::fate::is_changed;
               })
        .is_there;
  }
  bool erase(std::uint64_t code) {
    const pin pinned;
    const bool erased =
        table(state_)
            .visit(pinned, code, wanted{code}, [](copy&) { return sd::fate::is_erased; })
            .is_there;
    if (erased) migration::work(state_, pinned.thread_number(), sd::driver::call);
    return erased;
  }
  // Calls `f` within the lock of the element's bucket.
  template <class F>
  bool visit(std::uint64_t code, F f) {
    const pin pinned;
    return table(state_)
        .visit(pinned, code, wanted{code}, [&](copy&) { return f(), sd::fate::stays; })
        .is_there;
  }
  // The version that its value has. Fails if the slot's words do not belong together.
  std::optional<std::uint64_t> find(std::uint64_t code) const {
    const pin pinned;
    const auto found = table(state_).find(pinned, code, wanted{code});
    if (!found.is_there) return std::nullopt;
    const std::uint64_t value = sd::load_64(found.slot.bytes + 8);
    require(belongs_to(code, value) && sd::load_64(found.slot.bytes + 16) == value,
            "a slot was read whose words do not belong together");
    return value & 0xff;
  }
  // How often each of the codes is met by a walk.
  std::vector<int> times_met(const std::vector<std::uint64_t>& codes) {
    std::vector<int> times(codes.size());
    walk([&](copy& of) {
      for (std::size_t n = 0; n < codes.size(); ++n) times[n] += codes[n] == sd::load_64(of.bytes);
      return sd::fate::stays;
    });
    return times;
  }
  // Gives all elements that version.
  void assign_all(std::uint64_t version) {
    walk([&](copy& of) {
      const std::uint64_t code = sd::load_64(of.bytes);
      of = slot(code, value_of(code, version));
      return sd::fate::is_changed;
    });
  }
  // Calls `erased` with the version of each, under its bucket's lock.
  template <class F>
  void erase_all(F erased) {
    walk([&](copy& of) {
      erased(sd::load_64(of.bytes + 8) & 0xff);
      return sd::fate::is_erased;
    });
  }

  // Returns how many intervals it has moved, and steps of freeing it has done.
  std::size_t step(std::size_t intervals) {
    const pin pinned;
    return migration(state_, pinned.thread_number()).step(intervals).done;
  }
  void trim(std::size_t intervals) { sd::shared_upkeep<Sync, Layout>(state_).trim(intervals); }
  void start(sd::migration_kind what) {
    const pin pinned;
    state_.requests.ask(what);
    migration(state_, pinned.thread_number()).look_at_size();
  }
  void finish() {
    while (state_.other_arrays.load(std::memory_order_acquire) != 0) step(1);
  }
  // How many migrations of that kind have ended.
  std::uint64_t ended(sd::migration_kind what) const {
    return state_.finished[static_cast<unsigned>(what)].load(std::memory_order_relaxed);
  }
  // Whether a migration is on in which that bucket has moved.
  bool has_moved(std::uint64_t bucket) const {
    const pin pinned;
    return migrating() && state_.first_array()->header_at(bucket).look().is_moved();
  }
  bool migrating() const { return state_.first_array()->next() != nullptr; }
  std::size_t size() const { return state_.counts.sum(); }
  std::uint64_t buckets() const { return state_.first_array()->buckets(); }
  void check() const {
    const char* const broken = sd::shared_invariants<Sync, Layout>::first_broken(state_);
    require(broken == nullptr, broken == nullptr ? "" : broken);
  }
  state_type& state() { return state_; }
  sd::shared_upkeep<Sync, Layout> upkeep() { return sd::shared_upkeep<Sync, Layout>(state_); }

 private:
  // Equality reads the copy; the look has validated it.
  struct wanted {
    std::uint64_t code;
    bool operator()(const copy& of) const { return sd::load_64(of.bytes) == code; }
  };
  template <class Decide>
  void walk(Decide decide) {
    sd::line_walk<Sync, Layout> along(state_);
    bool is_enough = false;
    along.visit(0, ~std::uint64_t{0}, ~std::uint64_t{0}, decide, is_enough, [] {});
  }
  static copy slot(std::uint64_t code, std::uint64_t value) {
    copy made;
    sd::store_64(made.bytes, code);
    sd::store_64(made.bytes + 8, value);
    sd::store_64(made.bytes + 16, value);
    return made;
  }

  sd::shared_kind<Layout> kind_;
  mutable state_type state_;
};

}  // namespace interleave
