// A copy of what cannot be copied.
#include <memory>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int, std::unique_ptr<int>> map;
  auto copy = map;
}
