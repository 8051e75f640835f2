// Replays find what a model finds, and times of waiting are response, not service.
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "cli/outcome.hpp"
#include "cli/replay_run.hpp"

namespace {

using namespace steady::cli;

trace random_trace(bool texts) {
  trace made;
  made.holds_texts = texts;
  std::mt19937 random(5);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    request each;
    each.due_ns = i * 100;
    each.kind = request_kind(random() % 3);
    const std::uint64_t key = random() % 3000;
    if (texts) {
      const std::string text = "a key that is not short " + std::to_string(key);
      each.key = made.texts.size();
      each.length = static_cast<std::uint32_t>(text.size());
      made.texts += text;
    } else {
      each.key = key;
    }
    made.requests.push_back(each);
  }
  return made;
}

struct model_counts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t inserted = 0;
  std::uint64_t elements = 0;
};

model_counts replay_in_model(const trace& all, bool fill) {
  std::map<std::string, int> model;
  model_counts counts;
  for (const request& each : all.requests) {
    const std::string key =
        all.holds_texts ? std::string(all.text_of(each)) : std::to_string(each.key);
    if (each.kind != request_kind::write) ++(model.contains(key) ? counts.hits : counts.misses);
    if (each.kind == request_kind::erase) {
      model.erase(key);
    } else if (each.kind == request_kind::write || fill) {
      counts.inserted += model.emplace(key, 0).second ? 1u : 0u;
    }
  }
  counts.elements = model.size();
  return counts;
}

// Of 300 KB: not on a stack.
std::unique_ptr<measured_run> replayed(const replay_contestant& map, const trace& all,
                                       replay_order order) {
  return std::make_unique<measured_run>(map.run(all, order));
}

TEST(Replay, EveryMapFindsWhatAModelFinds) {
  for (const bool texts : {false, true}) {
    const trace all = random_trace(texts);
    for (const bool fill : {false, true}) {
      const model_counts expected = replay_in_model(all, fill);
      for (const hash_choice hash : {hash_choice::same, hash_choice::own}) {
        for (const replay_contestant& map : make_replay_contestants(texts, hash)) {
          SCOPED_TRACE(map.full_name);
          const auto found = replayed(map, all, {1, fill, 20, 1});
          EXPECT_EQ(found->result.hits, expected.hits);
          EXPECT_EQ(found->result.misses, expected.misses);
          EXPECT_EQ(found->result.inserted, expected.inserted);
          EXPECT_EQ(found->result.elements, expected.elements);
          EXPECT_EQ(found->result.service.count(), all.requests.size());
          EXPECT_EQ(found->result.response.count(), all.requests.size());
        }
      }
    }
  }
}

TEST(Replay, WaitingIsResponseAndNotService) {
  trace all;
  constexpr std::uint64_t count = 50'000;
  for (std::uint64_t i = 0; i < count; ++i)
    all.requests.push_back({0, i, 1, 0, request_kind::write});
  const auto contestants = make_replay_contestants(false, hash_choice::same);
  const auto found = replayed(contestants.front(), all, {1, false, 0, 1});
  // All are due at once: each but the first waits for those before it.
  EXPECT_GE(found->result.late, count - 1);
  for (const steady::bench::percentile& each : steady::bench::usual_percentiles) {
    EXPECT_LE(found->result.service.value_at(each), found->result.response.value_at(each))
        << each.name;
  }
  // The last one's answer comes after all that the map did: no less than the median for each.
  const std::uint64_t median = found->result.service.value_at({"p50", 500'000});
  EXPECT_GE(found->result.response.max(), median * (count / 2) * 99 / 100);
}

TEST(Replay, TakesAsLongAsItsSpeedSays) {
  trace all;
  all.requests.push_back({0, 1, 1, 0, request_kind::write});
  all.requests.push_back({400'000'000, 2, 1, 0, request_kind::write});
  const auto contestants = make_replay_contestants(false, hash_choice::same);
  const auto found = replayed(contestants.front(), all, {10, false, 0, 2});
  // 40 ms in cells of 2 ms; never less, whatever else the machine does.
  EXPECT_GE(found->curves.slowest.size(), 21u);
  EXPECT_EQ(found->result.elements, 2u);
}

TEST(Replay, TheControlTouchesAsOften) {
  const trace all = random_trace(false);
  const auto found =
      std::make_unique<measured_run>(replay_control(all, {1000, false, 0, 1}, 640'000));
  EXPECT_EQ(found->result.service.count(), all.requests.size());
  EXPECT_EQ(found->result.elements, 10'000u);
}

// The same requests at the same times, but nothing is timed: a thread looks at the memory.
TEST(Replay, AMemoryRunWatchesTheMemory) {
  trace all;
  constexpr std::uint64_t count = 400'000;  // far more than earlier tests have left in the heap
  all.requests.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    all.requests.push_back({i * 100, i, 1, 0, request_kind::write});  // 40 ms
  }
  const auto contestants = make_replay_contestants(false, hash_choice::same);
  const auto found = replayed(contestants.front(), all, {1, false, 0, 1, run_kind::memory});
  const steady::bench::memory_curve& curve = found->curves.memory;
  EXPECT_EQ(found->result.elements, count);
  EXPECT_EQ(found->result.service.count(), 0u);
  ASSERT_GE(curve.size() * curve.interval_ns(), 39'000'000u);
  EXPECT_LT(curve[0], curve[curve.size() - 1]);
  EXPECT_GT(curve[curve.size() - 1], count * 16);
}

TEST(ReplaySummary, TakesMediansOfTimesAndLateRequests) {
  std::vector<run_result> rounds(3);
  for (std::uint64_t i = 0; i < 3; ++i) {
    rounds[i].hits = 7;
    rounds[i].late = 10 * (i + 1);
    rounds[i].peak_bytes = 100 * (3 - i);
    rounds[i].service.record(100 * (i + 1));
    rounds[i].response.record(1000 * (3 - i));
  }
  const figures found = summarize({}, rounds);
  EXPECT_EQ(found.hits, 7u);
  EXPECT_EQ(found.late, 20);
  EXPECT_EQ(found.peak_bytes, 200);
  EXPECT_EQ(found.service.max_ns.median, 200);
  EXPECT_EQ(found.response.max_ns.least, 1000);
  EXPECT_EQ(found.growths, std::nullopt);
}

}  // namespace
