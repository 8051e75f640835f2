// Memory that runs out, at every allocation: afterwards the container is as it was or as it should
// be, nothing leaks, and it grows when there is memory again. (throwing_test.cpp has the rest of
// what may fail.)
#include <cstddef>
#include <cstdint>
#include <map>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/concurrent_containers.hpp"
#include "support/concurrent_fault_run.hpp"
#include "support/ledger_allocator.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;

using content = std::map<std::uint64_t, std::uint64_t>;

template <class Map>
class failing_memory : public testing::Test {};

using number = std::uint64_t;
using ledger_maps = testing::Types<
    concurrent_ledger_map<number, number>, concurrent_ledger_map<number, stamped, crowded>,
    concurrent_ledger_map<std::string, tracked>, concurrent_ledger_map<number, tracked, in_nodes>>;
TYPED_TEST_SUITE(failing_memory, ledger_maps);

TYPED_TEST(failing_memory, loses_nothing_whichever_allocation_fails) {
  std::size_t failing = 1;
  for (bool failed = true; failed; failing += 1 + failing / (sanitized ? 16 : 128)) {
    SCOPED_TRACE(testing::Message() << "allocation " << failing);
    memory_ledger ledger;
    ledger.fail_at = failing;
    concurrent_fault_run<TypeParam>(map_on<TypeParam>(ledger)).run();
    failed = ledger.has_failed();
    ASSERT_EQ(ledger.blocks, 0u);
    ASSERT_EQ(ledger.bytes, 0u);
    ASSERT_EQ(tracked::alive, 0);
    if (this->HasFailure()) return;
  }
  EXPECT_GT(failing, 5u) << "some did fail";
}

TYPED_TEST(failing_memory, undoes_an_insertion) {
  for (std::size_t failing = 1; failing < 80; ++failing) {
    memory_ledger ledger;
    auto map = map_on<TypeParam>(ledger);
    for (std::uint64_t n = 0; n < 120; ++n) {
      if (n % 20 == 0) ledger.fail_at = ledger.calls + failing;
      try {
        ASSERT_TRUE(put(map, n, 3 * n));
      } catch (const std::bad_alloc&) {
        ASSERT_EQ(value_in(map, n), std::nullopt);
        ASSERT_EQ(map.size(), n);
        ASSERT_TRUE(put(map, n, 3 * n));
      }
      ASSERT_EQ(map.size(), n + 1);
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
}

// Nothing is allocated for a long time: looking up, changing and erasing go on.
TYPED_TEST(failing_memory, is_not_needed_but_to_insert) {
  using kit = element_kit<TypeParam>;
  memory_ledger ledger;
  auto map = map_on<TypeParam>(ledger);
  content expected;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    ASSERT_TRUE(put(map, n, 3 * n));
    expected.emplace(n, 3 * n);
  }
  ledger.refuse_above = 0;
  std::size_t refused = 0;
  for (std::uint64_t n = 1000; n < 4000; ++n) {
    try {
      ASSERT_TRUE(put(map, n, 3 * n));
      expected.emplace(n, 3 * n);
    } catch (const std::bad_alloc&) {
      ++refused;
    }
    if (n % 3 == 0) {
      ASSERT_EQ(map.erase(kit::make_key(n - 1000)), expected.erase(n - 1000));
    }
    ASSERT_EQ(value_in(map, n).has_value(), expected.contains(n));
    map.visit(kit::make_key(n - 999), [&](auto& element) {
      expected.at(n - 999) = n;
      element.second = kit::make_value(n);
    });
  }
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(content_of(map), expected);
  EXPECT_STREQ(map.check_invariants(), nullptr);

  // It is allocated again, and growth is tried again.
  ledger.refuse_above = memory_ledger::never;
  const auto grown = map.stats().migrations.grow;
  for (std::uint64_t n = 4000; n < 9000; ++n) {
    ASSERT_TRUE(put(map, n, 3 * n));
    expected.emplace(n, 3 * n);
  }
  ASSERT_TRUE(finish(map));
  EXPECT_GT(map.stats().migrations.grow, grown);
  EXPECT_EQ(content_of(map), expected);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// Only large blocks are refused, so growth fails, but insertions find room for long.
TYPED_TEST(failing_memory, growth_is_tried_again) {
  memory_ledger ledger;
  auto map = map_on<TypeParam>(ledger);
  std::uint64_t n = 0;
  for (; n < 2000; ++n) ASSERT_TRUE(put(map, n, 3 * n));
  ASSERT_TRUE(finish(map));
  const auto grown = map.stats().migrations.grow;
  for (int round = 0; round < 3; ++round) {
    ledger.refuse_above = 256;
    for (const std::uint64_t last = n + 1000; n < last; ++n) {
      try {
        ASSERT_TRUE(put(map, n, 3 * n));
      } catch (const std::bad_alloc&) {
        ledger.refuse_above = memory_ledger::never;
        ASSERT_TRUE(put(map, n, 3 * n));
        ledger.refuse_above = 256;
      }
    }
    ledger.refuse_above = memory_ledger::never;
    for (const std::uint64_t last = n + 1000; n < last; ++n) ASSERT_TRUE(put(map, n, 3 * n));
  }
  ASSERT_TRUE(finish(map));
  EXPECT_GT(map.stats().migrations.grow, grown);
  content expected;
  while (n-- > 0) expected.emplace(n, 3 * n);
  EXPECT_EQ(content_of(map), expected);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TYPED_TEST(failing_memory, leaves_both_sides_of_a_copy) {
  memory_ledger ledger;
  auto map = map_on<TypeParam>(ledger);
  for (std::uint64_t n = 0; n < 300; ++n) ASSERT_TRUE(put(map, n, 3 * n));
  const content expected = content_of(map);
  auto target = map_on<TypeParam>(ledger);
  ASSERT_TRUE(put(target, 1000, 1));
  const std::size_t blocks = ledger.blocks;
  bool failed = true;
  for (std::size_t failing = 1; failed; failing += 1 + failing / 32) {
    ledger.fail_at = ledger.calls + failing;
    try {
      const TypeParam copy(map);
      EXPECT_TRUE(copy == map);
      target = map;
      failed = false;
    } catch (const std::bad_alloc&) {
      ASSERT_EQ(ledger.blocks, blocks);
      ASSERT_EQ(content_of(target), (content{{1000, 1}}));
    }
    ledger.fail_at = memory_ledger::never;
    ASSERT_EQ(content_of(map), expected);
    EXPECT_STREQ(target.check_invariants(), nullptr);
  }
  EXPECT_EQ(content_of(target), expected);
}

}  // namespace
