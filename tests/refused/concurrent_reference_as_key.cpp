// Keys that lie elsewhere.
#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int&, int> map;
  int key = 1;
  map.try_emplace(key, 1);
}
