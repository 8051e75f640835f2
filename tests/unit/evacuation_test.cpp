// Whole migrations, from any number of buckets to any other, at once and step by step.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/countdown.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

// The first call that a migration makes can be made to fail, which leaves it just begun.
struct interruptible_hash {
  using is_avalanching = void;
  using takes_seed = void;
  std::uint64_t operator()(std::uint64_t key, std::uint64_t seed = 0) const {
    countdown::chance();
    return steady::hash<std::uint64_t>{}(key, seed);
  }
};

template <class Policy>
class evacuation : public testing::Test {
 protected:
  using map = map_of<std::uint64_t, std::uint64_t, Policy, interruptible_hash>;
  using storage = steady::detail::storage_of<typename map::allocator_type, Policy>;
  static constexpr const steady::detail::array_layout& layout =
      steady::detail::typed_layout<typename map::value_type, storage, Policy, false>::value;
  static constexpr unsigned most = 9;

  static std::uint64_t buckets(unsigned log2_buckets) { return std::uint64_t{1} << log2_buckets; }

  static std::uint64_t slots(unsigned log2_buckets) { return layout.width * buckets(log2_buckets); }

  // As many elements as either number of buckets takes, and room for one more.
  static void fill(map& filled, unsigned from, unsigned to) {
    filled.rehash(slots(from));
    const std::uint64_t count = layout.load_limit(std::min(from, to)) - 1;
    for (std::uint64_t n = 0; n < count; ++n) filled.try_emplace(n, 3 * n);
    ASSERT_EQ(filled.stats().buckets, buckets(from));
    ASSERT_FALSE(filled.migrating());
  }

  static void begin(map& filled, unsigned to) {
    countdown::arm(0);
    EXPECT_THROW(filled.rehash(slots(to)), injected_failure);
    countdown::disarm();
    ASSERT_TRUE(filled.migrating());
    ASSERT_EQ(filled.stats().buckets, buckets(to));
  }

  static std::uint64_t steps(unsigned from, unsigned to) {
    const std::uint64_t targets = std::min<std::uint64_t>(8, layout.chunk_buckets());
    return std::max(buckets(from), buckets(to) / std::min(targets, buckets(to)));
  }

  static void expect_all(const map& filled, std::uint64_t count) {
    ASSERT_EQ(filled.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) {
      const auto found = filled.find(n);
      ASSERT_TRUE(found != filled.end() && found->second == 3 * n) << n;
    }
    ASSERT_FALSE(filled.contains(count));
    std::uint64_t met = 0;
    for (const auto& [key, value] : filled) met += value == 3 * key ? 1 : 1'000'000;
    ASSERT_EQ(met, count);
    ASSERT_STREQ(filled.check_invariants(), nullptr);
  }
};

using policies = testing::Types<steady::default_policy, portable_group, leaf_headers, narrow,
                                small_chunks, small_chunks_in_leaves>;
TYPED_TEST_SUITE(evacuation, policies);

TYPED_TEST(evacuation, at_once_keeps_every_element) {
  for (unsigned from = 0; from <= this->most; ++from) {
    for (unsigned to = 0; to <= this->most; ++to) {
      SCOPED_TRACE(testing::Message() << "2^" << from << " to 2^" << to);
      typename TestFixture::map numbers;
      this->fill(numbers, from, to);
      const auto before = numbers.stats();
      numbers.rehash(this->slots(to));
      const auto after = numbers.stats();
      ASSERT_EQ(after.buckets, this->buckets(to));
      const std::uint64_t steps = after.steps.call - before.steps.call;
      // A step that shrinks passes empty buckets, too.
      ASSERT_LE(steps, from == to ? 0 : this->steps(from, to));
      ASSERT_GE(steps, from == to ? 0 : to > from ? this->steps(from, to) : this->buckets(to));
      ASSERT_EQ(after.migrations.grow, to > from ? 1u : 0u);
      ASSERT_EQ(after.migrations.shrink, to < from ? 1u : 0u);
      this->expect_all(numbers, before.size);
      if (this->HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(evacuation, by_steps_keeps_every_element_at_each) {
  for (unsigned from = 0; from <= this->most; ++from) {
    for (unsigned to = 0; to <= this->most; ++to) {
      if (from == to) continue;
      SCOPED_TRACE(testing::Message() << "2^" << from << " to 2^" << to);
      typename TestFixture::map numbers;
      this->fill(numbers, from, to);
      const std::uint64_t count = numbers.size();
      this->begin(numbers, to);
      const std::uint64_t each = this->steps(from, to) > 64 ? 37 : 1;
      std::uint64_t done = numbers.stats().steps.call;
      std::uint64_t pending = numbers.pending();
      ASSERT_LE(pending, this->buckets(from));
      while (numbers.migrating()) {
        if (done++ % each == 0) this->expect_all(numbers, count);
        ASSERT_EQ(numbers.step(1), 1u);
        ASSERT_LE(numbers.pending(), pending);
        pending = numbers.pending();
        if (this->HasFatalFailure()) return;
      }
      ASSERT_LE(done, this->steps(from, to));
      ASSERT_EQ(numbers.step(1), 0u);
      this->expect_all(numbers, count);
      if (this->HasFatalFailure()) return;
    }
  }
}

// Elements that come and go between the steps find their owner, on either side of the frontier.
TYPED_TEST(evacuation, takes_inserts_and_erases_between_steps) {
  for (const auto& [from, to] :
       {std::pair{0u, 6u}, {2u, 7u}, {5u, 6u}, {6u, 5u}, {7u, 2u}, {6u, 0u}}) {
    SCOPED_TRACE(testing::Message() << "2^" << from << " to 2^" << to);
    typename TestFixture::map numbers;
    this->fill(numbers, from, to);
    std::uint64_t first = 0;
    std::uint64_t end = numbers.size();
    this->begin(numbers, to);
    while (numbers.migrating()) {
      numbers.try_emplace(end, 3 * end);
      ++end;
      ASSERT_EQ(numbers.erase(first++), 1u);
      ASSERT_EQ(numbers.size(), end - first);
      for (std::uint64_t n = first; n < end; ++n) ASSERT_TRUE(numbers.contains(n));
      ASSERT_STREQ(numbers.check_invariants(), nullptr);
      numbers.step(1);
    }
    ASSERT_EQ(numbers.stats().buckets, this->buckets(to));
    ASSERT_STREQ(numbers.check_invariants(), nullptr);
  }
}

}  // namespace
