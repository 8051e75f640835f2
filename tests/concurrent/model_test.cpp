// Random operations on a concurrent container and on std::unordered_map, one thread, in every state
// of migration (tests/support/concurrent_model.hpp).
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

#include "support/byte_source.hpp"
#include "support/concurrent_containers.hpp"
#include "support/concurrent_model.hpp"
#include "support/migration_mode.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;

std::vector<std::uint8_t> random_bytes(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

template <class Container>
class models : public testing::Test {};

using containers =
    testing::Types<concurrent_numbers, concurrent_strings,
                   concurrent_set_of<std::uint64_t, in_nodes>,
                   concurrent_map_of<std::uint32_t, stamped, steady::hash<std::uint32_t>, crowded>,
                   concurrent_map_of<std::uint64_t, tracked, narrow_hash>>;
TYPED_TEST_SUITE(models, containers);

template <class Container>
void run_all(std::uint32_t keys, std::size_t bytes, std::uint32_t seeds) {
  for (const migration_mode mode : all_modes) {
    for (std::uint32_t seed = 0; seed < seeds; ++seed) {
      const auto random = random_bytes(seed * 100 + keys, bytes);
      concurrent_model<Container>(mode, keys).run(byte_source(random));
    }
  }
}

// Everything is looked at after every operation.
TYPED_TEST(models, agree_while_small) { run_all<TypeParam>(12, 3000, sanitized ? 4 : 20); }

TYPED_TEST(models, agree_while_growing_and_shrinking) {
  run_all<TypeParam>(300, 20'000, sanitized ? 1 : 5);
}

TYPED_TEST(models, agree_while_large) { run_all<TypeParam>(4000, sanitized ? 10'000 : 40'000, 1); }

// A model that changes nothing on its way tests nothing: it must have grown, shrunk and all.
TEST(model, reaches_every_kind_of_migration) {
  concurrent_model<concurrent_numbers> model(migration_mode::driven_by_inserts, 3000);
  const auto random = random_bytes(1, 300'000);
  model.run(byte_source(random));
  EXPECT_EQ(model.ended(), (std::set<std::string>{"compact", "grow", "reseed", "shrink"}));
}

}  // namespace
