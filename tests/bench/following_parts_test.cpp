// What bench.following measures with: both processes know the same content and the same times, and
// a wrong content is noticed.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "bench/following/model.hpp"
#include "bench/following/run.hpp"
#include "bench/following/schedule.hpp"
#include "bench/following/shared_notes.hpp"
#include "bench/following/two_processes.hpp"
#include "bench/support/median.hpp"

namespace {

namespace bench = steady::bench;
using map_type = std::unordered_map<std::uint64_t, std::uint64_t>;

map_type filled(std::uint64_t size) {
  map_type map;
  bench::fill(map, size);
  return map;
}

TEST(FollowingModel, EveryElementIsChangedOnce) {
  for (const std::uint64_t size : {1000u, 1001u, 1024u, 9999u}) {
    const bench::changed_elements changed(size);
    std::set<std::uint64_t> seen;
    for (std::uint64_t k = 0; k < size; ++k) {
      ASSERT_LT(changed[k], size);
      seen.insert(changed[k]);
    }
    EXPECT_EQ(seen.size(), size);
    EXPECT_EQ(changed[size + 3], changed[3]);
  }
}

TEST(FollowingModel, KnowsWhatIsThereAfterAnyNumberOfChanges) {
  const std::uint64_t size = 1000;
  map_type map = filled(size);
  EXPECT_EQ(bench::sum_of(map), bench::expected_sum(size, 0));
  const bench::changed_elements changed(size);
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t key = bench::followed_key(changed[done]);
    map.at(key) = bench::followed_value(key, 1);
    ++done;
    if (done % 97 == 0 || done == size) {
      ASSERT_EQ(bench::sum_of(map), bench::expected_sum(size, done)) << done;
    }
  }
}

TEST(FollowingModel, NoticesWhatIsMissingDoubledOrExchanged) {
  const bench::content_sum right = bench::expected_sum(1000, 0);
  const std::uint64_t one = bench::followed_key(17);
  const std::uint64_t other = bench::followed_key(18);
  map_type map = filled(1000);
  map.erase(one);
  EXPECT_NE(bench::sum_of(map), right);
  map[0] = 0;  // as many again
  EXPECT_NE(bench::sum_of(map), right);
  map = filled(1000);
  std::swap(map[one], map[other]);
  EXPECT_NE(bench::sum_of(map), right);
}

TEST(FollowingNotes, ReachTheOtherProcess) {
  const bench::shared_notes notes(1000);
  EXPECT_FALSE(notes.is_ready());
  EXPECT_EQ(notes.arrived_so_far(), notes.nothing_arrived);
  const auto [writer, follower] = bench::run_as_two(
      [&] {
        notes.note_begin(256, 123);
        notes.note_made(512);
        notes.note_ready();
        while (notes.arrived_so_far() != 7) ::usleep(100);
        return 1;
      },
      [&] {
        while (!notes.is_ready()) ::usleep(100);
        notes.note_arrived(7);
        return notes.begun_at(257) + notes.begun_at(512) + notes.made_so_far();
      });
  EXPECT_EQ(writer, 1);
  EXPECT_EQ(follower, 123u + 123u + 512u);
}

TEST(FollowingNotes, AProcessThatFailsIsAnErrorWithItsReason) {
  const auto good = [] { return 1; };
  const auto bad = []() -> int { throw std::runtime_error("on purpose"); };
  EXPECT_THROW(bench::run_as_two(good, bad), std::runtime_error);
  EXPECT_THROW(bench::run_as_two(bad, good), std::runtime_error);
}

TEST(FollowingRun, ChangesAreMadeInPortionsWhoseLongestIsTheStall) {
  const bench::run_asked asked{10'000, 10};
  const bench::shared_notes notes(asked.changes());
  map_type map = filled(asked.size);
  std::uint64_t pauses = 0;
  const double stall = bench::make_changes(
      asked, notes, [&](std::uint64_t key, std::uint64_t value) { map.at(key) = value; },
      [&](std::uint64_t done) {
        ++pauses;
        EXPECT_EQ(notes.made_so_far(), done);
        if (pauses == 2) ::usleep(20'000);
      });
  EXPECT_EQ(pauses, 4u);  // 256, 512, 768, 1000
  EXPECT_GE(stall, 20);
  EXPECT_EQ(bench::sum_of(map), bench::expected_sum(asked.size, 1000));
}

TEST(FollowingRun, LagIsTheHighestThatWasSeen) {
  const bench::shared_notes notes(1000);
  notes.note_begin(0, 1'000'000);
  notes.note_begin(256, 5'000'000);
  notes.note_made(512);
  bench::lag_watch lag;
  lag.look(notes, 1, 3'000'000);
  EXPECT_EQ(lag.changes(), 511);
  EXPECT_EQ(lag.ms(), 2);
  lag.look(notes, 257, 6'000'000);
  EXPECT_EQ(lag.changes(), 511);
  EXPECT_EQ(lag.ms(), 2);
  lag.look(notes, 512, 15'000'000);
  EXPECT_EQ(lag.ms(), 10);
}

TEST(FollowingSchedule, AChangeIsDueFromItsTimeOn) {
  const bench::schedule plan{1000, 300'000'000};
  EXPECT_EQ(plan.due(0), 0u);
  EXPECT_EQ(plan.due(999), 0u);
  EXPECT_EQ(plan.due(1000), 1u);
  for (std::uint64_t n = 1; n < 1000; ++n) {
    EXPECT_GE(plan.due(plan.time_of(n) + 1), n);
    EXPECT_LT(plan.due(plan.time_of(n) - 1), n);
  }
}

// Whoever never caught up did so later than all who did.
TEST(FollowingReport, TheMedianOfWhatMayNeverHaveComeToPass) {
  using times = std::vector<std::optional<double>>;
  EXPECT_EQ(bench::median(times{3, 1, 2}), 2);
  EXPECT_EQ(bench::median(times{3, std::nullopt, 1}), 3);
  EXPECT_EQ(bench::median(times{3, std::nullopt}), std::nullopt);
  EXPECT_EQ(bench::median(times{std::nullopt}), std::nullopt);
}

}  // namespace
