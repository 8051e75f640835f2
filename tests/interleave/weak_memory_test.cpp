// Loads read what C++20 lets them read: litmus tests, each in a form that must fail and in one that
// must not. All searches are exhaustive.
#include <cstdint>
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include "interleave/support/litmus.hpp"

namespace {

using namespace interleave;

// ---- two words ----

factory store_buffering(std::memory_order stores, std::memory_order loads) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      m->x.store(1, stores);
      m->a = m->y.load(loads);
    });
    p.thread([=] {
      m->y.store(1, stores);
      m->b = m->x.load(loads);
    });
    p.finally([=] { require(m->a + m->b != 0, "one store comes first"); });
  };
}

TEST(store_buffering, needs_sequential_consistency) {
  EXPECT_TRUE(fails(store_buffering(relaxed, relaxed)));
  EXPECT_TRUE(fails(store_buffering(release, acquire)));
  EXPECT_TRUE(fails(store_buffering(seq_cst, acquire)));
  EXPECT_FALSE(fails(store_buffering(seq_cst, seq_cst)));
  EXPECT_FALSE(fails(store_buffering(relaxed, relaxed), weak(0))) << "without weak reads";
}

factory message_passing(std::memory_order stores, std::memory_order loads) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      m->x.store(1, relaxed);
      m->y.store(1, stores);
    });
    p.thread([=] {
      if (m->y.load(loads) == 1) require(m->x.load(relaxed) == 1, "what was stored before");
    });
  };
}

TEST(message_passing, needs_release_and_acquire) {
  EXPECT_TRUE(fails(message_passing(relaxed, relaxed)));
  EXPECT_TRUE(fails(message_passing(relaxed, acquire)));
  EXPECT_TRUE(fails(message_passing(release, relaxed)));
  EXPECT_FALSE(fails(message_passing(release, acquire)));
  EXPECT_FALSE(fails(message_passing(seq_cst, seq_cst)));
}

TEST(message_passing, by_words_in_raw_memory) {
  EXPECT_FALSE(fails([](program& p) {
    const std::shared_ptr<std::uint64_t[]> words(new std::uint64_t[2]{});
    p.thread([=] {
      sync::store_word(&words[0], std::uint64_t{1});
      sync::store_word(&words[1], std::uint64_t{1});
    });
    p.thread([=] {
      if (sync::load_word(&words[1]) == 1) require(sync::load_word(&words[0]) == 1, "the first");
    });
  }));
}

// Two writers of two words, and two readers that read them in opposite orders.
factory independent_reads(std::memory_order stores, std::memory_order loads) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] { m->x.store(1, stores); });
    p.thread([=] { m->y.store(1, stores); });
    p.thread([=] {
      m->a = m->x.load(loads);
      m->b = m->y.load(loads);
    });
    p.thread([=] {
      m->c = m->y.load(loads);
      m->d = m->x.load(loads);
    });
    p.finally(
        [=] { require(!(m->a == 1 && m->b == 0 && m->c == 1 && m->d == 0), "the readers agree"); });
  };
}

TEST(independent_reads, agree_if_sequentially_consistent) {
  EXPECT_TRUE(fails(independent_reads(release, acquire)));
  EXPECT_TRUE(fails(independent_reads(seq_cst, acquire)));
  EXPECT_FALSE(fails(independent_reads(seq_cst, seq_cst)));
}

// What one thread learns from another it passes on.
factory passing_on(std::memory_order second_store) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] { m->x.store(1, release); });
    p.thread([=] {
      if (m->x.load(acquire) == 1) m->y.store(1, second_store);
    });
    p.thread([=] {
      if (m->y.load(acquire) == 1) require(m->x.load(relaxed) == 1, "passed on");
    });
  };
}

TEST(passing_on, what_was_acquired_needs_a_release) {
  EXPECT_TRUE(fails(passing_on(relaxed)));
  EXPECT_FALSE(fails(passing_on(release)));
}

// ---- one word ----

TEST(coherence, lets_no_thread_read_backwards) {
  EXPECT_FALSE(fails([](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      m->x.store(1, relaxed);
      m->x.store(2, relaxed);
    });
    p.thread([=] {
      const std::uint64_t before = m->x.load(relaxed);
      require(m->x.load(relaxed) >= before, "forwards");
    });
  }));
}

TEST(coherence, lets_no_thread_read_what_is_older_than_its_own_store) {
  EXPECT_FALSE(fails([](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      m->x.store(1, relaxed);
      require(m->x.load(relaxed) != 0, "its own or a later one");
    });
    p.thread([=] { m->x.store(2, relaxed); });
  }));
}

// The reader of a store hands on that it was there, if it releases.
factory reading_after_a_reader(std::memory_order stores) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] { m->x.store(1, relaxed); });
    p.thread([=] {
      m->a = m->x.load(relaxed);
      m->y.store(1 + m->a, stores);
    });
    p.thread([=] {
      if (m->y.load(acquire) == 2) require(m->x.load(relaxed) == 1, "no older");
    });
  };
}

TEST(coherence, holds_between_reads_in_different_threads) {
  EXPECT_TRUE(fails(reading_after_a_reader(relaxed)));
  EXPECT_FALSE(fails(reading_after_a_reader(release)));
}

TEST(read_modify_writes, read_the_newest) {
  EXPECT_FALSE(fails([](program& p) {
    const auto m = std::make_shared<memory>();
    for (int each = 0; each < 3; ++each) {
      p.thread([=] {
        m->x.fetch_add(1, relaxed);
        for (std::uint64_t seen = m->y.load(relaxed);
             !m->y.compare_exchange_weak(seen, seen + 1, relaxed);) {
        }
      });
    }
    p.finally([=] { require(m->x.load() == 3 && m->y.load() == 3, "all have counted"); });
  }));
}

// A message whose flag another thread changes before it is read.
factory flag_in_between(const std::function<void(word&)>& change) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      m->x.store(1, relaxed);
      m->y.store(1, release);
    });
    p.thread([=] {
      if (m->y.load(relaxed) == 1) change(m->y);
    });
    p.thread([=] {
      if (m->y.load(acquire) == 2) require(m->x.load(relaxed) == 1, "what was released");
    });
  };
}

TEST(release_sequences, go_on_in_read_modify_writes_and_end_in_stores) {
  EXPECT_FALSE(fails(flag_in_between([](word& flag) { flag.fetch_add(1, relaxed); })));
  EXPECT_FALSE(fails(flag_in_between([](word& flag) {
    std::uint64_t seen = 1;
    flag.compare_exchange_strong(seen, 2, relaxed);
  })));
  EXPECT_TRUE(fails(flag_in_between([](word& flag) { flag.store(2, relaxed); })));
  EXPECT_TRUE(fails(flag_in_between([](word& flag) { flag.store(2, release); })))
      << "it releases what the second thread knows";
}

TEST(failed_compare_exchange, acquires_if_its_second_order_says_so) {
  for (const auto on_failure : {relaxed, acquire}) {
    EXPECT_EQ(fails([=](program& p) {
                const auto m = std::make_shared<memory>();
                p.thread([=] {
                  m->x.store(1, relaxed);
                  m->y.store(1, release);
                });
                p.thread([=] {
                  std::uint64_t seen = 0;
                  if (m->y.compare_exchange_strong(seen, 2, acq_rel, on_failure)) return;
                  require(m->x.load(relaxed) == 1, "what was released");
                });
              }),
              on_failure == relaxed);
  }
}

TEST(weak_reads, are_no_more_than_the_bound) {
  const auto two_needed = [](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      m->x.store(1, relaxed);
      m->y.store(1, relaxed);
      m->z.store(1, relaxed);
    });
    p.thread([=] {
      if (m->z.load(relaxed) == 0) return;
      require(m->x.load(relaxed) + m->y.load(relaxed) != 0, "one is there");
    });
  };
  EXPECT_FALSE(fails(two_needed, weak(0)));
  EXPECT_FALSE(fails(two_needed, weak(1)));
  EXPECT_TRUE(fails(two_needed, weak(2)));
}

// ---- whole algorithms ----

// Mutual exclusion for two, with what is protected relaxed.
factory peterson(std::memory_order stores, std::memory_order loads) {
  struct state {
    word wants[2], turn, counter;
  };
  return [=](program& p) {
    const auto s = std::make_shared<state>();
    for (const std::uint64_t me : {0u, 1u}) {
      p.thread([=] {
        s->wants[me].store(1, stores);
        s->turn.store(1 - me, stores);
        while (s->wants[1 - me].load(loads) == 1 && s->turn.load(loads) == 1 - me) sync::pause();
        s->counter.store(s->counter.load(relaxed) + 1, relaxed);
        s->wants[me].store(0, stores);
      });
    }
    p.finally([=] { require(s->counter.load() == 2, "one at a time"); });
  };
}

TEST(peterson, needs_sequential_consistency) {
  EXPECT_FALSE(fails(peterson(seq_cst, seq_cst)));
  EXPECT_TRUE(fails(peterson(release, acquire)));
  EXPECT_TRUE(fails(peterson(relaxed, relaxed)));
}

// A pair of words and their version, which is odd while they are written.
factory sequence_lock(std::memory_order stores, std::memory_order loads) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      for (std::uint64_t round = 1; round <= 2; ++round) {
        m->z.store(2 * round - 1, relaxed);
        m->x.store(round, stores);
        m->y.store(round, stores);
        m->z.store(2 * round, release);
      }
    });
    p.thread([=] {
      const std::uint64_t version = m->z.load(acquire);
      const std::uint64_t x = m->x.load(loads);
      const std::uint64_t y = m->y.load(loads);
      if (version % 2 == 0 && m->z.load(relaxed) == version) require(x == y, "a pair");
    });
  };
}

TEST(sequence_lock, needs_stores_that_release_and_loads_that_acquire) {
  EXPECT_FALSE(fails(sequence_lock(release, acquire)));
  EXPECT_TRUE(fails(sequence_lock(relaxed, acquire)));
  EXPECT_TRUE(fails(sequence_lock(release, relaxed)));
  EXPECT_TRUE(fails(sequence_lock(relaxed, relaxed)));
}

// One thread announces that it reads, and the other one looks whether anybody does before it takes
// away what is read.
factory announcing(std::memory_order store, std::memory_order look, std::memory_order load,
                   bool with_fence = true) {
  return [=](program& p) {
    const auto m = std::make_shared<memory>();
    p.thread([=] {
      sync::store_before_loads(m->x, 1);
      m->a = m->y.load(load);
    });
    p.thread([=] {
      m->y.store(1, store);
      if (with_fence) sync::fence_of_all_threads();
      m->b = m->x.load(look);
    });
    p.finally([=] { require(m->a + m->b != 0, "one of them sees the other"); });
  };
}

TEST(announcements, by_exchange_order_sequentially_consistent_operations_only) {
  EXPECT_FALSE(fails(announcing(seq_cst, seq_cst, seq_cst)));
  EXPECT_TRUE(fails(announcing(seq_cst, seq_cst, acquire)));
  EXPECT_TRUE(fails(announcing(seq_cst, acquire, seq_cst)));
  EXPECT_TRUE(fails(announcing(release, seq_cst, seq_cst)));
}

TEST(announcements, by_fences_order_all) {
  options how = weak();
  how.within.announced = announcements::by_fences;
  EXPECT_FALSE(fails(announcing(release, acquire, acquire), how));
  EXPECT_FALSE(fails(announcing(relaxed, relaxed, relaxed), how));
  EXPECT_FALSE(fails(announcing(seq_cst, seq_cst, acquire, false), how)) << "seq_cst for a fence";
  EXPECT_TRUE(fails(announcing(release, seq_cst, acquire, false), how));
  EXPECT_TRUE(fails(announcing(seq_cst, acquire, acquire, false), how));
}

}  // namespace
