// steady::bench::small_maps<Map>: how long it takes to make, fill, move and destroy small maps.
//
// Every figure is nanoseconds for one map. One map is over before the clock can tell: each sample
// is a batch of some hundred, with keys that no sample had before. The first sample is thrown away;
// of the others the median counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bench/support/clock.hpp"
#include "bench/support/median.hpp"
#include "bench/support/observe.hpp"
#include "bench/support/splitmix64.hpp"

namespace steady::bench {

template <class Map>
class small_maps {
 public:
  static constexpr std::size_t moved_size = 8;  // elements of maps that are moved and swapped

  // Another seed, other keys.
  explicit small_maps(std::uint64_t seed) : next_key_(seed << 40) {}

  double make_and_destroy_empty() {
    return median_of_samples([&] {
      return per_map(often, [] {
        for (std::size_t i = 0; i < often; ++i) {
          Map map;
          observe(map);
        }
      });
    });
  }

  double move_and_destroy_source() {
    room from(often);
    room to(often);
    for (std::size_t i = 0; i < often; ++i) {
      fill(*std::construct_at(from.place(i)), some_keys(moved_size).data(), moved_size);
    }
    const double ns = median_of_samples([&] {
      const double took = per_map(often, [&] {
        for (std::size_t i = 0; i < often; ++i) {
          observe(*std::construct_at(to.place(i), std::move(*from.place(i))));
          std::destroy_at(from.place(i));
        }
      });
      std::swap(from, to);
      return took;
    });
    for (std::size_t i = 0; i < often; ++i) std::destroy_at(from.place(i));
    return ns;
  }

  double swap_two() {
    std::vector<Map> maps(2 * often);
    for (Map& map : maps) fill(map, some_keys(moved_size).data(), moved_size);
    return median_of_samples([&] {
      return per_map(often, [&] {
        for (std::size_t i = 0; i < often; ++i) {
          using std::swap;
          swap(maps[2 * i], maps[2 * i + 1]);
          observe(maps[2 * i]);
        }
      });
    });
  }

  // `size` elements into each of many maps that are there already, and stay.
  double insert(std::size_t size) {
    const std::size_t count = batch(size);
    return median_of_samples([&] {
      const auto keys = some_keys(count * size);
      std::vector<Map> maps(count);
      return per_map(count, [&] {
        for (std::size_t i = 0; i < count; ++i) fill(maps[i], keys.data() + i * size, size);
      });
    });
  }

  // One map after the other.
  double build_and_destroy(std::size_t size) {
    const std::size_t count = batch(size);
    return median_of_samples([&] {
      const auto keys = some_keys(count * size);
      return per_map(count, [&] {
        for (std::size_t i = 0; i < count; ++i) {
          Map map;
          fill(map, keys.data() + i * size, size);
        }
      });
    });
  }

 private:
  static constexpr std::size_t often = 512;
  static constexpr int samples = 3;  // few, because rounds see different disturbances

  // Memory for maps.
  class room {
   public:
    explicit room(std::size_t maps) : bytes_(new storage[maps]) {}
    Map* place(std::size_t i) { return reinterpret_cast<Map*>(bytes_[i].bytes); }

   private:
    struct storage {
      alignas(Map) unsigned char bytes[sizeof(Map)];
    };
    std::unique_ptr<storage[]> bytes_;
  };

  // Fewer of the larger ones: all keys, and all maps, should stay within a second-level cache.
  static std::size_t batch(std::size_t size) {
    return std::clamp<std::size_t>(16'384 / size, 128, often);
  }

  std::vector<std::uint64_t> some_keys(std::size_t count) {
    std::vector<std::uint64_t> keys(count);
    for (std::uint64_t& key : keys) key = splitmix64(next_key_++);
    return keys;
  }

  static void fill(Map& map, const std::uint64_t* keys, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) map.try_emplace(keys[i], i);
    observe(map);
  }

  template <class Work>
  static double per_map(std::size_t maps, const Work& work) {
    const std::uint64_t start = now_ns();
    work();
    return static_cast<double>(now_ns() - start) / static_cast<double>(maps);
  }

  template <class Sample>
  static double median_of_samples(const Sample& sample) {
    sample();
    std::vector<double> times;
    for (int i = 0; i < samples; ++i) times.push_back(sample());
    return median(std::move(times));
  }

  std::uint64_t next_key_;
};

}  // namespace steady::bench
