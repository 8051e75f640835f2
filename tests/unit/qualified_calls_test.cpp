// erase_if and swap by qualified name, as code that came from another library calls them.
#include <cstddef>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/pmr.hpp>

namespace {

template <class Container>
class qualified_calls : public testing::Test {};

using containers = testing::Types<steady::hash_map<int, int>, steady::node_hash_map<int, int>,
                                  steady::hash_set<int>, steady::node_hash_set<int>,
                                  steady::pmr::hash_map<int, int>>;
TYPED_TEST_SUITE(qualified_calls, containers);

template <class Container>
Container filled(int count) {
  Container made;
  for (int n = 0; n < count; ++n) made.emplace_hint(made.end(), typename Container::value_type{});
  for (int n = 1; n < count; ++n) {
    if constexpr (requires { typename Container::mapped_type; }) {
      made.try_emplace(n, n);
    } else {
      made.insert(n);
    }
  }
  return made;
}

struct any_element {
  bool operator()(const auto&) const { return true; }
};

TYPED_TEST(qualified_calls, erase_elements) {
  auto container = filled<TypeParam>(100);
  bool odd = false;
  const auto every_second = [&](const auto&) { return odd = !odd; };
  const std::size_t erased = steady::erase_if(container, every_second);
  EXPECT_EQ(erased, 50u);
  EXPECT_EQ(erase_if(container, any_element()), 50u) << "the unqualified call as before";
  EXPECT_TRUE(container.empty());
}

TYPED_TEST(qualified_calls, swap_contents) {
  auto first = filled<TypeParam>(100);
  TypeParam second;
  steady::swap(first, second);
  EXPECT_EQ(first.size(), 0u);
  EXPECT_EQ(second.size(), 100u);
  std::swap(first, second);
  EXPECT_EQ(first.size(), 100u);
  using std::swap;
  swap(first, second);
  EXPECT_EQ(second.size(), 100u);
  std::ranges::swap(first, second);
  EXPECT_EQ(first.size(), 100u);
  static_assert(noexcept(steady::swap(first, second)));
}

// What derives from a container is one.
struct named : steady::hash_map<int, int> {
  using hash_map::hash_map;
};

TEST(qualified_calls, take_what_derives_from_a_container) {
  named numbers{{1, 1}, {2, 2}};
  EXPECT_EQ(steady::erase_if(numbers, [](const auto& e) { return e.first == 1; }), 1u);
  EXPECT_EQ(erase_if(numbers, any_element()), 1u);
  named others{{3, 3}};
  steady::swap(numbers, others);
  EXPECT_EQ(numbers.size(), 1u);
}

TEST(qualified_calls, swap_node_handles) {
  steady::hash_map<int, int> map{{1, 1}, {2, 2}};
  auto one = map.extract(1);
  auto two = map.extract(2);
  swap(one, two);
  EXPECT_EQ(one.key(), 2);
}

}  // namespace
