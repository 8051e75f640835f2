// The same by assignment.
#include <memory>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int, std::unique_ptr<int>> map;
  steady::concurrent_hash_map<int, std::unique_ptr<int>> copy;
  copy = map;
}
