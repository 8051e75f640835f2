// A load limit that no size is within.
#include <cstddef>
#include <functional>
#include <memory>

#include <steady/concurrent_hash_set.hpp>

struct policy : steady::default_concurrent_policy {
  static constexpr double load_limit = 0;
};

int main() {
  steady::concurrent_hash_set<int, steady::hash<int>, std::equal_to<int>, std::allocator<int>,
                              policy>
      set;
  set.insert(1);
}
