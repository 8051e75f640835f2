// Elements that cannot move to another allocator's node.
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include <steady/concurrent_hash_map.hpp>

template <class T>
struct stateful {
  using value_type = T;
  using is_always_equal = std::false_type;
  stateful() = default;
  template <class U>
  stateful(const stateful<U>&) {}
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* at, std::size_t count) { std::allocator<T>().deallocate(at, count); }
  bool operator==(const stateful&) const { return false; }
};

int main() {
  using allocator = stateful<std::pair<const int, std::mutex>>;
  using map_type = steady::concurrent_hash_map<int, std::mutex, steady::hash<int>,
                                               std::equal_to<int>, allocator>;
  map_type map;
  map_type other;
  map = std::move(other);
}
