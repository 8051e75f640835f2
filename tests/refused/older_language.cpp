// Compiled as C++17: no option, or the wrong one, is what a first attempt often has.
#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int> map;
  return static_cast<int>(map.size());
}
