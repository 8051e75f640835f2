// Values that are moved though their move constructor is not noexcept, when it does throw: what was
// promised to move without throwing ends the program, everything else is kept.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/moves_without_throwing.hpp>

#include "support/containers.hpp"
#include "support/countdown.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using namespace support;
using number = std::uint64_t;

// Copying it does not fail.
struct promised {
  explicit promised(number n) : value(n) {}
  promised(const promised&) = default;
  promised(promised&& other) : value((countdown::chance(), other.value)) {}
  ~promised() = default;

  number value;
};

// The allocators of the two differ in a type that makes no difference.
template <class T>
using deque = std::deque<T, ledger_allocator<T>>;
template <class T>
using promised_deque = std::deque<T, ledger_allocator<T, propagation<true>>>;

}  // namespace

template <>
inline constexpr bool steady::moves_without_throwing<promised> = true;
template <class T>
inline constexpr bool steady::moves_without_throwing<promised_deque<T>> = true;

namespace {

static_assert(!std::is_nothrow_move_constructible_v<promised>);

// ---- a promise that is broken ----

template <class Operation>
void break_promise(const Operation& operation) {
  map_of<number, promised> map;
  for (number n = 0; n < 100; ++n) map.try_emplace(n, n);
  countdown::arm(0);
  try {
    operation(map);
  } catch (...) {
  }
  countdown::disarm();
  std::exit(0);
}

TEST(broken_promise_death, ends_the_program) {
  EXPECT_DEATH(break_promise([](auto& map) { map.reserve(1000); }), "terminat");
  EXPECT_DEATH(break_promise([](auto& map) { map.extract(7); }), "terminat");
  EXPECT_DEATH(break_promise([](auto& map) {
                 map_of<number, promised> other;
                 other.merge(map);
               }),
               "terminat");
}

// The element is in no map yet, so nothing is lost.
TEST(promised_values, may_throw_on_their_way_into_a_map) {
  map_of<number, promised> map;
  for (number n = 0; n < 300; ++n) {
    promised value(n);
    countdown::arm(0);
    EXPECT_THROW(map.try_emplace(n, std::move(value)), injected_failure);
    ASSERT_EQ(map.size(), n);
    ASSERT_STREQ(map.check_invariants(), nullptr);
    ASSERT_TRUE(map.try_emplace(n, n).second);
  }
  for (const auto& [key, value] : map) EXPECT_EQ(value.value, key);
}

// ---- memory that is refused while a deque moves ----

template <class Value>
Value value_of(number n) {
  if constexpr (std::is_same_v<Value, number>) {
    return n;
  } else {
    return std::make_unique<number>(n);
  }
}
inline number number_in(number value) { return value; }
inline number number_in(const std::unique_ptr<number>& value) { return *value; }

constexpr number few = 20;
constexpr number many = 80;

// Whether the map has what it should have, after growing while allocation `failing` failed.
template <class Deque>
bool grows(std::size_t failing, bool& failed) {
  using value = typename Deque::value_type;
  memory_ledger ledger;
  const typename Deque::allocator_type memory(ledger);
  map_of<number, Deque> map;
  bool right = true;
  for (number n = 0; n < many; ++n) {
    if (n == few) ledger.fail_at = ledger.calls + failing;
    const auto insert = [&] {
      Deque made(memory);
      made.push_back(value_of<value>(n));
      map.try_emplace(n, std::move(made));
    };
    try {
      insert();
    } catch (const std::bad_alloc&) {
      right = right && !map.contains(n);
      insert();
    }
  }
  try {
    map.finish();
  } catch (const std::bad_alloc&) {  // the refused allocation was one of finish()
    map.finish();
  }
  failed = ledger.has_failed();
  right = right && map.check_invariants() == nullptr && map.size() == many;
  for (const auto& [key, held] : map) {
    right = right && held.size() == 1 && number_in(held.front()) == key;
  }
  return right;
}

template <class Deque>
class refused_memory : public testing::Test {};
using deques = testing::Types<deque<number>, deque<std::unique_ptr<number>>>;
TYPED_TEST_SUITE(refused_memory, deques);

// The one is copied, the other moved, and moved back.
TYPED_TEST(refused_memory, loses_nothing_where_nothing_was_promised) {
  std::size_t failing = 1;
  for (bool failed = true; failed; ++failing) {
    ASSERT_TRUE(grows<TypeParam>(failing, failed)) << "allocation " << failing;
  }
  EXPECT_GT(failing, many);
}

// Every allocation, in a process of its own.
TEST(refused_memory_death, ends_the_program_or_loses_nothing) {
  using testing::ExitedWithCode;
  int ended = 0;
  int went_on = 0;
  for (std::size_t failing = 1; failing < 200; failing += 7) {
    const auto ends_rightly = [&](int status) {
      const bool right = ExitedWithCode(0)(status);
      ++(right ? went_on : ended);
      return right || testing::KilledBySignal(SIGABRT)(status);
    };
    EXPECT_EXIT(
        {
          bool failed = false;
          const bool right = grows<promised_deque<std::unique_ptr<number>>>(failing, failed);
          std::exit(right ? 0 : 1);
        },
        ends_rightly, "");
  }
  EXPECT_GT(ended, 0);
  EXPECT_GT(went_on, 0);
}

}  // namespace
