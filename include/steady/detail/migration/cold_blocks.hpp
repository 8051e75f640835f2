// Making and releasing cold blocks and rare blocks.
//
//   1. A table with a cold block keeps it until it has no arrays, retired ones included, and no
//      walkers; a rare block goes with its cold block.
//   2. A new cold block knows what the array that was there holds and promises.
//
//   Bound    the overflow of at most four buckets: a larger array has a cold block.
//   Throws   what the allocator throws; nothing has changed then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/migration/table_handle.hpp>
#include <steady/detail/state/cold_block.hpp>

namespace steady::detail {

template <class Storage>
struct cold_blocks {
  using cold_type = cold_block<Storage>;
  using handle = table_handle<Storage>;

  // The table's cold block, made if there was none. Throws what the allocator throws; nothing has
  // changed then.
  static cold_type& of(const handle& of) {
    if (of.state.cold_link == nullptr) [[unlikely]]
      make_first(of);
    return *of.state.cold();
  }

  // The table's rare block, likewise.
  STEADY_COLD static rare_block& rare_of(const handle& of) {
    cold_type& cold = cold_blocks::of(of);
    if (cold.rare == nullptr) {
      std::byte* block;
      STEADY_TRY { block = of.memory().allocate(sizeof(rare_block), alignment); }
      STEADY_CATCH_ALL {
        drop_if_unused(of);
        STEADY_RETHROW;
      }
      rare_block* const made = ::new (static_cast<void*>(block)) rare_block();
      made->table = of.table;
      cold.rare = detail::to_stored<typename cold_type::rare_link>(made);
    }
    return *detail::to_raw(cold.rare);
  }

  // Another cold block, for other arrays. Throws what the allocator throws.
  static cold_type* make(const handle& of) {
    std::byte* const block = of.memory_of(nullptr).allocate(sizeof(cold_type), alignment);
    cold_type* const made = ::new (static_cast<void*>(block)) cold_type();
    made->memory.bytes = of.memory().rounded(sizeof(cold_type), alignment);
    return made;
  }

  // Releases a cold block that holds no arrays any more, and its rare block.
  static void release(const handle& of, cold_type* cold) noexcept {
    if (cold->rare != nullptr) {
      rare_block* const rare = detail::to_raw(cold->rare);
      std::destroy_at(rare);
      of.memory_of(nullptr).release(reinterpret_cast<std::byte*>(rare), sizeof(rare_block),
                                    alignment);
    }
    std::destroy_at(cold);
    of.memory_of(nullptr).release(reinterpret_cast<std::byte*>(cold), sizeof(cold_type), alignment);
  }

  // Without arrays, retired ones included, only walkers still need the table's cold block.
  STEADY_COLD static void drop_if_unused(const handle& of) noexcept {
    auto& state = of.state;
    if (state.cold_link == nullptr || state.has_memory() || state.cold()->older != nullptr) return;
    if (state.has_walkers()) return state.shape.set_observed(true);
    release(of, state.cold());
    state.cold_link = nullptr;
  }

  // The elements that fit an array.
  static std::uint64_t room(const typename cold_type::array& of,
                            const array_layout& layout) noexcept {
    if (of.is_tiny()) return of.tiny_slots(layout);
    const unsigned log2_buckets = of.line().log2_buckets();
    return log2_buckets < array_layout::few_sizes ? layout.few_limits[log2_buckets]
                                                  : layout.load_limit(log2_buckets);
  }

  // Compact again only once overflow has doubled.
  static void note_crowding(cold_type& cold, const array_layout& layout) noexcept {
    const std::uint64_t from = max_of<std::uint64_t>(
        layout.crowded_from(cold.old_array().line().buckets()), 2 * cold.memory.overflow_buckets);
    cold.active.requests.crowded_from =
        static_cast<std::uint32_t>(min_of(from, table_state<Storage>::largest_limit));
  }

 private:
  static constexpr std::size_t alignment = memory_source::block_alignment;

  STEADY_COLD static void make_first(const handle& of) {
    cold_type* const made = make(of);
    const auto array = of.state.old_array();
    made->old_array() = array;
    if (array.exists()) count(*made, of);
    // Without a cold block nobody noted what was reserved; it was no more than the room.
    if (array.exists()) {
      made->active.requests.reserved = of.state.references.promised_or(room(array, of.layout()));
    }
    of.state.cold_link = detail::to_stored<typename cold_type::link>(made);
    of.state.show_sparse();
    note_crowding(*made, of.layout());
  }
  // Counts what a table of few buckets holds.
  static void count(cold_type& cold, const handle& of) noexcept {
    const auto& array = cold.old_array();
    cold.memory.bytes += array.embedded_bytes(of.memory_of(nullptr), of.layout());
    if (occupancy<Storage>(array, of.layout()).begins_sparse_chunk(0)) {
      cold.old_array().count_sparse_chunk();
    }
    for (std::uint64_t bucket = 0; bucket < array.line().buckets(); ++bucket) {
      const std::size_t length = array.overflow_of(bucket, of.layout()).length();
      cold.memory.overflow_buckets += length;
      cold.memory.longest_chain =
          max_of(cold.memory.longest_chain, static_cast<std::uint32_t>(length));
    }
  }
};

}  // namespace steady::detail
