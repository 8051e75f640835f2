// What a hash says of itself is taken from its names, never from which calls happen to compile.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"

namespace {

// ---- calls with a second argument that is no seed ----

// One functor for both, as interfaces of other languages have it.
struct number_traits {
  std::size_t operator()(std::uint64_t key) const { return key * 0x9e3779b97f4a7c15u; }
  bool operator()(std::uint64_t a, std::uint64_t b) const { return a == b; }
};
struct avalanching_traits : number_traits {
  using is_avalanching = void;
};
// From a hash with a seed it inherits the name, but not the call.
struct derived_traits : steady::hash<std::uint64_t> {
  std::size_t operator()(std::uint64_t key) const { return key * 0x9e3779b97f4a7c15u; }
  bool operator()(std::uint64_t a, std::uint64_t b) const { return a == b; }
};
// The second argument has a meaning of its own: seeds of maps make all results the same.
struct hash_of_prefix {
  std::size_t operator()(std::string_view key, std::size_t skipped = 0) const {
    return skipped < key.size() ? std::hash<std::string_view>()(key.substr(skipped)) : 0;
  }
};
// Combines whatever it is given, by xor of what is even.
struct hash_of_several {
  template <class... Values>
  std::size_t operator()(const Values&... values) const {
    return (std::size_t{0} ^ ... ^ (static_cast<std::size_t>(values) & 1));
  }
};

template <class Container, class KeyOf>
void expect_short_chains(Container container, const KeyOf& key_of) {
  for (std::uint64_t n = 0; n < 20'000; ++n) container.insert(key_of(n));
  EXPECT_EQ(container.size(), 20'000u);
  EXPECT_LT(container.stats().longest_chain, 16u) << "hundreds if keys have the same position";
}

const auto number = [](std::uint64_t n) { return n; };

TEST(a_hash_without_a_name, gets_no_seed_where_it_is_the_equality_as_well) {
  expect_short_chains(steady::hash_set<std::uint64_t, number_traits, number_traits>(), number);
  expect_short_chains(steady::hash_set<std::uint64_t, avalanching_traits, avalanching_traits>(),
                      number);
  expect_short_chains(steady::hash_set<std::uint64_t, derived_traits, derived_traits>(), number);
}

TEST(a_hash_without_a_name, gets_no_seed_for_an_argument_of_its_own) {
  expect_short_chains(steady::hash_set<std::string, hash_of_prefix>(),
                      [](std::uint64_t n) { return std::to_string(n); });
}

TEST(a_hash_without_a_name, is_called_with_the_key_alone) {
  const steady::detail::line_seed seed;
  EXPECT_EQ(steady::detail::position_of(hash_of_several(), 5, seed),
            steady::detail::position_of_number(1, seed));
}

// ---- names that say no ----

struct seeded {
  using takes_seed = void;
  std::uint64_t operator()(std::uint64_t key, std::uint64_t seed = 0) const { return key + seed; }
};
struct seeded_by_value : seeded {
  using takes_seed = std::true_type;
};
struct no_longer_seeded : seeded {
  using takes_seed = std::false_type;
};
struct avalanching {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const { return key; }
};
struct avalanching_by_value : avalanching {
  using is_avalanching = std::true_type;
};
struct no_longer_avalanching : avalanching {
  using is_avalanching = std::false_type;
};

template <class Hash>
std::uint64_t position_of_three() {
  return steady::detail::position_of(Hash(), std::uint64_t{3}, steady::detail::line_seed());
}

TEST(names_of_a_hash, count_unless_they_are_false) {
  const steady::detail::line_seed seed;
  EXPECT_EQ(position_of_three<seeded>(), (3 + seed.key) * seed.multiplier());
  EXPECT_EQ(position_of_three<seeded_by_value>(), position_of_three<seeded>());
  EXPECT_EQ(position_of_three<avalanching>(), (3 ^ seed.key) * seed.multiplier());
  EXPECT_EQ(position_of_three<avalanching_by_value>(), position_of_three<avalanching>());
  const std::uint64_t mixed = steady::detail::position_of_number(3, seed);
  EXPECT_EQ(position_of_three<no_longer_seeded>(), mixed);
  EXPECT_EQ(position_of_three<no_longer_avalanching>(), mixed);
}

// A hash of strings that derives from Steady's and hides its calls.
struct length_hash : steady::hash<std::string> {
  std::size_t operator()(const std::string& text) const { return text.size(); }
};

TEST(names_of_a_hash, do_not_count_where_the_call_was_hidden) {
  const steady::detail::line_seed seed;
  EXPECT_EQ(steady::detail::position_of(length_hash(), std::string("abc"), seed),
            (3 ^ seed.key) * seed.multiplier());
}

// ---- keys of other types ----

struct small_key {
  std::uint32_t number;
};

// Each pair of calls gives the same number for the same key, as the standard asks.
struct seeded_for_keys {
  using is_transparent = void;
  using takes_seed = void;
  std::uint64_t operator()(std::uint64_t key, std::uint64_t seed = 0) const {
    return steady::hash<std::uint64_t>()(key, seed);
  }
  template <class... Seed>
  std::uint64_t operator()(small_key key, Seed... seed) const {
    return (*this)(std::uint64_t{key.number}, seed...);
  }
};
struct shorter_for_others {
  using is_transparent = void;
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const { return key; }
  std::uint32_t operator()(small_key key) const { return key.number; }
};
struct equal_numbers {
  using is_transparent = void;
  bool operator()(std::uint64_t a, std::uint64_t b) const { return a == b; }
  bool operator()(small_key a, std::uint64_t b) const { return a.number == b; }
};

template <class Hash>
void expect_other_keys_are_found() {
  steady::hash_set<std::uint64_t, Hash, equal_numbers> set;
  for (std::uint64_t n = 0; n < 1'000; ++n) set.insert(n);
  for (std::uint32_t n = 0; n < 1'000; ++n) ASSERT_TRUE(set.contains(small_key{n})) << n;
}

TEST(keys_of_other_types, are_hashed_as_the_map_hashes_its_own) {
  expect_other_keys_are_found<seeded_for_keys>();
  expect_other_keys_are_found<shorter_for_others>();
}

}  // namespace

// ---- hashes of parts ----

namespace user {

struct part {
  std::uint64_t number;
  friend bool operator==(const part&, const part&) = default;
};

}  // namespace user

template <>
struct steady::hash<user::part> {
  std::size_t operator()(const user::part& key) const { return key.number; }
  bool operator()(const user::part& key, std::uint64_t other) const { return key.number == other; }
};

namespace {

TEST(a_hash_without_a_name, gets_no_seed_as_the_hash_of_a_part) {
  expect_short_chains(steady::hash_set<std::pair<user::part, int>>(),
                      [](std::uint64_t n) { return std::pair(user::part{n}, 1); });
}

}  // namespace
