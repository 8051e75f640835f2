// Arrays, which cannot be copied, as keys.
#include <steady/concurrent_hash_set.hpp>

int main() {
  steady::concurrent_hash_set<char[8]> set;
  char key[8] = "seven";
  set.insert(key);
}
