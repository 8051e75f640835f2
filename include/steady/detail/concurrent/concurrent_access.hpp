// Reaches what concurrent_hash_map and concurrent_hash_set are made of, for helpers that serve
// both.
#pragma once

namespace steady::detail {

struct concurrent_access {
  template <class Map>
  static auto& container_of(Map& of) noexcept {
    return of.container_;
  }
};

}  // namespace steady::detail
