// Debug mode and sanitized builds: a reference that a program keeps while it inserts a new key
// fails every time, not only when that insertion happens to migrate. The element that was handed
// out last is remembered, and moved by the next insertion that may move elements: `map[b] = map[a]`
// reads what is no longer there, which the address sanitizer reports.
#pragma once

#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

inline constexpr bool watches_references = debug_mode || stress_migration;

template <bool On>
class reference_watch {
 public:
  // Where the element is that was handed out.
  struct place {
    const void* slot = nullptr;
    std::uint64_t bucket = 0;
    bool in_new = false;
  };

  void hand_out(const void* slot, std::uint64_t bucket, bool in_new) const noexcept {
    last_ = {slot, bucket, in_new};
  }
  place take() const noexcept {
    const place taken = last_;
    last_ = {};
    return taken;
  }

  // Up to this size insertions move nothing, because that many were reserved.
  void promise(std::uint64_t size) noexcept { promised_ = max_of(promised_, size); }
  void withdraw() noexcept { promised_ = 0; }
  std::uint64_t promised_or(std::uint64_t) const noexcept { return promised_; }

 private:
  mutable place last_;  // looking up hands out, too
  std::uint64_t promised_ = 0;
};

template <>
class reference_watch<false> {
 public:
  void hand_out(const void*, std::uint64_t, bool) const noexcept {}
  void promise(std::uint64_t) noexcept {}
  void withdraw() noexcept {}
  std::uint64_t promised_or(std::uint64_t unknown) const noexcept { return unknown; }
};

}  // namespace steady::detail
