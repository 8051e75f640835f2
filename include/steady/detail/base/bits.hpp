// Integer arithmetic that the language leaves to the compiler: the folded 128-bit product, and
// products that it would do with more instructions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#if defined(_MSC_VER) && !defined(__SIZEOF_INT128__)
#include <intrin.h>
#endif

#include <steady/detail/base/config.hpp>

namespace steady::detail {

// As std::min, std::max and std::clamp, whose header takes longer to compile than this library's
// own.
template <class T>
constexpr T min_of(T a, T b) noexcept {
  return b < a ? b : a;
}
template <class T>
constexpr T max_of(T a, T b) noexcept {
  return a < b ? b : a;
}
template <class T>
constexpr T clamped(T value, T least, T most) noexcept {
  return value < least ? least : most < value ? most : value;
}

// A number as a type that has room for it, and may be the same: compilers warn of a cast then.
template <class To, class From>
constexpr To narrowed(From number) noexcept {
  return static_cast<To>(number);
}

// An integer of 128 bits. The standard library calls it one only where the compiler's extensions
// are on.
template <class T>
concept wide_integer = !std::is_class_v<T> && !std::is_union_v<T> && !std::is_enum_v<T> &&
                       sizeof(T) == 16 && requires(T value) {
  static_cast<std::uint64_t>(value >> 64);
};

// The two halves of the 128-bit product a*b, xored: one multiplication that lets every bit of the
// operands reach every bit of the result. (The folded multiply of wyhash and its descendants.)
STEADY_ALWAYS_INLINE std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
  // GCC 12 keeps the halves of a 128-bit product in memory where registers are few.
  std::uint64_t low, high;
  __asm__("mulq %3" : "=a"(low), "=d"(high) : "%0"(a), "rm"(b) : "cc");
  return low ^ high;
#elif defined(__SIZEOF_INT128__)
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#elif defined(_MSC_VER) && defined(_M_X64)
  std::uint64_t high = 0;
  const std::uint64_t low = _umul128(a, b, &high);
  return low ^ high;
#else
  const std::uint64_t mask = 0xffffffffu;
  const std::uint64_t low_low = (a & mask) * (b & mask);
  const std::uint64_t high_low = (a >> 32) * (b & mask);
  const std::uint64_t low_high = (a & mask) * (b >> 32);
  const std::uint64_t high_high = (a >> 32) * (b >> 32);
  const std::uint64_t middle = (low_low >> 32) + (high_low & mask) + low_high;
  const std::uint64_t high = high_high + (high_low >> 32) + (middle >> 32);
  const std::uint64_t low = (middle << 32) | (low_low & mask);
  return low ^ high;
#endif
}

// The product in one instruction, where a compiler prefers three that take a cycle or two less: for
// addresses that are known long before they are needed.
template <unsigned Factor>
STEADY_ALWAYS_INLINE std::uint64_t times(std::uint64_t a) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
  std::uint64_t product;
  __asm__("imulq %2, %1, %0" : "=r"(product) : "r"(a), "i"(Factor) : "cc");
  return product;
#else
  return a * Factor;
#endif
}

// `chosen ? a : b` without a branch, for choices that no processor can predict.
template <class T>
STEADY_ALWAYS_INLINE T select(bool chosen, T a, T b) noexcept {
  static_assert(std::is_pointer_v<T> || std::is_unsigned_v<T>);
  using word = std::conditional_t<std::is_pointer_v<T>, std::uintptr_t, T>;
  word first, second;
  std::memcpy(&first, &a, sizeof first);
  std::memcpy(&second, &b, sizeof second);
  const word mask = static_cast<word>(word{0} - static_cast<word>(chosen));
  second = static_cast<word>(second ^ ((first ^ second) & mask));
  std::memcpy(&a, &second, sizeof a);
  return a;
}

// The number of the lowest bit set; `bits` must not be 0. A whole word, because an index that is
// none has to be widened.
template <class Word>
STEADY_ALWAYS_INLINE std::uint64_t lowest_bit(Word bits) noexcept {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
  if constexpr (sizeof(Word) == 4) {
    // GCC 12 would clear the register before and widen the number after.
    std::uint64_t number;
    __asm__("rep bsfl %1, %k0" : "=r"(number) : "r"(bits) : "cc");
    return number;
  }
#endif
  return static_cast<std::uint64_t>(std::countr_zero(bits));
}

// The number of the highest bit set; `bits` must not be 0.
STEADY_ALWAYS_INLINE std::uint64_t highest_bit(std::uint64_t bits) noexcept {
  return static_cast<std::uint64_t>(63 - std::countl_zero(bits));
}

// Bit `number` modulo 16 of the word.
STEADY_ALWAYS_INLINE bool bit_of(std::uint16_t word, std::uint16_t number) noexcept {
#if defined(__GCC_ASM_FLAG_OUTPUTS__) && defined(__x86_64__)
  // The instruction takes the number modulo the width of its operands; compilers do it before, and
  // with wider ones.
  bool set;
  __asm__("btw %w2, %w1" : "=@ccc"(set) : "r"(word), "r"(number));
  return set;
#else
  return (unsigned{word} >> (number % 16) & 1u) != 0;
#endif
}

// Unaligned, in the machine's byte order.
STEADY_ALWAYS_INLINE std::uint64_t load_64(const void* from) noexcept {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}
STEADY_ALWAYS_INLINE void store_64(void* to, std::uint64_t word) noexcept {
  std::memcpy(to, &word, sizeof word);
}

// The word whose lowest byte came first in memory.
STEADY_ALWAYS_INLINE std::uint64_t little_endian(std::uint64_t word) noexcept {
  if constexpr (std::endian::native == std::endian::big) {
    std::uint64_t swapped = 0;
    for (int byte = 0; byte < 8; ++byte) swapped |= (word >> (8 * byte) & 0xff) << (56 - 8 * byte);
    return swapped;
  }
  return word;
}

// Byte i, counted from the lowest, is 0xff where bit i of `bits` (0 to 255) is set, 0 elsewhere.
STEADY_ALWAYS_INLINE std::uint64_t bytes_of_bits(std::uint64_t bits) noexcept {
  const std::uint64_t one_each = (bits * 0x0101010101010101u) & 0x8040201008040201u;
  const std::uint64_t high_bits = (one_each + 0x7f7f7f7f7f7f7f7fu) & 0x8080808080808080u;
  return (high_bits >> 7) * 0xff;
}

STEADY_ALWAYS_INLINE std::uint32_t load_32(const void* from) noexcept {
  std::uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace steady::detail
