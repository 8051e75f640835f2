// One key, which is a range itself, where many are expected.
#include <vector>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<std::vector<int>, int> map;
  const std::vector<int> key{3, 4};
  map.visit_indexed(key, [](auto& element, auto) { ++element.second; });
}
