// extract(), insert(node) and merge().
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/hashes.hpp"
#include "support/policies.hpp"

namespace {

using namespace std::literals;
using map = steady::hash_map<int, std::string>;

TEST(extract, takes_the_element_out) {
  map numbers{{1, "one"}, {2, "two"}};
  const map::node_type node = numbers.extract(1);
  ASSERT_FALSE(node.empty());
  EXPECT_EQ(node.key(), 1);
  EXPECT_EQ(node.mapped(), "one");
  EXPECT_EQ(numbers, (map{{2, "two"}}));
}

TEST(extract, of_an_absent_key_is_an_empty_handle) {
  map numbers{{1, "one"}};
  EXPECT_TRUE(numbers.extract(7).empty());
  EXPECT_EQ(numbers.size(), 1u);
}

TEST(extract, moves_what_cannot_be_copied) {
  steady::hash_map<int, std::unique_ptr<int>> owners;
  owners[1] = std::make_unique<int>(11);
  const int* const owned = owners[1].get();
  auto node = owners.extract(owners.begin());
  EXPECT_EQ(node.mapped().get(), owned);
  EXPECT_TRUE(owners.insert(std::move(node)).inserted);
  EXPECT_EQ(owners.at(1).get(), owned);
}

// Moving one throws, from the second time on. It cannot be copied.
struct moves_once {
  int value = 0;
  int moves_left = 1;

  explicit moves_once(int v) : value(v) {}
  moves_once(moves_once&& other) : value(other.value), moves_left(other.moves_left - 1) {
    if (moves_left < 0) throw value;
  }
  moves_once& operator=(moves_once&&) = delete;
};

// Also where the compiler does without the elision that it may leave out.
TEST(extract, moves_the_element_once) {
  steady::hash_map<int, moves_once> elements;
  elements.reserve(2);
  elements.try_emplace(1, 11);
  elements.try_emplace(2, 22);
  EXPECT_EQ(elements.extract(1).mapped().value, 11);
  EXPECT_EQ(elements.extract(elements.find(2)).mapped().value, 22);
  EXPECT_TRUE(elements.extract(3).empty());
  EXPECT_TRUE(elements.empty());
}

TEST(extract, takes_transparent_keys) {
  steady::hash_set<std::string, steady::hash<std::string>, std::equal_to<>> words{"a", "b"};
  EXPECT_EQ(words.extract("a"sv).value(), "a");
  EXPECT_TRUE(words.extract("c"sv).empty());
  EXPECT_EQ(words.size(), 1u);
}

TEST(insert_node, puts_the_element_back_under_another_key) {
  map numbers{{1, "one"}};
  auto node = numbers.extract(1);
  node.key() = 5;
  const auto result = numbers.insert(std::move(node));
  EXPECT_TRUE(result.inserted);
  EXPECT_TRUE(result.node.empty());
  EXPECT_EQ(result.position->first, 5);
  EXPECT_EQ(numbers, (map{{5, "one"}}));
}

TEST(insert_node, returns_the_node_when_the_key_is_there) {
  map numbers{{1, "one"}};
  auto node = numbers.extract(1);
  numbers[1] = "another";
  const auto result = numbers.insert(std::move(node));
  EXPECT_FALSE(result.inserted);
  EXPECT_EQ(result.position->second, "another");
  EXPECT_EQ(result.node.mapped(), "one");
}

TEST(insert_node, of_an_empty_handle_does_nothing) {
  map numbers{{1, "one"}};
  const auto result = numbers.insert(map::node_type());
  EXPECT_FALSE(result.inserted);
  EXPECT_EQ(result.position, numbers.end());
  EXPECT_TRUE(result.node.empty());
}

TEST(insert_node, takes_a_hint_and_leaves_the_handle_what_was_not_inserted) {
  map numbers{{1, "one"}, {2, "two"}};
  auto node = numbers.extract(1);
  numbers[1] = "another";
  EXPECT_EQ(numbers.insert(numbers.begin(), std::move(node))->second, "another");
  EXPECT_EQ(node.mapped(), "one");
}

TEST(node_handle, moves_and_swaps) {
  map numbers{{1, "one"}, {2, "two"}};
  auto first = numbers.extract(1);
  auto second = numbers.extract(2);
  swap(first, second);
  EXPECT_EQ(first.key(), 2);
  EXPECT_EQ(second.key(), 1);
  first = std::move(second);
  EXPECT_EQ(first.mapped(), "one");
  EXPECT_TRUE(second.empty());
  static_assert(!std::is_copy_constructible_v<map::node_type>);
}

struct copying_has_failed {};

// Has no move constructor, and throws the copy that a countdown says.
struct fragile {
  static inline int copies_left = -1;

  explicit fragile(int value) : number(value) {}
  fragile(const fragile& other) : number(other.number) {
    if (copies_left >= 0 && copies_left-- == 0) throw copying_has_failed();
  }
  fragile& operator=(const fragile&) = delete;

  int number;
};

TEST(node_handle, swaps_both_elements_or_none) {
  using fragile_map = steady::hash_map<int, fragile>;
  int failures = 0;
  for (int copies = 0; copies < 4; ++copies) {
    fragile_map numbers;
    numbers.try_emplace(1, 10);
    numbers.try_emplace(2, 20);
    auto first = numbers.extract(1);
    auto second = numbers.extract(2);
    fragile::copies_left = copies;
    bool has_failed = false;
    try {
      first.swap(second);
    } catch (const copying_has_failed&) {
      has_failed = true;
      ++failures;
    }
    fragile::copies_left = -1;
    ASSERT_FALSE(first.empty());
    ASSERT_FALSE(second.empty());
    EXPECT_EQ(first.mapped().number, has_failed ? 10 : 20);
    EXPECT_EQ(second.key(), has_failed ? 2 : 1);
    auto none = numbers.extract(3);
    none.swap(first);
    first.swap(first);
    EXPECT_TRUE(first.empty());
    EXPECT_EQ(none.key(), has_failed ? 1 : 2);
    numbers.insert(std::move(none));
    EXPECT_EQ(numbers.size(), 1u);
  }
  EXPECT_GT(failures, 0);
}

TEST(merge, moves_what_is_new_and_leaves_the_rest) {
  map to{{1, "one"}, {2, "two"}};
  map from{{2, "zwei"}, {3, "drei"}};
  to.merge(from);
  EXPECT_EQ(to, (map{{1, "one"}, {2, "two"}, {3, "drei"}}));
  EXPECT_EQ(from, (map{{2, "zwei"}}));
}

TEST(merge, works_between_maps_with_other_hashes_and_policies) {
  using key = std::uint64_t;
  using other = steady::hash_map<key, int, support::identity_hash, std::equal_to<>,
                                 std::allocator<std::pair<const key, int>>, support::narrow>;
  steady::hash_map<key, int> to;
  other from;
  for (key i = 0; i < 5'000; ++i) from[i] = 1;
  for (key i = 0; i < 1'000; ++i) to[i] = -1;
  to.merge(from);
  EXPECT_EQ(to.size(), 5'000u);
  EXPECT_EQ(from.size(), 1'000u);
  EXPECT_EQ(to.at(4'999), 1);
  EXPECT_EQ(to.at(999), -1);
  EXPECT_EQ(to.check_invariants(), nullptr);
  EXPECT_EQ(from.check_invariants(), nullptr);
}

}  // namespace
