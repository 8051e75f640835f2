// Which hash codes a concurrent container can tell from a key, and which it keeps beside the key: a
// migration reads slots that others may be writing, so it must not call std::hash.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <typeindex>
#include <variant>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

namespace {

// Counts what hashes it.
struct counted_key {
  std::uint32_t number = 0;

  static inline std::atomic<std::uint64_t> hashed = 0;
  friend bool operator==(const counted_key&, const counted_key&) = default;
};

}  // namespace

template <>
struct std::hash<counted_key> {
  std::size_t operator()(counted_key key) const noexcept {
    ++counted_key::hashed;
    return key.number;
  }
};

namespace {

template <class Key>
constexpr bool is_kept = steady::detail::keeps_code<steady::hash<Key>, Key>;

enum class colour : std::uint8_t { red };
static_assert(!is_kept<std::uint64_t> && !is_kept<char> && !is_kept<bool> && !is_kept<colour>);
static_assert(!is_kept<const char*> && !is_kept<float> && !is_kept<double>);
static_assert(is_kept<std::optional<std::string_view>> &&
              is_kept<std::variant<std::string_view, int>>);
static_assert(is_kept<std::string_view> && is_kept<std::type_index>);

// Calls the hash for each key that is inserted, and then no more.
template <class Container, class Insert>
void expect_no_hash_in_migrations(const Insert& insert) {
  constexpr std::uint32_t many = 20'000;
  Container container;
  counted_key::hashed = 0;
  for (std::uint32_t n = 0; n < many; ++n) insert(container, counted_key{n});
  EXPECT_EQ(counted_key::hashed, many);
  container.reserve(4 * many);
  container.reseed_gradually();
  container.finish();
  container.compact_gradually();
  container.finish();
  container.rehash(0);
  const steady::stats now = container.stats();
  EXPECT_TRUE(now.migrations.grow != 0 && now.migrations.reseed != 0 &&
              now.migrations.compact != 0 && now.migrations.shrink != 0);
  EXPECT_EQ(counted_key::hashed, many);
  EXPECT_STREQ(container.check_invariants(), nullptr);
}

TEST(concurrent_hash_code, is_kept_where_std_hash_makes_it) {
  expect_no_hash_in_migrations<steady::concurrent_hash_map<counted_key, int>>(
      [](auto& map, counted_key key) { map.try_emplace(key, 1); });
  expect_no_hash_in_migrations<steady::concurrent_hash_set<counted_key>>(
      [](auto& set, counted_key key) { set.insert(key); });
}

TEST(concurrent_hash_code, is_kept_where_a_key_has_one_that_std_hash_hashes) {
  using key_type = std::optional<counted_key>;
  expect_no_hash_in_migrations<steady::concurrent_hash_map<key_type, std::uint64_t>>(
      [](auto& map, counted_key key) { map.try_emplace(key_type(key), 1u); });
}

}  // namespace
