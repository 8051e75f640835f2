// Maps that know nothing of threads, and the usual ways to let threads share one: a mutex for each
// of 64 parts, or one std::shared_mutex for all. As adapter.hpp describes.
//
// `Adapter` is one of bench/adapters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "bench/adapters/steady.hpp"
#include "bench/concurrent/adapters/adapter.hpp"

namespace steady::bench {

// For one thread.
template <class Adapter>
class unguarded_map {
 public:
  bool insert(std::uint64_t key, std::uint64_t value) {
    return map_.try_emplace(key, value).second;
  }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    const auto found = map_.find(key);
    if (found == map_.end()) return std::nullopt;
    return found->second;
  }
  void assign(std::uint64_t key, std::uint64_t value) { map_.insert_or_assign(key, value); }
  bool erase(std::uint64_t key) { return map_.erase(key) != 0; }
  std::size_t size() const { return map_.size(); }

 private:
  typename Adapter::template map<std::uint64_t, std::uint64_t, number_hash> map_;
};

template <class Adapter>
class sharded_map {
 public:
  bool insert(std::uint64_t key, std::uint64_t value) {
    shard& part = shard_of(key);
    const std::lock_guard lock(part.mutex);
    return part.map.insert(key, value);
  }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    const shard& part = shard_of(key);
    const std::lock_guard lock(part.mutex);
    return part.map.find(key);
  }
  void assign(std::uint64_t key, std::uint64_t value) {
    shard& part = shard_of(key);
    const std::lock_guard lock(part.mutex);
    part.map.assign(key, value);
  }
  bool erase(std::uint64_t key) {
    shard& part = shard_of(key);
    const std::lock_guard lock(part.mutex);
    return part.map.erase(key);
  }
  std::size_t size() const {
    std::size_t all = 0;
    for (const shard& part : shards_) {
      const std::lock_guard lock(part.mutex);
      all += part.map.size();
    }
    return all;
  }

 private:
  static constexpr std::size_t shard_count = 64;

  // Two cache lines, because processors fetch them in pairs: no shard's lock disturbs another's.
  struct alignas(128) shard {
    mutable std::mutex mutex;
    unguarded_map<Adapter> map;
  };

  // By bits that boost uses neither for the position (the topmost) nor for its tags (the lowest 8);
  // Steady's map hashes again, with a seed of its own.
  static std::size_t index_of(std::uint64_t key) {
    return static_cast<std::size_t>(number_hash()(key) >> 8) % shard_count;
  }
  shard& shard_of(std::uint64_t key) { return shards_[index_of(key)]; }
  const shard& shard_of(std::uint64_t key) const { return shards_[index_of(key)]; }

  std::array<shard, shard_count> shards_;
};

struct steady_shards : sharded_map<steady_adapter> {
  static constexpr std::string_view name = "steady-shards";
  static constexpr std::string_view full_name = "steady::hash_map in 64 shards under std::mutex";
  static std::string version() { return steady_adapter::version(); }
};

// Lookups share the lock; whoever changes the map has it alone.
class steady_shared {
 public:
  static constexpr std::string_view name = "steady-shared";
  static constexpr std::string_view full_name = "steady::hash_map under one std::shared_mutex";
  static std::string version() { return steady_adapter::version(); }

  bool insert(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    return map_.insert(key, value);
  }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    const std::shared_lock lock(mutex_);
    return map_.find(key);
  }
  void assign(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    map_.assign(key, value);
  }
  bool erase(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    return map_.erase(key);
  }
  std::size_t size() const {
    const std::shared_lock lock(mutex_);
    return map_.size();
  }

 private:
  mutable std::shared_mutex mutex_;
  unguarded_map<steady_adapter> map_;
};

// What a thread pays that shares the map with nobody.
struct plain_map : unguarded_map<steady_adapter> {
  static constexpr std::string_view name = "plain";
  static constexpr std::string_view full_name = "steady::hash_map, for one thread";
  static std::string version() { return steady_adapter::version(); }
};

static_assert(concurrent_adapter<steady_shards>);
static_assert(concurrent_adapter<steady_shared>);
static_assert(concurrent_adapter<plain_map>);

}  // namespace steady::bench
