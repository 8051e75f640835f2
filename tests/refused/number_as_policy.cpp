// A policy that is none.
#include <functional>
#include <memory>
#include <utility>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                   std::allocator<std::pair<const int, int>>, int>
      map;
  map[1] = 1;
}
