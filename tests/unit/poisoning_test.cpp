// Under the address sanitizer a slot without an element must not be touched: what outlived an
// element is reported. Everywhere else these tests only show that nothing happens.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <steady/detail/base/config.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/ledger_allocator.hpp"
#include "support/policies.hpp"

#if STEADY_HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace {

bool poisoned(const void* address) {
#if STEADY_HAS_ADDRESS_SANITIZER
  return __asan_address_is_poisoned(address) != 0;
#else
  static_cast<void>(address);
  return false;
#endif
}

constexpr bool poisons = STEADY_HAS_ADDRESS_SANITIZER != 0;

TEST(poisoning, covers_an_erased_element) {
  support::number_map<> map;
  map[1] = 1;
  map[2] = 2;
  const std::uint64_t* const value = &map.at(1);
  ASSERT_FALSE(poisoned(value));
  map.erase(1);
  EXPECT_EQ(poisoned(value), poisons);
  EXPECT_FALSE(poisoned(&map.at(2)));
}

TEST(poisoning, covers_what_a_cleared_map_held) {
  support::number_map<> map;
  for (std::uint64_t n = 0; n < 100; ++n) map[n] = n;
  map.finish();
  std::set<const void*> held;
  for (const auto& element : map) held.insert(&element);
  map.clear();
  for (const void* address : held) EXPECT_EQ(poisoned(address), poisons);
}

TEST(poisoning, covers_where_an_element_was_before_it_moved) {
  support::number_map<> map;
  std::uint64_t n = 0;
  for (; !map.migrating() || map.pending() < 8; ++n) map[n] = n;
  std::set<const void*> before;
  for (const auto& each : map) before.insert(&each);
  map.step(1);
  std::set<const void*> after;
  for (const auto& each : map) after.insert(&each);
  std::size_t left = 0;
  for (const void* address : before) {
    if (after.contains(address)) continue;
    EXPECT_EQ(poisoned(address), poisons);
    ++left;
  }
  EXPECT_GT(left, 0u);
  for (const void* address : after) EXPECT_FALSE(poisoned(address));
}

// Blocks go back to their allocator as they came.
template <class Policy>
void give_back_clean() {
  support::memory_ledger ledger;
  {
    using map = support::ledger_map<std::uint64_t, std::string, Policy>;
    map m(typename map::allocator_type{ledger});
    for (std::uint64_t n = 0; n < 5'000; ++n) m.try_emplace(n, "x");
    for (std::uint64_t n = 0; n < 5'000; n += 2) m.erase(n);
    m.rehash(0);
  }
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(poisoning, ends_with_the_block) {
  give_back_clean<steady::default_policy>();
  give_back_clean<support::narrow>();
  give_back_clean<support::small_chunks>();
}

TEST(poisoning, leaves_neighbours_alone_however_small) {
  support::set_of<std::uint8_t> set;
  for (unsigned n = 0; n < 256; ++n) set.insert(static_cast<std::uint8_t>(n));
  for (unsigned n = 0; n < 256; n += 2) set.erase(static_cast<std::uint8_t>(n));
  for (unsigned n = 1; n < 256; n += 2) EXPECT_TRUE(set.contains(static_cast<std::uint8_t>(n)));
  unsigned sum = 0;
  for (const std::uint8_t n : set) sum += n;
  EXPECT_EQ(sum, 128u * 128u);
}

}  // namespace
