// A group of 16 tags compared with one SSE2 instruction, which every x86-64 has.
// Twin of group_portable.hpp and group_neon.hpp: same interface, same results.
#pragma once

#include <emmintrin.h>

#include <cstdint>

#include <steady/detail/config.hpp>

namespace steady::detail {

struct group_sse2 {
  using pattern = __m128i;  // the tag in every byte

  static constexpr const char* name = "sse2";

  // `word` holds a tag four times: one move and one shuffle spread it over the register.
  static STEADY_ALWAYS_INLINE pattern broadcast(std::uint32_t word) noexcept {
    return _mm_shuffle_epi32(_mm_cvtsi32_si128(static_cast<int>(word)), 0);
  }

  // Bit i is set when byte i at `tags` equals the pattern's; 16 aligned bytes are read.
  static STEADY_ALWAYS_INLINE std::uint32_t match(const void* tags, pattern wanted) noexcept {
    const __m128i here = _mm_load_si128(static_cast<const __m128i*>(tags));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(here, wanted)));
  }

  // Bit i is set when byte i at `tags` is zero; 16 aligned bytes are read.
  static STEADY_ALWAYS_INLINE std::uint32_t match_empty(const void* tags) noexcept {
    return match(tags, _mm_setzero_si128());
  }
};

}  // namespace steady::detail
