// Inserting, erasing and exchanging elements of all kinds in every state of migration: what is
// returned, what is there afterwards, and what must not have moved.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// ---- inserting one element ----

// One of the ways to insert an element, of which `from` has the parts.
template <class Container>
struct way_to_insert {
  using kit = element_kit<Container>;
  using iterator = typename Container::iterator;

  const char* name;
  iterator (*insert)(Container& into, typename kit::parts& from, bool& inserted);
  bool keeps_parts = true;  // nothing is moved from when the key is there
};

// What takes a hint does not say whether it inserted.
template <class Container, class Insert>
typename Container::iterator with_hint(Container& into, bool& inserted, const Insert& insert) {
  const std::size_t before = into.size();
  const auto at = insert();
  inserted = into.size() != before;
  return at;
}
template <class Iterator>
Iterator told(const std::pair<Iterator, bool>& result, bool& inserted) {
  inserted = result.second;
  return result.first;
}

template <class Map>
std::vector<way_to_insert<Map>> ways_to_insert_into_map() {
  using kit = element_kit<Map>;
  using parts = typename kit::parts;
  using value_type = typename Map::value_type;
  std::vector<way_to_insert<Map>> ways = {
      {"insert(pair&&)",
       [](Map& map, parts& from, bool& is) { return told(map.insert(std::move(from)), is); }},
      {"insert(hint, pair&&)",
       [](Map& map, parts& from, bool& is) {
         return with_hint(map, is, [&] { return map.insert(map.cbegin(), std::move(from)); });
       }},
      {"emplace(pair&&)",
       [](Map& map, parts& from, bool& is) { return told(map.emplace(std::move(from)), is); }},
      {"emplace(key&&, value&&)",
       [](Map& map, parts& from, bool& is) {
         return told(map.emplace(std::move(from.first), std::move(from.second)), is);
       }},
      {"emplace(piecewise)",
       [](Map& map, parts& from, bool& is) {
         return told(
             map.emplace(std::piecewise_construct, std::forward_as_tuple(std::move(from.first)),
                         std::forward_as_tuple(std::move(from.second))),
             is);
       },
       false},
      {"emplace_hint",
       [](Map& map, parts& from, bool& is) {
         return with_hint(map, is, [&] { return map.emplace_hint(map.cend(), std::move(from)); });
       }},
      {"try_emplace(key&&, value&&)",
       [](Map& map, parts& from, bool& is) {
         return told(map.try_emplace(std::move(from.first), std::move(from.second)), is);
       }},
      {"try_emplace(hint, key&&, value&&)", [](Map& map, parts& from, bool& is) {
         return with_hint(map, is, [&] {
           return map.try_emplace(map.cbegin(), std::move(from.first), std::move(from.second));
         });
       }}};
  if constexpr (kit::copyable) {
    ways.push_back({"insert(const element&)", [](Map& map, parts& from, bool& is) {
                      const value_type element(from.first, from.second);
                      return told(map.insert(element), is);
                    }});
    ways.push_back({"insert(hint, const element&)", [](Map& map, parts& from, bool& is) {
                      const value_type element(from.first, from.second);
                      return with_hint(map, is, [&] { return map.insert(map.cend(), element); });
                    }});
    ways.push_back({"insert(element&&)", [](Map& map, parts& from, bool& is) {
                      value_type element(from.first, from.second);
                      const auto result = map.insert(std::move(element));
                      if (!result.second) from.second = std::move(element.second);
                      return told(result, is);
                    }});
    ways.push_back({"try_emplace(const key&, value&&)", [](Map& map, parts& from, bool& is) {
                      const auto& key = from.first;
                      return told(map.try_emplace(key, std::move(from.second)), is);
                    }});
  }
  return ways;
}

template <class Set>
std::vector<way_to_insert<Set>> ways_to_insert_into_set() {
  using kit = element_kit<Set>;
  using parts = typename kit::parts;
  std::vector<way_to_insert<Set>> ways = {
      {"insert(key&&)",
       [](Set& set, parts& from, bool& is) { return told(set.insert(std::move(from)), is); }},
      {"insert(hint, key&&)",
       [](Set& set, parts& from, bool& is) {
         return with_hint(set, is, [&] { return set.insert(set.cbegin(), std::move(from)); });
       }},
      {"emplace(key&&)",
       [](Set& set, parts& from, bool& is) { return told(set.emplace(std::move(from)), is); }},
      {"emplace(number)",
       [](Set& set, parts& from, bool& is) {
         if constexpr (std::is_same_v<parts, std::string>) {
           return told(set.emplace(from.c_str()), is);
         } else {
           return told(set.emplace(number_of(from)), is);
         }
       }},
      {"emplace_hint", [](Set& set, parts& from, bool& is) {
         return with_hint(set, is, [&] { return set.emplace_hint(set.cend(), std::move(from)); });
       }}};
  if constexpr (kit::copyable) {
    ways.push_back({"insert(const key&)", [](Set& set, parts& from, bool& is) {
                      return told(set.insert(std::as_const(from)), is);
                    }});
    ways.push_back({"insert(hint, const key&)", [](Set& set, parts& from, bool& is) {
                      return with_hint(set, is,
                                       [&] { return set.insert(set.cend(), std::as_const(from)); });
                    }});
  }
  return ways;
}

template <class Container>
std::vector<way_to_insert<Container>> ways_to_insert() {
  if constexpr (any_map<Container>) {
    return ways_to_insert_into_map<Container>();
  } else {
    return ways_to_insert_into_set<Container>();
  }
}

// The element at `at` is that of `n`, with the value of the subject's elements.
template <class Container>
[[gnu::noinline]] void expect_at(const Container& container, typename Container::const_iterator at,
                                 std::uint64_t n) {
  using kit = element_kit<Container>;
  if (at == container.cend()) return expect_that(false, "an element where there is end()", n);
  expect_that(kit::key_of(*at) == n, "the key", n);
  expect_that(kit::value_of(*at) == subject<Container>::value_seen(n), "the value", n);
  expect_that(&*at == address_of(container, n), "the place", n);
}

template <class Container>
[[gnu::noinline]] void expect_inserted(subject<Container>& tested,
                                       const way_to_insert<Container>& way) {
  const std::uint64_t n = tested.next++;
  auto parts = element_kit<Container>::make_parts(n, tested.value_for(n));
  bool inserted = false;
  const auto at = way.insert(tested.container, parts, inserted);
  expect_that(inserted, "inserted", n);
  expect_at(tested.container, at, n);
  tested.expect(n);
}

// An element with the key of one that is there, and another value.
template <class Container>
[[gnu::noinline]] void expect_refused(subject<Container>& tested,
                                      const way_to_insert<Container>& way, std::uint64_t n) {
  using kit = element_kit<Container>;
  const standstill before = standstill_of(tested.container);
  auto parts = kit::make_parts(n, tested.value_for(n) + 1);
  bool inserted = true;
  const auto at = way.insert(tested.container, parts, inserted);
  expect_that(!inserted, "not inserted", n);
  expect_at(tested.container, at, n);
  expect_that(standstill_of(tested.container) == before, "nothing has moved", n);
  if (!way.keeps_parts) return;
  expect_that(kit::key_of(parts) == n, "the key is not moved from", n);
  expect_that(kit::value_of(parts) == kit::value_seen(tested.value_for(n) + 1),
              "the value is not moved from", n);
}

// All forms of everything, for few types: the compiler needs seconds for each.
template <class Container>
class inserting : public element_test {};
using few_containers =
    testing::Types<string_map, owner_map, triple_set, large_node_map, string_node_set>;
TYPED_TEST_SUITE(inserting, few_containers);

TYPED_TEST(inserting, makes_an_element_once_in_every_way) {
  for (const auto& way : ways_to_insert<TypeParam>()) {
    SCOPED_TRACE(way.name);
    in_every_state<TypeParam>([&](auto& tested) {
      expect_inserted(tested, way);
      for (const std::uint64_t there : {std::uint64_t{0}, tested.next / 2, tested.next - 1}) {
        tested.settle();
        expect_refused(tested, way, there);
      }
    });
  }
}

// `insert(container, first, last)` inserts elements with these keys, of which some are there.
template <class Container, class Insert>
void expect_range_inserted(const Insert& insert) {
  in_every_state<Container>([&](auto& tested) {
    const std::uint64_t first = tested.next - 20;
    tested.next += 40;
    insert(tested.container, first, tested.next);
    for (std::uint64_t n = first; n < tested.next; ++n) tested.expect(n);
  });
}

TYPED_TEST(inserting, takes_ranges) {
  using key_number = std::uint64_t;
  expect_range_inserted<TypeParam>([](TypeParam& into, key_number first, key_number last) {
    into.insert(element_reader<TypeParam>(first), element_reader<TypeParam>(last));
  });
  expect_range_inserted<TypeParam>([](TypeParam& into, key_number first, key_number last) {
    auto elements = elements_from<TypeParam>(first, last);
    into.insert(std::move_iterator(elements.begin()), std::move_iterator(elements.end()));
  });
  if constexpr (element_kit<TypeParam>::copyable) {
    expect_range_inserted<TypeParam>([](TypeParam& into, key_number first, key_number last) {
      const auto elements = elements_from<TypeParam>(first, last);
      into.insert_range(elements);
      expect_that(elements == elements_from<TypeParam>(first, last), "the range is left alone");
    });
    in_every_state<TypeParam>([](auto& tested) {
      const std::uint64_t n = tested.next++;
      using kit = element_kit<TypeParam>;
      const auto made = [](std::uint64_t number) {
        return typename TypeParam::value_type(
            kit::make_parts(number, subject<TypeParam>::value_for(number)));
      };
      tested.container.insert({made(n), made(0), made(n)});
      tested.expect(n);
    });
  }
}

// ---- assigning ----

template <class Map>
class assigning : public element_test {};
using assignable_maps = testing::Types<string_map, owner_map, large_node_map>;
TYPED_TEST_SUITE(assigning, assignable_maps);

// One of the ways to insert_or_assign.
template <class Map>
struct way_to_assign {
  const char* name;
  typename Map::iterator (*assign)(Map& into, typename element_kit<Map>::parts& from, bool& is);
};

template <class Map>
std::vector<way_to_assign<Map>> ways_to_assign() {
  using parts = typename element_kit<Map>::parts;
  std::vector<way_to_assign<Map>> ways = {
      {"key&&",
       [](Map& map, parts& from, bool& is) {
         return told(map.insert_or_assign(std::move(from.first), std::move(from.second)), is);
       }},
      {"hint, key&&", [](Map& map, parts& from, bool& is) {
         return with_hint(map, is, [&] {
           return map.insert_or_assign(map.cbegin(), std::move(from.first), std::move(from.second));
         });
       }}};
  if constexpr (element_kit<Map>::copyable) {
    ways.push_back({"const key&, const value&", [](Map& map, parts& from, bool& is) {
                      const auto& [key, value] = from;
                      return told(map.insert_or_assign(key, value), is);
                    }});
  }
  return ways;
}

TYPED_TEST(assigning, makes_an_element_or_replaces_its_value) {
  using kit = element_kit<TypeParam>;
  for (const auto& way : ways_to_assign<TypeParam>()) {
    SCOPED_TRACE(way.name);
    in_every_state<TypeParam>([&](auto& tested) {
      const std::uint64_t fresh = tested.next++;
      for (const std::uint64_t n : {fresh, std::uint64_t{0}, fresh / 2, fresh}) {
        const bool there = tested.expected.contains(n);
        const standstill before = standstill_of(tested.container);
        auto parts = kit::make_parts(n, 200 + n);
        bool inserted = there;
        const auto at = way.assign(tested.container, parts, inserted);
        expect_that(inserted == !there, "inserted or assigned", n);
        expect_that(kit::key_of(*at) == n && kit::value_of(*at) == 200 + n, "the element", n);
        expect_that(&*at == address_of(tested.container, n), "its place", n);
        if (there) {
          expect_that(standstill_of(tested.container) == before, "nothing has moved", n);
          expect_that(number_of(parts.first) == n, "the key is not moved from", n);
        }
        tested.expected[n] = 200 + n;
        tested.settle();
      }
    });
  }
}

// ---- erasing, and what all kinds of elements must bear ----

template <class Container>
class modifiers : public element_test {};
using many_containers = testing::Types<owner_map, triple_set, fixed_map, string_node_set>;
TYPED_TEST_SUITE(modifiers, many_containers);

// The addresses of the others.
addresses without(addresses places, std::uint64_t n) {
  places.erase(n);
  return places;
}

TYPED_TEST(modifiers, erase_by_key_leaves_the_others_where_they_are) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    expect_that(container.erase(kit::make_key(tested.next)) == 0, "no such key");
    for (std::uint64_t n = 0; n < tested.next; n += 2) {
      const addresses before = addresses_of(container);
      expect_that(container.erase(kit::make_key(n)) == 1, "erased", n);
      expect_that(addresses_of(container) == without(before, n), "the others stay", n);
      tested.expect_no(n);
      tested.settle();
    }
  });
}

TYPED_TEST(modifiers, erase_by_key_leaves_iterators_to_others_valid) {
  in_every_state<TypeParam>([](auto& tested) {
    using kit = element_kit<TypeParam>;
    auto& container = tested.container;
    std::vector<typename TypeParam::iterator> kept;
    for (std::uint64_t n = 1; n < tested.next; n += 2) {
      kept.push_back(container.find(kit::make_key(n)));
    }
    for (std::uint64_t n = 0; n < tested.next; n += 2) {
      container.erase(kit::make_key(n));
      tested.expect_no(n);
    }
    std::uint64_t n = 1;
    for (const auto& at : kept) {
      expect_at(container, at, n);
      n += 2;
    }
    // Following one meets elements that are there, and ends.
    std::size_t met = 0;
    for (auto at = kept.front(); at != container.end() && met <= kept.size(); ++at, ++met) {
      expect_that(kit::key_of(*at) % 2 == 1, "not erased", kit::key_of(*at));
    }
    expect_that(met <= kept.size(), "ends");
  });
}

TYPED_TEST(modifiers, erase_by_iterator_returns_the_next) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    std::size_t met = 0;
    const std::size_t all = container.size();
    for (auto at = container.begin(); at != container.end() && met <= all; ++met) {
      const std::uint64_t n = kit::key_of(*at);
      if (n % 3 == 0) {
        ++at;
        continue;
      }
      const addresses before = addresses_of(container);
      const auto next = std::next(at);
      const typename TypeParam::const_iterator constant = at;
      const auto returned = n % 3 == 1 ? container.erase(at) : container.erase(constant);
      expect_that(returned == next, "the next is returned", n);
      expect_that(addresses_of(container) == without(before, n), "the others stay", n);
      tested.expect_no(n);
      at = returned;
    }
    expect_that(met == all, "each is met once");
  });
}

TYPED_TEST(modifiers, erase_of_a_range_takes_that_range) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    const auto erase = [&](std::size_t skipped, std::size_t erased) {
      const auto first = std::next(container.cbegin(), static_cast<std::ptrdiff_t>(skipped));
      const auto last = std::next(first, static_cast<std::ptrdiff_t>(erased));
      for (auto at = first; at != last; ++at) tested.expect_no(kit::key_of(*at));
      expect_that(container.erase(first, last) == last, "the end of the range is returned");
      tested.check();
      tested.settle();
    };
    erase(3, 20);
    erase(0, 0);
    erase(0, 7);
    erase(10, container.size() - 10);
    erase(0, container.size());
  });
}

TYPED_TEST(modifiers, erase_if_erases_what_the_predicate_names) {
  in_every_state<TypeParam>([](auto& tested) {
    const addresses before = addresses_of(tested.container);
    std::size_t asked = 0;
    const std::size_t erased = erase_if(tested.container, [&](const auto& element) {
      ++asked;
      return element_kit<TypeParam>::key_of(element) % 3 != 1;
    });
    expect_that(asked == before.size(), "each is asked about once");
    addresses left = before;
    for (const auto& [n, place] : before) {
      if (n % 3 == 1) continue;
      left.erase(n);
      tested.expect_no(n);
    }
    expect_that(erased == before.size() - left.size(), "the number erased");
    expect_that(addresses_of(tested.container) == left, "the others stay");
  });
}

template <class Container>
[[gnu::noinline]] void expect_node(const typename Container::node_type& node, std::uint64_t n) {
  if (node.empty()) return expect_that(false, "a node", n);
  expect_that(static_cast<bool>(node), "true", n);
  using kit = element_kit<Container>;
  expect_that(kit::key_in(node) == n, "the node's key", n);
  expect_that(kit::value_in(node) == subject<Container>::value_seen(n), "its value", n);
}

TYPED_TEST(modifiers, extract_and_insert_take_an_element_out_and_in) {
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    using kit = element_kit<TypeParam>;
    expect_that(container.extract(kit::make_key(tested.next)).empty(), "no such key");
    for (std::uint64_t n = 0; n < 40; n += 2) {
      const addresses before = addresses_of(container);
      auto node = n % 4 == 0 ? container.extract(kit::make_key(n))
                             : container.extract(container.find(kit::make_key(n)));
      expect_node<TypeParam>(node, n);
      expect_that(addresses_of(container) == without(before, n), "the others stay", n);
      tested.settle();
      const auto result = container.insert(std::move(node));
      expect_that(result.inserted && result.node.empty() && node.empty(), "inserted", n);
      expect_at(container, result.position, n);
      expect_that(!keeps_addresses<TypeParam> || addresses_of(container) == before,
                  "in node containers all is where it was", n);
      tested.settle();
    }
  });
}

TYPED_TEST(modifiers, insert_of_a_node_whose_key_is_there_returns_it) {
  in_every_state<TypeParam>([](auto& tested) {
    using kit = element_kit<TypeParam>;
    auto& container = tested.container;
    TypeParam other;
    for (std::uint64_t n = 0; n < 3; ++n) kit::put(other, n, tested.value_for(n));
    const standstill before = standstill_of(container);
    auto result = container.insert(other.extract(kit::make_key(1)));
    expect_that(!result.inserted, "not inserted");
    expect_at(container, result.position, 1);
    expect_node<TypeParam>(result.node, 1);
    auto second = other.extract(kit::make_key(2));
    expect_at(container, container.insert(container.cbegin(), std::move(second)), 2);
    expect_node<TypeParam>(second, 2);
    swap(result.node, second);
    expect_node<TypeParam>(second, 1);
    result.node = std::move(second);
    expect_node<TypeParam>(result.node, 1);
    expect_that(second.empty(), "moved from");
    const auto nothing = container.insert(typename TypeParam::node_type());
    expect_that(!nothing.inserted && nothing.node.empty() && nothing.position == container.end(),
                "nothing is inserted from an empty handle");
    expect_that(standstill_of(container) == before, "nothing has moved");
    expect_contents(other, {{0, tested.value_seen(0)}});
  });
}

// Half of the source's keys are in the target.
template <class Target, class Source>
void expect_merged(subject<Target>& into, subject<Source>& from, bool as_rvalue) {
  const std::uint64_t first = into.next / 2;
  for (std::uint64_t n = first; n < into.next; ++n) {
    into.container.erase(element_kit<Target>::make_key(n));
    into.expect_no(n);
  }
  const addresses before = addresses_of(from.container);
  contents left;
  for (const auto& [n, value] : from.expected) {
    if (!into.expected.emplace(n, value).second) left.emplace(n, value);
  }
  if (as_rvalue) {
    into.container.merge(std::move(from.container));
  } else {
    into.container.merge(from.container);
  }
  into.next = std::max(into.next, from.next);
  from.expected = left;
  for (const auto& [n, place] : addresses_of(from.container)) {
    expect_that(before.at(n) == place, "what stays in the source stays where it is", n);
  }
  into.check();
  from.check();
}

TYPED_TEST(modifiers, merge_moves_what_is_new_and_leaves_the_rest) {
  in_every_state<TypeParam>([](auto& tested) {
    for (const migration_mode mode : {migration_mode::finished, migration_mode::halfway}) {
      subject<TypeParam> source(mode);
      expect_merged(tested, source, mode == migration_mode::finished);
      const std::size_t size = tested.container.size();
      tested.container.merge(tested.container);
      expect_that(tested.container.size() == size, "a merge with itself does nothing");
      tested.settle();
    }
  });
}

TYPED_TEST(modifiers, clear_leaves_a_usable_container_without_elements) {
  in_every_state<TypeParam>([](auto& tested) {
    tested.container.clear();
    tested.expected.clear();
    tested.check();
    expect_that(!tested.container.migrating(), "nothing is pending");
    expect_that(tested.container.stats().overflow_buckets == 0, "no overflow is left");
    for (int n = 0; n < 60; ++n) tested.grow();
  });
}

TYPED_TEST(modifiers, swap_exchanges_the_elements_which_stay_where_they_are) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    for (const migration_mode mode : all_modes) {
      subject<TypeParam> other(mode);
      other.container.erase(kit::make_key(5));
      other.expect_no(5);
      const standstill of_tested = standstill_of(tested.container);
      const standstill of_other = standstill_of(other.container);
      tested.container.swap(other.container);
      expect_that(standstill_of(tested.container) == of_other, "the other's");
      expect_that(standstill_of(other.container) == of_tested, "this one's");
      expect_contents(tested.container, other.expected);
      expect_contents(other.container, tested.expected);
      swap(tested.container, other.container);
      expect_that(standstill_of(tested.container) == of_tested, "swapped back");
      tested.container.swap(tested.container);
      expect_that(standstill_of(tested.container) == of_tested, "a swap with itself");
    }
  });
}

TYPED_TEST(modifiers, equality_sees_every_difference_and_no_order) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    TypeParam other(1000);
    const auto put = [&](std::uint64_t n, std::uint64_t value) { kit::put(other, n, value); };
    for (std::uint64_t n = tested.next; n-- > 1;) put(n, tested.value_for(n));
    expect_that(tested.container != other && other != tested.container, "one is missing");
    put(tested.next, tested.value_for(0));
    expect_that(tested.container != other && other != tested.container, "a key differs");
    other.erase(kit::make_key(tested.next));
    put(0, tested.value_for(0) + 1);
    expect_that((tested.container == other) == !kit::is_map, "a value differs");
    other.erase(kit::make_key(0));
    put(0, tested.value_for(0));
    expect_that(tested.container == other && other == tested.container, "equal");
    expect_that(tested.container == tested.container, "equal to itself");
    expect_that(TypeParam() == TypeParam(1000) && TypeParam() != other, "the empty one");
  });
}

TYPED_TEST(modifiers, reserve_lets_insertions_move_nothing) {
  in_every_state<TypeParam>([](auto& tested) {
    const std::uint64_t more = 50;
    tested.container.reserve(tested.container.size() + more);
    tested.check();
    const std::size_t buckets = tested.container.stats().buckets;
    addresses places = addresses_of(tested.container);
    for (std::uint64_t n = 0; n < more; ++n) {
      tested.grow();
      expect_that(!tested.container.migrating(), "nothing migrates", n);
      places.emplace(tested.next - 1, address_of(tested.container, tested.next - 1));
    }
    expect_that(addresses_of(tested.container) == places, "no reference was invalidated");
    expect_that(tested.container.stats().buckets == buckets, "no bucket was added");
  });
}

// ---- what only some containers have ----

// With another hash the source is another type.
TEST(merge, takes_from_a_container_with_another_hash) {
  using other_set = set_hashed_by<triple, other_number_hash>;
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    subject<triple_set> into(mode);
    subject<other_set> from(migration_mode::halfway);
    expect_merged(into, from, false);
  }
}

TEST(nodes, of_maps_may_be_given_another_key) {
  in_every_state<string_map>([](subject<string_map>& tested) {
    auto node = tested.container.extract(make<std::string>(5));
    const std::string value = node.mapped();
    node.key() = make<std::string>(tested.next);
    const auto result = tested.container.insert(std::move(node));
    expect_that(result.inserted && result.position->second == value, "inserted");
    tested.expect_no(5);
    tested.expected[tested.next++] = tested.value_seen(5);
  });
}

// What strings can be made from serves as a key.
TEST(views, insert_erase_and_extract_strings) {
  in_every_state<string_map>([](subject<string_map>& tested) {
    auto& map = tested.container;
    const std::string there = make<std::string>(7);
    const std::string fresh = make<std::string>(tested.next);
    const standstill before = standstill_of(map);
    expect_that(!map.try_emplace(std::string_view(there), "other").second, "there");
    expect_that(!map.insert_or_assign(std::string_view(there), make<std::string>(99)).second,
                "assigned");
    tested.expected[7] = 99;
    expect_that(map.erase(std::string_view(fresh)) == 0, "no such key to erase");
    expect_that(map.extract(std::string_view(fresh)).empty(), "no such key to extract");
    expect_that(standstill_of(map) == before, "nothing has moved");
    expect_that(map.erase(std::string_view(make<std::string>(8))) == 1, "erased");
    tested.expect_no(8);
    const auto node = map.extract(std::string_view(make<std::string>(9)));
    expect_that(!node.empty() && number_of(node.key()) == 9, "extracted");
    tested.expect_no(9);
    tested.settle();
    map[std::string_view(fresh)] = make<std::string>(98);
    tested.expected[tested.next++] = 98;
    tested.settle();
    expect_that(
        map.try_emplace(std::string_view(make<std::string>(8)), make<std::string>(97)).second,
        "made");
    tested.expected[8] = 97;
  });
}

}  // namespace
