// An allocator of other elements.
#include <functional>
#include <memory>
#include <utility>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                              std::allocator<std::pair<int, int>>>
      map;
  map.insert_or_assign(1, 1);
}
