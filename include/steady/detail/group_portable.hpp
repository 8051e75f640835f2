// A group of 16 tags compared with 64-bit arithmetic, for machines without a known vector unit.
// Twin of group_sse2.hpp and group_neon.hpp: same interface, same results.
#pragma once

#include <cstdint>

#include <steady/detail/bits.hpp>

namespace steady::detail {

struct group_portable {
  using pattern = std::uint64_t;  // the tag in every byte

  static constexpr const char* name = "portable";

  // `word` holds a tag four times.
  static pattern broadcast(std::uint32_t word) noexcept { return std::uint64_t{word} << 32 | word; }

  // Bit i is set when byte i at `tags` equals the pattern's; 16 bytes are read.
  static std::uint32_t match(const void* tags, pattern wanted) noexcept {
    return zero_bytes(low(tags) ^ wanted) | zero_bytes(high(tags) ^ wanted) << 8;
  }

  // Bit i is set when byte i at `tags` is zero; 16 bytes are read.
  static std::uint32_t match_empty(const void* tags) noexcept {
    return zero_bytes(low(tags)) | zero_bytes(high(tags)) << 8;
  }

  // Byte i at `tags` goes to the same place of `chosen` where bit i of `bits` is set, else of
  // `others`, and the other one gets 0; 16 bytes each.
  static void divide(const void* tags, std::uint32_t bits, void* chosen, void* others) noexcept {
    for (unsigned half = 0; half < 2; ++half) {
      const std::uint64_t mask = little_endian(bytes_of_bits(bits >> (8 * half) & 0xff));
      const std::uint64_t here = load_64(static_cast<const unsigned char*>(tags) + 8 * half);
      store_64(static_cast<unsigned char*>(chosen) + 8 * half, here & mask);
      store_64(static_cast<unsigned char*>(others) + 8 * half, here & ~mask);
    }
  }

  // Bit i is set when bit `bit` of byte i at `bytes` is; 16 bytes are read, of any alignment.
  static std::uint32_t bits_of(const void* bytes, unsigned bit) noexcept {
    constexpr std::uint64_t lowest = 0x0101010101010101u;
    return gathered(low(bytes) >> bit & lowest) | gathered(high(bytes) >> bit & lowest) << 8;
  }

 private:
  // Byte i of a word is the one at address i, whatever the machine's byte order.
  static std::uint64_t low(const void* tags) noexcept { return little_endian(load_64(tags)); }
  static std::uint64_t high(const void* tags) noexcept {
    return little_endian(load_64(static_cast<const unsigned char*>(tags) + 8));
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
};

}  // namespace steady::detail
