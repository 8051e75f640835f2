// One measured run of a comparison: a stream of keys into one new map, or the control's touches.
//
// An update: for numbers try_emplace(key, index); for texts ++map[text], where a text that is not
// there yet is inserted.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/contestant.hpp"
#include "cli/key_stream.hpp"
#include "cli/map_types.hpp"
#include "cli/run_result.hpp"

namespace steady::cli {

struct run_order {
  run_kind kind = run_kind::throughput;
  std::uint64_t clock_cost_ns = 0;
};

using compare_contestant = contestant<key_stream, run_order>;

// The maps of this build that hold such keys, Steady first. They run over keys of that kind.
std::vector<compare_contestant> make_contestants(const key_stream& keys, hash_choice hash);

// As many operations as there are keys, each adding to one random cache line of a plain array of
// about `bytes` bytes.
measured_run run_control(const key_stream& keys, run_order order, std::uint64_t bytes);

}  // namespace steady::cli
