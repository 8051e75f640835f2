// Random operation sequences against std::unordered_map, in every migration mode, for the policies
// and hashes that differ most.
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/hashes.hpp"
#include "support/model.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

template <class Hash, class Policy>
using number_map =
    steady::hash_map<std::uint64_t, std::uint64_t, Hash, std::equal_to<>,
                     std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;
using good_hash = steady::hash<std::uint64_t>;

template <class Map, class Keys>
void run(std::uint32_t keys, std::size_t bytes) {
  for (const migration_mode mode : all_modes) {
    for (std::uint32_t seed = 0; seed < 3; ++seed) {
      std::mt19937 random(seed);
      std::vector<std::uint8_t> operations(bytes);
      for (auto& byte : operations) byte = static_cast<std::uint8_t>(random());
      model<Map, Keys>(mode, keys).run(byte_source(operations));
    }
  }
}

template <class Policy>
class random_operations : public testing::Test {};

using policies = testing::Types<steady::default_policy, portable_group, leaf_headers, narrow,
                                small_chunks, small_chunks_in_leaves, slow, counted>;
TYPED_TEST_SUITE(random_operations, policies);

TYPED_TEST(random_operations, agree_on_a_few_keys) {
  run<number_map<good_hash, TypeParam>, number_keys>(60, 6'000);
}

TYPED_TEST(random_operations, agree_on_many_keys) {
  run<number_map<good_hash, TypeParam>, number_keys>(3'000, 30'000);
}

// Fewer policies: strings differ in what moves, not in where it goes.
template <class Policy>
class random_operations_on_strings : public testing::Test {};

using policies_for_strings = testing::Types<steady::default_policy, narrow, small_chunks_in_leaves>;
TYPED_TEST_SUITE(random_operations_on_strings, policies_for_strings);

TYPED_TEST(random_operations_on_strings, agree) {
  using map =
      steady::hash_map<std::string, std::uint64_t, steady::hash<std::string>, std::equal_to<>,
                       std::allocator<std::pair<const std::string, std::uint64_t>>, TypeParam>;
  run<map, string_keys>(500, 12'000);
}

template <class Hash>
class random_operations_with_a_poor_hash : public testing::Test {};

using hashes = testing::Types<identity_hash, false_avalanching_hash, constant_hash, narrow_hash,
                              stubborn_hash>;
TYPED_TEST_SUITE(random_operations_with_a_poor_hash, hashes);

TYPED_TEST(random_operations_with_a_poor_hash, agree) {
  run<number_map<TypeParam, small_chunks>, number_keys>(400, 6'000);
}

}  // namespace
