// What concurrent containers that were made of elements go on reserving: what the caller asked for,
// so that they shrink as others do.
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_pmr.hpp>
#include <steady/pmr.hpp>

namespace {

using map = steady::pmr::concurrent_hash_map<std::uint64_t, std::uint64_t>;
using set = steady::pmr::concurrent_hash_set<std::uint64_t>;

constexpr std::uint64_t count = 20'000;
constexpr std::uint64_t remaining = 10;
// What a map of so few elements has, at most; one that is still reserved for `count` has more than
// those.
constexpr std::size_t few_slots = 8192;

template <class Element>
std::vector<Element> elements(std::uint64_t different = count) {
  std::vector<Element> all;
  for (std::uint64_t n = 0; n < count; ++n) {
    if constexpr (std::is_same_v<Element, std::uint64_t>) {
      all.push_back(n % different);
    } else {
      all.emplace_back(n % different, n);
    }
  }
  return all;
}
map filled() {
  const auto all = elements<map::init_type>();
  map made;
  for (const auto& one : all) made.insert(one);
  return made;
}

// Erases nearly all, then goes on as programs do until nothing is left to migrate.
template <class Container>
std::size_t slots_after_draining(Container& container) {
  for (std::uint64_t n = remaining; n < count; ++n) container.erase(n);
  for (std::uint64_t n = 0; n < 2 * count; ++n) container.erase(n + remaining);
  container.finish();
  EXPECT_EQ(container.size(), remaining);
  EXPECT_STREQ(container.check_invariants(), nullptr);
  return container.bucket_count();
}
template <class Container>
void expect_shrinking(Container& container) {
  EXPECT_GE(container.bucket_count(), count);
  EXPECT_LE(slots_after_draining(container), few_slots);
}
template <class Container>
void expect_reserved(Container& container) {
  EXPECT_GE(slots_after_draining(container), count);
}

TEST(concurrent_reservations, are_those_of_the_caller) {
  map grown = filled();
  expect_shrinking(grown);
  map reserved;
  reserved.reserve(count);
  for (std::uint64_t n = 0; n < count; ++n) reserved.try_emplace(n, n);
  expect_reserved(reserved);
}

TEST(concurrent_reservations, are_not_copied) {
  map original = filled();
  original.reserve(count + 1);
  map copy(original);
  expect_shrinking(copy);
  map with_allocator(original, std::pmr::new_delete_resource());
  expect_shrinking(with_allocator);
  map assigned;
  assigned.reserve(4 * count);
  assigned = original;
  expect_shrinking(assigned);
  expect_reserved(original);
}

TEST(concurrent_reservations, of_containers_made_of_ranges_are_the_capacity) {
  const auto pairs = elements<map::init_type>();
  map from_iterators(pairs.begin(), pairs.end());
  expect_shrinking(from_iterators);
  map from_range(steady::from_range, pairs);
  expect_shrinking(from_range);
  map with_capacity(pairs.begin(), pairs.end(), count);
  expect_reserved(with_capacity);
  map range_with_capacity(steady::from_range, pairs, count);
  expect_reserved(range_with_capacity);

  const auto keys = elements<std::uint64_t>();
  set set_from_iterators(keys.begin(), keys.end());
  expect_shrinking(set_from_iterators);
  set set_from_range(steady::from_range, keys);
  expect_shrinking(set_from_range);
  set set_with_capacity(keys.begin(), keys.end(), count);
  expect_reserved(set_with_capacity);
}

// A range may have far fewer keys than elements.
TEST(concurrent_reservations, do_not_outlast_a_range_of_few_keys) {
  const auto keys = elements<std::uint64_t>(remaining);
  set made(keys.begin(), keys.end());
  EXPECT_LE(slots_after_draining(made), few_slots);
}

TEST(concurrent_reservations, of_containers_made_of_those_of_one_thread_are_none) {
  const auto pairs = elements<map::init_type>();
  map made(steady::pmr::hash_map<std::uint64_t, std::uint64_t>(pairs.begin(), pairs.end()));
  expect_shrinking(made);
  const auto keys = elements<std::uint64_t>();
  set made_set(steady::pmr::hash_set<std::uint64_t>(keys.begin(), keys.end()));
  expect_shrinking(made_set);
}

TEST(concurrent_reservations, are_not_released_with_the_elements) {
  auto released = filled().release();
  expect_shrinking(released);
  auto nodes = steady::concurrent_hash_map<std::uint64_t, std::string>();
  for (std::uint64_t n = 0; n < count; ++n) nodes.try_emplace(n, "text");
  auto released_nodes = nodes.release();
  expect_shrinking(released_nodes);
  set keys;
  for (std::uint64_t n = 0; n < count; ++n) keys.insert(n);
  auto released_keys = keys.release();
  expect_shrinking(released_keys);
}

TEST(concurrent_reservations, go_along_when_elements_are_moved) {
  std::pmr::monotonic_buffer_resource elsewhere;
  for (const bool is_constructed : {false, true}) {
    const auto moved = [&](map&& from) {
      if (is_constructed) return map(std::move(from), &elsewhere);
      map made(&elsewhere);
      made = std::move(from);
      return made;
    };
    map without = moved(filled());
    expect_shrinking(without);
    map reserved = filled();
    reserved.reserve(count + 1);
    map with = moved(std::move(reserved));
    expect_reserved(with);
    map empty;
    empty.reserve(count);
    map with_nothing = moved(std::move(empty));
    EXPECT_GE(with_nothing.bucket_count(), count);
  }
}

}  // namespace
