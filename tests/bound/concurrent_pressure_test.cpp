// Memory pressure, reported, while others read: a map that has lost nine tenths of its elements
// gives its memory back in bounded slices, until it holds at most twice what a fresh one would.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <steady/pressure_monitor.hpp>

#include "support/concurrent_bounds.hpp"
#include "support/threads.hpp"

namespace {

using support::scattered;

constexpr std::uint64_t many = support::sanitized ? 100'000 : 1'000'000;
constexpr std::uint64_t kept = many / 10;

// Notes what the monitor's calls do.
template <class Map>
class watched_map : public Map {
 public:
  std::size_t trim(std::size_t buckets) {
    const std::uint64_t before = this->stats().steps.trim;
    std::size_t given_back = 0;
    const auto work = support::work_of([&] { given_back = Map::trim(buckets); });
    raise(most_asked, buckets);
    raise(most_steps, this->stats().steps.trim - before);
    raise(most_evacuated, work.buckets_evacuated);
    raise(most_blocks, work.blocks);
    ++slices;
    return given_back;
  }

  std::atomic<std::uint64_t> most_asked = 0;
  std::atomic<std::uint64_t> most_steps = 0;
  std::atomic<std::uint64_t> most_evacuated = 0;  // two for each interval while it shrinks
  std::atomic<std::uint64_t> most_blocks = 0;
  std::atomic<std::uint64_t> slices = 0;

 private:
  static void raise(std::atomic<std::uint64_t>& most, std::uint64_t value) {
    most = std::max(most.load(), value);
  }
};

template <class Map>
class pressure : public testing::Test {
 public:
  watched_map<Map> map;
  support::complaints found;

  void fill_and_erase() {
    for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
    for (std::uint64_t i = kept; i < many; ++i) map.erase(scattered(i));
  }
  // Looks up what is there, and what is not, again and again until `ends`.
  std::uint64_t read(const std::atomic<bool>& ends) {
    std::uint64_t rounds = 0;
    for (; !ends && !found.any(); ++rounds) {
      for (std::uint64_t i = 0; i < kept && !ends; i += 7) {
        const auto value = map.find(scattered(i));
        found.require(value && *value == i, "an element was not found", i);
        found.require(!map.contains(scattered(many + i)), "an element was there", i);
      }
    }
    return rounds;
  }
  void expect_that_of_a_fresh_map() {
    Map fresh;
    for (std::uint64_t i = 0; i < kept; ++i) fresh.try_emplace(scattered(i), i);
    fresh.finish();
    const double part =
        static_cast<double>(map.stats().bytes) / static_cast<double>(fresh.stats().bytes);
    EXPECT_LE(part, 2.0);
    std::printf("%.2f times the bytes of a fresh map, after %llu slices\n", part,
                static_cast<unsigned long long>(map.slices.load()));
  }
};

using maps = testing::Types<support::plain_map, support::map_in_leaves, support::map_of_nodes>;
TYPED_TEST_SUITE(pressure, maps);

TYPED_TEST(pressure, makes_a_map_give_memory_back_that_two_threads_read) {
  this->fill_and_erase();
  const std::size_t before = this->map.stats().bytes;
  std::atomic<bool> ends = false;
  steady::pressure_monitor monitor({.file = "/nowhere"});
  const auto serves = monitor.serve(this->map);
  const auto reader = [&] { this->read(ends); };
  const auto reporter = [&] {
    // A reader that has lost its processor for longer than an event lasts keeps memory from being
    // freed; as pressure lasts, the system reports it again.
    do {
      monitor.report_pressure();
      while (monitor.relieved() != monitor.events()) std::this_thread::yield();
    } while (this->map.migrating() || this->map.stats().leaving != 0);
    ends = true;
  };
  support::run_together({reader, reader, reporter}, this->found);
  EXPECT_EQ(this->found.first(), "");
  EXPECT_LT(this->map.stats().bytes, before);
  this->expect_that_of_a_fresh_map();
  EXPECT_EQ(this->map.most_asked, 64u);
  EXPECT_LE(this->map.most_steps, 64u);
  EXPECT_LE(this->map.most_evacuated, 128u);
  EXPECT_LE(this->map.most_blocks, 64 * support::published_for_threads().at("trim(1)")[4]);
  EXPECT_GT(this->map.stats().steps.trim, 0u);
  EXPECT_EQ(this->map.size(), kept);
  EXPECT_STREQ(this->map.check_invariants(), nullptr);
}

}  // namespace
