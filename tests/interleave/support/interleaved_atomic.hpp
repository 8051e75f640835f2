// interleaved_atomic<T>: std::atomic<T> under the scheduler's control. It has the size of T; zeroed
// memory is one, whose value is T{}. What is known besides its value, the scheduler keeps.
//
// Outside of simulated threads all operations are done at once, as plain ones.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "interleave/support/scheduler.hpp"

namespace interleave {

namespace detail {

template <class T>
std::uint64_t to_word(T value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<std::uintptr_t>(value);
  } else if constexpr (std::is_enum_v<T>) {
    return detail::to_word(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? 1 : 0;
  } else {
    return static_cast<std::make_unsigned_t<T>>(value);
  }
}
template <class T>
T from_word(std::uint64_t word) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(static_cast<std::uintptr_t>(word));
  } else {
    return static_cast<T>(word);
  }
}

template <class T>
operation on(const volatile T* at, action what, std::memory_order order) {
  return {what, order, sizeof(T), std::is_pointer_v<T>, reinterpret_cast<std::uintptr_t>(at)};
}

// What std::atomic takes for a failed compare_exchange.
constexpr std::memory_order on_failure(std::memory_order order) {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  if (order == std::memory_order_release) return std::memory_order_relaxed;
  return order;
}

}  // namespace detail

template <class T>
class interleaved_atomic {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  static constexpr auto default_order = std::memory_order_seq_cst;
  using difference = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  constexpr interleaved_atomic() noexcept : interleaved_atomic(T{}) {}
  constexpr interleaved_atomic(T value) noexcept : value_(value) {
    if (!std::is_constant_evaluated() && scheduler::running != nullptr) {
      scheduler::running->construct(reinterpret_cast<std::uintptr_t>(&value_), sizeof(T));
    }
  }
  interleaved_atomic(const interleaved_atomic&) = delete;
  interleaved_atomic& operator=(const interleaved_atomic&) = delete;

  bool is_lock_free() const noexcept { return true; }

  T load(std::memory_order order = default_order) const noexcept {
    scheduler* const by = scheduler::running;
    if (by == nullptr) return value_;
    return detail::from_word<T>(by->load(detail::on(&value_, action::load, order)));
  }
  void store(T value, std::memory_order order = default_order) noexcept {
    scheduler* const by = scheduler::running;
    if (by == nullptr) {
      value_ = value;
    } else {
      by->store(detail::on(&value_, action::store, order), detail::to_word(value));
    }
  }
  // What memory holds. No turn, and nothing is ordered by it.
  T newest() const noexcept { return value_; }
  operator T() const noexcept { return load(); }
  T operator=(T value) noexcept {
    store(value);
    return value;
  }

  T exchange(T value, std::memory_order order = default_order) noexcept {
    return modify(action::exchange, order, value, [&] { return value; });
  }
  T fetch_add(difference by, std::memory_order order = default_order) noexcept {
    return modify(action::add, order, scaled(by), [&] { return static_cast<T>(value_ + by); });
  }
  T fetch_sub(difference by, std::memory_order order = default_order) noexcept {
    return modify(action::subtract, order, scaled(by), [&] { return static_cast<T>(value_ - by); });
  }
  T fetch_or(T bits, std::memory_order order = default_order) noexcept {
    return modify(action::bits_or, order, bits, [&] { return static_cast<T>(value_ | bits); });
  }
  T fetch_and(T bits, std::memory_order order = default_order) noexcept {
    return modify(action::bits_and, order, bits, [&] { return static_cast<T>(value_ & bits); });
  }
  T fetch_xor(T bits, std::memory_order order = default_order) noexcept {
    return modify(action::bits_xor, order, bits, [&] { return static_cast<T>(value_ ^ bits); });
  }

  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
    return compare_exchange(expected, desired, success, failure, false);
  }
  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order order = default_order) noexcept {
    return compare_exchange(expected, desired, order, detail::on_failure(order), false);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange(expected, desired, success, failure, true);
  }
  bool compare_exchange_weak(T& expected, T desired,
                             std::memory_order order = default_order) noexcept {
    return compare_exchange(expected, desired, order, detail::on_failure(order), true);
  }

 private:
  static auto scaled(difference by) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      return by * static_cast<std::ptrdiff_t>(sizeof(std::remove_pointer_t<T>));
    } else {
      return by;
    }
  }

  template <class Operand, class After>
  T modify(action what, std::memory_order order, Operand operand, const After& after) noexcept {
    if (scheduler* const by = scheduler::running; by != nullptr) {
      const operation next = detail::on(&value_, what, order);
      return detail::from_word<T>(by->modify(next, detail::to_word(operand)));
    }
    const T before = value_;
    value_ = after();
    return before;
  }

  bool compare_exchange(T& expected, T desired, std::memory_order success,
                        std::memory_order failure, bool weak) noexcept {
    if (scheduler* const by = scheduler::running; by != nullptr) {
      std::uint64_t word = detail::to_word(expected);
      const operation next = detail::on(&value_, action::compare_exchange, success);
      const bool stored = by->compare_exchange(next, word, detail::to_word(desired), failure, weak);
      if (!stored) expected = detail::from_word<T>(word);
      return stored;
    }
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }

  T value_;
};

}  // namespace interleave
