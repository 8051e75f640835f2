// The maps of bench.copying, as bench/concurrent/adapters/adapter.hpp describes, and two functions
// that some have:
//
//   migrating()        whether old and new buckets are there side by side
//   migrate_at_once()  moves all that is left; the benchmark stops all other threads before
//
// `incremental` and `at-once` are one map, the same instantiation: they differ in who evacuates.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "bench/concurrent/adapters/all.hpp"
#include "bench/concurrent/keys.hpp"

namespace steady::bench {

template <class Map>
concept tells_migrations = requires(const Map& map) {
  { map.migrating() } -> std::same_as<bool>;
};
template <class Map>
concept migrates_at_once = tells_migrations<Map> && requires(Map& map) {
  map.migrate_at_once();
};

struct incremental : steady_concurrent {
  static constexpr std::string_view name = "incremental";
  static constexpr std::string_view full_name =
      "steady::concurrent_hash_map: insertions evacuate a few buckets each";
  bool migrating() const noexcept { return map_.migrating(); }
};

// The insertion that starts a migration evacuates two buckets, as always, and then all others.
struct at_once : incremental {
  static constexpr std::string_view name = "at-once";
  static constexpr std::string_view full_name =
      "the same map: the insertion that starts a migration stops all threads and ends it";
  void migrate_at_once() { map_.finish(); }
};

// What the machine does to threads that share no map: insertions write the next 16 bytes of fresh
// memory, lookups read 16 random ones.
class no_map {
 public:
  static constexpr std::string_view name = "control";
  static constexpr std::string_view full_name = "no map: fresh memory is written and read";
  static std::string version() { return ""; }

  void expect(std::uint64_t elements) { pairs_ = std::make_unique_for_overwrite<pair[]>(elements); }
  bool insert(std::uint64_t key, std::uint64_t value) {
    volatile pair& next = pairs_[size_++];  // so that it is written between readings of the clock
    next.key = key;
    next.value = value;
    return true;
  }
  // `key` chooses among `written` pairs. Gives it back, as if that had been found.
  std::optional<std::uint64_t> find_among(std::uint64_t written, std::uint64_t key) const {
    const volatile pair& one = pairs_[upper_below(key, written)];
    return one.key == one.value ? key : ~key;
  }
  std::size_t size() const { return size_; }

 private:
  struct pair {
    std::uint64_t key, value;
  };
  std::unique_ptr<pair[]> pairs_;
  std::size_t size_ = 0;
};

// Whether a rival starts empty and grows under load: others have no growth that could be watched.
template <class Map>
inline constexpr bool grows_under_load = Map::name == "boost" || Map::name == "tbb";

template <class... Maps>
auto those_that_grow(const std::tuple<Maps...>*) {
  return std::tuple_cat(
      std::conditional_t<grows_under_load<Maps>, std::tuple<std::type_identity<Maps>>,
                         std::tuple<>>()...);
}
template <class... Maps>
std::tuple<incremental, at_once, Maps..., no_map> around(
    const std::tuple<std::type_identity<Maps>...>&);

// In the order in which reports show them.
using copying_maps =
    decltype(around(those_that_grow(static_cast<const concurrent_maps_found*>(nullptr))));

}  // namespace steady::bench
