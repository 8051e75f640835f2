// What containers of all kinds ask of their allocator: every element is constructed and destroyed
// through it, with the arguments that the standard names; a key that is there costs nothing; and
// any allocator will do that has what the standard asks of one.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"
#include "support/watching_allocator.hpp"

namespace {

using namespace support;

template <class Key, class T>
using watched_map = steady::hash_map<Key, T, number_hash, std::equal_to<>,
                                     watching_allocator<std::pair<const Key, T>>>;
template <class Key, class T>
using watched_node_map = steady::node_hash_map<Key, T, number_hash, std::equal_to<>,
                                               watching_allocator<std::pair<const Key, T>>>;
template <class Key>
using watched_set = steady::hash_set<Key, number_hash, std::equal_to<>, watching_allocator<Key>>;
template <class Key>
using watched_node_set =
    steady::node_hash_set<Key, number_hash, std::equal_to<>, watching_allocator<Key>>;

template <class Container>
class allocator_use : public element_test {
 protected:
  using allocator = typename Container::allocator_type;

  void TearDown() override {
    element_test::TearDown();
    for (const allocation_book* book : {&here, &there}) {
      EXPECT_EQ(book->blocks.size() + book->elements.size(), 0u);
      EXPECT_EQ(book->mistake, "");
    }
  }

  subject<Container> made_here(migration_mode mode) {
    return subject<Container>(mode, Container(allocator(here)));
  }

  void expect_elements(std::size_t in_here, std::size_t in_there, const char* when) {
    expect_that(here.elements.size() == in_here, when, here.elements.size());
    expect_that(there.elements.size() == in_there, when, there.elements.size());
    EXPECT_EQ(here.mistake + there.mistake, "") << when;
  }

  allocation_book here;
  allocation_book there;
};

using containers = testing::Types<watched_map<std::string, std::string>, watched_map<owner, owner>,
                                  watched_set<copied>, watched_set<std::uint64_t>,
                                  watched_node_map<triple, fixed_value>, watched_node_set<owner>>;
TYPED_TEST_SUITE(allocator_use, containers);

TYPED_TEST(allocator_use, is_for_every_element_from_first_to_last) {
  using kit = element_kit<TypeParam>;
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    auto tested = this->made_here(mode);
    auto& container = tested.container;
    for (std::uint64_t n = 0; n < tested.next; n += 3) {
      container.erase(kit::make_key(n));
      tested.expect_no(n);
      tested.settle();
    }
    this->expect_elements(container.size(), 0, "erased");
    for (int n = 0; n < 100; ++n) tested.grow();
    container.finish();
    container.rehash(0);
    this->expect_elements(container.size(), 0, "migrated");
    {
      auto node = container.extract(kit::make_key(1));
      this->expect_elements(container.size() + 1, 0, "extracted");
      auto taken = std::move(node);
      this->expect_elements(container.size() + 1, 0, "the node was moved");
      container.insert(std::move(taken));
      this->expect_elements(container.size(), 0, "inserted");
      const auto dropped = container.extract(kit::make_key(2));
      tested.expect_no(2);
    }
    this->expect_elements(container.size(), 0, "a node was dropped");
    {
      TypeParam other((typename TestFixture::allocator(this->here)));
      kit::put(other, 1, 1);
      kit::put(other, tested.next, tested.value_for(tested.next));
      tested.expect(tested.next++);
      container.merge(other);
      this->expect_elements(container.size() + 1, 0, "merged");
    }
    const std::size_t size = container.size();
    TypeParam moved(std::move(container));
    this->expect_elements(size, 0, "moved");
    TypeParam elsewhere(std::move(moved), typename TestFixture::allocator(this->there));
    this->expect_elements(0, size, "moved to another allocator");
    container = std::move(elsewhere);
    this->expect_elements(size, 0, "and back");
    tested.check();
    container.clear();
    this->expect_elements(0, 0, "cleared");
  }
}

TYPED_TEST(allocator_use, is_selected_for_copies) {
  if constexpr (element_kit<TypeParam>::copyable) {
    for (const migration_mode mode : all_modes) {
      SCOPED_TRACE(name_of(mode));
      typename TestFixture::allocator selecting(this->here);
      selecting.write_copies_into(this->there);
      subject<TypeParam> tested(mode, TypeParam(selecting));
      const std::size_t size = tested.container.size();
      {
        const TypeParam copy(tested.container);
        this->expect_elements(size, size, "as select_on_container_copy_construction says");
        expect_contents(copy, tested.expected);
      }
      {
        const TypeParam copy(tested.container, typename TestFixture::allocator(this->here));
        this->expect_elements(2 * size, 0, "as the caller says");
      }
      TypeParam assigned((typename TestFixture::allocator(this->here)));
      assigned = tested.container;
      this->expect_elements(2 * size, 0, "assigning selects nothing");
      expect_contents(assigned, tested.expected);
    }
  }
}

// ---- keys that are there ----

// Inserts the element of `n`, in every way that can see its key.
template <class Container>
void insert_in_every_way(Container& container, std::uint64_t n) {
  using kit = element_kit<Container>;
  const auto parts = [n] { return kit::make_parts(n, 5); };
  container.insert(parts());
  container.insert(container.cbegin(), parts());
  container.emplace(parts());
  container.emplace_hint(container.cend(), parts());
  auto elements = elements_from<Container>(n, n + 1);
  container.insert(std::move_iterator(elements.begin()), std::move_iterator(elements.end()));
  if constexpr (kit::copyable) {
    const typename Container::value_type element(parts());
    container.insert(element);
    container.insert(container.cend(), element);
    container.insert_range(elements_from<Container>(n, n + 1));
    container.insert({element, element});
  }
  if constexpr (kit::is_map) {
    container.emplace(kit::make_key(n), kit::make_value(5));
    container.try_emplace(kit::make_key(n), kit::make_value(5));
    container.try_emplace(container.cbegin(), kit::make_key(n), kit::make_value(5));
    if constexpr (kit::has_default_value) container[kit::make_key(n)];
    if constexpr (kit::assignable) {
      container.insert_or_assign(kit::make_key(n),
                                 kit::make_value(subject<Container>::value_for(n)));
    }
  }
}

TYPED_TEST(allocator_use, is_none_for_a_key_that_is_there) {
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    auto tested = this->made_here(mode);
    const std::size_t allocations = this->here.allocations;
    const std::size_t constructions = this->here.constructions;
    for (const std::uint64_t n : {std::uint64_t{0}, tested.next / 2, tested.next - 1}) {
      insert_in_every_way(tested.container, n);
    }
    expect_that(this->here.allocations == allocations, "no memory was asked for");
    expect_that(this->here.constructions == constructions, "no element was constructed");
    tested.check();
  }
}

// ---- the arguments of construct() ----

template <class... Arguments>
void expect_call(const allocation_book& book, std::size_t calls, const char* what) {
  expect_that(book.constructions == calls, what, book.constructions);
  EXPECT_EQ(book.last_call, call_of<Arguments...>()) << what;
}

template <class Map>
void expect_arguments_of_a_map() {
  using value_type = typename Map::value_type;
  using tuple_of_key = std::tuple<std::uint64_t&&>;
  using tuple_of_const_key = std::tuple<const std::uint64_t&>;
  allocation_book book;
  {
    Map map(100, typename Map::allocator_type(book));
    const value_type element(1, "1");
    map.insert(element);
    expect_call<const value_type&>(book, 1, "insert(const element&)");
    map.insert(value_type(2, "2"));
    expect_call<value_type&&>(book, 2, "insert(element&&)");
    map.insert(std::pair<std::uint64_t, const char*>(3, "3"));
    expect_call<std::pair<std::uint64_t, const char*>&&>(book, 3, "insert(pair&&)");
    map.emplace(std::uint64_t{4}, "4");
    expect_call<std::uint64_t&&, const char(&)[2]>(book, 4, "emplace(key, value)");
    map.try_emplace(std::uint64_t{5}, std::size_t{5}, '5');
    expect_call<const std::piecewise_construct_t&, tuple_of_key&&,
                std::tuple<std::size_t&&, char&&>&&>(book, 5, "try_emplace(key&&, ...)");
    const std::uint64_t six = 6;
    map.try_emplace(six);
    expect_call<const std::piecewise_construct_t&, tuple_of_const_key&&, std::tuple<>&&>(
        book, 6, "try_emplace(const key&)");
    map[7];
    expect_call<const std::piecewise_construct_t&, tuple_of_key&&, std::tuple<>&&>(book, 7,
                                                                                   "[key&&]");
    EXPECT_EQ(map.at(5), "55555");
    EXPECT_EQ(map.size(), 7u);
  }
  EXPECT_EQ(book.mistake, "");
}

template <class Set>
void expect_arguments_of_a_set() {
  allocation_book book;
  {
    Set set(100, typename Set::allocator_type(book));
    const std::string one = make<std::string>(1);
    set.insert(one);
    expect_call<const std::string&>(book, 1, "insert(const key&)");
    set.insert(make<std::string>(2));
    expect_call<std::string&&>(book, 2, "insert(key&&)");
    set.emplace(make<std::string>(3));
    expect_call<std::string&&>(book, 3, "emplace(key&&)");
    EXPECT_EQ(set.size(), 3u);
  }
  EXPECT_EQ(book.mistake, "");
}

TEST(construct, is_given_what_the_standard_names) {
  expect_arguments_of_a_map<watched_map<std::uint64_t, std::string>>();
  expect_arguments_of_a_map<watched_node_map<std::uint64_t, std::string>>();
  expect_arguments_of_a_set<watched_set<std::string>>();
  expect_arguments_of_a_set<watched_node_set<std::string>>();
}

// ---- the least that an allocator may have ----

// Converts only where that is asked for, and has no default.
template <class T>
struct explicit_allocator {
  using value_type = T;

  explicit explicit_allocator(int) noexcept {}
  template <class U>
  explicit explicit_allocator(const explicit_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* block, std::size_t count) noexcept {
    std::allocator<T>().deallocate(block, count);
  }
  template <class U>
  friend bool operator==(const explicit_allocator&, const explicit_allocator<U>&) noexcept {
    return true;
  }
};

// Counts in few bytes, is no template of types alone, so says itself what it is for other types,
// and cannot be derived from.
template <class T, std::size_t CountBytes>
struct final_allocator final {
  using value_type = T;
  using size_type = std::conditional_t<CountBytes == 1, std::uint8_t, std::uint32_t>;
  using difference_type = std::make_signed_t<size_type>;
  using is_always_equal = std::false_type;
  template <class U>
  struct rebind {
    using other = final_allocator<U, CountBytes>;
  };

  int mark = 0;

  final_allocator() = default;
  explicit final_allocator(int its_mark) noexcept : mark(its_mark) {}
  template <class U>
  final_allocator(const final_allocator<U, CountBytes>& other) noexcept : mark(other.mark) {}

  T* allocate(size_type count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* block, size_type count) noexcept {
    std::allocator<T>().deallocate(block, count);
  }
  friend bool operator==(const final_allocator&, const final_allocator&) = default;
};

template <template <class> class Allocator>
struct containers_in {
  template <class Key, class T>
  using map =
      steady::hash_map<Key, T, number_hash, std::equal_to<>, Allocator<std::pair<const Key, T>>>;
  template <class Key, class T>
  using node_map = steady::node_hash_map<Key, T, number_hash, std::equal_to<>,
                                         Allocator<std::pair<const Key, T>>>;
  template <class Key>
  using set = steady::hash_set<Key, number_hash, std::equal_to<>, Allocator<Key>>;
  template <class Key>
  using node_set = steady::node_hash_set<Key, number_hash, std::equal_to<>, Allocator<Key>>;
};
template <class T>
using small_final_allocator = final_allocator<T, 4>;
using in_explicit = containers_in<explicit_allocator>;
using in_final = containers_in<small_final_allocator>;

template <class Container>
class bare_allocators : public element_test {};
using barely_allocated =
    testing::Types<in_explicit::map<std::string, std::string>,
                   in_explicit::node_map<triple, fixed_value>, in_explicit::set<triple>,
                   in_explicit::node_set<std::string>, in_final::map<std::string, std::string>,
                   in_final::node_set<std::string>>;
TYPED_TEST_SUITE(bare_allocators, barely_allocated);

TYPED_TEST(bare_allocators, will_do) {
  using kit = element_kit<TypeParam>;
  const typename TypeParam::allocator_type allocator(1);
  const typename TypeParam::allocator_type another(2);
  for (const migration_mode mode : all_modes) {
    SCOPED_TRACE(name_of(mode));
    subject<TypeParam> tested(mode, TypeParam(allocator));
    TypeParam copy(tested.container, another);
    expect_contents(copy, tested.expected);
    const TypeParam moved(std::move(copy), allocator);
    expect_contents(moved, tested.expected);
    copy = moved;
    expect_contents(copy, tested.expected);
    copy.insert(copy.extract(kit::make_key(1)));
    TypeParam other(tested.container, another);
    kit::put(other, tested.next, tested.value_for(tested.next));
    copy.merge(other);
    expect_that(copy.size() == moved.size() + 1 && other.size() == moved.size(), "merged");
    tested.container = std::move(copy);
    tested.expect(tested.next++);
    tested.check();
    tested.container.clear();
    tested.container.rehash(0);
  }
}

// Blocks of more units than the allocator can count are refused, and not cut.
TEST(allocators_that_count_in_one_byte, refuse_what_they_cannot_count) {
  using set = steady::hash_set<std::uint32_t, number_hash, std::equal_to<>,
                               final_allocator<std::uint32_t, 1>>;
  set small;
  for (std::uint32_t n = 0; n < 200; ++n) small.insert(n);
  EXPECT_EQ(small.size(), 200u);
  EXPECT_THROW(small.reserve(100'000), std::bad_alloc);
  EXPECT_EQ(small.size(), 200u);
  EXPECT_STREQ(small.check_invariants(), nullptr);
  EXPECT_TRUE(small.contains(199));
}

}  // namespace
