// A container under test, brought into a state of migration and kept in it from one operation to
// the next, beside what it should contain.
//
// The attributes keep the compiler from copying the same code into every case of every container.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/model.hpp"

namespace support {

inline const char* name_of(migration_mode mode) {
  switch (mode) {
    case migration_mode::driven_by_inserts:
      return "driven by inserts";
    case migration_mode::stepping:
      return "stepping";
    case migration_mode::halfway:
      return "halfway";
    case migration_mode::finished:
      return "finished";
  }
  return "";
}

// The base of all suites: no case may leave an element behind.
class element_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(elements_alive(), 0); }
};

// Keys to values, by number.
using contents = std::map<std::uint64_t, std::uint64_t>;
// Keys to the addresses of their elements.
using addresses = std::map<std::uint64_t, const void*>;

// The first key met twice, if any, has this value.
inline constexpr std::uint64_t met_twice = ~std::uint64_t{0};

template <class Container>
[[gnu::noinline]] contents contents_of(const Container& container) {
  using kit = element_kit<Container>;
  contents met;
  for (const auto& element : container) {
    const auto [at, first] = met.emplace(kit::key_of(element), kit::value_of(element));
    if (first) continue;
    at->second = met_twice;
    break;
  }
  return met;
}

template <class Container>
[[gnu::noinline]] addresses addresses_of(const Container& container) {
  addresses places;
  for (const auto& element : container) {
    places.emplace(element_kit<Container>::key_of(element), std::addressof(element));
  }
  return places;
}

// How many of the keys are found, with their values.
template <class Container>
[[gnu::noinline]] std::size_t count_found(const Container& container, const contents& wanted) {
  using kit = element_kit<Container>;
  std::size_t found = 0;
  for (const auto& [n, value] : wanted) {
    const auto at = container.find(kit::make_key(n));
    if (at != container.end() && kit::key_of(*at) == n && kit::value_of(*at) == value) ++found;
  }
  return found;
}

// What operations that must not migrate leave as it is.
struct standstill {
  addresses places;
  std::uint64_t frontier;
  std::uint64_t steps;

  [[gnu::noinline]] friend bool operator==(const standstill& a, const standstill& b) {
    return a.places == b.places && a.frontier == b.frontier && a.steps == b.steps;
  }
};

template <class Container>
[[gnu::noinline]] standstill standstill_of(const Container& container) {
  const steady::stats now = container.stats();
  return {addresses_of(container), now.frontier, now.steps.insert + now.steps.call};
}

// Null when there is no such key.
template <class Container>
[[gnu::noinline]] const void* address_of(const Container& container, std::uint64_t n) {
  const auto found = container.find(element_kit<Container>::make_key(n));
  return found == container.end() ? nullptr : std::addressof(*found);
}

// Not templates, so that the macros are compiled once.
[[gnu::noinline]] inline void expect_same(const contents& met, std::size_t found, std::size_t size,
                                          const char* broken, const contents& expected) {
  EXPECT_STREQ(broken, nullptr);
  EXPECT_EQ(met, expected);
  EXPECT_EQ(found, expected.size());
  EXPECT_EQ(size, expected.size());
}
[[gnu::noinline]] inline void expect_that(bool holds, const char* what, std::uint64_t n = 0) {
  if (!holds) ADD_FAILURE() << "not so: " << what << " (" << n << ")";
}

// The container has these elements and no others, finds them all, and is in order.
template <class Container>
[[gnu::noinline]] void expect_contents(const Container& container, const contents& expected) {
  expect_same(contents_of(container), count_found(container, expected), container.size(),
              container.check_invariants(), expected);
}

template <class Container>
class subject {
 public:
  using kit = element_kit<Container>;

  // The keys are 0, 1, 2, ...; the value of n is 3n, in types that can tell.
  [[gnu::noinline]] explicit subject(migration_mode state, Container empty = Container())
      : container(std::move(empty)), mode(state) {
    while (next < least) grow();
    container.finish();
    while (mode != migration_mode::finished && !container.migrating()) grow();
    settle();
    expect_that(container.migrating() == (mode != migration_mode::finished), "in the state");
  }

  [[gnu::noinline]] ~subject() {}

  static std::uint64_t value_for(std::uint64_t n) { return 3 * n % 256; }
  static std::uint64_t value_seen(std::uint64_t n) { return kit::value_seen(value_for(n)); }

  // A new element, with a key that never was.
  [[gnu::noinline]] void grow() {
    kit::put(container, next, value_for(next));
    expect(next);
    ++next;
  }

  // From now on n is expected, or is not.
  void expect(std::uint64_t n) { expected.insert_or_assign(n, value_seen(n)); }
  void expect_no(std::uint64_t n) { expected.erase(n); }

  // What happens between two operations, so that every one of them meets the state.
  [[gnu::noinline]] void settle() {
    switch (mode) {
      case migration_mode::driven_by_inserts:
        return;
      case migration_mode::stepping:
        container.step(1);
        return;
      case migration_mode::halfway:
        while (container.pending() > container.stats().buckets / 4) container.step(1);
        return;
      case migration_mode::finished:
        container.finish();
        return;
    }
  }

  void check() const { expect_contents(container, expected); }

  // Enough for several buckets, and so few that keys of one byte are left over.
  static constexpr std::uint64_t least = 100;

  Container container;
  const migration_mode mode;
  contents expected;
  std::uint64_t next = 0;  // no key is greater or equal
};

// What in_every_state() does, compiled once for every container.
template <class Container>
[[gnu::noinline]] void run_in_every_state(void (*run)(const void* body, subject<Container>& tested),
                                          const void* body) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    subject<Container> tested(mode);
    run(body, tested);
    tested.check();
  }
}

// Calls `body(subject)` in every state of migration, and checks what it leaves.
template <class Container, class Body>
void in_every_state(const Body& body) {
  run_in_every_state<Container>(
      [](const void* its_body, subject<Container>& tested) {
        (*static_cast<const Body*>(its_body))(tested);
      },
      &body);
}

// Reads elements that it makes, with the keys from `number` on: a single pass, no length known.
template <class Container>
class element_reader {
 public:
  using iterator_concept = std::input_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = typename element_kit<Container>::parts;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = value_type;

  element_reader() = default;
  explicit element_reader(std::uint64_t number) : number_(number) {}

  value_type operator*() const {
    return element_kit<Container>::make_parts(number_, subject<Container>::value_for(number_));
  }
  element_reader& operator++() {
    ++number_;
    return *this;
  }
  void operator++(int) { ++number_; }
  friend bool operator==(const element_reader&, const element_reader&) = default;

 private:
  std::uint64_t number_ = 0;
};

// The elements with the keys from `first` to before `last`, to be copied or moved from.
template <class Container>
[[gnu::noinline]] std::vector<typename element_kit<Container>::parts> elements_from(
    std::uint64_t first, std::uint64_t last) {
  std::vector<typename element_kit<Container>::parts> made;
  made.reserve(last - first);
  for (; first < last; ++first) made.push_back(*element_reader<Container>(first));
  return made;
}

}  // namespace support
