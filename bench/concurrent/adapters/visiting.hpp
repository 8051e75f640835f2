// Maps with the interface of boost::concurrent_flat_map, as adapter.hpp describes: a function
// visits an element where it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "bench/concurrent/adapters/adapter.hpp"

namespace steady::bench {

template <class Map>
class visiting_map {
 public:
  bool insert(std::uint64_t key, std::uint64_t value) { return map_.try_emplace(key, value); }

  // By a find that returns a copy, where the map has one.
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    if constexpr (requires { map_.find(key); }) {
      return map_.find(key);
    } else {
      std::optional<std::uint64_t> value;
      map_.cvisit(key, [&](const auto& element) { value = element.second; });
      return value;
    }
  }

  void assign(std::uint64_t key, std::uint64_t value) { map_.insert_or_assign(key, value); }
  bool erase(std::uint64_t key) { return map_.erase(key) != 0; }
  std::size_t size() const { return map_.size(); }

 protected:
  Map map_;
};

}  // namespace steady::bench
