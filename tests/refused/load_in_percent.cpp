// A load limit in percent.
#include <cstddef>
#include <functional>
#include <memory>

#include <steady/hash_set.hpp>

struct policy : steady::default_policy {
  static constexpr double load_limit = 80;
};

int main() {
  steady::hash_set<int, steady::hash<int>, std::equal_to<int>, std::allocator<int>, policy> set;
  set.insert(1);
}
