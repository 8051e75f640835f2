// Concurrent containers with allocators that differ: which one they have after copying, moving,
// assigning and swapping, and what remains where memory is refused.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/concurrent_pmr.hpp>

#include "support/ledger_allocator.hpp"
#include "support/propagating_allocator.hpp"

namespace {

using namespace support;

std::string text_of(std::uint64_t n) {
  return "a text of more than fifteen letters " + std::to_string(n);
}

// `T` tells the kind of elements: numbers are kept in slots, texts in nodes.
template <class T, bool OnCopy, bool OnMove, bool OnSwap>
struct kind {
  using when = propagates<OnCopy, OnMove, OnSwap>;
  using allocator = propagating_allocator<std::pair<const std::uint64_t, T>, when>;
  using map = steady::concurrent_hash_map<std::uint64_t, T, steady::hash<std::uint64_t>,
                                          std::equal_to<std::uint64_t>, allocator>;
  static T value(std::uint64_t n) {
    if constexpr (std::is_same_v<T, std::string>) {
      return text_of(n);
    } else {
      return 3 * n;
    }
  }
};

template <class Kind>
class concurrent_allocators : public testing::Test {
 protected:
  // The first two amount to a migration that is on, and to one that is done.
  static constexpr std::uint64_t counts[] = {60, 200, 7, 0};

  void TearDown() override {
    EXPECT_EQ(here.bytes + there.bytes, 0u);
    EXPECT_EQ(here.blocks + there.blocks, 0u);
  }
  static void fill(typename Kind::map& map, std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE(map.try_emplace(n, Kind::value(n)));
    for (std::uint64_t n = count; n < count + 5; ++n) map.try_emplace(n, Kind::value(n));
    for (std::uint64_t n = count; n < count + 5; ++n) ASSERT_EQ(map.erase(n), 1u);
  }
  static void expect_in(const memory_ledger& ledger, const typename Kind::map& map,
                        std::uint64_t count) {
    EXPECT_EQ(&map.get_allocator().ledger(), &ledger);
    ASSERT_EQ(map.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.find(n), Kind::value(n));
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }

  memory_ledger here;
  memory_ledger there;
};

using kinds =
    testing::Types<kind<std::uint64_t, false, false, false>,
                   kind<std::uint64_t, true, false, false>, kind<std::uint64_t, false, true, false>,
                   kind<std::uint64_t, true, true, true>, kind<std::string, false, false, false>,
                   kind<std::string, true, false, false>, kind<std::string, false, true, false>,
                   kind<std::string, true, true, true>>;
TYPED_TEST_SUITE(concurrent_allocators, kinds);

TYPED_TEST(concurrent_allocators, come_along_when_copying_and_moving) {
  using map_type = typename TypeParam::map;
  for (const std::uint64_t count : TestFixture::counts) {
    map_type map{typename TypeParam::allocator(this->here)};
    this->fill(map, count);
    const map_type copy = map;
    this->expect_in(this->here, copy, count);
    const map_type moved = std::move(map);
    this->expect_in(this->here, moved, count);
    this->expect_in(this->here, map, 0);
  }
  EXPECT_EQ(this->there.calls, 0u);
}

TYPED_TEST(concurrent_allocators, are_chosen_when_copying_and_moving) {
  using map_type = typename TypeParam::map;
  const typename TypeParam::allocator other(this->there);
  for (const std::uint64_t count : TestFixture::counts) {
    map_type map{typename TypeParam::allocator(this->here)};
    this->fill(map, count);
    const map_type copy(map, other);
    this->expect_in(this->there, copy, count);
    map_type moved(std::move(map), other);
    this->expect_in(this->there, moved, count);
    this->expect_in(this->here, map, 0);
    const map_type moved_on(std::move(moved), other);  // equal: nothing is allocated
    this->expect_in(this->there, moved_on, count);
  }
}

TYPED_TEST(concurrent_allocators, follow_assignment_if_they_propagate) {
  using map_type = typename TypeParam::map;
  using when = typename TypeParam::when;
  for (const std::uint64_t before : TestFixture::counts) {
    for (const std::uint64_t count : TestFixture::counts) {
      map_type map{typename TypeParam::allocator(this->here)};
      this->fill(map, count);
      map_type target{typename TypeParam::allocator(this->there)};
      this->fill(target, before);
      target = map;
      this->expect_in(when::on_copy ? this->here : this->there, target, count);
      this->expect_in(this->here, map, count);

      map_type second{typename TypeParam::allocator(this->there)};
      this->fill(second, before);
      second = std::move(map);
      this->expect_in(when::on_move ? this->here : this->there, second, count);
      this->expect_in(this->here, map, 0);  // NOLINT: is empty, and usable
      this->fill(map, 20);
      this->expect_in(this->here, map, 20);
    }
  }
}

TYPED_TEST(concurrent_allocators, are_swapped_if_they_propagate) {
  using map_type = typename TypeParam::map;
  const bool propagates = TypeParam::when::on_swap;
  map_type a{typename TypeParam::allocator(this->here)};
  map_type b{typename TypeParam::allocator(propagates ? this->there : this->here)};
  this->fill(a, 60);
  this->fill(b, 7);
  a.swap(b);
  this->expect_in(propagates ? this->there : this->here, a, 7);
  this->expect_in(this->here, b, 60);
}

// Assigning where allocation fails at the k-th call, for every k.
TYPED_TEST(concurrent_allocators, that_fail_leave_every_element_in_one_of_the_two) {
  using map_type = typename TypeParam::map;
  using when = typename TypeParam::when;
  if (when::on_move) return;  // allocates nothing
  constexpr std::uint64_t count = 200;
  for (std::size_t k = 1;; ++k) {
    map_type map{typename TypeParam::allocator(this->here)};
    this->fill(map, count);
    map_type target{typename TypeParam::allocator(this->there)};
    this->there.fail_at = this->there.calls + k;
    bool failed = false;
    try {
      target = std::move(map);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    this->there.fail_at = memory_ledger::never;
    EXPECT_STREQ(map.check_invariants(), nullptr);
    EXPECT_STREQ(target.check_invariants(), nullptr);
    ASSERT_EQ(map.size() + target.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) {
      const auto& home = map.contains(n) ? map : target;
      ASSERT_EQ(home.find(n), TypeParam::value(n)) << n << " of " << k;
    }
    if (!failed) {
      EXPECT_TRUE(map.empty());
      EXPECT_GT(k, 5u);
      break;
    }
  }
}

TYPED_TEST(concurrent_allocators, that_fail_leave_the_target_of_a_copy_as_it_was) {
  using map_type = typename TypeParam::map;
  using when = typename TypeParam::when;
  map_type map{typename TypeParam::allocator(this->here)};
  this->fill(map, 60);
  map_type target{typename TypeParam::allocator(this->there)};
  this->fill(target, 7);
  memory_ledger& failing = when::on_copy ? this->here : this->there;
  for (std::size_t k = 1;; ++k) {
    failing.fail_at = failing.calls + k;
    bool failed = false;
    try {
      target = map;
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    failing.fail_at = memory_ledger::never;
    this->expect_in(this->here, map, 60);
    if (!failed) break;
    this->expect_in(this->there, target, 7);
  }
  this->expect_in(failing, target, 60);
}

TYPED_TEST(concurrent_allocators, that_fail_while_merging_leave_every_element_in_one_of_the_two) {
  using map_type = typename TypeParam::map;
  constexpr std::uint64_t count = 200;
  for (std::size_t k = 1;; ++k) {
    map_type source{typename TypeParam::allocator(this->here)};
    this->fill(source, count);
    map_type target{typename TypeParam::allocator(this->here)};
    target.try_emplace(1, TypeParam::value(1));
    this->here.fail_at = this->here.calls + k;
    bool failed = false;
    try {
      EXPECT_EQ(target.merge(source), count - 1);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    this->here.fail_at = memory_ledger::never;
    EXPECT_STREQ(source.check_invariants(), nullptr);
    EXPECT_STREQ(target.check_invariants(), nullptr);
    ASSERT_EQ(source.size() + target.size(), count + 1);
    for (std::uint64_t n = 0; n < count; ++n) {
      const auto& home = target.contains(n) ? target : source;
      ASSERT_EQ(home.find(n), TypeParam::value(n)) << n << " of " << k;
    }
    if (!failed) break;
  }
}

// ---- assigning where more than the elements is unusual ----

struct with_map_within;
using nested = kind<with_map_within, true, true, true>;
struct with_map_within {
  std::shared_ptr<nested::map> map;
};

// The map that is copied ends with the elements that are replaced.
TEST(concurrent_assignment, may_copy_what_is_in_one_of_the_elements) {
  memory_ledger here;
  memory_ledger there;
  alignas(nested::map) std::byte place[sizeof(nested::map)];
  auto* const within = new (place) nested::map(nested::allocator(there));
  const auto leave_nothing = [&place](nested::map* gone) {
    gone->~concurrent_hash_map();
    std::memset(place, 0, sizeof place);
  };
  {
    nested::map map{nested::allocator(here)};
    within->try_emplace(1, with_map_within());
    within->try_emplace(2, with_map_within());
    map.try_emplace(1, with_map_within{std::shared_ptr<nested::map>(within, leave_nothing)});
    map = *within;
    EXPECT_EQ(&map.get_allocator().ledger(), &there);
    EXPECT_EQ(map.size(), 2u);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
  EXPECT_EQ(here.blocks + there.blocks, 0u);
}

// Not std::mutex, but neither can be copied or moved.
struct immovable {
  std::uint64_t number;
  explicit immovable(std::uint64_t n) : number(n) {}
  immovable(const immovable&) = delete;
  immovable& operator=(const immovable&) = delete;
};

// Propagates on move assignment, for which it need not be copy assignable.
template <class T>
struct moved_along : ledger_allocator<T, propagation<true>> {
  template <class U>
  struct rebind {
    using other = moved_along<U>;
  };
  explicit moved_along(memory_ledger& ledger) noexcept
      : ledger_allocator<T, propagation<true>>(ledger) {}
  moved_along(const moved_along&) = default;
  moved_along& operator=(const moved_along&) = delete;
  moved_along& operator=(moved_along&&) = default;
  template <class U>
  moved_along(const moved_along<U>& other) noexcept
      : ledger_allocator<T, propagation<true>>(other.ledger()) {}
};

template <class T>
void expect_to_take_over_as_it_is() {
  memory_ledger here;
  memory_ledger there;
  using allocator = moved_along<std::pair<const std::uint64_t, T>>;
  steady::concurrent_hash_map<std::uint64_t, T, steady::hash<std::uint64_t>,
                              std::equal_to<std::uint64_t>, allocator>
      target{allocator(here)}, source{allocator(there)};
  source.try_emplace(1, 7u);
  target.try_emplace(2, 7u);
  target = std::move(source);
  EXPECT_EQ(&target.get_allocator().ledger(), &there);
  EXPECT_TRUE(target.contains(1) && target.size() == 1);
  EXPECT_EQ(here.blocks, 0u);
}

TEST(concurrent_assignment, moves_no_element_where_the_allocator_comes_along) {
  expect_to_take_over_as_it_is<std::uint64_t>();
  expect_to_take_over_as_it_is<immovable>();
}

// ---- polymorphic allocators ----

class counting_resource : public std::pmr::memory_resource {
 public:
  std::size_t blocks = 0;  // ever

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    ++blocks;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

TEST(concurrent_pmr, numbers_are_kept_in_slots_and_texts_get_the_resource) {
  counting_resource resource;
  steady::pmr::concurrent_hash_map<std::uint64_t, std::uint64_t> numbers(&resource);
  steady::pmr::concurrent_hash_set<std::uint64_t> set(&resource);
  for (std::uint64_t n = 0; n < 1000; ++n) EXPECT_TRUE(numbers.try_emplace(n, n) && set.insert(n));
  EXPECT_LT(resource.blocks, 200u);
  EXPECT_STREQ(numbers.check_invariants(), nullptr);

  steady::pmr::concurrent_hash_map<std::pmr::string, std::pmr::string> texts(&resource);
  const std::size_t before = resource.blocks;
  EXPECT_TRUE(texts.try_emplace("short", "a text of more than fifteen letters"));
  EXPECT_GE(resource.blocks, before + 2);
  texts.cvisit("short", [&](const auto& element) {
    EXPECT_EQ(element.first.get_allocator().resource(), &resource);
    EXPECT_EQ(element.second.get_allocator().resource(), &resource);
  });
  const decltype(texts) copy = texts;
  EXPECT_EQ(copy.get_allocator().resource(), std::pmr::get_default_resource());
  EXPECT_EQ(copy, texts);
}

}  // namespace
