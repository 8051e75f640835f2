// The invariants of a whole table, checked one by one: for tests and fuzzers. O(size + buckets).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Table>
class invariants {
 public:
  // A sentence that names the first invariant found broken; null when all hold.
  static const char* first_broken(const Table& table) { return invariants(table).check(); }

 private:
  using arrays_type = typename Table::arrays_type;
  using array = typename arrays_type::array;
  using layout = typename array::layout;
  using overflow = typename array::overflow;
  using slot_type = typename Table::slot_type;
  using group = typename layout::group;

  explicit invariants(const Table& table) : table_(table), arrays_(table.arrays()) {}

  const char* check() {
    check_arrays();
    if (!arrays_.has_memory()) {
      expect(table_.statistics().overflow_buckets == 0, "without an array there is no overflow");
      return broken_;
    }
    const std::uint64_t frontier = arrays_.frontier();
    check_buckets(arrays_.new_array(), 0, arrays_.new_written(), true);
    const auto& old = arrays_.old_array();
    check_buckets(old, old.line().bucket_at(frontier), old.line().buckets(), false);
    const steady::stats now = table_.statistics();
    expect(elements_ == now.size, "size() is the number of elements in slots");
    expect(overflow_ == now.overflow_buckets, "every overflow bucket in use is in a chain");
    check_iteration();
    return broken_;
  }

  void check_iteration() {
    std::size_t met = 0;
    for (auto at = table_.first(); at && met <= elements_ && broken_ == nullptr; ++met) {
      const auto found = table_.find(Table::elements::key_of(*at.slot));
      expect(found.slot == at.slot && found.tag() == at.tag() && found.bucket() == at.bucket() &&
                 found.in_new == at.in_new && found.in_overflow == at.in_overflow,
             "iterating and looking up tell the same place of an element");
      at = table_.after(at);
    }
    expect(broken_ != nullptr || met == elements_, "iterating meets every element once");
  }

  void check_arrays() {
    const auto& old = arrays_.old_array();
    const auto& fresh = arrays_.new_array();
    const std::uint64_t frontier = arrays_.frontier();
    const steady::stats now = table_.statistics();
    expect(arrays_.migrating() || frontier == 0, "without a migration the frontier is 0");
    expect(!arrays_.migrating() || arrays_.has_memory(), "a migration has an old array");
    expect(arrays_.has_memory() || now.size == 0, "an array without memory has no elements");
    expect(arrays_.has_memory() || now.bytes == 0 || now.migrating,
           "a map without an array and without debris holds no memory");
    expect(!arrays_.migrating() ||
               frontier == (frontier >> finest_shift(old, fresh) << finest_shift(old, fresh)),
           "the frontier is the boundary of a bucket");
    expect(old.chunks() + fresh.chunks() + (arrays_.memory.holds_recycled() ? 1 : 0) == now.chunks,
           "every chunk belongs to an array or waits to be recycled");
    expect(!arrays_.memory.holds_recycled() || arrays_.migrating(),
           "a chunk waits to be recycled only during a migration");
    expect(fresh.provided_buckets() >= arrays_.new_written(), "written new buckets have memory");
    expect(arrays_.new_written() >= arrays_.new_in_use(), "new buckets in use have headers");
    expect(arrays_.migrating() || !arrays_.reseeding(), "reseeding is a migration");
  }

  // The shift that takes a position to the finer of the two partitions.
  static unsigned finest_shift(const array& a, const array& b) noexcept {
    const unsigned finest = std::max(a.line().log2_buckets(), b.line().log2_buckets());
    return finest == 0 ? 0 : 64 - finest;
  }

  void check_buckets(const array& within, std::uint64_t bucket, std::uint64_t end, bool in_new) {
    for (; bucket < end && broken_ == nullptr; ++bucket) {
      const bucket_header* const header = within.header(bucket);
      const std::uint32_t slots = slots_mask(layout::width);
      check_slots(header->tags, slots, within.slots(bucket), bucket, in_new, nullptr);
      if constexpr (layout::keeps_memos) check_memos(within, bucket, in_new);
      expect(header->filter != 0 || within.overflow_of(bucket) == nullptr,
             "without a filter there is no overflow");
      for (overflow* chain = within.overflow_of(bucket); chain; chain = to_raw(chain->next)) {
        ++overflow_;
        expect(chain->home() == bucket % layout::chunk_buckets,
               "an overflow bucket knows whose it is");
        const std::uint32_t overflow_slots = slots_mask(layout::overflow_width);
        check_slots(chain->tags, overflow_slots, array::overflow_slots(chain), bucket, in_new,
                    header);
      }
    }
  }

  // `filtered_by` is the header whose filter must admit the elements, null in the bucket itself.
  void check_slots(const std::uint8_t* tags, std::uint32_t slots, const slot_type* first,
                   std::uint64_t bucket, bool in_new, const bucket_header* filtered_by) {
    for (std::uint32_t full = ~group::match_empty(tags) & slots; full != 0; full &= full - 1) {
      const auto slot = lowest_bit(full);
      const slot_type& element = first[slot];
      const auto owner = table_.place_of(Table::elements::key_of(element));
      expect(owner.in_new == in_new, "the owner of a position holds its elements");
      expect(owner.bucket() == bucket, "an element is in the bucket of its position");
      expect(tags[slot] == tag_of(owner.position), "a tag is that of its element");
      expect(filtered_by == nullptr || (filtered_by->filter & filter_bit(owner.position)) != 0,
             "the filter admits what is in overflow");
      expect(table_.find(Table::elements::key_of(element)).slot == &element,
             "every element is found by its key");
      ++elements_;
    }
  }

  void check_memos(const array& within, std::uint64_t bucket, bool in_new) {
    slot_type* const slots = within.slots(bucket);
    const std::uint8_t* const memos = array::memos(slots, bucket);
    std::uint32_t full =
        ~group::match_empty(within.header(bucket)->tags) & slots_mask(layout::width);
    for (; full != 0; full &= full - 1) {
      const auto slot = lowest_bit(full);
      if (memos[slot] == line_memo::unknown) continue;
      expect(memos[slot] == within.memo().of_position(table_.line_position(slots[slot], in_new)),
             "a memo is nothing or that of its element");
    }
  }

  void expect(bool holds, const char* invariant) noexcept {
    if (!holds && broken_ == nullptr) broken_ = invariant;
  }

  const Table& table_;
  const arrays_type& arrays_;
  std::size_t elements_ = 0;
  std::size_t overflow_ = 0;
  const char* broken_ = nullptr;
};

}  // namespace steady::detail
