// A group of 16 tags in an SSE2 register, which every x86-64 has.
// Twin of tag_group_portable.hpp and tag_group_neon.hpp: same interface, same results.
#pragma once

#include <emmintrin.h>

#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

class tag_group_sse2 {
 public:
  using pattern = __m128i;  // the tag in every byte

  static constexpr const char* name = "sse2";

  // Reads 16 aligned bytes.
  static STEADY_ALWAYS_INLINE tag_group_sse2 load(const void* tags) noexcept {
    return tag_group_sse2(_mm_load_si128(static_cast<const __m128i*>(tags)));
  }

  // Of two words, the first slot's tag in the lowest byte of `low`.
  static STEADY_ALWAYS_INLINE tag_group_sse2 of_words(std::uint64_t low,
                                                      std::uint64_t high) noexcept {
    return tag_group_sse2(
        _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low)));
  }

  // `word` holds a tag four times: one move and one shuffle spread it over the register.
  static STEADY_ALWAYS_INLINE pattern broadcast(std::uint32_t word) noexcept {
    return _mm_shuffle_epi32(_mm_cvtsi32_si128(static_cast<int>(word)), 0);
  }

  // The slots whose tags equal the pattern's.
  STEADY_ALWAYS_INLINE slot_set match(pattern wanted) const noexcept {
    return slot_set(static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags_, wanted))));
  }
  // The slots whose tags are zero.
  STEADY_ALWAYS_INLINE slot_set empty() const noexcept { return match(_mm_setzero_si128()); }

  // Writes every tag to its own place of `chosen` if its slot is in `slots`, else of `others`; the
  // other one gets 0. 16 aligned bytes each.
  STEADY_ALWAYS_INLINE void divide(slot_set slots, void* chosen, void* others) const noexcept {
    const __m128i mask = bytes_of(slots.bits());
    _mm_store_si128(static_cast<__m128i*>(chosen), _mm_and_si128(mask, tags_));
    _mm_store_si128(static_cast<__m128i*>(others), _mm_andnot_si128(mask, tags_));
  }

  // The slots in whose byte the bit `bit` is set; reads 16 bytes of any alignment.
  static STEADY_ALWAYS_INLINE slot_set with_bit(const void* bytes, unsigned bit) noexcept {
    const __m128i here = _mm_loadu_si128(static_cast<const __m128i*>(bytes));
    const __m128i highest = _mm_sll_epi16(here, _mm_cvtsi32_si128(static_cast<int>(7 - bit)));
    return slot_set(static_cast<std::uint32_t>(_mm_movemask_epi8(highest)));
  }

 private:
  STEADY_ALWAYS_INLINE explicit tag_group_sse2(__m128i tags) noexcept : tags_(tags) {}

  // All ones where a bit is set: each byte gets the eight bits of its half, and looks at its own.
  static STEADY_ALWAYS_INLINE __m128i bytes_of(std::uint32_t bits) noexcept {
    const __m128i own = _mm_set1_epi64x(static_cast<long long>(0x8040201008040201u));
    __m128i spread = _mm_cvtsi32_si128(static_cast<int>(bits));
    spread = _mm_unpacklo_epi8(spread, spread);
    spread = _mm_shufflelo_epi16(spread, _MM_SHUFFLE(1, 1, 0, 0));
    spread = _mm_shuffle_epi32(spread, _MM_SHUFFLE(1, 1, 0, 0));
    return _mm_cmpeq_epi8(_mm_and_si128(spread, own), own);
  }

  __m128i tags_;
};

}  // namespace steady::detail
