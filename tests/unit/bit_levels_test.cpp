// Bits in levels find the next set bit and the one before, wherever they are.
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/array/bit_levels.hpp>

namespace {

using steady::detail::bit_levels;

class bits {
 public:
  explicit bits(unsigned log2_size)
      : size(std::uint64_t{1} << log2_size),
        set(size, false),
        words_(bit_levels::bytes(log2_size) / sizeof(std::uint64_t), ~std::uint64_t{0}),
        levels(words_.data(), log2_size) {
    for (std::uint64_t n = 0; n < size; ++n) levels.provide(n);
  }

  void change(std::uint64_t number) {
    set[number] = !set[number];
    set[number] ? levels.set(number) : levels.clear(number);
  }
  std::uint64_t next(std::uint64_t from) const {
    while (from < size && !set[from]) ++from;
    return from;
  }
  std::uint64_t previous(std::uint64_t end) const {
    while (end != 0 && !set[end - 1]) --end;
    return end == 0 ? bit_levels::none : end - 1;
  }

  std::uint64_t size;
  std::vector<bool> set;

 private:
  std::vector<std::uint64_t> words_;

 public:
  bit_levels levels;
};

TEST(bit_levels, find_the_next_and_the_one_before) {
  std::mt19937_64 random(5);
  for (unsigned log2_size = 0; log2_size <= 15; ++log2_size) {
    SCOPED_TRACE(log2_size);
    bits all(log2_size);
    // Few at first, so that bits are far apart.
    for (unsigned round = 0; round < 50; ++round) {
      all.change(random() % all.size);
      for (unsigned look = 0; look < 50; ++look) {
        const std::uint64_t at = random() % (all.size + 1);
        ASSERT_EQ(all.levels.next(at, all.size), all.next(at)) << at;
        ASSERT_EQ(all.levels.previous(at), all.previous(at)) << at;
      }
      ASSERT_EQ(all.levels.previous(all.size), all.previous(all.size));
    }
  }
}

}  // namespace
