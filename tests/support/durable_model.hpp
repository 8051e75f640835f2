// A durable map of numbers to texts, and its model: what the map was after every position.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <steady/durable_map.hpp>

namespace support {

using durable_texts = steady::durable_map<std::uint64_t, std::string>;
using texts = std::map<std::uint64_t, std::string>;

inline texts texts_of(const durable_texts& map) { return texts(map.begin(), map.end()); }

// An operation that changes something, made of a number: the same on map and model.
struct text_operation {
  enum kind_type { assign, erase, modify, clear };

  kind_type kind = assign;
  std::uint64_t key = 0;
  std::string value;

  // One that changes `now`. Keys are from 0 to keys - 1.
  static text_operation made_of(std::mt19937& random, const texts& now, std::uint64_t keys) {
    text_operation one;
    one.key = random() % keys;
    one.value = std::string(random() % 40, static_cast<char>('a' + random() % 26));
    const auto way = random() % 64;
    if (way == 0 && !now.empty()) {
      one.kind = clear;
    } else if (now.contains(one.key)) {
      one.kind = way < 20 ? erase : way < 40 ? modify : assign;
    }
    return one;
  }

  void apply(texts& to) const {
    switch (kind) {
      case assign:
        to[key] = value;
        break;
      case erase:
        to.erase(key);
        break;
      case modify:
        to[key] += value.substr(0, 3) + ".";
        break;
      case clear:
        to.clear();
    }
  }
  template <class Map>
  void apply(Map& to) const {
    switch (kind) {
      case assign:
        to.insert_or_assign(key, value);
        break;
      case erase:
        to.erase(key);
        break;
      case modify:
        to.modify(key, [this](std::string& text) { text += value.substr(0, 3) + "."; });
        break;
      case clear:
        to.clear_gradually();
    }
  }
};

}  // namespace support
