// CRC-32C (Castagnoli), the checksum of iSCSI and ext4: reflected polynomial 0x82f63b78, begins and
// ends with all bits inverted. The instruction of SSE4.2 where the processor has it, else tables
// for eight bytes at a time; both give the same.
//
//   Bound    O(bytes); 8 KiB of constant tables.
//   Throws   nothing.
//   Threads  any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

using crc_tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr crc_tables make_crc_tables() noexcept {
  crc_tables tables{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t crc = n;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc % 2 == 0 ? 0 : 0x82f63b78u);
    tables[0][n] = crc;
  }
  for (std::size_t n = 0; n < 256; ++n) {
    for (std::size_t k = 1; k < 8; ++k) {
      tables[k][n] = tables[k - 1][n] >> 8 ^ tables[0][tables[k - 1][n] % 256];
    }
  }
  return tables;
}

inline constexpr crc_tables crc_table = make_crc_tables();

constexpr std::uint32_t crc_step(std::uint32_t crc, unsigned char byte) noexcept {
  return crc >> 8 ^ crc_table[0][(crc ^ byte) % 256];
}

// Without the inversions, as is crc_by_instruction().
inline std::uint32_t crc_by_tables(std::uint32_t crc, const unsigned char* at,
                                   std::size_t count) noexcept {
  for (; count >= 8; count -= 8, at += 8) {
    std::uint64_t word = 0;
    for (unsigned n = 0; n < 8; ++n) word |= std::uint64_t{at[n]} << (8 * n);  // one load
    word ^= crc;
    crc = 0;
    for (unsigned n = 0; n < 8; ++n) crc ^= crc_table[7 - n][word >> (8 * n) & 0xff];
  }
  for (; count > 0; --count, ++at) crc = crc_step(crc, *at);
  return crc;
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

__attribute__((target("sse4.2"))) inline std::uint32_t crc_by_instruction(
    std::uint32_t crc, const unsigned char* at, std::size_t count) noexcept {
  std::uint64_t wide = crc;
  for (; count >= 8; count -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (; count > 0; --count, ++at) crc = __builtin_ia32_crc32qi(crc, *at);
  return crc;
}

inline bool has_crc_instruction() noexcept { return __builtin_cpu_supports("sse4.2") != 0; }

#else

inline std::uint32_t crc_by_instruction(std::uint32_t crc, const unsigned char* at,
                                        std::size_t count) noexcept {
  return crc_by_tables(crc, at, count);
}
inline bool has_crc_instruction() noexcept { return false; }

#endif

// Of `count` bytes; `before` is the CRC of the bytes in front of them, so that parts add up.
inline std::uint32_t crc32c(const void* bytes, std::size_t count,
                            std::uint32_t before = 0) noexcept {
  const auto* const at = static_cast<const unsigned char*>(bytes);
  return ~(has_crc_instruction() ? crc_by_instruction(~before, at, count)
                                 : crc_by_tables(~before, at, count));
}

}  // namespace steady::detail
