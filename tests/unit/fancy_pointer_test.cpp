// A map whose allocator deals in pointers that are not plain ones.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/snapshot.hpp>

#include "support/offset_pointer.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
class fancy_pointers : public testing::Test {
 protected:
  template <class Key, class T>
  using map_of = steady::hash_map<Key, T, steady::hash<Key>, std::equal_to<>,
                                  offset_allocator<std::pair<const Key, T>>, Policy>;
  using map_type = map_of<std::uint64_t, std::uint64_t>;

  void TearDown() override { EXPECT_EQ(offset_blocks(), 0u); }

  static void expect_numbers(const map_type& map, std::uint64_t count) {
    ASSERT_EQ(map.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
    ASSERT_FALSE(map.contains(count));
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }
};

using policies = testing::Types<steady::default_policy, narrow, small_chunks>;
TYPED_TEST_SUITE(fancy_pointers, policies);

TYPED_TEST(fancy_pointers, hold_a_map_in_every_stage) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map_type map;
    EXPECT_FALSE(map.contains(1));
    const auto count = fill_numbers_to(at, map);
    this->expect_numbers(map, count);
    auto copy = map;
    auto moved = std::move(map);
    this->expect_numbers(copy, count);
    this->expect_numbers(moved, count);
    this->expect_numbers(map, 0);
    moved.swap(map);
    this->expect_numbers(map, count);
    this->expect_numbers(moved, 0);
    for (std::uint64_t n = 0; n < count; n += 2) ASSERT_EQ(map.erase(n), 1u);
    ASSERT_STREQ(map.check_invariants(), nullptr);
    copy = std::move(map);
    ASSERT_EQ(copy.size(), count / 2);
    copy.clear();
  }
}

TYPED_TEST(fancy_pointers, hold_a_large_map) {
  typename TestFixture::template map_of<std::string, std::string> map;
  for (int n = 0; n < 20'000; ++n) map.try_emplace(std::to_string(n), std::to_string(3 * n));
  for (int n = 0; n < 20'000; ++n) ASSERT_EQ(map.at(std::to_string(n)), std::to_string(3 * n));
  map.rehash(0);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// What comes from elsewhere is looked for before it is inserted, in a map without memory as well.
TYPED_TEST(fancy_pointers, hold_a_map_whose_first_element_comes_from_elsewhere) {
  typename TestFixture::map_type emplaced;
  emplaced.emplace(std::piecewise_construct, std::tuple(0), std::tuple(0));
  this->expect_numbers(emplaced, 1);
  typename TestFixture::map_type with_node;
  EXPECT_TRUE(with_node.insert(emplaced.extract(0)).inserted);
  this->expect_numbers(with_node, 1);
  typename TestFixture::map_type merged;
  merged.merge(with_node);
  this->expect_numbers(merged, 1);
  this->expect_numbers(with_node, 0);
}

// The purpose of such pointers: the map may lie at any address, and moves with its content.
TYPED_TEST(fancy_pointers, hold_a_map_that_is_moved_around) {
  auto first = std::make_unique<typename TestFixture::map_type>();
  const auto count = fill_numbers_to(stage::halfway, *first);
  for (int turn = 0; turn < 5; ++turn) {
    auto next = std::make_unique<typename TestFixture::map_type>(std::move(*first));
    first = std::move(next);
    this->expect_numbers(*first, count);
  }
}

// An allocator may have a void_pointer that is no template, hence cannot be rebound.
class any_pointer {
 public:
  any_pointer() = default;
  any_pointer(std::nullptr_t) noexcept {}
  template <class T>
  any_pointer(const offset_pointer<T>& other) noexcept : raw_(other.get()) {}
  template <class T>
  explicit operator offset_pointer<T>() const noexcept {
    return offset_pointer<T>(static_cast<T*>(raw_.get()));
  }
  explicit operator bool() const noexcept { return static_cast<bool>(raw_); }
  [[maybe_unused]] friend bool operator==(const any_pointer&, const any_pointer&) = default;

 private:
  offset_pointer<void> raw_;
};

template <class T>
struct any_allocator : offset_allocator<T> {
  using void_pointer = any_pointer;
  using const_void_pointer = any_pointer;
  any_allocator() = default;
  template <class U>
  any_allocator(const any_allocator<U>&) noexcept {}
};

TEST(fancy_void_pointers, may_be_of_one_class) {
  using element = std::pair<const int, std::string>;
  steady::hash_map<int, std::string, steady::hash<int>, std::equal_to<>, any_allocator<element>>
      map;
  for (int n = 0; n < 10'000; ++n) map.try_emplace(n, std::to_string(n));
  for (int n = 0; n < 10'000; ++n) ASSERT_EQ(map.at(n), std::to_string(n));
  steady::snapshot view(map);
  map.clear_gradually();
  int met = 0;
  for ([[maybe_unused]] const auto& each : view) ++met;
  EXPECT_EQ(met, 10'000);
  steady::node_hash_map<int, std::string, steady::hash<int>, std::equal_to<>,
                        any_allocator<element>>
      nodes;
  nodes.try_emplace(1, "one");
  EXPECT_STREQ(nodes.check_invariants(), nullptr);
}

}  // namespace
