// Operations on one key seem to happen one after the other, each at an instant while it runs, also
// during growth and shrinking. And the search that judges this is right itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/concurrent_containers.hpp"
#include "support/linearizability.hpp"
#include "support/recorded_run.hpp"
#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace {

using namespace support;

// ---- the search ----

// Operations with their instants.
operation insert(std::uint64_t from, std::uint64_t to, std::uint64_t value, bool result) {
  return {operation::insert, result, value, 0, from, to};
}
operation assign(std::uint64_t from, std::uint64_t to, std::uint64_t value, bool result) {
  return {operation::assign, result, value, 0, from, to};
}
operation erase(std::uint64_t from, std::uint64_t to, bool result) {
  return {operation::erase, result, 0, 0, from, to};
}
operation find(std::uint64_t from, std::uint64_t to, std::uint64_t seen) {
  return {operation::find, true, 0, seen, from, to};
}
operation miss(std::uint64_t from, std::uint64_t to) {
  return {operation::find, false, 0, 0, from, to};
}
operation exchange(std::uint64_t from, std::uint64_t to, std::uint64_t value, std::uint64_t seen) {
  return {operation::exchange, true, value, seen, from, to};
}

std::optional<std::size_t> impossible_in(const history& all) {
  return linearizability_search(all).first_impossible();
}
constexpr std::optional<std::size_t> none;

TEST(search, accepts_one_after_the_other) {
  EXPECT_EQ(impossible_in({}), none);
  EXPECT_EQ(impossible_in({miss(1, 2), insert(3, 4, 7, true), find(5, 6, 7), insert(7, 8, 9, false),
                           find(9, 10, 7), assign(11, 12, 8, false), exchange(13, 14, 5, 8),
                           find(15, 16, 5), erase(17, 18, true), erase(19, 20, false),
                           assign(21, 22, 1, true), find(23, 24, 1)}),
            none);
}

TEST(search, names_the_operation_that_has_no_place) {
  EXPECT_EQ(impossible_in({find(1, 2, 7)}), 0u) << "found, but never inserted";
  EXPECT_EQ(impossible_in({insert(1, 2, 7, false)}), 0u);
  EXPECT_EQ(impossible_in({erase(1, 2, true)}), 0u);
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), miss(3, 4)}), 1u);
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), find(3, 4, 8)}), 1u);
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), insert(3, 4, 8, true)}), 1u);
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), erase(3, 4, true), erase(5, 6, true)}), 2u);
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), assign(3, 4, 8, false), find(5, 6, 7)}), 2u)
      << "an old value";
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), exchange(3, 4, 8, 9)}), 1u);
  EXPECT_EQ(impossible_in({insert(1, 2, 7, true), assign(3, 4, 8, true)}), 1u);
}

TEST(search, takes_operations_that_overlap_in_any_order) {
  EXPECT_EQ(impossible_in({insert(1, 4, 7, true), find(2, 3, 7)}), none);
  EXPECT_EQ(impossible_in({insert(1, 4, 7, true), miss(2, 3)}), none);
  EXPECT_EQ(impossible_in({insert(1, 4, 7, true), insert(2, 3, 8, false)}), none);
  EXPECT_EQ(impossible_in({insert(1, 4, 7, true), insert(2, 3, 8, true)}), 0u);
  // The order of responses is not the only one: here it is 8, then 7.
  EXPECT_EQ(impossible_in({assign(1, 4, 7, false), assign(2, 3, 8, true), find(5, 6, 7)}), none);
  EXPECT_EQ(impossible_in({assign(1, 4, 7, true), assign(2, 3, 8, false), find(5, 6, 8)}), none);
  EXPECT_EQ(impossible_in({assign(1, 4, 7, true), assign(2, 3, 8, false), find(5, 6, 7)}), 2u);
  // An erasure between two insertions that both took place.
  EXPECT_EQ(impossible_in({insert(1, 6, 7, true), insert(2, 5, 8, true), erase(3, 4, true)}), none);
}

TEST(search, does_not_let_a_value_come_back) {
  // Two readers agree on the order of two writes that overlap both.
  EXPECT_EQ(impossible_in({assign(1, 20, 7, true), assign(2, 19, 8, false), find(3, 4, 7),
                           find(5, 6, 8), find(7, 8, 8)}),
            none);
  EXPECT_EQ(impossible_in({assign(1, 20, 7, true), assign(2, 19, 8, false), find(3, 4, 7),
                           find(5, 6, 8), find(7, 8, 7)}),
            4u);
  // A lost update: both exchanges have seen the same value.
  EXPECT_EQ(impossible_in({assign(1, 2, 1, true), exchange(3, 6, 2, 1), exchange(4, 5, 3, 1)}), 1u);
}

TEST(search, begins_where_it_is_told) {
  EXPECT_EQ(linearizability_search({find(1, 2, 7)}).first_impossible(7), none);
  EXPECT_EQ(linearizability_search({miss(1, 2)}).first_impossible(7), 0u);
}

TEST(search, is_explained_to_people) {
  EXPECT_EQ(objection_to({insert(1, 2, 7, true)}), "");
  EXPECT_EQ(objection_to({insert(1, 2, 7, true), find(3, 4, 8)}),
            "no order of these explains the last response\n"
            "  [3, 4] find -> true, saw 8\n"
            "among\n"
            "  [1, 2] insert 7 -> true\n"
            "  [3, 4] find -> true, saw 8\n");
}

// Some threads, each with one operation at a time, each of which happens at a random instant while
// it runs; so the history has an explanation.
history random_history(std::mt19937& random, std::size_t threads, std::size_t operations) {
  struct thread {
    std::size_t operation = 0;
    bool running = false;
    bool happened = false;
  };
  history all;
  std::vector<thread> each(threads);
  element_state state;
  const auto finished = [&] {
    return all.size() == operations &&
           std::none_of(each.begin(), each.end(), [](const thread& t) { return t.running; });
  };
  for (std::uint64_t instant = 1; !finished(); ++instant) {
    thread& next = each[random() % threads];
    if (!next.running) {
      if (all.size() == operations) continue;
      next = {all.size(), true, false};
      all.push_back(
          {static_cast<operation::kind_type>(random() % 5), false, random() % 3, 0, instant, 0});
    } else if (!next.happened) {
      operation& done = all[next.operation];
      done.seen = state.value_or(0);
      if (done.kind == operation::insert || done.kind == operation::assign) {
        done.result = !state.has_value();
      } else {
        done.result = state.has_value();
      }
      EXPECT_TRUE(happens(done, state));
      next.happened = true;
    } else {
      all[next.operation].responded = instant;
      next.running = false;
    }
  }
  return all;
}

// By trying all orders.
bool has_an_order(const history& all, std::vector<bool>& done, element_state state) {
  if (std::find(done.begin(), done.end(), false) == done.end()) return true;
  std::uint64_t first_response = ~std::uint64_t{0};
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (!done[n]) first_response = std::min(first_response, all[n].responded);
  }
  for (std::size_t n = 0; n < all.size(); ++n) {
    element_state after = state;
    if (done[n] || all[n].invoked > first_response || !happens(all[n], after)) continue;
    done[n] = true;
    const bool found = has_an_order(all, done, after);
    done[n] = false;
    if (found) return true;
  }
  return false;
}

// One result is not what it was.
void spoil(history& all, std::mt19937& random) {
  operation& chosen = all[random() % all.size()];
  if (random() % 2 == 0) {
    chosen.result = !chosen.result;
  } else {
    chosen.seen = random() % 3;
  }
}

TEST(search, agrees_with_trying_all_orders) {
  std::mt19937 random(1);
  int bad = 0;
  for (int n = 0; n < (sanitized ? 500 : 5000); ++n) {
    history all = random_history(random, 2 + random() % 3, 3 + random() % 7);
    ASSERT_EQ(impossible_in(all), none) << objection_to(all);
    spoil(all, random);
    std::vector<bool> done(all.size());
    const bool possible = has_an_order(all, done, {});
    ASSERT_EQ(impossible_in(all) == none, possible) << objection_to(all);
    bad += possible ? 0 : 1;
  }
  EXPECT_GT(bad, sanitized ? 50 : 500);
}

TEST(search, is_fast_enough_for_long_histories) {
  std::mt19937 random(2);
  history all = random_history(random, 8, 20'000);
  ASSERT_EQ(impossible_in(all), none);
  const auto late = std::find_if(all.end() - 100, all.end(), [](const operation& each) {
    return each.kind == operation::find && each.result;
  });
  ASSERT_NE(late, all.end());
  late->seen = 77;  // which nobody wrote
  EXPECT_EQ(impossible_in(all), static_cast<std::size_t>(late - all.begin()));
}

// ---- the map ----

template <class Map>
class linearizable : public testing::Test {};

using maps = testing::Types<concurrent_numbers, concurrent_stamped, concurrent_tracked>;
TYPED_TEST_SUITE(linearizable, maps);

template <class Map>
void expect_explained(recorded_plan plan) {
  if (sanitized) plan.operations /= 5;
  complaints found;
  recorded_run<Map> run(plan, found);
  run.run();
  EXPECT_EQ(found.first(), "");
  EXPECT_GT(run.map().stats().migrations.grow, 0u) << "the map is to grow meanwhile";
}

TYPED_TEST(linearizable, on_one_key) {
  expect_explained<TypeParam>({.recorders = 6, .churners = 2, .keys = 1, .operations = 20'000});
}

TYPED_TEST(linearizable, on_a_few_keys) {
  expect_explained<TypeParam>({.recorders = 5, .churners = 3, .keys = 7, .operations = 30'000});
}

TYPED_TEST(linearizable, while_the_map_is_reseeded) {
  expect_explained<TypeParam>(
      {.recorders = 5, .churners = 3, .keys = 5, .operations = 20'000, .reseeds = true});
}

}  // namespace
