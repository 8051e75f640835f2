// The lines that `steady serve` takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "cli/text_or_number.hpp"

namespace steady::cli {

// Words between tabs; where there is no tab, a word, a word, and the rest, between blanks.
inline std::vector<std::string_view> words_of_line(std::string_view line) {
  const bool has_tabs = line.find('\t') != std::string_view::npos;
  std::vector<std::string_view> words;
  while (true) {
    const bool is_rest = !has_tabs && words.size() == 2;
    const std::size_t end = is_rest ? std::string_view::npos : line.find(has_tabs ? '\t' : ' ');
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end + 1);
  }
}

// Makes the change that a line asks for. `answer`: what `get` has found. Returns why the line is
// wrong, or "".
template <class Map>
std::string apply_line(Map& map, std::string_view line, std::string& answer) {
  using value_type = typename Map::mapped_type;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return "";
  const std::vector<std::string_view> words = words_of_line(line);
  const std::string_view command = words[0];
  if (command == "clear" && words.size() == 1) {
    map.clear();
    return "";
  }
  if (words.size() < 2) return "it should be set, add, erase, get or clear, with a key";
  const std::string key(words[1]);
  if (key.empty() && line.find('\t') == std::string_view::npos) {
    return "the key is missing, or there are two blanks before it";
  }
  if (command == "erase" && words.size() == 2) {
    map.erase(key);
    return "";
  }
  if (command == "get" && words.size() == 2) {
    const auto at = map.find(key);
    answer += at == map.end() ? fmt::format("{}\tnone\n", shown(key))
                              : fmt::format("{}\thas\t{}\n", shown(key), shown(at->second));
    return "";
  }
  value_type value{};
  if (words.size() != 3 || (command != "set" && command != "add")) {
    return "it should be 'set KEY VALUE', 'add KEY NUMBER', 'erase KEY', 'get KEY' or 'clear'";
  }
  if (!read_word(words[2], value)) {
    return fmt::format("'{}' is not a whole number from 0 on", words[2]);
  }
  if (command == "set") {
    map.insert_or_assign(key, value);
    return "";
  }
  if constexpr (std::is_same_v<value_type, std::uint64_t>) {
    const auto at = map.find(key);
    const std::uint64_t before = at == map.end() ? 0 : at->second;
    if (value > ~before) return fmt::format("{} and {} are too much for 64 bits", before, value);
    map.insert_or_assign(key, before + value);
    return "";
  } else {
    return "add is for numbers; the values of this map are texts";
  }
}

}  // namespace steady::cli
