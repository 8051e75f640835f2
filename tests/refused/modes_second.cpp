#define STEADY_DEBUG 0
#include <steady/hash_map.hpp>

void fill(steady::hash_map<int, int>& map) { map[1] = 1; }
