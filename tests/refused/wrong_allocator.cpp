// An allocator for other elements than the map's.
#include <functional>
#include <memory>
#include <utility>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                   std::allocator<std::pair<int, int>>>
      map;
}
