// Shrinking that would be followed by growing.
#include <cstddef>
#include <functional>
#include <memory>

#include <steady/concurrent_hash_set.hpp>

struct policy : steady::default_concurrent_policy {
  static constexpr double shrink_below = 0.5;
};

int main() {
  steady::concurrent_hash_set<int, steady::hash<int>, std::equal_to<int>, std::allocator<int>,
                              policy>
      set;
  set.insert(1);
}
