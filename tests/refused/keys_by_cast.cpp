// Keys that only a cast makes of what is given: the key made of a pointer would delete the
// element's object.
#include <memory>
#include <vector>

#include <steady/hash_set.hpp>

int main() {
  steady::hash_set<std::unique_ptr<int>> set;
  int* const number = new int(5);
  set.insert(std::unique_ptr<int>(number));
  const std::vector<int*> numbers{number};
  bool found[1];
  set.contains(numbers, found);
}
