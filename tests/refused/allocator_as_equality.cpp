// An allocator one place too early.
#include <functional>
#include <memory>

#include <steady/hash_set.hpp>

int main() {
  steady::hash_set<int, std::hash<int>, std::allocator<int>> set;
  set.insert(1);
}
