// A user's program, which CMakeLists.txt builds with the settings that users have.
#if defined(WITH_WINDOWS_MACROS)
// The standard library's headers come first: they do not all bear these macros.
#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <memory_resource>
#include <random>

#include "windows_macros.hpp"
#endif

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/pmr.hpp>
#include <steady/retire.hpp>
#include <steady/snapshot.hpp>

namespace {

int wrong = 0;

void expect(bool fact, const char* what) {
  if (fact) return;
  std::printf("wrong: %s\n", what);
  ++wrong;
}

constexpr std::uint32_t many = 3000;

struct counting_policy : steady::default_policy {
  static constexpr bool count_work = true;
};
using text_map =
    steady::hash_map<std::string, std::string, steady::hash<std::string>, std::equal_to<>,
                     std::allocator<std::pair<const std::string, std::string>>, counting_policy>;

template <class Map, class Make>
void use(const Make& make) {
  Map map;
  for (std::uint32_t n = 0; n < many; ++n) map.try_emplace(make(n), make(n + 1));
  expect(map.size() == many, "every element is inserted");
  expect(map.at(make(7)) == make(8), "every element is found");
  map.insert_or_assign(make(7), make(9));
  expect(map.contains(make(7)) && !map.contains(make(many)), "no other is");
  expect(!map.emplace(make(7), make(0)).second, "none twice");
  map[make(many)] = make(0);
  auto node = map.extract(make(many));
  map.insert(std::move(node));
  Map copy = map;
  expect(copy == map, "a copy has the same elements");
  steady::swap(copy, map);
  copy = std::move(map);
  std::size_t met = 0;
  {
    steady::snapshot view(copy);
    copy.erase(make(many));
    for ([[maybe_unused]] const auto& element : view) ++met;
  }
  expect(met == many + 1, "a snapshot shows what was");
  for ([[maybe_unused]] auto& element : copy.walk()) --met;
  for (steady::cursor at; !at.at_end();) at = copy.scan(at, 5, [&](const auto&) { ++met; });
  expect(met == many + 1, "a walk and a scan meet every element");
  copy.for_each(steady::line_part(0, 2), [](auto&) {});
  steady::erase_if(copy, [&](const auto& element) { return element.second == make(4); });
  copy.reserve(std::size_t{4} * many);
  copy.compact_gradually();
  copy.reseed_gradually();
  copy.step_for(std::chrono::microseconds(100));
  copy.finish();
  expect(copy.check_invariants() == nullptr, "the map is as it should be");
  copy.rehash(0);
  copy.trim();
  auto old = steady::retire(std::move(copy));
  while (!old.done()) old.step(1);
}

template <class Set>
void use_set() {
  Set set;
  for (std::uint32_t n = 0; n < many; ++n) set.emplace(n);
  set.merge(Set(set));
  expect(set.size() == many && set.count(3) == 1, "a set has its keys");
  set.erase(set.begin());
  set.clear_gradually();
}

}  // namespace

int main(int count, char** arguments) {
  const auto number = [](std::uint32_t n) { return std::uint64_t{n}; };
  const auto text = [](std::uint32_t n) { return std::to_string(n); };
  use<steady::hash_map<std::uint64_t, std::uint64_t>>(number);
  use<steady::node_hash_map<std::uint64_t, std::uint64_t>>(number);
  use<steady::pmr::hash_map<std::uint32_t, std::uint32_t>>([](std::uint32_t n) { return n; });
  use<text_map>(text);
  use_set<steady::hash_set<std::uint32_t>>();
  use_set<steady::node_hash_set<std::uint64_t>>();
  steady::hash_map<double, float> floats;
  floats[0.5] = 0.25F;
  const auto same = floats;
  expect(floats == same, "numbers are compared as such");
  if (count > 1 && std::strcmp(arguments[1], "--missing") == 0)
    return static_cast<int>(floats.at(2.5));
  if (wrong == 0) std::puts("all right");
  return wrong;
}
