// Every single allocation of a sequence of operations fails once.
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/fault_run.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

struct tiny_chunks : small_chunks_in_leaves {
  template <std::size_t>
  static constexpr unsigned bucket_width = 4;
  static constexpr unsigned overflow_width = 2;
  static constexpr double load_limit = 1.2;
};

template <class Policy>
class failing_memory : public testing::Test {
 protected:
  using map_type = ledger_map<std::uint64_t, std::uint64_t, Policy>;

  // Calls `body(ledger)` with the first allocation failing, the second, and so on until none did.
  template <class Body>
  void at_every_allocation(const Body& body) {
    std::size_t failing = 1;
    for (bool failed = true; failed; ++failing) {
      SCOPED_TRACE(testing::Message() << "allocation " << failing);
      memory_ledger ledger;
      ledger.fail_at = failing;
      body(ledger);
      failed = ledger.has_failed();
      ASSERT_EQ(ledger.bytes, 0u);
      ASSERT_EQ(ledger.blocks, 0u);
      if (this->HasFailure()) return;
    }
    EXPECT_GT(failing, 2u) << "at least one did fail";
  }
};

using policies = testing::Types<steady::default_policy, narrow, small_chunks_in_leaves, tiny_chunks,
                                one_bucket_chunks, two_bucket_chunks>;
TYPED_TEST_SUITE(failing_memory, policies);

TYPED_TEST(failing_memory, loses_nothing_while_growing_erasing_and_shrinking) {
  this->at_every_allocation([](memory_ledger& ledger) {
    fault_run<typename TestFixture::map_type> run(
        typename TestFixture::map_type{ledger_allocator<int>(ledger)});
    run.run();
  });
}

TYPED_TEST(failing_memory, keeps_all_invariants_after_every_insert) {
  this->at_every_allocation([](memory_ledger& ledger) {
    typename TestFixture::map_type map{ledger_allocator<int>(ledger)};
    for (std::uint64_t n = 0; n < 120; ++n) {
      try {
        map.try_emplace(n, 3 * n);
      } catch (const std::bad_alloc&) {
        ASSERT_FALSE(map.contains(n));
        map.try_emplace(n, 3 * n);
      }
      ASSERT_EQ(map.size(), n + 1);
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
  });
}

TYPED_TEST(failing_memory, leaves_the_original_of_a_copy_and_the_target_of_an_assignment) {
  for (const stage at : all_stages) {
    this->at_every_allocation([&](memory_ledger& ledger) {
      const std::size_t failing = std::exchange(ledger.fail_at, memory_ledger::never);
      typename TestFixture::map_type map{ledger_allocator<int>(ledger)};
      const std::uint64_t count = fill_numbers_to(at, map);
      typename TestFixture::map_type target{ledger_allocator<int>(ledger)};
      target[1] = 2;
      const std::size_t bytes = ledger.bytes;
      ledger.fail_at = ledger.calls + failing;
      try {
        const auto copy = map;
        ASSERT_EQ(copy, map);
        target = map;
      } catch (const std::bad_alloc&) {
        ASSERT_EQ(ledger.bytes, bytes);
        ASSERT_EQ(target.at(1), 2u);
        ASSERT_EQ(target.size(), 1u);
      }
      ASSERT_EQ(map.size(), count);
      ASSERT_STREQ(map.check_invariants(), nullptr);
      ASSERT_STREQ(target.check_invariants(), nullptr);
    });
  }
}

TYPED_TEST(failing_memory, lets_a_constructor_give_everything_back) {
  this->at_every_allocation([](memory_ledger& ledger) {
    const ledger_allocator<std::pair<const std::uint64_t, std::uint64_t>> allocator(ledger);
    try {
      const typename TestFixture::map_type map(3000, {}, {}, allocator);
    } catch (const std::bad_alloc&) {
      ASSERT_EQ(ledger.bytes, 0u);
    }
  });
}

TYPED_TEST(failing_memory, leaves_an_empty_map_without_memory) {
  this->at_every_allocation([](memory_ledger& ledger) {
    typename TestFixture::map_type map{ledger_allocator<int>(ledger)};
    try {
      map.reserve(3000);
    } catch (const std::bad_alloc&) {
      ASSERT_EQ(ledger.bytes, 0u);
      ASSERT_STREQ(map.check_invariants(), nullptr);
      map.reserve(3000);
    }
    ASSERT_STREQ(map.check_invariants(), nullptr);
  });
}

}  // namespace
