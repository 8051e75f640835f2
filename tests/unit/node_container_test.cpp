// node_hash_map and node_hash_set: an element stays where it is, whatever happens to the others.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/ledger_allocator.hpp"
#include "support/offset_pointer.hpp"

namespace {

template <class Map>
std::vector<typename Map::value_type*> fill(Map& map, int count) {
  std::vector<typename Map::value_type*> addresses;
  for (int n = 0; n < count; ++n) {
    addresses.push_back(std::addressof(*map.emplace(n, std::to_string(n)).first));
  }
  return addresses;
}

template <class Map>
void expect_in_place(Map& map, const std::vector<typename Map::value_type*>& addresses) {
  for (int n = 0; n < static_cast<int>(addresses.size()); ++n) {
    ASSERT_EQ(std::addressof(*map.find(n)), addresses[static_cast<std::size_t>(n)]);
    ASSERT_EQ(map.at(n), std::to_string(n));
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

using map = steady::node_hash_map<int, std::string>;

TEST(node_container, elements_stay_while_the_map_grows_and_shrinks) {
  map m;
  const auto addresses = fill(m, 3'000);
  expect_in_place(m, addresses);
  m.rehash(10'000);
  expect_in_place(m, addresses);
  m.rehash(0);
  expect_in_place(m, addresses);
  map moved = std::move(m);
  expect_in_place(moved, addresses);
  swap(m, moved);
  expect_in_place(m, addresses);
}

TEST(node_container, extracting_and_inserting_do_not_move_the_element) {
  map a;
  map b;
  const auto addresses = fill(a, 100);
  for (int n = 0; n < 100; n += 2) b.insert(a.extract(n));
  EXPECT_EQ(a.size(), 50u);
  for (int n = 0; n < 100; n += 2) {
    EXPECT_EQ(std::addressof(*b.find(n)), addresses[static_cast<std::size_t>(n)]);
  }
  a.merge(b);
  EXPECT_TRUE(b.empty());
  expect_in_place(a, addresses);
}

TEST(node_container, a_node_of_its_own_can_change_its_key) {
  map m{{1, "one"}};
  auto node = m.extract(1);
  node.key() = 2;
  m.insert(std::move(node));
  EXPECT_EQ(m.at(2), "one");
  EXPECT_FALSE(m.contains(1));
}

TEST(node_container, sets_keep_their_keys_in_place) {
  steady::node_hash_set<std::string> set;
  const std::string* const first = &*set.insert("first").first;
  for (int n = 0; n < 1'000; ++n) set.insert(std::to_string(n));
  EXPECT_EQ(&*set.find("first"), first);
  EXPECT_EQ(erase_if(set, [](const std::string& key) { return key != "first"; }), 1'000u);
  EXPECT_EQ(&*set.begin(), first);
}

// Neither moving nor copying: nobody ever needs to.
struct pinned {
  explicit pinned(int n) : number(n) {}
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;
  int number;
};

TEST(node_container, elements_need_not_be_movable) {
  steady::node_hash_map<int, pinned> m;
  for (int n = 0; n < 500; ++n) m.try_emplace(n, n);
  m.erase(3);
  for (const auto& [key, value] : m) EXPECT_EQ(key, value.number);
  EXPECT_EQ(m.size(), 499u);
}

template <class Allocator>
using ledger_node_map =
    steady::node_hash_map<int, std::string, steady::hash<int>, std::equal_to<int>, Allocator>;

TEST(node_container, every_node_is_given_back) {
  using allocator = support::ledger_allocator<std::pair<const int, std::string>>;
  support::memory_ledger ledger;
  {
    ledger_node_map<allocator> m{allocator(ledger)};
    fill(m, 1'000);
    EXPECT_GT(ledger.blocks, 1'000u);
    EXPECT_EQ(ledger.bytes, m.stats().bytes);
    for (int n = 0; n < 1'000; n += 3) m.erase(n);
    const auto node = m.extract(1);
    ledger_node_map<allocator> copy = m;
    m.clear();
    EXPECT_EQ(copy.size(), 665u);
  }
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(node_container, a_failed_node_allocation_has_no_effect) {
  using allocator = support::ledger_allocator<std::pair<const int, std::string>>;
  support::memory_ledger ledger;
  ledger_node_map<allocator> m{allocator(ledger)};
  const auto addresses = fill(m, 100);
  m.finish();
  ledger.fail_at = ledger.calls + 1;
  EXPECT_THROW(m.try_emplace(100, "x"), std::bad_alloc);
  EXPECT_EQ(m.size(), 100u);
  expect_in_place(m, addresses);
}

TEST(node_container, fancy_pointers_own_nodes_too) {
  {
    using allocator = support::offset_allocator<std::pair<const int, std::string>>;
    ledger_node_map<allocator> m;
    const auto addresses = fill(m, 1'000);
    m.rehash(0);
    expect_in_place(m, addresses);
  }
  EXPECT_EQ(support::offset_blocks(), 0u);
}

}  // namespace
