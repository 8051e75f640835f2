// The same by assignment.
#include <memory>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, std::unique_ptr<int>> map;
  steady::hash_map<int, std::unique_ptr<int>> copy;
  copy = map;
}
