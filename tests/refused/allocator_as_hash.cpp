// The allocator where std::vector has it.
#include <memory>
#include <utility>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int, std::allocator<std::pair<const int, int>>> map;
  map[1] = 1;
}
