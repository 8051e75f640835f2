// A key without a hash.
#include <steady/concurrent_hash_map.hpp>

struct point {
  int x;
  int y;
  bool operator==(const point&) const = default;
};

int main() {
  steady::concurrent_hash_map<point, int> map;
  map.insert_or_assign(point{1, 2}, 3);
  map.visit(point{1, 2}, [](auto& element) { ++element.second; });
}
