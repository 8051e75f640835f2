// Allocators with a state, in every state of migration: which one a container has after copying,
// moving and swapping, and that all memory and all elements are in it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/pmr.hpp>

#include "support/element_kits.hpp"
#include "support/offset_pointer.hpp"
#include "support/propagating_allocator.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

template <class Key, class T, class When>
using propagating_map = steady::hash_map<Key, T, number_hash, std::equal_to<>,
                                         propagating_allocator<std::pair<const Key, T>, When>>;
template <class Key, class When>
using propagating_set =
    steady::hash_set<Key, number_hash, std::equal_to<>, propagating_allocator<Key, When>>;

template <class Key, class T, class When>
using propagating_node_map =
    steady::node_hash_map<Key, T, number_hash, std::equal_to<>,
                          propagating_allocator<std::pair<const Key, T>, When>>;
template <class Key, class When>
using propagating_node_set =
    steady::node_hash_set<Key, number_hash, std::equal_to<>, propagating_allocator<Key, When>>;

// Each of the three is told from the others, and from their absence.
using on_nothing = propagates<false, false, false>;
using on_copy = propagates<true, false, false>;
using on_move = propagates<false, true, false>;
using on_swap = propagates<false, false, true>;

static_assert(!std::is_nothrow_move_assignable_v<propagating_set<triple, on_nothing>>);
static_assert(std::is_nothrow_move_assignable_v<propagating_set<triple, on_move>>);
static_assert(std::is_nothrow_move_constructible_v<propagating_set<triple, on_nothing>>);
static_assert(std::is_nothrow_swappable_v<propagating_set<triple, on_nothing>>);

template <class Container>
struct propagation_of;
template <template <class...> class Container, class Key, class T, class Hash, class Equal, class V,
          class When, class Policy>
struct propagation_of<Container<Key, T, Hash, Equal, propagating_allocator<V, When>, Policy>> {
  using type = When;
};
template <template <class...> class Container, class Key, class Hash, class Equal, class When,
          class Policy>
struct propagation_of<Container<Key, Hash, Equal, propagating_allocator<Key, When>, Policy>> {
  using type = When;
};

template <class Container>
class allocators : public element_test {
 protected:
  using allocator = typename Container::allocator_type;
  using when = typename propagation_of<Container>::type;

  void TearDown() override {
    element_test::TearDown();
    EXPECT_EQ(here.bytes + there.bytes + here.blocks + there.blocks, 0u);
  }

  subject<Container> made_in(memory_ledger& ledger, migration_mode mode) {
    return subject<Container>(mode, Container(allocator(ledger)));
  }

  // The container has what the subject should have, in the ledger's memory, and none elsewhere.
  [[gnu::noinline]] static void expect_in(const memory_ledger& ledger, const Container& container,
                                          const contents& expected) {
    expect_that(&container.get_allocator().ledger() == &ledger, "the allocator");
    expect_contents(container, expected);
  }

  memory_ledger here;
  memory_ledger there;
};

using containers = testing::Types<
    propagating_map<std::string, std::string, on_nothing>, propagating_set<triple, on_copy>,
    propagating_map<owner, owner, on_move>, propagating_set<copied, on_swap>,
    propagating_node_map<triple, owner, on_nothing>, propagating_node_set<std::string, on_move>,
    propagating_node_set<copied, on_swap>>;
TYPED_TEST_SUITE(allocators, containers);

// Calls `body(mode of the target, mode of the source)` for all pairs.
template <class Body>
void for_all_pairs_of_modes(const Body& body) {
  for (const migration_mode target : all_modes) {
    for (const migration_mode source : all_modes) {
      SCOPED_TRACE(testing::Message() << name_of(target) << ", " << name_of(source));
      body(target, source);
    }
  }
}

template <class Container>
class allocators_of_copies : public allocators<Container> {};
using copyable_containers =
    testing::Types<propagating_map<std::string, std::string, on_nothing>,
                   propagating_set<triple, on_copy>, propagating_set<copied, on_swap>,
                   propagating_node_map<triple, fixed_value, on_copy>,
                   propagating_node_set<std::string, on_nothing>>;
TYPED_TEST_SUITE(allocators_of_copies, copyable_containers);

TYPED_TEST(allocators_of_copies, are_told_to_copies_and_go_along_with_copy_assignment_as_they_say) {
  for_all_pairs_of_modes([&](migration_mode target_mode, migration_mode source_mode) {
    const auto source = this->made_in(this->here, source_mode);
    {
      const TypeParam copy(source.container);
      this->expect_in(this->here, copy, source.expected);
      const std::size_t bytes = this->here.bytes;
      const TypeParam elsewhere(source.container, typename TestFixture::allocator(this->there));
      this->expect_in(this->there, elsewhere, source.expected);
      expect_that(this->here.bytes == bytes, "all of the copy's memory is there");
    }
    for (const bool equal : {true, false}) {
      memory_ledger& its_own = equal ? this->here : this->there;
      auto target = this->made_in(its_own, target_mode);
      target.container = source.container;
      this->expect_in(TestFixture::when::on_copy ? this->here : its_own, target.container,
                      source.expected);
      expect_that(equal || (this->there.bytes == 0) == TestFixture::when::on_copy,
                  "the memory is the allocator's");
      target.container.clear();
      target.container.rehash(0);
    }
    expect_that(this->there.bytes == 0, "nothing is left there");
    this->expect_in(this->here, source.container, source.expected);
  });
}

TYPED_TEST(allocators, go_along_with_move_construction_unless_another_is_given) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    auto source = this->made_in(this->here, mode);
    const standstill before = standstill_of(source.container);
    const std::size_t calls = this->here.calls;
    TypeParam moved(std::move(source.container));
    TypeParam with_equal(std::move(moved), typename TestFixture::allocator(this->here));
    expect_that(standstill_of(with_equal) == before, "the elements stay where they are");
    expect_that(this->here.calls == calls, "no memory was asked for");
    this->expect_in(this->here, with_equal, source.expected);
    this->expect_in(this->here, moved, {});
    TypeParam with_other(std::move(with_equal), typename TestFixture::allocator(this->there));
    this->expect_in(this->there, with_other, source.expected);
    this->expect_in(this->here, with_equal, {});
    this->expect_in(this->here, source.container, {});
    source.expected.clear();
    source.grow();
    source.check();
  }
}

TYPED_TEST(allocators, go_along_with_move_assignment_as_they_say) {
  for_all_pairs_of_modes([&](migration_mode target_mode, migration_mode source_mode) {
    for (const bool equal : {true, false}) {
      memory_ledger& its_own = equal ? this->here : this->there;
      auto source = this->made_in(this->here, source_mode);
      auto target = this->made_in(its_own, target_mode);
      const standstill before = standstill_of(source.container);
      target.container = std::move(source.container);
      this->expect_in(TestFixture::when::on_move ? this->here : its_own, target.container,
                      source.expected);
      expect_that(
          (standstill_of(target.container) == before) == (equal || TestFixture::when::on_move),
          "the elements stay where they are if the memory can be kept");
      this->expect_in(this->here, source.container, {});
      source.expected.clear();
      source.grow();
      source.check();
    }
  });
}

// Swapping unequal ones that do not go along is not allowed.
TYPED_TEST(allocators, go_along_with_swap_as_they_say) {
  for_all_pairs_of_modes([&](migration_mode target_mode, migration_mode source_mode) {
    for (const bool equal : {true, false}) {
      if (!equal && !TestFixture::when::on_swap) continue;
      memory_ledger& other_ledger = equal ? this->here : this->there;
      auto one = this->made_in(this->here, target_mode);
      auto other = this->made_in(other_ledger, source_mode);
      other.container.erase(element_kit<TypeParam>::make_key(3));
      other.expect_no(3);
      const standstill of_one = standstill_of(one.container);
      const standstill of_other = standstill_of(other.container);
      const std::size_t calls = this->here.calls + this->there.calls;
      one.container.swap(other.container);
      this->expect_in(other_ledger, one.container, other.expected);
      this->expect_in(this->here, other.container, one.expected);
      expect_that(standstill_of(one.container) == of_other, "they stay where they are");
      expect_that(standstill_of(other.container) == of_one, "they stay where they are");
      expect_that(this->here.calls + this->there.calls == calls, "no memory was asked for");
    }
  });
}

// ---- std::pmr ----

// Fails what takes memory from the default resource.
class no_default_resource {
 public:
  no_default_resource()
      : before_(std::pmr::set_default_resource(std::pmr::null_memory_resource())) {}
  ~no_default_resource() { std::pmr::set_default_resource(before_); }
  no_default_resource(const no_default_resource&) = delete;
  no_default_resource& operator=(const no_default_resource&) = delete;

 private:
  std::pmr::memory_resource* before_;
};

using pmr_text = std::pmr::string;
using pmr_map = steady::pmr::hash_map<pmr_text, pmr_text, steady::hash<pmr_text>, std::equal_to<>>;

pmr_text text(std::uint64_t n, std::pmr::memory_resource* from) {
  pmr_text made("a text that is too long for the string itself: ", from);
  made += static_cast<char>('a' + n % 26);
  made += static_cast<char>('a' + n / 26);
  return made;
}

void expect_all_in(std::pmr::memory_resource* resource, const pmr_map& map, std::size_t size) {
  EXPECT_EQ(map.get_allocator().resource(), resource);
  EXPECT_EQ(map.size(), size);
  std::size_t elsewhere = 0;
  for (const auto& [key, value] : map) {
    if (key.get_allocator().resource() != resource) ++elsewhere;
    if (value.get_allocator().resource() != resource) ++elsewhere;
  }
  EXPECT_EQ(elsewhere, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// Elements that take a resource get the container's, also when they migrate.
TEST(pmr, containers_and_their_elements_use_one_resource) {
  std::pmr::unsynchronized_pool_resource pool(std::pmr::new_delete_resource());
  std::pmr::unsynchronized_pool_resource other(std::pmr::new_delete_resource());
  const no_default_resource guard;
  pmr_map map(&pool);
  for (std::uint64_t n = 0; n < 400; ++n) {
    map.try_emplace(text(n, &pool), text(n, &other));
    if (n % 100 == 0 || map.migrating()) expect_all_in(&pool, map, n + 1);
  }
  pmr_map copy(map, &other);
  expect_all_in(&other, copy, 400);
  EXPECT_TRUE(copy == map);
  copy.erase(text(0, &other));
  copy = map;
  expect_all_in(&other, copy, 400);
  copy = std::move(map);
  expect_all_in(&other, copy, 400);
  expect_all_in(&pool, map, 0);
  const pmr_map moved(std::move(copy), &pool);
  expect_all_in(&pool, moved, 400);
  const steady::pmr::hash_set<pmr_text> set({text(1, &other), text(2, &other)}, 0, &pool);
  for (const pmr_text& key : set) EXPECT_EQ(key.get_allocator().resource(), &pool);
}

TEST(pmr, copies_take_the_default_resource) {
  std::pmr::unsynchronized_pool_resource pool(std::pmr::new_delete_resource());
  pmr_map map(&pool);
  for (std::uint64_t n = 0; n < 50; ++n) map.try_emplace(text(n, &pool), text(n, &pool));
  const pmr_map copy(map);
  expect_all_in(std::pmr::get_default_resource(), copy, 50);
}

// ---- pointers that are not plain ----

using offset_map = steady::hash_map<std::uint32_t, std::string, number_hash, std::equal_to<>,
                                    offset_allocator<std::pair<const std::uint32_t, std::string>>>;

TEST(fancy_pointers, serve_in_every_state) {
  in_every_state<offset_map>([](subject<offset_map>& tested) {
    const standstill before = standstill_of(tested.container);
    auto moved = std::make_unique<offset_map>(std::move(tested.container));
    expect_that(standstill_of(*moved) == before, "the elements stay where they are");
    expect_contents(*moved, tested.expected);
    expect_contents(tested.container, {});
    tested.container.swap(*moved);
    tested.check();
    const offset_map copy(tested.container);
    expect_contents(copy, tested.expected);
    *moved = copy;
    expect_contents(*moved, tested.expected);
    moved->clear();
    *moved = std::move(tested.container);
    expect_contents(*moved, tested.expected);
    tested.container = std::move(*moved);
    for (std::uint64_t n = 0; n < tested.next; n += 2) {
      expect_that(tested.container.erase(static_cast<std::uint32_t>(n)) == 1, "erased", n);
      tested.expect_no(n);
      tested.settle();
    }
    auto node = tested.container.extract(1);
    expect_that(tested.container.insert(std::move(node)).inserted, "taken out and put in");
    for (int n = 0; n < 100; ++n) tested.grow();
  });
  EXPECT_EQ(offset_blocks(), 0u);
}

}  // namespace
