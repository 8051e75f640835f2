// The functions of table_engine.hpp for single slots and buckets: what insertions and erasures of
// one element leave to the engine.
//
//   1. An element is out of sight before it is destroyed, and observers hear of it before that.
//   2. Notes of occupancy and of sparse chunks are exact after each.
//   3. What moves an element (draw_in, move_handed_out) does not where insertions move nothing, or
//      where an observer watches.
//
//   Bound    one bucket and its overflow; owner_by_search() all buckets, only if the hash throws.
//   Throws   claim_overflow() and add_overflow() what the allocator throws; the others nothing.
#pragma once

#include <cstring>
#include <utility>

#include <steady/detail/migration/table_engine.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

template <class Storage>
STEADY_NOINLINE tagged_slot table_engine<Storage>::claim_overflow(bool in_new, std::uint64_t bucket,
                                                                  std::uint64_t position) {
  map_memory<Storage> memory = of_.memory();
  if (state_.cold_link == nullptr) {
    return detail::claim_overflow_slot(state_.old_array(), memory, bucket, position, layout());
  }
  const array& within = cold().arrays[in_new ? 1 : 0];
  const std::uint64_t before = cold().memory.overflow_buckets;
  const tagged_slot claimed =
      detail::claim_overflow_slot(within, memory, bucket, position, layout());
  if (cold().memory.overflow_buckets != before) note_overflow(within, bucket, position);
  return claimed;
}

// After an overflow bucket was added for an element. The next insertion deals with long chains and
// too much overflow.
template <class Storage>
STEADY_COLD void table_engine<Storage>::note_overflow(const array& within, std::uint64_t bucket,
                                                      std::uint64_t position) noexcept {
  if (of_.kind.reseeds &&
      within.overflow_of(bucket, layout()).length() > layout().longest_natural_chain) {
    cold().long_chain = true;
    requests().long_chain_at = position;
    note_small_size();
  }
  if (of_.kind.compacts && cold().memory.overflow_buckets > requests().crowded_from) {
    cold().crowded = true;
    note_small_size();
  }
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::copy_occupancy(const array& from,
                                                       std::uint64_t bucket) noexcept {
  const occupancy<Storage> theirs(from, layout());
  array only = state_.old_array();
  array& within = state_.cold_link == nullptr ? only : cold().old_array();
  occupancy_notes<Storage>(within, layout()).copy_chunk(theirs, bucket);
  state_.show_sparse(within);
}

template <class Storage>
STEADY_COLD overflow_bucket<Storage>* table_engine<Storage>::add_overflow(std::uint64_t bucket,
                                                                          std::uint16_t filter) {
  using chain_type = overflow_chain<Storage>;
  map_memory<Storage> memory = of_.memory();
  const array within = state_.old_array();
  overflow_bucket<Storage>* const added = within.take_overflow(memory, bucket, layout());
  const chain_type chain = within.overflow_of(bucket, layout());
  chain_type::put_in_front(added, within.first_overflow(bucket, layout()), chain.first());
  within.header(bucket)->filter |= filter;
  memory.saw_chain(chain.length() + 1);
  return added;
}

template <class Storage>
STEADY_NOINLINE void table_engine<Storage>::erase(void* slot, std::uint8_t* tag, bool in_new,
                                                  bool in_overflow, std::uint64_t bucket) noexcept {
  if (state_.shape.observed()) tell_of_erasing(slot);
  if (state_.remove(tag)) note_small_size();
  if (!in_overflow) note_emptied(in_new, bucket);
  of_.kind.destroy(of_.table, static_cast<std::byte*>(slot), slot_set(1));
  if (!in_overflow) return;
  map_memory<Storage> memory = of_.memory();
  state_.array_of(in_new).drop_empty_overflow(memory, bucket, layout());
  note_emptied(in_new, bucket);
}
template <class Storage>
STEADY_COLD void table_engine<Storage>::tell_of_erasing(const void* slot) noexcept {
  state_.each_walker([&](walker_base& walker) { walker.erasing(slot); });
  state_.shape.set_observed(state_.has_walkers() || state_.has_snapshots());
}

template <class Storage>
STEADY_NOINLINE element_place table_engine<Storage>::place_of(
    const void* slot, std::uint8_t* tag, std::uint64_t position) const noexcept {
  const reference owner = state_.divided() ? owner_of(slot, tag, position)  //
                                           : state_.shown_bucket(position);
  const bool in_overflow = header_around(tag) != owner.header()->tags;
  return {owner.bucket(), 0, owner.in_new, in_overflow};
}
// While the line is divided. Should the hash throw, the new array is searched for the header.
template <class Storage>
typename table_engine<Storage>::reference table_engine<Storage>::owner_of(
    const void* slot, std::uint8_t* tag, std::uint64_t position) const noexcept {
  if (!cold().reseeding || !cold().is_evacuated(position)) return state_.owning_bucket(position);
  STEADY_TRY {
    return reference::of(cold().new_array(), of_.position(slot, state_.next_seed()), true);
  }
  STEADY_CATCH_ALL { return owner_by_search(tag); }
}
template <class Storage>
STEADY_COLD typename table_engine<Storage>::reference table_engine<Storage>::owner_by_search(
    std::uint8_t* tag) const noexcept {
  const array& within = cold().new_array();
  for (std::uint64_t bucket = 0; bucket < within.line().buckets(); ++bucket) {
    bool is_here = within.header(bucket)->tags == header_around(tag);
    for (overflow_bucket<Storage>* link : within.overflow_of(bucket, layout())) {
      is_here = is_here || link->tags == header_around(tag);
    }
    if (is_here) return reference::of(within, within.line().first_of(bucket), true);
  }
  return {};
}

template <class Storage>
STEADY_NOINLINE void table_engine<Storage>::note_filled(bool in_new,
                                                        std::uint64_t bucket) noexcept {
  array only = state_.old_array();
  array& within = state_.cold_link == nullptr ? only : cold().arrays[in_new ? 1 : 0];
  if (!occupancy_notes<Storage>(within, layout()).note_filled(bucket)) return;
  state_.recorder.zeroed(sizeof(bucket_header) << layout().log2_group_buckets);
  state_.show_sparse(within);
}
template <class Storage>
STEADY_NOINLINE void table_engine<Storage>::note_emptied(bool in_new,
                                                         std::uint64_t bucket) noexcept {
  if (state_.cold_link == nullptr) {
    array only = state_.old_array();
    if (only.has_occupancy(layout())) {
      occupancy_notes<Storage>(only, layout()).note_emptied(bucket, 0, only.line().buckets());
    }
    return state_.show_sparse(only);
  }
  array& within = cold().arrays[in_new ? 1 : 0];
  const std::uint64_t begin = in_new ? 0 : within.line().bucket_at(cold().frontier);
  const std::uint64_t end = in_new ? cold().new_in_use() : within.line().buckets();
  if (in_new && cold().doubles()) {
    // The rest of its group is still to be written, and counts as filled.
    if (occupancy<Storage>(within, layout()).end_of_group(bucket) > end) return;
  }
  if (occupancy_notes<Storage>(within, layout()).note_emptied(bucket, begin, end)) {
    state_.show_sparse();
  }
}

// Moves elements from the overflow of a bucket to the slots of its own that erasing has left empty:
// otherwise a bucket that was once full would keep overflow while any element is there. Only where
// insertions may move elements, and no walker watches.
template <class Storage>
STEADY_COLD void table_engine<Storage>::draw_in(std::uint64_t bucket) noexcept {
  if (!of_.kind.compacts || !of_.kind.moves_without_throwing || state_.size <= reserved() ||
      state_.has_walkers() || state_.divided()) {
    return;
  }
  const array within = state_.old_array();
  slot_set empty = within.empty_slots(bucket, layout());
  if (empty.empty()) return;
  std::byte* const slots = within.slots(bucket, layout());
  bucket_header* const header = within.header(bucket);
  std::size_t moved = 0;
  for (overflow_bucket<Storage>* link : within.overflow_of(bucket, layout())) {
    for (const std::uint64_t from : overflow_chain<Storage>::full_slots(link, layout())) {
      if (empty.empty()) break;
      const std::uint64_t to = empty.lowest();
      empty.remove_lowest();
      moving_element element{
          detail::overflow_slots<Storage>(link, layout()) + from * layout().slot_bytes,
          link->tags + from, 0, slots + to * layout().slot_bytes, nullptr};
      of_.kind.relocate(of_.table, &element, 1);
      if (layout().caches_hashes) {
        array::cached_hashes(slots, bucket, layout())[to] = cached_hash::unknown;
      }
      header->tags[to] = link->tags[from];
      link->tags[from] = empty_tag;
      ++moved;
    }
  }
  if (moved == 0) return;
  state_.recorder.moved(moved);
  map_memory<Storage> memory = of_.memory();
  within.drop_empty_overflow(memory, bucket, layout());
  state_.locations.change();
}

// To another slot of its bucket, or of that one's overflow; the bytes that it leaves are of no use
// to anybody. Not where insertions move nothing, where an observer watches, or where moving may
// throw; nor within a tiny array that is full.
template <class Storage>
STEADY_COLD void table_engine<Storage>::move_handed_out(const void* made) noexcept {
  if constexpr (watches_references) {
    const auto [slot, bucket, was_in_new] = state_.references.take();
    const bool in_new = was_in_new && state_.migrating();  // else the old array was replaced by it
    const std::uint64_t promised =
        state_.cold_link != nullptr ? reserved() : state_.references.promised_or(0);
    if (slot == nullptr || slot == made || state_.size <= promised || state_.shape.observed() ||
        !of_.kind.moves_without_throwing || state_.reseeding()) {
      return;
    }
    const array within = state_.array_of(in_new);
    const std::uint64_t begin = in_new ? 0 : within.line().bucket_at(state_.frontier());
    const std::uint64_t end = in_new ? cold().new_in_use() : within.line().buckets();
    if (!within.exists() || bucket < begin || bucket >= end) return;
    const tagged_slot from = element_in(within, bucket, slot);
    if (from.slot == nullptr) return;
    const tagged_slot target = claim_another(within, bucket, slot);
    if (target.slot == nullptr) return;
    moving_element element{from.slot, from.tag, 0, target.slot, nullptr};
    of_.kind.relocate(of_.table, &element, 1);
    *target.tag = std::exchange(*from.tag, empty_tag);
    if constexpr (!Storage::is_poisoned) std::memset(from.slot, 0xdd, layout().slot_bytes);
    state_.locations.change();
  }
}

// The element in `slot`, if that is one of the bucket or of its overflow, and full.
template <class Storage>
STEADY_COLD tagged_slot table_engine<Storage>::element_in(const array& within, std::uint64_t bucket,
                                                          const void* slot) const noexcept {
  const auto search = [&](std::uint8_t* tags, slot_set full, std::byte* slots) -> tagged_slot {
    for (const std::uint64_t number : full) {
      std::byte* const at = slots + number * layout().slot_bytes;
      if (at == slot) return {at, tags + number};
    }
    return {};
  };
  tagged_slot found = search(within.header(bucket)->tags, within.full_slots(bucket, layout()),
                             within.slots(bucket, layout()));
  for (overflow_bucket<Storage>* link : within.overflow_of(bucket, layout())) {
    if (found.slot != nullptr) break;
    found = search(link->tags, overflow_chain<Storage>::full_slots(link, layout()),
                   detail::overflow_slots<Storage>(link, layout()));
  }
  return found;
}

// Another slot for the element in `slot`; none if there is none.
template <class Storage>
STEADY_COLD tagged_slot table_engine<Storage>::claim_another(const array& within,
                                                             std::uint64_t bucket,
                                                             const void* slot) noexcept {
  const unsigned room = within.is_tiny() ? within.tiny_slots(layout()) : layout().width;
  const slot_set empty = within.empty_slots(bucket, layout()) & slot_set::first(room);
  if (empty.empty() && within.is_tiny()) return {};
  STEADY_TRY {
    const std::uint64_t position = of_.position(slot, state_.seed);
    map_memory<Storage> memory = of_.memory();
    return claim_slot(within, memory, bucket, position, layout());
  }
  STEADY_CATCH_ALL { return {}; }
}

// If the hash throws, everything counts as changing.
template <class Storage>
STEADY_COLD void table_engine<Storage>::announce(const void* slot) const noexcept {
  if (!state_.has_snapshots()) return;
  STEADY_TRY {
    std::uint64_t position = of_.position(slot, state_.seed);
    const bool in_new = cold().is_evacuated(position);
    if (in_new && cold().reseeding) position = of_.position(slot, state_.next_seed());
    cold().announce(in_new, position, position);
  }
  STEADY_CATCH_ALL { cold().announce_all(); }
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
