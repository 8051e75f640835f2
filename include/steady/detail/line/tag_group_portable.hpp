// A group of 16 tags in two 64-bit words, for machines without a known vector unit.
// Twin of tag_group_sse2.hpp and tag_group_neon.hpp: same interface, same results.
#pragma once

#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

class tag_group_portable {
 public:
  using pattern = std::uint64_t;  // the tag in every byte

  static constexpr const char* name = "portable";

  // Reads 16 bytes.
  static tag_group_portable load(const void* tags) noexcept {
    return {little_endian(load_64(tags)),
            little_endian(load_64(static_cast<const unsigned char*>(tags) + 8))};
  }

  // Of two words, the first slot's tag in the lowest byte of `low`.
  static tag_group_portable of_words(std::uint64_t low, std::uint64_t high) noexcept {
    return {low, high};
  }

  // `word` holds a tag four times.
  static pattern broadcast(std::uint32_t word) noexcept { return std::uint64_t{word} << 32 | word; }

  // The slots whose tags equal the pattern's.
  slot_set match(pattern wanted) const noexcept {
    return slot_set(zero_bytes(low_ ^ wanted) | zero_bytes(high_ ^ wanted) << 8);
  }
  // The slots whose tags are zero.
  slot_set empty() const noexcept { return match(0); }

  // Writes every tag to its own place of `chosen` if its slot is in `slots`, else of `others`; the
  // other one gets 0. 16 bytes each.
  void divide(slot_set slots, void* chosen, void* others) const noexcept {
    divide_half(low_, slots.bits() & 0xff, chosen, others, 0);
    divide_half(high_, slots.bits() >> 8 & 0xff, chosen, others, 8);
  }

  // The slots in whose byte the bit `bit` is set; reads 16 bytes of any alignment.
  static slot_set with_bit(const void* bytes, unsigned bit) noexcept {
    constexpr std::uint64_t lowest = 0x0101010101010101u;
    const tag_group_portable here = load(bytes);
    return slot_set(gathered(here.low_ >> bit & lowest) | gathered(here.high_ >> bit & lowest)
                                                              << 8);
  }

 private:
  tag_group_portable(std::uint64_t low, std::uint64_t high) noexcept : low_(low), high_(high) {}

  static void divide_half(std::uint64_t tags, std::uint32_t bits, void* chosen, void* others,
                          unsigned offset) noexcept {
    const std::uint64_t mask = bytes_of_bits(bits);
    store_64(static_cast<unsigned char*>(chosen) + offset, little_endian(tags & mask));
    store_64(static_cast<unsigned char*>(others) + offset, little_endian(tags & ~mask));
  }

  // Exact, without the false matches that the shorter test by subtraction has beside a true one.
  static std::uint32_t zero_bytes(std::uint64_t word) noexcept {
    constexpr std::uint64_t low_seven = 0x7f7f7f7f7f7f7f7fu;
    const std::uint64_t zero = ~(((word & low_seven) + low_seven) | word | low_seven);
    return gathered(zero >> 7);
  }

  // The lowest bits of the bytes of a word that has no others.
  static std::uint32_t gathered(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>((word * 0x0102040810204080u) >> 56);
  }

  // Byte i of a word is the one at address i, whatever the machine's byte order.
  std::uint64_t low_;
  std::uint64_t high_;
};

}  // namespace steady::detail
