// bench.following: full copies against a snapshot and a stream of changes, when a second map in
// another process is kept up to date.
//
// A writer changes 1, 10 or 50 % of its elements; measured is until the second map is equal, which
// is checked. What is done: run.hpp, and a header for each way. In every round all ways do it one
// after the other, each in processes of its own.
//
// With --stream: changes at a fixed rate, and how long after they are due the follower has them
// (open_loop.hpp); then a follower that goes away for a while; then the highest rate at which it
// keeps up: less than 50 ms behind, but for one change in a thousand.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/adapters/steady.hpp"
#include "bench/following/full_copy.hpp"
#include "bench/following/open_loop.hpp"
#include "bench/following/redis.hpp"
#include "bench/following/report.hpp"
#include "bench/following/streaming.hpp"
#include "bench/support/each_once.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/origin.hpp"
#include "bench/support/progress.hpp"

namespace {

using namespace steady::bench;

struct options {
  std::uint64_t size = 10'000'000;
  std::vector<std::uint64_t> percents = {1, 10, 50};
  unsigned rounds = 3;
  std::vector<std::string> only;  // all if there are none
  std::string json;
  bool quick = false;
  bool stream = false;
  std::uint64_t rate = 500'000;
  std::uint64_t seconds = 10;
  std::uint64_t break_ms = 500;
  unsigned tries = 8;
};

// ---- rounds of changes ----

std::vector<way> chosen_ways(const options& chosen) {
  std::vector<way> all = {full_copy_way(), stream_way()};
  const auto redis = redis_way();
  if (const auto* const found = std::get_if<way>(&redis)) {
    all.push_back(*found);
  } else {
    fmt::print("redis is left out: {}\n", std::get<std::string>(redis));
  }
  std::erase_if(all, [&](const way& each) {
    return !chosen.only.empty() &&
           std::find(chosen.only.begin(), chosen.only.end(), each.name) == chosen.only.end();
  });
  return all;
}

// Once more, unless that failed before.
void run_once(const way& who, way_rounds& results) {
  if (!results.failure.empty()) return;
  try {
    results.rounds.push_back(who.run(results.asked));
  } catch (const std::exception& error) {
    results.failure = error.what();
  }
}

nlohmann::json origin_of(const std::vector<way>& ways) {
  std::map<std::string, std::string> versions = {
      {std::string(steady_adapter::name), steady_adapter::version()}};
  std::string hash = same_hash;
  for (const way& each : ways) {
    if (each.version.empty()) continue;
    versions[each.name] = each.version;
    hash += fmt::format("; {} has its own", each.name);
  }
  return origin_of_results(versions, hash);
}
bool write_figures(const options& chosen, const std::vector<way>& ways,
                   const std::vector<way_rounds>& rows) {
  auto json = nlohmann::json::array();
  for (const way_rounds& who : rows) json.push_back(json_of(who));
  return write_json("bench.following", chosen.json, origin_of(ways), json);
}

int run_rounds(const options& chosen) {
  const std::vector<way> ways = chosen_ways(chosen);
  fmt::print("{} elements, u64 pairs; {} rounds, each run in processes of its own\n", chosen.size,
             chosen.rounds);
  for (const way& each : ways) fmt::print("{:<10} {}\n", each.name, each.about);
  std::fflush(stdout);
  std::vector<way_rounds> rows;
  for (const std::uint64_t percent : chosen.percents) {
    for (const way& each : ways) {
      rows.push_back({each.name, each.about, {chosen.size, percent}, {}, ""});
    }
  }
  for (unsigned round = 1; round <= chosen.rounds; ++round) {
    for (std::size_t n = 0; n < rows.size(); ++n) {
      show_progress(fmt::format("round {} of {}: {} %, {}", round, chosen.rounds,
                                rows[n].asked.percent, rows[n].name));
      run_once(ways[n % ways.size()], rows[n]);
    }
    // What there is, should a later round be broken off.
    if (!write_figures(chosen, ways, rows)) return 1;
  }
  show_progress("");
  for (const std::uint64_t percent : chosen.percents) fmt::print("{}", rounds_table(rows, percent));
  const std::string warnings = warnings_about(rows);
  fmt::print("{}", warnings);
  return warnings.empty() ? 0 : 1;
}

// ---- streams ----

stream_rounds stream_at(const stream_asked& asked, unsigned rounds, const std::string& what) {
  stream_rounds found{what, asked, {}};
  for (unsigned round = 1; round <= rounds; ++round) {
    show_progress(
        fmt::format("{}, {} changes a second: round {} of {}", what, asked.rate, round, rounds));
    found.rounds.push_back(std::make_unique<stream_found>());
    run_stream(asked, *found.rounds.back());
  }
  show_progress("");
  return found;
}

// Every rate that was tried: twice as much until it is too much, then between what was not and what
// was.
std::vector<stream_rounds> search_highest_rate(const options& chosen) {
  std::vector<stream_rounds> tried;
  const auto keeps_up = [&](std::uint64_t rate) {
    tried.push_back(
        stream_at({chosen.size, rate, std::max<std::uint64_t>(1, chosen.seconds / 4), 0}, 1,
                  "the highest rate"));
    return kept_up(tried.back());
  };
  std::uint64_t good = 0;
  std::uint64_t bad = 0;  // none yet
  while (tried.size() < chosen.tries) {
    const std::uint64_t next = good == 0 && bad == 0 ? chosen.rate
                               : bad == 0            ? 2 * good
                                                     : good + (bad - good) / 2;
    (keeps_up(next) ? good : bad) = next;
  }
  return tried;
}

int run_streams(const options& chosen) {
  fmt::print(
      "a stream of changes of {} elements; microseconds from when a change is due until the "
      "follower has it\n",
      chosen.size);
  auto json = nlohmann::json::array();
  bool all_right = true;
  const auto report = [&](const stream_rounds& of, const std::string& text) {
    fmt::print("{}", text);
    std::fflush(stdout);
    json.push_back(json_of(of));
    if (is_right(of)) return;
    fmt::print("WRONG CONTENT, or a snapshot that was not needed\n");
    all_right = false;
  };
  const stream_asked asked{chosen.size, chosen.rate, chosen.seconds, 0};
  const stream_rounds usual = stream_at(asked, chosen.rounds, "lag");
  report(usual, stream_head() + stream_line(usual));
  stream_asked broken = asked;
  broken.break_ms = chosen.break_ms;
  const stream_rounds breaks = stream_at(broken, chosen.rounds, "a break");
  report(breaks, break_line(breaks));
  if (chosen.tries > 0) fmt::print("\nthe highest rate{}", stream_head());
  std::uint64_t highest = 0;
  for (const stream_rounds& each : search_highest_rate(chosen)) {
    report(each, stream_line(each));
    if (kept_up(each)) highest = std::max(highest, each.asked.rate);
  }
  if (chosen.tries > 0) fmt::print("kept up with {} changes a second\n", highest);
  const bool written = write_json("bench.following", chosen.json, origin_of({}), json);
  return written && all_right ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  CLI::App app(
      "Full copies against a snapshot and a stream of changes, to a map in another process.");
  auto* const size = app.add_option("--size", chosen.size, "elements (10000000)")
                         ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 32));
  app.add_option("--percent", chosen.percents, "of the elements that are changed (1 10 50)")
      ->check(CLI::Range(1, 100));
  auto* const rounds =
      app.add_option("--rounds", chosen.rounds, "rounds (3)")->check(CLI::Range(1, 1000));
  app.add_option("--only", chosen.only, "ways; may be given several times (all)")
      ->check(CLI::IsMember({"full-copy", "stream", "redis"}));
  app.add_option("--json", chosen.json, "file for the figures of every round");
  app.add_flag("--stream", chosen.stream, "changes at a fixed rate instead, and their lag");
  app.add_option("--rate", chosen.rate, "changes a second of --stream (500000)")
      ->check(CLI::Range(1, 100'000'000));
  auto* const seconds =
      app.add_option("--seconds", chosen.seconds, "of --stream (10)")->check(CLI::Range(1, 100));
  app.add_option("--break-ms", chosen.break_ms, "for which the follower goes away (500)")
      ->check(CLI::Range(1, 1500));
  app.add_option("--tries", chosen.tries, "rates to try for the highest; 0: do not search (8)")
      ->check(CLI::Range(0, 20));
  app.add_flag("--quick", chosen.quick, "200,000 elements, 1 round, 2 seconds");
  app.callback([&chosen] { steady::bench::refuse_repeated("--percent", chosen.percents); });
  CLI11_PARSE(app, count, arguments);
  if (chosen.quick) {
    if (size->count() == 0) chosen.size = 200'000;
    if (rounds->count() == 0) chosen.rounds = 1;
    if (seconds->count() == 0) chosen.seconds = 2;
  }
  try {
    return chosen.stream ? run_streams(chosen) : run_rounds(chosen);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench.following: %s\n", error.what());
    return 1;
  }
}
