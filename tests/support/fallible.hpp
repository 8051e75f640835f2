// Functions and elements whose every use is a chance to fail, and that know how many there are.
#pragma once

#include <compare>
#include <cstdint>

#include <steady/hash.hpp>

#include "support/countdown.hpp"

namespace support {

// Can be copied; moving may fail as well, so a map must copy.
class copied {
 public:
  static inline long alive = 0;

  explicit copied(std::uint64_t number) : number_(number) { ++alive; }
  copied(const copied& other) : number_((countdown::chance(), other.number_)) { ++alive; }
  copied(copied&& other) : number_((countdown::chance(), other.number_)) {
    other.number_ = 0;
    ++alive;
  }
  copied& operator=(const copied& other) {
    countdown::chance();
    number_ = other.number_;
    return *this;
  }
  ~copied() { --alive; }

  std::uint64_t number() const { return number_; }
  friend bool operator==(const copied&, const copied&) = default;

 private:
  std::uint64_t number_;
};

// Cannot be copied, and moving may fail; then nothing has changed.
class moved {
 public:
  static inline long alive = 0;

  explicit moved(std::uint64_t number) : number_(number) { ++alive; }
  moved(moved&& other) : number_((countdown::chance(), other.number_)) {
    other.number_ = 0;
    ++alive;
  }
  ~moved() { --alive; }

  std::uint64_t number() const { return number_; }
  friend bool operator==(const moved&, const moved&) = default;

 private:
  std::uint64_t number_;
};

struct fallible_hash {
  using takes_seed = void;

  std::uint64_t operator()(std::uint64_t key, std::uint64_t seed = 0) const {
    countdown::chance();
    return steady::hash<std::uint64_t>{}(key, seed);
  }
  template <class Element>
  requires requires(const Element& element) { element.number(); }
  std::uint64_t operator()(const Element& element, std::uint64_t seed = 0) const {
    return (*this)(element.number(), seed);
  }
};

struct fallible_equal {
  bool operator()(std::uint64_t a, std::uint64_t b) const {
    countdown::chance();
    return a == b;
  }
};

}  // namespace support
