// Elements whose bytes all derive from one number, so that one of which a part is missing, old or
// another's is noticed: it reports `spoilt` instead of a number.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "support/element_kits.hpp"
#include "support/interruptions.hpp"

namespace support {

// Word number `index` of what is made from a number.
constexpr std::uint64_t stamp(std::uint64_t number, unsigned index) {
  return (number ^ (std::uint64_t{index} << 56)) * 0x9e3779b97f4a7c15u;
}

// 32 bytes in four words; can be copied as bytes.
class stamped {
 public:
  explicit stamped(std::uint64_t number = 0)
      : words_{number, stamp(number, 1), stamp(number, 2), stamp(number, 3)} {}

  std::uint64_t number() const { return *this == stamped(words_[0]) ? words_[0] : spoilt; }
  friend bool operator==(const stamped&, const stamped&) = default;

 private:
  std::uint64_t words_[4];
};
static_assert(sizeof(stamped) == 32 && std::is_trivially_copyable_v<stamped>);

// A key of 12 bytes: no power of two, and not made of words of 8 bytes.
class twelve_bytes {
 public:
  explicit twelve_bytes(std::uint64_t number)
      : words_{static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(stamp(number, 1)),
               static_cast<std::uint32_t>(stamp(number, 2))} {}

  std::uint64_t number() const { return *this == twelve_bytes(words_[0]) ? words_[0] : spoilt; }
  friend bool operator==(const twelve_bytes&, const twelve_bytes&) = default;

 private:
  std::uint32_t words_[3];
};
static_assert(sizeof(twelve_bytes) == 12 && std::is_trivially_copyable_v<twelve_bytes>);

// As `stamped`, but cannot be copied as bytes, and counts those that are alive. One that was
// moved from is spoilt. Any number of threads may have some.
class tracked {
 public:
  static inline std::atomic<long> alive = 0;

  explicit tracked(std::uint64_t number = 0) : bytes_(number) { ++alive; }
  tracked(const tracked& other) : bytes_(other.bytes_) {
    ++alive;
    interruption(32);
  }
  tracked(tracked&& other) noexcept : bytes_(other.take()) {
    ++alive;
    interruption(32);
  }
  tracked& operator=(const tracked&) = default;
  tracked& operator=(tracked&& other) noexcept {
    bytes_ = other.take();
    return *this;
  }
  ~tracked() { --alive; }

  std::uint64_t number() const { return bytes_.number(); }
  friend bool operator==(const tracked& a, const tracked& b) { return a.bytes_ == b.bytes_; }

 private:
  stamped take() { return std::exchange(bytes_, stamped(spoilt)); }

  stamped bytes_;
};

}  // namespace support
