// The policy of a container of one thread.
#include <functional>
#include <memory>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/policy.hpp>

int main() {
  steady::concurrent_hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                              std::allocator<std::pair<const int, int>>, steady::default_policy>
      map;
  map.insert_or_assign(1, 1);
}
