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

  // Byte i at `tags` goes to the same place of `chosen` where bit i of `bits` is set, else of
  // `others`, and the other one gets 0; 16 aligned bytes each.
  static STEADY_ALWAYS_INLINE void divide(const void* tags, std::uint32_t bits, void* chosen,
                                          void* others) noexcept {
    const __m128i here = _mm_load_si128(static_cast<const __m128i*>(tags));
    const __m128i mask = bytes_of(bits);
    _mm_store_si128(static_cast<__m128i*>(chosen), _mm_and_si128(mask, here));
    _mm_store_si128(static_cast<__m128i*>(others), _mm_andnot_si128(mask, here));
  }

  // Bit i is set when bit `bit` of byte i at `bytes` is; 16 bytes are read, of any alignment.
  static STEADY_ALWAYS_INLINE std::uint32_t bits_of(const void* bytes, unsigned bit) noexcept {
    const __m128i here = _mm_loadu_si128(static_cast<const __m128i*>(bytes));
    const __m128i highest = _mm_sll_epi16(here, _mm_cvtsi32_si128(static_cast<int>(7 - bit)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(highest));
  }

 private:
  // All ones where a bit is set: each byte gets the eight bits of its half, and looks at its own.
  static STEADY_ALWAYS_INLINE __m128i bytes_of(std::uint32_t bits) noexcept {
    const __m128i own = _mm_set1_epi64x(static_cast<long long>(0x8040201008040201u));
    __m128i spread = _mm_cvtsi32_si128(static_cast<int>(bits));
    spread = _mm_unpacklo_epi8(spread, spread);
    spread = _mm_shufflelo_epi16(spread, _MM_SHUFFLE(1, 1, 0, 0));
    spread = _mm_shuffle_epi32(spread, _MM_SHUFFLE(1, 1, 0, 0));
    return _mm_cmpeq_epi8(_mm_and_si128(spread, own), own);
  }
};

}  // namespace steady::detail
