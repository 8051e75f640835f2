// All memory of one map: blocks from its allocator, and counters of what is held.
//
// The engine does not know the allocator's type: it calls the two functions of a memory_source.
// Blocks are never larger than a chunk (docs/guarantees.md), so any allocator can serve them. One
// chunk that the old array no longer needs is kept for the new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/new_delete.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/base/probes.hpp>
#include <steady/detail/memory/address_range.hpp>
#include <steady/detail/memory/storage.hpp>
#include <steady/work.hpp>

namespace steady::detail {

constexpr std::size_t round_up(std::size_t bytes, std::size_t multiple) noexcept {
  return (bytes + multiple - 1) / multiple * multiple;
}

// ---- blocks from an allocator ----

// What blocks are made of: their size is a multiple of the alignment.
template <std::size_t Alignment>
struct alignas(Alignment) block_unit {
  std::byte bytes[Alignment];
};

// The units of a block, as the allocator counts them. Where its size_type is too small for the
// number, which only elements of many KiB can make it, the block is refused.
template <std::size_t Alignment, class Traits>
constexpr typename Traits::size_type units_of(std::size_t bytes) {
  using count = typename Traits::size_type;
  const std::size_t units = bytes / Alignment;
  if constexpr (sizeof(count) < sizeof(std::size_t)) {
    if (static_cast<count>(units) != units) STEADY_THROW(std::bad_alloc());
    return static_cast<count>(units);
  } else {
    return units;
  }
}

// Throws what the allocator throws.
template <std::size_t Alignment, class Allocator>
std::byte* allocate_block(Allocator& allocator, std::size_t bytes) {
  using traits =
      typename std::allocator_traits<Allocator>::template rebind_traits<block_unit<Alignment>>;
  typename traits::allocator_type blocks(allocator);
  const auto block = traits::allocate(blocks, units_of<Alignment, traits>(bytes));
  return reinterpret_cast<std::byte*>(std::to_address(block));
}
template <std::size_t Alignment, class Allocator>
void release_block(Allocator& allocator, std::byte* block, std::size_t bytes) noexcept {
  using traits =
      typename std::allocator_traits<Allocator>::template rebind_traits<block_unit<Alignment>>;
  typename traits::allocator_type blocks(allocator);
  auto* const first = reinterpret_cast<block_unit<Alignment>*>(block);
  traits::deallocate(blocks, detail::to_stored<typename traits::pointer>(first),
                     units_of<Alignment, traits>(bytes));
}

// Where a map's blocks come from. `table` is the map's table, which knows its allocator. Sizes are
// multiples of `unit`, and of `alignment` where that is more than 16.
struct memory_source {
  std::byte* (*allocate)(void* table, std::size_t bytes, std::size_t alignment);
  void (*release)(void* table, std::byte* block, std::size_t bytes, std::size_t alignment) noexcept;
  std::size_t unit;

  std::size_t rounded(std::size_t bytes, std::size_t alignment) const noexcept {
    return round_up(bytes, alignment > block_alignment ? alignment : unit);
  }

  // Of every block.
  static constexpr std::size_t block_alignment = 16;
};

STEADY_COLD inline void tell_of_failure(const void* table, std::size_t bytes) noexcept {
  probe_allocation_failed(table, bytes);
}
// A block from a source, or a range of addresses. Throws what the allocator throws, or
// std::bad_alloc; a probe tells of it.
inline std::byte* allocate_from(const memory_source& source, void* table, std::size_t bytes,
                                std::size_t alignment) {
  if constexpr (!has_probes) return source.allocate(table, bytes, alignment);
  STEADY_TRY { return source.allocate(table, bytes, alignment); }
  STEADY_CATCH_ALL {
    detail::tell_of_failure(table, bytes);
    STEADY_RETHROW;
  }
}
STEADY_COLD inline std::byte* reserve_for(const void* table, std::size_t bytes) {
  if constexpr (!has_probes) return reserve_addresses(bytes);
  STEADY_TRY { return reserve_addresses(bytes); }
  STEADY_CATCH_ALL {
    detail::tell_of_failure(table, bytes);
    STEADY_RETHROW;
  }
}

// What std::allocator does, for all maps alike. Without rounding sizes up to the alignment: the
// smallest blocks would take 16 bytes more.
inline std::byte* allocate_plainly(void*, std::size_t bytes, std::size_t alignment) {
  return static_cast<std::byte*>(new_block(bytes, alignment));
}
inline void release_plainly(void*, std::byte* block, std::size_t bytes,
                            std::size_t alignment) noexcept {
  delete_block(block, bytes, alignment);
}
inline constexpr memory_source plain_memory_source{allocate_plainly, release_plainly, 8};

template <class Allocator>
inline constexpr bool is_std_allocator =
    std::is_same_v<Allocator,
                   std::allocator<typename std::allocator_traits<Allocator>::value_type>>;

// The source of the tables of one type, whose largest alignment is `Alignment`.
template <class Table, std::size_t Alignment>
struct table_memory {
  static constexpr std::size_t unit = memory_source::block_alignment;

  static std::byte* allocate(void* table, std::size_t bytes, std::size_t alignment) {
    auto& allocator = static_cast<Table*>(table)->allocator();
    if (alignment > unit) return detail::allocate_block<Alignment>(allocator, bytes);
    return detail::allocate_block<unit>(allocator, bytes);
  }
  static void release(void* table, std::byte* block, std::size_t bytes,
                      std::size_t alignment) noexcept {
    auto& allocator = static_cast<Table*>(table)->allocator();
    if (alignment > unit) return detail::release_block<Alignment>(allocator, block, bytes);
    detail::release_block<unit>(allocator, block, bytes);
  }
  static constexpr memory_source source{allocate, release, unit};
};

// ---- a map's memory ----

template <class Storage>
struct memory_counters {
  std::uint64_t bytes = 0;
  std::uint64_t overflow_buckets = 0;
  typename Storage::template pointer<std::byte> recycled = nullptr;  // a full chunk
  std::uint32_t longest_chain = 0;
};

// A map of few buckets has no counters: stats() counts what it holds.
template <class Storage>
class map_memory {
 public:
  using recorder_type = work_recorder<Storage::counts_work>;

  map_memory(void* table, const memory_source& source, memory_counters<Storage>* counters,
             recorder_type& recorder) noexcept
      : table_(table), source_(source), counters_(counters), recorder_(recorder) {}

  recorder_type& recorder() const noexcept { return recorder_; }
  memory_counters<Storage>* counters() const noexcept { return counters_; }

  // Throws what the allocator throws.
  std::byte* allocate(std::size_t bytes, std::size_t alignment) {
    bytes = source_.rounded(bytes, alignment);
    std::byte* const block = detail::allocate_from(source_, table_, bytes, alignment);
    recorder_.block_allocated();
    supplied(bytes);
    return block;
  }
  void release(std::byte* block, std::size_t bytes, std::size_t alignment) noexcept {
    bytes = source_.rounded(bytes, alignment);
    source_.release(table_, block, bytes, alignment);
    recorder_.block_released();
    withdrawn(bytes);
  }

  // Addresses from the system. Throws std::bad_alloc.
  std::byte* reserve(std::size_t bytes) { return detail::reserve_for(table_, bytes); }

  std::size_t rounded(std::size_t bytes, std::size_t alignment) const noexcept {
    return source_.rounded(bytes, alignment);
  }

  // A full chunk. All of a map have one size, so one that is released can be recycled.
  std::byte* allocate_chunk(std::size_t bytes, std::size_t alignment) {
    std::byte* const block = holds_recycled()
                                 ? detail::to_raw(std::exchange(counters_->recycled, nullptr))
                                 : allocate(bytes, alignment);
    recorder_.chunk_allocated();
    return block;
  }
  // If `with_pages`, and it is not recycled, its pages go to the system first.
  STEADY_NOINLINE void release_chunk(std::byte* block, std::size_t bytes, std::size_t alignment,
                                     bool with_pages) noexcept {
    recorder_.chunk_released();
    if (counters_ != nullptr && !holds_recycled()) {
      counters_->recycled = detail::to_stored<byte_pointer>(block);
    } else {
      if (with_pages) release_pages_within(block, bytes);
      release(block, bytes, alignment);
    }
  }
  // Releases the chunk that is kept for recycling, if there is one.
  void release_recycled(std::size_t bytes, std::size_t alignment) noexcept {
    if (!holds_recycled()) return;
    release(detail::to_raw(std::exchange(counters_->recycled, nullptr)), bytes, alignment);
  }
  bool holds_recycled() const noexcept {
    return counters_ != nullptr && counters_->recycled != nullptr;
  }

  // Memory that came from, and went back to, elsewhere than the allocator.
  void supplied(std::size_t bytes) noexcept {
    if (counters_ != nullptr) counters_->bytes += bytes;
    recorder_.supplied(bytes);
  }
  void withdrawn(std::size_t bytes) noexcept {
    if (counters_ != nullptr) counters_->bytes -= bytes;
    recorder_.withdrawn(bytes);
  }

  void overflow_taken() noexcept {
    if (counters_ != nullptr) ++counters_->overflow_buckets;
  }
  void overflow_given_back(std::size_t buckets) noexcept {
    if (counters_ != nullptr) counters_->overflow_buckets -= buckets;
  }
  void saw_chain(std::size_t length) noexcept {
    if (counters_ != nullptr && length > counters_->longest_chain) {
      counters_->longest_chain = static_cast<std::uint32_t>(length);
    }
  }

 private:
  using byte_pointer = typename Storage::template pointer<std::byte>;

  void* table_;
  const memory_source& source_;
  memory_counters<Storage>* counters_;
  recorder_type& recorder_;
};

}  // namespace steady::detail
