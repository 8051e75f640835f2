// The same in a map.
#include <string>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<const std::string, int> map;
  map["a"] = 1;
}
