// Merging containers of all kinds, also of different types: with another hash, another equality,
// another policy.
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/element_kits.hpp"
#include "support/policies.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// A source for each target.
template <class Target, class Source>
struct merged {
  using target = Target;
  using source = Source;
};

template <class Key, class T, class Hash, class Equal = std::equal_to<>,
          class Policy = steady::default_policy>
using node_map_of =
    steady::node_hash_map<Key, T, Hash, Equal, std::allocator<std::pair<const Key, T>>, Policy>;

template <class Pair>
class merging : public element_test {};
using pairs = testing::Types<
    merged<string_map, string_map>, merged<string_map, map_of<std::string, std::string, slow>>,
    merged<owner_map, map_of<owner, owner, narrow, other_number_hash>>,
    merged<copied_set, set_hashed_by<copied, other_number_hash>>,
    merged<node_map_of<triple, fixed_value, number_hash>,
           node_map_of<triple, fixed_value, other_number_hash, std::equal_to<triple>, narrow>>,
    merged<string_node_set, steady::node_hash_set<std::string, number_hash>>>;
TYPED_TEST_SUITE(merging, pairs);

// The source has the keys from `first` on, of which the target has some.
template <class Source>
void fill(Source& source, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t n = first; n < last; ++n) {
    element_kit<Source>::put(source, n, subject<Source>::value_for(n));
  }
}

TYPED_TEST(merging, moves_what_is_new_and_leaves_the_rest) {
  using target = typename TypeParam::target;
  using source = typename TypeParam::source;
  using kit = element_kit<target>;
  in_every_state<target>([](auto& tested) {
    source from;
    const std::uint64_t there = tested.next - 30;
    fill(from, there, tested.next + 60);
    const addresses before = addresses_of(from);
    tested.container.merge(from);
    expect_that(from.size() == 30, "what is there already stays in the source", from.size());
    for (const auto& [n, place] : addresses_of(from)) {
      expect_that(n < tested.next && before.at(n) == place, "and stays where it is", n);
    }
    for (std::uint64_t n = tested.next; n < tested.next + 60; ++n) {
      tested.expect(n);
      expect_that(!from.contains(kit::make_key(n)), "what was new has left the source", n);
      const bool same = address_of(tested.container, n) == before.at(n);
      expect_that(same || !keeps_addresses<target>, "a node is not moved", n);
    }
    tested.next += 60;
    expect_that(from.check_invariants() == nullptr, "the source is in order");
    tested.container.merge(std::move(from));
    expect_that(from.size() == 30, "nothing is left to be moved");
  });
}

TYPED_TEST(merging, takes_from_and_into_empty_containers) {
  using target = typename TypeParam::target;
  using source = typename TypeParam::source;
  target into;
  source from;
  into.merge(from);
  expect_that(into.empty() && from.empty(), "nothing");
  fill(from, 0, 100);
  into.merge(from);
  expect_that(into.size() == 100 && from.empty(), "everything");
  into.merge(from);
  expect_that(into.size() == 100 && from.empty(), "nothing again");
  from.merge(std::move(into));
  expect_that(from.size() == 100 && into.empty(), "and back");
  fill(into, 0, 100);
  from.merge(into);
  expect_that(from.size() == 100 && into.size() == 100, "nothing is new");
}

// ---- keys that are equal here and not there ----

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}
struct hash_without_case {
  std::size_t operator()(std::string_view key) const {
    std::string same;
    for (const char letter : key) same += lower(letter);
    return steady::hash<std::string>{}(same);
  }
};
struct equal_without_case {
  bool operator()(std::string_view a, std::string_view b) const {
    if (a.size() != b.size()) return false;
    for (std::size_t n = 0; n < a.size(); ++n) {
      if (lower(a[n]) != lower(b[n])) return false;
    }
    return true;
  }
};

template <class Exact, class WithoutCase>
void expect_target_decides() {
  Exact exact{"a", "A", "b", "C"};
  WithoutCase folded{"c"};
  folded.merge(exact);
  EXPECT_EQ(folded.size(), 3u) << "one of a and A, and b";
  EXPECT_EQ(exact.size(), 2u);
  EXPECT_TRUE(exact.contains("C"));
  EXPECT_TRUE(exact.contains("a") != exact.contains("A"));
  exact.merge(folded);
  EXPECT_EQ(exact.size(), 5u);
  EXPECT_TRUE(folded.empty());
}

TEST(merging_by_another_equality, goes_by_that_of_the_target) {
  expect_target_decides<steady::hash_set<std::string>,
                        steady::hash_set<std::string, hash_without_case, equal_without_case>>();
  expect_target_decides<
      steady::node_hash_set<std::string>,
      steady::node_hash_set<std::string, hash_without_case, equal_without_case>>();
}

}  // namespace
