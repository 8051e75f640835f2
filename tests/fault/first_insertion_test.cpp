// An insertion into a container without memory, at every point where it can fail: afterwards the
// container has no memory again, and what it had besides it still has.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/countdown.hpp"
#include "support/fallible.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using namespace support;

struct fallible_equality {
  template <class Element>
  bool operator()(const Element& a, const Element& b) const {
    return a.number() == b.number();
  }
};

template <class Container>
class first_insertion : public testing::Test {
 protected:
  using value_type = typename Container::value_type;

  static constexpr bool is_map = requires { typename Container::mapped_type; };

  static value_type element(std::uint64_t n) {
    if constexpr (is_map) {
      return value_type(n, n);
    } else {
      return value_type(n);
    }
  }

  // Inserts the element 5.
  static void emplace_five(Container& into) {
    if constexpr (is_map) {
      into.emplace(5u, 5u);
    } else {
      into.emplace(5u);
    }
  }
  // A container that has the element 5, and the allocator of `like`.
  static Container with_five(const Container& like) {
    Container made(like.get_allocator());
    emplace_five(made);
    return made;
  }

  // Calls `insert(container)` with the first allocation failing, the second, and so on, and then
  // with every other chance to fail, until nothing failed. `prepare(container)` comes before.
  template <class Prepare, class Insert>
  static void at_every_point(const Prepare& prepare, const Insert& insert) {
    int failures = 0;
    const auto try_once = [&](std::size_t allocation, std::size_t chance) {
      SCOPED_TRACE(testing::Message() << "allocation " << allocation << ", chance " << chance);
      memory_ledger ledger;
      Container container{ledger_allocator<value_type>(ledger)};
      prepare(container);
      const std::size_t bytes = ledger.bytes;
      const auto stats = container.stats();
      ASSERT_EQ(container.bucket_count(), 0u);
      if (allocation != memory_ledger::never) ledger.fail_at = ledger.calls + allocation;
      if (chance != memory_ledger::never) countdown::arm(chance);
      try {
        insert(container);
      } catch (const std::exception&) {
        countdown::disarm();
        ++failures;
        ASSERT_EQ(ledger.bytes, bytes);
        ASSERT_EQ(container.bucket_count(), 0u);
        ASSERT_EQ(container.size(), 0u);
        ASSERT_EQ(container.stats().bytes, stats.bytes);
        ASSERT_EQ(container.stats().retired, stats.retired);
        ASSERT_EQ(container.migrating(), stats.migrating);
        ASSERT_STREQ(container.check_invariants(), nullptr);
        insert(container);
      }
      countdown::disarm();
      ASSERT_EQ(container.size(), 1u);
      ASSERT_STREQ(container.check_invariants(), nullptr);
    };
    for (std::size_t point = 0;; ++point) {
      const int before = failures;
      try_once(point + 1, memory_ledger::never);
      try_once(memory_ledger::never, point);
      if (testing::Test::HasFatalFailure()) return;
      if (failures == before) break;
    }
    EXPECT_GT(failures, 2);
  }
  template <class Insert>
  static void at_every_point(const Insert& insert) {
    at_every_point([](Container&) {}, insert);
  }
};

template <class T>
using allocator = ledger_allocator<T>;
using hash = fallible_hash;
using equal = fallible_equality;
using containers = testing::Types<
    steady::hash_map<copied, copied, hash, equal, allocator<std::pair<const copied, copied>>>,
    steady::hash_set<copied, hash, equal, allocator<copied>>,
    steady::hash_map<moved, moved, hash, equal, allocator<std::pair<const moved, moved>>>,
    steady::node_hash_map<copied, copied, hash, equal, allocator<std::pair<const copied, copied>>>,
    steady::node_hash_set<copied, hash, equal, allocator<copied>>>;
TYPED_TEST_SUITE(first_insertion, containers);

TYPED_TEST(first_insertion, of_an_element) {
  this->at_every_point([](TypeParam& container) {
    const auto element = [] {
      if constexpr (TestFixture::is_map) {
        return std::pair<typename TypeParam::key_type, typename TypeParam::mapped_type>(5u, 5u);
      } else {
        return typename TypeParam::value_type(5);
      }
    };
    auto made = element();
    container.insert(std::move(made));
  });
}

TYPED_TEST(first_insertion, of_what_does_not_show_its_key) {
  this->at_every_point([](TypeParam& container) {
    if constexpr (TestFixture::is_map) {
      container.emplace(std::piecewise_construct, std::forward_as_tuple(5u),
                        std::forward_as_tuple(5u));
    } else {
      container.emplace(5u);
    }
  });
}

TYPED_TEST(first_insertion, of_a_node) {
  this->at_every_point([](TypeParam& container) {
    TypeParam other = TestFixture::with_five(container);
    container.insert(other.extract(other.begin()));
  });
}

TYPED_TEST(first_insertion, by_merging) {
  this->at_every_point([](TypeParam& container) {
    TypeParam other = TestFixture::with_five(container);
    container.merge(other);
  });
}

TYPED_TEST(first_insertion, while_earlier_elements_are_being_destroyed) {
  const auto emplace = [](TypeParam& container, std::uint64_t n) {
    if constexpr (TestFixture::is_map) {
      container.try_emplace(typename TypeParam::key_type(n), n);
    } else {
      container.emplace(n);
    }
  };
  this->at_every_point(
      [&](TypeParam& container) {
        for (std::uint64_t n = 0; n < 200; ++n) emplace(container, n);
        container.finish();
        container.clear_gradually();
      },
      [&](TypeParam& container) { emplace(container, 5); });
}

TYPED_TEST(first_insertion, under_a_walker) {
  memory_ledger ledger;
  TypeParam container{ledger_allocator<typename TypeParam::value_type>(ledger)};
  auto walk = container.walk();
  const std::size_t bytes = ledger.bytes;
  for (std::size_t chance = 0;; ++chance) {
    countdown::arm(chance);
    try {
      TestFixture::emplace_five(container);
      break;
    } catch (const injected_failure&) {
      ASSERT_EQ(ledger.bytes, bytes);
      ASSERT_EQ(container.bucket_count(), 0u);
    }
  }
  countdown::disarm();
  int met = 0;
  for (auto& element : container.walk()) {
    (void)element;
    ++met;
  }
  EXPECT_EQ(met, 1);
  container.erase(container.begin());
  for (auto& element : walk) {
    (void)element;
    ADD_FAILURE() << "what was erased is met";
  }
}

// What was reserved stays.
TYPED_TEST(first_insertion, into_reserved_memory) {
  memory_ledger ledger;
  TypeParam container{ledger_allocator<typename TypeParam::value_type>(ledger)};
  container.reserve(100);
  const std::size_t bytes = ledger.bytes;
  countdown::arm(0);
  EXPECT_THROW(TestFixture::emplace_five(container), injected_failure);
  countdown::disarm();
  EXPECT_EQ(ledger.bytes, bytes);
  EXPECT_GT(container.bucket_count(), 0u);
}

// Other functions that make the first memory.
TYPED_TEST(first_insertion, is_not_the_only_one_that_gives_everything_back) {
  for (std::size_t failing = 1; failing < 4; ++failing) {
    memory_ledger ledger;
    TypeParam container{ledger_allocator<typename TypeParam::value_type>(ledger)};
    const auto expect_nothing_left = [&](const auto& function) {
      ledger.fail_at = ledger.calls + failing;
      try {
        function();
        container.rehash(0);
      } catch (const std::bad_alloc&) {
        EXPECT_EQ(ledger.bytes, 0u);
        EXPECT_EQ(container.stats().bytes, 0u);
      }
      ledger.fail_at = memory_ledger::never;
    };
    expect_nothing_left([&] { container.reserve(3); });
    expect_nothing_left([&] { container.reserve(3'000); });
    expect_nothing_left([&] { container.rehash(3'000); });
    expect_nothing_left([&] { container.reserve_gradually(3'000); });
    expect_nothing_left([&] { const auto walker = container.walk(); });
  }
}

}  // namespace
