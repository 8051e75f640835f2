// bench.emptiness: what empty buckets cost. Maps are drained by their first element, used as a
// worklist, and iterated, copied and cleared with few elements in much room.
//
// In each round the maps take turns in random order. Shown are medians of the rounds, nanoseconds
// for each element, and Steady's time as a multiple of std::unordered_map's.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <steady/hash.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/median.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::now_ns;
using steady::bench::splitmix64;

struct options {
  std::uint64_t elements = 1'600'000;  // of a map that is drained
  std::uint64_t few = 100;             // of a sparse map
  std::uint64_t room = 10'000'000;     // of a sparse map
  unsigned rounds = 3;
  bool drains_all = false;  // also maps whose begin() passes empty buckets one by one
};

volatile std::uint64_t observed;  // keeps the compiler from dropping the sums

template <class Map>
void fill(Map& map, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) map.try_emplace(splitmix64(i), i);
}

// Nanoseconds of each element by question.
template <class Map>
struct questions {
  static double drain(const options& asked) {
    Map map;
    fill(map, asked.elements);
    const std::uint64_t start = now_ns();
    while (!map.empty()) map.erase(map.begin());
    return static_cast<double>(now_ns() - start) / static_cast<double>(asked.elements);
  }
  // Takes the first element, and puts in a new one every fourth time.
  static double worklist(const options& asked) {
    Map map;
    std::uint64_t next = asked.elements / 2;
    fill(map, next);
    const std::uint64_t start = now_ns();
    std::uint64_t taken = 0;
    for (; !map.empty(); ++taken) {
      map.erase(map.begin());
      if (taken % 4 == 0) map.try_emplace(splitmix64(next), next), ++next;
    }
    return static_cast<double>(now_ns() - start) / static_cast<double>(taken);
  }

  static Map sparse(const options& asked) {
    Map map;
    map.reserve(asked.room);
    fill(map, asked.few);
    return map;
  }
  static double iterate(const options& asked) {
    const Map map = sparse(asked);
    return per_element(asked, [&] {
      std::uint64_t sum = 0;
      for (const auto& element : map) sum += element.second;
      observed = sum;
    });
  }
  static double copy(const options& asked) {
    const Map map = sparse(asked);
    return per_element(asked, [&] {
      const Map copied = map;
      observed = copied.size();
    });
  }
  static double clear(const options& asked) {
    Map map = sparse(asked);
    const std::uint64_t start = now_ns();
    map.clear();
    return static_cast<double>(now_ns() - start) / static_cast<double>(asked.few);
  }

 private:
  template <class Work>
  static double per_element(const options& asked, const Work& work) {
    work();
    const std::uint64_t start = now_ns();
    work();
    return static_cast<double>(now_ns() - start) / static_cast<double>(asked.few);
  }
};

struct contender {
  int column;
  std::string name;
  std::function<double(const options&)> run[5];
};

const char* const words[5] = {"erase(begin()) until empty", "worklist: the first out, some in",
                              "iterate, few in much room", "copy, few in much room",
                              "clear(), few in much room"};

void measure(const options& asked) {
  std::vector<contender> contenders;
  steady::bench::for_each_adapter_of<std::uint64_t>([&](auto adapter) {
    using map = typename decltype(adapter)::template map<std::uint64_t, std::uint64_t,
                                                         steady::hash<std::uint64_t>>;
    using ask = questions<map>;
    const int column = static_cast<int>(contenders.size());
    contenders.push_back({column,
                          std::string(adapter.name),
                          {ask::drain, ask::worklist, ask::iterate, ask::copy, ask::clear}});
  });
  std::printf("%-34s %8s", "", "by std");
  for (const auto& each : contenders) std::printf(" %9s", each.name.c_str());
  std::printf("  ns an element\n");
  std::mt19937_64 random(1);
  for (std::size_t question = 0; question < 5; ++question) {
    std::map<std::string, std::vector<double>> times;
    for (unsigned round = 0; round < asked.rounds; ++round) {
      std::shuffle(contenders.begin(), contenders.end(), random);
      for (const auto& each : contenders) {
        const bool quadratic = question < 2 && each.name != "steady" && each.name != "std";
        if (quadratic && !asked.drains_all) continue;
        times[each.name].push_back(each.run[question](asked));
      }
    }
    std::sort(contenders.begin(), contenders.end(),
              [](const auto& a, const auto& b) { return a.column < b.column; });
    std::printf("%-34s %8.2f", words[question],
                steady::bench::median(times["steady"]) / steady::bench::median(times["std"]));
    for (const auto& each : contenders) {
      if (times.contains(each.name)) {
        std::printf(" %9.1f", steady::bench::median(times[each.name]));
      } else {
        std::printf(" %9s", "-");
      }
    }
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** words_given) {
  options asked;
  CLI::App app("What empty buckets cost, beside other maps.");
  const CLI::Range some(std::uint64_t{1}, std::uint64_t{1} << 40);
  app.add_option("--elements", asked.elements, "of a map that is drained")
      ->check(CLI::Range(std::uint64_t{2}, std::uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--few", asked.few, "elements of a sparse map")
      ->check(some)
      ->capture_default_str();
  app.add_option("--room", asked.room, "elements that a sparse map was reserved for")
      ->check(some)
      ->capture_default_str();
  app.add_option("--rounds", asked.rounds, "rounds")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--all", asked.drains_all,
               "drain boost and absl, too, which takes them time that is quadratic");
  CLI11_PARSE(app, count, words_given);
  measure(asked);
  return 0;
}
