// A user's program, which CMakeLists.txt builds with the settings that users have.
#if defined(WITH_WINDOWS_MACROS)
// The standard library's headers come first: they do not all bear these macros.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <random>
#include <thread>

#include "windows_macros.hpp"
#endif

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/concurrent_pmr.hpp>
#include <steady/evacuator.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/pmr.hpp>
#include <steady/pressure_monitor.hpp>
#include <steady/retire.hpp>
#include <steady/snapshot.hpp>

#if defined(WITH_QT_KEYWORDS)  // Steady's headers come before Qt's
#include "qt_keywords.hpp"
#endif

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

// Compilers look sooner at names of a class within a function: whether all of them are used.
void use_local_functions() {
  struct seeded_hash {
    using takes_seed = void;
    using is_avalanching = void;
    using is_transparent = void;
    std::uint64_t operator()(std::uint32_t key, std::uint64_t seed) const { return key * seed; }
  };
  struct equal {
    using is_transparent = void;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
  };
  steady::hash_map<std::uint32_t, std::uint32_t, seeded_hash, equal> map;
  steady::concurrent_hash_set<std::uint32_t, seeded_hash, equal> set;
  constexpr std::uint32_t key = 1;
  map.try_emplace(key, key);
  set.insert(key);
  expect(map.contains(key) && set.contains(key), "functions may be of a class within a function");
}

// Two threads that insert, change and erase the same elements.
template <class Map, class Make>
void share(const Make& make) {
  Map map;
  const auto work = [&](std::uint32_t parity) {
    for (std::uint32_t n = 0; n < many; ++n) {
      map.try_emplace_or_visit(make(n), make(0), [](auto&) {});
      map.visit(make(n), [&](auto& element) { element.second = make(n + 1); });
      if (n % 2 == parity) map.erase(make(n / 2));
      map.insert_or_assign(make(many + n % 8), make(n));
      map.cvisit(make(many + parity), [](const auto&) {});
    }
  };
  {
    std::thread other(work, 1);
    work(0);
    other.join();
  }
  for (std::uint32_t n = 0; n < many / 2; ++n) map.insert_or_assign(make(n), make(n + 1));
  expect(map.size() == many + 8, "every element is there once");
  bool right = true;
  for (std::uint32_t n = 0; n < many; ++n) right = right && map.find(make(n)) == make(n + 1);
  expect(right, "and as it should be");
  std::size_t met = 0;
  for (steady::cursor at; !at.at_end();) at = map.scan(at, 5, [&](const auto&) { ++met; });
  expect(met == map.visit_all([](auto&) {}), "a scan and a visit meet every element");
  Map copy = map;
  expect(copy == map, "a copy has the same elements");
  copy.merge(map);
  swap(copy, map);
  map.erase_if([&](const auto& element) { return element.second == make(4); });
  expect(copy != map, "one has one less");
  map = std::move(copy);
  map.reseed_gradually();
  while (map.migrating()) map.step(16);
  map.trim();
  {
    steady::pressure_monitor monitor;
    const auto served = monitor.serve(map);
    monitor.report_pressure();
    while (monitor.relieved() != monitor.events()) std::this_thread::yield();
  }
  {
    steady::evacuator helper;
    const auto served = helper.serve(map);
    map.compact_gradually();
    while (map.migrating()) std::this_thread::yield();
  }
  map.reserve(std::size_t{4} * many);
  map.clear();
  map.rehash(0);
  expect(map.check_invariants() == nullptr, "the concurrent map is as it should be");
  expect(map.release().empty(), "nothing is left");
  map.insert_and_visit(
      {make(1), make(2)}, [&](auto& element) { element.second = make(3); }, [](auto&) {});
  expect(map.find(make(1)) == make(3), "a visitor may change what is new");
  auto old = steady::retire(std::move(map));
  while (!old.done()) old.step(16);
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
  use_local_functions();
  share<steady::concurrent_hash_map<std::uint64_t, std::uint64_t>>(number);
  share<steady::concurrent_hash_map<std::uint32_t, std::uint32_t>>(
      [](std::uint32_t n) { return n; });
  share<steady::concurrent_hash_map<std::string, std::string>>(text);
  share<steady::pmr::concurrent_hash_map<std::uint64_t, std::uint64_t>>(number);
  steady::hash_map<double, float> floats;
  floats[0.5] = 0.25F;
  const auto same = floats;
  expect(floats == same, "numbers are compared as such");
  if (count > 1 && std::strcmp(arguments[1], "--missing") == 0)
    return static_cast<int>(floats.at(2.5));
  if (wrong == 0) std::puts("all right");
  return wrong;
}
