// Leaving out equivalent executions leaves out no outcome: random programs, searched both ways.
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "interleave/support/explore.hpp"
#include "interleave/support/random_walk.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace interleave;

using sync = interleaved_sync;
using word = sync::atomic<std::uint64_t>;

constexpr std::size_t words = 2;

// One operation of a random program; its outcome is what it finds.
std::uint64_t perform(std::uint64_t what, std::array<word, words>& on) {
  constexpr std::array load_orders{std::memory_order_relaxed, std::memory_order_acquire,
                                   std::memory_order_seq_cst};
  constexpr std::array store_orders{std::memory_order_relaxed, std::memory_order_release,
                                    std::memory_order_seq_cst};
  word& at = on[what % words];
  const std::uint64_t value = 1 + what / 64 % 3;
  const std::size_t order = what / 256 % 3;
  switch (what / words % 8) {
    case 0:
    case 1:
      at.store(value, store_orders[order]);
      return 0;
    case 2:
      return at.fetch_add(value, std::memory_order_acq_rel);
    case 3: {
      std::uint64_t seen = 0;
      at.compare_exchange_strong(seen, value);
      return seen;
    }
    case 4:
      sync::store_before_loads(at, value);
      return 0;
    case 5:
      if (at.load(std::memory_order_acquire) == 0) sync::pause();
      return at.load(std::memory_order_relaxed);
    default:
      return at.load(load_orders[order]);
  }
}

struct state {
  std::array<word, words> memory;
  std::vector<std::string> found;
};

using plan = std::vector<std::vector<std::uint64_t>>;  // operations of each thread

plan random_plan(std::uint64_t seed) {
  random_numbers numbers(seed);
  const std::size_t threads = 2 + seed % 2;
  plan made(threads);
  for (auto& operations : made) {
    for (std::size_t left = threads == 2 ? 4 : 3; left != 0; --left) {
      operations.push_back(numbers.below(std::uint64_t{1} << 20));
    }
  }
  return made;
}

struct outcomes {
  std::set<std::string> seen;
  std::uint64_t executions;
};

outcomes all_outcomes(const plan& of, const options& how) {
  outcomes all{};
  const verdict found = explore(how, [&](program& p) {
    const auto s = std::make_shared<state>();
    s->found.resize(of.size());
    for (std::size_t thread = 0; thread < of.size(); ++thread) {
      p.thread([=, &of] {
        for (const std::uint64_t what : of[thread]) {
          s->found[thread] += std::to_string(perform(what, s->memory)) + ' ';
        }
      });
    }
    p.finally([=, &all] {
      std::string outcome;
      for (const std::string& each : s->found) outcome += each + "| ";
      for (const word& each : s->memory) outcome += std::to_string(each.load()) + ' ';
      all.seen.insert(outcome);
    });
  });
  EXPECT_TRUE(found.exhaustive) << found;
  all.executions = found.executions;
  return all;
}

TEST(equivalent_executions, have_no_outcomes_of_their_own) {
  std::uint64_t executions = 0;
  std::uint64_t skipped = 0;
  for (std::uint64_t seed = 1; seed <= 200; seed += support::sanitized ? 7 : 1) {
    const plan of = random_plan(seed);
    options how;
    how.within.preemptions = of.size() == 2 ? 3 : 1;
    how.within.weak_reads = static_cast<unsigned>(seed / 2 % 3);
    if (seed % 3 == 0) how.within.announced = announcements::by_fences;
    const outcomes all = all_outcomes(of, how);
    how.skips_equivalent = true;
    const outcomes fewer = all_outcomes(of, how);
    EXPECT_EQ(fewer.seen, all.seen) << "seed " << seed;
    EXPECT_LE(fewer.executions, all.executions);
    executions += all.executions;
    skipped += all.executions - fewer.executions;
  }
  EXPECT_GT(skipped, executions / 10) << "of " << executions;
}

// Whether it has an outcome that needs two operations of different threads in one order.
void expect_failure(const factory& make, limits within) {
  for (const bool skips : {false, true}) {
    options how;
    how.within = within;
    how.skips_equivalent = skips;
    EXPECT_TRUE(explore(how, make).failed) << (skips ? "skipping" : "without skipping");
  }
}

constexpr auto relaxed = std::memory_order_relaxed;

struct words_of_three {
  word p, q, x, y;
  bool noted = false;
};

// The second thread's fence must come before the first one's store to x, but behind that to p.
TEST(equivalent_executions, do_not_differ_in_the_order_of_a_fence_and_a_store) {
  const auto program_with_fence = [](program& p) {
    const auto s = std::make_shared<words_of_three>();
    p.thread([=] {
      s->p.store(1, relaxed);
      s->x.store(1, std::memory_order_seq_cst);
      s->y.store(1, relaxed);
    });
    p.thread([=] {
      const bool begun = s->p.load(relaxed) == 1;
      sync::fence_of_all_threads();
      const bool done = s->y.load(relaxed) == 1;
      require(s->x.load(relaxed) == 1 || !begun || !done, "the outcome");
    });
  };
  expect_failure(program_with_fence, {.weak_reads = 1, .announced = announcements::by_fences});
}

// The second thread's load of x must come before the first one's, but behind its store to p.
TEST(equivalent_executions, do_not_differ_in_the_order_of_seq_cst_loads) {
  const auto program_of_loads = [](program& p) {
    const auto s = std::make_shared<words_of_three>();
    p.thread([=] {
      s->q.store(1, relaxed);
      s->x.store(1, relaxed);
      s->y.store(1, relaxed);
    });
    p.thread([=] {
      const bool late = s->y.load(relaxed) == 1;
      s->p.store(1, relaxed);
      const bool newer = s->x.load() == 1;
      const bool older = s->q.load(relaxed) == 0;
      require(!late || !newer || !older || !s->noted, "the outcome");
    });
    p.thread([=] {
      const bool begun = s->p.load(relaxed) == 1;
      const bool done = s->y.load(relaxed) == 1;
      s->noted = begun && done && s->x.load() == 0;
    });
  };
  expect_failure(program_of_loads, {.preemptions = 1, .weak_reads = 2});
}

}  // namespace
