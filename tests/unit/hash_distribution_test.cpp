// How evenly positions on the hash line are spread, for the patterns that keys come in.
// All seeds are fixed, so the outcome is the same every time.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/hash.hpp>

#include "support/hashes.hpp"

namespace {

using steady::detail::line_seed;
using steady::detail::position_of;

// With the bits that the library requires of a seed.
line_seed seed_from(std::mt19937_64& random) { return {random() | line_seed::required_bits}; }

std::vector<line_seed> seeds() {
  std::mt19937_64 random(4);
  std::vector<line_seed> list;
  for (int i = 0; i < 50; ++i) list.push_back(seed_from(random));
  return list;
}

constexpr unsigned log2_buckets = 12;
constexpr std::size_t buckets = std::size_t{1} << log2_buckets;
constexpr std::size_t keys_per_bucket = 16;

// How far chi-square of the buckets' sizes lies above its mean for random positions, in standard
// deviations.
template <class Hash, class KeyOf>
double unevenness(const line_seed& seed, const KeyOf& key_of) {
  std::vector<std::uint32_t> held(buckets);
  for (std::uint64_t n = 0; n < buckets * keys_per_bucket; ++n) {
    ++held[position_of(Hash(), key_of(n), seed) >> (64 - log2_buckets)];
  }
  double chi_square = 0;
  for (const std::uint32_t here : held) {
    const double difference = here - double{keys_per_bucket};
    chi_square += difference * difference / keys_per_bucket;
  }
  const double freedom = buckets - 1;
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

// How often two keys of one bucket share their tag, relative to random tags.
template <class Hash, class KeyOf>
double shared_tags(const line_seed& seed, const KeyOf& key_of) {
  std::vector<std::vector<std::uint8_t>> tags(buckets);
  for (std::uint64_t n = 0; n < buckets * keys_per_bucket; ++n) {
    const std::uint64_t position = position_of(Hash(), key_of(n), seed);
    tags[position >> (64 - log2_buckets)].push_back(steady::detail::tag_of(position));
  }
  double pairs = 0;
  double shared = 0;
  for (const auto& here : tags) {
    for (std::size_t i = 0; i < here.size(); ++i) {
      pairs += static_cast<double>(i);
      shared += static_cast<double>(
          std::count(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(i), here[i]));
    }
  }
  return shared / pairs * 256;
}

template <class Hash, class KeyOf>
void expect_even(const char* pattern, const KeyOf& key_of) {
  int with_shared_tags = 0;
  for (const line_seed& seed : seeds()) {
    EXPECT_LT((unevenness<Hash>(seed, key_of)), 5) << pattern;
    with_shared_tags += shared_tags<Hash>(seed, key_of) < 1.5 ? 0 : 1;
  }
  // Under one seed in several hundred, neighbours of a regular pattern share their tags more often,
  // whether or not the multiplier is independent of the key.
  EXPECT_LE(with_shared_tags, 1) << pattern;
}

template <class Hash>
void expect_even_for_all_patterns() {
  using number = std::uint64_t;
  expect_even<Hash>("sequential", [](number n) { return n; });
  expect_even<Hash>("sequential from afar", [](number n) { return n + 0xfedcba9876543210u; });
  expect_even<Hash>("shifted by 32", [](number n) { return n << 32; });
  expect_even<Hash>("shifted by 48", [](number n) { return n << 48 | n >> 16; });
  expect_even<Hash>("multiples of 1000", [](number n) { return n * 1000; });
  expect_even<Hash>("multiples of 2^20", [](number n) { return n << 20; });
  expect_even<Hash>("pointers", [](number n) { return 0x7f12'3450'0010u + 48 * n; });
  expect_even<Hash>("pages", [](number n) { return 0x7f12'3450'0000u + 4096 * n; });
  expect_even<Hash>("random",
                    [](number n) { return steady::detail::fold(n + 1, 0xdeadbeefcafef00d); });
}

TEST(distribution, of_integers) { expect_even_for_all_patterns<steady::hash<std::uint64_t>>(); }

// A map mixes the result of a hash that does not say that it is good.
TEST(distribution, of_the_identity) { expect_even_for_all_patterns<support::identity_hash>(); }

TEST(distribution, of_strings) {
  using hash = steady::hash<std::string>;
  expect_even<hash>("numbers", [](std::uint64_t n) { return std::to_string(n); });
  expect_even<hash>("long",
                    [](std::uint64_t n) { return std::string(60, 'x') + std::to_string(n); });
}

template <class Key>
void expect_even_made_of_numbers() {
  expect_even<steady::hash<Key>>("sequential", [](std::uint64_t n) { return Key(n); });
  expect_even<steady::hash<Key>>("shifted by 32", [](std::uint64_t n) { return Key(n << 32); });
  expect_even<steady::hash<Key>>("pages", [](std::uint64_t n) { return Key(4096 * n); });
}

TEST(distribution, of_optionals) { expect_even_made_of_numbers<std::optional<std::uint64_t>>(); }

TEST(distribution, of_variants) {
  using key = std::variant<std::monostate, std::string, std::uint64_t>;
  expect_even_made_of_numbers<key>();
  using alike = std::variant<std::uint64_t, std::int64_t>;
  expect_even<steady::hash<alike>>("either alternative", [](std::uint64_t n) {
    return n % 2 == 0 ? alike(n / 2) : alike(static_cast<std::int64_t>(n / 2));
  });
}

TEST(distribution, of_paths) {
  using key = std::filesystem::path;
  expect_even<steady::hash<key>>("files", [](std::uint64_t n) {
    return key("/srv/" + std::to_string(n / 100) + "/" + std::to_string(n % 100));
  });
}

// In how many of many cases each bit of the position in `used` flips when one bit of the key does.
template <class Flipped>
void expect_avalanche(unsigned key_bits, std::uint64_t used, const Flipped& flipped) {
  constexpr int cases = 4000;
  std::mt19937_64 random(5);
  for (unsigned in = 0; in < key_bits; ++in) {
    std::array<int, 64> flips{};
    for (int i = 0; i < cases; ++i) {
      const line_seed seed = seed_from(random);
      const std::uint64_t difference = flipped(random(), seed, in);
      for (unsigned out = 0; out < 64; ++out) flips[out] += static_cast<int>(difference >> out & 1);
    }
    for (unsigned out = 0; out < 64; ++out) {
      if ((used >> out & 1) == 0) continue;
      const double rate = static_cast<double>(flips[out]) / cases;
      EXPECT_GT(rate, 0.4) << "bit " << in << " to " << out;
      EXPECT_LT(rate, 0.6) << "bit " << in << " to " << out;
    }
  }
}

// Of the bits that choose the bucket and the filter bit. Those of the tag fall short of that: the
// lowest bits of a folded product depend on few others (see the distribution of tags above).
TEST(avalanche, of_integers) {
  expect_avalanche(64, 0xffff'ffff'ffff'ff00u,
                   [](std::uint64_t key, const line_seed& seed, unsigned bit) {
                     const steady::hash<std::uint64_t> hash;
                     return position_of(hash, key, seed) ^
                            position_of(hash, key ^ std::uint64_t{1} << bit, seed);
                   });
}

TEST(avalanche, of_strings) {
  for (const unsigned length : {1u, 3u, 7u, 16u, 40u}) {
    expect_avalanche(8 * length, ~std::uint64_t{0},
                     [&](std::uint64_t random, const line_seed& seed, unsigned bit) {
                       const steady::hash<std::string> hash;
                       std::string text(length, static_cast<char>(random));
                       const std::uint64_t before = position_of(hash, text, seed);
                       text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
                       return before ^ position_of(hash, text, seed);
                     });
  }
}

}  // namespace
