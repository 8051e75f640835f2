// identifier_splitter: cuts bytes into identifiers.
//
// An identifier is a longest run of the ASCII letters, digits and underscores; it may start with a
// digit. Every other byte separates. So any file will do, binary ones too.
//
// 1. How the bytes are cut into blocks does not change what is found.
// 2. Nothing is kept but an identifier that reaches the end of a block, so memory is bounded by the
//    longest identifier.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace steady::cli {

namespace detail {

constexpr std::array<bool, 256> make_identifier_bytes() {
  std::array<bool, 256> belongs{};
  for (const char c :
       std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")) {
    belongs[static_cast<unsigned char>(c)] = true;
  }
  return belongs;
}

inline constexpr std::array<bool, 256> identifier_bytes = make_identifier_bytes();

}  // namespace detail

constexpr bool belongs_to_identifier(char c) noexcept {
  return detail::identifier_bytes[static_cast<unsigned char>(c)];
}

class identifier_splitter {
 public:
  // Calls found(std::string_view) for each identifier that ended within this block. The view is
  // valid during the call.
  template <class Found>
  void feed(std::string_view block, Found&& found) {
    const char* next = block.data();
    const char* const end = next + block.size();
    if (!unfinished_.empty()) {
      next = continue_unfinished(next, end);
      if (next == end) return;
      give_unfinished(found);
    }
    while (true) {
      const char* const start = std::find_if(next, end, belongs_to_identifier);
      next = std::find_if_not(start, end, belongs_to_identifier);
      if (next == end) {
        unfinished_.assign(start, end);
        return;
      }
      found(std::string_view(start, static_cast<std::size_t>(next - start)));
    }
  }

  // The bytes are at their end, so an identifier that reached it is complete.
  template <class Found>
  void finish(Found&& found) {
    if (!unfinished_.empty()) give_unfinished(found);
  }

 private:
  const char* continue_unfinished(const char* next, const char* end) {
    const char* const stop = std::find_if_not(next, end, belongs_to_identifier);
    unfinished_.append(next, stop);
    return stop;
  }

  template <class Found>
  void give_unfinished(Found& found) {
    found(std::string_view(unfinished_));
    unfinished_.clear();
  }

  std::string unfinished_;  // an identifier at the end of the last block, that may go on
};

}  // namespace steady::cli
