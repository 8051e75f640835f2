// Elements that are large, over-aligned, cannot be copied, or have no default.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

struct narrow_in_leaves : narrow {
  static constexpr bool reserve_addresses = false;
};

template <class T>
struct made {
  static T from(std::uint64_t n) { return T(n); }
  static std::uint64_t number(const T& value) { return value.number(); }
};

struct move_only {
  explicit move_only(std::uint64_t n) : owned(std::make_unique<std::uint64_t>(n)) {}
  std::uint64_t number() const { return *owned; }
  std::unique_ptr<std::uint64_t> owned;
};

struct without_default {
  without_default() = delete;
  explicit without_default(std::uint64_t n) : n_(n) {}
  std::uint64_t number() const { return n_; }
  std::uint64_t n_;
};

template <std::size_t Alignment>
struct alignas(Alignment) aligned {
  explicit aligned(std::uint64_t n) : n_(n) {}
  std::uint64_t number() const {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(this) % Alignment, 0u);
    return n_;
  }
  std::uint64_t n_;
};

template <std::size_t Bytes>
struct large {
  explicit large(std::uint64_t n) { numbers.fill(n); }
  std::uint64_t number() const {
    EXPECT_EQ(numbers.front(), numbers.back());
    return numbers.back();
  }
  std::array<std::uint64_t, Bytes / 8> numbers;
};

// Knows where it is: moving it without its move constructor would show.
struct self_aware {
  explicit self_aware(std::uint64_t n) : self(this), n_(n) {}
  self_aware(self_aware&& other) noexcept : self(this), n_(other.n_) {}
  self_aware(const self_aware& other) noexcept : self(this), n_(other.n_) {}
  ~self_aware() { self = nullptr; }
  std::uint64_t number() const {
    EXPECT_EQ(self, this);
    return n_;
  }
  const self_aware* self;
  std::uint64_t n_;
};

template <>
struct made<std::string> {
  static std::string from(std::uint64_t n) { return std::string(40, 'v') + std::to_string(n); }
  static std::uint64_t number(const std::string& value) { return std::stoull(value.substr(40)); }
};

template <>
struct made<char> {
  static char from(std::uint64_t n) { return static_cast<char>(n % 100); }
  static std::uint64_t number(char value) { return static_cast<std::uint64_t>(value); }
};

template <class T>
class element_types : public testing::Test {
 protected:
  static constexpr std::uint64_t count = sizeof(T) > 2000 ? 400 : 3000;

  template <class Policy>
  static void live_through_everything() {
    map_of<std::string, T, Policy> map;
    const auto key = [](std::uint64_t n) { return "key " + std::to_string(n); };
    for (std::uint64_t n = 0; n < count; ++n) {
      map.try_emplace(key(n), made<T>::from(n));
      if (n % 3 == 2) {
        ASSERT_EQ(map.erase(key(n - 1)), 1u);
      }
    }
    ASSERT_STREQ(map.check_invariants(), nullptr);
    const auto expect_all = [&](auto& within) {
      ASSERT_EQ(within.size(), count - count / 3);
      for (std::uint64_t n = 0; n < count; ++n) {
        const auto found = within.find(key(n));
        ASSERT_EQ(found != within.end(), n % 3 != 1 || n + 1 == count) << n;
        if (found == within.end()) continue;
        ASSERT_EQ(made<T>::number(found->second), made<T>::number(made<T>::from(n)));
      }
    };
    expect_all(map);
    map.rehash(0);
    expect_all(map);
    map.reserve(3 * count);
    expect_all(map);
    auto moved = std::move(map);
    expect_all(moved);
    if constexpr (std::is_copy_constructible_v<T>) {
      const auto copy = moved;
      expect_all(copy);
      expect_all(moved);
    }
    ASSERT_STREQ(moved.check_invariants(), nullptr);
  }
};

using types = testing::Types<char, std::string, move_only, without_default, self_aware, aligned<64>,
                             aligned<4096>, large<200>, large<4096>, large<70'000>>;
TYPED_TEST_SUITE(element_types, types);

TYPED_TEST(element_types, live_through_everything) {
  this->template live_through_everything<steady::default_policy>();
}

TYPED_TEST(element_types, live_through_everything_in_leaves_and_overflow) {
  this->template live_through_everything<narrow_in_leaves>();
}

TYPED_TEST(element_types, live_through_everything_in_small_chunks) {
  this->template live_through_everything<small_chunks>();
}

}  // namespace
