// What std::map has in this place.
#include <functional>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int, std::less<int>> map;
  map[1] = 1;
}
