// Values whose move constructor is not noexcept: which of them are moved when a map grows, and that
// what only says it can be copied is not copied.
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/moves_without_throwing.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"

namespace {

// Its copy is another one; moving it may throw, as far as anybody can see.
struct document {
  explicit document(std::uint64_t n) : text(std::make_unique<std::uint64_t>(n)) {}
  document(const document& other) : document(*other.text) { ++copies; }
  document(document&& other) noexcept(false) : text(std::move(other.text)) {}
  ~document() = default;

  static inline int copies = 0;
  std::unique_ptr<std::uint64_t> text;
};

struct promised : document {
  using document::document;
};

struct withdrawn {
  std::unique_ptr<int> owned;
};

}  // namespace

template <>
inline constexpr bool steady::moves_without_throwing<promised> = true;
template <>
inline constexpr bool steady::moves_without_throwing<withdrawn> = false;

namespace {

using namespace support;
using steady::moves_without_throwing;
using steady::detail::standard_name_in;

using number = std::uint64_t;
using unique = std::unique_ptr<number>;

// ---- for which types ----

static_assert(moves_without_throwing<int> && moves_without_throwing<std::string>);
static_assert(!moves_without_throwing<document> && moves_without_throwing<promised>);
static_assert(!moves_without_throwing<withdrawn>);

static_assert(moves_without_throwing<std::deque<int>>);
static_assert(moves_without_throwing<std::deque<document>>);  // its values stay where they are
static_assert(moves_without_throwing<std::list<int>>);
static_assert(moves_without_throwing<std::queue<unique>> &&
              moves_without_throwing<std::stack<unique>>);
static_assert(moves_without_throwing<std::priority_queue<int, std::deque<int>, std::greater<int>>>);
static_assert(moves_without_throwing<std::set<int>> && moves_without_throwing<std::map<int, int>>);

// What is made of such types.
using made_of_deques = std::pair<
    std::deque<int>,
    std::array<std::optional<std::variant<promised, std::tuple<int, std::stack<unique>>>>, 3>>;
static_assert(moves_without_throwing<made_of_deques>);
static_assert(!moves_without_throwing<std::pair<std::deque<int>, document>>);
static_assert(!moves_without_throwing<std::optional<document>>);
static_assert(!moves_without_throwing<std::array<document, 2>>);
// A const member is copied.
static_assert(!moves_without_throwing<std::pair<const std::string, std::deque<int>>>);

// Where memory comes from elsewhere, or functions are copied that may throw.
using throwing_order = std::function<bool(int, int)>;
static_assert(!moves_without_throwing<std::set<int, throwing_order>>);
static_assert(moves_without_throwing<std::pmr::deque<int>> ==
              std::is_nothrow_move_constructible_v<std::pmr::deque<int>>);
static_assert(moves_without_throwing<std::queue<int, std::pmr::deque<int>>> ==
              moves_without_throwing<std::pmr::deque<int>>);

// Names as compilers write them.
static_assert(standard_name_in("std::deque<int>]") == "deque");
static_assert(standard_name_in("class std::deque<int,class std::allocator<int> >(void)") ==
              "deque");
static_assert(standard_name_in("std::__debug::deque<std::pair<int, int> >; x = y]") == "deque");
static_assert(standard_name_in("std::__cxx11::list<int>]") == "list");
static_assert(standard_name_in("my::std::deque<int>]").empty());
static_assert(standard_name_in("std::pmr::deque<int>]").empty());
static_assert(standard_name_in("std::_Deque_iterator<int, int&, std::deque<int>*>]") ==
              "_Deque_iterator");
static_assert(standard_name_in("int]").empty());

// ---- moved, not copied ----

struct deques {
  using type = std::deque<document>;
  static void put(type& in, std::uint64_t n) { in.emplace_back(n); }
  static const document& in(const type& value) { return value.front(); }
};
struct queues {
  using type = std::queue<document>;
  static void put(type& in, std::uint64_t n) { in.emplace(n); }
  static const document& in(const type& value) { return value.front(); }
};
struct pairs {
  using type = std::pair<int, std::optional<std::deque<document>>>;
  static void put(type& in, std::uint64_t n) { in.second.emplace().emplace_back(n); }
  static const document& in(const type& value) { return value.second->front(); }
};

template <class Kit>
class moved_values : public testing::Test {};
using kits = testing::Types<deques, queues, pairs>;
TYPED_TEST_SUITE(moved_values, kits);

TYPED_TEST(moved_values, keep_what_they_own_where_it_is) {
  constexpr std::uint64_t many = 3000;
  document::copies = 0;
  map_of<std::uint64_t, typename TypeParam::type, small_chunks> map;
  std::vector<const document*> addresses;
  const auto expect_all = [&](auto& within) {
    ASSERT_STREQ(within.check_invariants(), nullptr);
    for (const auto& [key, value] : within) {
      ASSERT_EQ(&TypeParam::in(value), addresses[key]);
      ASSERT_EQ(*addresses[key]->text, key);
    }
  };
  for (std::uint64_t n = 0; n < many; ++n) {
    auto& value = map[n];
    TypeParam::put(value, n);
    addresses.push_back(&TypeParam::in(value));
    if ((n & (n + 1)) == 0) expect_all(map);
  }
  expect_all(map);
  map.reserve(10 * many);
  expect_all(map);
  map.rehash(0);
  map.reseed_gradually();
  map.finish();
  expect_all(map);
  auto node = map.extract(0);
  ASSERT_EQ(&TypeParam::in(node.mapped()), addresses[0]);
  map.insert(std::move(node));
  auto other = std::move(map);
  expect_all(other);
  EXPECT_EQ(other.size(), many);
  EXPECT_EQ(document::copies, 0);
}

template <class T>
int copies_of_growing() {
  document::copies = 0;
  map_of<std::uint64_t, T> map;
  for (std::uint64_t n = 0; n < 1000; ++n) map.try_emplace(n, n);
  for (const auto& [key, value] : map) EXPECT_EQ(*value.text, key);
  return document::copies;
}

TEST(promise, decides_whether_growing_copies) {
  EXPECT_GT(copies_of_growing<document>(), 500);
  EXPECT_EQ(copies_of_growing<promised>(), 0);
}

// ---- what only says that it can be copied ----

// Can be copied, and moving may throw.
struct text_key {
  explicit text_key(number n) : text(std::to_string(n)) {}
  text_key(const text_key& other) : text(other.text) {}
  text_key(text_key&& other) noexcept(false) : text(std::move(other.text)) {}
  ~text_key() = default;
  friend bool operator==(const text_key& a, const text_key& b) { return a.text == b.text; }
  std::string text;
};
struct hash_of_text {
  std::size_t operator()(const text_key& key) const {
    return steady::hash<std::string>{}(key.text);
  }
  std::size_t operator()(std::uint64_t key) const { return steady::hash<std::uint64_t>{}(key); }
};

// Deep within, too; and what tells the truth.
using steady::detail::is_copyable;
static_assert(!is_copyable<std::map<int, std::array<std::optional<std::vector<unique>>, 2>>>);
static_assert(!is_copyable<std::set<unique>> && !is_copyable<unique> &&
              !is_copyable<std::tuple<int, const std::deque<unique>>>);
static_assert(is_copyable<std::map<text_key, std::vector<std::shared_ptr<unique>>>>);
static_assert(is_copyable<std::function<void(unique)>> && is_copyable<document>);

template <class Key, class T>
struct of_types {
  using map = map_of<Key, T, small_chunks, hash_of_text, std::equal_to<Key>>;
};

template <class T>
const unique& one_of(const T& value) {
  if constexpr (requires { value.second; }) {
    return value.second.front();
  } else if constexpr (requires { value.front(); }) {
    return value.front();
  } else {
    return value.top();
  }
}
template <class T>
void put(T& value, number n) {
  if constexpr (requires { value.second; }) {
    value.second.push_back(std::make_unique<number>(n));
  } else if constexpr (requires { value.push(unique()); }) {
    value.push(std::make_unique<number>(n));
  } else {
    value.push_back(std::make_unique<number>(n));
  }
}

template <class Types>
class false_copies : public testing::Test {};
using false_types =
    testing::Types<of_types<number, std::deque<unique>>, of_types<number, std::queue<unique>>,
                   of_types<number, std::stack<unique, std::pmr::deque<unique>>>,
                   of_types<number, std::pmr::deque<unique>>,
                   of_types<number, std::pair<std::vector<unique>, std::pmr::deque<unique>>>,
                   of_types<text_key, std::vector<unique>>, of_types<text_key, std::list<unique>>>;
TYPED_TEST_SUITE(false_copies, false_types);

TYPED_TEST(false_copies, are_moved) {
  using key = typename TypeParam::map::key_type;
  constexpr number many = 1000;
  typename TypeParam::map map;
  for (number n = 0; n < many; ++n) put(map[key(n)], n);
  map.rehash(0);
  ASSERT_EQ(map.erase(key(0)), 1u);
  map.reserve(2 * many);
  ASSERT_STREQ(map.check_invariants(), nullptr);
  ASSERT_EQ(map.size(), many - 1);
  for (number n = 1; n < many; ++n) ASSERT_EQ(*one_of(map.at(key(n))), n);
}

}  // namespace
