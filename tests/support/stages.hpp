// The stages of a growth in which an operation may find a map.
#pragma once

#include <cstdint>

namespace support {

enum class stage { small, before, begun, halfway, almost_done, done };

inline constexpr stage all_stages[] = {stage::small,   stage::before,      stage::begun,
                                       stage::halfway, stage::almost_done, stage::done};

inline const char* name_of(stage at) {
  switch (at) {
    case stage::small:
      return "small";
    case stage::before:
      return "before";
    case stage::begun:
      return "begun";
    case stage::halfway:
      return "halfway";
    case stage::almost_done:
      return "almost done";
    case stage::done:
      return "done";
  }
  return "";
}

// Calls `insert(n)` for n = 0, 1, ... until the container is in the stage; returns how many.
template <class Container, class Insert>
std::uint64_t fill_to(stage wanted, Container& container, const Insert& insert) {
  std::uint64_t count = 0;
  const std::uint64_t first = wanted == stage::small ? 10 : 500;
  while (count < first) insert(count++);
  container.finish();
  if (wanted == stage::small || wanted == stage::before) return count;
  while (!container.migrating()) insert(count++);
  const auto all = container.pending();
  switch (wanted) {
    case stage::halfway:
      while (container.pending() > all / 2) container.step(1);
      break;
    case stage::almost_done:
      while (container.pending() > 1) container.step(1);
      break;
    case stage::done:
      container.finish();
      break;
    default:
      break;
  }
  return count;
}

// Keys and values are numbers: n is mapped to 3n.
template <class Map>
std::uint64_t fill_numbers_to(stage wanted, Map& map) {
  return fill_to(wanted, map, [&](std::uint64_t n) { map.try_emplace(n, 3 * n); });
}

}  // namespace support
