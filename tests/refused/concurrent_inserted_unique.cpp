// An element that is inserted without being moved.
#include <memory>
#include <utility>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int, std::unique_ptr<int>> map;
  std::pair<const int, std::unique_ptr<int>> element;
  map.insert(element);
}
