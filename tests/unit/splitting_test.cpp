// Elements that are split as plain bytes, and others: both must come out the same.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/detail/elements/elements.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_set.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;

constexpr unsigned every = sanitized ? 320 : 64;  // steps between two looks at everything

// Builds and destroys elements itself, and counts.
template <class T>
struct building_allocator {
  using value_type = T;

  building_allocator() = default;
  template <class U>
  building_allocator(const building_allocator<U>&) {}

  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* at, std::size_t n) { std::allocator<T>().deallocate(at, n); }

  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ++built;
    std::construct_at(at, std::forward<Arguments>(arguments)...);
  }
  template <class U>
  void destroy(U* at) {
    ++destroyed;
    std::destroy_at(at);
  }

  friend bool operator==(const building_allocator&, const building_allocator&) { return true; }

  static inline std::size_t built = 0;
  static inline std::size_t destroyed = 0;
};

TEST(splitting, leaves_it_to_an_allocator_to_build_elements_that_is_able_to) {
  using pair = std::pair<const std::uint64_t, std::uint64_t>;
  using allocator = building_allocator<pair>;
  {
    steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                     allocator>
        map;
    for (std::uint64_t n = 0; n < 5000; ++n) map.try_emplace(n, 3 * n);
    map.finish();
    EXPECT_GT(allocator::built, 2 * map.size());  // each was moved at least once
    EXPECT_EQ(allocator::built - allocator::destroyed, map.size());
    for (std::uint64_t n = 0; n < 5000; ++n) ASSERT_EQ(map.at(n), 3 * n);
    ASSERT_STREQ(map.check_invariants(), nullptr);
    map.clear_gradually();
    map.finish();
    EXPECT_EQ(allocator::built, allocator::destroyed);
    for (std::uint64_t n = 0; n < 5000; ++n) map.try_emplace(n, 3 * n);
  }
  EXPECT_EQ(allocator::built, allocator::destroyed);
}

TEST(splitting, copies_bytes_only_where_elements_are_no_more) {
  using numbers = steady::detail::map_elements<std::uint64_t, std::uint64_t>;
  using texts = steady::detail::map_elements<std::uint64_t, std::string>;
  using plain = std::allocator<numbers::value_type>;
  EXPECT_TRUE(numbers::is_copied_as_bytes<plain>());
  EXPECT_FALSE(numbers::is_copied_as_bytes<building_allocator<numbers::value_type>>());
  EXPECT_FALSE(texts::is_copied_as_bytes<std::allocator<texts::value_type>>());
  EXPECT_TRUE(steady::detail::set_elements<int>::is_copied_as_bytes<std::allocator<int>>());
}

TEST(splitting, hashes_bytes_only_where_any_bytes_are_a_key) {
  using steady::detail::hashes_any_bytes;
  struct own_hash : steady::hash<int> {};
  EXPECT_TRUE((hashes_any_bytes<steady::hash<int>, int>));
  EXPECT_TRUE((hashes_any_bytes<steady::hash<void*>, void*>));
  EXPECT_FALSE((hashes_any_bytes<steady::hash<bool>, bool>));
  EXPECT_FALSE((hashes_any_bytes<steady::hash<std::string>, std::string>));
  EXPECT_FALSE((hashes_any_bytes<own_hash, int>));
}

// Where elements are 1, 2, 4 and 8 bytes: these are all copied as bytes.
template <class Key>
void grow_shrink_and_compact() {
  set_of<Key> set;
  const auto number = [](std::uint64_t n) { return static_cast<Key>(n); };
  const std::uint64_t most = sizeof(Key) == 1 ? 256 : 20'000;
  for (std::uint64_t n = 0; n < most; ++n) {
    ASSERT_TRUE(set.insert(number(n)).second);
    if (n % 97 == 0) {
      ASSERT_STREQ(set.check_invariants(), nullptr) << n;
    }
  }
  for (std::uint64_t n = 0; n < most; n += 2) set.erase(number(n));
  set.compact_gradually();
  for (unsigned n = 0; set.step(1) != 0; ++n) {
    if (n % every == 0) {
      ASSERT_STREQ(set.check_invariants(), nullptr) << n;
    }
  }
  set.shrink_gradually();
  set.finish();
  ASSERT_STREQ(set.check_invariants(), nullptr);
  for (std::uint64_t n = 0; n < most; ++n) ASSERT_EQ(set.contains(number(n)), n % 2 == 1) << n;
}

// So few buckets in a chunk that an evacuation has two targets whatever the array grows to.
struct two_buckets_a_chunk : narrow {
  static constexpr std::size_t chunk_bytes = 2 * 4 * sizeof(std::string);
};

// Elements that are slow to hash, so that the buckets cache hash bits.
template <class Set>
void grow_shrink_and_compact_texts() {
  Set set;
  const auto key = [](std::uint64_t n) { return "key " + std::to_string(n); };
  constexpr std::uint64_t most = 10'000;  // through several sets of cached hash bits
  for (std::uint64_t n = 0; n < most; ++n) {
    ASSERT_TRUE(set.insert(key(n)).second);
    if (n % (8 * every - 1) == 0) {
      ASSERT_STREQ(set.check_invariants(), nullptr) << n;
    }
  }
  for (std::uint64_t n = 0; n < most; n += 2) set.erase(key(n));
  const auto finish_and_check = [&] {
    for (std::uint64_t n = 0; set.step(1) != 0; ++n) {
      if (n % every == 0) {
        ASSERT_STREQ(set.check_invariants(), nullptr);
      }
    }
    ASSERT_STREQ(set.check_invariants(), nullptr);
  };
  set.compact_gradually();
  finish_and_check();
  const Set copy = set;
  ASSERT_STREQ(copy.check_invariants(), nullptr);
  set.shrink_gradually();
  while (set.step(500) != 0) ASSERT_STREQ(set.check_invariants(), nullptr);
  ASSERT_STREQ(set.check_invariants(), nullptr);
  for (std::uint64_t n = 0; n < most; ++n) ASSERT_EQ(set.contains(key(n)), n % 2 == 1) << n;
  set.reserve_gradually(20 * most);  // more than one doubling at a time
  finish_and_check();
}

TEST(splitting, keeps_elements_that_are_dear_to_hash) {
  grow_shrink_and_compact_texts<steady::hash_set<std::string>>();
  grow_shrink_and_compact_texts<steady::node_hash_set<std::string>>();
  grow_shrink_and_compact_texts<
      steady::hash_set<std::string, steady::hash<std::string>, std::equal_to<>,
                       std::allocator<std::string>, narrow>>();
  grow_shrink_and_compact_texts<
      steady::hash_set<std::string, steady::hash<std::string>, std::equal_to<>,
                       std::allocator<std::string>, two_buckets_a_chunk>>();
}

// Hashes that growing to `size` took beyond one for each insertion.
template <class Set, class MakeKey>
std::uint64_t hashed_again(std::uint64_t size, const MakeKey& key) {
  Set set;
  for (std::uint64_t n = 0; n < size; ++n) set.insert(key(n));
  return set.work().hashes_taken - size;
}

TEST(splitting, hashes_no_element_again_whose_place_it_remembers) {
  constexpr std::uint64_t size = 1'400;  // to 128 buckets: less than seven doublings
  using numbers = steady::hash_set<std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                                   std::allocator<std::uint64_t>, counted>;
  using texts = steady::hash_set<std::string, steady::hash<std::string>, std::equal_to<>,
                                 std::allocator<std::string>, counted>;
  const std::uint64_t of_numbers = hashed_again<numbers>(size, [](std::uint64_t n) { return n; });
  const std::uint64_t of_texts =
      hashed_again<texts>(size, [](std::uint64_t n) { return std::to_string(n); });
  EXPECT_GT(of_numbers, size * 3 / 4);  // those that were moved
  EXPECT_LT(of_texts, size / 8);        // those that were in overflow, and their neighbours
}

TEST(splitting, keeps_elements_of_every_size) {
  grow_shrink_and_compact<std::uint8_t>();
  grow_shrink_and_compact<std::int16_t>();
  grow_shrink_and_compact<std::uint32_t>();
  grow_shrink_and_compact<std::int64_t>();
}

}  // namespace
