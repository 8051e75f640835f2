// Debug mode and sanitized builds: a reference that a program keeps while it inserts a new key
// fails every time, not only when that insertion happens to migrate. The element that was handed
// out last is remembered, and moved by the next insertion that may move elements: `map[b] = map[a]`
// reads what is no longer there, which the address sanitizer reports.
//
// Looking up hands out, too, and threads may look up at once. So the words are atomic. Those of two
// threads may mix; whoever takes them has to look whether there is such an element.
#pragma once

#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

#if STEADY_DEBUG || STEADY_STRESS_MIGRATION
#include <atomic>
#endif

namespace steady::detail {

inline constexpr bool watches_references = debug_mode || stress_migration;

// Switched off: nothing there.
template <bool On>
class reference_watch {
 public:
  void hand_out(const void*, std::uint64_t, bool) const noexcept {}
  void promise(std::uint64_t) noexcept {}
  void withdraw() noexcept {}
  std::uint64_t promised_or(std::uint64_t unknown) const noexcept { return unknown; }
};

#if STEADY_DEBUG || STEADY_STRESS_MIGRATION
template <>
class reference_watch<true> {
 public:
  // Where an element is.
  struct place {
    const void* slot = nullptr;
    std::uint64_t bucket = 0;
    bool in_new = false;
  };

  constexpr reference_watch() noexcept = default;
  // Of another table, which it replaces: nothing was handed out of this one.
  reference_watch(const reference_watch& other) noexcept : promised_(other.promised_) {}
  reference_watch& operator=(const reference_watch& other) noexcept {
    promised_ = other.promised_;
    slot_.store(nullptr, std::memory_order_relaxed);
    return *this;
  }

  void hand_out(const void* slot, std::uint64_t bucket, bool in_new) const noexcept {
    slot_.store(slot, std::memory_order_relaxed);
    bucket_.store(bucket, std::memory_order_relaxed);
    in_new_.store(in_new, std::memory_order_relaxed);
  }
  place take() const noexcept {
    return {slot_.exchange(nullptr, std::memory_order_relaxed),
            bucket_.load(std::memory_order_relaxed), in_new_.load(std::memory_order_relaxed)};
  }

  // Up to this size insertions move nothing, because that many were reserved.
  void promise(std::uint64_t size) noexcept { promised_ = max_of(promised_, size); }
  void withdraw() noexcept { promised_ = 0; }
  std::uint64_t promised_or(std::uint64_t) const noexcept { return promised_; }

 private:
  mutable std::atomic<const void*> slot_{nullptr};
  mutable std::atomic<std::uint64_t> bucket_{0};
  mutable std::atomic<bool> in_new_{false};
  std::uint64_t promised_ = 0;
};
#endif

}  // namespace steady::detail
