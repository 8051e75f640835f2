// A copy of a value that cannot be copied.
#include <memory>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int, std::unique_ptr<int>> map;
  return map.find(1).has_value() ? 1 : 0;
}
