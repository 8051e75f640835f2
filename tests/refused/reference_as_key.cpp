// Keys that lie elsewhere.
#include <steady/hash_set.hpp>

int main() {
  steady::hash_set<int&> set;
  int key = 1;
  set.insert(key);
}
