// Chooses the group of tags for the machine at hand, and the tags themselves.
#pragma once

#include <array>
#include <cstdint>

#include <steady/detail/config.hpp>
#include <steady/detail/group_portable.hpp>

#if STEADY_HAS_SSE2
#include <steady/detail/group_sse2.hpp>
#elif STEADY_HAS_NEON
#include <steady/detail/group_neon.hpp>
#endif

namespace steady::detail {

#if STEADY_HAS_SSE2
using native_group = group_sse2;
#elif STEADY_HAS_NEON
using native_group = group_neon;
#else
using native_group = group_portable;
#endif

// A tag: one byte of the hash, kept per slot. Zero stands for an empty slot, so the byte zero is
// replaced by another value, whose owners then match a little more often.
inline constexpr std::uint8_t empty_tag = 0;

// The tag of every low byte, four times in a word: one load both maps the forbidden value and
// prepares the broadcast.
inline constexpr std::array<std::uint32_t, 256> tag_words = [] {
  std::array<std::uint32_t, 256> words{};
  for (std::uint32_t byte = 0; byte < 256; ++byte)
    words[byte] = (byte == 0 ? 8 : byte) * 0x01010101u;
  return words;
}();

// The tag of `position`, four times.
STEADY_ALWAYS_INLINE std::uint32_t tag_word(std::uint64_t position) noexcept {
  return tag_words[static_cast<std::uint8_t>(position)];
}

STEADY_ALWAYS_INLINE std::uint8_t tag_of(std::uint64_t position) noexcept {
  return static_cast<std::uint8_t>(tag_word(position));
}

}  // namespace steady::detail
