// Migrations of every kind, a reseeding by suspicion, and failed allocations, of a map of one
// thread and of one that threads share. The program tells what there was; the tests compare with
// what tracers see at the probes.
//
//   container ADDRESS grow compact shrink reseed steps suspected failed
//
// Steps are those of stats(): a shared map counts those of freeing what migrations have left, too.
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>

namespace {

struct limited {
  bool refuses = false;
  unsigned refused = 0;
};

// Refuses while it is told to.
template <class T>
struct refusing_allocator {
  using value_type = T;

  explicit refusing_allocator(limited& by) noexcept : limit(&by) {}
  template <class Other>
  refusing_allocator(const refusing_allocator<Other>& other) noexcept : limit(other.limit) {}

  T* allocate(std::size_t count) {
    if (limit->refuses) {
      ++limit->refused;
      throw std::bad_alloc();
    }
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* from, std::size_t count) noexcept {
    std::allocator<T>().deallocate(from, count);
  }
  template <class Other>
  bool operator==(const refusing_allocator<Other>& other) const noexcept {
    return limit == other.limit;
  }

  limited* limit;
};

// Broken on purpose, while told to: all keys have the same hash.
bool hash_is_broken = false;
struct breakable_hash {
  std::size_t operator()(int key) const noexcept {
    return hash_is_broken ? 1 : static_cast<std::size_t>(key);
  }
};

template <template <class...> class Map, class... Policy>
using map_of = Map<int, int, breakable_hash, std::equal_to<int>,
                   refusing_allocator<std::pair<const int, int>>, Policy...>;

// Where tests stop, because what the program prints comes late.
volatile int times_told = 0;
[[gnu::noinline]] void told() { times_told = times_told + 1; }

template <class Map>
void tell(const Map& map, unsigned suspected, unsigned failed) {
  const steady::stats now = map.stats();
  const auto& by = now.steps;
  std::printf("container 0x%" PRIxPTR " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
              " %u %u\n",
              reinterpret_cast<std::uintptr_t>(&map), now.migrations.grow, now.migrations.compact,
              now.migrations.shrink, now.migrations.reseed,
              by.insert + by.erase + by.trim + by.walk + by.call, suspected, failed);
  told();
}

template <class Map>
void migrate_in_every_way(limited& limit) {
  Map map{0, breakable_hash(), std::equal_to<int>(), typename Map::allocator_type(limit)};
  for (int n = 0; n < 2000; ++n) map.try_emplace(n, n);
  map.finish();
  map.compact_gradually();
  map.finish();
  map.reseed_gradually();
  map.finish();
  for (int n = 300; n < 2000; ++n) map.erase(n);
  map.shrink_gradually();
  map.finish();
  limit.refuses = true;  // growing fails, and the map goes on
  try {
    for (int n = 300; n < 2000; ++n) map.try_emplace(n, n);
  } catch (const std::bad_alloc&) {
  }
  limit.refuses = false;
  map.finish();
  tell(map, 0, limit.refused);
}

// All reseedings are by suspicion.
template <class Map>
void arouse_suspicion(limited& limit) {
  hash_is_broken = true;
  Map map{0, breakable_hash(), std::equal_to<int>(), typename Map::allocator_type(limit)};
  for (int n = 0; n < 300; ++n) map.try_emplace(n, n);
  map.finish();
  tell(map, static_cast<unsigned>(map.stats().migrations.reseed), limit.refused);
  hash_is_broken = false;
}

// The same after a chain that was far longer, and that a reservation allowed.
void arouse_suspicion_late(limited& limit) {
  using map_type = map_of<steady::hash_map>;
  hash_is_broken = true;
  map_type map{0, breakable_hash(), std::equal_to<int>(), map_type::allocator_type(limit)};
  map.reserve(1000);
  for (int n = 0; n < 1000; ++n) map.try_emplace(n, n);
  for (int n = 0; n < 1000; ++n) map.erase(n);
  map.shrink_gradually();
  map.finish();
  for (int n = 0; n < 300; ++n) map.try_emplace(n, n);
  map.finish();
  tell(map, static_cast<unsigned>(map.stats().migrations.reseed), limit.refused);
  hash_is_broken = false;
}

}  // namespace

int main() {
  limited own;
  limited shared;
  limited never;
  migrate_in_every_way<map_of<steady::hash_map>>(own);
  migrate_in_every_way<map_of<steady::concurrent_hash_map>>(shared);
  arouse_suspicion<map_of<steady::hash_map>>(never);
  arouse_suspicion<map_of<steady::concurrent_hash_map>>(never);
  arouse_suspicion_late(never);
}
