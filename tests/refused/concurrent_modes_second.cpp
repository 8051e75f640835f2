#define STEADY_DEBUG 0
#include <steady/concurrent_hash_map.hpp>

void fill(steady::concurrent_hash_map<int, int>& map) { map.insert_or_assign(1, 1); }
