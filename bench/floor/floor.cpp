// bench.floor: how close lookups come to what the machine's memory allows.
//
// The floor is reading, for every key, one random cache line of an array as large as Steady's
// table; or two lines, one among as many bytes as the headers have and one among the rest. Their
// addresses follow from the key at once, without hashing, comparing or branching. Independent
// reads: the processor overlaps those of many keys. Dependent reads: the next key is known only
// when the line is there. Everything is measured in the same rounds, over the same keys.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/median.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using namespace steady::bench;
using keys = std::vector<std::uint64_t>;

// Keeps the compiler from dropping the sums.
volatile std::uint64_t observed;

// Nanoseconds per key. `value_for(key)` reads memory; values are small, which only the data tell.
template <class ValueFor>
double independent(const keys& all, const ValueFor& value_for) {
  std::uint64_t sum = 0;
  const std::uint64_t start = now_ns();
  for (const std::uint64_t key : all) sum += value_for(key);
  const std::uint64_t took = now_ns() - start;
  observed = sum;
  return static_cast<double>(took) / static_cast<double>(all.size());
}

template <class ValueFor>
double dependent(const keys& all, const ValueFor& value_for) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  const std::uint64_t start = now_ns();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint64_t value = value_for(all[at]);
    sum += value;
    at = i + (value >> 63);
  }
  const std::uint64_t took = now_ns() - start;
  observed = sum;
  return static_cast<double>(took) / static_cast<double>(all.size());
}

struct runner {
  std::string name;
  std::function<double(const keys&, bool)> run;  // whether independent
};

template <class ValueFor>
std::function<double(const keys&, bool)> timed_with(ValueFor value_for) {
  return [=](const keys& all, bool overlapping) {
    return overlapping ? independent(all, value_for) : dependent(all, value_for);
  };
}

// Lines of 64 bytes, each with something other than zero in it.
class lines {
 public:
  explicit lines(std::uint64_t bytes)
      : count_(std::max<std::uint64_t>(1, bytes / 64)), words_(count_ * 8, 1) {}

  // A line that follows from a random `number`.
  std::uint64_t at(std::uint64_t number) const {
    return words_[((number >> 32) * count_ >> 32) * 8];
  }

 private:
  std::uint64_t count_;
  std::vector<std::uint64_t> words_;
};

runner read_one_line(std::uint64_t bytes) {
  const auto array = std::make_shared<lines>(bytes);
  const lines* const from = array.get();
  auto run = timed_with([from](std::uint64_t key) { return from->at(key); });
  return {"one line", [array, run](const keys& all, bool one) { return run(all, one); }};
}

runner read_two_lines(std::uint64_t header_bytes, std::uint64_t slot_bytes) {
  const auto headers = std::make_shared<lines>(header_bytes);
  const auto slots = std::make_shared<lines>(slot_bytes);
  const lines* const first = headers.get();
  const lines* const second = slots.get();
  auto run = timed_with(
      [=](std::uint64_t key) { return first->at(key) + second->at((key << 32) | (key >> 32)); });
  return {"two lines", [headers, slots, run](const keys& all, bool one) { return run(all, one); }};
}

template <class Map>
runner find_in(std::string name, std::shared_ptr<Map> map) {
  const Map* const in = map.get();
  auto run = timed_with([in](std::uint64_t key) { return in->find(key)->second; });
  return {std::move(name), [map, run](const keys& all, bool one) { return run(all, one); }};
}

std::vector<runner> runners_for(std::uint64_t size) {
  std::vector<runner> all;
  std::uint64_t bytes = 0;
  std::uint64_t header_bytes = 0;
  for_each_fast_adapter_of<std::uint64_t>([&](auto adapter) {
    using map_type = typename decltype(adapter)::template map<std::uint64_t, std::uint64_t,
                                                              steady::hash<std::uint64_t>>;
    auto map = std::make_shared<map_type>();
    for (std::uint64_t n = 0; n < size; ++n) map->try_emplace(splitmix64(n), n);
    if constexpr (requires { map->finish(); }) {
      map->finish();
      bytes = map->stats().bytes;
      header_bytes = map->stats().buckets * 16;
    }
    all.push_back(find_in(std::string(adapter.name), std::move(map)));
  });
  all.push_back(read_one_line(bytes));
  all.push_back(read_two_lines(header_bytes, bytes - header_bytes));
  return all;
}

struct options {
  std::uint64_t from = 1 << 14;
  std::uint64_t to = 1 << 25;
  unsigned rounds = 5;
  std::string json;
};

class floor_report {
 public:
  void add(std::uint64_t size, bool overlapping, const std::map<std::string, double>& ns) {
    std::string line =
        fmt::format("{:>11} {:<12}", size, overlapping ? "independent" : "dependent");
    nlohmann::json cell = {{"size", size}, {"independent", overlapping}};
    for (const auto& [name, each] : ns) cell["ns"][name] = each;
    for (const std::string& name : columns()) line += fmt::format(" {:>10.2f}", ns.at(name));
    for (const std::string& name : map_names())
      line += fmt::format(" {:>12.2f}x", ns.at(name) / ns.at("two lines"));
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    json_.push_back(cell);
  }

  static void print_head() {
    std::string line = fmt::format("{:>11} {:<12}", "size", "keys");
    for (const std::string& name : columns()) line += fmt::format(" {:>10}", name);
    for (const std::string& name : map_names()) line += fmt::format(" {:>13}", name + "/two");
    std::printf("%s\n", line.c_str());
  }

  const nlohmann::json& json() const { return json_; }

 private:
  static std::vector<std::string> map_names() {
    std::vector<std::string> names;
    for_each_fast_adapter_of<std::uint64_t>(
        [&](auto adapter) { names.emplace_back(decltype(adapter)::name); });
    return names;
  }
  static std::vector<std::string> columns() {
    std::vector<std::string> names = map_names();
    names.insert(names.begin(), {"one line", "two lines"});
    return names;
  }

  nlohmann::json json_ = nlohmann::json::array();
};

int run(const options& chosen) {
  pin_to_one_core();
  std::printf(
      "Nanoseconds per lookup that finds its key, and per read of random lines; medians of %u "
      "rounds\n",
      chosen.rounds);
  floor_report::print_head();
  floor_report report;
  for (double exact = static_cast<double>(chosen.from); exact < static_cast<double>(chosen.to);
       exact *= std::sqrt(2.0)) {
    const auto size = static_cast<std::uint64_t>(std::lround(exact));
    const std::vector<runner> all = runners_for(size);
    keys wanted;
    std::mt19937_64 random(size);
    for (int i = 0; i < 1'000'000; ++i) wanted.push_back(splitmix64(random() % size));
    for (const bool overlapping : {true, false}) {
      std::map<std::string, std::vector<double>> ns;
      for (unsigned round = 0; round < chosen.rounds; ++round) {
        for (std::size_t turn = 0; turn < all.size(); ++turn) {
          const runner& next = all[(turn + round) % all.size()];
          ns[next.name].push_back(next.run(wanted, overlapping));
        }
      }
      std::map<std::string, double> medians;
      for (const auto& [name, each] : ns) medians[name] = median(each);
      report.add(size, overlapping, medians);
    }
  }
  return write_json("bench.floor", chosen.json, origin_of_results(versions_of_maps()),
                    report.json())
             ? 0
             : 1;
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  CLI::App app("Looking up, as a multiple of reading as much memory at random.");
  app.add_option("--from", chosen.from, "smallest size (16384)")->check(CLI::PositiveNumber);
  app.add_option("--to", chosen.to, "sizes stay below (33554432)")->check(CLI::PositiveNumber);
  app.add_option("--rounds", chosen.rounds, "rounds (5)")->check(CLI::Range(1, 1000));
  app.add_option("--json", chosen.json, "file for the figures");
  CLI11_PARSE(app, count, arguments);
  if (chosen.from >= chosen.to) {
    std::fprintf(stderr, "bench.floor: --from must be below --to\n");
    return 2;
  }
  return run(chosen);
}
