// scan() and for_each(): every element exactly once, whatever happens between two calls.
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>

#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Map>
class scans : public testing::Test {};

using maps =
    testing::Types<number_map<>, number_map<leaf_headers>, number_map<narrow>,
                   number_map<small_chunks>,
                   map_of<std::uint64_t, std::uint64_t, narrow_without_reseeding, narrow_hash>,
                   steady::node_hash_map<std::uint64_t, std::uint64_t>>;
TYPED_TEST_SUITE(scans, maps);

template <class Map>
std::map<std::uint64_t, int> scan_all(const Map& map, std::size_t buckets_at_once) {
  std::map<std::uint64_t, int> met;
  steady::cursor at;
  while (!at.at_end()) {
    at = map.scan(at, buckets_at_once, [&](const auto& element) { ++met[element.first]; });
  }
  return met;
}

void expect_once_each(const std::map<std::uint64_t, int>& met, std::uint64_t count) {
  ASSERT_EQ(met.size(), count);
  for (const auto& [key, times] : met) ASSERT_EQ(times, 1) << key;
}

TYPED_TEST(scans, meet_every_element_once_in_every_stage) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    TypeParam map;
    const std::uint64_t count = fill_numbers_to(at, map);
    expect_once_each(scan_all(map, 1), count);
    expect_once_each(scan_all(map, 7), count);
    std::map<std::uint64_t, int> met;
    std::as_const(map).for_each([&](const auto& element) { ++met[element.first]; });
    expect_once_each(met, count);
  }
}

// Things that a program may do to a map between two calls of scan().
template <class Map>
class disturbance {
 public:
  disturbance(Map& map, std::uint32_t seed) : map_(map), random_(seed) {}

  // Keys are never used again; those below `lasting` stay.
  void disturb(std::uint64_t lasting) {
    switch (random_() % 16) {
      case 0:
        return map_.shrink_gradually();
      case 1:
        return map_.compact_gradually();
      case 2:
        return map_.reserve_gradually(map_.size() * 3);
      case 3:
        return map_.rehash(random_() % 2 == 0 ? 0 : map_.bucket_count() * 2);
      case 4:
        return map_.finish();
      case 5:
      case 6: {
        for (int n = 0; n < 200; ++n) map_.try_emplace(next_++, 0);
        return;
      }
      case 7:
      case 8: {
        for (; oldest_ < next_ && random_() % 512 != 0; ++oldest_) {
          if (oldest_ >= lasting) map_.erase(oldest_);
        }
        return;
      }
      default:
        map_.step(random_() % 8);
    }
  }

  void start_behind(std::uint64_t last) { next_ = oldest_ = last; }
  bool alive(std::uint64_t key, std::uint64_t lasting) const {
    return key < lasting || (key >= oldest_ && key < next_);
  }

 private:
  Map& map_;
  std::mt19937 random_;
  std::uint64_t next_ = 0;
  std::uint64_t oldest_ = 0;
};

TYPED_TEST(scans, meet_what_stays_once_whatever_happens) {
  constexpr std::uint64_t lasting = 500;
  for (std::uint32_t seed = 0; seed < (sanitized ? 20 : 60); ++seed) {
    SCOPED_TRACE(seed);
    TypeParam map;
    for (std::uint64_t n = 0; n < lasting; ++n) map.try_emplace(n, n);
    disturbance<TypeParam> other(map, seed);
    other.start_behind(lasting);
    std::map<std::uint64_t, int> met;
    steady::cursor at;
    while (!at.at_end()) {
      const std::uint64_t number = at.to_number();
      at = map.scan(steady::cursor::from_number(number), 1, [&](const auto& element) {
        ++met[element.first];
        ASSERT_TRUE(other.alive(element.first, lasting)) << element.first;
      });
      if (seed % 3 == 0 || met.size() % 5 == 0) other.disturb(lasting);
    }
    for (const auto& [key, times] : met) ASSERT_EQ(times, 1) << key;
    for (std::uint64_t n = 0; n < lasting; ++n) ASSERT_EQ(met.count(n), 1u) << n;
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }
}

TYPED_TEST(scans, are_shared_by_parts_of_the_line) {
  for (const stage at : all_stages) {
    TypeParam map;
    const std::uint64_t count = fill_numbers_to(at, map);
    for (const std::uint64_t parts : {1u, 2u, 3u, 7u, 64u}) {
      std::map<std::uint64_t, int> met;
      for (std::uint64_t part = 0; part < parts; ++part) {
        map.for_each(steady::line_part(part, parts), [&](auto& element) { ++met[element.first]; });
      }
      expect_once_each(met, count);
    }
  }
}

template <class Map>
bool accepts(const Map& map, steady::cursor at) {
  try {
    map.scan(at, 1, [](const auto&) {});
    return true;
  } catch (const steady::stale_cursor&) {
    return false;
  }
}

TEST(scan, changes_values_but_not_those_of_a_const_map) {
  number_map<> map;
  fill_numbers_to(stage::halfway, map);
  map.for_each([](auto& element) { element.second = 1; });
  map.scan({}, 1'000'000, [](auto& element) { ++element.second; });
  map.for_each([](auto& element) {
    static_assert(!std::is_const_v<std::remove_reference_t<decltype(element.second)>>);
    ASSERT_EQ(element.second, 2u);
  });
  std::as_const(map).for_each([](auto& element) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(element)>>);
  });
  steady::hash_set<int> set{1, 2, 3};
  int sum = 0;
  set.for_each([&](auto& key) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(key)>>);
    sum += key;
  });
  EXPECT_EQ(sum, 6);
}

TEST(scan, visits_as_many_buckets_as_it_may) {
  number_map<counted> map;
  fill_numbers_to(stage::before, map);
  std::size_t calls = 0;
  for (steady::cursor at; !at.at_end(); ++calls) at = map.scan(at, 4, [](const auto&) {});
  EXPECT_EQ(calls, map.stats().buckets / 4);
  map.reset_work();
  map.for_each([](const auto&) {});
  EXPECT_EQ(map.work().hashes_taken, 0u);
}

TEST(scan, of_an_empty_map_is_at_its_end) {
  const number_map<> map;
  EXPECT_TRUE(map.scan({}, 1, [](const auto&) {}).at_end());
  EXPECT_TRUE(map.scan(steady::cursor::end(), 1, [](const auto&) {}).at_end());
  map.for_each([](const auto&) { FAIL(); });
}

// Only the number 0 is at the start of every container.
TYPED_TEST(scans, know_a_number_that_no_cursor_of_theirs_has) {
  TypeParam map;
  fill_numbers_to(stage::before, map);
  for (const std::uint64_t position : {std::uint64_t{1} << 16, ~std::uint64_t{0} << 16}) {
    EXPECT_FALSE(accepts(map, steady::cursor::from_number(position)));
  }
  EXPECT_TRUE(accepts(map, steady::cursor::from_number(0)));
}

TEST(scan, knows_a_cursor_of_another_container) {
  number_map<> a;
  fill_numbers_to(stage::before, a);
  number_map<> b;
  do {
    b = number_map<>();  // a line of its own, of the same name once in 65,534 times
    fill_numbers_to(stage::before, b);
  } while (a.scan({}, 1, [](const auto&) {}).line() == b.scan({}, 1, [](const auto&) {}).line());
  const steady::cursor at = a.scan({}, 1, [](const auto&) {});
  EXPECT_THROW(b.scan(at, 1, [](const auto&) {}), steady::stale_cursor);
  number_map<> moved = std::move(a);
  EXPECT_FALSE(moved.scan(at, 1, [](const auto&) {}).at_end());
}

TEST(scan, refuses_all_cursors_from_before_a_reseeding) {
  number_map<> map;
  fill_numbers_to(stage::before, map);
  std::set<std::uint64_t> lines;
  const int times = 1000;
  for (int n = 0; n < times; ++n) {
    lines.insert(map.scan({}, 1, [](const auto&) {}).line());
    map.reseed_gradually();
    map.finish();
  }
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(times));
}

// A copy has the order of its original, but not for long: so it rejects its cursors from the start.
// Names are drawn at random, and one in 65,534 is the same.
TEST(scan, rejects_cursors_of_the_original_and_of_the_copy) {
  unsigned accepted = 0;
  for (unsigned n = 0; n < 20; ++n) {
    number_map<> map;
    fill_numbers_to(stage::before, map);
    const steady::cursor of_map = map.scan({}, 1, [](const auto&) {});
    number_map<> copy = map;
    accepted += accepts(copy, of_map) ? 1u : 0u;
    copy.clear();
    fill_numbers_to(stage::before, copy);
    accepted += accepts(copy, of_map) ? 1u : 0u;
    accepted += accepts(map, copy.scan({}, 1, [](const auto&) {})) ? 1u : 0u;
  }
  EXPECT_LE(accepted, 1u);
}

TEST(scan, goes_on_in_the_target_of_a_move_and_not_in_its_source) {
  unsigned accepted = 0;
  for (unsigned n = 0; n < 20; ++n) {
    number_map<> source;
    fill_numbers_to(stage::before, source);
    const steady::cursor at = source.scan({}, 1, [](const auto&) {});
    const number_map<> target = std::move(source);
    EXPECT_TRUE(accepts(target, at));
    fill_numbers_to(stage::before, source);
    accepted += accepts(source, at) ? 1u : 0u;
  }
  EXPECT_LE(accepted, 1u);
}

TEST(scan, goes_on_after_a_clear) {
  number_map<> map;
  fill_numbers_to(stage::before, map);
  const steady::cursor at = map.scan({}, 1, [](const auto&) {});
  map.clear_gradually();
  fill_numbers_to(stage::before, map);
  EXPECT_NO_THROW(map.scan(at, 1, [](const auto&) {}));
}

TEST(scan, goes_on_where_it_was_after_an_exception) {
  number_map<> map;
  fill_numbers_to(stage::before, map);
  struct failure {};
  const steady::cursor at = map.scan({}, 3, [](const auto&) {});
  EXPECT_THROW(map.scan(at, 3, [](const auto&) { throw failure(); }), failure);
  std::uint64_t met = 0;
  for (steady::cursor rest = at; !rest.at_end();) {
    rest = map.scan(rest, 3, [&](const auto&) { ++met; });
  }
  map.scan({}, 3, [&](const auto&) { ++met; });
  EXPECT_EQ(met, map.size());
}

TEST(line_part, is_one_of_as_many_as_asked_for) {
  EXPECT_THROW(steady::line_part(3, 3), std::invalid_argument);
  EXPECT_THROW(steady::line_part(0, 0), std::invalid_argument);
  for (const std::uint64_t parts : {1u, 3u, 1000u}) {
    std::uint64_t next = 0;
    for (std::uint64_t part = 0; part < parts; ++part) {
      const steady::line_part one(part, parts);
      EXPECT_EQ(one.first(), next);
      next = one.last() + 1;
    }
    EXPECT_EQ(next, 0u) << "the last part ends with the line";
  }
}

TEST(for_each, is_shared_by_threads) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::halfway, map);
  std::vector<std::uint64_t> sums(4);
  {
    std::vector<std::thread> threads;
    for (std::uint64_t part = 0; part < sums.size(); ++part) {
      threads.emplace_back([&, part] {
        std::uint64_t sum = 0;
        std::as_const(map).for_each(steady::line_part(part, sums.size()),
                                    [&](const auto& element) { sum += element.second; });
        sums[part] = sum;
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  EXPECT_EQ(total, 3 * count * (count - 1) / 2);
}

}  // namespace
