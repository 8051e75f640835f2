// Elements in slots that are larger than buckets are made for.
#include <cstddef>
#include <functional>
#include <memory>

#include <steady/concurrent_hash_set.hpp>

struct policy : steady::default_concurrent_policy {
  static constexpr std::size_t most_flat_bytes = 65;
};

int main() {
  steady::concurrent_hash_set<int, steady::hash<int>, std::equal_to<int>, std::allocator<int>,
                              policy>
      set;
  set.insert(1);
}
