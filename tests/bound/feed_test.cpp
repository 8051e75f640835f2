// The published bounds of docs/guarantees.md, "Fed and durable containers", for fed containers and
// their subscribers, asserted for every single call on maps of half a million elements.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/feed.hpp>

#include "support/feed_bounds.hpp"

namespace {

using namespace support;
using steady::feed_state;
using fed = steady::fed_map<std::uint64_t, counted_number>;
using follower = steady::subscriber<fed>;

constexpr std::uint64_t many = STEADY_MANY / 20;

const auto deliver = [](const auto&) { ++feed_work_of_this_thread.delivered; };

steady::feed_options few_changes() {
  steady::feed_options options;
  options.max_changes = 1000;
  return options;
}

TEST(feed_bounds, of_writes) {
  fed map(few_changes());
  counted_writes most;
  for (std::uint64_t i = 0; i < many; ++i) most.insert(map, i);
  for (std::uint64_t i = 0; i < many / 10; ++i) most.assign(map, i);
  expect_published_for_feeds("fed insert", most.inserts);
  expect_published_for_feeds("fed assign", most.assignments);
  feed_work reading;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    reading.raise_to(feed_work_of([&] {
      EXPECT_EQ(map.contains(scattered(i)), map.find(scattered(i)) != map.end());
      EXPECT_LE(map.kept_after(), map.position());
    }));
  }
  expect_published_for_feeds("fed find", reading);
  feed_work clearing;
  clearing.raise_to(feed_work_of([&] { map.clear_gradually(); }));
  expect_published_for_feeds("fed clear_gradually", clearing);
}

TEST(feed_bounds, of_writes_under_a_subscriber) {
  fed map(steady::feed_options{2 * many, ~std::size_t{0}});
  fill(map, many);
  follower one(map, steady::subscriber_options{~std::size_t{0}});
  map.reserve_gradually(4 * many);  // so that it migrates meanwhile
  counted_writes most;
  for (std::uint64_t i = 0; i < many / 4; ++i) {
    most.insert(map, many + 2 * i);
    most.insert(map, many + 2 * i + 1);
    most.assign(map, i * 7 % many);
  }
  ASSERT_EQ(one.state(), feed_state::snapshot);
  expect_published_for_feeds("fed insert under a subscriber", most.inserts);
  expect_published_for_feeds("fed assign under a subscriber", most.assignments);
}

// A subscriber that takes too much is cut off at its limit, and what was copied for it is freed by
// the writes that follow.
TEST(feed_bounds, of_a_subscriber_that_is_cut_off) {
  const std::size_t limit = 2 * many;  // an eighth of the elements
  fed map;
  fill(map, many);
  follower slow(map, steady::subscriber_options{limit});
  std::uint64_t n = 0;
  std::size_t most_bytes = 0;
  for (; slow.state() != feed_state::cut; ++n) {
    ASSERT_LT(n, many);
    map.insert_or_assign(scattered(n), counted_number(n));
    most_bytes = std::max(most_bytes, slow.bytes());
  }
  ASSERT_EQ(slow.why_cut(), steady::cut_reason::copied_bytes);
  EXPECT_GT(most_bytes, limit);
  EXPECT_LE(most_bytes, limit + 64 * 1024) << "a bucket, and its note, more";
  counted_writes freeing;
  const std::uint64_t cut_at = n;
  for (; slow.bytes() > 0; ++n) {
    ASSERT_LT(n - cut_at, many / 4) << "4 buckets with each write";
    freeing.insert(map, many + n);
    freeing.assign(map, n % many);
  }
  expect_published_for_feeds("fed insert, subscriber cut off", freeing.inserts);
  expect_published_for_feeds("fed assign, subscriber cut off", freeing.assignments);
  feed_work beginning;
  beginning.raise_to(feed_work_of([&] { slow.restart(); }));
  expect_published_for_feeds("subscriber restart", beginning);
  EXPECT_EQ(slow.state(), feed_state::snapshot);
}

// Copies that no change asks for: a reseeding makes them.
TEST(feed_bounds, of_stepping_under_a_subscriber) {
  feed_work stepping;
  for (const std::size_t limit : {~std::size_t{0}, std::size_t{4 * many}}) {
    fed map;
    fill(map, many);
    map.finish();
    follower slow(map, steady::subscriber_options{limit});
    map.reseed_gradually();
    std::size_t most_bytes = 0;
    while (map.migrating()) {
      stepping.raise_to(feed_work_of([&] { map.step(1); }));
      most_bytes = std::max(most_bytes, slow.bytes());
    }
    const bool is_limited = limit != ~std::size_t{0};
    EXPECT_EQ(slow.state(), is_limited ? feed_state::cut : feed_state::snapshot);
    if (is_limited) {
      EXPECT_LE(most_bytes, limit + 64 * 1024);
    }
  }
  expect_published_for_feeds("fed step(1), reseeding under a subscriber", stepping);
}
TEST(feed_bounds, of_copies_within_a_call) {
  for (const auto& [name, call] : what_moves_elements<fed>()) {
    SCOPED_TRACE(name);
    constexpr std::size_t limit = 2 * many;
    fed map;
    fill(map, many);
    map.finish();
    follower slow(map, steady::subscriber_options{limit});
    map.reseed_gradually();
    const auto bytes = [&slow = slow] { return slow.bytes(); };
    EXPECT_LE(most_copied_bytes(bytes, [&, &call = call] { call(map); }), limit + 64 * 1024);
    EXPECT_EQ(slow.why_cut(), steady::cut_reason::copied_bytes);
    EXPECT_FALSE(map.migrating());
    EXPECT_TRUE(map.size() == many || map.empty());
  }
}

TEST(feed_bounds, of_a_subscribers_steps) {
  fed map;
  fill(map, many / 10);
  follower one(map);
  feed_work showing;
  for (std::uint64_t n = 0; one.state() == feed_state::snapshot; ++n) {
    showing.raise_to(feed_work_of([&] { one.step(1, deliver, deliver); }));
    map.insert_or_assign(scattered(n * 7919 % many), counted_number(n));
  }
  expect_published_for_feeds("subscriber step(1), in the snapshot", showing);
  ASSERT_EQ(one.state(), feed_state::changes);
  feed_work streaming;
  while (one.state() == feed_state::changes) {
    streaming.raise_to(feed_work_of([&] { one.step(1, deliver, deliver); }));
  }
  EXPECT_EQ(streaming.delivered, 1u);
  expect_published_for_feeds("subscriber step(1), changes", streaming);
}

// Small enough for every call, and larger than what glibc caches by thread.
TEST(heap_settler, allocates_a_block_now_and_then) {
  steady::detail::heap_settler heap;
  std::uint64_t calls_with_a_block = 0;
  for (int n = 0; n < 160; ++n) {
    const feed_work one = feed_work_of([&] { heap.settle(); });
    EXPECT_LE(one.blocks, 2u);
    if (one.blocks == 0) continue;
    ++calls_with_a_block;
    EXPECT_EQ(one.blocks, 2u) << "it is released";
    EXPECT_EQ(one.largest_block, 2048u);
  }
  EXPECT_EQ(calls_with_a_block, 10u);
}

}  // namespace
