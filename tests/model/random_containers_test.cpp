// Random operation sequences on two containers of a kind (tests/support/containers_model.hpp), in
// every migration mode, with and without trouble.
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/random_seed.hpp>
#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>

#include "support/containers_model.hpp"
#include "support/element_kits.hpp"
#include "support/ledger_allocator.hpp"
#include "support/model.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

using element_allocator = ledger_allocator<std::pair<const std::string, std::string>>;

template <class Hash, class Policy>
using text_map =
    steady::hash_map<std::string, std::string, Hash, troubled_equal, element_allocator, Policy>;
template <class Hash, class Policy>
using text_node_map = steady::node_hash_map<std::string, std::string, Hash, troubled_equal,
                                            element_allocator, Policy>;

template <class Container, class Guest>
void run(bool troubled) {
  for (std::uint32_t seed = 0; seed < 16; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> operations(4'000);
    for (auto& byte : operations) byte = static_cast<std::uint8_t>(random());
    steady::detail::random_state() = seed;
    containers_options options;
    options.mode = all_modes[seed % 4];
    options.troubled = troubled;
    options.separate_memory = (seed & 4) != 0;
    options.keys = (seed & 8) != 0 ? 800 : 60;
    run_containers<Container, Guest>(options, byte_source(operations));
  }
}

template <class Containers>
class random_containers : public testing::Test {};

template <class Container, class Guest>
struct beside {
  using container = Container;
  using guest = Guest;
};

using kinds = testing::Types<beside<text_map<troubled_hash, small_chunks>,
                                    text_map<other_number_hash, steady::default_policy>>,
                             beside<text_node_map<troubled_hash, narrow>,
                                    text_node_map<other_number_hash, steady::default_policy>>>;
TYPED_TEST_SUITE(random_containers, kinds);

TYPED_TEST(random_containers, agree) {
  run<typename TypeParam::container, typename TypeParam::guest>(false);
}

TYPED_TEST(random_containers, agree_in_trouble) {
  run<typename TypeParam::container, typename TypeParam::guest>(true);
}

}  // namespace
