// A hash whose call is not const.
#include <cstddef>

#include <steady/hash_map.hpp>

struct changing {
  std::size_t operator()(int key) { return calls++ + static_cast<std::size_t>(key); }
  std::size_t calls = 0;
};

int main() {
  steady::hash_map<int, int, changing> map;
  map[1] = 1;
}
