// The adapters in a build that found neither Boost nor Abseil.
#include <tuple>
#include <type_traits>

#include <gtest/gtest.h>

#include "bench/adapters/all.hpp"

namespace {

namespace bench = steady::bench;

TEST(WithoutRivals, SteadyAndStdAreLeft) {
  EXPECT_TRUE((std::is_same_v<bench::hash_maps_found,
                              std::tuple<bench::steady_adapter, bench::std_adapter>>));
}

TEST(WithoutRivals, TheOthersAreKnownWithWhatToInstall) {
  for (const bench::known_map& map : bench::hash_maps) {
    const bool rival = map.name == "boost" || map.name == "absl";
    EXPECT_EQ(map.available, !rival) << map.name;
    EXPECT_EQ(map.package.empty(), !rival) << map.name;
  }
}

}  // namespace
