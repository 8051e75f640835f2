// Arguments that refer to elements of the very map they are inserted into: inserting may move those
// elements, but not before the new one is made.
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/policies.hpp"

namespace {

// Goes along when a map is assigned, and fills memory that it gives back.
template <class T>
struct numbered_allocator {
  using value_type = T;
  using propagate_on_container_copy_assignment = std::true_type;
  int number = 0;

  explicit numbered_allocator(int own) noexcept : number(own) {}
  template <class U>
  numbered_allocator(const numbered_allocator<U>& other) noexcept : number(other.number) {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* block, std::size_t count) noexcept {
    std::memset(static_cast<void*>(block), 0xdd, count * sizeof(T));
    std::allocator<T>().deallocate(block, count);
  }
  friend bool operator==(const numbered_allocator& a, const numbered_allocator& b) noexcept {
    return a.number == b.number;
  }
};

struct branch;
using tree = steady::hash_map<int, branch, steady::hash<int>, std::equal_to<>,
                              numbered_allocator<std::pair<const int, branch>>>;
struct branch {
  tree branches;
};

TEST(a_map_inside_an_element, may_be_assigned_to_the_map_around_it) {
  const tree::allocator_type outer(1);
  const tree::allocator_type inner(2);
  tree all(outer);
  all.try_emplace(1, branch{tree(inner)})
      .first->second.branches.try_emplace(2, branch{tree(inner)});
  all = all.at(1).branches;
  EXPECT_EQ(all.get_allocator().number, 2);
  EXPECT_EQ(all.size(), 1u);
  EXPECT_TRUE(all.contains(2));
}

const std::string text = "a value that is long enough for the heap";

template <class Policy>
class an_argument_inside_the_map : public testing::Test {
 protected:
  using map_type = steady::hash_map<int, std::string, steady::hash<int>, std::equal_to<>,
                                    std::allocator<std::pair<const int, std::string>>, Policy>;
};

using policies = testing::Types<steady::default_policy, support::narrow, support::small_chunks>;
TYPED_TEST_SUITE(an_argument_inside_the_map, policies);

TYPED_TEST(an_argument_inside_the_map, may_be_copied_by_try_emplace) {
  typename TestFixture::map_type map{{0, text}};
  for (int n = 1; n < 2000; ++n) {
    const auto [made, inserted] = map.try_emplace(n, map.at(n / 2));
    ASSERT_TRUE(inserted);
    ASSERT_EQ(made->first, n) << "the iterator returned follows the element";
    ASSERT_EQ(made->second, text);
  }
  for (int n = 0; n < 2000; ++n) ASSERT_EQ(map.at(n), text);
}

TYPED_TEST(an_argument_inside_the_map, may_be_copied_by_insert_or_assign) {
  typename TestFixture::map_type map{{0, text}};
  for (int n = 1; n < 2000; ++n) map.insert_or_assign(n, map.at(n - 1));
  for (int n = 0; n < 2000; ++n) ASSERT_EQ(map.at(n), text);
}

// The iterator that an insertion returns is good for erasing, wherever the element went.
TYPED_TEST(an_argument_inside_the_map, is_erased_through_the_iterator_returned) {
  typename TestFixture::map_type map;
  for (int n = 0; n < 3000; ++n) {
    const auto made = map.try_emplace(n, text).first;
    if (n % 3 != 0) continue;
    map.erase(made);
    ASSERT_FALSE(map.contains(n));
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }
  EXPECT_EQ(map.size(), 2000u);
}

}  // namespace
