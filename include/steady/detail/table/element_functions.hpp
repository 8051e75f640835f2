// The functions through which the engine handles elements of one type, see element_kind.hpp.
//
//   1. Relocating several elements moves all of them or none.
//   2. What cannot throw says so in the element_kind, and the engine takes shorter ways then.
//
//   Bound    O(elements that are named).
//   Throws   position and split what the hash throws, relocate what copying or moving an element
//            throws; destroy nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <steady/detail/array/typed_layout.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/base/poison.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/memory/map_memory.hpp>
#include <steady/detail/migration/element_kind.hpp>
#include <steady/detail/migration/split.hpp>

namespace steady::detail {

template <class Table>
class element_functions {
 public:
  using storage = typename Table::storage_type;

  static constexpr element_kind<storage> kind() noexcept {
    using policy = typename Table::policy;
    using allocator = typename Table::allocator_type;
    static_assert(sizeof(shown_layout<typename Table::layout>) != 0, "so that debuggers know it");
    element_kind<storage> of{};
    of.layout = Table::layout::value;
    if constexpr (is_std_allocator<allocator>) {
      of.memory = &plain_memory_source;
    } else {
      of.memory = &table_memory<Table, Table::layout::alignment>::source;
    }
    of.shrink_below = policy::shrink_below;
    of.evacuations_per_insert = policy::evacuations_per_insert;
    of.reseeds = policy::reseeds;
    of.compacts = policy::compacts;
    of.moves_without_throwing = elements::nothrow_movable();
    of.hashes_without_throwing = Table::hashes_without_throwing;
    of.is_copied_as_bytes = Table::is_copied_as_bytes;
    of.needs_no_destroying = elements::template trivially_destructible<allocator>();
    of.bytes_elsewhere = static_cast<std::uint32_t>(elements::bytes_elsewhere());
    of.position = position;
    of.relocate = relocate;
    of.destroy = destroy;
    if constexpr (elements::nothrow_movable()) of.split = split_buckets;
    return of;
  }

 private:
  using elements = typename Table::elements;
  using slot_type = typename Table::slot_type;

  static Table& of(void* table) noexcept { return *static_cast<Table*>(table); }

  static std::uint64_t position(const void* table, const void* slot, const line_seed& seed) {
    return static_cast<const Table*>(table)->position_of_slot(*static_cast<const slot_type*>(slot),
                                                              seed);
  }

  static void destroy(void* table, std::byte* slots, slot_set which) noexcept {
    auto* const first = reinterpret_cast<slot_type*>(slots);
    for (const std::uint64_t number : which) of(table).destroy(first + number);
  }

  static void split_buckets(void* table, split_steps<storage>& steps) {
    split<Table>::run(of(table), steps);
  }

  // What can be copied is copied where moving may throw, so that a throwing copy leaves all
  // originals. A type that can only be moved, and whose move throws, is moved back.
  static void relocate(void* table, moving_element* first, std::size_t count) {
    Table& own = of(table);
    if constexpr (elements::nothrow_movable()) {
      for (std::size_t n = 0; n < count; ++n) own.relocate(to(first[n]), from(first[n]));
    } else {
      [[maybe_unused]] const typename Table::user_code scope(table, doing::moving_elements);
      std::size_t done = 0;
      STEADY_TRY {
        for (; done < count; ++done) {
          slot_opening<storage::is_poisoned, slot_type> opening(to(first[done]));
          elements::transfer(own.allocator(), to(first[done]), from(first[done]));
          opening.keep();
        }
      }
      STEADY_CATCH_ALL {
        while (done > 0) move_back(own, first[--done]);
        STEADY_RETHROW;
      }
      for (std::size_t n = 0; n < count; ++n) own.destroy(from(first[n]));
    }
  }
  static slot_type* from(const moving_element& element) noexcept {
    return static_cast<slot_type*>(element.slot);
  }
  static slot_type* to(const moving_element& element) noexcept {
    return static_cast<slot_type*>(element.destination);
  }

  // A second exception in here would lose the element; it ends the program instead.
  static void move_back(Table& own, const moving_element& element) noexcept {
    if constexpr (!elements::copyable()) {
      elements::destroy(own.allocator(), from(element));
      elements::transfer(own.allocator(), from(element), to(element));
    }
    own.destroy(to(element));
  }
};

}  // namespace steady::detail
