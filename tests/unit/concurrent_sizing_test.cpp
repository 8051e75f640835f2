// When a concurrent container grows, shrinks, compacts and reseeds, and to which size
// (shared_sizing.hpp): as requests, walks, load limits and earlier migrations ask for it, and no
// more.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

namespace {

constexpr std::uint64_t first_colliding = 1'000'000'000;

// Under which no seed parts the keys from there on.
struct partly_broken_hash {
  std::size_t operator()(std::uint64_t key) const noexcept {
    return key < first_colliding ? static_cast<std::size_t>(key) : 7;
  }
};
using attacked_map = steady::concurrent_hash_map<std::uint64_t, std::uint64_t, partly_broken_hash>;

template <int Percent>
struct loaded : steady::default_concurrent_policy {
  static constexpr double load_limit = Percent / 100.0;
};
template <int Percent, class Hash = steady::hash<std::uint64_t>>
using map_loaded =
    steady::concurrent_hash_map<std::uint64_t, std::uint64_t, Hash, std::equal_to<std::uint64_t>,
                                std::allocator<std::pair<const std::uint64_t, std::uint64_t>>,
                                loaded<Percent>>;

template <class Map>
void fill(Map& map, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(first + n, n);
  map.finish();
}

// ---- requests and walks ----

// Calls `f` in another thread while a walk is on.
template <class Map, class F>
void during_a_walk(Map& map, const F& f) {
  map.visit_while([&](const auto&) {
    std::thread(f).join();
    return false;
  });
}

class held_back_reseeding : public testing::Test {
 public:
  attacked_map map;

  held_back_reseeding() {
    map.reserve(100'000);
    fill(map, 0, 1000);
    large = map.bucket_count();
  }
  void expect_shrunk_and_reseeded() {
    map.finish();
    EXPECT_LE(map.bucket_count(), 2048u);
    EXPECT_LT(map.bucket_count(), large);
    EXPECT_EQ(map.stats().migrations.reseed, 1u);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }

  std::size_t large = 0;
};

TEST_F(held_back_reseeding, lets_shrinking_start) {
  during_a_walk(map, [this] {
    map.reseed_gradually();
    EXPECT_FALSE(map.migrating()) << "a reseeding and a walk at a time";
    map.shrink_gradually();
    EXPECT_TRUE(map.migrating());
  });
  EXPECT_EQ(map.stats().migrations.reseed, 0u);
  expect_shrunk_and_reseeded();
}

TEST_F(held_back_reseeding, lets_compaction_start) {
  during_a_walk(map, [this] {
    map.reseed_gradually();
    map.compact_gradually();
    EXPECT_TRUE(map.migrating());
  });
  map.finish();
  EXPECT_EQ(map.stats().migrations.compact, 1u);
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
}

TEST_F(held_back_reseeding, lets_memory_be_given_back_under_attack) {
  fill(map, first_colliding, 50);
  during_a_walk(map, [this] {
    for (std::uint64_t n = 50; n < 400; ++n) map.try_emplace(first_colliding + n, n);
    map.reserve(0);  // looks at the request that the long chain has made
    map.trim(1);
    EXPECT_TRUE(map.migrating());
  });
  EXPECT_EQ(map.stats().migrations.reseed, 0u);
  expect_shrunk_and_reseeded();
}

// A request to shrink what is as small as can be is met at once: later erasures shrink nothing.
TEST_F(held_back_reseeding, leaves_no_request_to_shrink_that_has_been_met) {
  map.rehash(0);
  const std::size_t slots = map.bucket_count();
  std::set<std::uint64_t> locked;  // the keys beside that which the walk visits
  steady::cursor at;
  while (locked.empty()) {
    at = map.scan(at, 1, [&](const auto& element) { locked.insert(element.first); });
  }
  during_a_walk(map, [&] {
    map.reseed_gradually();
    map.shrink_gradually();
    for (std::uint64_t n = 0; n < 900; ++n) {
      if (!locked.contains(n)) map.erase(n);
    }
    map.step(1);
    EXPECT_FALSE(map.migrating());
  });
  EXPECT_LT(map.size(), 200u);
  map.finish();
  EXPECT_EQ(map.bucket_count(), slots);
}

// ---- load limits ----

template <class Map>
void expect_growth_alone(Map&& map) {
  fill(map, 0, 100'000);
  const steady::stats now = map.stats();
  EXPECT_GT(now.migrations.grow, 0u);
  EXPECT_EQ(now.migrations.compact, 0u);
  EXPECT_EQ(now.migrations.reseed, 0u);
  EXPECT_EQ(now.started.overflow, 0u);
}

template <int Percent>
using natural =
    steady::detail::natural_overflow<loaded<Percent>,
                                     typename steady::detail::slot_layout<16, 8, false>>;
static_assert(natural<80>::per_bucket == 1 && natural<80>::longest_chain == 8);
static_assert(natural<20>::per_bucket == 1 && natural<20>::longest_chain == 8);
static_assert(natural<400>::per_bucket > 24 && natural<400>::longest_chain > 12);

TEST(concurrent_load_limit, above_one_lets_overflow_be) {
  expect_growth_alone(map_loaded<80>());
  expect_growth_alone(map_loaded<120>());
  expect_growth_alone(map_loaded<200>());
  expect_growth_alone(map_loaded<300>());
  expect_growth_alone(map_loaded<400>());
}

TEST(concurrent_load_limit, above_one_knows_an_attack_from_chance) {
  map_loaded<400, partly_broken_hash> map;
  fill(map, 0, 1000);
  EXPECT_EQ(map.stats().migrations.reseed, 0u);
  fill(map, first_colliding, 400);
  EXPECT_GE(map.stats().migrations.reseed, 1u);
}

template <int Percent>
void expect_what_is_asked_for(std::size_t slots) {
  SCOPED_TRACE(testing::Message() << slots << " slots, load limit " << Percent << " %");
  map_loaded<Percent> map;
  fill(map, 0, 10);
  map.rehash(slots);
  EXPECT_EQ(map.bucket_count(), slots);
  EXPECT_EQ(map.stats().migrations.shrink, 0u);
  map_loaded<Percent> reserved;
  fill(reserved, 0, 10);
  const auto room = static_cast<std::uint64_t>(static_cast<double>(slots) * (Percent / 100.0));
  reserved.reserve(room);
  EXPECT_EQ(reserved.bucket_count(), slots);
  fill(reserved, 0, room);
  EXPECT_EQ(reserved.bucket_count(), slots);
  fill(reserved, room, 1);
  EXPECT_EQ(reserved.bucket_count(), 2 * slots);
}

TEST(concurrent_load_limit, decides_what_rehash_and_reserve_provide) {
  for (std::size_t slots = 128; slots <= 8192; slots *= 2) {
    expect_what_is_asked_for<80>(slots);
    expect_what_is_asked_for<70>(slots);
    expect_what_is_asked_for<100>(slots);
    expect_what_is_asked_for<310>(slots);
  }
}

// ---- what earlier migrations have left ----

// Some 520 overflow buckets beside 512 buckets.
std::uint64_t compactions_when_crowded(attacked_map& map) {
  const std::uint64_t before = map.stats().migrations.compact;
  fill(map, 0, 2000);
  fill(map, first_colliding, 4300);
  return map.stats().migrations.compact - before;
}

TEST(concurrent_compaction, does_not_depend_on_what_one_of_a_larger_map_has_left) {
  attacked_map fresh;
  const std::uint64_t of_fresh_one = compactions_when_crowded(fresh);
  EXPECT_GE(of_fresh_one, 1u);
  attacked_map was_large;
  fill(was_large, 0, 100'000);
  was_large.compact_gradually();
  was_large.finish();
  EXPECT_GT(was_large.stats().overflow_buckets, 600u);
  for (std::uint64_t n = 0; n < 100'000; ++n) was_large.erase(n);
  was_large.rehash(0);
  EXPECT_EQ(compactions_when_crowded(was_large), of_fresh_one);
  EXPECT_EQ(was_large.bucket_count(), fresh.bucket_count());
}

}  // namespace
