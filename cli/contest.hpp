// Rounds of measured runs: in each round every map takes its turn, and after them the control
// (A B C control A B C control ...), so that what disturbs the machine disturbs all alike. Every
// run is a process of its own. A map whose run fails, or finds something else than the others, has
// its reason, and takes no part any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/progress.hpp"
#include "cli/run_result.hpp"

namespace steady::cli {

class contest {
 public:
  using run_function = std::function<measured_run(run_kind)>;
  // Of the control: its array has about so many bytes.
  using control_function = std::function<measured_run(run_kind, std::uint64_t bytes)>;

  // what(kind) follows a map's name where the progress is shown.
  contest(progress_line& progress, std::function<std::string(run_kind)> what);
  contest(const contest&) = delete;
  contest& operator=(const contest&) = delete;

  // In the order of the report's columns.
  void enter(std::string_view name, std::string full_name, std::string version, run_function run);

  // `does` says what, for "... a random cache line of a plain array as large as steady's table".
  void enter_control(std::string does, control_function run);

  // Each round has a run of every kind of each map.
  void play(std::size_t rounds, std::span<const run_kind> kinds);

  // A memory run of each map, which only reports need.
  void watch_memory();

  // Sets the rows; with curves, if they are wanted.
  void write_to(outcome& all, bool with_curves) const;

 private:
  struct entrant {
    outcome_row row;
    run_function run;
    std::vector<run_result> throughput;
    std::vector<run_result> latency;
    run_curves curves;  // of the latency run with the smallest maximum, and of the memory run
    std::uint64_t curves_max_ns = 0;
  };

  void play_one(entrant& one, run_kind kind, std::string_view when);
  static void keep(entrant& one, run_kind kind, const measured_run& run);
  void check_what_it_found(entrant& map);
  void choose_table_bytes();
  static outcome_row row_of(const entrant& one, bool with_curves);

  progress_line& progress_;
  std::function<std::string(run_kind)> what_;
  std::vector<entrant> maps_;
  entrant control_;
  std::string control_does_;
  std::string found_;  // by the first map
  std::uint64_t table_bytes_ = 0;
  std::string table_owner_ = "a map";
};

// Names the maps that failed on standard error; true if none did.
bool write_failures(const outcome& all);

}  // namespace steady::cli
