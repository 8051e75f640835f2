// Many keys at a time: the same answers as one key after the other, in every stage of a migration,
// for every kind of element, whatever throws.
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/snapshot.hpp>

#include "support/containers.hpp"
#include "support/countdown.hpp"
#include "support/fallible.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

struct counted : small_chunks {
  static constexpr bool count_work = true;
};
struct erasing_moves : small_chunks {
  static constexpr bool erase_moves = true;
};

// Every third key is absent, some come twice.
std::vector<std::uint64_t> mixed_keys(std::uint64_t present) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t n = 0; n < present; ++n) {
    keys.push_back(n);
    if (n % 3 == 0) keys.push_back(n + 1'000'000);
    if (n % 50 == 0) keys.push_back(n / 2);
  }
  return keys;
}

template <class Map>
class batch : public testing::Test {};

template <class Policy>
using nodes =
    steady::node_hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                          std::equal_to<>,
                          std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;
using maps =
    testing::Types<number_map<>, number_map<small_chunks>, number_map<narrow>,
                   number_map<small_chunks_in_leaves>, nodes<small_chunks>,
                   number_map<erasing_moves>,
                   map_of<std::uint64_t, std::uint64_t, narrow_without_reseeding, narrow_hash>>;
TYPED_TEST_SUITE(batch, maps);

TYPED_TEST(batch, finds_what_single_lookups_find) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    TypeParam map;
    const std::uint64_t present = fill_numbers_to(at, map);
    const std::vector<std::uint64_t> keys = mixed_keys(present);
    std::vector<std::pair<std::size_t, std::uint64_t>> expected;
    for (std::size_t n = 0; n < keys.size(); ++n) {
      if (keys[n] < present) expected.emplace_back(n, 3 * keys[n]);
    }

    std::vector<std::pair<std::size_t, std::uint64_t>> met;
    const TypeParam& looked_at = map;
    EXPECT_EQ(looked_at.visit_indexed(keys,
                                      [&](const auto& element, std::size_t index) {
                                        EXPECT_EQ(element.first, keys[index]);
                                        met.emplace_back(index, element.second);
                                      }),
              expected.size());
    EXPECT_EQ(met, expected);

    std::vector<bool> there;
    EXPECT_EQ(looked_at.contains(keys, std::back_inserter(there)), expected.size());
    ASSERT_EQ(there.size(), keys.size());
    for (std::size_t n = 0; n < keys.size(); ++n) EXPECT_EQ(there[n], keys[n] < present);
    std::vector<bool> overwritten(keys.size());
    EXPECT_EQ(looked_at.contains(keys, overwritten.begin()), expected.size());
    EXPECT_EQ(overwritten, there);
  }
}

TYPED_TEST(batch, changes_values) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    TypeParam map;
    const std::uint64_t present = fill_numbers_to(at, map);
    std::forward_list<std::uint64_t> keys;  // no more than forward iterators
    for (std::uint64_t n = 0; n < present; n += 2) keys.push_front(n);
    const auto length = static_cast<std::size_t>(std::distance(keys.begin(), keys.end()));
    EXPECT_EQ(map.visit(keys.begin(), keys.end(), [](auto& element) { ++element.second; }), length);
    for (std::uint64_t n = 0; n < present; ++n) EXPECT_EQ(map.at(n), 3 * n + (n % 2 == 0 ? 1 : 0));
  }
}

TYPED_TEST(batch, erases) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    TypeParam map;
    const std::uint64_t present = fill_numbers_to(at, map);
    std::vector<std::uint64_t> keys = mixed_keys(present);
    std::erase_if(keys, [](std::uint64_t key) { return key % 4 == 0; });
    std::uint64_t left = 0;
    for (std::uint64_t n = 0; n < present; ++n) left += n % 4 == 0 ? 1u : 0u;
    EXPECT_EQ(map.erase_keys(keys), present - left);
    EXPECT_EQ(map.size(), left);
    EXPECT_EQ(map.check_invariants(), nullptr);
    for (std::uint64_t n = 0; n < present; ++n) EXPECT_EQ(map.contains(n), n % 4 == 0) << n;
    EXPECT_EQ(map.erase_keys(keys), 0u);
  }
}

TYPED_TEST(batch, inserts_and_keeps_what_is_there) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    TypeParam map;
    const std::uint64_t present = fill_numbers_to(at, map);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> elements;
    for (std::uint64_t n = 0; n < 3 * present; ++n) {
      elements.emplace_back(n, 7 * n);
      if (n % 10 == 0) elements.emplace_back(n, 11);  // again
    }
    map.insert(elements.begin(), elements.end());
    EXPECT_EQ(map.size(), 3 * present);
    EXPECT_EQ(map.check_invariants(), nullptr);
    for (std::uint64_t n = 0; n < 3 * present; ++n) {
      EXPECT_EQ(map.at(n), n < present ? 3 * n : 7 * n);
    }
  }
}

TYPED_TEST(batch, merges) {
  for (const stage target_at : all_stages) {
    for (const stage source_at : {stage::before, stage::halfway}) {
      SCOPED_TRACE(testing::Message() << name_of(source_at) << " into " << name_of(target_at));
      TypeParam target;
      TypeParam source;
      const std::uint64_t in_target = fill_numbers_to(target_at, target);
      fill_to(source_at, source, [&](std::uint64_t n) { source.try_emplace(n + 250, n); });
      const std::size_t both = target.size() + source.size();
      target.merge(source);
      EXPECT_EQ(target.size() + source.size(), both);
      EXPECT_EQ(target.check_invariants(), nullptr);
      EXPECT_EQ(source.check_invariants(), nullptr);
      for (const auto& [key, value] : target)
        EXPECT_EQ(value, key < in_target ? 3 * key : key - 250);
      for (const auto& [key, value] : source) EXPECT_LT(key, in_target);
    }
  }
}

// The map takes a new seed in the middle of a range, so that the hashes known ahead are worthless.
TEST(batch_under_reseeding, goes_on) {
  number_map<small_chunks> map;
  std::uint64_t next = fill_numbers_to(stage::before, map);
  for (int round = 0; round < 20; ++round) {
    map.reseed_gradually();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> elements;
    for (int n = 0; n < 200; ++n, ++next) elements.emplace_back(next, 3 * next);
    map.insert(elements.begin(), elements.end());
    const std::vector<std::uint64_t> keys = mixed_keys(next);
    std::size_t expected = 0;
    for (const std::uint64_t key : keys) expected += key < next ? 1u : 0u;
    EXPECT_EQ(map.visit(keys, [](auto& element) { EXPECT_EQ(element.second, 3 * element.first); }),
              expected);
    EXPECT_EQ(map.check_invariants(), nullptr);
  }
  std::vector<std::uint64_t> odd;
  for (std::uint64_t n = 1; n < next; n += 2) odd.push_back(n);
  map.reseed_gradually();
  map.step(3);
  ASSERT_TRUE(map.migrating());
  EXPECT_EQ(map.erase_keys(odd), odd.size());
  EXPECT_EQ(map.size(), next - odd.size());
}

TEST(batch_of_texts, takes_what_find_takes) {
  map_of<std::string, int, small_chunks> map;
  steady::hash_map<std::string, int, std::hash<std::string>> plain;  // not transparent
  std::vector<std::string> kept;
  for (int n = 0; n < 500; ++n) {
    kept.push_back("a key too long for the small string buffer: " + std::to_string(n));
    map[kept.back()] = n;
    plain[kept.back()] = n;
  }
  std::vector<std::string_view> views(kept.begin(), kept.end());
  std::vector<const char*> pointers;
  for (const std::string& key : kept) pointers.push_back(key.c_str());
  int sum = 0;
  EXPECT_EQ(map.visit(views, [&](const auto& element) { sum += element.second; }), 500u);
  EXPECT_EQ(map.visit(pointers, [&](const auto& element) { sum += element.second; }), 500u);
  EXPECT_EQ(plain.visit(pointers, [&](const auto& element) { sum += element.second; }), 500u);
  EXPECT_EQ(map.visit(views.rbegin(), views.rbegin() + 1,
                      [&](const auto& element) { EXPECT_EQ(element.second, 499); }),
            1u);
  EXPECT_EQ(sum, 3 * 499 * 500 / 2);
  map.prefetch(kept[3]);
  map.prefetch(views[3]);
  // find() takes no view there, but keys can be made of views.
  EXPECT_EQ(plain.visit(views, [&](const auto& element) { sum += element.second; }), 500u);
  EXPECT_EQ(sum, 4 * 499 * 500 / 2);
  EXPECT_EQ(plain.erase_keys(pointers), 500u);
  EXPECT_TRUE(plain.empty());
}

// Takes anything, and says nothing of being transparent: find() makes a key of what it is given.
struct hash_of_anything {
  template <class T>
  std::size_t operator()(const T& value) const {
    return std::hash<T>()(value);
  }
};

TEST(batch_of_what_becomes_a_key, finds_what_find_finds) {
  steady::hash_set<std::string, hash_of_anything> texts = {"red", "green"};
  const std::vector<const char*> wanted = {"red", "green", "blue"};
  std::vector<bool> found(wanted.size());
  texts.contains(wanted, found.begin());
  EXPECT_EQ(found, std::vector<bool>({true, true, false}));
  EXPECT_EQ(texts.erase_keys(wanted), 2u);

  steady::hash_set<std::uint32_t> numbers = {static_cast<std::uint32_t>(-1), 3};
  const std::vector<long long> wide = {-1, 3, 4};
  numbers.contains(wide, found.begin());
  EXPECT_EQ(found, std::vector<bool>({true, true, false}));
  EXPECT_EQ(numbers.visit(wide, [](std::uint32_t) {}), 2u);
}

TEST(batch_of_moved_elements, takes_only_new_ones) {
  map_of<std::string, std::string, small_chunks> map;
  for (int n = 0; n < 300; ++n) map[std::to_string(2 * n)] = "old";
  std::vector<std::pair<std::string, std::string>> elements;
  for (int n = 0; n < 600; ++n)
    elements.emplace_back(std::to_string(n), "a text in memory of its own");
  map.insert(std::make_move_iterator(elements.begin()), std::make_move_iterator(elements.end()));
  ASSERT_EQ(map.size(), 600u);
  for (int n = 0; n < 600; ++n) {
    const auto at = static_cast<std::size_t>(n);
    EXPECT_EQ(elements[at].second.empty(), n % 2 == 1);
    EXPECT_EQ(map.at(std::to_string(n)), n % 2 == 0 ? "old" : "a text in memory of its own");
  }
}

TEST(batch_of_a_set, hands_out_const_keys) {
  set_of<std::uint64_t, small_chunks> set;
  for (std::uint64_t n = 0; n < 300; ++n) set.insert(n);
  const std::vector<std::uint64_t> keys{5, 7, 1000};
  EXPECT_EQ(set.visit(keys,
                      [](auto& key) {
                        static_assert(std::is_same_v<decltype(key), const std::uint64_t&>);
                      }),
            2u);
}

TEST(batch_of_an_empty_map, finds_nothing) {
  number_map<small_chunks> map;
  const std::vector<std::uint64_t> keys{1, 2, 3};
  EXPECT_EQ(map.visit(keys, [](auto&) { FAIL(); }), 0u);
  EXPECT_EQ(map.erase_keys(keys), 0u);
  map.prefetch(1);
  EXPECT_EQ(map.visit(std::vector<std::uint64_t>(), [](auto&) { FAIL(); }), 0u);
}

// What a visitor changes is saved for snapshots first.
TEST(batch_beside_a_snapshot, keeps_what_it_shows) {
  number_map<small_chunks> map;
  const std::uint64_t present = fill_numbers_to(stage::halfway, map);
  steady::snapshot before(map);
  std::vector<std::uint64_t> keys;
  for (std::uint64_t n = 0; n < present; ++n) keys.push_back(n);
  map.visit(keys, [](auto& element) { element.second = 1; });
  map.erase_keys(keys);
  std::uint64_t shown = 0;
  while (!before.done()) {
    before.step(8, [&](const auto& element) {
      EXPECT_EQ(element.second, 3 * element.first);
      ++shown;
    });
  }
  EXPECT_EQ(shown, present);
}

// One hash for each key, and one search, as for single lookups.
TEST(batch_work, is_that_of_single_lookups) {
  number_map<counted> map;
  const std::uint64_t present = fill_numbers_to(stage::done, map);
  map.step(1000);
  const std::vector<std::uint64_t> keys = mixed_keys(present);
  map.reset_work();
  map.visit(keys, [](auto&) {});
  EXPECT_EQ(map.work().hashes_taken, keys.size());
  EXPECT_EQ(map.work().chains_probed, keys.size());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> known;
  for (std::uint64_t n = 0; n < present; ++n) known.emplace_back(n, 0);
  map.reset_work();
  map.insert(known.begin(), known.end());
  EXPECT_EQ(map.work().hashes_taken, known.size());
  EXPECT_EQ(map.work().elements_moved, 0u);
  map.reset_work();
  EXPECT_EQ(map.erase_keys(keys), present);
  EXPECT_EQ(map.work().hashes_taken, keys.size());
}

// Whatever throws, what was done before stays, and nothing else is done.
TEST(batch_that_throws, is_done_up_to_there) {
  using map_type = map_of<std::uint64_t, copied, small_chunks, fallible_hash>;
  for (std::size_t chance = 0;; chance += 1 + chance / 8) {
    map_type map;
    for (std::uint64_t n = 0; n < 300; n += 2) map.try_emplace(n, copied(n));
    std::vector<std::pair<std::uint64_t, copied>> elements;
    for (std::uint64_t n = 0; n < 400; ++n) elements.emplace_back(n, copied(n + 1));
    countdown::arm(chance);
    bool thrown = false;
    try {
      map.insert(elements.begin(), elements.end());
    } catch (const injected_failure&) {
      thrown = true;
    }
    countdown::disarm();
    ASSERT_EQ(map.check_invariants(), nullptr);
    // The odd ones that are there come from the beginning of the range.
    bool ended = false;
    for (std::uint64_t n = 0; n < 400; ++n) {
      const bool was_there = n < 300 && n % 2 == 0;
      if (was_there) {
        EXPECT_EQ(map.at(n).number(), n);
      } else if (!map.contains(n)) {
        ended = true;
      } else {
        EXPECT_FALSE(ended) << n;
        EXPECT_EQ(map.at(n).number(), n + 1);
      }
    }
    EXPECT_EQ(ended, thrown);
    if (!thrown) break;
  }
}

TEST(batch_visitor_that_throws, has_visited_what_came_before) {
  number_map<small_chunks> map;
  fill_numbers_to(stage::halfway, map);
  const std::vector<std::uint64_t> keys{3, 2, 1, 4, 5};
  std::vector<std::uint64_t> visited;
  EXPECT_THROW(map.visit(keys,
                         [&](auto& element) {
                           if (element.first == 1) throw injected_failure();
                           visited.push_back(element.first);
                         }),
               injected_failure);
  EXPECT_EQ(visited, (std::vector<std::uint64_t>{3, 2}));
  EXPECT_EQ(map.check_invariants(), nullptr);
}

TEST(batch_visitor_that_changes_the_map, is_told) {
  GTEST_FLAG_SET(death_test_style, "fast");
  number_map<small_chunks> map;
  fill_numbers_to(stage::halfway, map);
  const std::vector<std::uint64_t> keys{3, 2, 1};
  EXPECT_DEATH(map.visit(keys, [&](auto&) { map.erase(1); }), "changed from within its own");
}

}  // namespace
