// A type may contain a map of itself, which is named before the type is complete.
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>

namespace {

template <template <class...> class Map>
struct tree {
  Map<std::string, tree> children;
  int leaves = 0;

  tree& operator[](const std::string& name) { return children[name]; }
};

template <class Tree>
int count(const Tree& root) {
  int sum = root.leaves;
  for (const auto& [name, child] : root.children) sum += count(child);
  return sum;
}

template <class Tree>
void grow_copy_and_move() {
  Tree root;
  for (int n = 0; n < 100; ++n) {
    root[std::to_string(n % 10)][std::to_string(n)].leaves = 1;
  }
  EXPECT_EQ(count(root), 100);
  Tree copy = root;
  root["3"].children.clear();
  EXPECT_EQ(count(root), 90);
  EXPECT_EQ(count(copy), 100);
  const Tree moved = std::move(copy);
  EXPECT_EQ(count(moved), 100);
}

TEST(incomplete_types, map_of_itself) { grow_copy_and_move<tree<steady::hash_map>>(); }

TEST(incomplete_types, node_map_of_itself) { grow_copy_and_move<tree<steady::node_hash_map>>(); }

struct person;
struct household {
  steady::hash_map<int, person> members;
  steady::hash_set<const person*> guests;
};
struct person {
  std::string name;
  household* home = nullptr;
};

TEST(incomplete_types, declared_before_and_completed_later) {
  household home;
  home.members[1] = {"Ada", &home};
  home.guests.insert(&home.members.at(1));
  EXPECT_EQ(home.members.at(1).home, &home);
}

}  // namespace
