// tbb::concurrent_hash_map, as adapter.hpp describes. It takes a hash as it is, without mixing, and
// its memory from TBB's own allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tbb/concurrent_hash_map.h>
#include <tbb/version.h>

#include "bench/concurrent/adapters/adapter.hpp"

namespace steady::bench {

class tbb_concurrent {
 public:
  static constexpr std::string_view name = "tbb";
  static constexpr std::string_view full_name = "tbb::concurrent_hash_map";
  static std::string version() { return TBB_VERSION_STRING; }

  bool insert(std::uint64_t key, std::uint64_t value) { return map_.insert({key, value}); }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    map::const_accessor found;
    if (!map_.find(found, key)) return std::nullopt;
    return found->second;
  }
  void assign(std::uint64_t key, std::uint64_t value) {
    map::accessor found;
    if (!map_.insert(found, {key, value})) found->second = value;
  }
  bool erase(std::uint64_t key) { return map_.erase(key); }
  std::size_t size() const { return map_.size(); }

 private:
  struct hash_and_equal {
    std::size_t hash(std::uint64_t key) const noexcept { return number_hash()(key); }
    bool equal(std::uint64_t one, std::uint64_t other) const noexcept { return one == other; }
  };
  using map = tbb::concurrent_hash_map<std::uint64_t, std::uint64_t, hash_and_equal>;

  map map_;
};

static_assert(concurrent_adapter<tbb_concurrent>);

}  // namespace steady::bench
