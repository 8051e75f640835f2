// stats().bytes of containers that threads share is what the allocator has given: in every state,
// elements in nodes and erased ones that wait included.
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "support/concurrent_containers.hpp"

namespace {

using namespace support;

// Elements in slots, in nodes, and in nodes that are aligned to more than others.
struct alignas(64) wide {
  std::uint64_t value = 0;
  std::string text;
};

template <class Map>
class concurrent_bytes : public testing::Test {
 protected:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  static constexpr bool is_in_nodes =
      !std::is_same_v<key_type, mapped_type> || !std::is_same_v<key_type, std::uint64_t>;

  static key_type key(std::uint64_t n) {
    if constexpr (std::is_same_v<key_type, std::string>) {
      return std::to_string(n);
    } else {
      return n;
    }
  }
  void fill(Map& into, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t n = first; n < last; ++n) {
      into.try_emplace(key(n));
      require_exact();
    }
  }
  void erase(Map& from, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t n = first; n < last; ++n) {
      from.erase(key(n));
      require_exact();
    }
  }
  // All maps together hold what the ledger says.
  void require_exact() {
    if (HasFailure()) return;
    EXPECT_EQ(map.stats().bytes + other.stats().bytes, ledger.bytes)
        << map.size() << " and " << other.size() << " elements, " << map.stats().leaving << " and "
        << other.stats().leaving << " leaving";
  }
  void trim_all() {
    for (std::size_t before = 0; before != ledger.bytes || map.migrating();) {
      before = ledger.bytes;
      const std::size_t given_back = map.trim(3);
      EXPECT_EQ(given_back, before < ledger.bytes ? 0 : before - ledger.bytes);
      require_exact();
    }
  }

  memory_ledger ledger;
  Map map = map_on<Map>(ledger);
  Map other = map_on<Map>(ledger);
};

using maps = testing::Types<concurrent_ledger_map<std::uint64_t, std::uint64_t>,
                            concurrent_ledger_map<std::uint64_t, std::uint64_t, crowded>,
                            concurrent_ledger_map<std::string, std::string>,
                            concurrent_ledger_map<std::string, std::uint64_t, crowded>,
                            concurrent_ledger_map<std::uint64_t, wide>>;
TYPED_TEST_SUITE(concurrent_bytes, maps);

TYPED_TEST(concurrent_bytes, are_those_of_the_allocator_while_growing_and_shrinking) {
  this->require_exact();
  this->fill(this->map, 0, 5000);
  this->erase(this->map, 100, 5000);
  this->map.finish();
  this->require_exact();
  this->fill(this->map, 0, 3000);
  this->map.clear();
  this->require_exact();
}

TYPED_TEST(concurrent_bytes, are_those_of_the_allocator_in_migrations_on_request) {
  this->fill(this->map, 0, 2000);
  this->map.finish();
  const auto step_all = [&] {
    this->require_exact();
    while (this->map.step(1) != 0) this->require_exact();
  };
  this->map.reseed_gradually();
  step_all();
  this->map.compact_gradually();
  step_all();
  this->erase(this->map, 500, 2000);
  this->map.shrink_gradually();
  step_all();
  this->map.reserve(10'000);
  this->require_exact();
}

// In a visitor this thread is a reader, so nothing is freed.
TYPED_TEST(concurrent_bytes, count_what_waits_for_a_reader) {
  concurrent_numbers elsewhere;
  elsewhere.try_emplace(1, 1);
  this->fill(this->map, 0, 2000);
  elsewhere.visit(1, [&](auto&) {
    this->erase(this->map, 0, 1500);
    this->map.trim();
    this->require_exact();
    EXPECT_GE(this->map.stats().leaving, this->is_in_nodes ? 1500u : 0u);
  });
  this->require_exact();
  this->trim_all();
  EXPECT_EQ(this->map.stats().leaving, 0u);
}

TYPED_TEST(concurrent_bytes, go_along_with_the_elements) {
  this->fill(this->map, 0, 700);
  this->erase(this->map, 0, 300);
  this->fill(this->other, 0, 10);
  this->map.swap(this->other);
  this->require_exact();
  this->other = std::move(this->map);
  this->require_exact();
  this->map = std::move(this->other);
  EXPECT_EQ(this->other.stats().bytes, 0u);
  this->require_exact();
  this->other = this->map;
  this->require_exact();
  this->fill(this->map, 1000, 1100);
  this->other.merge(this->map);
  this->require_exact();
  this->map.clear();
  this->other.erase_if([](const auto&) { return true; });
  this->require_exact();
  this->trim_all();
}

TYPED_TEST(concurrent_bytes, are_those_of_the_allocator_when_memory_is_refused) {
  this->fill(this->map, 0, 100);
  for (std::uint64_t n = 100; n < 3000; ++n) {
    this->ledger.fail_at = this->ledger.calls + 1 + n % 3;
    try {
      this->map.try_emplace(this->key(n));
    } catch (const std::bad_alloc&) {
    }
    this->require_exact();
    if (n % 3 == 0) this->map.erase(this->key(n / 2));
    this->require_exact();
  }
  EXPECT_GT(this->map.size(), 1000u);
}

}  // namespace
