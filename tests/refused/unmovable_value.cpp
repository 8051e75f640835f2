// Values that cannot move when the map grows.
#include <mutex>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, std::mutex> map;
  map[1].lock();
}
