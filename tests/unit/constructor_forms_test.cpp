// The standard's constructors, each of which takes its hash, equality and allocator, and uses them.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/ledger_allocator.hpp"

namespace {

using namespace support;

// Functions that can be told apart.
struct numbered_hash {
  int number = 0;
  std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key); }
};
struct numbered_equal {
  int number = 0;
  bool operator()(int a, int b) const noexcept { return a == b; }
};

using ledger_map = steady::hash_map<int, int, numbered_hash, numbered_equal,
                                    ledger_allocator<std::pair<const int, int>>>;
using ledger_set = steady::hash_set<int, numbered_hash, numbered_equal, ledger_allocator<int>>;

template <class Container>
struct sample;
template <>
struct sample<ledger_map> {
  static constexpr std::initializer_list<std::pair<const int, int>> list = {{1, 10}, {2, 20}};
};
template <>
struct sample<ledger_set> {
  static constexpr std::initializer_list<int> list = {1, 2};
};

template <class Container>
class constructors : public testing::Test {
 protected:
  using allocator_type = typename Container::allocator_type;

  void TearDown() override { EXPECT_EQ(ledger_.blocks, 0u); }

  // `made` has the elements 1 and 2, or none; it came by its functions and memory as asked.
  void expect(const Container& made, std::size_t size, int hash, int equal) {
    EXPECT_EQ(made.size(), size);
    EXPECT_EQ(made.contains(1), size == 2);
    EXPECT_EQ(made.contains(2), size == 2);
    EXPECT_FALSE(made.contains(3));
    EXPECT_EQ(made.hash_function().number, hash);
    EXPECT_EQ(made.key_eq().number, equal);
    EXPECT_EQ(&made.get_allocator().ledger(), &ledger_);
    EXPECT_EQ(ledger_.bytes, made.stats().bytes) << "nothing comes from elsewhere";
  }
  // There is room for 1000 elements.
  void expect_room(const Container& made) {
    EXPECT_GE(static_cast<float>(made.bucket_count()) * made.max_load_factor(), 1000);
  }

  memory_ledger ledger_;
  const numbered_hash hash_{7};
  const numbered_equal equal_{8};
};

using containers = testing::Types<ledger_map, ledger_set>;
TYPED_TEST_SUITE(constructors, containers);

TYPED_TEST(constructors, of_empty_containers) {
  const typename TestFixture::allocator_type allocator(this->ledger_);
  this->expect(TypeParam(allocator), 0, 0, 0);
  EXPECT_EQ(this->ledger_.calls, 0u) << "empty ones need no memory";
  this->expect(TypeParam(0, allocator), 0, 0, 0);
  this->expect(TypeParam(0, this->hash_, allocator), 0, 7, 0);
  this->expect(TypeParam(0, this->hash_, this->equal_, allocator), 0, 7, 8);
  EXPECT_EQ(this->ledger_.calls, 0u);
}

TYPED_TEST(constructors, with_a_capacity) {
  const typename TestFixture::allocator_type allocator(this->ledger_);
  {
    const TypeParam made(1000, allocator);
    this->expect(made, 0, 0, 0);
    this->expect_room(made);
  }
  {
    const TypeParam made(1000, this->hash_, allocator);
    this->expect(made, 0, 7, 0);
    this->expect_room(made);
  }
  {
    const TypeParam made(1000, this->hash_, this->equal_, allocator);
    this->expect(made, 0, 7, 8);
    this->expect_room(made);
  }
}

TYPED_TEST(constructors, from_a_range) {
  const typename TestFixture::allocator_type allocator(this->ledger_);
  const auto& list = sample<TypeParam>::list;
  this->expect(TypeParam(list.begin(), list.end(), allocator), 2, 0, 0);
  {
    const TypeParam made(list.begin(), list.end(), 1000, allocator);
    this->expect(made, 2, 0, 0);
    this->expect_room(made);
  }
  {
    const TypeParam made(list.begin(), list.end(), 1000, this->hash_, allocator);
    this->expect(made, 2, 7, 0);
    this->expect_room(made);
  }
  {
    const TypeParam made(list.begin(), list.end(), 1000, this->hash_, this->equal_, allocator);
    this->expect(made, 2, 7, 8);
    this->expect_room(made);
  }
}

TYPED_TEST(constructors, from_a_list) {
  const typename TestFixture::allocator_type allocator(this->ledger_);
  const auto& list = sample<TypeParam>::list;
  this->expect(TypeParam(list, allocator), 2, 0, 0);
  {
    const TypeParam made(list, 1000, allocator);
    this->expect(made, 2, 0, 0);
    this->expect_room(made);
  }
  {
    const TypeParam made(list, 1000, this->hash_, allocator);
    this->expect(made, 2, 7, 0);
    this->expect_room(made);
  }
  {
    const TypeParam made(list, 1000, this->hash_, this->equal_, allocator);
    this->expect(made, 2, 7, 8);
    this->expect_room(made);
  }
}

TYPED_TEST(constructors, are_matched_by_assignment_from_a_list) {
  const typename TestFixture::allocator_type allocator(this->ledger_);
  TypeParam made(1000, this->hash_, this->equal_, allocator);
  TypeParam& same = (made = sample<TypeParam>::list);
  EXPECT_EQ(&same, &made);
  this->expect(made, 2, 7, 8);
  made = std::initializer_list<typename TypeParam::value_type>();
  this->expect(made, 0, 7, 8);
}

}  // namespace
