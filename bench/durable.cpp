// bench.durable: what durability costs a map of u64 pairs: changes per second by sync policy, how
// fast a directory is opened again, and how long a write may take while all elements are saved.
//
//   bench.durable [ELEMENTS] [ROUNDS] [--directory PATH] [--processor-time] [--json FILE]
//                    (default: 10000000, 3, a new directory of the system's for temporary files)
//
// Every round is done in processes of its own. A directory in memory (/dev/shm) shows what
// the program does without the disk. `control` is the same write without a snapshot. With
// --processor-time, writes are timed by how long their thread ran: on a machine that others share
// nearly all of a long write is time in which it did not. What reading the clock costs is taken off
// single writes.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <steady/durable_map.hpp>
#include <steady/hash_map.hpp>

#include "bench/adapters/steady.hpp"
#include "bench/support/call_times.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/median.hpp"
#include "bench/support/process.hpp"
#include "bench/support/progress.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using namespace steady::bench;
using durable = steady::durable_map<std::uint64_t, std::uint64_t>;
using steady::sync_policy;

// What a round found. Trivially copyable: it comes through a pipe.
struct figures {
  double insert_never = 0;  // changes per second
  double assign_never = 0;
  double insert_interval = 0;
  double plain_insert = 0;  // a hash_map, without files
  double each_change = 0;
  double grouped = 0;        // 100 changes for each sync
  double eight_threads = 0;  // sharing syncs
  double open_log = 0;       // changes per second
  double open_snapshot = 0;  // elements per second
  double snapshot_seconds = 0;
  double writes_meanwhile = 0;
  double copied_part = 0;  // of the map's memory
  double grown_part = 0;   // of the process's memory
  histogram control;       // nanoseconds of a write
  histogram meanwhile;
};

double per_second(std::uint64_t count, std::uint64_t ns) {
  return static_cast<double>(count) * 1e9 / static_cast<double>(std::max<std::uint64_t>(ns, 1));
}
template <class Work>
double rate(std::uint64_t count, const Work& work) {
  const std::uint64_t start = now_ns();
  work();
  return per_second(count, now_ns() - start);
}

steady::durable_options options_of(sync_policy policy) {
  steady::durable_options options;
  options.sync = policy;
  options.snapshot_after_bytes = 0;
  return options;
}

class durable_round {
 public:
  // `now`: the clock by which single writes are timed, in nanoseconds. `name` is shown while it
  // runs.
  durable_round(std::string directory, std::uint64_t count, clock_function now, std::string name)
      : directory_(std::move(directory)),
        count_(count),
        now_(now),
        clock_cost_(measure_clock_cost(now)),
        name_(std::move(name)) {}

  // Beginning with a directory that is empty.
  figures changes_and_openings() {
    plain();
    interval();
    each_change();
    never_and_open();
    return found_;
  }
  // Of the map that changes_and_openings() has left. In a process that has done nothing else, so
  // that its memory is the map's.
  figures saving(figures with) {
    found_ = with;
    save();
    return found_;
  }

 private:
  void show(const std::string& what) const { show_progress(name_ + ": " + what); }
  std::string fresh(const char* name) const {
    const std::string path = directory_ + "/" + name;
    std::filesystem::remove_all(path);
    return path;
  }

  void plain() {
    show("a map without files");
    steady::hash_map<std::uint64_t, std::uint64_t> map;
    found_.plain_insert = rate(count_, [&] {
      for (std::uint64_t n = 0; n < count_; ++n) map.insert_or_assign(splitmix64(n), n);
    });
  }
  void interval() {
    show("synced every second");
    const std::string path = fresh("interval");
    {
      durable map(path, options_of(sync_policy::interval));
      found_.insert_interval = rate(count_, [&] {
        for (std::uint64_t n = 0; n < count_; ++n) map.insert_or_assign(splitmix64(n), n);
      });
    }
    std::filesystem::remove_all(path);
  }
  void each_change() {
    show("each change synced");
    const std::uint64_t syncs = 300;
    {
      durable map(fresh("each"), options_of(sync_policy::each_change));
      found_.each_change = rate(syncs, [&] {
        for (std::uint64_t n = 0; n < syncs; ++n) map.insert_or_assign(splitmix64(n), n);
      });
      found_.grouped = rate(100 * syncs / 10, [&] {
        for (std::uint64_t group = 0; group < syncs / 10; ++group) {
          map.group([&] {
            for (std::uint64_t n = 0; n < 100; ++n) map.insert_or_assign(splitmix64(n), group);
          });
        }
      });
    }
    durable map(fresh("each"), options_of(sync_policy::never));
    std::mutex mutex;
    found_.eight_threads = rate(8 * syncs, [&] {
      std::vector<std::thread> threads;
      for (std::uint64_t t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
          for (std::uint64_t n = 0; n < syncs; ++n) {
            std::uint64_t at = 0;
            {
              const std::lock_guard<std::mutex> lock(mutex);
              map.insert_or_assign(splitmix64(t * syncs + n), n);
              at = map.position();
            }
            map.wait_durable(at);
          }
        });
      }
      for (std::thread& each : threads) each.join();
    });
  }

  // The directory stays, for saving().
  void never_and_open() {
    show("never synced");
    const std::string path = fresh("map");
    {
      durable map(path, options_of(sync_policy::never));
      found_.insert_never = rate(count_, [&] {
        for (std::uint64_t n = 0; n < count_; ++n) map.insert_or_assign(splitmix64(n), n);
      });
    }
    show("opened from the log");
    found_.open_log = opened(path);
    show("a snapshot");
    {
      durable map(path, options_of(sync_policy::never));
      map.save_snapshot();
    }
    show("opened from the snapshot");
    found_.open_snapshot = opened(path);
  }
  double opened(const std::string& path) {
    std::unique_ptr<durable> map;
    const double found = rate(
        count_, [&] { map = std::make_unique<durable>(path, options_of(sync_policy::never)); });
    if (map->size() != count_) std::printf("WRONG SIZE after opening\n");
    return found;
  }

  void save() {
    show("a snapshot while writes go on");
    durable map(directory_ + "/map", options_of(sync_policy::never));
    std::uint64_t next = count_;
    const auto write = [&](histogram& into) {
      const std::uint64_t key = splitmix64(splitmix64(next) % count_);
      into.record(timed(
          clock_cost_, [&] { map.insert_or_assign(key, next++); }, now_));
    };
    const std::uint64_t start = now_ns();
    for (std::uint64_t n = 0; n < count_ / 4; ++n) write(found_.control);
    found_.assign_never = per_second(count_ / 4, now_ns() - start);
    const memory_usage before = read_memory_usage();
    reset_peak_memory();
    std::size_t copied = 0;
    const std::uint64_t began = now_ns();
    map.start_snapshot();
    while (map.is_saving()) {
      write(found_.meanwhile);
      copied = std::max(copied, map.copied_bytes());
    }
    found_.snapshot_seconds = static_cast<double>(now_ns() - began) / 1e9;
    found_.writes_meanwhile = static_cast<double>(found_.meanwhile.count());
    const auto all = static_cast<double>(map.stats().bytes);
    found_.copied_part = static_cast<double>(copied) / all;
    found_.grown_part = static_cast<double>(read_memory_usage().peak - before.resident) /
                        static_cast<double>(before.resident);
    if (!map.snapshot_failure().empty()) std::printf("%s\n", map.snapshot_failure().c_str());
  }

  std::string directory_;
  std::uint64_t count_;
  clock_function now_;
  std::uint64_t clock_cost_;
  std::string name_;
  figures found_;
};

// ---- the report ----

// Prints what the rounds found, and keeps it for --json.
class report {
 public:
  report(const std::vector<figures>& rounds, std::uint64_t elements) : rounds_(rounds) {
    json_ = {{"elements", elements}, {"figures", nlohmann::json::array()}};
    add("hash_map, no files: insert", "M/s", &figures::plain_insert, 1e-6);
    add("never synced: insert", "M/s", &figures::insert_never, 1e-6);
    add("never synced: assign, random keys, each timed", "M/s", &figures::assign_never, 1e-6);
    add("synced every second: insert", "M/s", &figures::insert_interval, 1e-6);
    add("each change synced", "/s", &figures::each_change, 1);
    add("groups of 100 synced", "/s", &figures::grouped, 1);
    add("8 threads that share syncs", "/s", &figures::eight_threads, 1);
    add("opened from the log", "M/s", &figures::open_log, 1e-6);
    add("opened from a snapshot", "M/s", &figures::open_snapshot, 1e-6);
    add("a snapshot, while writes go on", "s", &figures::snapshot_seconds, 1);
    add("writes meanwhile", "M", &figures::writes_meanwhile, 1e-6);
    add("copied for it, at most, of the map's memory", "%", &figures::copied_part, 100);
    add("growth of the process meanwhile", "%", &figures::grown_part, 100);
    std::printf("\nmicroseconds of a write%s", call_times_head("").c_str());
    add("control", &figures::control);
    add("in a snapshot", &figures::meanwhile);
  }

  const nlohmann::json& json() const { return json_; }

 private:
  void add(const char* what, const char* unit, double figures::*member, double scale) {
    std::vector<double> values;
    for (const figures& each : rounds_) values.push_back(each.*member * scale);
    std::printf("%-58s %10.3f %-10s (%.3f to %.3f)\n", what, median(values), unit,
                *std::min_element(values.begin(), values.end()),
                *std::max_element(values.begin(), values.end()));
    json_["figures"].push_back({{"what", what}, {"unit", unit}, {"values", values}});
  }
  void add(const char* what, histogram figures::*member) {
    std::vector<const histogram*> rounds;
    for (const figures& each : rounds_) rounds.push_back(&(each.*member));
    const call_times times = summarise_call_times(what, rounds);
    std::printf("%s", times.line.c_str());
    json_["writes"][what] = times.figures;
  }

  const std::vector<figures>& rounds_;
  nlohmann::json json_;
};

// Each half in a process of its own.
figures measure(const std::string& directory, std::uint64_t count, clock_function now,
                const std::string& name) {
  const auto half = [](const auto& work) {
    auto outcome = run_in_child(work);
    if (!outcome.result) throw std::runtime_error(outcome.failure);
    return *outcome.result;
  };
  const figures first =
      half([&] { return durable_round(directory, count, now, name).changes_and_openings(); });
  return half([&] { return durable_round(directory, count, now, name).saving(first); });
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t count = 10'000'000;
  std::uint64_t rounds = 3;
  std::string json;
  std::string directory = (std::filesystem::temp_directory_path() / "bench.durable").string();
  CLI::App app("What durability costs a map of u64 pairs.");
  app.add_option("ELEMENTS", count, "elements in the map")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 32))
      ->capture_default_str();
  app.add_option("ROUNDS", rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--directory", directory,
                 "where a folder for the files is made, and removed afterwards")
      ->capture_default_str();
  app.add_option("--json", json, "file for the figures");
  bool processor_time = false;
  app.add_flag("--processor-time", processor_time, "time writes by how long their thread ran");
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    directory += "/bench.durable.files";
    std::filesystem::create_directories(directory);
    const clock_function now = processor_time ? thread_cpu_ns : now_ns;
    std::printf("%llu ns for reading the clock taken off single writes\n",
                static_cast<unsigned long long>(measure_clock_cost(now)));
    std::vector<figures> found;
    for (std::uint64_t n = 1; n <= rounds; ++n) {
      const std::string name = "round " + std::to_string(n) + " of " + std::to_string(rounds);
      found.push_back(measure(directory, count, now, name));
    }
    show_progress("");
    std::filesystem::remove_all(directory);
    const report all(found, count);
    const auto origin =
        origin_of_results({{std::string(steady_adapter::name), steady_adapter::version()}});
    if (!write_json("bench.durable", json, origin, all.json())) return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench.durable: %s\n", error.what());
    return 1;
  }
}
