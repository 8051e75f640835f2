// A hash that returns nothing.
#include <steady/hash_map.hpp>

struct nothing {
  void operator()(int) const {}
};

int main() {
  steady::hash_map<int, int, nothing> map;
  map[1] = 1;
}
