// A map of numbers at a steady size.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "support/containers.hpp"

namespace support {

class churned {
 public:
  // Grows to so many buckets with so many elements each, on average.
  churned(std::size_t buckets, double per_bucket) {
    while (map_.stats().buckets < buckets || map_.migrating()) add();
    while (static_cast<double>(map_.size()) < per_bucket * static_cast<double>(buckets)) add();
    EXPECT_EQ(map_.stats().buckets, buckets);
  }

  // Erases a random element and inserts a new one, so often.
  void churn(int times) {
    for (; times > 0; --times) {
      const std::size_t at = random_() % keys_.size();
      EXPECT_EQ(map_.erase(keys_[at]), 1u);
      keys_[at] = next_;
      map_.try_emplace(next_++, 0);
    }
  }

  const number_map<>& map() const { return map_; }

 private:
  void add() {
    map_.try_emplace(next_, 0);
    keys_.push_back(next_++);
  }

  number_map<> map_;
  std::vector<std::uint64_t> keys_;
  std::uint64_t next_ = 0;
  std::mt19937 random_{1};
};

}  // namespace support
