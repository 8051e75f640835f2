// steady::hash: which keys agree, which differ, and what a seed changes.
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

namespace user {

struct point {
  int x;
  int y;
  friend bool operator==(const point&, const point&) = default;
};

}  // namespace user

template <>
struct std::hash<user::point> {
  std::size_t operator()(const user::point& p) const noexcept {
    return static_cast<std::size_t>(p.x) * 31 + static_cast<std::size_t>(p.y);
  }
};

namespace {

template <class Hash>
concept says_avalanching = requires {
  typename Hash::is_avalanching;
};
template <class Hash>
concept says_transparent = requires {
  typename Hash::is_transparent;
};

static_assert(says_avalanching<steady::hash<int>> && says_avalanching<steady::hash<std::string>>);
static_assert(says_avalanching<steady::hash<user::point>> && says_avalanching<steady::hash<void*>>);
static_assert(says_transparent<steady::hash<std::string>>);
static_assert(says_transparent<steady::hash<std::string_view>>);
static_assert(!says_transparent<steady::hash<int>>);
static_assert(noexcept(steady::hash<int>{}(1)) && noexcept(steady::hash<std::string>{}("")));

template <class Key>
void expect_seeds_to_matter(const Key& key) {
  const steady::hash<Key> hash;
  std::set<std::uint64_t> results = {hash(key)};
  for (std::uint64_t seed = 1; seed < 100; ++seed) results.insert(hash(key, seed));
  EXPECT_EQ(results.size(), 100u);
}

TEST(hash, changes_with_the_seed) {
  expect_seeds_to_matter(1);
  expect_seeds_to_matter(std::uint64_t{1} << 63);
  expect_seeds_to_matter(std::string());
  expect_seeds_to_matter(std::string("abc"));
  expect_seeds_to_matter(std::string(100, 'x'));
  expect_seeds_to_matter(user::point{1, 2});
  expect_seeds_to_matter(1.5);
}

TEST(hash, without_a_seed_is_that_of_seed_zero) {
  EXPECT_EQ(steady::hash<int>{}(5), steady::hash<int>{}(5, 0));
  EXPECT_EQ(steady::hash<std::string>{}("abc"), steady::hash<std::string>{}("abc", 0));
}

TEST(hash_of_strings, sees_every_byte_at_every_length) {
  const steady::hash<std::string> hash;
  std::mt19937 random(3);
  for (std::size_t length = 0; length <= 64; ++length) {
    std::string text(length, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const std::uint64_t original = hash(text, length);
    for (std::size_t at = 0; at < length; ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        const char before = text[at];
        text[at] = static_cast<char>(text[at] ^ (1 << bit));
        EXPECT_NE(hash(text, length), original) << "length " << length << ", byte " << at;
        text[at] = before;
      }
    }
  }
}

TEST(hash_of_strings, sees_the_length_of_zeros) {
  const steady::hash<std::string> hash;
  std::set<std::uint64_t> results;
  for (std::size_t length = 0; length <= 64; ++length) results.insert(hash(std::string(length, 0)));
  EXPECT_EQ(results.size(), 65u);
}

// Reading beyond either end would show under the address sanitizer.
TEST(hash_of_strings, reads_no_byte_outside) {
  const steady::hash<std::string_view> hash;
  for (std::size_t length = 0; length <= 64; ++length) {
    const auto exact = std::make_unique<char[]>(length);
    EXPECT_EQ(hash(std::string_view(exact.get(), length)), hash(std::string(length, '\0')));
  }
}

TEST(hash_of_strings, is_that_of_their_views) {
  const std::string text = "the same characters";
  const char* const pointer = text.c_str();
  const std::uint64_t expected = steady::hash<std::string>{}(text, 7);
  EXPECT_EQ(steady::hash<std::string>{}(std::string_view(text), 7), expected);
  EXPECT_EQ(steady::hash<std::string>{}(pointer, 7), expected);
  EXPECT_EQ(steady::hash<std::string_view>{}(text, 7), expected);
}

TEST(hash_of_strings, takes_all_characters_types) {
  EXPECT_NE(steady::hash<std::wstring>{}(L"ab"), steady::hash<std::wstring>{}(L"ac"));
  EXPECT_EQ(steady::hash<std::u16string>{}(u"ab"), steady::hash<std::u16string_view>{}(u"ab"));
  EXPECT_EQ(steady::hash<std::u8string>{}(u8"ab"), steady::hash<std::string>{}("ab"));
}

enum class colour : std::int8_t { red = 1, blue = -1 };

TEST(hash_of_integers, depends_on_the_value_only) {
  EXPECT_EQ(steady::hash<int>{}(5), steady::hash<std::uint64_t>{}(5));
  EXPECT_EQ(steady::hash<int>{}(-1), steady::hash<long long>{}(-1));
  EXPECT_EQ(steady::hash<char>{}('a'), steady::hash<int>{}('a'));
  EXPECT_EQ(steady::hash<bool>{}(true), steady::hash<int>{}(1));
}

TEST(hash_of_integers, is_also_that_of_enumerations) {
  EXPECT_EQ(steady::hash<colour>{}(colour::red), steady::hash<int>{}(1));
  EXPECT_EQ(steady::hash<colour>{}(colour::blue), steady::hash<int>{}(-1));
}

#if defined(__SIZEOF_INT128__)
__extension__ using wide = unsigned __int128;
__extension__ using signed_wide = __int128;

TEST(hash_of_wide_integers, sees_both_halves) {
  std::set<std::uint64_t> all;
  std::set<std::uint64_t> all_in_tuples;
  for (wide n = 0; n < 1'000; ++n) {
    for (const wide key : {n, (n + 1) << 64, (n + 1) << 64 | (n + 1)}) {
      all.insert(steady::hash<wide>{}(key, 12'345));
      all_in_tuples.insert(steady::hash<std::tuple<wide, int>>{}({key, 1}, 12'345));
    }
  }
  EXPECT_EQ(all.size(), 3'000u);
  EXPECT_EQ(all_in_tuples.size(), 3'000u);
  expect_seeds_to_matter(wide{1} << 100);
}

TEST(hash_of_wide_integers, depends_on_the_value_only) {
  EXPECT_EQ(steady::hash<wide>{}(5, 7), steady::hash<signed_wide>{}(5, 7));
  EXPECT_EQ(steady::hash<wide>{}(static_cast<wide>(-1)), steady::hash<signed_wide>{}(-1));
}

TEST(hash_of_wide_integers, spreads_keys_over_a_map) {
  steady::hash_map<wide, int> map;
  for (int n = 0; n < 3'000; ++n) map[static_cast<wide>(n) << 64] = n;
  for (int n = 0; n < 3'000; ++n) ASSERT_EQ(map.at(static_cast<wide>(n) << 64), n);
  EXPECT_LT(map.stats().longest_chain, 8u) << "one chain of 498 if a half is lost";
}
#endif

TEST(hash_of_pointers, is_that_of_the_address) {
  int x[2];
  EXPECT_EQ(steady::hash<int*>{}(x), steady::hash<void*>{}(x));
  EXPECT_EQ(steady::hash<const int*>{}(x),
            steady::hash<std::uintptr_t>{}(reinterpret_cast<std::uintptr_t>(x)));
  EXPECT_NE(steady::hash<int*>{}(x), steady::hash<int*>{}(x + 1));
}

TEST(hash_of_other_types, mixes_the_standard_hash) {
  const user::point p{1, 2};
  EXPECT_EQ(steady::hash<user::point>{}(p),
            steady::hash<std::uint64_t>{}(std::hash<user::point>{}(p)));
  EXPECT_NE(steady::hash<user::point>{}(p), std::hash<user::point>{}(p));
}

template <class Float>
class hash_of_floating_point : public testing::Test {};
using floats = testing::Types<float, double, long double>;
TYPED_TEST_SUITE(hash_of_floating_point, floats);

TYPED_TEST(hash_of_floating_point, is_the_same_for_what_is_equal) {
  const steady::hash<TypeParam> hash;
  const TypeParam zero = 0;
  EXPECT_EQ(hash(zero), hash(-zero));
  EXPECT_NE(hash(zero), hash(std::numeric_limits<TypeParam>::denorm_min()));
  EXPECT_NE(hash(TypeParam(1)), hash(TypeParam(-1)));
}

TYPED_TEST(hash_of_floating_point, makes_keys_that_a_growing_map_finds_again) {
  steady::hash_map<TypeParam, int> map;
  for (int n = -20'000; n <= 20'000; ++n) map.try_emplace(TypeParam(n) / 8, n);
  map.try_emplace(std::numeric_limits<TypeParam>::infinity(), 1);
  map.try_emplace(std::numeric_limits<TypeParam>::quiet_NaN(), 2);
  EXPECT_EQ(map.size(), 40'003u);
  EXPECT_EQ(map.at(-TypeParam(0)), 0);
  EXPECT_FALSE(map.contains(std::numeric_limits<TypeParam>::quiet_NaN())) << "it equals nothing";
  for (int n = -20'000; n <= 20'000; ++n) ASSERT_EQ(map.at(TypeParam(n) / 8), n);
  // As by chance: one bucket in six and a half has overflow at the load limit.
  EXPECT_LT(map.stats().overflow_buckets, map.stats().buckets / 5);
}

// A hash of the user's own that takes no seed.
struct unseeded {
  int number;
};

}  // namespace

template <>
struct steady::hash<unseeded> {
  std::size_t operator()(const unseeded& key) const { return static_cast<std::size_t>(key.number); }
};

namespace {

TEST(hash_of_several_values, is_that_of_a_pair_and_a_tuple) {
  const auto expected = steady::hash_values(7, 1, std::string("two"));
  EXPECT_EQ((steady::hash<std::pair<int, std::string>>{}({1, "two"}, 7)), expected);
  EXPECT_EQ((steady::hash<std::tuple<int, std::string>>{}({1, "two"}, 7)), expected);
}

TEST(hash_of_several_values, depends_on_each_on_their_order_and_on_the_seed) {
  const steady::hash<std::tuple<int, int, int>> hash;
  EXPECT_NE(hash({1, 2, 3}), hash({2, 1, 3}));
  EXPECT_NE(hash({1, 2, 3}), hash({1, 2, 4}));
  EXPECT_NE(hash({0, 2, 3}), hash({1, 2, 3}));
  EXPECT_NE(hash({1, 2, 3}, 1), hash({1, 2, 3}, 2));
}

TEST(hash_of_several_values, takes_hashes_without_a_seed) {
  const steady::hash<std::pair<unseeded, int>> hash;
  EXPECT_NE(hash({unseeded{1}, 1}), hash({unseeded{2}, 1}));
  EXPECT_NE(hash({unseeded{1}, 1}, 1), hash({unseeded{1}, 1}, 2));
}

TEST(hash_of_several_values, spreads_a_grid) {
  std::set<std::uint64_t> all;
  std::vector<int> in_high_bits(256);
  for (int x = 0; x < 256; ++x) {
    for (int y = 0; y < 256; ++y) {
      const std::uint64_t value = steady::hash<std::pair<int, int>>{}({x, y}, 12345);
      all.insert(value);
      ++in_high_bits[value >> 56];
    }
  }
  EXPECT_EQ(all.size(), 65'536u);
  for (const int count : in_high_bits) EXPECT_NEAR(count, 256, 6 * 16);  // 6 standard deviations
}

TEST(hash_of_several_values, makes_pairs_and_tuples_keys) {
  steady::hash_map<std::pair<int, std::string>, int> pairs;
  pairs[{1, "a"}] = 2;
  EXPECT_EQ(pairs.at({1, "a"}), 2);
  steady::hash_set<std::tuple<int, int, std::string>> tuples;
  for (int n = 0; n < 1'000; ++n) tuples.insert({n, n % 7, "x"});
  EXPECT_TRUE(tuples.contains({500, 500 % 7, "x"}));
  EXPECT_FALSE(tuples.contains({500, 500 % 7, "y"}));
}

TEST(hash_of_sequences, sees_every_value_their_order_and_their_number) {
  const steady::hash<std::vector<int>> of_numbers;
  const steady::hash<std::vector<std::string>> of_texts;
  std::set<std::uint64_t> results;
  const std::vector<int> numbers[] = {{}, {0}, {0, 0}, {1}, {1, 2}, {2, 1}, {1, 2, 3, 4, 5, 6, 7}};
  for (const auto& each : numbers) results.insert(of_numbers(each, 7));
  EXPECT_EQ(results.size(), std::size(numbers));
  results.clear();
  const std::vector<std::string> texts[] = {{}, {""}, {"", ""}, {"a"}, {"a", "b"}, {"b", "a"}};
  for (const auto& each : texts) results.insert(of_texts(each, 7));
  EXPECT_EQ(results.size(), std::size(texts));
  EXPECT_NE(of_numbers({1, 2}, 1), of_numbers({1, 2}, 2));
  EXPECT_NE(of_texts({"a"}, 1), of_texts({"a"}, 2));
}

// Where one ends and the next begins must show.
TEST(hash_of_sequences, differ_where_their_borders_do) {
  using two = std::pair<std::vector<std::string>, std::vector<std::string>>;
  const steady::hash<two> hash;
  EXPECT_NE(hash({{"a"}, {"b", "c"}}), hash({{"a", "b"}, {"c"}}));
  EXPECT_NE(hash({{}, {"a"}}), hash({{"a"}, {}}));
}

TEST(hash_of_sequences, is_the_same_for_what_is_equal) {
  using zeros = std::array<double, 2>;
  EXPECT_EQ(steady::hash<zeros>{}({0.0, 1.0}), steady::hash<zeros>{}({-0.0, 1.0}));
  std::vector<std::uint64_t> with_room = {1, 2, 3};
  with_room.reserve(100);
  EXPECT_EQ(steady::hash<std::vector<std::uint64_t>>{}(with_room),
            steady::hash<std::vector<std::uint64_t>>{}({1, 2, 3}));
}

// Two values are equal if their last decimal digits are.
enum class digit : int {};
bool operator==(digit a, digit b) { return static_cast<int>(a) % 10 == static_cast<int>(b) % 10; }

}  // namespace

template <>
struct steady::hash<digit> {
  std::uint64_t operator()(digit value) const { return static_cast<std::uint64_t>(value) % 10; }
};
template <>
struct std::hash<std::array<user::point, 2>> {
  std::size_t operator()(const std::array<user::point, 2>& of) const {
    return static_cast<std::size_t>(of[0].x);
  }
};

namespace {

TEST(hash_of_sequences, calls_hashes_of_the_users) {
  using pair_of_digits = std::array<digit, 2>;
  EXPECT_EQ((pair_of_digits{digit{3}, digit{14}}), (pair_of_digits{digit{13}, digit{4}}));
  EXPECT_EQ(steady::hash<pair_of_digits>{}({digit{3}, digit{14}}, 5),
            steady::hash<pair_of_digits>{}({digit{13}, digit{4}}, 5));
  using points = std::array<user::point, 2>;
  EXPECT_EQ(steady::hash<points>{}({user::point{1, 2}, user::point{3, 4}}),
            steady::hash<points>{}({user::point{1, 7}, user::point{8, 9}}));
  EXPECT_NE(steady::hash<std::vector<user::point>>{}({{1, 2}, {3, 4}}),
            steady::hash<std::vector<user::point>>{}({{1, 2}, {3, 5}}));
}

TEST(hash_of_sequences, makes_arrays_and_vectors_keys) {
  steady::hash_map<std::array<std::uint8_t, 16>, int> by_id;
  steady::hash_set<std::vector<std::array<short, 3>>> paths;
  steady::hash_set<std::vector<bool>> bits;
  for (int n = 0; n < 1'000; ++n) {
    const auto low = static_cast<std::uint8_t>(n);
    const auto high = static_cast<std::uint8_t>(n / 256);
    by_id[{0, 0, low, high}] = n;
    paths.insert({{1, 2, 3}, {4, 5, static_cast<short>(n)}});
    bits.insert({n % 2 == 0, n % 3 == 0});
  }
  EXPECT_EQ(by_id.size(), 1'000u);
  EXPECT_EQ(by_id.at({0, 0, 0xe7, 3}), 999);
  EXPECT_EQ(paths.size(), 1'000u);
  EXPECT_TRUE(paths.contains({{1, 2, 3}, {4, 5, 77}}));
  EXPECT_FALSE(paths.contains({{1, 2, 3}}));
  EXPECT_EQ(bits.size(), 4u);
  EXPECT_TRUE((steady::hash_set<std::array<int, 0>>{{}}.contains({})));
}

}  // namespace

namespace user {

// The upper bits are a generation, which does not count.
enum class handle : std::uint32_t {};
constexpr std::uint32_t number_of(handle of) { return static_cast<std::uint32_t>(of) & 0xffffff; }
constexpr bool operator==(handle a, handle b) { return number_of(a) == number_of(b); }

using edge = std::pair<point, point>;  // without direction
inline bool operator==(const edge& a, const edge& b) {
  return (a.first == b.first && a.second == b.second) ||
         (a.first == b.second && a.second == b.first);
}
using way = std::tuple<point, point>;
inline bool operator==(const way& a, const way& b) {
  return edge(std::get<0>(a), std::get<1>(a)) == edge(std::get<0>(b), std::get<1>(b));
}

struct without_hash {
  int number;
  bool operator==(const without_hash&) const = default;
};

}  // namespace user

template <>
struct std::hash<user::handle> {
  std::size_t operator()(user::handle of) const noexcept { return user::number_of(of); }
};
template <>
struct std::hash<user::edge> {
  std::size_t operator()(const user::edge& of) const {
    return std::hash<user::point>{}(of.first) ^ std::hash<user::point>{}(of.second);
  }
};
template <>
struct std::hash<user::way> {
  std::size_t operator()(const user::way& of) const {
    return std::hash<user::edge>{}({std::get<0>(of), std::get<1>(of)});
  }
};
template <>
struct std::hash<std::pair<user::without_hash, int>> {
  std::size_t operator()(const std::pair<user::without_hash, int>& of) const {
    return static_cast<std::size_t>(of.first.number + of.second);
  }
};

namespace {

constexpr user::handle old_handle{1};
constexpr user::handle new_handle{0x1000001};

TEST(hash_beside_an_equality_of_the_users, is_their_std_hash_for_enumerations) {
  EXPECT_EQ(steady::hash<user::handle>{}(old_handle, 5),
            steady::hash<user::handle>{}(new_handle, 5));
  EXPECT_NE(steady::hash<user::handle>{}(old_handle),
            steady::hash<user::handle>{}(user::handle{2}));
  const steady::hash_map<user::handle, int> map{{old_handle, 7}};
  EXPECT_EQ(map.at(new_handle), 7);
  const steady::concurrent_hash_map<user::handle, int> shared{{old_handle, 7}};
  EXPECT_TRUE(shared.contains(new_handle));
}

TEST(hash_beside_an_equality_of_the_users, is_taken_within_pairs_arrays_and_vectors) {
  using steady::hash_set;
  EXPECT_TRUE((hash_set<std::pair<user::handle, int>>{{old_handle, 1}}.contains({new_handle, 1})));
  EXPECT_TRUE((hash_set<std::tuple<user::handle>>{{old_handle}}.contains({new_handle})));
  EXPECT_TRUE((hash_set<std::array<user::handle, 1>>{{old_handle}}.contains({new_handle})));
  EXPECT_TRUE((hash_set<std::vector<user::handle>>{{old_handle}}.contains({new_handle})));
}

TEST(hash_beside_an_equality_of_the_users, is_their_std_hash_for_pairs_and_tuples) {
  steady::hash_map<user::edge, int> edges;
  ++edges[{{1, 1}, {2, 2}}];
  ++edges[{{2, 2}, {1, 1}}];
  EXPECT_EQ(edges.size(), 1u);
  steady::hash_set<user::way> ways{{user::point{1, 1}, user::point{2, 2}}};
  EXPECT_TRUE(ways.contains({user::point{2, 2}, user::point{1, 1}}));
  steady::hash_set<std::pair<user::without_hash, int>> pairs{{{1}, 2}};
  EXPECT_TRUE(pairs.contains({{1}, 2}));
}

}  // namespace
