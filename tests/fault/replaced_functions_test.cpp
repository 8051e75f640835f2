// Hash and equality are replaced together or not at all, whichever copy or assignment throws.
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_set.hpp>

#include "support/countdown.hpp"

namespace {

using namespace support;

// Copying and assigning throw nothing.
struct sure {
  unsigned modulus = 10;
};

// Whatever makes or changes one may throw, and leaves no trace then.
struct unsure {
  unsigned modulus = 10;

  unsure() = default;
  explicit unsure(unsigned m) : modulus(m) {}
  unsure(const unsure& other) : modulus((countdown::chance(), other.modulus)) {}
  unsure& operator=(const unsure& other) {
    countdown::chance();
    modulus = other.modulus;
    return *this;
  }
};

// Copying may throw, swapping does not: as std::function.
struct owning {
  unsigned modulus = 10;

  owning() = default;
  explicit owning(unsigned m) : modulus(m) {}
  owning(const owning& other) : modulus((countdown::chance(), other.modulus)) {}
  owning(owning&& other) noexcept : modulus(other.modulus) {}
  owning& operator=(const owning& other) {
    countdown::chance();
    modulus = other.modulus;
    return *this;
  }
  owning& operator=(owning&& other) noexcept {
    modulus = other.modulus;
    return *this;
  }
};

// Can be copied and not assigned, as what a lambda expression with captures makes.
struct constant {
  const unsigned modulus = 10;

  constant() = default;
  explicit constant(unsigned m) : modulus(m) {}
  constant(const constant& other) : modulus((countdown::chance(), other.modulus)) {}
};

template <class Part>
struct hash_by : Part {
  hash_by() = default;
  explicit hash_by(unsigned m) : Part{m} {}
  std::size_t operator()(unsigned key) const { return key % this->modulus; }
};
template <class Part>
struct equal_by : Part {
  equal_by() = default;
  explicit equal_by(unsigned m) : Part{m} {}
  bool operator()(unsigned a, unsigned b) const { return a % this->modulus == b % this->modulus; }
};

template <class Parts>
class replaced_functions : public testing::Test {
 protected:
  using hash = hash_by<typename Parts::first_type>;
  using equal = equal_by<typename Parts::second_type>;
  using container = steady::hash_set<unsigned, hash, equal>;

  // Keys 0 to modulus - 1.
  static container set_of(unsigned modulus) {
    container made(0, hash(modulus), equal(modulus));
    for (unsigned key = 0; key < modulus; ++key) made.insert(key);
    return made;
  }
  static void expect(const container& of, unsigned modulus) {
    ASSERT_EQ(of.hash_function().modulus, modulus);
    ASSERT_EQ(of.key_eq().modulus, modulus);
    ASSERT_EQ(of.size(), modulus);
    for (unsigned key = 0; key < modulus; ++key) ASSERT_TRUE(of.contains(key + modulus));
    ASSERT_STREQ(of.check_invariants(), nullptr);
  }

  // Lets each chance to fail, in its turn, and asks what it has left.
  template <class Operation, class IfDone, class IfFailed>
  static void at_every_chance(const Operation& operation, const IfDone& if_done,
                              const IfFailed& if_failed) {
    for (std::size_t chance = 0;; ++chance) {
      SCOPED_TRACE(testing::Message() << "chance " << chance);
      container a = set_of(10);
      container b = set_of(7);
      bool failed = false;
      countdown::arm(chance);
      try {
        operation(a, b);
      } catch (const injected_failure&) {
        failed = true;
      }
      countdown::disarm();
      if (!failed) return if_done(a, b);
      if_failed(a, b);
      if (HasFatalFailure()) return;
    }
  }
};

using parts =
    testing::Types<std::pair<sure, sure>, std::pair<sure, unsure>, std::pair<unsure, sure>,
                   std::pair<unsure, unsure>, std::pair<owning, owning>, std::pair<owning, unsure>,
                   std::pair<constant, constant>, std::pair<sure, constant>>;
TYPED_TEST_SUITE(replaced_functions, parts);

TYPED_TEST(replaced_functions, by_copy_assignment) {
  using set = typename TestFixture::container;
  this->at_every_chance([](set& a, set& b) { a = b; },
                        [](set& a, set& b) {
                          TestFixture::expect(a, 7);
                          TestFixture::expect(b, 7);
                        },
                        [](set& a, set& b) {
                          TestFixture::expect(a, 10);
                          TestFixture::expect(b, 7);
                        });
}

TYPED_TEST(replaced_functions, by_move_assignment) {
  using set = typename TestFixture::container;
  this->at_every_chance([](set& a, set& b) { a = std::move(b); },
                        [](set& a, set&) { TestFixture::expect(a, 7); },
                        [](set& a, set& b) {
                          TestFixture::expect(a, 10);
                          TestFixture::expect(b, 7);
                        });
}

TYPED_TEST(replaced_functions, by_swapping) {
  using set = typename TestFixture::container;
  this->at_every_chance([](set& a, set& b) { a.swap(b); },
                        [](set& a, set& b) {
                          TestFixture::expect(a, 7);
                          TestFixture::expect(b, 10);
                        },
                        [](set& a, set& b) {
                          TestFixture::expect(a, 10);
                          TestFixture::expect(b, 7);
                        });
}

TYPED_TEST(replaced_functions, by_the_same) {
  using set = typename TestFixture::container;
  set a = this->set_of(10);
  set& same = a;
  a = same;
  TestFixture::expect(a, 10);
  a.swap(same);
  TestFixture::expect(a, 10);
}

TEST(functions_that_cannot_be_assigned, are_replaced) {
  const auto set_of = [](unsigned modulus) {
    const auto hash = [modulus](unsigned key) { return std::size_t{key % modulus}; };
    const auto equal = [modulus](unsigned a, unsigned b) { return a % modulus == b % modulus; };
    return steady::hash_set<unsigned, decltype(hash), decltype(equal)>(0, hash, equal);
  };
  auto a = set_of(10);
  auto b = set_of(7);
  a.insert(8);
  b.insert(6);
  a.swap(b);
  EXPECT_TRUE(a.contains(13) && b.contains(18));
  a = b;
  EXPECT_TRUE(a.contains(18) && b.contains(18));
  b.insert(9);
  a = std::move(b);
  EXPECT_TRUE(a.contains(19));
}

using set_by = steady::hash_set<unsigned, hash_by<sure>, equal_by<sure>>;
using set_by_owning = steady::hash_set<unsigned, hash_by<owning>, equal_by<owning>>;
using set_by_constant = steady::hash_set<unsigned, hash_by<constant>, equal_by<constant>>;
static_assert(std::is_nothrow_move_assignable_v<set_by> && std::is_nothrow_swappable_v<set_by>);
static_assert(std::is_nothrow_swappable_v<set_by_owning>);
static_assert(!std::is_nothrow_move_assignable_v<set_by_owning>);
static_assert(!std::is_nothrow_swappable_v<set_by_constant>);
// Those that never throw when swapped take no more room than they have.
static_assert(sizeof(set_by) == sizeof(steady::hash_set<unsigned>) + 2 * sizeof(unsigned));
static_assert(sizeof(set_by_owning) == sizeof(set_by));

}  // namespace
