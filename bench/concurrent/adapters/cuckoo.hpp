// libcuckoo::cuckoohash_map, as adapter.hpp describes. It takes a hash as it is, without mixing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <libcuckoo/cuckoohash_map.hh>

#include "bench/concurrent/adapters/adapter.hpp"

namespace steady::bench {

class cuckoo_concurrent {
 public:
  static constexpr std::string_view name = "cuckoo";
  static constexpr std::string_view full_name = "libcuckoo::cuckoohash_map";
  static std::string version() { return STEADY_BENCH_CUCKOO_VERSION; }

  bool insert(std::uint64_t key, std::uint64_t value) { return map_.insert(key, value); }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    std::uint64_t value = 0;
    if (!map_.find(key, value)) return std::nullopt;
    return value;
  }
  void assign(std::uint64_t key, std::uint64_t value) { map_.insert_or_assign(key, value); }
  bool erase(std::uint64_t key) { return map_.erase(key); }
  std::size_t size() const { return map_.size(); }

 private:
  // Starts with room for 262,144 elements, as it does unless told otherwise. The others start
  // empty, but version 0.3.1 crashes now and then when threads make it grow from less.
  libcuckoo::cuckoohash_map<std::uint64_t, std::uint64_t, number_hash> map_;
};

static_assert(concurrent_adapter<cuckoo_concurrent>);

}  // namespace steady::bench
