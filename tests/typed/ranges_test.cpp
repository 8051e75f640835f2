// What elements may come from, in containers of all kinds: iterators that can do as little as the
// standard asks of them, ranges whose end is of another type, elements of other types.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// Over a vector, in a single pass; no default, no ->, no concept named. As before C++20.
template <class T>
class bare_input_iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  explicit bare_input_iterator(const T* at) : at_(at) {}
  reference operator*() const { return *at_; }
  bare_input_iterator& operator++() {
    ++at_;
    return *this;
  }
  bare_input_iterator operator++(int) { return bare_input_iterator(at_++); }
  friend bool operator==(const bare_input_iterator& a, const bare_input_iterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const bare_input_iterator& a, const bare_input_iterator& b) {
    return !(a == b);
  }

 private:
  const T* at_;
};

// A range of numbered elements whose end is told by a sentinel.
template <class Container>
struct range_with_sentinel {
  struct sentinel {
    std::uint64_t last;
  };
  struct iterator : element_reader<Container> {
    explicit iterator(std::uint64_t n) : element_reader<Container>(n), next(n) {}
    iterator& operator++() {
      element_reader<Container>::operator++();
      ++next;
      return *this;
    }
    friend bool operator==(const iterator& a, const sentinel& end) { return a.next == end.last; }
    std::uint64_t next;
  };

  iterator begin() const { return iterator(first); }
  sentinel end() const { return {last}; }

  std::uint64_t first;
  std::uint64_t last;
};

// The first half of some elements; as with std::views::filter, begin() is not const.
template <class Container>
struct filtered_view {
  element_reader<Container> begin() {
    ++times_read;
    return element_reader<Container>(first);
  }
  element_reader<Container> end() { return element_reader<Container>(first + (last - first) / 2); }

  std::uint64_t first;
  std::uint64_t last;
  int times_read = 0;
};

// Elements that can be read once: begin() takes the first one out, and iterators cannot be copied.
template <class Container>
struct stream {
  struct iterator {
    using iterator_concept = std::input_iterator_tag;
    using value_type = typename element_kit<Container>::parts;
    using difference_type = std::ptrdiff_t;

    explicit iterator(stream& its_source) : source(&its_source) {}
    iterator(iterator&&) = default;
    iterator& operator=(iterator&&) = default;

    value_type operator*() const { return *element_reader<Container>(source->taken - 1); }
    iterator& operator++() {
      ++source->taken;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, std::default_sentinel_t) {
      return a.source->taken > a.source->length;
    }

    stream* source;
  };

  iterator begin() {
    ++taken;
    return iterator(*this);
  }
  std::default_sentinel_t end() const { return std::default_sentinel; }

  std::uint64_t length;
  std::uint64_t taken = 0;
};

template <class Container>
class ranges : public element_test {
 protected:
  using parts = typename element_kit<Container>::parts;

  static contents first_hundred() {
    contents expected;
    for (std::uint64_t n = 0; n < 100; ++n) expected.emplace(n, subject<Container>::value_seen(n));
    return expected;
  }
  // The elements 0 to 99 are what a container is made from, and what is inserted into one.
  template <class Iterator>
  static void expect_taken(Iterator first, Iterator last) {
    const Container made(first, last);
    expect_contents(made, first_hundred());
  }
  template <class Iterator>
  static void expect_inserted(Iterator first, Iterator last) {
    Container into;
    into.insert(first, last);
    expect_contents(into, first_hundred());
    into.insert(first, first);
    expect_contents(into, first_hundred());
  }
};
using containers =
    testing::Types<string_map, fixed_map, triple_set, string_set, large_node_map, string_node_set>;
TYPED_TEST_SUITE(ranges, containers);

TYPED_TEST(ranges, may_have_any_kind_of_iterator) {
  const auto elements = elements_from<TypeParam>(0, 100);
  using input = bare_input_iterator<typename TestFixture::parts>;
  this->expect_taken(elements.begin(), elements.end());
  this->expect_taken(elements.data(), elements.data() + 100);
  this->expect_taken(input(elements.data()), input(elements.data() + 100));
  this->expect_inserted(elements.data(), elements.data() + 100);
  this->expect_inserted(input(elements.data()), input(elements.data() + 100));
  const std::list<typename TestFixture::parts> list(elements.begin(), elements.end());
  this->expect_taken(list.rbegin(), list.rend());
  this->expect_inserted(list.begin(), list.end());
}

TYPED_TEST(ranges, may_be_another_container) {
  const auto elements = elements_from<TypeParam>(0, 100);
  const TypeParam other(elements.begin(), elements.end());
  this->expect_taken(other.begin(), other.end());
  this->expect_inserted(other.cbegin(), other.cend());
  const TypeParam from_range(steady::from_range, other);
  EXPECT_TRUE(from_range == other);
}

TYPED_TEST(ranges, may_end_with_a_sentinel) {
  const range_with_sentinel<TypeParam> range{0, 100};
  TypeParam made(steady::from_range, range);
  expect_contents(made, this->first_hundred());
  TypeParam into;
  into.insert_range(range);
  into.insert_range(range_with_sentinel<TypeParam>{7, 7});
  expect_contents(into, this->first_hundred());
}

TYPED_TEST(ranges, may_be_views_that_change_when_read) {
  filtered_view<TypeParam> view{0, 200};
  const TypeParam made(steady::from_range, view);
  expect_contents(made, this->first_hundred());
  TypeParam into;
  into.insert_range(view);
  expect_contents(into, this->first_hundred());
  EXPECT_EQ(view.times_read, 2);
}

TYPED_TEST(ranges, may_be_read_once) {
  stream<TypeParam> source{100};
  const TypeParam made(steady::from_range, source);
  expect_contents(made, this->first_hundred());
  stream<TypeParam> another{100};
  TypeParam into;
  into.insert_range(another);
  expect_contents(into, this->first_hundred());
  const TypeParam from_the_end(steady::from_range, another);
  EXPECT_TRUE(from_the_end.empty());
}

TYPED_TEST(ranges, may_be_empty) {
  const std::vector<typename TestFixture::parts> none;
  const TypeParam made(none.begin(), none.end());
  const TypeParam from_range(steady::from_range, none);
  const TypeParam from_list(std::initializer_list<typename TypeParam::value_type>{});
  for (const TypeParam* empty : {&made, &from_range, &from_list}) {
    EXPECT_TRUE(empty->empty());
    EXPECT_EQ(empty->stats().bytes, 0u);
  }
}

// ---- elements of other types ----

template <class Map>
void expect_map_of_other_pairs() {
  const std::vector<std::pair<std::string_view, int>> views = {{"a", 1}, {"b", 2}, {"a", 3}};
  const std::array<std::pair<const char*, short>, 2> pointers = {{{"b", 4}, {"c", 5}}};
  Map map(views.begin(), views.end());
  map.insert(pointers.begin(), pointers.end());
  map.insert_range(views);
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(map.at("a"), 1);
  EXPECT_EQ(map.at("b"), 2);
  EXPECT_EQ(map.at("c"), 5);
}

template <class Set>
void expect_set_of_other_keys() {
  const std::vector<std::string_view> views = {"a", "b", "a"};
  const char* const pointers[] = {"b", "c"};
  Set set(views.begin(), views.end());
  set.insert(std::begin(pointers), std::end(pointers));
  set.insert_range(pointers);
  EXPECT_EQ(set.size(), 3u);
  EXPECT_TRUE(set.contains("a") && set.contains("b") && set.contains("c"));
}

TEST(ranges_of_other_types, are_converted) {
  expect_map_of_other_pairs<steady::hash_map<std::string, int>>();
  expect_map_of_other_pairs<steady::node_hash_map<std::string, int>>();
  expect_set_of_other_keys<steady::hash_set<std::string>>();
  expect_set_of_other_keys<steady::node_hash_set<std::string>>();
}

// What iterators of two ranges at once give: pairs of references.
template <class Key, class T>
class iterator_of_both {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = std::pair<Key, T>;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = std::pair<const Key&, T&>;

  iterator_of_both(const Key* key, T* value) : key_(key), value_(value) {}
  reference operator*() const { return {*key_, *value_}; }
  iterator_of_both& operator++() {
    ++key_;
    ++value_;
    return *this;
  }
  iterator_of_both operator++(int) { return {key_++, value_++}; }
  friend bool operator==(const iterator_of_both& a, const iterator_of_both& b) {
    return a.key_ == b.key_;
  }

 private:
  const Key* key_;
  T* value_;
};

template <class Map>
void expect_map_of_both() {
  const std::array<int, 3> keys = {1, 2, 1};
  std::array<std::string, 3> values = {"one", "two", "other"};
  using both = iterator_of_both<int, std::string>;
  const both first(keys.data(), values.data());
  const both last(keys.data() + 3, values.data() + 3);
  Map map(first, last);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.at(1), "one");
  map.erase(2);
  map.insert(first, last);
  EXPECT_EQ(map.at(2), "two");
  EXPECT_EQ(values[0], "one");
}

TEST(ranges_of_pairs_of_references, are_copied) {
  expect_map_of_both<steady::hash_map<int, std::string>>();
  expect_map_of_both<steady::node_hash_map<int, std::string>>();
}

}  // namespace
