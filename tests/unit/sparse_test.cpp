// Insertions note which group of buckets they fill only while a group may be empty. So what makes a
// table sparse, and what ends that, must be right in the middle of a doubling, too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/table/container_functions.hpp>
#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"

namespace {

struct wide {
  std::uint64_t words[7];
};

struct tiny_chunks : steady::default_policy {
  static constexpr std::size_t chunk_bytes = 256;
};

struct huge_chunks : steady::default_policy {
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
};

template <class T, class Policy>
struct maps_of {
  using map_type = support::map_of<std::uint64_t, T, Policy>;
};

// Groups of four buckets, of many in a chunk or the only one; of one bucket; of more buckets than a
// small array has; elements that are to be destroyed; and headers in leaves.
using kinds = testing::Types<
    maps_of<std::uint64_t, steady::default_policy>, maps_of<wide, steady::default_policy>,
    maps_of<std::uint64_t, support::small_chunks>, maps_of<std::uint64_t, tiny_chunks>,
    maps_of<std::uint64_t, huge_chunks>, maps_of<std::string, steady::default_policy>,
    maps_of<std::string, tiny_chunks>, maps_of<std::uint64_t, support::leaf_headers>>;

template <class Map>
bool is_sparse(Map& map) {
  return steady::detail::container_access::table_of(map).state().shape.sparse();
}

template <class Map>
std::size_t count_by_iteration(const Map& map) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& element : map) ++count;
  return count;
}

template <class Kind>
class sparse_tables : public testing::Test {
 public:
  using map_type = typename Kind::map_type;

  // Four buckets with more than 22 elements on average: by chance, none of these is ever empty.
  static constexpr bool has_large_groups =
      !std::is_same_v<typename map_type::policy_type, tiny_chunks>;
  static constexpr bool has_huge_groups =
      std::is_same_v<typename map_type::policy_type, huge_chunks>;

  void insert() { map.try_emplace(next++); }
  void insert_until_migrating(std::size_t least) {
    while (map.size() < least || !map.migrating()) insert();
  }
  void erase_first(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) map.erase(map.begin());
  }
  void expect_whole(const map_type& of) {
    ASSERT_STREQ(of.check_invariants(), nullptr);
    ASSERT_EQ(count_by_iteration(of), of.size());
  }

  map_type map;
  std::uint64_t next = 0;
};

TYPED_TEST_SUITE(sparse_tables, kinds);

// Erasing from the front empties groups on both sides of the frontier, also the one that is only
// half written.
TYPED_TEST(sparse_tables, are_noted_wherever_a_doubling_stands) {
  for (std::size_t steps = 1;; ++steps) {
    bool done = false;
    for (std::size_t erased = 0; !done; erased += 5) {
      SCOPED_TRACE(testing::Message() << steps << " steps, " << erased << " erased");
      this->map = typename TestFixture::map_type();
      this->insert_until_migrating(150);
      this->map.step(steps);
      if (!this->map.migrating()) return;
      done = erased >= this->map.size();
      this->erase_first(done ? this->map.size() : erased);
      this->expect_whole(this->map);
      while (this->map.migrating()) {
        this->insert();
        this->map.step(1);
        this->expect_whole(this->map);
      }
    }
  }
}

TYPED_TEST(sparse_tables, have_had_a_group_emptied) {
  for (std::size_t n = 0; n < 20'000; ++n) this->insert();
  this->map.finish();
  if (TestFixture::has_large_groups) {
    EXPECT_FALSE(is_sparse(this->map));
  }
  this->erase_first(5'000);
  if (!TestFixture::has_huge_groups) {  // each of these still has elements in overflow
    EXPECT_TRUE(is_sparse(this->map));
  }
  this->expect_whole(this->map);
  for (std::size_t n = 0; n < 2'000; ++n) this->insert();
  this->expect_whole(this->map);
}

TYPED_TEST(sparse_tables, fill_again_with_the_next_doubling) {
  for (std::size_t n = 0; n < 3'000; ++n) this->insert();
  this->map.compact_gradually();
  this->map.finish();
  this->erase_first(1'000);
  if (!TestFixture::has_huge_groups) {
    EXPECT_TRUE(is_sparse(this->map));
  }
  while (this->map.size() < 30'000) {
    this->insert();
    if (this->next % 1'000 == 0) this->expect_whole(this->map);
  }
  this->map.finish();
  this->expect_whole(this->map);
  if (TestFixture::has_large_groups) {
    EXPECT_FALSE(is_sparse(this->map));
  }
}

TYPED_TEST(sparse_tables, are_those_with_room_that_was_reserved) {
  this->map.reserve(10'000);
  EXPECT_TRUE(is_sparse(this->map));
  for (std::size_t n = 0; n < 100; ++n) {
    this->insert();
    this->expect_whole(this->map);
  }
}

// Once each group has an element, insertions have nothing to note.
TYPED_TEST(sparse_tables, are_so_until_reserved_room_has_elements_everywhere) {
  this->map.reserve(10'000);
  EXPECT_TRUE(is_sparse(this->map));
  for (std::size_t n = 0; n < 10'000; ++n) {
    this->insert();
    if (n % 500 == 0) this->expect_whole(this->map);
  }
  if (TestFixture::has_large_groups) {
    EXPECT_FALSE(is_sparse(this->map));
  }
  this->map.clear();
  EXPECT_TRUE(is_sparse(this->map));
  for (std::size_t n = 0; n < 10'000; ++n) this->insert();
  this->expect_whole(this->map);
  if (TestFixture::has_large_groups) {
    EXPECT_FALSE(is_sparse(this->map));
  }
}

TYPED_TEST(sparse_tables, are_those_that_shrank_or_were_compacted) {
  for (std::size_t n = 0; n < 20'000; ++n) this->insert();
  this->erase_first(19'000);
  this->map.rehash(0);
  this->expect_whole(this->map);
  for (std::size_t n = 0; n < 100; ++n) this->insert();
  this->expect_whole(this->map);
  this->map.compact_gradually();
  this->map.finish();
  for (std::size_t n = 0; n < 100; ++n) this->insert();
  this->expect_whole(this->map);
}

// Insertion is sent out of line by the headers of empty groups; so is whoever looks for a key.
TYPED_TEST(sparse_tables, have_nothing_where_nothing_is) {
  this->map.reserve(10'000);
  for (std::size_t n = 0; n < 10; ++n) this->insert();
  std::vector<std::uint64_t> absent;
  for (std::uint64_t key = 0; key < 2'000; ++key) absent.push_back(key + 1'000'000);
  for (const std::uint64_t key : absent) {
    ASSERT_FALSE(this->map.contains(key));
    ASSERT_EQ(this->map.erase(key), 0u);
  }
  std::vector<char> found(absent.size(), 1);
  this->map.contains(absent, found.begin());
  EXPECT_EQ(std::count(found.begin(), found.end(), 0), std::ptrdiff_t{2'000});
  this->expect_whole(this->map);
  for (std::uint64_t key = 0; key < 10; ++key) EXPECT_TRUE(this->map.contains(key));
}

// The first element of a group may come in any way that there is.
TYPED_TEST(sparse_tables, get_elements_in_every_way) {
  using own_map = typename TestFixture::map_type;
  using value_type = typename own_map::value_type;
  using mapped_type = typename own_map::mapped_type;
  const auto elements = [this] {
    std::vector<value_type> some;
    for (std::size_t n = 0; n < 60; ++n) some.emplace_back(this->next++, mapped_type());
    return some;
  };
  const auto expect_after = [this](const auto& put) {
    this->map = own_map();
    this->map.reserve(5'000);
    put();
    ASSERT_EQ(this->map.size(), 60u);
    this->expect_whole(this->map);
  };
  expect_after([&] {
    const auto some = elements();
    this->map.insert(some.begin(), some.end());
  });
  expect_after([&] {
    for (const value_type& one : elements()) this->map.insert(one);
  });
  expect_after([&] {
    for (const value_type& one : elements()) this->map.emplace(one.first, one.second);
  });
  expect_after([&] {
    for (const value_type& one : elements()) this->map.insert_or_assign(one.first, one.second);
  });
  expect_after([&] {
    for (const value_type& one : elements()) this->map[one.first] = one.second;
  });
  expect_after([&] {
    const auto some = elements();
    own_map from(some.begin(), some.end());
    this->map.merge(from);
    ASSERT_TRUE(from.empty());
  });
  expect_after([&] {
    const auto some = elements();
    own_map from(some.begin(), some.end());
    for (const value_type& one : some) this->map.insert(from.extract(one.first));
  });
}

// New buckets are empty until elements come to them from anywhere.
TYPED_TEST(sparse_tables, are_those_whose_seed_changes) {
  this->insert_until_migrating(300);
  this->map.finish();
  this->map.reseed_gradually();
  while (this->map.migrating()) {
    this->insert();
    this->expect_whole(this->map);
  }
  this->expect_whole(this->map);
}

TYPED_TEST(sparse_tables, are_those_whose_memory_outlived_a_clear) {
  this->insert_until_migrating(3'000);
  this->map.finish();
  while (!this->map.migrating()) this->insert();
  this->map.finish();
  for (std::size_t n = 0; n < 2'500; ++n) this->insert();
  ASSERT_FALSE(this->map.migrating());
  this->map.clear();
  for (std::size_t n = 0; n < 100; ++n) {
    this->insert();
    this->expect_whole(this->map);
  }
}

TYPED_TEST(sparse_tables, are_those_that_were_cleared_with_few_elements) {
  this->map.reserve(5'000);
  for (std::size_t n = 0; n < 100; ++n) this->insert();
  this->map.clear();
  this->expect_whole(this->map);
  for (std::size_t n = 0; n < 3'000; ++n) {
    this->insert();
    if (n % 300 == 0) this->expect_whole(this->map);
  }
  this->expect_whole(this->map);
}

TYPED_TEST(sparse_tables, have_sparse_copies) {
  for (std::size_t n = 0; n < 5'000; ++n) this->insert();
  this->map.finish();
  for (const std::size_t erased : {std::size_t{0}, std::size_t{2'000}}) {
    this->erase_first(erased);
    typename TestFixture::map_type copy(this->map);
    EXPECT_EQ(is_sparse(copy), is_sparse(this->map));
    for (std::size_t n = 0; n < 500; ++n) copy.try_emplace(this->next++);
    this->expect_whole(copy);
    typename TestFixture::map_type other;
    other.try_emplace(1);
    swap(other, copy);
    for (std::size_t n = 0; n < 100; ++n) other.try_emplace(this->next++);
    for (std::size_t n = 0; n < 100; ++n) copy.try_emplace(this->next++);
    this->expect_whole(copy);
    this->expect_whole(other);
  }
}

// A copy of a single bucket, which is a chunk by itself, has no cold block.
TYPED_TEST(sparse_tables, are_emptied_as_copies_of_few_buckets) {
  for (const std::size_t left : {1u, 5u, 14u, 30u}) {
    this->map = typename TestFixture::map_type();
    for (std::size_t n = 0; n < 100; ++n) this->insert();
    this->erase_first(this->map.size() - left);
    this->map.rehash(0);
    typename TestFixture::map_type copy(this->map);
    this->expect_whole(copy);
    while (!copy.empty()) {
      copy.erase(copy.begin());
      this->expect_whole(copy);
    }
    for (std::size_t n = 0; n < 50; ++n) {
      copy.try_emplace(this->next++);
      this->expect_whole(copy);
    }
  }
}

struct refusing {
  explicit operator std::uint64_t() const { throw 1; }
};

TEST(a_sparse_table, is_as_before_where_the_first_element_of_a_group_cannot_be_made) {
  support::number_map<> map;
  map.reserve(10'000);
  for (std::uint64_t key = 0; key < 1'000; ++key) {
    ASSERT_THROW(map.try_emplace(key, refusing()), int);
    ASSERT_TRUE(map.begin() == map.end());
    ASSERT_STREQ(map.check_invariants(), nullptr);
    if (key % 100 == 0) {
      map.try_emplace(key);
      map.erase(key);
    }
  }
}

// Is copied where a map moves it, and refuses now and then.
struct brittle {
  static inline std::uint64_t copies_left = 0;

  brittle() = default;
  brittle(const brittle&) {
    if (--copies_left == 0) throw 1;
  }
  brittle& operator=(const brittle&) = default;
};

// A step that fails has noted groups of new buckets, to which no element came.
TEST(a_sparse_table, is_as_before_where_elements_cannot_be_moved_to_it) {
  const auto shrink = [](auto& map) { map.shrink_gradually(); };
  const auto grow = [](auto& map) { map.reserve_gradually(20'000); };
  const auto reseed = [](auto& map) { map.reseed_gradually(); };
  const auto expect_whole_after = [](const auto& begin) {
    support::map_of<std::uint64_t, brittle> map;
    brittle::copies_left = 1'000'000;
    map.reserve(2'000);
    for (std::uint64_t key = 0; key < 150; ++key) map.try_emplace(key);
    begin(map);
    ASSERT_NE(map.pending(), 0u);
    std::uint64_t failures = 0;
    for (std::uint64_t copies = 1; map.pending() != 0;) {
      brittle::copies_left = copies;
      try {
        map.step(1);
        copies = 1;
      } catch (int) {
        ++copies;
        ++failures;
      }
      brittle::copies_left = 1'000'000;
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
    EXPECT_GT(failures, 10u);
    EXPECT_EQ(map.size(), 150u);
  };
  expect_whole_after(shrink);
  expect_whole_after(grow);
  expect_whole_after(reseed);
}

struct stubborn_hash {
  static inline bool refuses = false;
  std::size_t operator()(std::uint64_t key) const {
    if (refuses) throw 1;
    return static_cast<std::size_t>(key * 0x9e3779b97f4a7c15);
  }
};

// A tiny array becomes a bucket that is a chunk by itself, and the migration gets no further.
TEST(a_sparse_table, was_made_of_a_tiny_one_and_could_not_hash) {
  steady::hash_map<std::uint64_t, int, stubborn_hash, std::equal_to<std::uint64_t>,
                   std::allocator<std::pair<const std::uint64_t, int>>, tiny_chunks>
      map;
  for (std::uint64_t key = 0; key < 5; ++key) map.try_emplace(key);
  map.reserve_gradually(1'000);
  stubborn_hash::refuses = true;
  EXPECT_THROW(map.step(1), int);
  stubborn_hash::refuses = false;
  EXPECT_TRUE(map.migrating());
  EXPECT_EQ(count_by_iteration(map), 5u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  map.finish();
  EXPECT_EQ(count_by_iteration(map), 5u);
}

}  // namespace
