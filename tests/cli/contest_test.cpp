// Rounds of runs: who takes part when, what is kept, and who is found wrong.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/contest.hpp"

namespace {

using namespace steady::cli;

constexpr run_kind both[] = {run_kind::throughput, run_kind::latency};

// What runs give, which are made in processes of their own: so it may depend on the kind only.
measured_run run_of(std::uint64_t elements, std::uint64_t slowest_ns) {
  measured_run run;
  run.result.elements = elements;
  run.result.final_bytes = elements * 10;
  run.result.service.record(slowest_ns);
  return run;
}

contest::run_function always(std::uint64_t elements, std::uint64_t slowest_ns = 5) {
  return [=](run_kind) { return run_of(elements, slowest_ns); };
}

std::string what(run_kind) { return "a run"; }

outcome played(contest& rounds, std::size_t count = 2, bool with_curves = false) {
  rounds.play(count, both);
  if (with_curves) rounds.watch_memory();
  outcome all;
  rounds.write_to(all, with_curves);
  return all;
}

TEST(contest, the_controls_array_is_as_large_as_the_first_table) {
  progress_line progress;
  contest rounds(progress, what);
  rounds.enter("one", "map one", "1.2", always(70));
  rounds.enter("two", "map two", "3", always(70));
  rounds.enter_control("touches", [](run_kind, std::uint64_t bytes) { return run_of(bytes, 1); });
  const outcome all = played(rounds);
  ASSERT_EQ(all.maps.size(), 2u);
  EXPECT_EQ(all.maps[1].full_name + " " + all.maps[1].version, "map two 3");
  EXPECT_EQ(all.maps[0].measured->elements, 70u);
  EXPECT_EQ(all.control.measured->elements, 700u);
  EXPECT_EQ(all.control.full_name,
            "touches a random cache line of a plain array as large as one's table");
  EXPECT_EQ(all.maps[0].curves, nullptr);
  EXPECT_TRUE(write_failures(all));
}

TEST(contest, who_finds_something_else_than_the_first_is_wrong) {
  progress_line progress;
  contest rounds(progress, what);
  rounds.enter("one", "", "", always(70));
  rounds.enter("two", "", "", always(71));
  rounds.enter("three", "", "", [](run_kind kind) {
    measured_run run = run_of(70, 1);
    if (kind == run_kind::latency) run.result.hits = 1;
    return run;
  });
  rounds.enter_control("touches", [](run_kind, std::uint64_t) { return run_of(1, 1); });
  const outcome all = played(rounds);
  EXPECT_EQ(all.maps[0].failure, "");
  EXPECT_EQ(all.maps[1].failure, "wrong: it found 71 elements, others found 70 elements");
  EXPECT_EQ(all.maps[2].failure,
            "wrong: it found 70 elements, 1 hits, 0 misses and 0 insertions, others found 70 "
            "elements");
  EXPECT_FALSE(all.maps[1].measured);
  EXPECT_FALSE(write_failures(all));
  EXPECT_EQ(finished(all, true).size(), 2u);
}

TEST(contest, who_fails_has_the_reason_and_no_figures) {
  progress_line progress;
  contest rounds(progress, what);
  rounds.enter("one", "", "", [](run_kind) -> measured_run { throw std::bad_alloc(); });
  rounds.enter_control("touches", [](run_kind, std::uint64_t) { return run_of(1, 1); });
  const outcome all = played(rounds);
  EXPECT_EQ(all.maps[0].failure, "out of memory");
  EXPECT_EQ(all.control.failure, "no map finished, so its array's size is unknown");
  EXPECT_TRUE(finished(all, true).empty());
}

TEST(contest, curves_are_of_the_latency_run_and_memory_of_its_own) {
  progress_line progress;
  contest rounds(progress, what);
  rounds.enter("one", "", "", [](run_kind kind) {
    measured_run run = run_of(1, kind == run_kind::latency ? 40 : 90);
    run.curves.cell_ms = 3;
    run.curves.slowest.record(0, 0, kind == run_kind::latency ? 40 : 90);
    if (kind == run_kind::memory) run.curves.memory.add(0, 1234);
    return run;
  });
  rounds.enter_control("touches", [](run_kind, std::uint64_t) { return run_of(1, 1); });
  const outcome all = played(rounds, 1, true);
  const map_curves& curves = *all.maps[0].curves;
  EXPECT_EQ(curves.pauses.slowest_ns, std::vector<std::uint32_t>{40});
  EXPECT_EQ(curves.pauses.cell_ms, 3u);
  EXPECT_EQ(curves.memory.bytes, std::vector<std::uint64_t>{1234});
  EXPECT_EQ(curves.service.back().ns, 40);
  EXPECT_TRUE(curves.response.empty());
}

}  // namespace
