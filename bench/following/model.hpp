// What the two maps of bench.following hold, known from numbers alone: nobody has to remember it.
//
// Element n of `size` has a key and, by generation, a value. A round of changes gives `count` of
// the elements, scattered and each once, the value of generation 1.
//
// Contents are compared by a sum over their elements, in which the order does not count.
#pragma once

#include <cstdint>
#include <numeric>

#include "bench/support/splitmix64.hpp"

namespace steady::bench {

constexpr std::uint64_t followed_key(std::uint64_t n) noexcept { return splitmix64(n); }
constexpr std::uint64_t followed_value(std::uint64_t key, std::uint64_t generation) noexcept {
  return splitmix64(key + generation);
}

// Which element is the k-th to be changed: all different for k below `size`.
class changed_elements {
 public:
  explicit constexpr changed_elements(std::uint64_t size) noexcept : size_(size) {
    stride_ = size / 1000 * 618 + 1;
    while (std::gcd(stride_, size) != 1) ++stride_;
  }
  constexpr std::uint64_t operator[](std::uint64_t k) const noexcept {
    return k % size_ * stride_ % size_;
  }

 private:
  std::uint64_t size_;
  std::uint64_t stride_;
};

// Of elements, in any order.
class content_sum {
 public:
  constexpr void add(std::uint64_t key, std::uint64_t value) noexcept {
    ++count_;
    sum_ += splitmix64(key ^ splitmix64(value));
  }
  constexpr void replace(std::uint64_t key, std::uint64_t from, std::uint64_t to) noexcept {
    sum_ += splitmix64(key ^ splitmix64(to)) - splitmix64(key ^ splitmix64(from));
  }

  friend bool operator==(const content_sum&, const content_sum&) = default;

 private:
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

template <class Map>
content_sum sum_of(const Map& map) {
  content_sum sum;
  for (const auto& [key, value] : map) sum.add(key, value);
  return sum;
}

// Of `size` elements, after `count` changes.
inline content_sum expected_sum(std::uint64_t size, std::uint64_t count) noexcept {
  content_sum sum;
  for (std::uint64_t n = 0; n < size; ++n) {
    const std::uint64_t key = followed_key(n);
    sum.add(key, followed_value(key, 0));
  }
  const changed_elements changed(size);
  for (std::uint64_t k = 0; k < count; ++k) {
    const std::uint64_t key = followed_key(changed[k]);
    sum.replace(key, followed_value(key, 0), followed_value(key, 1));
  }
  return sum;
}

template <class Map>
void fill(Map& map, std::uint64_t size) {
  map.reserve(static_cast<std::size_t>(size));
  for (std::uint64_t n = 0; n < size; ++n) {
    const std::uint64_t key = followed_key(n);
    map.try_emplace(key, followed_value(key, 0));
  }
}

}  // namespace steady::bench
