// Many threads read routes, one adds some: readers take no lock and wait for nobody, also while the
// map grows. (Where elements are small and trivially copyable; others are read under the lock of
// their bucket.)
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include <steady/concurrent_hash_map.hpp>

namespace {

struct route {
  std::uint32_t gateway = 0;
  std::uint32_t port = 0;
};
using routing_table = steady::concurrent_hash_map<std::uint64_t, route>;

constexpr std::uint64_t known = 10'000;
constexpr std::uint64_t added = 300'000;

route route_of(std::uint64_t network) {
  return {static_cast<std::uint32_t>(network * 7), static_cast<std::uint32_t>(network % 16)};
}

// Looks up what was there before the readers began, until the writer is done; returns how many
// answers were wrong.
std::uint64_t read_routes(const routing_table& routes, const std::atomic<bool>& writing) {
  std::uint64_t wrong = 0;
  std::uint64_t network = 0;
  do {
    for (int n = 0; n < 1000; ++n) {
      network = (network + 7919) % known;
      const auto found = routes.find(network);
      if (!found || found->gateway != route_of(network).gateway) ++wrong;
    }
  } while (writing.load());
  return wrong;
}

}  // namespace

int main() {
  routing_table routes;
  for (std::uint64_t n = 0; n < known; ++n) routes.try_emplace(n, route_of(n));

  std::atomic<bool> writing{true};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> readers;
  for (int n = 0; n < 3; ++n) {
    readers.emplace_back([&] { wrong += read_routes(routes, writing); });
  }
  const std::uint64_t grown_before = routes.stats().migrations.grow;
  for (std::uint64_t n = known; n < known + added; ++n) routes.try_emplace(n, route_of(n));
  writing = false;
  for (std::thread& each : readers) each.join();

  std::printf("%zu routes, grown %llu times under readers, wrong answers: %llu\n", routes.size(),
              static_cast<unsigned long long>(routes.stats().migrations.grow - grown_before),
              static_cast<unsigned long long>(wrong.load()));
  return wrong == 0 && routes.size() == known + added ? 0 : 1;
}
