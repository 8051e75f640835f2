// steady::hash of std::optional, std::variant and std::filesystem::path, which takes a seed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/line/hash_line.hpp>
#include <steady/hash.hpp>
#include <steady/hash_set.hpp>

namespace user {

// Equal if their parities are.
struct parity {
  int number = 0;
  friend bool operator==(const parity& a, const parity& b) { return a.number % 2 == b.number % 2; }
};
// The same, without a std::hash; but there is one for what may hold it.
struct unhashed : parity {};

// For all whose arguments are of this namespace.
struct greedy {
  int number = 0;
  friend bool operator==(const greedy&, const greedy&) = default;
};
template <std::size_t Index, class T>
void get(T&&);
template <std::size_t Index, class T>
void get_if(T&&);
template <class T>
void operator&(T&&);
template <class F, class T>
void visit(F&&, T&&);

template <class T>
struct chosen {
  T value;
  friend bool operator==(const chosen&, const chosen&) = default;
};

struct failing {
  std::string text;  // so that a variant must be without a value meanwhile
  failing() { throw std::runtime_error("no value"); }
  friend bool operator==(const failing&, const failing&) = default;
};

}  // namespace user

template <>
struct std::hash<user::parity> {
  std::size_t operator()(const user::parity& of) const {
    return static_cast<std::size_t>(of.number % 2);
  }
};
template <>
struct std::hash<std::optional<user::unhashed>> {
  std::size_t operator()(const std::optional<user::unhashed>& of) const {
    return of ? std::hash<user::parity>()(*of) : 2;
  }
};
template <>
struct std::hash<std::variant<user::unhashed, int>> {
  std::size_t operator()(const std::variant<user::unhashed, int>& of) const { return of.index(); }
};
template <>
struct std::hash<user::greedy> {
  std::size_t operator()(const user::greedy& of) const {
    return static_cast<std::size_t>(of.number);
  }
};
template <>
struct std::hash<user::failing> {
  std::size_t operator()(const user::failing&) const { return 0; }
};

// A program's own for some of these types goes before.
template <class T>
struct steady::hash<std::optional<user::chosen<T>>> {
  std::size_t operator()(const std::optional<user::chosen<T>>& of) const { return of ? 1 : 0; }
};

namespace {

using std::filesystem::path;
using either = std::variant<int, long, std::string, std::monostate>;
using throwing = std::variant<int, user::failing>;

throwing without_value() {
  throwing made;
  try {
    made.emplace<user::failing>();
  } catch (const std::runtime_error&) {
  }
  return made;
}

template <class Key>
constexpr bool takes_seed =
    steady::detail::kind_of_hash<steady::hash<Key>, Key> == steady::detail::hash_kind::seeded;
static_assert(takes_seed<std::optional<std::string>> && takes_seed<std::optional<const int>>);
static_assert(takes_seed<either> && takes_seed<path>);
static_assert(!takes_seed<std::optional<user::unhashed>>);
static_assert(!takes_seed<std::variant<user::unhashed, int>>);
static_assert(!takes_seed<std::optional<user::chosen<int>>>);

// Under any seed; and no two seeds do the same to a key.
template <class Key>
void expect_no_two_alike(const std::vector<Key>& keys) {
  const steady::hash<Key> hash;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::set<std::uint64_t> results;
    for (const Key& key : keys) results.insert(hash(key, seed));
    EXPECT_EQ(results.size(), keys.size()) << seed;
  }
  for (const Key& key : keys) {
    std::set<std::uint64_t> results;
    for (std::uint64_t seed = 0; seed < 100; ++seed) results.insert(hash(key, seed));
    EXPECT_EQ(results.size(), 100u);
    EXPECT_EQ(hash(key), hash(key, 0));
  }
}
template <class Key>
void expect_equal_ones_alike(const std::vector<Key>& keys) {
  const steady::hash<Key> hash;
  for (const Key& a : keys) {
    for (const Key& b : keys) {
      if (a == b) {
        EXPECT_EQ(hash(a, 5), hash(b, 5));
      } else {
        EXPECT_NE(hash(a, 5), hash(b, 5));
      }
    }
  }
}

TEST(hash_of_optionals, sees_whether_there_is_a_value_and_the_value) {
  expect_no_two_alike<std::optional<int>>({std::nullopt, 0, 1, -1});
  expect_no_two_alike<std::optional<std::string>>({std::nullopt, "", "a", "b"});
  using nested = std::optional<std::optional<int>>;
  expect_no_two_alike<nested>({nested(), nested(std::optional<int>()), nested(0), nested(1)});
}

// Otherwise the same key for every seed: 2^20 of such tuples.
TEST(hash_of_optionals, tells_places_of_empty_ones_apart) {
  using key = std::pair<std::optional<int>, std::optional<int>>;
  expect_no_two_alike<key>({{{}, {}}, {0, {}}, {{}, 0}, {0, 0}, {1, {}}, {{}, 1}, {1, 1}});
}

TEST(hash_of_variants, sees_which_value_there_is_and_the_value) {
  expect_no_two_alike<either>(
      {either(1), either(1L), either(2), either("1"), either(""), either(std::monostate())});
  using same = std::variant<int, int>;
  expect_no_two_alike<same>({same(std::in_place_index<0>, 1), same(std::in_place_index<1>, 1),
                             same(std::in_place_index<0>, 0), same(std::in_place_index<1>, 0)});
}

TEST(hash_of_variants, takes_one_without_a_value) {
  ASSERT_TRUE(without_value().valueless_by_exception());
  expect_no_two_alike<throwing>({without_value(), throwing(0), throwing(-1), throwing(1)});
  steady::hash_set<throwing> set{without_value(), throwing(7)};
  EXPECT_TRUE(set.contains(without_value()) && set.contains(throwing(7)));
}

TEST(hash_of_variants, is_kept_from_greedy_templates) {
  using key = std::variant<user::greedy, int>;
  expect_no_two_alike<key>({key(user::greedy{1}), key(1), key(user::greedy{2})});
}

TEST(hash_of_optionals_and_variants, takes_the_std_hash_of_their_values) {
  using maybe = std::optional<user::parity>;
  expect_equal_ones_alike<maybe>({maybe(), user::parity{1}, user::parity{3}, user::parity{2}});
  using key = std::variant<user::parity, int>;
  expect_equal_ones_alike<key>({key(1), key(3), user::parity{1}, user::parity{3}});
}

TEST(hash_of_optionals_and_variants, is_the_std_hash_that_only_a_program_can_have_written) {
  const steady::hash_set<std::optional<user::unhashed>> set{user::unhashed{{1}}};
  EXPECT_TRUE(set.contains(user::unhashed{{3}}));
  EXPECT_FALSE(set.contains(std::nullopt));
  const steady::hash_set<std::variant<user::unhashed, int>> variants{user::unhashed{{1}}};
  EXPECT_TRUE(variants.contains(user::unhashed{{3}}));
}

TEST(hash_of_optionals_and_variants, makes_keys_that_std_hash_does_not) {
  steady::hash_set<std::optional<std::pair<int, int>>> pairs{{}, {{1, 2}}};
  EXPECT_TRUE(pairs.contains(std::pair(1, 2)) && pairs.contains(std::nullopt));
  steady::hash_set<std::variant<std::vector<int>, int>> lists{std::vector{1, 2}};
  EXPECT_TRUE(lists.contains(std::vector{1, 2}));
}

TEST(hash_of_paths, is_the_same_for_what_is_equal) {
  std::vector<path> all{"",      "/",     "//",   ".",   "..",    "/a",   "a",
                        "a/",    "a//",   "a/.",  "ab",  "a/b",   "a//b", "/a/b",
                        "//a/b", "/a//b", "a/b/", "b/a", "a/b/c", "a/bc", "ab/c"};
  expect_equal_ones_alike(all);
  std::vector<path> different;
  for (const path& each : all) {
    if (std::find(different.begin(), different.end(), each) == different.end()) {
      different.push_back(each);
    }
  }
  EXPECT_GT(different.size(), 10u);
  expect_no_two_alike(different);
}

}  // namespace
