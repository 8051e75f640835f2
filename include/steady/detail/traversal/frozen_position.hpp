// Parts of a snapshot: the hash positions of elements, which it asks for also where their table is
// gone, and the scope in which a visitor has the elements.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <steady/detail/line/hash_line.hpp>

namespace steady::detail {

// On the line of `seed`.
template <class Table>
struct frozen_position {
  using slot_type = typename Table::slot_type;

  std::remove_cvref_t<decltype(std::declval<Table&>().hash())> hash;
  line_seed seed;

  std::uint64_t operator()(const slot_type& slot, bool) const { return under(seed, slot); }
  std::uint64_t under(const line_seed& of, const slot_type& slot) const {
    return detail::position_of(hash, Table::elements::key_of(slot), of);
  }
};

// While a visitor has the elements.
struct delivering {
  explicit delivering(bool& flag) noexcept : on(flag) { on = true; }
  ~delivering() { on = false; }
  delivering(const delivering&) = delete;
  delivering& operator=(const delivering&) = delete;

  bool& on;
};

}  // namespace steady::detail
