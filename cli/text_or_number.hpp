// The types that the commands on durable maps know, texts and numbers: chosen by the names that
// their codecs have in files, read from words, and written so that each stays on a line.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fmt/format.h>

namespace steady::cli {

// Names of codecs.
struct type_names {
  std::string key = "text";
  std::string value = "u64";
};

template <class Key, class T>
struct chosen_types {
  using key = Key;
  using value = T;
};

// Calls `call(chosen_types<Key, T>())`; false where the command does not know these types.
template <class Call>
bool with_types(const type_names& names, const Call& call) {
  const auto with_key = [&]<class Key>(std::type_identity<Key>) {
    if (names.value == "text") {
      call(chosen_types<Key, std::string>());
    } else if (names.value == "u64") {
      call(chosen_types<Key, std::uint64_t>());
    } else {
      return false;
    }
    return true;
  };
  if (names.key == "text") return with_key(std::type_identity<std::string>());
  return names.key == "u64" && with_key(std::type_identity<std::uint64_t>());
}

inline std::string unknown_types(const type_names& names) {
  return fmt::format(
      "it has keys of type {} and values of type '{}'; this command knows text and u64, so use a "
      "program of your own",
      names.key, names.value);
}

inline bool read_word(std::string_view word, std::string& into) {
  into = word;
  return true;
}
inline bool read_word(std::string_view word, std::uint64_t& into) {
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), into);
  return error == std::errc() && stop == word.data() + word.size() && !word.empty();
}

inline std::string shown(std::uint64_t number) { return std::to_string(number); }
// With \t, \n, \\ and \xNN for what would break a line, or control a terminal.
inline std::string shown(const std::string& text) {
  std::string line;
  bool is_control = false;  // C1, of two bytes in UTF-8: this is its second
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = static_cast<unsigned char>(n + 1 < text.size() ? text[n + 1] : '\0');
    const bool begins_control = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    if (c == '\\') {
      line += "\\\\";
    } else if (c == '\t') {
      line += "\\t";
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < 32 || byte == 127 || begins_control || is_control) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
    is_control = begins_control;
  }
  return line;
}

}  // namespace steady::cli
