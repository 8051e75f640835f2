// Looking for many keys at a time. The cache misses of one lookup wait for each other: header,
// slot, and for elements in nodes the element. Those of other keys need not wait. So a window of
// keys goes through the stages of a lookup together, and each stage prefetches for all of them what
// the next one reads:
//
//   1. add():   hash the key, prefetch its bucket's header
//   2. match(): match the tags, prefetch the one slot that matched
//   3. find(), or what changes the table: compare the keys
//
// The first two stages only prefetch and remember; what they remember of a bucket holds as long as
// no element moves. The idea is that of group prefetching, from hash joins in databases (Chen,
// Ailamaki, Gibbons, Mowry: Improving Hash Join Performance through Prefetching, ICDE 2004).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/overflow_filter.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

template <class Table>
class key_window {
  using elements = typename Table::elements;
  using state_type = typename Table::state_type;
  using reference = typename Table::reference;
  using slot_type = typename Table::slot_type;
  using group = typename Table::group;

 public:
  static constexpr std::size_t capacity = keys_in_window;

  explicit key_window(const Table& table) noexcept : table_(table), seed_(table.state().seed) {}
  key_window(const key_window&) = delete;
  key_window& operator=(const key_window&) = delete;

  // Whether the table is so large that its cache misses are worth a window. Under a reseeding,
  // where two hashes decide on the bucket, they are not.
  static bool pays_for(const Table& table) noexcept {
    const state_type& state = table.state();
    if (state.cold_link == nullptr || !state.has_memory() || state.reseeding()) return false;
    return state.old_array().line().shift <= Table::layout::shift_of_batches;
  }

  bool full() const noexcept { return size_ == capacity; }
  std::size_t size() const noexcept { return size_; }

  // Stage 1.
  template <class K>
  STEADY_ALWAYS_INLINE void add(const K& key) {
    const std::uint64_t position = table_.hashed(key);
    positions_[size_++] = position;
    detail::prefetch(owner_of(position).header());
  }

  // Stage 2 for lookups: what a plain loop over the window does, once for each kind of table.
  void match() noexcept {
    if (table_.state().divided()) {
      match_all([this](std::uint64_t at) { return table_.state().owning_bucket(at); });
    } else {
      match_all([this](std::uint64_t at) { return table_.state().shown_bucket(at); });
    }
  }
  // Stage 2 where keys that are absent will be inserted: prefetches their slot, too.
  void match_or_claim() noexcept {
    for (std::size_t n = 0; n < size_; ++n) {
      const reference where = owner_of(positions_[n]);
      const slot_set matches = matches_in(where);
      const slot_set empty = group::load(where.header()).empty() & Table::all_slots;
      const slot_set wanted = matches.empty() ? empty : matches;
      if (!wanted.empty()) prefetch_slot(Table::slots_of(where) + wanted.lowest());
    }
  }

  // Stage 3: the n-th key's slot; null if there is none. The table has not changed since stage 1.
  template <class K>
  STEADY_ALWAYS_INLINE slot_type* find(std::size_t n, const K& key) const {
    if (outcomes_[n] == outcome::matched && table_.holds(*slots_[n], key)) [[likely]] {
      table_.state().recorder.probed();
      return slots_[n];
    }
    if (outcomes_[n] == outcome::absent) {
      table_.state().recorder.probed();
      return nullptr;
    }
    return table_.find_at(positions_[n], key).slot;
  }

  // The n-th key's hash position on the old line, also where the table has changed since.
  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t position(std::size_t n, const K& key) const {
    return table_.state().seed == seed_ ? positions_[n] : table_.hashed(key);
  }

 private:
  enum class outcome : std::uint8_t { absent, matched, unknown };

  STEADY_ALWAYS_INLINE reference owner_of(std::uint64_t position) const noexcept {
    const state_type& state = table_.state();
    return state.divided() ? state.owning_bucket(position) : state.shown_bucket(position);
  }
  static STEADY_ALWAYS_INLINE slot_set matches_in(const reference& where) noexcept {
    return group::load(where.header()).match(group::broadcast(where.tag_word)) & Table::all_slots;
  }

  template <class BucketOf>
  STEADY_ALWAYS_INLINE void match_all(const BucketOf& bucket_of) noexcept {
    for (std::size_t n = 0; n < size_; ++n) {
      const reference where = bucket_of(positions_[n]);
      const slot_set matches = matches_in(where);
      if (!matches.empty()) {
        slots_[n] = Table::slots_of(where) + matches.lowest();
        outcomes_[n] = outcome::matched;
        prefetch_slot(slots_[n]);
      } else {
        outcomes_[n] =
            in_filter(where.header()->filter, where.position) ? outcome::unknown : outcome::absent;
      }
    }
    if constexpr (elements::owns_memory) {
      for (std::size_t n = 0; n < size_; ++n) {
        if (outcomes_[n] == outcome::matched) {
          detail::prefetch(std::addressof(elements::key_of(std::as_const(*slots_[n]))));
        }
      }
    }
  }

  // Its first and its last line; where it has more, the key is likely to be in these.
  static STEADY_ALWAYS_INLINE void prefetch_slot(const slot_type* slot) noexcept {
    detail::prefetch(slot);
    if constexpr (cache_line_bytes % sizeof(slot_type) != 0) {
      detail::prefetch(reinterpret_cast<const unsigned char*>(slot + 1) - 1);
    }
  }

  const Table& table_;
  line_seed seed_;
  std::size_t size_ = 0;
  std::uint64_t positions_[capacity];
  slot_type* slots_[capacity];
  outcome outcomes_[capacity];
};

}  // namespace steady::detail
