// A policy where the allocator belongs.
#include <functional>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>, steady::default_policy> map;
  map[1] = 1;
}
