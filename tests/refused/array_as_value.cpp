// Values that cannot be moved as a whole.
#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int[3]> map;
  map[1][2] = 5;
}
