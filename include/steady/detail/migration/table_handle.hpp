// A table as the engine sees it: its state, what there is to know of its elements, and the table
// itself, for the functions that know their type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/memory/map_memory.hpp>
#include <steady/detail/migration/element_kind.hpp>
#include <steady/detail/state/table_state.hpp>

namespace steady::detail {

template <class Storage>
struct table_handle {
  table_state<Storage>& state;
  const element_kind<Storage>& kind;
  void* table;

  const array_layout& layout() const noexcept { return kind.layout; }
  map_memory<Storage> memory() const noexcept { return memory_of(state.cold()); }
  // Counted there; null: nowhere.
  map_memory<Storage> memory_of(cold_block<Storage>* cold) const noexcept {
    return {table, *kind.memory, cold == nullptr ? nullptr : std::addressof(cold->memory),
            state.recorder};
  }
  std::uint64_t position(const void* slot, const line_seed& seed) const {
    return kind.position(table, slot, seed);
  }
};

}  // namespace steady::detail
