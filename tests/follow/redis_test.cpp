// Followers of Redis Streams: snapshots, changes, breaks, checkpoints, trimming, groups.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "follow/redis_streams.hpp"
#include "support/ledger_allocator.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using redis_publisher = redis_streams;
using redis_follower = redis_streams;

TEST_F(redis_streams, snapshot_and_changes_meet_without_a_gap) {
  fed_source source(1);
  source.write(400, 2000);
  text_publisher& publisher = publish(source, publisher_options());
  text_follower& follower = follow(follower_options());
  std::uint64_t loaded_at = 0;
  follower.on_snapshot([&](const fed_content&) { loaded_at = follower.position(); });
  bool wrote_while_it_loads = false;
  ASSERT_TRUE(run_until([&] {
    if (source.map.position() < 1500) source.write(3, 2000);
    wrote_while_it_loads |= follower.is_loading() && source.map.position() > 420;
    if (follower.has_content()) {
      EXPECT_EQ(model_of(follower.content()), source.at[follower.position()]);
    }
    return follower.position() >= 1500 && follower.position() == source.map.position();
  })) << how_it_stands();
  EXPECT_TRUE(wrote_while_it_loads);
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_EQ(follower.counts().changes, source.map.position() - loaded_at) << "each once";
  EXPECT_EQ(publisher.counts().begun, 1u);
  ASSERT_TRUE(run_until([&] { return follower.lag().positions == 0; }));
}

TEST_F(redis_streams, thirty_cut_connections_lose_nothing_and_repeat_nothing) {
  fed_source source(2);
  source.write(300, 2000);
  auto options = publisher_options();
  options.snapshot_after_bytes = 8'000;
  text_publisher& publisher = publish(source, options);
  text_follower& follower = follow(follower_options());
  std::uint64_t loaded_at = 0;
  follower.on_snapshot([&](const fed_content&) { loaded_at = follower.position(); });
  for (int cut = 0; cut < 30; ++cut) {
    const auto polls = random_() % 60;
    for (unsigned n = 0; n < polls; ++n) {
      if (random_() % 4 == 0) source.write(static_cast<std::uint32_t>(1 + random_() % 20), 2000);
      publisher.poll(random_() % 2 == 0 ? 1ms : 0ms);
      follower.poll(1 + random_() % 30, 1ms);
      if (!follower.has_content()) continue;
      ASSERT_EQ(model_of(follower.content()), source.at[follower.position()]);
    }
    cut_all();
  }
  ASSERT_TRUE(run_until_same(source)) << publisher.trouble() << follower.trouble();
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
  EXPECT_EQ(publisher.counts().begun, 1u) << "the stream went on after every break";
  EXPECT_EQ(follower.counts().snapshots, 1u) << "so did the follower";
  EXPECT_EQ(follower.counts().changes, source.map.position() - loaded_at);
  EXPECT_GT(publisher.counts().connections, 10u);
  EXPECT_GT(follower.connections(), 10u);
  EXPECT_GT(publisher.counts().snapshots, 1u);

  // What stands in Redis is the same, too, for one that comes now.
  text_follower& fresh = follow(follower_options());
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
  EXPECT_EQ(bytes_of(fresh.content()), bytes_of(source.map.content()));
}

// A snapshot that is larger than what fits between two breaks is whole in the end, on both sides.
TEST_F(redis_streams, snapshots_go_on_after_a_break) {
  fed_source source(3);
  for (int n = 0; n < 3000; ++n) source.map.insert_or_assign("key " + std::to_string(n), "value");
  text_publisher& publisher = publish(source, publisher_options());
  int breaks = 0;
  for (; publisher.counts().snapshots == 0 && breaks < 1000; ++breaks) {
    for (int n = 0; n < 9; ++n) publisher.poll(1ms);
    cut_all();
  }
  EXPECT_LT(breaks, 1000);
  EXPECT_GT(breaks, 3);
  EXPECT_EQ(publisher.counts().begun, 1u);
  text_follower& follower = follow(follower_options());
  for (breaks = 0; !follower.has_content() && breaks < 1000; ++breaks) {
    for (int n = 0; n < 9; ++n) follower.poll(100, 1ms);
    cut_all();
  }
  EXPECT_LT(breaks, 1000);
  EXPECT_GT(breaks, 3);
  EXPECT_EQ(follower.counts().elements, 3000u) << "each was read once";
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
}

TEST_F(redis_follower, begins_the_newer_snapshot_where_it_reads_a_replaced_one) {
  fed_source source(21);
  for (int n = 0; n < 3000; ++n) source.map.insert_or_assign("key " + std::to_string(n), "value");
  text_publisher& publisher = publish(source, publisher_options());
  ASSERT_TRUE(publisher.flush(limit));
  text_follower& follower = follow(follower_options());
  while (follower.counts().elements < 1000) follower.poll(10, 1ms);
  source.map.insert_or_assign("one more", "value");
  publisher.start_snapshot();
  while (publisher.counts().snapshots < 2) publisher.poll(1ms);
  ASSERT_TRUE(run_until([&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
  EXPECT_GT(follower.counts().elements, 4000u) << "some of the first, all of the second";
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_TRUE(told_.empty()) << follower.trouble();
}

TEST_F(redis_follower, goes_on_from_a_checkpoint_and_reads_what_it_missed) {
  const temporary_room room;
  fed_source source(4);
  source.write(200);
  publish(source, publisher_options());
  follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  ASSERT_TRUE(follower_->save_checkpoint(room.path()));
  source.write(70);
  text_follower& another = follow(follower_options());
  ASSERT_TRUE(another.load_checkpoint(room.path()));
  const auto loaded = another.counts();
  ASSERT_TRUE(run_until_same(source));
  EXPECT_EQ(another.counts().changes, 70u);
  EXPECT_EQ(another.counts().snapshots, loaded.snapshots);
  EXPECT_EQ(another.restarts(), 0u);
  EXPECT_EQ(bytes_of(another.content()), bytes_of(source.map.content()));
}

TEST_F(redis_follower, is_told_that_its_position_was_trimmed_away) {
  fed_source source(5);
  source.write(200);
  auto options = publisher_options();
  options.keep_changes = 10;
  text_publisher& publisher = publish(source, options);
  text_follower& follower = follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  follower.close();
  EXPECT_EQ(follower.state(), state::stopped);
  const auto away = std::move(follower_);
  const std::uint64_t left_at = away->position();
  source.write(300);
  ASSERT_TRUE(publisher.flush(limit));
  publisher.start_snapshot();
  ASSERT_TRUE(run_until([&] { return publisher.counts().snapshots == 2; }));
  EXPECT_EQ(publisher.snapshot_position(), 500u);
  // By position: entries whose last change is below the floor are gone, and no others.
  const auto first = server_->ask({"XRANGE", "stock", "-", "+", "COUNT", "1"});
  ASSERT_EQ(first->elements, 1u);
  steady::detail::stream_id id;
  ASSERT_TRUE(steady::detail::read_id(steady::detail::text_of(*first->element[0]->element[0]), id));
  EXPECT_GE(id.position, 490u);
  EXPECT_LE(id.position, 500u);

  bool kept_content = true;
  ASSERT_TRUE(poll_until(*away, 500, [&] {
    kept_content &= away->has_content() && (away->position() == left_at || away->position() >= 500);
  }));
  EXPECT_TRUE(kept_content);
  EXPECT_EQ(told_, std::vector{follow_refusal::fell_behind});
  EXPECT_NE(away->trouble().find("change 201 is no longer"), std::string::npos) << away->trouble();
  EXPECT_EQ(away->restarts(), 1u);
  EXPECT_EQ(bytes_of(away->content()), bytes_of(source.map.content()));
}

// The newest changes stay when the stream is trimmed: who was away for a moment needs no snapshot.
TEST_F(redis_publisher, keeps_the_newest_changes) {
  fed_source source(6);
  source.write(200);
  auto options = publisher_options();
  options.keep_changes = 100;
  text_publisher& publisher = publish(source, options);
  text_follower& follower = follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  const auto away = std::move(follower_);
  source.write(90);
  ASSERT_TRUE(publisher.flush(limit));
  publisher.start_snapshot();
  ASSERT_TRUE(run_until([&] { return publisher.counts().snapshots == 2; }));
  ASSERT_TRUE(poll_until(*away, 290));
  EXPECT_EQ(away->counts().snapshots, 1u);
  EXPECT_EQ(away->counts().changes, 90u);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(&follower, away.get());
}

// What was copied for it.
TEST_F(redis_publisher, frees_a_snapshot_that_it_gives_up_in_steps) {
  using map_type =
      steady::fed_map<std::string, std::string, steady::hash<std::string>, std::equal_to<>,
                      ledger_allocator<std::pair<const std::string, std::string>>>;
  using allocator = map_type::container_type::allocator_type;
  memory_ledger ledger;
  map_type map{map_type::container_type(allocator(ledger))};
  const auto write = [&](int n) { map.insert_or_assign(std::to_string(n), std::string("some")); };
  for (int n = 0; n < 10'000; ++n) write(n);
  auto options = publisher_options();
  options.subscriber.max_copied_bytes = 400'000;
  steady::redis_publisher<map_type> publisher(map, server_->address(), "stock", options);
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!publisher.is_saving() && std::chrono::steady_clock::now() < end) publisher.poll(1ms);
  std::size_t copied = 0;
  for (int n = 0; map.stats().snapshot_bytes >= copied && n < 10'000; ++n) {
    copied = map.stats().snapshot_bytes;
    write(n);
  }
  ASSERT_LT(map.stats().snapshot_bytes, copied) << "it is cut off";
  const std::size_t held = ledger.blocks;
  std::size_t most = 0;
  while (ledger.blocks + 300 > held && std::chrono::steady_clock::now() < end) {
    const std::size_t before = ledger.blocks;
    publisher.poll(1ms);
    if (ledger.blocks < before) most = std::max(most, before - ledger.blocks);
  }
  EXPECT_LE(ledger.blocks + 300, held);
  EXPECT_LE(most, 100u) << "in one poll()";
}

TEST_F(redis_follower, knows_its_lag) {
  fed_source source(19);
  source.write(50);
  publish(source, publisher_options());
  text_follower& follower = follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  ASSERT_TRUE(run_until([&] { return follower.lag().positions == 0; }));
  // A publisher that says nothing is no proof that nothing has changed.
  const auto end = std::chrono::steady_clock::now() + limit;
  while (follower.lag().age < 400ms && std::chrono::steady_clock::now() < end) {
    follower.poll(10, 1ms);
  }
  EXPECT_GE(follower.lag().age, 400ms) << "it looks ten times a second";
  source.write(30);
  ASSERT_TRUE(publisher_->flush(limit));
  ASSERT_TRUE(run_until([&] {
    follower.poll(1, 1ms);
    return follower.lag().positions > 0 || follower.position() == 80;
  }));
  ASSERT_TRUE(run_until_same(source));
}

TEST_F(redis_streams, groups_keep_what_their_followers_miss) {
  fed_source source(13);
  source.write(100);
  auto options = publisher_options();
  options.keep_changes = 5;
  text_publisher& publisher = publish(source, options);
  auto how = follower_options("first");
  how.acknowledges = steady::acknowledging::told;
  follow(how);
  ASSERT_TRUE(run_until_same(source));
  const auto first = std::move(follower_);
  source.write(60);
  follow(follower_options("second"));
  ASSERT_TRUE(run_until_same(source));
  ASSERT_TRUE(poll_until(*first, 130));
  first->acknowledge();
  ASSERT_TRUE(poll_until(*first, 160));
  source.write(60);
  ASSERT_TRUE(run_until_same(source));
  const auto of = [&](const std::string& name) {
    for (const auto& one : publisher.groups()) {
      if (one.name == name) return one;
    }
    return steady::redis_group();
  };
  ASSERT_TRUE(run_until([&] {
    first->poll(0);
    return of("second").acknowledged == 220 && of("first").acknowledged >= 120;
  })) << of("first").acknowledged;
  EXPECT_EQ(of("second").unacknowledged, 0u);
  EXPECT_GT(of("first").unacknowledged, 0u) << "it was not told so";
  EXPECT_LT(of("first").acknowledged, 160u);
  publisher.start_snapshot();
  ASSERT_TRUE(run_until([&] { return publisher.counts().snapshots == 2; }));
  ASSERT_TRUE(poll_until(*first, 220));
  EXPECT_EQ(first->counts().snapshots, 1u) << "what it missed was kept for it";
  EXPECT_EQ(first->restarts(), 0u);
  first->acknowledge();
  ASSERT_TRUE(run_until([&] {
    first->poll(0, 1ms);
    return of("first").unacknowledged == 0;
  }));
}

TEST_F(redis_follower, is_right_even_where_two_have_one_group) {
  fed_source source(14);
  source.write(100);
  publish(source, publisher_options());
  follow(follower_options("same"));
  ASSERT_TRUE(run_until_same(source));
  text_follower another(server_->address(), "stock", follower_options("same"));
  for (int round = 0; round < 5; ++round) {
    source.write(40);
    ASSERT_TRUE(run_until([&] {
      another.poll(1 + random_() % 20, 1ms);
      return another.position() == source.map.position() &&
             follower_->position() == source.map.position();
    }));
    EXPECT_EQ(bytes_of(another.content()), bytes_of(source.map.content()));
    EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
  }
}

}  // namespace
