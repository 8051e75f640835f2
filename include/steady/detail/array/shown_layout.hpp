// What debuggers are shown of a container (debug/steady_layout/): the type of its slots, and
// those numbers of its layout that cannot be told from its members. All of it is in the name of an
// empty type: debug information has that whatever the optimization, and a member of that type takes
// no room.
#pragma once

#include <cstdint>

namespace steady::detail {

// To be changed with whatever debug/steady_layout/ relies on, which then says that it is too old
// or too new, instead of showing nonsense.
inline constexpr std::uint32_t shown_version = 2;

// Of a table: `ExtrasBytes` of a bucket, `OverflowSlots`: where the slots of an overflow bucket
// begin.
template <class Slot, std::uint32_t Version, std::uint32_t Width, std::uint32_t OverflowWidth,
          std::uint32_t ChunkBuckets, std::uint32_t ExtrasBytes, std::uint32_t OverflowSlots>
struct shown_table {};

// A member of a table: it leads to `Numbers`, which derive from the above, and which need not be
// complete before the elements are.
template <class Numbers>
struct shown_later {};

// Of a container that threads share; `Slot` is a pointer to a node where elements are in nodes.
template <class Slot, std::uint32_t Version, std::uint32_t Width, std::uint32_t OverflowWidth,
          std::uint32_t ChunkBuckets, std::uint32_t SlotBytes, std::uint32_t OverflowSlots>
struct shown_shared {};

}  // namespace steady::detail
