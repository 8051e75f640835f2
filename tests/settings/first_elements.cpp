// Several maps that get their first element in the function that makes them: the compiler sees the
// state that an empty map begins with, and follows ways through the library that no program takes.
// Optimised it must not warn of them, even where nobody asks for warnings. g++ 12 does so only with
// about so much code.
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>

namespace {

struct point {
  int x;
  int y;
};
enum class color { red, blue };
struct color_hash {
  std::size_t operator()(color of) const { return static_cast<std::size_t>(of); }
};
using numbers = steady::hash_map<int, int>;
struct derived : numbers {
  int more = 5;
};
using points = steady::hash_map<int, point>;
using in_nodes = steady::node_hash_map<std::string, int>;
using shared = steady::concurrent_hash_map<std::string, std::string>;
using colors = steady::hash_map<color, int, color_hash>;
using nested = steady::hash_map<int, numbers>;

const volatile void* seen;
[[gnu::noinline]] void see(const volatile void* map) { seen = map; }

}  // namespace

[[gnu::noinline]] int see_all(numbers& a, const points& b, derived& c, in_nodes& d, shared& e,
                              colors& f, std::unique_ptr<numbers>& g, nested& h) {
  see(&a);
  see(&b);
  see(&c);
  see(&d);
  see(&e);
  see(&f);
  see(&g);
  see(&h);
  return static_cast<int>(a.size());
}

int main() {
  numbers reserved;
  reserved.reserve(60'000);
  points of_points;
  of_points[1] = {1, 2};
  derived of_derived;
  of_derived[3] = 4;
  in_nodes of_nodes;
  of_nodes["a"] = 1;
  shared of_shared;
  of_shared.insert_or_assign("k", "v");
  colors of_colors;
  of_colors[color::blue] = 7;
  auto held = std::make_unique<numbers>();
  (*held)[1] = 1;
  nested of_maps;
  of_maps[1][2] = 3;
  if (see_all(reserved, of_points, of_derived, of_nodes, of_shared, of_colors, held, of_maps) != 0)
    return 1;
  std::puts("all right");
}
