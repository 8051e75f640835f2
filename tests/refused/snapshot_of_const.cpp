// A snapshot of a container that must not be changed.
#include <utility>

#include <steady/hash_map.hpp>
#include <steady/snapshot.hpp>

int main() {
  steady::hash_map<int, int> map;
  steady::snapshot view(std::as_const(map));
}
