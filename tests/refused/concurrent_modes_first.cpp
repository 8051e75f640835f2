// With concurrent_modes_second.cpp: parts of a program that disagree on what a map consists of.
#define STEADY_DEBUG 1
#include <steady/concurrent_hash_map.hpp>

void fill(steady::concurrent_hash_map<int, int>& map);

int main() {
  steady::concurrent_hash_map<int, int> map;
  fill(map);
}
