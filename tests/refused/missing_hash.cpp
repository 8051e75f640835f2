// A key without a hash: the message must say what would be right.
#include <steady/hash_map.hpp>

struct point {
  int x;
  int y;
  bool operator==(const point&) const = default;
};

int main() {
  steady::hash_map<point, int> map;
  map[{1, 2}] = 3;
}
