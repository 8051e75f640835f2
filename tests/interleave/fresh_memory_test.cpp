// Memory that one thread makes or gives back, and others use: with a happens-before in between, or
// it is a failure. And memory that is not always accessed in the same way.
#include <cstdint>
#include <memory>
#include <new>

#include <gtest/gtest.h>

#include "interleave/support/litmus.hpp"

namespace {

using namespace interleave;

struct node {
  word value{1};
};

factory publishing(std::memory_order stores, std::memory_order loads) {
  struct state {
    std::unique_ptr<node> made;
    sync::atomic<node*> published;
  };
  return [=](program& p) {
    const auto s = std::make_shared<state>();
    p.thread([=] {
      s->made = std::make_unique<node>();
      s->published.store(s->made.get(), stores);
    });
    p.thread([=] {
      if (node* const found = s->published.load(loads)) found->value.load(relaxed);
    });
  };
}

TEST(fresh_memory, is_published_by_release_and_acquire) {
  EXPECT_FALSE(fails(publishing(release, acquire), weak(0)));
  EXPECT_TRUE(fails(publishing(relaxed, acquire), weak(0)));
  EXPECT_TRUE(fails(publishing(release, relaxed), weak(0)));
  options how;
  how.watches_fresh_memory = false;
  EXPECT_FALSE(fails(publishing(relaxed, relaxed), how)) << "nobody watches";
}

// Words in memory that one thread uses and the other one gives back.
factory giving_back(bool waits) {
  struct state {
    std::uint64_t words[64]{};
    word done;
  };
  return [=](program& p) {
    const auto s = std::make_shared<state>();
    p.thread([=] {
      sync::load_word(&s->words[40]);
      s->done.store(1, release);
    });
    p.thread([=] {
      while (waits && s->done.load(acquire) == 0) sync::pause();
      sync::fresh_memory(s->words, sizeof s->words);
    });
  };
}

TEST(fresh_memory, is_given_back_when_nobody_uses_it) {
  EXPECT_FALSE(fails(giving_back(true)));
  EXPECT_TRUE(fails(giving_back(false)));
}

TEST(fresh_memory, has_no_history) {
  EXPECT_FALSE(fails([](program& p) {
    const auto at = std::make_shared<std::uint64_t>(5);
    const auto done = std::make_shared<word>();
    p.thread([=] {
      sync::store_word(at.get(), std::uint64_t{6});
      sync::fresh_memory(at.get(), sizeof *at);
      *at = 7;
      done->store(1, release);
    });
    p.thread([=] {
      if (done->load(acquire) == 1) require(sync::load_word(at.get()) == 7, "what it was made");
    });
  }));
}

TEST(atomics_constructed_again, release_nothing_of_before) {
  options how = weak();
  how.watches_fresh_memory = false;
  EXPECT_TRUE(fails(
      [](program& p) {
        const auto m = std::make_shared<memory>();
        p.thread([=] {
          m->x.store(1, relaxed);
          m->y.store(1, release);
          new (&m->y) word(2);
        });
        p.thread([=] {
          if (m->y.load(acquire) == 2) require(m->x.load(relaxed) == 1, "nobody promises that");
        });
      },
      how));
}

TEST(accesses_of_several_sizes, see_each_others_stores) {
  EXPECT_FALSE(fails([](program& p) {
    const auto m = std::make_shared<memory>();
    const auto bytes = std::make_shared<std::uint64_t>();
    auto* const high = reinterpret_cast<std::uint8_t*>(bytes.get()) + 3;
    p.thread([=] {
      m->x.store(1, relaxed);
      sync::load_word(bytes.get());
      sync::store_word(high, std::uint8_t{1});
    });
    p.thread([=] {
      if (sync::load_word(bytes.get()) != 0) require(m->x.load(relaxed) == 1, "released by a byte");
      sync::store_word(bytes.get(), std::uint64_t{0});
      require(sync::load_word(bytes.get()) == 0 || sync::load_word(high) == 1, "a byte of it");
    });
  }));
}

}  // namespace
