// Bits in levels: one for each of many things, one for each word of those, and so on up to a single
// word. A bit of an upper level is set exactly when its word is not 0, so the next set bit, and the
// one before, are found in two words of each level, however far away they are.
//
// Things come in order: provide() writes what the next one needs, so memory need not be zeroed
// before. Nothing behind the last one that was provided is read.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

class bit_levels {
 public:
  // For 2^log2_size things, in memory of bytes(log2_size) bytes.
  bit_levels(std::uint64_t* words, unsigned log2_size) noexcept
      : words_(words), log2_size_(log2_size) {}

  static constexpr std::size_t bytes(unsigned log2_size) noexcept {
    std::size_t words = 0;
    for (unsigned left = log2_size;; left -= log2_word) {
      words += words_of(left);
      if (left <= log2_word) return words * sizeof(std::uint64_t);
    }
  }

  // From now on the thing of that number may be asked for; those before it may be.
  void provide(std::uint64_t number) const noexcept {
    level at(*this);
    while (number % word_bits == 0) {
      number /= word_bits;
      at.words[number] = 0;
      if (!at.ascend()) return;
    }
  }

  STEADY_NOINLINE void set(std::uint64_t number) const noexcept {
    level at(*this);
    do {
      std::uint64_t& word = at.words[number / word_bits];
      const std::uint64_t before = word;
      word |= bit(number);
      if (before != 0) return;
      number /= word_bits;
    } while (at.ascend());
  }
  STEADY_NOINLINE void clear(std::uint64_t number) const noexcept {
    level at(*this);
    do {
      std::uint64_t& word = at.words[number / word_bits];
      word &= ~bit(number);
      if (word != 0) return;
      number /= word_bits;
    } while (at.ascend());
  }
  bool is_set(std::uint64_t number) const noexcept {
    return (words_[number / word_bits] & bit(number)) != 0;
  }

  // The first set bit from `from` on, below `end`; `end` if there is none. All things below `end`
  // are provided.
  STEADY_NOINLINE std::uint64_t next(std::uint64_t from, std::uint64_t end) const noexcept {
    const std::uint64_t* below[most_levels];
    unsigned depth = 0;
    level at(*this);
    std::uint64_t number = from;
    for (std::uint64_t end_here = end;; end_here = (end_here + word_bits - 1) / word_bits) {
      if (number >= end_here) return end;
      const std::uint64_t word = at.words[number / word_bits] >> (number % word_bits);
      if (word != 0) {
        number += lowest_bit(word);
        break;
      }
      below[depth++] = at.words;
      if (!at.ascend()) return end;
      number = number / word_bits + 1;
    }
    while (depth > 0) number = number * word_bits + lowest_bit(below[--depth][number]);
    return min_of(number, end);
  }

  // The last set bit below `end`; `none` if there is none. All things below `end` are provided.
  STEADY_COLD std::uint64_t previous(std::uint64_t end) const noexcept {
    const std::uint64_t* below[most_levels];
    unsigned depth = 0;
    level at(*this);
    for (std::uint64_t end_here = end;; end_here = (end_here - 1) / word_bits) {
      if (end_here == 0) return none;
      std::uint64_t number = end_here - 1;
      const std::uint64_t word = at.words[number / word_bits] & all_of(number % word_bits + 1);
      if (word != 0) {
        number = number / word_bits * word_bits + highest_bit(word);
        while (depth > 0) number = number * word_bits + highest_bit(below[--depth][number]);
        return number;
      }
      below[depth++] = at.words;
      if (!at.ascend()) return none;
    }
  }

  static constexpr std::uint64_t none = ~std::uint64_t{0};
  static constexpr std::uint64_t word_bits = 64;
  // A word whose lowest `bits` bits are set.
  static constexpr std::uint64_t all_of(std::uint64_t bits) noexcept {
    return bits < word_bits ? (std::uint64_t{1} << bits) - 1 : ~std::uint64_t{0};
  }

 private:
  static constexpr unsigned log2_word = 6;
  static constexpr unsigned most_levels = 64 / log2_word + 1;

  static constexpr std::size_t words_of(unsigned log2_bits) noexcept {
    return log2_bits <= log2_word ? 1 : std::size_t{1} << (log2_bits - log2_word);
  }
  static constexpr std::uint64_t bit(std::uint64_t number) noexcept {
    return std::uint64_t{1} << (number % word_bits);
  }

  // One level; the lowest comes first.
  struct level {
    explicit level(const bit_levels& of) noexcept : words(of.words_), log2_size(of.log2_size_) {}

    // To the level above; false at the top.
    bool ascend() noexcept {
      if (log2_size <= log2_word) return false;
      words += words_of(log2_size);
      log2_size -= log2_word;
      return true;
    }

    std::uint64_t* words;
    unsigned log2_size;
  };

  std::uint64_t* words_;
  unsigned log2_size_;
};

}  // namespace steady::detail
