// Elements whose destructors look into the container that destroys them: an element is out of sight
// before it is destroyed, and whatever is found is alive. Looking while the container moves
// elements is named by debug mode.
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/offset_pointer.hpp"

namespace {

// Looks for its own key and its neighbours' as it is destroyed.
template <class Map>
struct looking {
  const Map* home;
  int key;

  looking(const Map& of, int own) : home(&of), key(own) {}
  looking(const looking&) = delete;
  looking& operator=(const looking&) = delete;
  ~looking() {
    ++destroyed;
    EXPECT_FALSE(home->contains(key)) << key;
    for (const int other : {key - 1, key + 1, key + 17}) {
      const auto found = home->find(other);
      if (found == home->end()) continue;
      EXPECT_EQ(found->second->key, other);
      ++met;
    }
    if (!home->empty()) {
      EXPECT_NE(home->begin()->second->key, key);
    }
    met += home->size() != 0 ? 1 : 0;
  }

  static inline int destroyed = 0;
  static inline int met = 0;
};

template <class T>
using plain_allocator = std::allocator<std::pair<const int, T>>;
template <class T>
using fancy_allocator = support::offset_allocator<std::pair<const int, T>>;

template <class Hash, template <class> class Allocator = plain_allocator>
struct watched : steady::hash_map<int, std::unique_ptr<looking<watched<Hash, Allocator>>>, Hash,
                                  std::equal_to<>,
                                  Allocator<std::unique_ptr<looking<watched<Hash, Allocator>>>>> {
  using element = looking<watched>;

  void fill(int from, int to) {
    for (int n = from; n < to; ++n) this->try_emplace(n, std::make_unique<element>(*this, n));
  }
};

// Everything in one bucket, and so in overflow.
struct one_for_all {
  std::size_t operator()(int) const noexcept { return 7; }
};

template <class Hash>
class reentrant : public testing::Test {
 public:
  using map_type = watched<Hash>;
  using element = typename map_type::element;

  reentrant() {
    element::destroyed = 0;
    element::met = 0;
  }
};

using hashes = testing::Types<steady::hash<int>, one_for_all>;
TYPED_TEST_SUITE(reentrant, hashes);

TYPED_TEST(reentrant, looks_while_elements_are_erased) {
  constexpr int most = 200;
  typename TestFixture::map_type map;
  map.fill(0, most);
  for (int n = 0; n < most; n += 4) map.erase(n);
  for (int n = 1; n < most; n += 4) map.erase(map.find(n));
  erase_if(map, [](const auto& one) { return one.first % 4 == 2; });
  EXPECT_EQ(map.size(), static_cast<std::size_t>(most / 4));
  EXPECT_EQ(TestFixture::element::destroyed, most / 4 * 3);
  EXPECT_GT(TestFixture::element::met, 0);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  map.clear();
}

TYPED_TEST(reentrant, looks_while_a_container_is_emptied) {
  for (const bool reserved : {false, true}) {
    for (const int most : {1, 5, 14, 40, 300}) {
      typename TestFixture::map_type map;
      if (reserved) map.reserve(static_cast<std::size_t>(most));
      map.fill(0, most);
      TestFixture::element::destroyed = 0;
      map.clear();
      EXPECT_EQ(TestFixture::element::destroyed, most);
      EXPECT_STREQ(map.check_invariants(), nullptr);
      map.fill(0, most);
      TestFixture::element::destroyed = 0;
      map = typename TestFixture::map_type();
      EXPECT_EQ(TestFixture::element::destroyed, most);
      map.fill(0, most);  // for the destructor
    }
  }
}

template <class Map>
class reentrant_migration : public testing::Test {};
using maps =
    testing::Types<watched<steady::hash<int>>, watched<steady::hash<int>, fancy_allocator>>;
TYPED_TEST_SUITE(reentrant_migration, maps);

TYPED_TEST(reentrant_migration, looks_while_a_container_is_emptied_in_the_middle_of_it) {
  using map_type = TypeParam;
  map_type map;
  int next = 0;
  while (map.size() < 2000 || !map.migrating()) map.fill(next, next + 1), ++next;
  map.step(map.pending() / 2);
  for (int n = 0; n < next; n += 3) map.erase(n);
  const int left = static_cast<int>(map.size());
  map_type::element::destroyed = 0;
  map.clear();
  EXPECT_EQ(map_type::element::destroyed, left);
}

struct looks_when_moved {
  const steady::hash_map<int, looks_when_moved>* home = nullptr;

  explicit looks_when_moved(const steady::hash_map<int, looks_when_moved>& of) : home(&of) {}
  looks_when_moved(looks_when_moved&& from) noexcept : home(from.home) {
    static_cast<void>(home->contains(1));
  }
};

TEST(reentrant_moves, may_not_look_while_elements_move) {
  GTEST_FLAG_SET(death_test_style, "fast");
  const auto grow = [] {
    steady::hash_map<int, looks_when_moved> map;
    for (int n = 0; n < 1000; ++n) map.try_emplace(n, map);
  };
  if (steady::detail::debug_mode) {
    EXPECT_DEATH(grow(), "looked at from within the move constructor .* while it moves them");
  }
}

// Its copies may throw, and so may moving it: where a map grows, it is copied.
struct looks_when_copied {
  const steady::hash_map<int, looks_when_copied>* home = nullptr;

  explicit looks_when_copied(const steady::hash_map<int, looks_when_copied>& of) : home(&of) {}
  looks_when_copied(const looks_when_copied& from) noexcept(false) : home(from.home) {
    static_cast<void>(home->contains(1));
  }
};

TEST(reentrant_moves, may_not_look_while_elements_are_copied_to_move) {
  GTEST_FLAG_SET(death_test_style, "fast");
  const auto grow = [] {
    steady::hash_map<int, looks_when_copied> map;
    map.try_emplace(0, map);
    map.step(1);
    map.rehash(1000);
  };
  if (steady::detail::debug_mode) {
    EXPECT_DEATH(grow(), "looked at from within the move constructor .* while it moves them");
  }
}

}  // namespace
