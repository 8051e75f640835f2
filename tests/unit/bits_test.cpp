// The integer arithmetic against its definitions.
#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/base/bits.hpp>

namespace {

using namespace steady::detail;

std::vector<std::uint64_t> words() {
  std::vector<std::uint64_t> list = {0, 1, 2, 0xff, 0xffffffffu, 0x100000000u, ~std::uint64_t{0}};
  for (unsigned bit = 0; bit < 64; ++bit) list.push_back(std::uint64_t{1} << bit);
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) list.push_back(random());
  return list;
}

// Schoolbook multiplication in halves, which needs no wide type.
std::uint64_t fold_by_halves(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t mask = 0xffffffffu;
  const std::uint64_t ll = (a & mask) * (b & mask);
  const std::uint64_t hl = (a >> 32) * (b & mask);
  const std::uint64_t lh = (a & mask) * (b >> 32);
  const std::uint64_t hh = (a >> 32) * (b >> 32);
  const std::uint64_t middle = (ll >> 32) + (hl & mask) + (lh & mask);
  const std::uint64_t high = hh + (hl >> 32) + (lh >> 32) + (middle >> 32);
  return high ^ (middle << 32 | (ll & mask));
}

TEST(fold, is_the_two_halves_of_the_product_xored) {
  for (const std::uint64_t a : words()) {
    for (const std::uint64_t b : words()) ASSERT_EQ(fold(a, b), fold_by_halves(a, b));
  }
}

#if defined(__SIZEOF_INT128__)
TEST(fold, agrees_with_the_wide_product_of_the_compiler) {
  __extension__ using wide = unsigned __int128;
  for (const std::uint64_t a : words()) {
    for (const std::uint64_t b : words()) {
      const wide product = static_cast<wide>(a) * b;
      const auto high = static_cast<std::uint64_t>(product >> 64);
      ASSERT_EQ(fold(a, b), high ^ static_cast<std::uint64_t>(product));
    }
  }
}
#endif

TEST(select, chooses_words) {
  for (const std::uint64_t a : words()) {
    EXPECT_EQ(select(true, a, ~a), a);
    EXPECT_EQ(select(false, a, ~a), ~a);
  }
}

TEST(select, chooses_narrow_numbers) {
  for (unsigned i = 0; i < 256; ++i) {
    const auto a = static_cast<std::uint8_t>(i);
    const auto b = static_cast<std::uint8_t>(i * 7 + 3);
    EXPECT_EQ(select(true, a, b), a);
    EXPECT_EQ(select(false, a, b), b);
  }
}

TEST(select, chooses_pointers) {
  int x = 0;
  int y = 0;
  int* const none = nullptr;
  EXPECT_EQ(select(true, &x, &y), &x);
  EXPECT_EQ(select(false, &x, &y), &y);
  EXPECT_EQ(select(true, none, &y), nullptr);
  EXPECT_EQ(select(false, &x, none), nullptr);
}

TEST(little_endian, has_the_first_byte_lowest) {
  const unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(little_endian(load_64(bytes)), 0x0807060504030201u);
}

TEST(loads, need_no_alignment) {
  unsigned char bytes[16];
  for (unsigned i = 0; i < 16; ++i) bytes[i] = static_cast<unsigned char>(i);
  for (unsigned from = 0; from < 8; ++from) {
    std::uint64_t expected = 0;
    for (unsigned i = 0; i < 8; ++i) expected |= std::uint64_t{from + i} << (8 * i);
    EXPECT_EQ(little_endian(load_64(bytes + from)), expected);
    if constexpr (std::endian::native == std::endian::little) {
      EXPECT_EQ(load_32(bytes + from), static_cast<std::uint32_t>(expected));
    }
  }
}

TEST(bytes_of_bits, widens_every_bit) {
  for (std::uint64_t bits = 0; bits < 256; ++bits) {
    std::uint64_t expected = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if ((bits >> i & 1) != 0) expected |= std::uint64_t{0xff} << (8 * i);
    }
    EXPECT_EQ(bytes_of_bits(bits), expected);
  }
}

}  // namespace
