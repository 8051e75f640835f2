// A sequence of operations on a map, during which something fails once: each operation is tried,
// what it must have left is checked, and it is tried again.
#pragma once

#include <cstdint>
#include <exception>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "support/countdown.hpp"

namespace support {

// `Map` maps numbers to values made from numbers, or to numbers.
template <class Map>
class fault_run {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  explicit fault_run(Map map) : map_(std::move(map)) {}

  // Growth from nothing to several buckets; erasing; migrating at once, both ways; growing again;
  // another seed.
  void run() {
    for (std::uint64_t n = 1; n <= 150; ++n) insert(n);
    for (std::uint64_t n = 3; n <= 150; n += 3) erase(n);
    attempt([&] { map_.reserve(400); }, [] {});
    for (std::uint64_t n = 151; n <= 170; ++n) insert(n);
    attempt([&] { map_.rehash(0); }, [] {});
    for (std::uint64_t n = 1; n <= 100; n += 2) erase(n);
    attempt([&] { map_.rehash(0); }, [] {});
    for (std::uint64_t n = 171; n <= 260; ++n) insert(n);
    attempt([&] { map_.finish(); }, [] {});
    map_.reseed_gradually();
    attempt([&] { map_.step(9); }, [] {});
    for (std::uint64_t n = 261; n <= 270; ++n) insert(n);
    for (std::uint64_t n = 171; n <= 260; n += 9) erase(n);
    attempt([&] { map_.finish(); }, [] {});
    countdown::disarm();  // checking hashes, too
    check();
  }

  Map& map() { return map_; }

 private:
  void insert(std::uint64_t n) {
    attempt([&] { map_.try_emplace(key_type(n), n); }, [&] { present_.insert(n); });
  }
  void erase(std::uint64_t n) {
    attempt([&] { map_.erase(key_type(n)); }, [&] { present_.erase(n); });
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

  static std::uint64_t number_of(std::uint64_t value) { return value; }
  template <class Element>
  static std::uint64_t number_of(const Element& element) {
    return element.number();
  }

  void check() {
    ASSERT_STREQ(map_.check_invariants(), nullptr);
    ASSERT_EQ(map_.size(), present_.size());
    std::set<std::uint64_t> met;
    for (const auto& [key, value] : map_) {
      ASSERT_EQ(number_of(key), number_of(value));
      met.insert(number_of(key));
    }
    ASSERT_EQ(met, present_);
  }

  Map map_;
  std::set<std::uint64_t> present_;
};

}  // namespace support
