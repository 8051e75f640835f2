// An equality whose call is not const.
#include <steady/hash_map.hpp>

struct changing {
  bool operator()(int a, int b) { return a == b; }
};

int main() {
  steady::hash_map<int, int, steady::hash<int>, changing> map;
  map[1] = 1;
}
