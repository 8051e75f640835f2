// More threads than cores, a container that grows and shrinks all the time, and results that are
// known all the same (tests/support/churn_run.hpp). Bounded by operations, not by time.
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

#include "support/churn_run.hpp"
#include "support/concurrent_containers.hpp"
#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace {

using namespace support;

constexpr unsigned threads = 8;

template <class Container>
class stress : public testing::Test {
 protected:
  ~stress() override { EXPECT_EQ(tracked::alive, 0); }

  // Calls body(n) for every n below 8, each in a thread; then the container must be in order.
  template <class Body>
  void run_threads(Container& container, const Body& body) {
    std::vector<std::function<void()>> bodies;
    for (std::uint64_t n = 0; n < threads; ++n) bodies.emplace_back([&body, n] { body(n); });
    run_together(bodies, found_);
    EXPECT_EQ(found_.first(), "");
    EXPECT_TRUE(finish(container));
    EXPECT_STREQ(container.check_invariants(), nullptr);
  }

  complaints found_;
};

using containers = testing::Types<concurrent_stamped, concurrent_halves, concurrent_tracked,
                                  concurrent_string_set>;
TYPED_TEST_SUITE(stress, containers);

// ---- all at once ----

template <class Container>
void expect_no_complaints(churn_plan plan) {
  if (sanitized) plan.own /= 4;
  complaints found;
  churn_run<Container> run(plan, found);
  run.run();
  EXPECT_EQ(found.first(), "");
  if (plan.own > 100) {
    EXPECT_GT(run.container().stats().migrations.grow, 0u) << "it is to grow meanwhile";
  }
}

TYPED_TEST(stress, owners_know_all_and_watchers_meet_all) {
  expect_no_complaints<TypeParam>({.owners = 4, .sharers = 2, .watchers = 1, .own = 4000});
}

TYPED_TEST(stress, watchers_meet_all_while_the_container_doubles_and_halves) {
  expect_no_complaints<TypeParam>(
      {.owners = 3, .sharers = 0, .watchers = 4, .rounds = 6, .own = 2000, .lasting = 1000});
}

TYPED_TEST(stress, owners_know_all_while_it_is_reseeded) {
  expect_no_complaints<TypeParam>(
      {.owners = 5, .sharers = 1, .watchers = 1, .own = 3000, .reseeds = true});
}

// A few buckets, so that nearly everything meets in the same.
TYPED_TEST(stress, in_a_small_container) {
  expect_no_complaints<TypeParam>({.owners = 5,
                                   .sharers = 1,
                                   .watchers = 1,
                                   .rounds = 100,
                                   .own = 20,
                                   .shared = 5,
                                   .lasting = 5});
}

// ---- one kind of operation ----

// However many insert a key at once, one does; the same for erasing. Now and then all wait for the
// slowest, so that they do meet.
TYPED_TEST(stress, one_of_many_inserts_and_one_erases) {
  constexpr std::uint64_t keys = sanitized ? 2000 : 10'000;
  TypeParam container;
  std::barrier all_here(threads);
  const auto wait_at = [&](std::uint64_t n) {
    if (n % 16 == 0) all_here.arrive_and_wait();
  };
  std::atomic<std::uint64_t> inserted = 0;
  this->run_threads(container, [&](std::uint64_t thread) {
    for (std::uint64_t n = 0; n < keys; ++n) {
      wait_at(n);
      if (put_in_some_way(n + thread, container, n, versioned(n, thread + 1))) ++inserted;
    }
  });
  EXPECT_EQ(inserted, keys);
  EXPECT_EQ(container.size(), keys);
  EXPECT_EQ(content_of(container).size(), keys);
  std::atomic<std::uint64_t> erased = 0;
  this->run_threads(container, [&](std::uint64_t thread) {
    for (std::uint64_t n = 0; n < keys; ++n) {
      wait_at(n);
      const auto key = element_kit<TypeParam>::make_key(n);
      erased += (n + thread) % 2 == 0 ? container.erase(key)
                                      : container.erase_if(key, [](const auto&) { return true; });
    }
  });
  EXPECT_EQ(erased, keys);
  EXPECT_TRUE(container.empty());
  EXPECT_TRUE(content_of(container).empty());
}

// The classic use of a concurrent map: to count.
TYPED_TEST(stress, no_count_gets_lost) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map) {
    constexpr std::uint64_t words = 1000;
    constexpr std::uint64_t each = sanitized ? 2000 : 20'000;
    TypeParam map;
    this->run_threads(map, [&](std::uint64_t thread) {
      for (std::uint64_t n = 0; n < each; ++n) {
        const auto add_one = [](auto& element) {
          element.second = kit::make_value(kit::value_of(element) + 1);
        };
        map.try_emplace_or_visit(kit::make_key((n * 7 + thread) % words), kit::make_value(1),
                                 add_one);
      }
    });
    const auto counts = content_of(map);
    EXPECT_EQ(counts.size(), words);
    std::uint64_t sum = 0;
    for (const auto& [key, count] : counts) sum += count;
    EXPECT_EQ(sum, threads * each);
  }
}

// An element that erase_if() takes is as the predicate saw it: what is put in with an even value
// and then made odd is never lost, for only even ones are erased.
TYPED_TEST(stress, erase_if_takes_what_it_was_asked_about) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map) {
    constexpr std::uint64_t keys = sanitized ? 300 : 2000;
    TypeParam map;
    std::atomic<unsigned> making = threads / 2;
    this->run_threads(map, [&](std::uint64_t thread) {
      const auto is_even = [](const auto& element) { return kit::value_of(element) % 2 == 0; };
      if (thread % 2 == 0) {
        for (std::uint64_t n = thread; n < keys; n += 2) {
          while (map.visit(kit::make_key(n), [](auto& element) {
            element.second = kit::make_value(kit::value_of(element) | 1);
          }) == 0) {
            put(map, n, 2 * n);
          }
        }
        --making;
      } else {
        while (making != 0) {
          map.erase_if(is_even);
          for (std::uint64_t n = 0; n < keys; n += 5) map.erase_if(kit::make_key(n), is_even);
        }
      }
    });
    for (std::uint64_t n = 0; n < keys; n += 2) EXPECT_EQ(value_in(map, n), 2 * n + 1) << n;
  }
}

// Copying, assigning from, comparing with and merging into a container that others change.
TYPED_TEST(stress, copies_have_all_that_is_there_all_the_time) {
  using kit = element_kit<TypeParam>;
  constexpr std::uint64_t lasting = 1000;
  TypeParam container;
  for (std::uint64_t n = 0; n < lasting; ++n) ASSERT_TRUE(put(container, n, versioned(n, 1)));
  std::atomic<unsigned> copying = 2;
  const auto expect_lasting = [&](const TypeParam& copy) {
    EXPECT_STREQ(copy.check_invariants(), nullptr);
    for (std::uint64_t n = 0; n < lasting; ++n) {
      this->found_.require(value_in(copy, n) == kit::value_seen(versioned(n, 1)), "not copied", n);
    }
  };
  this->run_threads(container, [&](std::uint64_t thread) {
    if (thread >= 2) {
      while (copying != 0) {  // it grows and shrinks
        for (std::uint64_t n = 0; n < lasting; ++n) {
          const std::uint64_t key = lasting + n * threads + thread;
          put(container, key, versioned(key, 1));
        }
        for (std::uint64_t n = 0; n < lasting; ++n) {
          container.erase(kit::make_key(lasting + n * threads + thread));
        }
      }
      return;
    }
    TypeParam assigned;
    for (unsigned n = 0; n < (sanitized ? 10 : 30); ++n) {
      TypeParam copy(container);
      expect_lasting(copy);
      static_cast<void>(copy == container);
      assigned = container;
      expect_lasting(assigned);
      container.merge(copy);
      this->found_.require(copy.size() >= lasting, "merged what was there", 0);
    }
    --copying;
  });
  expect_lasting(container);
}

// What clear() leaves of elements that come meanwhile is not promised, but that all is in order.
TYPED_TEST(stress, clear_while_others_insert_and_look) {
  using kit = element_kit<TypeParam>;
  constexpr std::uint64_t each = sanitized ? 2000 : 10'000;
  TypeParam container;
  std::atomic<unsigned> inserting = threads - 1;
  this->run_threads(container, [&](std::uint64_t thread) {
    if (thread == 0) {
      while (inserting != 0) container.clear();
      return;
    }
    for (std::uint64_t n = 0; n < each; ++n) {
      const std::uint64_t key = n * threads + thread;
      this->found_.require(put(container, key, versioned(key, 1)), "not inserted", key);
      container.cvisit(kit::make_key(key), [&](const auto& element) {
        this->found_.require(kit::key_of(element) == key, "another key", key);
      });
      container.erase(kit::make_key(key - key % 64));
    }
    --inserting;
  });
  EXPECT_EQ(content_of(container).size(), container.size());
  container.clear();
  EXPECT_TRUE(container.empty());
}

}  // namespace
