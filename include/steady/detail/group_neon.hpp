// A group of 16 tags compared with one NEON instruction, which every 64-bit ARM has.
// Twin of group_portable.hpp and group_sse2.hpp: same interface, same results.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include <steady/detail/config.hpp>

namespace steady::detail {

struct group_neon {
  using pattern = uint8x16_t;  // the tag in every byte

  static constexpr const char* name = "neon";

  // `word` holds a tag four times.
  static STEADY_ALWAYS_INLINE pattern broadcast(std::uint32_t word) noexcept {
    return vreinterpretq_u8_u32(vdupq_n_u32(word));
  }

  // Bit i is set when byte i at `tags` equals the pattern's; 16 bytes are read.
  static STEADY_ALWAYS_INLINE std::uint32_t match(const void* tags, pattern wanted) noexcept {
    return one_bit_each(vceqq_u8(vld1q_u8(static_cast<const std::uint8_t*>(tags)), wanted));
  }

  // Bit i is set when byte i at `tags` is zero; 16 bytes are read.
  static STEADY_ALWAYS_INLINE std::uint32_t match_empty(const void* tags) noexcept {
    return one_bit_each(vceqzq_u8(vld1q_u8(static_cast<const std::uint8_t*>(tags))));
  }

  // Byte i at `tags` goes to the same place of `chosen` where bit i of `bits` is set, else of
  // `others`, and the other one gets 0; 16 bytes each.
  static STEADY_ALWAYS_INLINE void divide(const void* tags, std::uint32_t bits, void* chosen,
                                          void* others) noexcept {
    const uint8x16_t here = vld1q_u8(static_cast<const std::uint8_t*>(tags));
    const uint8x16_t spread = vcombine_u8(vdup_n_u8(static_cast<std::uint8_t>(bits)),
                                          vdup_n_u8(static_cast<std::uint8_t>(bits >> 8)));
    const uint8x16_t mask = vtstq_u8(spread, vld1q_u8(place));
    vst1q_u8(static_cast<std::uint8_t*>(chosen), vandq_u8(here, mask));
    vst1q_u8(static_cast<std::uint8_t*>(others), vbicq_u8(here, mask));
  }

  // Bit i is set when bit `bit` of byte i at `bytes` is; 16 bytes are read, of any alignment.
  static STEADY_ALWAYS_INLINE std::uint32_t bits_of(const void* bytes, unsigned bit) noexcept {
    const uint8x16_t here = vld1q_u8(static_cast<const std::uint8_t*>(bytes));
    return one_bit_each(vtstq_u8(here, vdupq_n_u8(static_cast<std::uint8_t>(1u << bit))));
  }

 private:
  alignas(16) static constexpr std::uint8_t place[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                         1, 2, 4, 8, 16, 32, 64, 128};

  // NEON has no movemask: keep a different bit of every byte and add up each half.
  static STEADY_ALWAYS_INLINE std::uint32_t one_bit_each(uint8x16_t all_or_nothing) noexcept {
    const uint8x16_t bits = vandq_u8(all_or_nothing, vld1q_u8(place));
    return static_cast<std::uint32_t>(vaddv_u8(vget_low_u8(bits))) |
           static_cast<std::uint32_t>(vaddv_u8(vget_high_u8(bits))) << 8;
  }
};

}  // namespace steady::detail
