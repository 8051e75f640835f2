// Every adapter does with its map what the command and the benchmarks rely on.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
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

// Not one that wraps it, and not one that is declared otherwise.
TEST(Adapters, AllMapsCallTheVerySameHash) {
  const auto check = [](auto key) {
    using key_type = decltype(key);
    std::size_t maps = 0;
    bench::for_each_adapter_of<key_type>([&](auto adapter) {
      using map = bench::map_of<decltype(adapter), key_type>;
      EXPECT_TRUE((std::is_same_v<typename map::hasher, steady::hash<key_type>>)) << adapter.name;
      ++maps;
    });
    EXPECT_EQ(maps, std::tuple_size_v<bench::hash_maps_found>);
  };
  check(std::uint64_t());
  check(std::string());
}

TEST(Adapters, AMapMayHoldNumbersAlone) {
  static constexpr bench::known_map all[] = {{"any", true, false, true, true, ""},
                                             {"numbers", true, false, true, false, ""}};
  static_assert(bench::known_as(all, "any").holds<std::string>());
  static_assert(bench::known_as(all, "numbers").holds<std::uint64_t>());
  static_assert(!bench::known_as(all, "numbers").holds<std::string>());
}

TEST(Adapters, TheFasterRivalIsOneOfTheFastOnes) {
  const std::map<std::string_view, double> times = {
      {"std", 1}, {"boost", 3}, {"absl", 2}, {"steady", 1}};
  const auto time = [&](std::string_view name) {
    return times.contains(name) ? std::optional(times.at(name)) : std::nullopt;
  };
  EXPECT_EQ(bench::of_faster_rival(time), 2.0);
  EXPECT_EQ(bench::of_faster_rival([](auto) { return std::optional<double>(); }), std::nullopt);
  EXPECT_EQ(bench::fast_rivals().find("boost and absl"), 0u);
}

TEST(Adapters, SteadyTellsHowOftenItGrew) {
  steady::hash_map<std::uint64_t, int> map;
  EXPECT_EQ(bench::steady_adapter::growths(map), 0u);
  for (std::uint64_t i = 0; i < 10'000; ++i) map.try_emplace(i, 0);
  EXPECT_GT(bench::steady_adapter::growths(map), 3u);
}

// Boost mixes the hash again unless it knows that it is good; libstdc++ keeps it in the nodes only
// where it knows that it is slow. Either would make the comparison unfair without anybody noticing.
TEST(Adapters, RivalsGetTheBestOfSteadysHash) {
#if defined(__GLIBCXX__)
  using own_hash = bench::std_adapter::own_hash<std::string>;
  EXPECT_TRUE((std::__cache_default<std::string, steady::hash<std::string>>::value));
  EXPECT_TRUE((std::__cache_default<std::string, own_hash>::value));
  EXPECT_FALSE((std::__cache_default<std::uint64_t, steady::hash<std::uint64_t>>::value));
#endif
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
  for (const bench::known_map& map : bench::hash_maps) {
    bool found = false;
    bench::for_each_adapter(
        [&](auto adapter) { found = found || decltype(adapter)::name == map.name; });
    EXPECT_EQ(found, map.available) << map.name;
    available += map.available ? 1u : 0u;
  }
  EXPECT_EQ(available, std::tuple_size_v<bench::hash_maps_found>);
}

}  // namespace
