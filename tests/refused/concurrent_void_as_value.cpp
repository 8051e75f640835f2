// A map without values.
#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<int, void> map;
  map.contains(1);
}
