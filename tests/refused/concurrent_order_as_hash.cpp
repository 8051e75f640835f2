// Functions of an ordered map.
#include <functional>
#include <string>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<std::string, int, std::less<std::string>> map;
  map.insert_or_assign("one", 1);
  map.erase("one");
}
