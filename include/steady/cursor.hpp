// steady::cursor: where a scan() of a container goes on. steady::line_part: a part of a container
// for one of several visitors.
//
// A cursor is a position on the hash line and remembers nothing else, so it can be kept, stored and
// sent as a number, costs the container nothing, and survives whatever happens to the container
// between two calls.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

namespace steady {

// A scan cannot go on: the cursor's positions have lost their meaning, and it has to start again.
class stale_cursor : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class cursor {
 public:
  // At the start.
  constexpr cursor() noexcept = default;

  // From a number that to_number() gave.
  static constexpr cursor from_number(std::uint64_t number) noexcept { return cursor(number); }
  constexpr std::uint64_t to_number() const noexcept { return number_; }

  constexpr bool at_end() const noexcept { return number_ == end_number; }

  friend constexpr bool operator==(cursor, cursor) noexcept = default;

  // ---- for the containers ----

  // Positions where a scan can go on are boundaries of buckets, whose lowest 16 bits are 0. These
  // bits name the line, so that a cursor of another one is recognised; 0 at the start only.
  static constexpr cursor at(std::uint64_t position, std::uint16_t line) noexcept {
    return cursor(position | line);
  }
  static constexpr cursor end() noexcept { return cursor(end_number); }

  constexpr std::uint64_t position() const noexcept { return number_ & ~line_bits; }
  constexpr std::uint16_t line() const noexcept {
    return static_cast<std::uint16_t>(number_ & line_bits);
  }
  // Whether it is at the start, or was made for this line.
  constexpr bool is_for(std::uint16_t that) const noexcept {
    return number_ == 0 || line() == that;
  }

 private:
  static constexpr std::uint64_t line_bits = 0xffff;
  static constexpr std::uint64_t end_number = (std::numeric_limits<std::uint64_t>::max)();

  constexpr explicit cursor(std::uint64_t number) noexcept : number_(number) {}

  std::uint64_t number_ = 0;
};

// The part number `index`, from 0, of `count` equal parts of the hash line. Every element is in
// exactly one of them. Throws std::invalid_argument unless index < count.
class line_part {
 public:
  constexpr line_part(std::uint64_t index, std::uint64_t count)
      : first_(width(index, count) * index),
        last_(index + 1 == count ? (std::numeric_limits<std::uint64_t>::max)()
                                 : first_ + width(index, count) - 1) {}

  constexpr std::uint64_t first() const noexcept { return first_; }  // positions
  constexpr std::uint64_t last() const noexcept { return last_; }

 private:
  static constexpr std::uint64_t width(std::uint64_t index, std::uint64_t count) {
    if (index >= count) {
      STEADY_THROW(std::invalid_argument("steady::line_part: the index must be below the count"));
    }
    // 2^64 / count, but for one part, which is all.
    return (std::numeric_limits<std::uint64_t>::max)() / count;
  }

  std::uint64_t first_;
  std::uint64_t last_;
};

}  // namespace steady
