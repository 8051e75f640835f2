// Values that lie elsewhere.
#include <steady/hash_map.hpp>

int main() {
  int value = 1;
  steady::hash_map<int, int&> map;
  map.try_emplace(1, value);
}
