// Every adapter does with its map what the command and the benchmarks rely on.
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "bench/adapters/all.hpp"

namespace {

namespace bench = steady::bench;

template <class Map, class Adapter>
void expect_counts_like_a_map(Adapter) {
  Map map;
  std::map<std::string, std::uint64_t> model;
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = "some quite long text " + std::to_string(random() % 3000);
    ++Adapter::value_of(map, std::string_view(text));
    ++model[text];
  }
  EXPECT_EQ(map.size(), model.size());
  const std::map<std::string, std::uint64_t> found(map.begin(), map.end());
  EXPECT_EQ(found, model);
}

TEST(Adapters, CountTextsWithEitherHash) {
  bench::for_each_adapter([](auto adapter) {
    using adapter_type = decltype(adapter);
    SCOPED_TRACE(std::string(adapter_type::full_name));
    using same =
        typename adapter_type::template map<std::string, std::uint64_t, steady::hash<std::string>>;
    using own =
        typename adapter_type::template map<std::string, std::uint64_t,
                                            typename adapter_type::template own_hash<std::string>>;
    expect_counts_like_a_map<same>(adapter);
    expect_counts_like_a_map<own>(adapter);
    EXPECT_FALSE(adapter_type::version().empty());
  });
}

TEST(Adapters, InsertNumbersWithEitherHash) {
  bench::for_each_adapter([](auto adapter) {
    using adapter_type = decltype(adapter);
    SCOPED_TRACE(std::string(adapter_type::full_name));
    typename adapter_type::template map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>>
        same;
    typename adapter_type::template map<std::uint64_t, std::uint64_t,
                                        typename adapter_type::template own_hash<std::uint64_t>>
        own;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      same.try_emplace(i * i, i);
      own.try_emplace(i * i, i);
    }
    EXPECT_EQ(same.size(), 10'000u);
    EXPECT_EQ(own.find(99 * 99)->second, 99u);
  });
}

TEST(Adapters, SteadyTellsHowOftenItGrew) {
  steady::hash_map<std::uint64_t, int> map;
  EXPECT_EQ(bench::steady_adapter::growths(map), 0u);
  for (std::uint64_t i = 0; i < 10'000; ++i) map.try_emplace(i, 0);
  EXPECT_GT(bench::steady_adapter::growths(map), 3u);
}

// Boost mixes the hash again unless it knows that it is good; std keeps it in the nodes only when
// it might throw. Either would make the comparison unfair without anybody noticing.
TEST(Adapters, RivalsGetTheBestOfSteadysHash) {
  using text_hash = bench::std_adapter::map<std::string, int, steady::hash<std::string>>::hasher;
  EXPECT_FALSE((std::is_nothrow_invocable_v<const text_hash&, const std::string&>));
  bench::for_each_adapter([](auto adapter) {
    using adapter_type = decltype(adapter);
    if constexpr (adapter_type::name == "boost") {
      using map = typename adapter_type::template map<std::string, int, steady::hash<std::string>>;
      EXPECT_TRUE(std::is_void_v<typename map::hasher::is_avalanching>);
    }
  });
}

TEST(Adapters, TheNamesThatAreKnownAreThoseThatAreThere) {
  std::size_t available = 0;
  for (const bench::known_map& map : bench::known_maps) {
    bool found = false;
    bench::for_each_adapter(
        [&](auto adapter) { found = found || decltype(adapter)::name == map.name; });
    EXPECT_EQ(found, map.available) << map.name;
    available += map.available ? 1u : 0u;
  }
  EXPECT_EQ(available, std::tuple_size_v<bench::adapters>);
}

}  // namespace
