// A key that says const itself.
#include <steady/hash_set.hpp>

int main() {
  steady::hash_set<const int> set;
  set.insert(1);
}
