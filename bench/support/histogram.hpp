// steady::bench::histogram: how long operations took, in fixed memory.
//
// Values below 256 are kept exactly. Above, every power of two is divided into 128 equal slots, so
// that a slot is narrower than 1/128 of its smallest value.
//
// 1. value_at() never understates: exact <= value_at <= exact * (1 + relative_error), where exact
//    is the value of that rank among all that were recorded.
// 2. max() is exact, and value_at(everything) == max().
// 3. Trivially copyable: it can travel through a pipe. Some 58 KiB, whatever is recorded.
//
// Cost: record() is a few instructions and never allocates.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace steady::bench {

// A part of all samples, in millionths, so that ranks are computed without rounding.
struct percentile {
  std::string_view name;
  std::uint64_t per_million;
};

// From this many samples on, at least one is expected above the percentile; with fewer, it would
// only be another name for the maximum.
constexpr std::uint64_t samples_needed(percentile wanted) noexcept {
  const std::uint64_t above = 1'000'000 - wanted.per_million;
  return above == 0 ? 1 : (1'000'000 + above - 1) / above;
}

inline constexpr std::array<percentile, 6> usual_percentiles = {{
    {"p50", 500'000},
    {"p90", 900'000},
    {"p99", 990'000},
    {"p99.9", 999'000},
    {"p99.99", 999'900},
    {"p99.999", 999'990},
}};

namespace detail {

inline constexpr unsigned precision_bits = 7;
inline constexpr std::size_t slots_per_power = std::size_t{1} << precision_bits;
inline constexpr std::size_t slots = (64 - precision_bits + 1) * slots_per_power;

constexpr std::size_t slot_of(std::uint64_t value) noexcept {
  const unsigned width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > precision_bits + 1 ? width - (precision_bits + 1) : 0;
  return shift * slots_per_power + static_cast<std::size_t>(value >> shift);
}

constexpr std::uint64_t highest_in(std::size_t slot) noexcept {
  if (slot < 2 * slots_per_power) return slot;
  const std::size_t shift = slot / slots_per_power - 1;
  const std::uint64_t leading = slot - shift * slots_per_power;
  return ((leading + 1) << shift) - 1;  // wraps to the largest value in the last slot
}

static_assert(slot_of(255) == 255 && highest_in(255) == 255);
static_assert(slot_of(~std::uint64_t{0}) == slots - 1);
static_assert(highest_in(slots - 1) == ~std::uint64_t{0});

}  // namespace detail

class histogram {
 public:
  static constexpr double relative_error = 1.0 / detail::slots_per_power;

  void record(std::uint64_t value) noexcept {
    ++counts_[detail::slot_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  void merge(const histogram& other) noexcept {
    for (std::size_t slot = 0; slot < detail::slots; ++slot) counts_[slot] += other.counts_[slot];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }

  bool supports(percentile wanted) const noexcept { return count_ >= samples_needed(wanted); }

  // An upper bound of the smallest value that `wanted` of all samples do not exceed; 0 when empty.
  std::uint64_t value_at(percentile wanted) const noexcept {
    const std::uint64_t rank = rank_of(wanted);
    std::uint64_t seen = 0;
    for (std::size_t slot = 0; slot < detail::slots; ++slot) {
      seen += counts_[slot];
      if (seen >= rank) return std::min(detail::highest_in(slot), max_);
    }
    return max_;
  }

 private:
  // The rank in ascending order, 1 to count. Quotient and remainder apart: no overflow.
  std::uint64_t rank_of(percentile wanted) const noexcept {
    const std::uint64_t whole = count_ / 1'000'000 * wanted.per_million;
    const std::uint64_t part = count_ % 1'000'000 * wanted.per_million;
    return std::max<std::uint64_t>(1, whole + (part + 999'999) / 1'000'000);
  }

  std::array<std::uint64_t, detail::slots> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace steady::bench
