// Looking up, in containers of all kinds of elements and in every state of migration.
#include <cstdint>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// All forms of looking up `key`, whose element is at `place`, or null. `Key` may be another type.
template <class Container, class Key>
[[gnu::noinline]] void expect_lookup(Container& container, const Key& key, const void* place,
                                     std::uint64_t n) {
  const Container& constant = container;
  const bool there = place != nullptr;
  const auto at = container.find(key);
  const auto constant_at = constant.find(key);
  expect_that((at != container.end()) == there, "find", n);
  expect_that((constant_at != constant.end()) == there, "find const", n);
  if (there && at != container.end() && constant_at != constant.end()) {
    expect_that(std::addressof(*at) == place, "find: the element", n);
    expect_that(std::addressof(*constant_at) == place, "find const: the element", n);
  }
  expect_that(constant.contains(key) == there, "contains", n);
  expect_that(constant.count(key) == (there ? 1u : 0u), "count", n);
  const auto range = container.equal_range(key);
  const auto constant_range = constant.equal_range(key);
  expect_that(range.first == at, "equal_range", n);
  expect_that(constant_range.first == constant_at, "equal_range const", n);
  expect_that(range.second == (there ? std::next(at) : at), "equal_range: its end", n);
  expect_that(constant_range.second == (there ? std::next(constant_at) : constant_at),
              "equal_range const: its end", n);
}

// Null where at() throws.
template <class Map, class Key>
[[gnu::noinline]] const void* place_by_at(Map& map, const Key& key) {
  try {
    return std::addressof(map.at(key));
  } catch (const std::out_of_range&) {
    return nullptr;
  }
}

// Where the value of an element at `place` is.
template <class Map>
const void* value_in(const void* place) {
  if (place == nullptr) return nullptr;
  return std::addressof(static_cast<const typename Map::value_type*>(place)->second);
}

template <class Container>
class lookup : public element_test {};
using containers =
    testing::Types<string_map, aligned_map, large_map, byte_set, triple_set, owner_set>;
TYPED_TEST_SUITE(lookup, containers);

TYPED_TEST(lookup, finds_what_is_there_and_nothing_else_and_moves_nothing) {
  in_every_state<TypeParam>([](auto& tested) {
    const standstill before = standstill_of(tested.container);
    for (std::uint64_t n = 0; n < tested.next + 50; ++n) {
      const auto place = before.places.find(n);
      expect_lookup(tested.container, element_kit<TypeParam>::make_key(n),
                    place == before.places.end() ? nullptr : place->second, n);
    }
    expect_that(standstill_of(tested.container) == before, "nothing has moved");
  });
}

TYPED_TEST(lookup, finds_nothing_where_there_is_nothing) {
  using kit = element_kit<TypeParam>;
  const auto expect_nothing = [](TypeParam& empty) {
    for (std::uint64_t n = 0; n < 3; ++n) expect_lookup(empty, kit::make_key(n), nullptr, n);
    expect_that(empty.begin() == empty.end() && empty.cbegin() == empty.cend(), "no elements");
    expect_contents(empty, {});
  };
  TypeParam never_filled;
  expect_nothing(never_filled);
  TypeParam with_room(100);
  expect_nothing(with_room);
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    subject<TypeParam> tested(mode);
    {
      const TypeParam moved(std::move(tested.container));
      expect_nothing(tested.container);
    }
    subject<TypeParam> cleared(mode);
    cleared.container.clear();
    expect_nothing(cleared.container);
    subject<TypeParam> erased(mode);
    for (std::uint64_t n = 0; n < erased.next; ++n) erased.container.erase(kit::make_key(n));
    expect_nothing(erased.container);
  }
}

template <class Map>
class values : public element_test {};
using maps = testing::Types<string_map, aligned_map, large_map, large_node_map>;
TYPED_TEST_SUITE(values, maps);

TYPED_TEST(values, are_got_by_at_which_throws_where_there_are_none) {
  in_every_state<TypeParam>([](auto& tested) {
    const standstill before = standstill_of(tested.container);
    for (std::uint64_t n = 0; n < tested.next + 10; ++n) {
      const auto key = element_kit<TypeParam>::make_key(n);
      const auto place = before.places.find(n);
      const void* const value =
          value_in<TypeParam>(place == before.places.end() ? nullptr : place->second);
      expect_that(place_by_at(tested.container, key) == value, "at", n);
      expect_that(place_by_at(std::as_const(tested.container), key) == value, "at const", n);
    }
    expect_that(standstill_of(tested.container) == before, "nothing has moved");
  });
}

// Needs values that have a default.
template <class Map>
class subscript : public element_test {};
using maps_with_defaults = testing::Types<string_map, aligned_map>;
TYPED_TEST_SUITE(subscript, maps_with_defaults);

TYPED_TEST(subscript, gets_the_value_that_is_there_and_leaves_the_key) {
  in_every_state<TypeParam>([](auto& tested) {
    const standstill before = standstill_of(tested.container);
    for (const auto& [n, place] : before.places) {
      auto key = element_kit<TypeParam>::make_key(n);
      const void* const value = value_in<TypeParam>(place);
      expect_that(&tested.container[std::as_const(key)] == value, "[const key&]", n);
      expect_that(&tested.container[std::move(key)] == value, "[key&&]", n);
      expect_that(number_of(key) == n, "a key that is there is not moved from", n);
    }
    expect_that(standstill_of(tested.container) == before, "nothing has moved");
  });
}

TYPED_TEST(subscript, makes_a_default_value_for_a_new_key) {
  using kit = element_kit<TypeParam>;
  using mapped_type = typename TypeParam::mapped_type;
  in_every_state<TypeParam>([](auto& tested) {
    for (bool moving : {false, true}) {
      const std::uint64_t n = tested.next++;
      auto key = kit::make_key(n);
      auto& value =
          moving ? tested.container[std::move(key)] : tested.container[std::as_const(key)];
      expect_that(value == mapped_type(), "a default value", n);
      expect_that(&value == value_in<TypeParam>(address_of(tested.container, n)), "its place", n);
      value = kit::make_value(tested.value_for(n));
      tested.expect(n);
      tested.settle();
    }
  });
}

// Strings are looked up by views of them.
template <class Container>
class lookup_by_view : public element_test {};
using containers_of_strings = testing::Types<string_map, string_node_set>;
TYPED_TEST_SUITE(lookup_by_view, containers_of_strings);

TYPED_TEST(lookup_by_view, is_lookup_by_key) {
  in_every_state<TypeParam>([](auto& tested) {
    const standstill before = standstill_of(tested.container);
    for (std::uint64_t n = 0; n < tested.next + 50; ++n) {
      const std::string key = make<std::string>(n);
      const auto found = before.places.find(n);
      const void* const place = found == before.places.end() ? nullptr : found->second;
      expect_lookup(tested.container, std::string_view(key), place, n);
      if constexpr (any_map<TypeParam>) {
        const void* const value = value_in<TypeParam>(place);
        expect_that(place_by_at(tested.container, std::string_view(key)) == value, "at", n);
        expect_that(place_by_at(std::as_const(tested.container), std::string_view(key)) == value,
                    "at const", n);
        if (place != nullptr) {
          expect_that(&tested.container[std::string_view(key)] == value, "[]", n);
        }
      }
    }
    expect_that(standstill_of(tested.container) == before, "nothing has moved");
  });
}

// Node containers never move an element.
template <class Container>
class lookup_of_nodes : public element_test {};
using containers_of_nodes = testing::Types<large_node_map, string_node_set>;
TYPED_TEST_SUITE(lookup_of_nodes, containers_of_nodes);

TYPED_TEST(lookup_of_nodes, finds_elements_where_they_were_whatever_happened) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    const addresses before = addresses_of(container);
    const auto expect_places = [&](const char* what) {
      for (const auto& [n, place] : before) {
        expect_that(address_of(container, n) == place, what, n);
      }
    };
    for (int n = 0; n < 90; ++n) tested.grow();
    expect_places("inserting");
    container.step(5);
    container.finish();
    expect_places("finish()");
    container.reserve(1000);
    expect_places("reserve()");
    for (std::uint64_t n = before.size(); n < tested.next; ++n) {
      container.erase(kit::make_key(n));
      tested.expect_no(n);
    }
    container.rehash(0);
    expect_places("rehash()");
    TypeParam other(std::move(container));
    container = std::move(other);
    other.swap(container);
    swap(container, other);
    expect_places("moving and swapping");
    for (const auto& [n, place] : before) {
      auto node = container.extract(kit::make_key(n));
      tested.settle();
      expect_that(&*container.insert(std::move(node)).position == place, "by node", n);
    }
    other.merge(container);
    container.merge(other);
    expect_places("extracting, inserting nodes and merging");
  });
}

}  // namespace
