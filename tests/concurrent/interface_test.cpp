// Functions for single elements, one thread, for every kind of element.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

#include "support/concurrent_containers.hpp"

namespace {

using namespace support;

template <class Container>
class interface : public testing::Test {};

using containers = testing::Types<concurrent_numbers, concurrent_halves, concurrent_stamped,
                                  concurrent_twelves, concurrent_strings, concurrent_owners,
                                  concurrent_number_set, concurrent_string_set>;
TYPED_TEST_SUITE(interface, containers);

template <class Container>
typename Container::value_type element_of(std::uint64_t key, std::uint64_t value) {
  using kit = element_kit<Container>;
  if constexpr (kit::is_map) {
    return typename Container::value_type(kit::make_key(key), kit::make_value(value));
  } else {
    static_cast<void>(value);
    return kit::make_key(key);
  }
}

// Elements 0 to 99; the value of n is 3n.
template <class Container>
void fill(Container& container) {
  for (std::uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(put(container, n, 3 * n));
}

// That key 7 has this value, and nothing else has changed.
template <class Container>
void expect_seventh(const Container& container, std::uint64_t value) {
  using kit = element_kit<Container>;
  EXPECT_EQ(value_in(container, 7), kit::value_seen(value));
  EXPECT_EQ(value_in(container, 6), kit::value_seen(18));
  EXPECT_EQ(container.size(), 100u);
  EXPECT_STREQ(container.check_invariants(), nullptr);
}

// ---- inserting ----

TYPED_TEST(interface, insert_takes_what_is_new) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  EXPECT_TRUE(container.insert(element_of<TypeParam>(7, 70)));
  EXPECT_FALSE(container.insert(element_of<TypeParam>(7, 71)));
  EXPECT_EQ(value_in(container, 7), kit::value_seen(70));
  if constexpr (kit::copyable) {
    const auto element = element_of<TypeParam>(8, 80);
    EXPECT_TRUE(container.insert(element));
    EXPECT_FALSE(container.insert(element));
    EXPECT_EQ(value_in(container, 8), kit::value_seen(80));
    EXPECT_EQ(kit::key_of(element), 8u) << "an argument that is const is not moved from";
  }
  EXPECT_FALSE(container.contains(kit::make_key(9)));
}

TYPED_TEST(interface, emplace_takes_what_an_element_is_made_from) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  const auto emplace = [&](std::uint64_t key, std::uint64_t value) {
    if constexpr (kit::is_map) {
      return container.emplace(kit::make_key(key), kit::make_value(value));
    } else {
      static_cast<void>(value);
      return container.emplace(kit::make_key(key));
    }
  };
  EXPECT_TRUE(emplace(7, 70));
  EXPECT_FALSE(emplace(7, 71));
  EXPECT_TRUE(container.emplace(element_of<TypeParam>(8, 80)));
  EXPECT_FALSE(container.emplace(element_of<TypeParam>(8, 81)));
  EXPECT_EQ(value_in(container, 7), kit::value_seen(70));
  EXPECT_EQ(value_in(container, 8), kit::value_seen(80));
  EXPECT_EQ(container.size(), 2u);
}

TYPED_TEST(interface, try_emplace_and_insert_or_assign_tell_whether_the_key_was_new) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map) {
    TypeParam map;
    const auto key = kit::make_key(7);
    EXPECT_TRUE(map.try_emplace(key, kit::make_value(70)));
    EXPECT_FALSE(map.try_emplace(key, kit::make_value(71)));
    EXPECT_FALSE(map.try_emplace(kit::make_key(7), kit::make_value(72)));
    EXPECT_EQ(value_in(map, 7), 70u);
    EXPECT_FALSE(map.insert_or_assign(key, kit::make_value(73)));
    EXPECT_EQ(value_in(map, 7), 73u);
    EXPECT_TRUE(map.insert_or_assign(kit::make_key(8), kit::make_value(80)));
    EXPECT_FALSE(map.insert_or_assign(kit::make_key(8), kit::make_value(81)));
    EXPECT_EQ(value_in(map, 8), 81u);
    EXPECT_EQ(map.size(), 2u);
    if constexpr (kit::copyable) {
      const auto value = kit::make_value(90);
      EXPECT_TRUE(map.insert_or_assign(kit::make_key(9), value));
      EXPECT_EQ(number_of(value), 90u) << "an argument that is const is not moved from";
    }
  }
}

// ---- inserting or visiting ----

// Calls `function(key, visitor)`, which inserts the element 200 and meets the element 7; the
// visitor must be called for the second only.
template <class Container, class Function>
void expect_one_visit(Container& container, const Function& function) {
  using kit = element_kit<Container>;
  int visits = 0;
  const auto visitor = [&](auto& element) {
    ++visits;
    EXPECT_EQ(kit::key_of(element), 7u);
    EXPECT_EQ(kit::value_of(element), kit::value_seen(21));
    if constexpr (kit::is_map) {
      using visited = std::remove_reference_t<decltype(element)>;
      if constexpr (!std::is_const_v<visited>) element.second = kit::make_value(22);
    }
  };
  EXPECT_TRUE(function(200, visitor));
  EXPECT_EQ(visits, 0);
  EXPECT_EQ(value_in(container, 200), kit::value_seen(201));
  EXPECT_FALSE(function(7, visitor));
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(container.erase(kit::make_key(200)), 1u);
}

TYPED_TEST(interface, insert_or_visit) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container);
  expect_one_visit(container, [&](std::uint64_t key, const auto& visitor) {
    return container.insert_or_cvisit(element_of<TypeParam>(key, 201), visitor);
  });
  expect_seventh(container, 21);
  if constexpr (kit::copyable) {
    expect_one_visit(container, [&](std::uint64_t key, const auto& visitor) {
      const auto element = element_of<TypeParam>(key, 201);
      return container.insert_or_cvisit(element, visitor);
    });
  }
  expect_one_visit(container, [&](std::uint64_t key, const auto& visitor) {
    return container.insert_or_visit(element_of<TypeParam>(key, 201), visitor);
  });
  expect_seventh(container, 22);
}

TYPED_TEST(interface, emplace_or_visit) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map) {
    TypeParam map;
    fill(map);
    expect_one_visit(map, [&](std::uint64_t key, const auto& visitor) {
      return map.emplace_or_cvisit(element_of<TypeParam>(key, 201), visitor);
    });
    expect_seventh(map, 21);
    expect_one_visit(map, [&](std::uint64_t key, const auto& visitor) {
      return map.emplace_or_visit(kit::make_key(key), kit::make_value(201), visitor);
    });
    expect_seventh(map, 22);
  }
}

TYPED_TEST(interface, try_emplace_or_visit) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map) {
    TypeParam map;
    fill(map);
    expect_one_visit(map, [&](std::uint64_t key, const auto& visitor) {
      return map.try_emplace_or_cvisit(kit::make_key(key), kit::make_value(201), visitor);
    });
    expect_seventh(map, 21);
    expect_one_visit(map, [&](std::uint64_t key, const auto& visitor) {
      const auto lasting = kit::make_key(key);
      return map.try_emplace_or_visit(lasting, kit::make_value(201), visitor);
    });
    expect_seventh(map, 22);
  }
}

// ---- inserting and visiting ----

// Calls `function(key, of_new, of_old)`, which inserts the element 200 with the value 201 and meets
// the element 7. Each visitor is called once; the first may change the new value.
template <class Container, class Function>
void expect_both_visits(const Function& function) {
  using kit = element_kit<Container>;
  Container container;
  fill(container);
  std::vector<std::uint64_t> of_new;
  std::vector<std::uint64_t> of_old;
  const auto see_new = [&](auto& element) {
    of_new.push_back(kit::key_of(element));
    EXPECT_EQ(kit::value_of(element), kit::value_seen(201));
    if constexpr (kit::is_map) element.second = kit::make_value(202);
  };
  const auto see_old = [&](auto& element) { of_old.push_back(kit::key_of(element)); };
  EXPECT_TRUE(function(container, 200, see_new, see_old));
  EXPECT_EQ(value_in(container, 200), kit::value_seen(202));
  EXPECT_FALSE(function(container, 7, see_new, see_old));
  EXPECT_EQ(of_new, (std::vector<std::uint64_t>{200}));
  EXPECT_EQ(of_old, (std::vector<std::uint64_t>{7}));
  EXPECT_EQ(container.erase(kit::make_key(200)), 1u);
  expect_seventh(container, 21);
}

TYPED_TEST(interface, insert_and_visit) {
  using kit = element_kit<TypeParam>;
  expect_both_visits<TypeParam>([](auto& container, std::uint64_t key, auto of_new, auto of_old) {
    return container.insert_and_visit(element_of<TypeParam>(key, 201), of_new, of_old);
  });
  expect_both_visits<TypeParam>([](auto& container, std::uint64_t key, auto of_new, auto of_old) {
    return container.emplace_and_cvisit(element_of<TypeParam>(key, 201), of_new, of_old);
  });
  if constexpr (kit::is_map) {
    expect_both_visits<TypeParam>([](auto& map, std::uint64_t key, auto of_new, auto of_old) {
      return map.try_emplace_and_visit(kit::make_key(key), kit::make_value(201), of_new, of_old);
    });
  }
}

// A new element is shown to its visitor before anybody else can see it.
TYPED_TEST(interface, what_is_shown_as_new_is_not_there_yet) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container);
  int shown = 0;
  const auto leave = [](const auto&) {};
  for (std::uint64_t key = 100; key < 130; ++key) {
    const auto ask_another_thread = [&](const auto&) {
      ++shown;
      std::thread([&] {
        EXPECT_FALSE(container.contains(kit::make_key(key)));
        EXPECT_TRUE(container.contains(kit::make_key(7)));
      }).join();
    };
    EXPECT_TRUE(
        container.insert_and_visit(element_of<TypeParam>(key, 1), ask_another_thread, leave));
    EXPECT_TRUE(container.contains(kit::make_key(key)));
  }
  EXPECT_EQ(shown, 30);
}

// ---- visiting one ----

TYPED_TEST(interface, visit_meets_the_element_or_none) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container);
  int visits = 0;
  const auto read = [&](auto& element) {
    using visited = std::remove_reference_t<decltype(element)>;
    static_assert(std::is_same_v<std::remove_const_t<visited>, typename TypeParam::value_type>);
    static_assert(std::is_const_v<visited>);
    EXPECT_EQ(kit::key_of(element), 7u);
    ++visits;
  };
  EXPECT_EQ(container.cvisit(kit::make_key(7), read), 1u);
  EXPECT_EQ(std::as_const(container).cvisit(kit::make_key(7), read), 1u);
  EXPECT_EQ(std::as_const(container).visit(kit::make_key(7), read), 1u);
  EXPECT_EQ(visits, 3);
  EXPECT_EQ(container.cvisit(kit::make_key(100), read), 0u);
  EXPECT_EQ(std::as_const(container).visit(kit::make_key(100), read), 0u);
  EXPECT_EQ(container.visit(kit::make_key(100), [](const auto&) { FAIL(); }), 0u);
  EXPECT_EQ(visits, 3);
}

TYPED_TEST(interface, visit_changes_values_but_not_keys) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container);
  const auto change = [](auto& element) {
    using visited = std::remove_reference_t<decltype(element)>;
    static_assert(std::is_same_v<std::remove_const_t<visited>, typename TypeParam::value_type>);
    if constexpr (kit::is_map) {
      static_assert(!std::is_const_v<visited>);
      element.second = kit::make_value(kit::value_of(element) + 1);
    } else {
      static_assert(std::is_const_v<visited>);
    }
  };
  EXPECT_EQ(container.visit(kit::make_key(7), change), 1u);
  EXPECT_EQ(container.visit(kit::make_key(7), change), 1u);
  expect_seventh(container, 23);
}

// ---- looking up ----

TYPED_TEST(interface, contains_and_count_say_whether_the_key_is_there) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  EXPECT_FALSE(container.contains(kit::make_key(0)));
  EXPECT_EQ(container.count(kit::make_key(0)), 0u);
  fill(container);
  for (std::uint64_t n = 0; n < 200; ++n) {
    EXPECT_EQ(std::as_const(container).contains(kit::make_key(n)), n < 100);
    EXPECT_EQ(std::as_const(container).count(kit::make_key(n)), n < 100 ? 1u : 0u);
  }
}

TYPED_TEST(interface, find_returns_a_copy_of_the_value) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map && kit::copyable) {
    TypeParam map;
    EXPECT_FALSE(map.find(kit::make_key(0)).has_value());
    fill(map);
    for (std::uint64_t n = 0; n < 200; ++n) {
      const std::optional<typename TypeParam::mapped_type> found =
          std::as_const(map).find(kit::make_key(n));
      ASSERT_EQ(found.has_value(), n < 100);
      EXPECT_EQ(found ? number_of(*found) : 3 * n, 3 * n);
    }
    auto copy = map.find(kit::make_key(7));
    *copy = kit::make_value(1);
    expect_seventh(map, 21);
  }
}

// ---- erasing ----

TYPED_TEST(interface, erase_tells_how_many) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  EXPECT_EQ(container.erase(kit::make_key(0)), 0u);
  fill(container);
  for (std::uint64_t n = 0; n < 100; n += 2) {
    EXPECT_EQ(container.erase(kit::make_key(n)), 1u);
    EXPECT_EQ(container.erase(kit::make_key(n)), 0u);
  }
  EXPECT_EQ(container.size(), 50u);
  for (std::uint64_t n = 0; n < 100; ++n) {
    EXPECT_EQ(container.contains(kit::make_key(n)), n % 2 == 1);
  }
  EXPECT_STREQ(container.check_invariants(), nullptr);
  for (std::uint64_t n = 0; n < 100; n += 2) EXPECT_TRUE(put(container, n, n));
  EXPECT_EQ(container.size(), 100u);
}

TYPED_TEST(interface, erase_if_of_a_key_asks_about_its_element) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container);
  int asked = 0;
  const auto answer = [&](bool erase) {
    return [&asked, erase](const auto& element) {
      EXPECT_EQ(kit::key_of(element), 7u);
      EXPECT_EQ(kit::value_of(element), kit::value_seen(21));
      ++asked;
      return erase;
    };
  };
  EXPECT_EQ(container.erase_if(kit::make_key(7), answer(false)), 0u);
  expect_seventh(container, 21);
  EXPECT_EQ(container.erase_if(kit::make_key(7), answer(true)), 1u);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(container.erase_if(kit::make_key(7), answer(true)), 0u);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(container.size(), 99u);
  EXPECT_FALSE(container.contains(kit::make_key(7)));
}

TYPED_TEST(interface, erase_if_asks_about_every_element_once) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container);
  std::map<std::uint64_t, int> asked;
  const auto odd = [&](const auto& element) {
    ++asked[kit::key_of(element)];
    return kit::key_of(element) % 2 == 1;
  };
  EXPECT_EQ(container.erase_if(odd), 50u);
  EXPECT_EQ(asked.size(), 100u);
  for (const auto& [key, times] : asked) EXPECT_EQ(times, 1) << key;
  EXPECT_EQ(erase_if(container, [](const auto& element) { return kit::key_of(element) < 50; }),
            25u);
  EXPECT_EQ(container.size(), 25u);
  for (std::uint64_t n = 0; n < 100; ++n) {
    EXPECT_EQ(container.contains(kit::make_key(n)), n >= 50 && n % 2 == 0);
  }
  EXPECT_STREQ(container.check_invariants(), nullptr);
}

// ---- keys of other types ----

// Hash and equality of texts are transparent: no std::string is made from a string_view.
template <class Container>
void expect_to_be_searched_by_views(Container& container) {
  using kit = element_kit<Container>;
  for (std::uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(put(container, n, 3 * n));
  const std::string text = kit::make_key(7);
  const std::string_view view = text;
  int visits = 0;
  const auto visitor = [&](const auto& element) {
    EXPECT_EQ(kit::key_of(element), 7u);
    ++visits;
  };
  EXPECT_TRUE(container.contains(view));
  EXPECT_EQ(container.count(view), 1u);
  EXPECT_EQ(container.visit(view, visitor), 1u);
  EXPECT_EQ(std::as_const(container).visit(view, visitor), 1u);
  EXPECT_EQ(container.cvisit(view, visitor), 1u);
  EXPECT_EQ(visits, 3);
  EXPECT_EQ(container.erase_if(view, [](const auto&) { return false; }), 0u);
  EXPECT_EQ(container.erase_if(view, [](const auto&) { return true; }), 1u);
  EXPECT_FALSE(container.contains(view));
  EXPECT_EQ(container.erase(view), 0u);
  ASSERT_TRUE(put(container, 7, 21));
  EXPECT_EQ(container.erase(view), 1u);
  EXPECT_EQ(container.count(view.substr(1)), 0u);
}

TEST(transparent_functions, accept_keys_of_other_types) {
  concurrent_strings map;
  expect_to_be_searched_by_views(map);
  const std::string text = make<std::string>(8);
  const auto found = map.find(std::string_view(text));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(number_of(*found), 24u);
  EXPECT_FALSE(map.find(std::string_view("none")).has_value());
  concurrent_string_set set;
  expect_to_be_searched_by_views(set);
  set.insert("short");
  EXPECT_TRUE(set.contains("short")) << "an array that is small enough to be copied";
  EXPECT_EQ(set.erase("short"), 1u);
}

// ---- types ----

TEST(types, are_those_of_standard_containers) {
  using map = steady::concurrent_hash_map<int, long>;
  static_assert(std::is_same_v<map::key_type, int>);
  static_assert(std::is_same_v<map::mapped_type, long>);
  static_assert(std::is_same_v<map::value_type, std::pair<const int, long>>);
  static_assert(std::is_same_v<map::hasher, steady::hash<int>>);
  static_assert(std::is_same_v<map::key_equal, std::equal_to<int>>);
  static_assert(std::is_same_v<map::allocator_type, std::allocator<std::pair<const int, long>>>);
  using set = steady::concurrent_hash_set<int>;
  static_assert(std::is_same_v<set::value_type, int>);
  static_assert(std::is_same_v<set::allocator_type, std::allocator<int>>);
}

}  // namespace
