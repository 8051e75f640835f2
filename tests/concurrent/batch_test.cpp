// Many keys at a time in containers that threads share: the same answers as one key after the
// other, in every stage of a migration, and while others insert and erase.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/concurrent_containers.hpp"
#include "support/countdown.hpp"
#include "support/threads.hpp"

namespace {

using namespace support;

struct looking_ahead : steady::default_concurrent_policy {
  static constexpr std::size_t batches_from_bytes = 0;
};

template <class Key>
Key make_key(std::uint64_t n) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return "a key too long for the small string buffer: " + std::to_string(n);
  } else {
    return n;
  }
}

using number = std::uint64_t;
using maps =
    testing::Types<concurrent_map_of<number, number>,
                   concurrent_map_of<number, number, steady::hash<number>, looking_ahead>,
                   concurrent_map_of<number, number, steady::hash<number>, crowded>,
                   concurrent_map_of<number, number, steady::hash<number>, in_nodes>,
                   concurrent_map_of<std::string, number, steady::hash<std::string>, looking_ahead>,
                   concurrent_map_of<std::string, number, steady::hash<std::string>, crowded>>;

template <class Map>
class concurrent_batch : public testing::Test {
 protected:
  using key = typename Map::key_type;

  // Elements 0 to count - 1, the value of n is 3n.
  static void fill(Map& map, number count) {
    for (number n = 0; n < count; ++n) map.try_emplace(make_key<key>(n), 3 * n);
  }
  // The same and, if asked for, so many more that a migration is under way. Returns how many.
  static number fill_to(Map& map, number count, bool in_migration) {
    fill(map, count);
    for (; in_migration && !map.migrating(); ++count) {
      map.try_emplace(make_key<key>(count), 3 * count);
    }
    return count;
  }
  // Every third key is absent, some come twice.
  static std::vector<number> mixed_numbers(number present) {
    std::vector<number> numbers;
    for (number n = 0; n < present; ++n) {
      numbers.push_back(n);
      if (n % 3 == 0) numbers.push_back(n + 1'000'000);
      if (n % 50 == 0) numbers.push_back(n / 2);
    }
    return numbers;
  }
  static std::vector<key> keys_of(const std::vector<number>& numbers) {
    std::vector<key> keys;
    for (const number n : numbers) keys.push_back(make_key<key>(n));
    return keys;
  }
};
TYPED_TEST_SUITE(concurrent_batch, maps);

// Before, in and after a growth.
constexpr number sizes[] = {0, 5, 300, 500, 1000, 2000};
constexpr bool in_migrations[] = {false, true};

TYPED_TEST(concurrent_batch, finds_what_single_calls_find) {
  for (const number size : sizes) {
    for (const bool in_migration : in_migrations) {
      TypeParam map;
      const number present = this->fill_to(map, size, in_migration);
      SCOPED_TRACE(present);
      const std::vector<number> numbers = this->mixed_numbers(present);
      const auto keys = this->keys_of(numbers);
      std::vector<std::pair<std::size_t, number>> expected;
      for (std::size_t n = 0; n < numbers.size(); ++n) {
        if (numbers[n] < present) expected.emplace_back(n, 3 * numbers[n]);
      }
      const TypeParam& shared = map;
      std::vector<std::pair<std::size_t, number>> met;
      const auto meet = [&](const auto& element, std::size_t index) {
        EXPECT_EQ(element.first, keys[index]);
        met.emplace_back(index, element.second);
      };
      EXPECT_EQ(shared.visit_indexed(keys, meet), expected.size());
      EXPECT_EQ(met, expected);

      std::vector<bool> there;
      EXPECT_EQ(shared.contains(keys, std::back_inserter(there)), expected.size());
      ASSERT_EQ(there.size(), numbers.size());
      for (std::size_t n = 0; n < numbers.size(); ++n) EXPECT_EQ(there[n], numbers[n] < present);
      std::vector<bool> overwritten(keys.size());
      EXPECT_EQ(shared.contains(keys, overwritten.begin()), expected.size());
      EXPECT_EQ(overwritten, there);

      EXPECT_EQ(map.visit(keys.begin(), keys.end(), [](auto& element) { ++element.second; }),
                expected.size());
      number sum = 0;
      EXPECT_EQ(map.cvisit(keys.begin(), keys.end(), [&](const auto& of) { sum += of.second; }),
                expected.size());
      number changed = 0;
      map.cvisit_all([&](const auto& element) { changed += element.second; });
      number before = 0;
      for (number n = 0; n < present; ++n) before += 3 * n;
      EXPECT_EQ(changed, before + expected.size());
    }
  }
}

TYPED_TEST(concurrent_batch, inserts_and_erases) {
  for (const number size : sizes) {
    for (const bool in_migration : in_migrations) {
      TypeParam map;
      const number present = this->fill_to(map, size, in_migration);
      SCOPED_TRACE(present);
      std::vector<std::pair<typename TypeParam::key_type, number>> elements;
      for (number n = 0; n < present + 200; ++n) {
        elements.emplace_back(make_key<typename TypeParam::key_type>(n), 7 * n);
      }
      EXPECT_EQ(map.insert(elements.begin(), elements.end()), 200u);
      for (number n = 0; n < present + 200; ++n) {
        EXPECT_EQ(map.find(make_key<typename TypeParam::key_type>(n)), n < present ? 3 * n : 7 * n);
      }
      const std::vector<number> numbers = this->mixed_numbers(present);
      EXPECT_EQ(map.erase_keys(this->keys_of(numbers)), present);
      EXPECT_EQ(map.size(), 200u);
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
}

TEST(concurrent_batch_of_texts, takes_what_find_takes) {
  concurrent_map_of<std::string, number, steady::hash<std::string>, looking_ahead> map;
  concurrent_set_of<std::string, looking_ahead> set;
  std::vector<std::string> kept;
  for (number n = 0; n < 500; ++n) kept.push_back(make_key<std::string>(n));
  EXPECT_EQ(set.insert(kept.begin(), kept.end()), 500u);
  for (number n = 0; n < 500; ++n) map.emplace(kept[n], n);
  const std::vector<std::string_view> views(kept.begin(), kept.end());
  std::vector<const char*> pointers;
  for (const std::string& key : kept) pointers.push_back(key.c_str());
  number sum = 0;
  const auto add = [&](const auto& element) { sum += element.second; };
  EXPECT_EQ(map.cvisit(views.begin(), views.end(), add), 500u);
  EXPECT_EQ(map.cvisit(pointers.begin(), pointers.end(), add), 500u);
  EXPECT_EQ(sum, 499 * 500u);
  EXPECT_EQ(set.visit(views.begin(), views.end(), [](const std::string&) {}), 500u);
  EXPECT_EQ(set.visit_indexed(pointers, [&](const std::string& key,
                                            std::size_t index) { EXPECT_EQ(key, kept[index]); }),
            500u);
  std::vector<bool> there;
  EXPECT_EQ(set.contains(views, std::back_inserter(there)), 500u);
  EXPECT_EQ(set.contains(views, there.begin()), 500u);
  EXPECT_EQ(set.erase_keys(views), 500u);
  EXPECT_EQ(map.erase_keys(pointers), 500u);
}

TYPED_TEST(concurrent_batch, goes_on_after_a_visitor_threw) {
  TypeParam map;
  this->fill(map, 600);
  const auto keys = this->keys_of({3, 2, 1, 4, 5});
  std::vector<number> visited;
  EXPECT_THROW(map.visit(keys.begin(), keys.end(),
                         [&](auto& element) {
                           if (element.second == 3) throw injected_failure();
                           visited.push_back(element.second);
                         }),
               injected_failure);
  EXPECT_EQ(visited, (std::vector<number>{9, 6}));
  EXPECT_STREQ(map.check_invariants(), nullptr);
  EXPECT_EQ(map.visit(keys.begin(), keys.end(), [](auto&) {}), 5u);
}

// Keys that nobody touches are found in every batch, and those of others at most once for each time
// that they are asked for, while two threads let the map grow and shrink.
TYPED_TEST(concurrent_batch, finds_what_stays_while_others_come_and_go) {
  constexpr number staying = 400;
  constexpr number coming = 4000;
  const int rounds = 20;
  TypeParam map;
  this->fill(map, staying);
  std::vector<number> numbers;
  for (number n = 0; n < staying; ++n) {
    numbers.push_back(n);
    numbers.push_back(staying + n);
  }
  const auto keys = this->keys_of(numbers);
  std::vector<std::vector<typename TypeParam::key_type>> others(2);
  for (number n = 0; n < coming; ++n) {
    others[n % 2].push_back(make_key<typename TypeParam::key_type>(staying + n));
  }
  complaints found;
  std::atomic<int> writing = 2;
  const auto write = [&](const auto& mine) {
    std::vector<std::pair<typename TypeParam::key_type, number>> elements;
    for (const auto& own : mine) elements.emplace_back(own, 1);
    for (int round = 0; round < rounds && !found.any(); ++round) {
      found.require(map.insert(elements.begin(), elements.end()) == mine.size(),
                    "not all were inserted in round", static_cast<number>(round));
      found.require(map.erase_keys(mine) == mine.size(), "not all were erased in round",
                    static_cast<number>(round));
    }
    --writing;
  };
  const auto read = [&] {
    do {
      number seen = 0;
      std::size_t last = 0;
      map.visit_indexed(keys, [&](const auto& element, std::size_t index) {
        found.require(element.first == keys[index], "another key's element was visited, index",
                      index);
        found.require(seen == 0 || index > last, "an index came again", index);
        last = index;
        seen += index % 2 == 0 ? 1u : 0u;
      });
      found.require(seen == staying, "elements that stay were not found; so many were", seen);
    } while (writing > 0 && !found.any());
  };
  run_together({[&] { write(others[0]); }, [&] { write(others[1]); }, read}, found);
  EXPECT_EQ(found.first(), "");
  EXPECT_EQ(map.size(), staying);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
