// bench.heat: does it pay to move hot buckets first?
//
// A map is filled up to its load limit and begins to grow; from then on threads look keys up, in
// one of four distributions. The growth is carried by a helper in the background, or by a trickle
// of insertions: one after every 16 lookups. The contenders are maps whose buckets move
//
//   line      in the order of the hash line: the usual policy
//   heat      in the order of heat, with the times of the usual policy's numbers
//   hot-first in that order, and without times: the helper takes what there is
//
// Of every 32 lookups one is timed, and before another one the map is asked whether it will be
// forwarded: whether its bucket has moved already. In every round all contenders run one after the
// other, in the same order, each in a process of its own.
//
// `CPU ns`: that a lookup took, with its part of insertions; of the threads that look up. `times`:
// as many as the first row's, the median over the rounds.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/evacuator.hpp>

#include "bench/concurrent/team.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/each_once.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/median.hpp"
#include "bench/support/progress.hpp"
#include "bench/support/splitmix64.hpp"
#include "support/migration_view.hpp"

namespace {

using namespace steady::bench;

// ---- contenders ----

struct by_heat : steady::default_concurrent_policy {
  static constexpr bool orders_by_heat = true;
};
struct hot_first : by_heat {
  struct heat : by_heat::heat {
    static constexpr lane hot{16, 0};
    static constexpr lane warm{4, 0};
    static constexpr lane cold{1, 0};
  };
};

template <class Policy>
using map_of = steady::concurrent_hash_map<
    std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
    std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;

// ---- what is looked up ----

struct options {
  unsigned log2_slots = 22;
  std::uint64_t lookups = 4'000'000;  // of all threads together
  unsigned rounds = 5;
  std::vector<std::string> only;  // distributions; all if there are none
  std::vector<unsigned> threads = {1, 2};
  bool quick = false;

  // As many as there is room for before the map grows.
  std::uint64_t elements() const {
    return static_cast<std::uint64_t>(static_cast<double>(std::uint64_t{1} << log2_slots) *
                                      steady::default_concurrent_policy::load_limit);
  }
};

// Numbers of elements, in the order in which they are looked up.
using plan = std::vector<std::uint32_t>;

plan uniform_plan(std::uint64_t elements, std::uint64_t lookups) {
  plan made(lookups);
  for (std::uint64_t n = 0; n < lookups; ++n)
    made[n] = static_cast<std::uint32_t>(splitmix64(n) % elements);
  return made;
}

// Element k is looked up in proportion to 1 / (k + 1)^exponent.
plan zipf_plan(std::uint64_t elements, std::uint64_t lookups, double exponent) {
  std::vector<double> up_to(elements);
  double sum = 0;
  for (std::uint64_t k = 0; k < elements; ++k)
    up_to[k] = sum += std::pow(static_cast<double>(k + 1), -exponent);
  plan made(lookups);
  for (std::uint64_t n = 0; n < lookups; ++n) {
    const double at = static_cast<double>(splitmix64(n) >> 11) * 0x1p-53 * sum;
    const auto found = std::lower_bound(up_to.begin(), up_to.end() - 1, at);
    made[n] = static_cast<std::uint32_t>(found - up_to.begin());
  }
  return made;
}

// Nine lookups in ten go to a thousandth of all elements; eight times other ones become hot.
plan shifting_plan(std::uint64_t elements, std::uint64_t lookups) {
  const std::uint64_t hot = std::max<std::uint64_t>(elements / 1000, 1);
  plan made(lookups);
  for (std::uint64_t n = 0; n < lookups; ++n) {
    const std::uint64_t random = splitmix64(n);
    const std::uint64_t phase = n * 8 / lookups;
    const bool is_hot = random % 10 != 0;
    const std::uint64_t number = random / 10;
    made[n] = static_cast<std::uint32_t>(is_hot ? (phase * hot + number % hot) % elements
                                                : number % elements);
  }
  return made;
}

struct distribution {
  std::string name;
  std::function<plan(std::uint64_t, std::uint64_t)> make;
};
std::vector<distribution> all_distributions() {
  return {{"zipf-0.99", [](auto e, auto l) { return zipf_plan(e, l, 0.99); }},
          {"zipf-1.2", [](auto e, auto l) { return zipf_plan(e, l, 1.2); }},
          {"shifting", shifting_plan},
          {"uniform", uniform_plan}};
}

enum class carrier : std::uint8_t { helper, trickle };
constexpr std::array<std::string_view, 2> carrier_names = {"a helper", "a trickle of insertions"};

// ---- a run ----

constexpr std::uint64_t lookups_per_sample = 32;
constexpr std::uint64_t lookups_per_insertion = 16;

struct measured {
  std::uint64_t ns = 0;
  std::uint64_t cpu_ns = 0;  // of the threads that look up
  std::uint64_t lookups = 0;
  std::uint64_t wrong = 0;
  std::uint64_t asked = 0;           // lookups before which the map was asked
  std::uint64_t forwarded = 0;       // of those
  std::uint64_t ended_after_ns = 0;  // the migration; 0 if it has not
  histogram times;
};
static_assert(std::is_trivially_copyable_v<measured>);

std::uint64_t key_of(std::uint64_t number) { return splitmix64(number); }

template <class Map>
class reader {
 public:
  reader(Map& map, const plan& keys, unsigned thread, unsigned threads, carrier by,
         std::uint64_t clock_cost, measured& into)
      : map_(map),
        view_(map),
        keys_(keys),
        thread_(thread),
        threads_(threads),
        by_(by),
        clock_cost_(clock_cost),
        into_(into),
        begin_(now_ns()) {}

  // Whether an element was not there.
  std::uint64_t operator()(std::uint64_t step) {
    const std::uint64_t number = keys_[step * threads_ + thread_];
    const std::uint64_t key = key_of(number);
    if (step % lookups_per_sample == 7) {
      ++into_.asked;
      into_.forwarded += view_.is_forwarded(key);
    }
    if (step % 1024 == 0) look_at_migration();
    if (by_ == carrier::trickle && step % lookups_per_insertion == 3) insert();
    if (step % lookups_per_sample != 23) return !look_up(key, number);
    bool found = false;
    into_.times.record(timed(clock_cost_, [&] { found = look_up(key, number); }));
    return !found;
  }

 private:
  bool look_up(std::uint64_t key, std::uint64_t number) const {
    bool is_right = false;
    map_.cvisit(key, [&](const auto& element) { is_right = element.second == number; });
    return is_right;
  }
  void insert() {
    const std::uint64_t number = (std::uint64_t{thread_} + 1) << 40 | next_++;
    map_.try_emplace(key_of(number), number);
  }
  void look_at_migration() {
    if (into_.ended_after_ns == 0 && !map_.migrating()) into_.ended_after_ns = now_ns() - begin_;
  }

  Map& map_;
  support::migration_view<Map> view_;
  const plan& keys_;
  unsigned thread_;
  unsigned threads_;
  carrier by_;
  std::uint64_t clock_cost_;
  measured& into_;
  std::uint64_t begin_;
  std::uint64_t next_ = 0;
};

template <class Policy>
measured run(const options& asked, const plan& keys, unsigned threads, carrier by) {
  const std::uint64_t clock_cost = measure_clock_cost();
  auto& map = *new map_of<Policy>();  // the process ends
  const std::uint64_t elements = asked.elements();
  std::uint64_t next = 0;
  for (; next < elements - elements / 64; ++next) map.try_emplace(key_of(next), next);
  map.finish();
  auto& helper = *new steady::evacuator();
  if (by == carrier::helper) static_cast<void>(new auto(helper.serve(map)));
  while (!map.migrating() && next < 2 * elements) map.try_emplace(key_of(next), next), ++next;

  std::vector<std::unique_ptr<measured>> of_threads;
  for (unsigned n = 0; n < threads; ++n) of_threads.push_back(std::make_unique<measured>());
  const team_result done =
      run_team(threads, keys.size() / threads, std::numeric_limits<std::uint64_t>::max(),
               [&](unsigned thread) {
                 return reader<map_of<Policy>>(map, keys, thread, threads, by, clock_cost,
                                               *of_threads[thread]);
               });
  measured all = *of_threads.front();
  for (unsigned n = 1; n < threads; ++n) {
    all.times.merge(of_threads[n]->times);
    all.asked += of_threads[n]->asked;
    all.forwarded += of_threads[n]->forwarded;
  }
  all.ns = done.ns;
  all.cpu_ns = done.cpu_ns;
  all.lookups = done.steps;
  all.wrong = done.wrong;
  return all;
}

// ---- the tables ----

struct contender {
  std::string name;
  std::function<measured(const options&, const plan&, unsigned, carrier)> run;
  std::vector<measured> rounds;
  std::string failure;  // why there are no more rounds
};
std::vector<contender> all_contenders() {
  return {{"line", run<steady::default_concurrent_policy>, {}, ""},
          {"heat", run<by_heat>, {}, ""},
          {"hot-first", run<hot_first>, {}, ""}};
}

double cost(const measured& of) {
  return static_cast<double>(of.cpu_ns) / static_cast<double>(of.lookups);
}
double rate(const measured& of) {
  return static_cast<double>(of.lookups) * 1000 / static_cast<double>(of.ns);
}
template <class Figure>
double middle_of(const contender& who, const Figure& figure) {
  std::vector<double> values;
  for (const measured& round : who.rounds) values.push_back(figure(round));
  return median(values);
}

std::string row(const contender& base, const contender& who) {
  const auto times = [&] {
    std::vector<double> ratios;
    for (std::size_t n = 0; n < std::min(base.rounds.size(), who.rounds.size()); ++n)
      ratios.push_back(cost(who.rounds[n]) / cost(base.rounds[n]));
    return ratios.empty() ? "-" : fmt::format("{:.2f}", median(ratios));
  }();
  const double forwarded = middle_of(who, [](const measured& of) {
    return 100 * static_cast<double>(of.forwarded) /
           static_cast<double>(std::max<std::uint64_t>(of.asked, 1));
  });
  const auto us_at = [&](const percentile& wanted) -> std::string {
    for (const measured& round : who.rounds) {
      if (!round.times.supports(wanted)) return "-";
    }
    return fmt::format("{:.2f}", middle_of(who, [&](const measured& of) {
                         return static_cast<double>(of.times.value_at(wanted)) / 1000;
                       }));
  };
  std::vector<double> ends;
  for (const measured& each : who.rounds) {
    if (each.ended_after_ns != 0) ends.push_back(static_cast<double>(each.ended_after_ns) / 1e6);
  }
  const std::string ended =
      ends.size() * 2 <= who.rounds.size() ? "-" : fmt::format("{:.0f}", median(ends));
  return fmt::format(
      "{:<10} {:>9.2f} {:>7.0f} {:>6} {:>10.1f} {:>8} {:>8} {:>9} {:>7.0f}\n", who.name,
      middle_of(who, rate), middle_of(who, cost), times, forwarded, us_at(usual_percentiles[0]),
      us_at(usual_percentiles[3]), ended,
      middle_of(who, [](const measured& of) { return static_cast<double>(of.ns) / 1e6; }));
}

// Whether all contenders did all rounds, and every answer was right.
bool measure_and_show(const options& asked, const distribution& what, const plan& keys,
                      unsigned threads, carrier by) {
  std::vector<contender> all = all_contenders();
  const std::string title =
      fmt::format("{}, {} {}, carried by {}", what.name, threads,
                  threads == 1 ? "thread" : "threads", carrier_names[static_cast<unsigned>(by)]);
  for (unsigned round = 1; round <= asked.rounds; ++round) {
    for (contender& each : all) {
      if (!each.failure.empty()) continue;
      show_progress(fmt::format("{}, round {}: {}", title, round, each.name));
      const auto outcome = run_in_child([&] { return each.run(asked, keys, threads, by); });
      if (outcome.result) each.rounds.push_back(*outcome.result);
      each.failure = outcome.failure;
    }
  }
  show_progress("");
  fmt::print("\n{}\n{:<10} {:>9} {:>7} {:>6} {:>10} {:>8} {:>8} {:>9} {:>7}\n", title, "",
             "million/s", "CPU ns", "times", "forwarded%", "p50 us", "p99.9 us", "ended ms",
             "run ms");
  bool succeeded = true;
  for (const contender& who : all) {
    if (!who.rounds.empty()) fmt::print("{}", row(all.front(), who));
    std::uint64_t wrong = 0;
    for (const measured& round : who.rounds) wrong += round.wrong;
    if (!who.failure.empty()) fmt::print("{}: {}\n", who.name, who.failure);
    if (wrong != 0) fmt::print("{}: {} WRONG ANSWERS\n", who.name, wrong);
    succeeded = succeeded && who.failure.empty() && wrong == 0;
  }
  std::fflush(stdout);
  return succeeded;
}

}  // namespace

int main(int count, char** arguments) {
  options asked;
  std::vector<distribution> what = all_distributions();
  std::vector<std::string> names;
  for (const distribution& each : what) names.push_back(each.name);
  CLI::App app("Does it pay to move hot buckets first?");
  auto* const slots = app.add_option("--log2-slots", asked.log2_slots,
                                     "of the array that the map grows out of (22)")
                          ->check(CLI::Range(16, 26));
  auto* const lookups = app.add_option("--lookups", asked.lookups, "of all threads (4000000)")
                            ->check(CLI::Range(std::uint64_t{10'000}, std::uint64_t{1} << 32));
  app.add_option("--rounds", asked.rounds, "rounds (5)")->check(CLI::Range(1, 1000));
  app.add_option("--threads", asked.threads, "that look up; may be given several times (1 and 2)")
      ->check(CLI::Range(1, 64));
  app.add_option("--only", asked.only, "distributions; may be given several times (all)")
      ->check(CLI::IsMember(names));
  app.add_flag("--quick", asked.quick, "an array of 2^18 slots, 200000 lookups");
  app.callback([&asked] { steady::bench::refuse_repeated("--threads", asked.threads); });
  CLI11_PARSE(app, count, arguments);
  if (asked.quick && slots->count() == 0) asked.log2_slots = 18;
  if (asked.quick && lookups->count() == 0) asked.lookups = 200'000;
  fmt::print("{} elements, {} lookups, {} rounds, each run in a process of its own\n",
             asked.elements(), asked.lookups, asked.rounds);
  bool succeeded = true;
  for (const distribution& each : what) {
    if (!asked.only.empty() &&
        std::find(asked.only.begin(), asked.only.end(), each.name) == asked.only.end()) {
      continue;
    }
    const plan keys = each.make(asked.elements() - asked.elements() / 64, asked.lookups);
    for (const unsigned threads : asked.threads) {
      for (const carrier by : {carrier::helper, carrier::trickle}) {
        succeeded = measure_and_show(asked, each, keys, threads, by) && succeeded;
      }
    }
  }
  return succeeded ? 0 : 1;
}
