// As fault_run.hpp, for concurrent maps used by one thread: a sequence of operations, during which
// something fails; each operation is tried, what it must have left is checked, and it is tried
// again. A lock that was left locked ends the test by its time limit.
#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "support/concurrent_containers.hpp"
#include "support/countdown.hpp"

namespace support {

template <class Map>
class concurrent_fault_run {
  using kit = element_kit<Map>;

 public:
  explicit concurrent_fault_run(Map map) : map_(std::move(map)) {}

  // Growth from nothing to several buckets; erasing; every kind of migration; growing again.
  void run() {
    for (std::uint64_t n = 1; n <= 150; ++n) insert(n);
    for (std::uint64_t n = 3; n <= 150; n += 3) erase(n);
    attempt([&] { map_.reserve(400); }, [] {});
    for (std::uint64_t n = 151; n <= 170; ++n) insert(n);
    attempt([&] { map_.shrink_gradually(); }, [] {});
    for (std::uint64_t n = 1; n <= 100; n += 2) assign(n);
    for (std::uint64_t n = 1; n <= 100; n += 2) erase(n);
    attempt([&] { map_.compact_gradually(); }, [] {});
    for (std::uint64_t n = 171; n <= 260; ++n) insert(n);
    attempt([&] { finish(map_); }, [] {});
    attempt([&] { map_.reseed_gradually(); }, [] {});
    attempt([&] { map_.step(9); }, [] {});
    attempt([&] { map_.trim(9); }, [] {});
    for (std::uint64_t n = 261; n <= 270; ++n) insert(n);
    for (std::uint64_t n = 171; n <= 260; n += 9) erase(n);
    attempt([&] { map_.erase_if([](const auto& e) { return kit::key_of(e) == 270; }); },
            [&] { expected_.erase(270); });
    attempt([&] { finish(map_); }, [] {});
    countdown::disarm();  // checking hashes, too
    check();
    EXPECT_FALSE(map_.migrating());
  }

 private:
  void insert(std::uint64_t n) {
    attempt([&] { put(map_, n, n); }, [&] { expected_.emplace(n, n); });
  }
  void assign(std::uint64_t n) {
    attempt([&] { map_.insert_or_assign(kit::make_key(n), kit::make_value(n)); },
            [&] { expected_.insert_or_assign(n, n); });
  }
  void erase(std::uint64_t n) {
    attempt([&] { map_.erase(kit::make_key(n)); }, [&] { expected_.erase(n); });
  }

  // Fails at most once, and then has no effect on which elements there are.
  template <class Operation, class Done>
  void attempt(const Operation& operation, const Done& done) {
    try {
      operation();
    } catch (const std::exception&) {
      check();
      operation();
    }
    done();
  }

  void check() {
    EXPECT_STREQ(map_.check_invariants(), nullptr);
    ASSERT_EQ(map_.size(), expected_.size());
    ASSERT_EQ(content_of(map_), expected_);
  }

  Map map_;
  std::map<std::uint64_t, std::uint64_t> expected_;
};

}  // namespace support
