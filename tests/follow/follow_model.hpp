// A fed map, its model by position, and the two sides of a connection without a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <steady/detail/follow/client_session.hpp>
#include <steady/detail/follow/replica.hpp>
#include <steady/detail/follow/server_session.hpp>
#include <steady/feed.hpp>
#include <steady/hash_map.hpp>

#include "support/countdown.hpp"

namespace support {

using fed_texts = steady::fed_map<std::string, std::string>;
using fed_content = fed_texts::container_type;

// The same, with a hash that may fail.
struct fallible_text_hash {
  std::size_t operator()(const std::string& text) const {
    countdown::chance();
    return std::hash<std::string>{}(text);
  }
};
using fallible_content = steady::hash_map<std::string, std::string, fallible_text_hash>;

using text_replica = steady::detail::replica<fed_content>;
using text_server =
    steady::detail::server_session<fed_texts, steady::subscriber<fed_texts>, steady::feed_position,
                                   steady::subscriber_options>;
using text_client = steady::detail::client_session<text_replica>;
using model_texts = std::map<std::string, std::string>;

template <class Map>
model_texts model_of(const Map& map) {
  return model_texts(map.begin(), map.end());
}

// All of it, byte by byte, in an order of its own.
inline std::string bytes_of(const fed_content& map) {
  steady::byte_buffer out;
  for (const auto& [key, value] : model_of(map)) steady::append_element(out, key, &value);
  return std::string(reinterpret_cast<const char*>(out.data()), out.size());
}

// Writes at random; what there was after each position.
struct fed_source {
  fed_texts map;
  std::vector<model_texts> at{model_texts()};
  std::mt19937 random;

  explicit fed_source(std::uint32_t seed, const steady::feed_options& options = {})
      : map(options), random(seed) {}

  void write(std::uint32_t changes, std::uint32_t keys = 60) {
    for (const std::uint64_t end = map.position() + changes; map.position() < end;) {
      const std::string key = "key " + std::to_string(random() % keys);
      const auto way = random() % 400;
      if (way == 0) {
        map.clear();
      } else if (way < 130) {
        map.erase(key);
      } else {
        map.insert_or_assign(key, std::string(random() % 50, static_cast<char>('a' + way % 26)));
      }
      if (map.position() == at.size()) at.push_back(model_of(map.content()));
    }
  }
};

}  // namespace support
