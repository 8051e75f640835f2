// One measured run: a stream of keys into one new map, or the control's touches. To be called in a
// process of its own (bench/support/child_process.hpp): it leaves its map behind.
//
// A run reads the clock once before and once after all updates (throughput), or around each update
// (latency): reading it each time would distort the total. A third kind (memory) is not timed at
// all; a thread looks at the memory meanwhile.
//
// An update: for numbers try_emplace(key, index); for texts ++map[text], where a text that is not
// there yet is inserted.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/histogram.hpp"
#include "bench/support/memory_curve.hpp"
#include "bench/support/timeline.hpp"
#include "cli/key_stream.hpp"
#include "cli/map_types.hpp"

namespace steady::cli {

enum class run_kind { throughput, latency, memory };

struct run_result {
  std::uint64_t elements = 0;
  std::uint64_t total_ns = 0;     // throughput runs only
  std::uint64_t peak_bytes = 0;   // beyond what the process held before there was a map
  std::uint64_t final_bytes = 0;  // likewise
  std::uint64_t page_faults = 0;  // while updating
  std::uint64_t growths = 0;      // where growths_known
  bool growths_known = false;
  bench::histogram latency;  // latency runs only
};

// What pictures are drawn from.
struct run_curves {
  bench::timeline slowest;  // latency runs only
  // Latency runs only: the milliseconds in which a migration was under way, where the map tells.
  std::bitset<bench::timeline::cells> migrating;
  bench::memory_curve memory;  // memory runs only
};

// Trivially copyable: it comes back through a pipe.
struct measured_run {
  run_result result;
  run_curves curves;
};

struct run_order {
  run_kind kind = run_kind::throughput;
  std::uint64_t clock_cost_ns = 0;
};

struct contestant {
  std::string_view name;
  std::string full_name;
  std::string version;
  std::function<measured_run(const key_stream&, run_order)> run;
};

// The maps of this build that hold such keys, Steady first. They run over keys of that kind.
std::vector<contestant> make_contestants(const key_stream& keys, hash_choice hash);

// As many operations as there are keys, each adding to one random cache line of a plain array of
// about `bytes` bytes, whose pages are all there: what the machine itself does to such a run.
measured_run run_control(const key_stream& keys, run_order order, std::uint64_t bytes);

}  // namespace steady::cli
