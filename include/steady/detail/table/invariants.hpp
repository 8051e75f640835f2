// The invariants of a whole table, checked one by one: for tests and fuzzers. O(size + buckets).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/line/cached_hash.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/overflow_filter.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/state/table_state.hpp>
#include <steady/detail/traversal/line_visit.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Table>
class invariants {
 public:
  // A sentence that names the first invariant found broken; null when all hold.
  static const char* first_broken(const Table& table) { return invariants(table).check(); }

 private:
  using storage = typename Table::storage_type;
  using array = bucket_array<storage>;
  using layout = typename Table::layout;
  using elements = typename Table::elements;
  using slot_type = typename Table::slot_type;

  explicit invariants(const Table& table)
      : table_(table),
        state_(table.state()),
        arrays_(table.state()),
        now_(table.engine().statistics()) {}

  const char* check() {
    check_arrays();
    check_idle_range();
    if (!state_.has_memory()) {
      expect(now_.overflow_buckets == 0, "without an array there is no overflow");
      return broken_;
    }
    check_buckets(arrays_.new_array, 0, new_written(), true);
    const array& old = arrays_.old_array;
    check_buckets(old, old.line().bucket_at(arrays_.frontier), old.line().buckets(), false);
    expect(elements_ == now_.size, "size() is the number of elements in slots");
    expect(overflow_ == now_.overflow_buckets, "every overflow bucket in use is in a chain");
    check_iteration();
    expect(state_.cold_link == nullptr || state_.shape.sparse() == state_.cold()->sparse(),
           "insertions note their buckets while a group may be empty");
    return broken_;
  }

  std::uint64_t new_written() const noexcept {
    return state_.cold_link == nullptr ? 0 : state_.cold()->new_written();
  }

  void check_iteration() {
    std::size_t met = 0;
    for (auto at = table_.first(); at.slot != nullptr && met <= elements_ && broken_ == nullptr;
         ++met) {
      const auto found = table_.find(elements::key_of(*at.slot));
      expect(found.slot == at.slot && found.tag() == at.tag() && found.bucket() == at.bucket() &&
                 found.in_new == at.in_new && found.in_overflow == at.in_overflow,
             "iterating and looking up tell the same location of an element");
      at = table_.after(at);
    }
    expect(broken_ != nullptr || met == elements_, "iterating meets every element once");
  }

  void check_arrays() {
    const array& old = arrays_.old_array;
    const array& fresh = arrays_.new_array;
    const std::uint64_t frontier = arrays_.frontier;
    const bool migrating = fresh.exists();
    expect(migrating || frontier == 0, "without a migration the frontier is 0");
    expect(!migrating || old.exists(), "a migration has an old array");
    expect(old.exists() || now_.size == 0, "an array without memory has no elements");
    expect(state_.has_memory() == old.exists(), "the shape tells whether there is an array");
    expect(state_.has_memory() || state_.cold_link != nullptr || now_.bytes == 0,
           "a map without an array and without a cold block holds no memory");
    expect(!migrating || frontier == (frontier >> finest_shift() << finest_shift()),
           "the frontier is the boundary of a bucket");
    expect(!old.is_tiny() || !migrating, "a tiny array does not migrate");
    if (state_.cold_link == nullptr) {
      expect(old.line().log2_buckets() <= 2, "an array of more than four buckets has a cold block");
      return;
    }
    const cold_block<storage>& cold = *state_.cold();
    expect(cold.memory.recycled == nullptr || migrating,
           "a chunk waits to be recycled only during a migration");
    expect(fresh.provided_buckets(layout::value) >= cold.new_written(),
           "written new buckets have memory");
    expect(cold.new_written() >= cold.new_in_use(), "new buckets in use have headers");
    expect(migrating || !cold.reseeding, "reseeding is a migration");
    expect(frontier != 0 || !old.exists() || state_.root == old.link(),
           "at rest, lookups see the old array");
    expect(frontier == 0 || state_.shown_bucket(0).header()->filter == 0xffff,
           "while the line is divided, lookups see a detour");
  }

  // The idle range may be smaller than necessary, never larger.
  void check_idle_range() {
    const auto range = table_.engine().idle_range();
    expect(state_.insert_limit <= range.insert,
           "an insertion within its limit has nothing else to do");
    // That insertions have filled a table too far to be shrunk is noted by the next one.
    const bool is_unnoted = state_.erase_limit == 0 && now_.size >= state_.insert_limit;
    expect(range.insert == 0 || state_.insert_limit == 0 || is_unnoted ||
               state_.erase_limit == range.erase,
           "an erasure within its limit has nothing else to do");
  }

  // The shift that takes a hash position to the finer of the two partitions.
  unsigned finest_shift() const noexcept {
    const unsigned finest =
        max_of(arrays_.old_array.line().log2_buckets(), arrays_.new_array.line().log2_buckets());
    return finest == 0 ? 0 : 64 - finest;
  }

  void check_buckets(const array& within, std::uint64_t begin, std::uint64_t end, bool in_new) {
    const occupancy<storage> occupied(within, layout::value);
    std::uint32_t sparse_chunks = 0;
    for (std::uint64_t bucket = begin; bucket < end && broken_ == nullptr; ++bucket) {
      expect(occupied.is_noted(bucket, end),
             "a group of buckets is noted as occupied exactly when it is, and so is a chunk");
      expect(state_.shape.sparse() || occupied.is_noted_filled(bucket),
             "all groups are noted as occupied where insertions do not note theirs");
      expect(
          occupied.has_fitting_header(bucket),
          "headers are detours in groups that are noted as empty, and have no overflow; a filter "
          "that is not 0 stands for overflow in others");
      sparse_chunks += occupied.begins_sparse_chunk(bucket);
      bucket_header* const header = within.header(bucket);
      check_slots(header->tags, within.full_slots(bucket, layout::value),
                  within.slots(bucket, layout::value), bucket, in_new, nullptr);
      if constexpr (layout::caches_hashes) check_cached_hashes(within, bucket, in_new);
      const auto chain = within.overflow_of(bucket, layout::value);
      expect(!within.is_tiny() || (chain.empty() && header->filter == 0),
             "a tiny array has no overflow");
      for (overflow_bucket<storage>* link : chain) {
        ++overflow_;
        expect(link->home() == bucket % layout::chunk_buckets,
               "an overflow bucket knows whose it is");
        check_slots(link->tags, overflow_chain<storage>::full_slots(link, layout::value),
                    detail::overflow_slots<storage>(link, layout::value), bucket, in_new, header);
      }
    }
    expect(state_.migrating() || state_.cold_link == nullptr ||
               sparse_chunks == within.sparse_chunks(),
           "at rest, an array knows how many of its chunks are sparse");
  }

  // `filtered_by` is the header whose filter must admit the elements, null in the bucket itself.
  void check_slots(const std::uint8_t* tags, slot_set full, std::byte* slots, std::uint64_t bucket,
                   bool in_new, const bucket_header* filtered_by) {
    for (const std::uint64_t number : full) {
      const slot_type& element = reinterpret_cast<slot_type*>(slots)[number];
      const std::uint64_t on_old_line = table_.line_position(element, false);
      const bool owned_by_new =
          state_.cold_link != nullptr && state_.cold()->is_evacuated(on_old_line);
      const std::uint64_t position = table_.line_position(element, in_new);
      expect(owned_by_new == in_new, "the owner of a hash position holds its elements");
      expect(arrays_.array_of(in_new).line().bucket_at(position) == bucket,
             "an element is in the bucket of its hash position");
      expect(tags[number] == tag_of(position), "a tag is that of its element");
      expect(filtered_by == nullptr || (filtered_by->filter & filter_bit(position)) != 0,
             "the filter admits what is in overflow");
      expect(table_.find(elements::key_of(element)).slot == std::addressof(element),
             "every element is found by its key");
      ++elements_;
    }
  }

  void check_cached_hashes(const array& within, std::uint64_t bucket, bool in_new) {
    std::byte* const slots = within.slots(bucket, layout::value);
    const std::uint8_t* const cached = array::cached_hashes(slots, bucket, layout::value);
    for (const std::uint64_t number : within.full_slots(bucket, layout::value)) {
      if (cached[number] == cached_hash::unknown) continue;
      const std::uint64_t position =
          table_.line_position(reinterpret_cast<slot_type*>(slots)[number], in_new);
      expect(cached[number] == cached_hash::of(within.line()).of_position(position),
             "cached hash bits are unknown or those of their element");
    }
  }

  void expect(bool holds, const char* invariant) noexcept {
    if (!holds && broken_ == nullptr) broken_ = invariant;
  }

  const Table& table_;
  const table_state<storage>& state_;
  const line_arrays<storage> arrays_;
  const steady::stats now_;
  std::size_t elements_ = 0;
  std::size_t overflow_ = 0;
  const char* broken_ = nullptr;
};

}  // namespace steady::detail
