// Chooses the group of tags for the machine at hand, and the tags themselves.
//
// A tag is one byte of the hash position, kept for every slot. Zero stands for an empty slot, so a
// position whose byte is zero gets another tag, whose owners then match a little more often.
#pragma once

#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/line/tag_group_portable.hpp>

#if STEADY_HAS_SSE2
#include <steady/detail/line/tag_group_sse2.hpp>
#elif STEADY_HAS_NEON
#include <steady/detail/line/tag_group_neon.hpp>
#endif

namespace steady::detail {

#if STEADY_HAS_SSE2
using native_tag_group = tag_group_sse2;
#elif STEADY_HAS_NEON
using native_tag_group = tag_group_neon;
#else
using native_tag_group = tag_group_portable;
#endif

inline constexpr std::uint8_t empty_tag = 0;

// The tag of every low byte, four times in a word: one load both maps the forbidden value and
// prepares the broadcast.
struct tag_word_table {
  std::uint32_t words[256];
};
inline constexpr tag_word_table tag_words = [] {
  tag_word_table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte)
    table.words[byte] = (byte == 0 ? 8 : byte) * 0x01010101u;
  return table;
}();

// The tag of `position`, four times.
STEADY_ALWAYS_INLINE std::uint32_t tag_word(std::uint64_t position) noexcept {
  return tag_words.words[static_cast<std::uint8_t>(position)];
}

STEADY_ALWAYS_INLINE std::uint8_t tag_of(std::uint64_t position) noexcept {
  return static_cast<std::uint8_t>(tag_word(position));
}

}  // namespace steady::detail
