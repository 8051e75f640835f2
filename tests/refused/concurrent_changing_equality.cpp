// An equality that changes when it is asked.
#include <string>

#include <steady/concurrent_hash_map.hpp>

struct counting_equality {
  int calls = 0;
  bool operator()(const std::string& a, const std::string& b) {
    ++calls;
    return a == b;
  }
};

int main() {
  steady::concurrent_hash_map<std::string, int, steady::hash<std::string>, counting_equality> map;
  map.insert_or_assign("one", 1);
  map.erase("one");
}
