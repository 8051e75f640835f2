// The same deeper down.
#include <utility>

#include <steady/hash_set.hpp>

struct point {
  int x;
  int y;
  bool operator==(const point&) const = default;
};

int main() {
  steady::hash_set<std::pair<int, point>> set;
  set.insert({1, {2, 3}});
}
