// A group of 16 tags in a NEON register, which every 64-bit ARM has.
// Twin of tag_group_sse2.hpp and tag_group_portable.hpp: same interface, same results.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

class tag_group_neon {
 public:
  using pattern = uint8x16_t;  // the tag in every byte

  static constexpr const char* name = "neon";

  // Reads 16 bytes.
  static STEADY_ALWAYS_INLINE tag_group_neon load(const void* tags) noexcept {
    return tag_group_neon(vld1q_u8(static_cast<const std::uint8_t*>(tags)));
  }

  // Of two words, the first slot's tag in the lowest byte of `low`.
  static STEADY_ALWAYS_INLINE tag_group_neon of_words(std::uint64_t low,
                                                      std::uint64_t high) noexcept {
    return tag_group_neon(vcombine_u8(vcreate_u8(low), vcreate_u8(high)));
  }

  // `word` holds a tag four times.
  static STEADY_ALWAYS_INLINE pattern broadcast(std::uint32_t word) noexcept {
    return vreinterpretq_u8_u32(vdupq_n_u32(word));
  }

  // The slots whose tags equal the pattern's.
  STEADY_ALWAYS_INLINE slot_set match(pattern wanted) const noexcept {
    return one_bit_each(vceqq_u8(tags_, wanted));
  }
  // The slots whose tags are zero.
  STEADY_ALWAYS_INLINE slot_set empty() const noexcept { return one_bit_each(vceqzq_u8(tags_)); }

  // Writes every tag to its own place of `chosen` if its slot is in `slots`, else of `others`; the
  // other one gets 0. 16 bytes each.
  STEADY_ALWAYS_INLINE void divide(slot_set slots, void* chosen, void* others) const noexcept {
    const std::uint32_t bits = slots.bits();
    const uint8x16_t spread = vcombine_u8(vdup_n_u8(static_cast<std::uint8_t>(bits)),
                                          vdup_n_u8(static_cast<std::uint8_t>(bits >> 8)));
    const uint8x16_t mask = vtstq_u8(spread, vld1q_u8(place_values));
    vst1q_u8(static_cast<std::uint8_t*>(chosen), vandq_u8(tags_, mask));
    vst1q_u8(static_cast<std::uint8_t*>(others), vbicq_u8(tags_, mask));
  }

  // The slots in whose byte the bit `bit` is set; reads 16 bytes of any alignment.
  static STEADY_ALWAYS_INLINE slot_set with_bit(const void* bytes, unsigned bit) noexcept {
    const uint8x16_t here = vld1q_u8(static_cast<const std::uint8_t*>(bytes));
    return one_bit_each(vtstq_u8(here, vdupq_n_u8(static_cast<std::uint8_t>(1u << bit))));
  }

 private:
  STEADY_ALWAYS_INLINE explicit tag_group_neon(uint8x16_t tags) noexcept : tags_(tags) {}

  alignas(16) static constexpr std::uint8_t place_values[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                                1, 2, 4, 8, 16, 32, 64, 128};

  // NEON has no movemask: keep a different bit of every byte and add up each half.
  static STEADY_ALWAYS_INLINE slot_set one_bit_each(uint8x16_t all_or_nothing) noexcept {
    const uint8x16_t bits = vandq_u8(all_or_nothing, vld1q_u8(place_values));
    return slot_set(static_cast<std::uint32_t>(vaddv_u8(vget_low_u8(bits))) |
                    static_cast<std::uint32_t>(vaddv_u8(vget_high_u8(bits))) << 8);
  }

  uint8x16_t tags_;
};

}  // namespace steady::detail
