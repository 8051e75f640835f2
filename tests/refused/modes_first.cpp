// With modes_second.cpp: parts of a program that disagree on what a map consists of.
#define STEADY_DEBUG 1
#include <steady/hash_map.hpp>

void fill(steady::hash_map<int, int>& map);

int main() {
  steady::hash_map<int, int> map;
  fill(map);
}
