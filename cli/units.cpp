#include <array>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "cli/units.hpp"

namespace steady::cli {

namespace {

// A whole number below 1000 stands as it is.
std::string three_digits(double value) {
  if (value >= 99.95 || value == std::floor(value)) return fmt::format("{:.0f}", value);
  if (value >= 9.995) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

template <std::size_t Count>
std::string with_unit(double value, double step, const std::array<const char*, Count>& units) {
  std::size_t unit = 0;
  // Not `step` itself: what would be rounded up to it belongs to the next unit already.
  while (value >= step - 0.5 && unit + 1 < Count) {
    value /= step;
    ++unit;
  }
  return three_digits(value) + " " + units[unit];
}

}  // namespace

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string format_bytes(double bytes) {
  return with_unit(bytes, 1024, std::array{"B", "KiB", "MiB", "GiB", "TiB"});
}

std::string format_duration(double ns) {
  return with_unit(ns, 1000, std::array{"ns", "us", "ms", "s"});
}

std::string format_factor(double factor) {
  if (factor >= 99.95) return fmt::format("{:.0f}x", factor);
  if (factor >= 9.995) return fmt::format("{:.1f}x", factor);
  return fmt::format("{:.2f}x", factor);
}

}  // namespace steady::cli
