// absl::flat_hash_map, as adapter.hpp describes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <absl/base/config.h>
#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

#include "bench/adapters/adapter.hpp"

namespace steady::bench {

struct absl_adapter {
  static constexpr std::string_view name = "absl";
  static constexpr std::string_view full_name = "absl::flat_hash_map";

  // Growing, it sets its new capacity before it allocates: after a failure it reads beyond its
  // array.
  static constexpr bool usable_after_bad_alloc = false;

  static std::string version() { return STEADY_BENCH_ABSL_VERSION; }

  template <class Key, class T, class Hash,
            class Allocator = std::allocator<std::pair<const Key, T>>>
  using map = absl::flat_hash_map<Key, T, Hash, std::equal_to<>, Allocator>;

  template <class Key>
  using own_hash =
      std::conditional_t<std::is_same_v<Key, std::string>,
                         searchable_by_view<absl::Hash<std::string_view>>, absl::Hash<Key>>;

  template <class Map>
  static typename Map::mapped_type& value_of(Map& map, std::string_view text) {
    return map.try_emplace(text).first->second;
  }

  template <class Map>
  static std::optional<std::uint64_t> growths(const Map&) {
    return std::nullopt;
  }
};

static_assert(map_adapter<absl_adapter>);

}  // namespace steady::bench
