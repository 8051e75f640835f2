// Every way to compare 16 tags at once gives what comparing them one by one gives.
#include <array>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include <steady/detail/line/tag_group.hpp>

namespace {

using namespace steady::detail;

struct alignas(16) tags {
  std::array<std::uint8_t, 16> bytes;
};

std::uint32_t match_one_by_one(const tags& group, std::uint8_t wanted) {
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < 16; ++i) bits |= (group.bytes[i] == wanted ? 1u : 0u) << i;
  return bits;
}

template <class Group>
class group : public testing::Test {
 protected:
  static void expect_exact(const tags& group) {
    ASSERT_EQ(Group::load(&group).empty().bits(), match_one_by_one(group, 0));
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      ASSERT_EQ(Group::load(&group).match(Group::broadcast(byte * 0x01010101u)).bits(),
                match_one_by_one(group, static_cast<std::uint8_t>(byte)))
          << "tag " << byte;
    }
  }
};

using backends = testing::Types<tag_group_portable
#if STEADY_HAS_SSE2
                                ,
                                tag_group_sse2
#elif STEADY_HAS_NEON
                                ,
                                tag_group_neon
#endif
                                >;
TYPED_TEST_SUITE(group, backends);

TYPED_TEST(group, of_equal_tags) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    tags all;
    all.bytes.fill(static_cast<std::uint8_t>(byte));
    this->expect_exact(all);
  }
}

// Tests by subtraction see a false match next to a true one when the bytes differ in few bits.
TYPED_TEST(group, of_neighbours_that_deceive_carries) {
  constexpr std::uint8_t deceiving[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0xfe, 0xff};
  for (const std::uint8_t a : deceiving) {
    for (const std::uint8_t b : deceiving) {
      for (unsigned i = 0; i < 16; ++i) {
        tags pair;
        pair.bytes.fill(a);
        pair.bytes[i] = b;
        this->expect_exact(pair);
        pair.bytes[(i + 1) % 16] = b;
        this->expect_exact(pair);
        for (unsigned other = i % 2; other < 16; other += 2) pair.bytes[other] = b;
        this->expect_exact(pair);
      }
    }
  }
}

TYPED_TEST(group, is_divided_by_any_bits) {
  tags from;
  for (unsigned i = 0; i < 16; ++i) from.bytes[i] = static_cast<std::uint8_t>(17 * i + 3);
  for (std::uint32_t bits = 0; bits < 1u << 16; ++bits) {
    tags chosen, others;
    chosen.bytes.fill(0xaa);
    others.bytes.fill(0xaa);
    TypeParam::load(&from).divide(slot_set(bits), &chosen, &others);
    for (unsigned i = 0; i < 16; ++i) {
      const bool is_chosen = (bits >> i & 1) != 0;
      ASSERT_EQ(chosen.bytes[i], is_chosen ? from.bytes[i] : 0)
          << "bits " << bits << ", byte " << i;
      ASSERT_EQ(others.bytes[i], is_chosen ? 0 : from.bytes[i])
          << "bits " << bits << ", byte " << i;
    }
  }
}

TYPED_TEST(group, tells_one_bit_of_every_byte) {
  std::mt19937 random(2);
  std::array<std::uint8_t, 16 + 15> bytes;
  for (int turn = 0; turn < 500; ++turn) {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const unsigned from = static_cast<unsigned>(turn) % 16;  // any alignment
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::uint32_t expected = 0;
      for (unsigned i = 0; i < 16; ++i)
        expected |= (std::uint32_t{bytes[from + i]} >> bit & 1u) << i;
      ASSERT_EQ(TypeParam::with_bit(bytes.data() + from, bit).bits(), expected) << "bit " << bit;
    }
  }
}

TYPED_TEST(group, of_random_tags) {
  std::mt19937 random(1);
  for (int turn = 0; turn < 2000; ++turn) {
    // Few distinct values, so that most comparisons have several matches.
    const unsigned distinct = turn % 2 == 0 ? 256u : 4u;
    tags some;
    for (auto& byte : some.bytes) byte = static_cast<std::uint8_t>(random() % distinct);
    this->expect_exact(some);
  }
}

TEST(tag, is_never_that_of_an_empty_slot) {
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    const std::uint64_t position = 0xabcdef0123456700u | byte;
    EXPECT_NE(tag_of(position), empty_tag);
    if (byte != 0) {
      EXPECT_EQ(tag_of(position), byte);
    }
  }
}

TEST(tag, word_holds_it_four_times) {
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(tag_word(byte), tag_of(byte) * 0x01010101u);
  }
}

}  // namespace
