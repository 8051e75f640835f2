// Elements of many kilobytes: no function makes one on the stack, which may be a fiber's of 64 KiB.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/ledger_allocator.hpp"
#include "support/watching_allocator.hpp"

namespace {

using namespace support;

// Counts those that lie in no block of the book.
struct placed {
  static inline allocation_book* book = nullptr;
  static inline std::size_t outside = 0;

  explicit placed(int n = 0) : number(n) { look(); }
  placed(placed&& from) noexcept : number(from.number) { look(); }
  placed& operator=(placed&& from) noexcept {
    number = from.number;
    return *this;
  }
  bool operator==(const placed& other) const { return number == other.number; }

  void look() const {
    const auto after = book->blocks.upper_bound(this);
    if (after != book->blocks.begin()) {
      const auto [begin, bytes] = *std::prev(after);
      const auto distance =
          reinterpret_cast<std::uintptr_t>(this) - reinterpret_cast<std::uintptr_t>(begin);
      if (distance < bytes) return;
    }
    ++outside;
  }

  int number;
  std::array<char, 5000> content;
};
struct hash_of_placed {
  std::size_t operator()(const placed& key) const { return static_cast<std::size_t>(key.number); }
};

class large_elements : public testing::Test {
 protected:
  large_elements() {
    placed::book = &book_;
    placed::outside = 0;
  }
  ~large_elements() override {
    EXPECT_EQ(book_.mistake, "");
    EXPECT_TRUE(book_.blocks.empty());
  }

  allocation_book book_;
};

TEST_F(large_elements, of_a_map_are_made_in_memory_of_the_allocator) {
  using element = std::pair<const int, placed>;
  using map_type = steady::hash_map<int, placed, steady::hash<int>, std::equal_to<int>,
                                    watching_allocator<element>>;
  map_type map{watching_allocator<element>(book_)};
  for (int n = 0; n < 300; ++n) {
    switch (n % 3) {
      case 0:
        map[n].number = n;
        break;
      case 1:
        map.try_emplace(n, n);
        break;
      default:
        map.emplace(std::piecewise_construct, std::forward_as_tuple(n), std::forward_as_tuple(n));
    }
    map.emplace(std::piecewise_construct, std::forward_as_tuple(n), std::forward_as_tuple(-1));
  }
  EXPECT_EQ(map.size(), 300u);
  for (int n = 0; n < 300; ++n) EXPECT_EQ(map.at(n).number, n);
  EXPECT_EQ(placed::outside, 0u);
}

TEST_F(large_elements, of_a_set_are_made_in_memory_of_the_allocator) {
  using set_type =
      steady::hash_set<placed, hash_of_placed, std::equal_to<placed>, watching_allocator<placed>>;
  set_type set{watching_allocator<placed>(book_)};
  for (int n = 0; n < 300; ++n) set.emplace(n % 150);
  EXPECT_EQ(set.size(), 150u);
  EXPECT_EQ(placed::outside, 0u);
}

struct large {
  explicit large(bool fails = false) {
    if (fails) throw std::runtime_error("large");
  }
  std::array<char, 5000> content{};
};
using ledger_map = steady::hash_map<int, large, steady::hash<int>, std::equal_to<int>,
                                    ledger_allocator<std::pair<const int, large>>>;

// An insertion fails at its first allocation, its second, and so on, until none fails.
template <class Insert>
void expect_no_effect_of_failures(const Insert& insert) {
  int failures = 0;
  for (std::size_t failing = 1;; ++failing) {
    memory_ledger ledger;
    ledger_map map{ledger_map::allocator_type(ledger)};
    map.try_emplace(1);
    map.try_emplace(2);
    const std::size_t blocks = ledger.blocks;
    ledger.fail_at = ledger.calls + failing;
    try {
      insert(map);
    } catch (const std::bad_alloc&) {
      ++failures;
      EXPECT_EQ(map.size(), 2u);
      EXPECT_FALSE(map.contains(3));
      EXPECT_EQ(ledger.blocks, blocks);
      continue;
    }
    EXPECT_TRUE(map.contains(3));
    break;
  }
  EXPECT_GE(failures, 2);  // room for the element, and the larger array
}

TEST(large_elements_without_memory, are_not_inserted_and_leave_nothing) {
  expect_no_effect_of_failures([](ledger_map& map) { map.try_emplace(3); });
  expect_no_effect_of_failures([](ledger_map& map) {
    map.emplace(std::piecewise_construct, std::forward_as_tuple(3), std::forward_as_tuple());
  });
}

TEST(large_elements_that_throw, leave_nothing) {
  memory_ledger ledger;
  ledger_map map{ledger_map::allocator_type(ledger)};
  EXPECT_THROW(map.try_emplace(1, true), std::runtime_error);
  EXPECT_THROW(
      map.emplace(std::piecewise_construct, std::forward_as_tuple(1), std::forward_as_tuple(true)),
      std::runtime_error);
  EXPECT_EQ(ledger.blocks, 0u);
  EXPECT_TRUE(map.empty());
}

}  // namespace
