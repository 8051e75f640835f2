// A program that has the library from the module alone, with types of its own and what depends on
// names that are not exported: deduction guides, functions that are found by their arguments,
// specialisations.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory_resource>
#include <string>
#include <thread>
#include <utility>
#include <vector>

import steady;

namespace {

struct place {
  int x, y;
  bool operator==(const place&) const = default;
};

}  // namespace

template <>
struct steady::hash<place> {
  using is_avalanching = void;
  using takes_seed = void;
  std::uint64_t operator()(const place& p, std::uint64_t seed = 0) const noexcept {
    return steady::hash_values(seed, p.x, p.y);
  }
};

namespace {

int failures = 0;

void expect(const char* what, bool holds) {
  if (!holds) {
    std::printf("wrong: %s\n", what);
    ++failures;
  }
}

void own_types() {
  steady::hash_map<place, std::string> names{{{1, 2}, "here"}, {{3, 4}, "there"}};
  expect("a key of the program's own", names.at(place{3, 4}) == "there");
  auto copy = names;
  expect("copies are equal", copy == names);
  copy.clear();
  swap(copy, names);
  expect("swapped", names.empty() && copy.size() == 2);
  expect("erase_if", erase_if(copy, [](const auto& each) { return each.first.x == 1; }) == 1);
}

void deduced() {
  const std::vector<std::pair<int, int>> pairs{{1, 10}, {2, 20}};
  steady::hash_map map(pairs.begin(), pairs.end());
  steady::node_hash_set set(steady::from_range, std::vector<int>{1, 2, 2});
  expect("from iterators", map.at(2) == 20);
  expect("from a range", set.size() == 2);
}

void traversed() {
  steady::hash_map<int, int> stock;
  for (int part = 0; part < 1000; ++part) stock[part] = part % 2;
  steady::snapshot report(stock);
  int walked = 0;
  for (auto& element : stock.walk()) walked += element.second;
  expect("walked", walked == 500);
  int reported = 0;
  while (!report.done()) {
    report.step(8, [&](const auto&) { ++reported; });
  }
  expect("reported", reported == 1000);
  auto old = steady::retire(std::move(stock));
  while (!old.done()) old.step(16);
}

void shared() {
  steady::concurrent_hash_map<std::string, int> counts;
  steady::evacuator helper;
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&counts] {
      for (int i = 0; i < 1000; ++i) {
        counts.try_emplace_or_visit(std::to_string(i), 1, [](auto& element) { ++element.second; });
      }
    });
  }
  for (std::thread& each : threads) each.join();
  expect("counted by both threads", counts.find("999").value_or(0) == 2);
}

void polymorphic() {
  std::pmr::monotonic_buffer_resource memory;
  steady::pmr::hash_set<int> numbers{&memory};
  numbers.insert(1);
  expect("its memory", numbers.get_allocator().resource() == &memory);
}

}  // namespace

int main() {
  own_types();
  deduced();
  traversed();
  shared();
  polymorphic();
  return failures;
}
