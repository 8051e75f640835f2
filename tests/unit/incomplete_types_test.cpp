// A type may contain a map of itself, which is named before the type is complete. Containers may
// also be made before.
#include <cstddef>
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

// Containers that are made where their elements are only declared: compilers look early whether
// such a container is a constant.

struct request;
inline steady::hash_map<int, request>& requests() {
  static steady::hash_map<int, request> all;
  return all;
}
inline steady::node_hash_map<int, request>& requests_of_thread() {
  thread_local steady::node_hash_map<int, request> all;
  return all;
}
steady::hash_map<int, request> global_requests;
struct request {
  int number = 0;
  static inline steady::hash_map<int, request> all;
  static inline steady::node_hash_map<int, request> all_nodes;
};

struct key;
struct hash_of_key {
  std::size_t operator()(const key& of) const;
};
inline steady::hash_set<key, hash_of_key>& keys() {
  static steady::hash_set<key, hash_of_key> all;
  return all;
}
struct key {
  int number;
  bool operator==(const key&) const = default;
};
std::size_t hash_of_key::operator()(const key& of) const {
  return static_cast<std::size_t>(of.number);
}

class registry {
  struct entry;
  steady::hash_map<std::string, entry> entries_;
  steady::hash_map<std::string, entry> braced_{};
  steady::node_hash_map<std::string, entry> assigned_ = {};

 public:
  static registry& get() {
    static registry only;
    return only;
  }
  int fill();
};
struct registry::entry {
  int number = 0;
};
int registry::fill() {
  entries_["a"].number = 1;
  braced_["b"].number = 2;
  assigned_["c"].number = 3;
  return entries_.at("a").number + braced_.at("b").number + assigned_.at("c").number;
}

TEST(containers_of_types_to_come, are_made_before_these_are_complete) {
  requests()[1].number = 1;
  requests_of_thread()[1].number = 2;
  global_requests[1].number = 3;
  request::all[1].number = 4;
  request::all_nodes[1].number = 5;
  EXPECT_EQ(requests().at(1).number, 1);
  EXPECT_EQ(requests_of_thread().at(1).number, 2);
  EXPECT_EQ(global_requests.at(1).number, 3);
  EXPECT_EQ(request::all.at(1).number, 4);
  EXPECT_EQ(request::all_nodes.at(1).number, 5);
  keys().insert(key{1});
  EXPECT_TRUE(keys().contains(key{1}));
  EXPECT_EQ(registry::get().fill(), 6);
}

}  // namespace
