// Hash and equality in the wrong order.
#include <functional>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int, std::equal_to<int>, std::hash<int>> map;
  map[1] = 1;
}
