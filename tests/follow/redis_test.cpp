// Followers of Redis Streams, with a redis-server of each test's own, which is killed, whose
// connections are cut, and whose keys are damaged.
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/redis_follower.hpp>
#include <steady/redis_publisher.hpp>

#include "follow/follow_model.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using namespace std::chrono_literals;
using text_publisher = steady::redis_publisher<fed_texts>;
using text_follower = steady::redis_follower<fed_content>;
using steady::follow_refusal;
using state = steady::connection_state;

constexpr auto limit = 20s;  // longer than any honest run

steady::redis_publisher_options publisher_options() {
  steady::redis_publisher_options options;
  options.entry_bytes = 300;  // many entries, also of few elements
  options.window_bytes = 2000;
  options.first_wait = 1ms;
  options.longest_wait = 20ms;
  options.beat_time = 5ms;
  return options;
}
steady::redis_follower_options follower_options(const std::string& group = {}) {
  steady::redis_follower_options options;
  options.group = group;
  options.read_entries = 3;
  options.first_wait = 1ms;
  options.longest_wait = 20ms;
  options.look_time = 5ms;
  return options;
}

class redis_streams : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis_server::is_installed()) GTEST_SKIP() << "there is no redis-server to be run";
    server_ = std::make_unique<redis_server>(is_durable_);
  }

  text_publisher& publish(fed_source& source, const steady::redis_publisher_options& options) {
    publisher_ = std::make_unique<text_publisher>(source.map, server_->address(), "stock", options);
    return *publisher_;
  }
  text_follower& follow(const steady::redis_follower_options& options) {
    follower_ = std::make_unique<text_follower>(server_->address(), "stock", options);
    follower_->on_trouble([this](follow_refusal why, const std::string&) { told_.push_back(why); });
    return *follower_;
  }
  bool was_told(follow_refusal why) const {
    return std::find(told_.begin(), told_.end(), why) != told_.end();
  }
  // Lets both do what they can, until it is so; false if that takes too long.
  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      if (publisher_) publisher_->poll(follower_ ? 0ms : 1ms);
      if (follower_) follower_->poll(1 + random_() % 50, 1ms);
    }
    return true;
  }
  bool run_until_same(fed_source& source) {
    return run_until([&] {
      return publisher_->has_written_all() && !publisher_->is_saving() &&
             follower_->position() == source.map.position();
    });
  }
  // One change at a time, so that it is nowhere else for long.
  static bool poll_until(
      text_follower& follower, std::uint64_t position, const std::function<void()>& look = [] {}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (follower.position() < position && std::chrono::steady_clock::now() < end) {
      look();
      follower.poll(1, 1ms);
    }
    return follower.position() >= position;
  }
  std::string how_it_stands() const {
    return "publisher: " + publisher_->trouble() + " written " +
           std::to_string(publisher_->written()) + ", snapshots " +
           std::to_string(publisher_->counts().snapshots) + "; follower: " + follower_->trouble() +
           ", " + follower_->obstacle() + ", position " + std::to_string(follower_->position()) +
           (follower_->is_loading() ? ", loading" : "");
  }
  // Ends every connection but its own.
  void cut_all() { server_->number({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); }

  bool is_durable_ = false;
  std::unique_ptr<redis_server> server_;
  std::unique_ptr<text_publisher> publisher_;
  std::unique_ptr<text_follower> follower_;
  std::vector<follow_refusal> told_;
  std::mt19937 random_{11};
};
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

TEST_F(redis_follower, waits_for_a_snapshot_where_the_stream_was_cut_short) {
  fed_source source(7);
  source.write(100);
  auto options = publisher_options();
  text_publisher& publisher = publish(source, options);
  text_follower& follower = follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  source.write(100);
  ASSERT_TRUE(publisher.flush(limit));
  server_->number({"XTRIM", "stock", "MAXLEN", "0"});
  ASSERT_TRUE(run_until([&] {
    return follower.obstacle().find("no newer snapshot") != 0 &&
           was_told(follow_refusal::fell_behind) && !follower.obstacle().empty();
  }));
  EXPECT_LT(follower.position(), 200u);
  EXPECT_NE(follower.obstacle().find("no newer snapshot"), std::string::npos);
  publisher.start_snapshot();
  ASSERT_TRUE(run_until_same(source));
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
}

TEST_F(redis_streams, a_server_that_is_killed_comes_back_with_its_data) {
  is_durable_ = true;
  server_ = std::make_unique<redis_server>(true);
  fed_source source(8);
  source.write(300);
  publish(source, publisher_options());
  follow(follower_options());
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t aim = source.map.position() + 40;
    ASSERT_TRUE(run_until([&] {
      if (source.map.position() < aim) source.write(3);
      return follower_->position() + 10 >= aim;
    }));
    server_->kill();
    source.write(50);
    for (int n = 0; n < 20; ++n) {
      publisher_->poll(1ms);
      follower_->poll(10, 1ms);
    }
    EXPECT_NE(publisher_->trouble(), "");
    server_->start();
  }
  ASSERT_TRUE(run_until_same(source));
  EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
  EXPECT_EQ(publisher_->counts().begun, 1u);
  EXPECT_EQ(follower_->counts().snapshots, 1u);
}

TEST_F(redis_streams, a_server_that_has_lost_everything_gets_it_again) {
  fed_source source(9);
  source.write(300);
  publish(source, publisher_options());
  follow(follower_options("group"));
  ASSERT_TRUE(run_until_same(source));
  server_->kill();
  source.write(50);
  server_->start();
  ASSERT_TRUE(run_until_same(source));
  EXPECT_EQ(publisher_->counts().begun, 2u);
  EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
  source.write(20);
  ASSERT_TRUE(run_until_same(source));
  EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
}

TEST_F(redis_publisher, begins_anew_where_the_source_no_longer_keeps_what_is_missing) {
  steady::feed_options few;
  few.max_changes = 20;
  fed_source source(10, few);
  source.write(100);
  publish(source, publisher_options());
  follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  source.write(100);
  ASSERT_TRUE(run_until_same(source));
  EXPECT_EQ(publisher_->counts().begun, 2u);
  EXPECT_EQ(follower_->restarts(), 1u);
  EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
}

TEST_F(redis_publisher, is_replaced_by_the_one_that_comes_next) {
  fed_source source(11);
  source.write(100);
  publish(source, publisher_options());
  follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  const auto old = std::move(publisher_);
  fed_source other(12);
  other.write(30);
  publish(other, publisher_options());
  ASSERT_TRUE(run_until_same(other));
  EXPECT_EQ(bytes_of(follower_->content()), bytes_of(other.map.content()));
  source.write(10);
  EXPECT_FALSE(old->flush(limit));
  EXPECT_EQ(old->state(), steady::publisher_state::refused);
  EXPECT_NE(old->trouble().find("another publisher"), std::string::npos) << old->trouble();
  EXPECT_EQ(server_->number({"XLEN", "stock"}), 0) << "of the old one, nothing";
  old->close();
  ASSERT_TRUE(old->flush(limit)) << "it takes the stream back when it is told";
}

// Also where both have the same map, so that each has what comes next.
TEST_F(redis_publisher, writes_nothing_once_it_is_replaced) {
  fed_source source(20);
  source.write(100);
  publish(source, publisher_options());
  ASSERT_TRUE(publisher_->flush(limit));
  const auto old = std::move(publisher_);
  publish(source, publisher_options());
  ASSERT_TRUE(publisher_->flush(limit));
  EXPECT_EQ(publisher_->counts().begun, 0u) << "it goes on with the stream";
  source.write(10);
  EXPECT_FALSE(old->flush(limit));
  EXPECT_EQ(old->state(), steady::publisher_state::refused);
  EXPECT_EQ(server_->text({"HGET", "stock:source", "newest"}), "100");
  EXPECT_TRUE(publisher_->flush(limit));
}

// A map that was put back from a copy has an older history of the same feed.
TEST_F(redis_follower, goes_back_with_a_source_that_went_back) {
  const temporary_room room;
  const std::string copy = room.path() + ".copy";
  steady::durable_options how;
  how.sync = steady::sync_policy::never;
  how.feed_changes = 1000;
  using map_type = steady::durable_map<std::string, std::string>;
  using publisher_type = steady::redis_publisher<map_type>;
  text_follower& follower = follow(follower_options());
  const auto write_and_follow = [&](int from, int count) {
    map_type map(room.path(), how);
    for (int n = from; n < from + count; ++n) map.insert_or_assign(std::to_string(n), "x");
    publisher_type publisher(map, server_->address(), "stock", publisher_options());
    const auto end = std::chrono::steady_clock::now() + limit;
    while (follower.position() != map.position() && std::chrono::steady_clock::now() < end) {
      publisher.poll();
      follower.poll(100, 1ms);
    }
    EXPECT_EQ(bytes_of(follower.content()), bytes_of(map.content()));
  };
  write_and_follow(0, 50);
  std::filesystem::copy(room.path(), copy, std::filesystem::copy_options::recursive);
  write_and_follow(100, 50);
  EXPECT_EQ(follower.restarts(), 0u) << "the map was opened again, and no snapshot was needed";
  std::filesystem::remove_all(room.path());
  std::filesystem::rename(copy, room.path());
  write_and_follow(200, 20);
  EXPECT_EQ(follower.position(), 70u);
  EXPECT_EQ(follower.restarts(), 1u);
}

// ---- what is refused ----

TEST_F(redis_publisher, does_not_take_over_a_stream_of_other_types) {
  fed_source source(15);
  source.write(10);
  publish(source, publisher_options());
  ASSERT_TRUE(publisher_->flush(limit));
  steady::fed_map<std::string, int> numbers;
  steady::redis_publisher other(numbers, server_->address(), "stock", publisher_options());
  EXPECT_FALSE(other.flush(limit));
  EXPECT_EQ(other.why_refused(), follow_refusal::other_types);
  EXPECT_EQ(other.trouble(), "the stream has text to 'text', and this is text to 'i32'");
  steady::redis_follower<steady::hash_set<std::string>> set(server_->address(), "stock");
  for (int n = 0; n < 1000 && set.state() != state::refused; ++n) set.poll(1, 10ms);
  EXPECT_EQ(set.why_refused(), follow_refusal::other_types);
  source.write(10);
  EXPECT_TRUE(publisher_->flush(limit)) << "nobody has replaced it";
}

TEST_F(redis_streams, wants_the_password) {
  server_->text({"CONFIG", "SET", "requirepass", "sesame"});
  server_->password = "sesame";
  fed_source source(16);
  source.write(10);
  auto good = publisher_options();
  auto how = follower_options();
  for (const std::string password : {"", "open"}) {
    good.password = how.password = password;
    EXPECT_FALSE(publish(source, good).flush(limit));
    EXPECT_EQ(publisher_->why_refused(), follow_refusal::wrong_secret) << publisher_->trouble();
    text_follower& follower = follow(how);
    for (int n = 0; n < 1000 && follower.state() != state::refused; ++n) follower.poll(1, 10ms);
    EXPECT_EQ(follower.why_refused(), follow_refusal::wrong_secret) << follower.trouble();
  }
  good.password = how.password = "sesame";
  good.user = "default";
  publish(source, good);
  follow(how);
  ASSERT_TRUE(run_until_same(source));
}

// Entries of strangers, in the stream and in the snapshot: content stays what it was, and a newer
// snapshot heals all.
TEST_F(redis_follower, refuses_entries_that_are_none) {
  fed_source source(17);
  source.write(100);
  publish(source, publisher_options());
  text_follower& follower = follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  const std::string feed = server_->text({"HGET", "stock:source", "feed"});
  const std::string key = "a";
  steady::byte_buffer far;
  steady::append_change(far, 105, steady::change_kind::insert, &key, &key);
  const std::string_view gap(reinterpret_cast<const char*>(far.data()), far.size());
  const std::vector<std::vector<std::string_view>> strange = {
      {"feed", feed, "records", "nonsense"},
      {"feed", feed, "records", ""},
      {"one", "two"},
      {"feed", feed, "records", gap, "more", "fields"}};
  for (const auto& fields : strange) {
    told_.clear();
    publisher_.reset();
    const std::string number = std::to_string(follower.position() + 1) + "-0";
    std::vector<std::string_view> words{"XADD", "stock", number};
    words.insert(words.end(), fields.begin(), fields.end());
    ASSERT_EQ(server_->ask(words)->type, REDIS_REPLY_STRING);
    const std::string before = bytes_of(follower.content());
    ASSERT_TRUE(run_until([&] { return was_told(follow_refusal::bad_bytes); }));
    EXPECT_NE(follower.trouble().find("of stock is refused"), std::string::npos);
    EXPECT_EQ(bytes_of(follower.content()), before);
    source.write(20);
    publish(source, publisher_options());  // which finds another end than its own
    ASSERT_TRUE(run_until_same(source)) << how_it_stands();
    EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
  }
}

TEST_F(redis_streams, sizes_are_limited) {
  fed_source source(18);
  auto options = publisher_options();
  options.max_entries = 50;
  options.window_bytes = 500'000;
  publish(source, options);
  source.map.insert_or_assign("long", std::string(100'000, 'x'));
  source.at.push_back(model_of(source.map.content()));
  auto how = follower_options();
  how.max_reply_bytes = 1000;
  text_follower& follower = follow(how);
  ASSERT_TRUE(run_until([&] { return !follower.trouble().empty(); }));
  EXPECT_NE(follower.trouble().find("more than 1000 bytes"), std::string::npos);
  follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  for (int n = 0; n < 400; ++n) {
    source.write(10);
    publisher_->poll();
  }
  ASSERT_TRUE(publisher_->flush(limit));
  EXPECT_LT(server_->number({"XLEN", "stock"}), 200) << "some more than 50, as Redis trims";
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

TEST(redis_addresses, are_checked) {
  for (const char* const wrong : {"", "host:", ":1", "host:70000", "a:b:1"}) {
    EXPECT_THROW(text_follower(wrong, "stock"), std::invalid_argument) << wrong;
  }
  EXPECT_THROW(text_follower("host", ""), std::invalid_argument);
  for (const char* const right : {"host", "host:1", "[::1]", "[::1]:80", "unix:here", "/tmp/s"}) {
    text_follower follower(right, "stock");
    EXPECT_EQ(follower.state(), state::stopped);
  }
  text_follower nowhere("unix:/nowhere/at/all", "stock", follower_options());
  EXPECT_EQ(nowhere.poll(1), steady::poll_result::waits);
  EXPECT_EQ(nowhere.state(), state::waiting);
  EXPECT_EQ(nowhere.trouble(), "No such file or directory");
}

// ---- groups ----

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
