// The scheduler finds the schedules that it should, reports what fails, and repeats it.
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "interleave/support/explore.hpp"

namespace {

using namespace interleave;

using sync = interleaved_sync;
using word = sync::atomic<std::uint64_t>;

constexpr auto relaxed = std::memory_order_relaxed;

options within(unsigned preemptions) {
  options how;
  how.within.preemptions = preemptions;
  return how;
}

bool mentions(const verdict& found, const std::string& part) {
  return found.failed && found.message.find(part) != std::string::npos;
}

// ---- which schedules ----

struct order_state {
  word counter;
  std::string order;
};

// Two threads of two operations each, and the orders in which those were done.
factory two_by_two(std::set<std::string>& orders) {
  return [&orders](program& p) {
    const auto state = std::make_shared<order_state>();
    for (const char name : {'a', 'b'}) {
      p.thread([=] {
        for (int times = 0; times < 2; ++times) {
          state->counter.fetch_add(1, relaxed);
          state->order += name;
        }
      });
    }
    p.finally([=, &orders] { orders.insert(state->order); });
  };
}

TEST(schedules, are_all_tried_within_the_bound_of_preemptions) {
  using set = std::set<std::string>;
  const std::array<set, 3> expected{set{"aabb", "bbaa"}, set{"aabb", "bbaa", "abba", "baab"},
                                    set{"aabb", "bbaa", "abba", "baab", "abab", "baba"}};
  for (unsigned bound = 0; bound < 3; ++bound) {
    set orders;
    const verdict found = explore(within(bound), two_by_two(orders));
    EXPECT_FALSE(found.failed) << found;
    EXPECT_TRUE(found.exhaustive);
    EXPECT_EQ(orders, expected[bound]) << bound << " preemptions";
  }
}

TEST(schedules, without_a_bound_end_when_there_are_no_more) {
  std::set<std::string> orders;
  const verdict found = explore(within(unlimited), two_by_two(orders));
  EXPECT_TRUE(found.exhaustive);
  EXPECT_EQ(orders.size(), 6u);
}

TEST(schedules, beyond_the_limit_of_executions_are_not_tried) {
  std::set<std::string> orders;
  options how = within(unlimited);
  how.executions = 3;
  const verdict found = explore(how, two_by_two(orders));
  EXPECT_FALSE(found.exhaustive);
  EXPECT_EQ(found.executions, 3u);
}

TEST(schedules, at_random_are_those_of_the_seed) {
  for (const search by : {search::uniform, search::priorities}) {
    options how = within(2);
    how.by = by;
    how.executions = 200;
    std::set<std::string> orders;
    EXPECT_FALSE(explore(how, two_by_two(orders)).exhaustive);
    EXPECT_EQ(orders.size(), 6u);

    const auto failing = [](program& p) {
      const auto state = std::make_shared<order_state>();
      for (int each = 0; each < 2; ++each) {
        p.thread([=] {
          const std::uint64_t seen = state->counter.load();
          state->counter.store(seen + 1);
        });
      }
      p.finally([=] { require(state->counter.load() == 2, "both have counted"); });
    };
    how.seed = 7;
    const verdict found = explore(how, failing);
    EXPECT_TRUE(mentions(found, "both have counted"));
    EXPECT_EQ(explore(how, failing).schedule, found.schedule);
    EXPECT_TRUE(replay(found.schedule, failing).failed);
  }
}

// ---- what fails ----

TEST(counting, loses_counts_unless_it_is_one_operation) {
  for (const bool at_once : {false, true}) {
    const verdict found = explore({}, [=](program& p) {
      const auto counter = std::make_shared<word>();
      for (int each = 0; each < 3; ++each) {
        p.thread([=] {
          if (at_once) {
            counter->fetch_add(1, relaxed);
          } else {
            counter->store(counter->load() + 1);
          }
        });
      }
      p.finally([=] { require(counter->load() == 3, "all have counted"); });
    });
    EXPECT_EQ(found.failed, !at_once) << found;
    EXPECT_EQ(mentions(found, "finally: all have counted"), !at_once);
  }
}

TEST(failures, are_exceptions_that_escape) {
  EXPECT_TRUE(mentions(explore({}, [](program& p) { p.thread([] { throw std::bad_alloc(); }); }),
                       "thread 0: an exception escapes: std::bad_alloc"));
  EXPECT_TRUE(mentions(explore({}, [](program& p) { p.thread([] { throw 1; }); }),
                       "thread 0: an exception escapes"));
}

TEST(failures, are_requirements_wherever_they_stand) {
  EXPECT_TRUE(
      mentions(explore({}, [](program& p) { p.thread([]() noexcept { require(false, "this"); }); }),
               "thread 0: this"));
  EXPECT_TRUE(mentions(explore({}, [](program& p) { p.finally([] { require(false, "that"); }); }),
                       "finally: that"));
  EXPECT_TRUE(mentions(explore({}, [](program&) { require(false, "those"); }), "set up: those"));
}

TEST(failures, are_executions_without_end) {
  options how;
  how.most_steps = 100;
  const verdict found = explore(how, [](program& p) {
    const auto never_set = std::make_shared<word>();
    p.thread([=] {
      while (never_set->load() == 0) sync::pause();
    });
  });
  EXPECT_TRUE(mentions(found, "no end after 100 steps"));
}

TEST(failures, are_programs_that_do_not_always_do_the_same) {
  int runs = 0;
  const verdict found = explore({}, [&](program& p) {
    const auto counter = std::make_shared<word>();
    const int more = runs++ % 2;
    for (int each = 0; each < 2; ++each) {
      p.thread([=] {
        for (int times = 0; times < 1 + more; ++times) counter->fetch_add(1);
      });
    }
  });
  EXPECT_TRUE(mentions(found, "does not always do the same"));
}

struct two_locks {
  word a, b;
};

void lock(word& which) {
  for (std::uint64_t seen = 0; !which.compare_exchange_weak(seen, 1); seen = 0) {
    if (seen != 0) sync::wait(which, 1);
  }
}
void unlock(word& which) {
  which.store(0);
  sync::wake_all(which);
}

TEST(deadlocks, of_two_locks_taken_in_both_orders_are_found) {
  for (const bool in_one_order : {false, true}) {
    const verdict found = explore({}, [=](program& p) {
      const auto state = std::make_shared<two_locks>();
      const auto both = [=](word& first, word& second) {
        lock(first);
        lock(second);
        unlock(second);
        unlock(first);
      };
      p.thread([=] { both(state->a, state->b); });
      p.thread([=] { in_one_order ? both(state->a, state->b) : both(state->b, state->a); });
    });
    EXPECT_EQ(mentions(found, "deadlock"), !in_one_order) << found;
    EXPECT_EQ(found.exhaustive, in_one_order);
  }
}

// ---- waiting ----

struct waiting_state {
  word event, ready;
};

TEST(waiting, for_a_word_that_the_waker_does_not_change_may_sleep_for_ever) {
  for (const bool correct : {false, true}) {
    const verdict found = explore({}, [=](program& p) {
      const auto state = std::make_shared<waiting_state>();
      p.thread([=] {
        while (true) {
          const std::uint64_t seen = state->event.load();
          if (state->ready.load() != 0) break;
          sync::wait(state->event, seen);
        }
      });
      p.thread([=] {
        state->ready.store(1);
        if (correct) state->event.fetch_add(1);
        sync::wake_all(state->event);
      });
    });
    EXPECT_EQ(mentions(found, "deadlock: thread 0 waits for #1"), !correct) << found;
  }
}

TEST(waiting, compares_the_lower_half_of_the_word) {
  constexpr std::uint64_t high = std::uint64_t{1} << 32;
  const auto waits = [](std::uint64_t value, std::uint64_t seen) {
    return explore({}, [=](program& p) {
      const auto state = std::make_shared<word>(value);
      p.thread([=] { sync::wait(*state, seen); });
    });
  };
  EXPECT_FALSE(waits(1, 0).failed);
  EXPECT_FALSE(waits(high + 1, high).failed);
  EXPECT_TRUE(mentions(waits(0, 0), "deadlock"));
  EXPECT_TRUE(mentions(waits(high, 0), "deadlock"));
}

TEST(waiting, ends_for_all_who_wait_for_that_word) {
  const verdict found = explore({}, [](program& p) {
    const auto state = std::make_shared<waiting_state>();
    for (int each = 0; each < 2; ++each) {
      p.thread([=] {
        while (state->event.load() == 0) sync::wait(state->event, 0);
      });
    }
    p.thread([=] {
      state->event.store(1);
      sync::wake_all(state->event);
    });
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_TRUE(found.exhaustive);

  const verdict other = explore({}, [](program& p) {
    const auto state = std::make_shared<waiting_state>();
    p.thread([=] {
      sync::wait(state->event, 0);
      require(false, "woken");
    });
    p.thread([=] { sync::wake_all(state->ready); });
  });
  EXPECT_TRUE(mentions(other, "deadlock")) << "another word: " << other;
}

TEST(waiting, may_end_for_no_reason_if_surprises_are_allowed) {
  for (const unsigned surprises : {0u, 1u}) {
    options how;
    how.within.surprises = surprises;
    const verdict found = explore(how, [](program& p) {
      const auto state = std::make_shared<word>();
      p.thread([=] {
        sync::wait(*state, 0);
        require(state->load() == 1, "woken");
      });
      p.thread([=] {
        state->store(1);
        sync::wake_all(*state);
      });
    });
    EXPECT_EQ(mentions(found, "woken"), surprises == 1) << found;
  }
}

TEST(compare_exchange, may_fail_for_no_reason_if_it_is_weak_and_surprises_are_allowed) {
  const auto fails = [](unsigned surprises, bool weak) {
    options how;
    how.within.surprises = surprises;
    return explore(how,
                   [=](program& p) {
                     const auto state = std::make_shared<word>();
                     p.thread([=] {
                       std::uint64_t seen = 0;
                       require(weak ? state->compare_exchange_weak(seen, 1)
                                    : state->compare_exchange_strong(seen, 1),
                               "exchanged");
                     });
                   })
        .failed;
  };
  EXPECT_FALSE(fails(0, true));
  EXPECT_TRUE(fails(1, true));
  EXPECT_FALSE(fails(1, false));
}

// ---- spinning ----

TEST(spinning, threads_do_not_make_the_search_endless) {
  const verdict found = explore(within(3), [](program& p) {
    const auto state = std::make_shared<two_locks>();
    for (int each = 0; each < 3; ++each) {
      p.thread([=] {
        while (state->a.exchange(1) != 0) sync::pause();
        state->b.store(state->b.load() + 1);
        state->a.store(0);
      });
    }
    p.finally([=] { require(state->b.load() == 3, "one at a time"); });
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_TRUE(found.exhaustive);
}

TEST(spinning, threads_that_see_each_other_move_let_a_third_one_run) {
  const verdict found = explore({}, [](program& p) {
    const auto state = std::make_shared<two_locks>();
    for (int each = 0; each < 2; ++each) {
      p.thread([=] {
        while (state->a.load() == 0) {
          state->b.fetch_add(1);
          sync::yield();
        }
      });
    }
    p.thread([=] { state->a.store(1); });
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_TRUE(found.exhaustive);
}

// While another thread does things that it does not look at.
TEST(spinning, thread_does_not_run_again_for_nothing) {
  const verdict found = explore(within(2), [&](program& p) {
    const auto state = std::make_shared<two_locks>();
    p.thread([=] {
      int looks = 1;
      word mine;
      for (; state->a.load() == 0; ++looks) {
        mine.store(mine.load() + 1);
        sync::pause();
      }
      require(looks <= 2, "before and after");
    });
    p.thread([=] {
      for (int times = 0; times < 5; ++times) state->b.fetch_add(1);
      state->a.store(1);
    });
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_TRUE(found.exhaustive);
}

TEST(spinning, thread_runs_again_when_what_it_has_read_changes) {
  std::set<std::uint64_t> seen;
  const verdict found = explore(within(1), [&](program& p) {
    const auto state = std::make_shared<two_locks>();
    p.thread([=, &seen] {
      bool paused = false;
      for (; state->a.load() == 0; paused = true) sync::pause();
      const std::uint64_t then = state->b.load();
      if (paused) seen.insert(then);
    });
    p.thread([=] {
      state->a.store(1);
      state->b.store(1);
      state->b.store(2);
    });
  });
  EXPECT_TRUE(found.exhaustive);
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2}));
}

// ---- a bug that takes a few steps ----

// A stack of three nodes, as lock-free stacks begin: whoever is interrupted in pop() does not see
// that the top is another one of the same name.
struct stack {
  explicit stack(bool with_versions) : versions(with_versions) {}
  std::uint64_t pop() {
    std::uint64_t top = head.load();
    while (true) {
      const std::uint64_t next = nodes[top & 0xff].load();
      if (head.compare_exchange_strong(top, changed(top, next))) return top & 0xff;
    }
  }
  void push(std::uint64_t node) {
    std::uint64_t top = head.load();
    do {
      nodes[node].store(top & 0xff);
    } while (!head.compare_exchange_strong(top, changed(top, node)));
  }
  std::uint64_t changed(std::uint64_t top, std::uint64_t node) const {
    return versions ? ((top & ~std::uint64_t{0xff}) + 0x100) | node : node;
  }

  bool versions;
  word head{1};
  std::array<word, 4> nodes{0, 2, 3, 0};
  std::array<word, 4> taken;
};

TEST(stack_of_nodes_used_again, needs_versions) {
  for (const bool versions : {false, true}) {
    const verdict found = explore({}, [=](program& p) {
      const auto state = std::make_shared<stack>(versions);
      const auto take = [=] {
        const std::uint64_t node = state->pop();
        require(state->taken[node].exchange(1) == 0, "nobody else has it");
        return node;
      };
      p.thread(take);
      p.thread([=] {
        const std::uint64_t first = take();
        take();
        state->taken[first].store(0);
        state->push(first);
      });
      p.finally([=] {
        for (std::uint64_t at = state->head.load() & 0xff; at != 0; at = state->nodes[at].load()) {
          require(state->taken[at].load() == 0, "what is on the stack is not taken");
        }
      });
    });
    EXPECT_EQ(found.failed, !versions) << found;
    EXPECT_EQ(found.exhaustive, versions);
  }
}

}  // namespace
