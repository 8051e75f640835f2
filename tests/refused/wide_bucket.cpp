// A policy that asks for the impossible.
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <steady/hash_map.hpp>

struct wide : steady::default_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = 15;
};

int main() {
  steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                   std::allocator<std::pair<const int, int>>, wide>
      map;
  map[1] = 1;
}
