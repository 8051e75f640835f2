// operator== of containers: the same elements by the keys' own ==, as in the standard. It may be
// finer than the container's equality.
#include <cctype>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

namespace {

std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}
struct hash_without_case {
  std::size_t operator()(const std::string& text) const {
    return std::hash<std::string>()(in_lower_case(text));
  }
};
struct equal_without_case {
  bool operator()(const std::string& a, const std::string& b) const {
    return in_lower_case(a) == in_lower_case(b);
  }
};

template <class Set>
void expect_sets_to_differ_in_case() {
  EXPECT_EQ((Set{"Host", "Accept"}), (Set{"Accept", "Host"}));
  EXPECT_TRUE((Set{"Host"}).contains("HOST"));
  EXPECT_NE((Set{"Host"}), (Set{"HOST"}));
}
template <class Map>
void expect_maps_to_differ_in_case() {
  EXPECT_EQ((Map{{"Host", 1}, {"Accept", 2}}), (Map{{"Accept", 2}, {"Host", 1}}));
  EXPECT_NE((Map{{"Host", 1}}), (Map{{"HOST", 1}}));
  EXPECT_NE((Map{{"Host", 1}}), (Map{{"Host", 2}}));
}

TEST(comparing, compares_keys_by_their_own_equality) {
  using text = std::string;
  using hash = hash_without_case;
  using equal = equal_without_case;
  expect_sets_to_differ_in_case<std::unordered_set<text, hash, equal>>();
  expect_sets_to_differ_in_case<steady::hash_set<text, hash, equal>>();
  expect_sets_to_differ_in_case<steady::node_hash_set<text, hash, equal>>();
  expect_maps_to_differ_in_case<std::unordered_map<text, int, hash, equal>>();
  expect_maps_to_differ_in_case<steady::hash_map<text, int, hash, equal>>();
  expect_maps_to_differ_in_case<steady::node_hash_map<text, int, hash, equal>>();
}

// What == returns need only convert to bool.
struct verdict {
  bool value;
  explicit operator bool() const { return value; }
  bool operator!() const = delete;
};
struct key {
  int number;
  friend verdict operator==(const key& a, const key& b) { return {a.number == b.number}; }
};
struct hash_of_key {
  std::size_t operator()(const key& k) const { return static_cast<std::size_t>(k.number); }
};
struct equal_keys {
  bool operator()(const key& a, const key& b) const { return a.number == b.number; }
};

TEST(comparing, takes_any_result_that_converts_to_bool) {
  using map = steady::hash_map<key, key, hash_of_key, equal_keys>;
  EXPECT_TRUE((map{{key{1}, key{2}}} == map{{key{1}, key{2}}}));
  EXPECT_FALSE((map{{key{1}, key{2}}} == map{{key{1}, key{3}}}));
}

}  // namespace
