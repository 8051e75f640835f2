// std::pmr: maps in memory resources, and elements that take the map's resource.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/stages.hpp"

namespace {

using namespace support;

template <class Key, class T>
using pmr_map = steady::hash_map<Key, T, steady::hash<Key>, std::equal_to<>,
                                 std::pmr::polymorphic_allocator<std::pair<const Key, T>>>;

// Fails the test when anything is taken from the default resource.
class no_default_resource {
 public:
  no_default_resource()
      : before_(std::pmr::set_default_resource(std::pmr::null_memory_resource())) {}
  ~no_default_resource() { std::pmr::set_default_resource(before_); }
  no_default_resource(const no_default_resource&) = delete;
  no_default_resource& operator=(const no_default_resource&) = delete;

 private:
  std::pmr::memory_resource* before_;
};

TEST(pmr, map_lives_in_a_monotonic_buffer) {
  std::pmr::monotonic_buffer_resource buffer(std::pmr::new_delete_resource());
  const no_default_resource guard;
  pmr_map<std::uint64_t, std::uint64_t> map(&buffer);
  for (std::uint64_t n = 0; n < 20'000; ++n) map.try_emplace(n, 3 * n);
  for (std::uint64_t n = 0; n < 20'000; ++n) ASSERT_EQ(map.at(n), 3 * n);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(pmr, map_lives_in_a_pool_at_every_stage) {
  for (const stage at : all_stages) {
    std::pmr::unsynchronized_pool_resource pool(std::pmr::new_delete_resource());
    const no_default_resource guard;
    pmr_map<std::uint64_t, std::uint64_t> map(&pool);
    const auto count = fill_numbers_to(at, map);
    const pmr_map<std::uint64_t, std::uint64_t> copy(map, &pool);
    EXPECT_EQ(copy, map);
    EXPECT_EQ(map.size(), count);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
}

TEST(pmr, elements_use_the_maps_resource) {
  std::pmr::unsynchronized_pool_resource pool(std::pmr::new_delete_resource());
  const no_default_resource guard;
  pmr_map<std::pmr::string, std::pmr::string> map(&pool);
  for (int n = 0; n < 2000; ++n) {
    const std::pmr::string key(40, static_cast<char>('a' + n % 26), &pool);
    map.try_emplace(key + std::pmr::string(std::to_string(n), &pool),
                    "a value too long to be short");
  }
  for (const auto& [key, value] : map) {
    ASSERT_EQ(key.get_allocator().resource(), &pool);
    ASSERT_EQ(value.get_allocator().resource(), &pool);
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(pmr, copy_takes_the_default_resource_and_assignment_keeps_its_own) {
  std::pmr::monotonic_buffer_resource buffer;
  std::pmr::monotonic_buffer_resource other;
  pmr_map<std::pmr::string, int> map(&buffer);
  map.try_emplace("a key that is too long for the small buffer", 1);
  const auto copy = map;
  EXPECT_EQ(copy.get_allocator().resource(), std::pmr::get_default_resource());
  EXPECT_EQ(copy.begin()->first.get_allocator().resource(), std::pmr::get_default_resource());
  const auto moved = std::move(map);
  EXPECT_EQ(moved.get_allocator().resource(), &buffer);
  pmr_map<std::pmr::string, int> assigned(&other);
  assigned = moved;
  EXPECT_EQ(assigned.get_allocator().resource(), &other);
  EXPECT_EQ(assigned.begin()->first.get_allocator().resource(), &other);
  pmr_map<std::pmr::string, int> source(moved, &buffer);
  assigned = std::move(source);
  EXPECT_EQ(assigned.get_allocator().resource(), &other);
  EXPECT_EQ(assigned.begin()->first.get_allocator().resource(), &other);
  EXPECT_EQ(assigned, moved);
}

}  // namespace
