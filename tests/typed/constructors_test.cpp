// Constructing, copying, moving and assigning whole containers, of all kinds of elements and in
// every state of migration.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// ---- functions and allocators that can be told apart ----

// Elements placed by one are not found by another.
struct marked_hash {
  using takes_seed = void;

  int mark = 0;

  template <class Key>
  std::uint64_t operator()(const Key& key, std::uint64_t seed = 0) const {
    return number_hash{}(key, seed + static_cast<std::uint64_t>(mark));
  }
};
struct marked_equal : std::equal_to<> {
  int mark = 0;
};

template <class T>
struct marked_allocator {
  using value_type = T;

  int mark = 0;

  marked_allocator() = default;
  explicit marked_allocator(int its_mark) noexcept : mark(its_mark) {}
  template <class U>
  marked_allocator(const marked_allocator<U>& other) noexcept : mark(other.mark) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(alignof(T))));
  }
  void deallocate(T* block, std::size_t) noexcept {
    ::operator delete(block, std::align_val_t(alignof(T)));
  }
  friend bool operator==(const marked_allocator&, const marked_allocator&) = default;
};

template <class Key, class T>
using marked_map =
    steady::hash_map<Key, T, marked_hash, marked_equal, marked_allocator<std::pair<const Key, T>>>;
template <class Key>
using marked_set = steady::hash_set<Key, marked_hash, marked_equal, marked_allocator<Key>>;

// What a constructor was given: zeros where it was not told.
struct marks {
  int hash = 0;
  int equal = 0;
  int allocator = 0;
  friend bool operator==(const marks&, const marks&) = default;
};

template <class Container>
[[gnu::noinline]] marks marks_of(const Container& container) {
  return {container.hash_function().mark, container.key_eq().mark, container.get_allocator().mark};
}

constexpr marks h_e_a{1, 2, 3};
constexpr std::size_t capacity = 400;

// The arguments that follow what a container is made from.
template <class Container>
struct arguments {
  using allocator_type = typename Container::allocator_type;
  const typename Container::hasher hash = [] {
    marked_hash made;
    made.mark = h_e_a.hash;
    return made;
  }();
  const typename Container::key_equal equal = [] {
    marked_equal made;
    made.mark = h_e_a.equal;
    return made;
  }();
  const allocator_type allocator = allocator_type(h_e_a.allocator);
};

// A constructor, and what it must have made of its arguments.
template <class Container, class... From>
struct constructor {
  const char* name;
  Container (*construct)(const arguments<Container>&, From...);
  std::size_t room;
  marks expected;
};

// All constructors that begin with these arguments.
template <class Container, class... From>
std::vector<constructor<Container, From...>> constructors() {
  using a = arguments<Container>;
  return {
      {"no more", [](const a&, From... from) { return Container(from...); }, 0, {}},
      {"capacity",
       [](const a&, From... from) { return Container(from..., capacity); },
       capacity,
       {}},
      {"capacity, hash",
       [](const a& with, From... from) { return Container(from..., capacity, with.hash); },
       capacity,
       {1, 0, 0}},
      {"capacity, hash, equal",
       [](const a& with, From... from) {
         return Container(from..., capacity, with.hash, with.equal);
       },
       capacity,
       {1, 2, 0}},
      {"capacity, hash, equal, allocator",
       [](const a& with, From... from) {
         return Container(from..., capacity, with.hash, with.equal, with.allocator);
       },
       capacity,
       {1, 2, 3}},
      {"capacity, allocator",
       [](const a& with, From... from) { return Container(from..., capacity, with.allocator); },
       capacity,
       {0, 0, 3}},
      {"capacity, hash, allocator",
       [](const a& with, From... from) {
         return Container(from..., capacity, with.hash, with.allocator);
       },
       capacity,
       {1, 0, 3}},
      {"allocator",
       [](const a& with, From... from) { return Container(from..., with.allocator); },
       0,
       {0, 0, 3}},
  };
}

// Has nothing, and is as good as new.
template <class Container>
[[gnu::noinline]] void expect_empty_and_usable(Container& container) {
  expect_contents(container, {});
  expect_that(container.empty() && container.begin() == container.end(), "empty");
  contents expected;
  for (std::uint64_t n = 0; n < 60; ++n) {
    element_kit<Container>::put(container, n, n);
    expected.emplace(n, element_kit<Container>::value_seen(n));
  }
  expect_contents(container, expected);
}

// Inserts up to `room` elements, which must not add a bucket or migrate.
template <class Container>
[[gnu::noinline]] void expect_room(Container& container, std::size_t room) {
  const steady::stats before = container.stats();
  expect_that((before.buckets == 0) == (room == 0 && container.empty()), "memory for the asking");
  for (std::uint64_t n = 1000; container.size() < room; ++n) {
    element_kit<Container>::put(container, n, 0);
  }
  expect_that(container.stats().buckets == before.buckets, "no bucket was added");
  expect_that(container.stats().steps.insert == before.steps.insert, "nothing migrated");
}

// The elements 0 to 99.
template <class Container>
contents first_hundred() {
  contents expected;
  for (std::uint64_t n = 0; n < 100; ++n) expected.emplace(n, subject<Container>::value_seen(n));
  return expected;
}

// Calls all constructors that begin with `from...`. With `counted`, the length of what they are
// made from can be told beforehand, and nothing may have migrated.
template <class Container, class... From>
void expect_constructed(const contents& expected, bool counted, From... from) {
  const arguments<Container> with;
  for (const auto& way : constructors<Container, From...>()) {
    SCOPED_TRACE(way.name);
    Container made = way.construct(with, from...);
    expect_contents(made, expected);
    expect_that(marks_of(made) == way.expected, "the functions and the allocator");
    const steady::stats now = made.stats();
    if (counted || way.room != 0) {
      expect_that(now.steps.insert + now.steps.call == 0, "nothing migrated");
      expect_room(made, way.room);
    }
  }
}

// ---- the constructors ----

// The elements 0 to 99, once.
template <class Container>
struct single_pass_range {
  element_reader<Container> begin() const { return element_reader<Container>(0); }
  element_reader<Container> end() const { return element_reader<Container>(100); }
};

template <class Container>
class constructors_of : public element_test {};
using containers = testing::Types<marked_map<std::string, std::string>, marked_set<owner>>;
TYPED_TEST_SUITE(constructors_of, containers);

TYPED_TEST(constructors_of, empty_containers) {
  expect_constructed<TypeParam>({}, true);
  TypeParam container;
  expect_that(container.stats().bytes == 0, "an empty container has no memory");
  expect_empty_and_usable(container);
}

// The first of several elements with the same key is kept.
TYPED_TEST(constructors_of, containers_from_ranges) {
  using reader = element_reader<TypeParam>;
  expect_constructed<TypeParam>(first_hundred<TypeParam>(), false, reader(0), reader(100));
  const TypeParam made(steady::from_range, single_pass_range<TypeParam>());
  expect_contents(made, first_hundred<TypeParam>());
  if constexpr (element_kit<TypeParam>::copyable) {
    auto elements = elements_from<TypeParam>(0, 100);
    for (std::uint64_t n = 0; n < 100; n += 10) {
      elements.push_back(element_kit<TypeParam>::make_parts(n, 255));
    }
    using iterator = typename decltype(elements)::const_iterator;
    expect_constructed<TypeParam, iterator, iterator>(first_hundred<TypeParam>(), true,
                                                      elements.begin(), elements.end());
    using range = const decltype(elements)&;
    expect_constructed<TypeParam, steady::from_range_t, range>(first_hundred<TypeParam>(), true,
                                                               steady::from_range, elements);
  }
}

template <class Container>
class list_constructors_of : public element_test {};
using containers_from_lists = testing::Types<marked_set<copied>>;
TYPED_TEST_SUITE(list_constructors_of, containers_from_lists);

TYPED_TEST(list_constructors_of, containers_from_lists) {
  using list = std::initializer_list<typename TypeParam::value_type>;
  const auto element = [](std::uint64_t n, std::uint64_t value) {
    return typename TypeParam::value_type(element_kit<TypeParam>::make_parts(n, value));
  };
  const list elements = {element(1, 10), element(2, 20), element(1, 30)};
  const auto seen = element_kit<TypeParam>::value_seen;
  expect_constructed<TypeParam, list>({{1, seen(10)}, {2, seen(20)}}, true, elements);
}

// A subject whose functions and allocator are marked.
template <class Container>
subject<Container> marked_subject(migration_mode mode) {
  const arguments<Container> with;
  return subject<Container>(mode, Container(0, with.hash, with.equal, with.allocator));
}

template <class Container>
class whole : public element_test {};
using copyable_containers =
    testing::Types<marked_map<std::uint64_t, fixed_value>, marked_set<copied>>;
TYPED_TEST_SUITE(whole, copyable_containers);

// The copy is complete, and the original untouched.
template <class Container>
[[gnu::noinline]] void expect_copied(const subject<Container>& original, const standstill& before,
                                     Container& copy, int allocator) {
  expect_that(marks_of(copy) == marks{h_e_a.hash, h_e_a.equal, allocator}, "marks of the copy");
  expect_that(!copy.migrating(), "a copy does not migrate");
  expect_contents(copy, original.expected);
  element_kit<Container>::put(copy, original.next, 0);
  copy.erase(element_kit<Container>::make_key(0));
  expect_that(standstill_of(original.container) == before, "the original is left alone");
  original.check();
}

TYPED_TEST(whole, containers_are_copied) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    const auto original = marked_subject<TypeParam>(mode);
    const standstill before = standstill_of(original.container);
    TypeParam copy(original.container);
    expect_copied(original, before, copy, h_e_a.allocator);
    TypeParam elsewhere(original.container, typename TypeParam::allocator_type(7));
    expect_copied(original, before, elsewhere, 7);
  }
}

TYPED_TEST(whole, containers_are_assigned_copies_and_lists) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    const auto original = marked_subject<TypeParam>(mode);
    const standstill before = standstill_of(original.container);
    for (const migration_mode target_mode : all_modes) {
      subject<TypeParam> target(target_mode);
      target.container = original.container;
      expect_copied(original, before, target.container, 0);
      auto replaced = marked_subject<TypeParam>(target_mode);
      const auto element = [](std::uint64_t n) {
        return typename TypeParam::value_type(element_kit<TypeParam>::make_parts(n, n));
      };
      const auto seen = element_kit<TypeParam>::value_seen;
      replaced.container = {element(500), element(3), element(500)};
      expect_contents(replaced.container, {{3, seen(3)}, {500, seen(500)}});
      expect_that(marks_of(replaced.container) == h_e_a, "a list brings no functions");
      replaced.container = std::initializer_list<typename TypeParam::value_type>{};
      expect_empty_and_usable(replaced.container);
    }
  }
}

TYPED_TEST(whole, containers_are_assigned_to_themselves) {
  in_every_state<TypeParam>([](auto& tested) {
    const standstill before = standstill_of(tested.container);
    TypeParam& same = tested.container;
    tested.container = same;
    expect_that(standstill_of(tested.container) == before, "a copy of itself");
    tested.container = std::move(same);
    expect_that(standstill_of(tested.container) == before, "moved to itself");
  });
}

template <class Container>
class moving : public element_test {};
using movable_containers =
    testing::Types<marked_map<std::string, std::string>, marked_set<owner>, marked_set<copied>>;
TYPED_TEST_SUITE(moving, movable_containers);

// The target has the elements where they were, and the source none.
template <class Container>
[[gnu::noinline]] void expect_taken(subject<Container>& source, const standstill& before,
                                    Container& target, int allocator) {
  expect_that(marks_of(target) == marks{h_e_a.hash, h_e_a.equal, allocator}, "marks");
  expect_that(standstill_of(target) == before, "references follow");
  expect_contents(target, source.expected);
  expect_empty_and_usable(source.container);
  target.finish();
  expect_contents(target, source.expected);
}

// The target has the elements in memory of its own, and the source none.
template <class Container>
[[gnu::noinline]] void expect_moved(subject<Container>& source, Container& target, int allocator) {
  expect_that(marks_of(target) == marks{h_e_a.hash, h_e_a.equal, allocator}, "marks");
  expect_contents(target, source.expected);
  expect_empty_and_usable(source.container);
}

TYPED_TEST(moving, constructs_and_leaves_the_other_empty_and_usable) {
  using allocator = typename TypeParam::allocator_type;
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    auto source = marked_subject<TypeParam>(mode);
    standstill before = standstill_of(source.container);
    TypeParam target(std::move(source.container));
    expect_taken(source, before, target, h_e_a.allocator);

    auto of_equal = marked_subject<TypeParam>(mode);
    before = standstill_of(of_equal.container);
    TypeParam with_equal(std::move(of_equal.container), allocator(h_e_a.allocator));
    expect_taken(of_equal, before, with_equal, h_e_a.allocator);

    auto of_other = marked_subject<TypeParam>(mode);
    TypeParam with_other(std::move(of_other.container), allocator(7));
    expect_moved(of_other, with_other, 7);
  }
}

TYPED_TEST(moving, assigns_and_leaves_the_other_empty_and_usable) {
  using allocator = typename TypeParam::allocator_type;
  for (const migration_mode mode : all_modes) {
    for (const migration_mode target_mode : all_modes) {
      SCOPED_TRACE(name_of(mode));
      auto source = marked_subject<TypeParam>(mode);
      const standstill before = standstill_of(source.container);
      subject<TypeParam> target(target_mode, TypeParam(allocator(h_e_a.allocator)));
      target.container = std::move(source.container);
      expect_taken(source, before, target.container, h_e_a.allocator);

      auto unequal = marked_subject<TypeParam>(mode);
      subject<TypeParam> other(target_mode, TypeParam(allocator(7)));
      other.container = std::move(unequal.container);
      expect_moved(unequal, other.container, 7);
    }
  }
}

TYPED_TEST(moving, by_swap_exchanges_the_functions_with_the_elements) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    auto one = marked_subject<TypeParam>(mode);
    const int allocator = h_e_a.allocator;
    subject<TypeParam> other(mode, TypeParam(typename TypeParam::allocator_type(allocator)));
    const standstill of_one = standstill_of(one.container);
    const standstill of_other = standstill_of(other.container);
    one.container.swap(other.container);
    expect_that(marks_of(one.container) == marks{0, 0, allocator}, "the other's functions");
    expect_that(marks_of(other.container) == h_e_a, "this one's functions");
    expect_that(standstill_of(one.container) == of_other, "the other's elements");
    expect_that(standstill_of(other.container) == of_one, "this one's elements");
    expect_contents(one.container, other.expected);
    expect_contents(other.container, one.expected);
  }
}

// ---- deduction ----

template <class Expected, class Deduced>
constexpr bool deduces(const Deduced&) {
  return std::is_same_v<Expected, Deduced>;
}

using pairs = std::vector<std::pair<std::uint32_t, std::string>>;
const pairs elements = {{1, "a"}, {2, "b"}, {1, "c"}};
const std::vector<std::uint32_t> keys = {1, 2, 1};
const other_number_hash hash;
const std::equal_to<> equal;

TEST(deduction, finds_the_types_of_maps) {
  using steady::hash_map;
  using map = hash_map<std::uint32_t, std::string>;
  using hashed = hash_map<std::uint32_t, std::string, other_number_hash>;
  using compared = hash_map<std::uint32_t, std::string, other_number_hash, std::equal_to<>>;
  using value_type = std::pair<const std::uint32_t, std::string>;
  using allocated = hash_map<std::uint32_t, std::string, other_number_hash, std::equal_to<>,
                             marked_allocator<value_type>>;
  const auto begin = elements.begin();
  const auto end = elements.end();
  const marked_allocator<value_type> allocator(3);
  EXPECT_TRUE(deduces<map>(hash_map(begin, end)));
  EXPECT_TRUE(deduces<map>(hash_map(begin, end, 9)));
  EXPECT_TRUE(deduces<hashed>(hash_map(begin, end, 9, hash)));
  EXPECT_TRUE(deduces<compared>(hash_map(begin, end, 9, hash, equal)));
  EXPECT_TRUE(deduces<allocated>(hash_map(begin, end, 9, hash, equal, allocator)));
  EXPECT_TRUE(deduces<map>(hash_map{elements[0], elements[1]}));
  EXPECT_TRUE(deduces<hashed>(hash_map({elements[0], elements[1]}, 9, hash)));
  EXPECT_TRUE(deduces<map>(hash_map(steady::from_range, elements)));
  EXPECT_TRUE(deduces<hashed>(hash_map(steady::from_range, elements, 9, hash)));
  EXPECT_EQ(hash_map(begin, end).at(1), "a");
}

TEST(deduction, finds_the_types_of_sets) {
  using steady::hash_set;
  using set = hash_set<std::uint32_t>;
  using hashed = hash_set<std::uint32_t, other_number_hash>;
  using allocated =
      hash_set<std::uint32_t, other_number_hash, std::equal_to<>, marked_allocator<std::uint32_t>>;
  const auto begin = keys.begin();
  const auto end = keys.end();
  const marked_allocator<std::uint32_t> allocator(3);
  EXPECT_TRUE(deduces<set>(hash_set(begin, end)));
  EXPECT_TRUE(deduces<set>(hash_set(begin, end, 9)));
  EXPECT_TRUE(deduces<hashed>(hash_set(begin, end, 9, hash)));
  EXPECT_TRUE(deduces<allocated>(hash_set(begin, end, 9, hash, equal, allocator)));
  EXPECT_TRUE(deduces<set>(hash_set{1u, 2u}));
  EXPECT_TRUE(deduces<hashed>(hash_set({1u, 2u}, 9, hash)));
  EXPECT_TRUE(deduces<set>(hash_set(steady::from_range, keys)));
  EXPECT_TRUE(deduces<hashed>(hash_set(steady::from_range, keys, 9, hash)));
  EXPECT_EQ(hash_set(begin, end).size(), 2u);
}

}  // namespace
