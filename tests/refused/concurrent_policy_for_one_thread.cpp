// The policy of a concurrent container, for one of one thread.
#include <functional>
#include <memory>

#include <steady/concurrent_policy.hpp>
#include <steady/hash_set.hpp>

int main() {
  steady::hash_set<int, steady::hash<int>, std::equal_to<int>, std::allocator<int>,
                   steady::default_concurrent_policy>
      set;
  set.insert(1);
}
