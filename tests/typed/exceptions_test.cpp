// Everything that can throw does: elements, hash, equality and allocator, at the k-th chance for
// every k, in every state of migration. An operation on one element then has no effect; what works
// on many loses nothing.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/countdown.hpp"
#include "support/element_kits.hpp"
#include "support/fallible.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// ---- what fails ----

struct failing_hash {
  using takes_seed = void;

  template <class Key>
  std::uint64_t operator()(const Key& key, std::uint64_t seed = 0) const {
    countdown::chance();
    return number_hash{}(key, seed);
  }
};

struct failing_equal {
  template <class Key>
  bool operator()(const Key& a, const Key& b) const {
    countdown::chance();
    return a == b;
  }
};

// Knows how many of its blocks are outstanding.
inline long failing_blocks = 0;

template <class T>
struct failing_allocator {
  using value_type = T;

  failing_allocator() = default;
  template <class U>
  failing_allocator(const failing_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    countdown::chance();
    T* const block = std::allocator<T>().allocate(count);
    ++failing_blocks;
    return block;
  }
  void deallocate(T* block, std::size_t count) noexcept {
    --failing_blocks;
    std::allocator<T>().deallocate(block, count);
  }
  friend bool operator==(const failing_allocator&, const failing_allocator&) = default;
};

template <class Key, class T>
using failing_map = steady::hash_map<Key, T, failing_hash, failing_equal,
                                     failing_allocator<std::pair<const Key, T>>>;
template <class Key>
using failing_set = steady::hash_set<Key, failing_hash, failing_equal, failing_allocator<Key>>;

template <class Key, class T>
using failing_node_map = steady::node_hash_map<Key, T, failing_hash, failing_equal,
                                               failing_allocator<std::pair<const Key, T>>>;
template <class Key>
using failing_node_set =
    steady::node_hash_set<Key, failing_hash, failing_equal, failing_allocator<Key>>;

// ---- operations ----

// Something to do with a subject, to whose container it does what it says, or throws.
template <class Container>
struct operation {
  const char* name;
  void (*run)(subject<Container>& tested);
  // What the subject expects once it has been done.
  void (*done)(subject<Container>& tested) = [](subject<Container>&) {};
};

// What single operations work on.
template <class Container>
std::uint64_t fresh(const subject<Container>& tested) {
  return tested.next;
}
constexpr std::uint64_t there = 7;

template <class Container>
void expect_fresh(subject<Container>& tested) {
  tested.expect(tested.next++);
}

template <class Container>
auto parts_of(const subject<Container>& tested, std::uint64_t n) {
  return element_kit<Container>::make_parts(n, tested.value_for(n));
}

// Operations on a single element, or none.
template <class Container>
std::vector<operation<Container>> single_operations() {
  using kit = element_kit<Container>;
  using subject_type = subject<Container>;
  std::vector<operation<Container>> operations = {
      {"insert a new element",
       [](subject_type& tested) { tested.container.insert(parts_of(tested, fresh(tested))); },
       expect_fresh},
      {"emplace_hint a new element",
       [](subject_type& tested) {
         tested.container.emplace_hint(tested.container.cend(), parts_of(tested, fresh(tested)));
       },
       expect_fresh},
      {"insert one that is there",
       [](subject_type& tested) { tested.container.insert(parts_of(tested, there)); }},
      {"find", [](subject_type& tested) { tested.container.find(kit::make_key(there)); }},
      {"equal_range",
       [](subject_type& tested) { tested.container.equal_range(kit::make_key(fresh(tested))); }},
      {"erase one that is there",
       [](subject_type& tested) { tested.container.erase(kit::make_key(there)); },
       [](subject_type& tested) { tested.expect_no(there); }},
      {"erase one that is not",
       [](subject_type& tested) { tested.container.erase(kit::make_key(fresh(tested))); }},
      {"extract", [](subject_type& tested) { tested.container.extract(kit::make_key(there)); },
       [](subject_type& tested) { tested.expect_no(there); }}};
  if constexpr (any_map<Container>) {
    operations.push_back({"try_emplace a new element",
                          [](subject_type& tested) {
                            tested.container.try_emplace(kit::make_key(fresh(tested)),
                                                         tested.value_for(fresh(tested)));
                          },
                          expect_fresh});
    operations.push_back({"emplace piecewise",
                          [](subject_type& tested) {
                            tested.container.emplace(
                                std::piecewise_construct, std::forward_as_tuple(fresh(tested)),
                                std::forward_as_tuple(tested.value_for(fresh(tested))));
                          },
                          expect_fresh});
    if constexpr (kit::assignable) {
      operations.push_back({"assign",
                            [](subject_type& tested) {
                              tested.container.insert_or_assign(kit::make_key(there),
                                                                kit::make_value(99));
                            },
                            [](subject_type& tested) { tested.expected[there] = 99; }});
    }
  }
  return operations;
}

// Does `body(k)` with the k-th chance failing, for k = 0, 1, ... until there are fewer; at most one
// in `stride` of the chances.
template <class Body>
void at_every_chance(std::size_t stride, const Body& body) {
  std::size_t chance = 0;
  do {
    SCOPED_TRACE(chance);
    body(chance);
    chance += stride;
  } while (countdown::fired() && !testing::Test::HasFailure());
  expect_that(chance > stride || testing::Test::HasFailure(), "something did fail");
}

// Runs `operation()`; true if it threw.
template <class Operation>
bool throws_at(std::size_t chance, const Operation& operation) {
  bool thrown = false;
  countdown::arm(chance);
  try {
    operation();
  } catch (const injected_failure&) {
    thrown = true;
  }
  countdown::disarm();
  return thrown;
}

template <class Container>
class failing : public element_test {
 protected:
  void TearDown() override {
    element_test::TearDown();
    EXPECT_EQ(failing_blocks, 0);
  }
};
using containers = testing::Types<failing_map<copied, copied>, failing_map<moved, moved>,
                                  failing_set<copied>, failing_set<moved>,
                                  failing_node_map<copied, fixed_value>, failing_node_set<moved>>;
TYPED_TEST_SUITE(failing, containers);

TYPED_TEST(failing, operations_on_one_element_have_no_effect) {
  for (const auto& tried : single_operations<TypeParam>()) {
    SCOPED_TRACE(tried.name);
    for (const migration_mode mode : all_modes) {
      SCOPED_TRACE(name_of(mode));
      at_every_chance(1, [&](std::size_t chance) {
        subject<TypeParam> tested(mode);
        if (throws_at(chance, [&] { tried.run(tested); })) {
          tested.check();
          tried.run(tested);  // it can be done all the same
        }
        tried.done(tested);
        tested.check();
      });
    }
  }
}

// A node that is not inserted keeps its element, which is still good for being inserted.
TYPED_TEST(failing, insert_of_a_node_leaves_the_node) {
  using kit = element_kit<TypeParam>;
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    for (const bool is_there : {false, true}) {
      at_every_chance(1, [&](std::size_t chance) {
        subject<TypeParam> tested(mode);
        TypeParam other;
        const std::uint64_t n = is_there ? there : tested.next++;
        kit::put(other, n, tested.value_for(n));
        auto node = other.extract(kit::make_key(n));
        const auto insert = [&] { tested.container.insert(std::move(node)); };
        if (throws_at(chance, insert)) {
          tested.check();
          expect_that(!node.empty() && kit::key_in(node) == n &&
                          kit::value_in(node) == tested.value_seen(n),
                      "the node keeps its element", n);
          if (!is_there) insert();
        }
        tested.expect(n);
        tested.check();
      });
    }
  }
}

// Operations that migrate as much as they can: whatever was done when one of them failed.
TYPED_TEST(failing, migrations_lose_nothing) {
  using subject_type = subject<TypeParam>;
  std::vector<operation<TypeParam>> operations = {
      {"reserve", [](subject_type& tested) { tested.container.reserve(400); }},
      {"rehash to more", [](subject_type& tested) { tested.container.rehash(1000); }},
      {"rehash to fewer", [](subject_type& tested) {
         for (std::uint64_t n = 40; n < tested.next; ++n) {
           tested.container.erase(element_kit<TypeParam>::make_key(n));
         }
         tested.container.rehash(0);
       }}};
  // Nodes move as pointers, and buckets of them know hash bits: there may be nothing that can fail.
  if constexpr (!keeps_addresses<TypeParam>) {
    operations.push_back({"finish", [](subject_type& tested) { tested.container.finish(); }});
    operations.push_back({"step", [](subject_type& tested) { tested.container.step(3); }});
  }
  for (const auto& tried : operations) {
    SCOPED_TRACE(tried.name);
    for (const migration_mode mode : {migration_mode::stepping, migration_mode::halfway}) {
      SCOPED_TRACE(name_of(mode));
      at_every_chance(keeps_addresses<TypeParam> ? 1 : 7, [&](std::size_t chance) {
        subject<TypeParam> tested(mode);
        if (throws_at(chance, [&] { tried.run(tested); })) {
          tested.expected = contents_of(tested.container);
          tested.check();
          tried.run(tested);
        }
        tested.expected = contents_of(tested.container);
        tested.check();
      });
    }
  }
}

// What was inserted before the failure stays.
TYPED_TEST(failing, ranges_are_inserted_up_to_the_failure) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    at_every_chance(3, [&](std::size_t chance) {
      subject<TypeParam> tested(mode);
      const std::uint64_t first = tested.next;
      auto elements = elements_from<TypeParam>(first, first + 20);
      throws_at(chance, [&] {
        tested.container.insert(std::move_iterator(elements.begin()),
                                std::move_iterator(elements.end()));
      });
      while (tested.container.size() > tested.next) tested.expect(tested.next++);
      tested.check();
    });
  }
}

// Every element is in one of the two.
TYPED_TEST(failing, merge_loses_nothing) {
  for (const migration_mode mode : {migration_mode::driven_by_inserts, migration_mode::halfway}) {
    SCOPED_TRACE(name_of(mode));
    at_every_chance(17, [&](std::size_t chance) {
      subject<TypeParam> into(mode);
      for (std::uint64_t n = 50; n < into.next; ++n) {
        into.container.erase(element_kit<TypeParam>::make_key(n));
        into.expect_no(n);
      }
      subject<TypeParam> from(mode);
      contents all = from.expected;
      all.merge(into.expected);
      throws_at(chance, [&] { into.container.merge(from.container); });
      into.expected = contents_of(into.container);
      from.expected = contents_of(from.container);
      into.check();
      from.check();
      expect_that(into.expected.size() + from.expected.size() == 50 + from.next,
                  "none is there twice");
      contents both = into.expected;
      both.merge(from.expected);
      expect_that(both == all, "none is lost");
    });
  }
}

template <class Container>
class failing_copies : public element_test {
 protected:
  void TearDown() override {
    element_test::TearDown();
    EXPECT_EQ(failing_blocks, 0);
  }
};
using copyable_containers = testing::Types<failing_map<copied, copied>, failing_set<copied>,
                                           failing_node_map<copied, fixed_value>>;
TYPED_TEST_SUITE(failing_copies, copyable_containers);

TYPED_TEST(failing_copies, leave_original_and_target) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    at_every_chance(7, [&](std::size_t chance) {
      subject<TypeParam> original(mode);
      subject<TypeParam> target(mode);
      target.grow();
      const bool thrown = throws_at(chance, [&] { target.container = original.container; });
      if (!thrown) target.expected = original.expected;
      target.check();
      original.check();
      const bool fired = countdown::fired();
      throws_at(chance, [&] { const TypeParam copy(original.container); });
      original.check();
      expect_that(fired == thrown, "what fails is not hidden");
    });
  }
}

TYPED_TEST(failing_copies, leave_nothing_behind_when_constructing_or_assigning_a_list) {
  const auto elements = elements_from<TypeParam>(0, 60);
  at_every_chance(5, [&](std::size_t chance) {
    const bool thrown = throws_at(chance, [&] {
      const TypeParam made(elements.begin(), elements.end());
      expect_that(made.size() == 60, "made");
    });
    expect_that(thrown == countdown::fired(), "what fails is not hidden");
  });
  const auto element = [](std::uint64_t n) {
    return typename TypeParam::value_type(element_kit<TypeParam>::make_parts(n, n));
  };
  const std::initializer_list<typename TypeParam::value_type> list = {element(500), element(501)};
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    at_every_chance(1, [&](std::size_t chance) {
      subject<TypeParam> target(mode);
      if (!throws_at(chance, [&] { target.container = list; })) {
        const auto seen = element_kit<TypeParam>::value_seen;
        target.expected = {{500, seen(500)}, {501, seen(501)}};
      }
      target.check();
    });
  }
}

}  // namespace
