// What goes wrong around Redis Streams: servers that are killed, with and without their data,
// sources that went back, other publishers, other types, wrong passwords, entries of strangers,
// limits.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/durable_map.hpp>
#include <steady/hash_set.hpp>

#include "follow/redis_streams.hpp"
#include "support/countdown.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using redis_publisher = redis_streams;
using redis_follower = redis_streams;

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

// Also on a connection that goes on.
TEST_F(redis_publisher, begins_anew_where_the_stream_was_removed) {
  fed_source source(40);
  source.write(100);
  publish(source, publisher_options());
  follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  const std::vector<std::vector<std::string_view>> removals = {{"FLUSHALL"},
                                                               {"DEL", "stock:source"}};
  for (const auto& words : removals) {
    const std::uint64_t begun = publisher_->counts().begun;
    server_->ask(words);
    source.write(10);
    ASSERT_TRUE(publisher_->flush(limit)) << words[0] << ": " << publisher_->trouble();
    EXPECT_EQ(publisher_->counts().begun, begun + 1);
    ASSERT_TRUE(run_until_same(source)) << how_it_stands();
    EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
  }
}

// Both would have the first term, if that were the same for all.
TEST_F(redis_publisher, is_replaced_by_one_that_came_after_its_stream_was_removed) {
  fed_source source(41);
  source.write(30);
  ASSERT_TRUE(publish(source, publisher_options()).flush(limit));
  const auto old = std::move(publisher_);
  server_->ask({"FLUSHALL"});
  fed_source other(42);
  other.write(30);
  ASSERT_TRUE(publish(other, publisher_options()).flush(limit));
  source.write(10);
  EXPECT_FALSE(old->flush(limit));
  EXPECT_EQ(old->state(), steady::publisher_state::refused);
  EXPECT_EQ(publisher_->counts().begun, 1u);
  EXPECT_EQ(server_->text({"HGET", "stock:source", "newest"}), "30");
}

// And what comes behind it.
TEST_F(redis_publisher, writes_a_snapshot_again_that_somebody_removed) {
  fed_source source(43);
  source.write(100);
  text_publisher& publisher = publish(source, publisher_options());
  ASSERT_TRUE(publisher.flush(limit));
  for (const std::string_view removed : {"stock:snapshot", "stock"}) {
    SCOPED_TRACE(removed);
    source.write(10);
    ASSERT_TRUE(publisher.flush(limit));
    const std::uint64_t before = publisher.counts().snapshots;
    server_->number({"DEL", removed});
    ASSERT_TRUE(run_until([&] { return publisher.counts().snapshots == before + 1; }));
    text_follower& follower = follow(follower_options());
    ASSERT_TRUE(run_until_same(source)) << how_it_stands();
    EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
    follower_.reset();
    for (int beats = 0; beats < 3; ++beats) publisher.poll(10ms);
    EXPECT_EQ(publisher.counts().snapshots, before + 1) << "once";
  }
  EXPECT_EQ(publisher.counts().begun, 1u);
}

TEST_F(redis_publisher, ends_no_snapshot_whose_parts_somebody_removed) {
  server_->number({"HSET", "stock:source", "partial", "run-3", "snapshot", "5"});
  const steady::detail::stream_keys keys("stock");
  const auto reply =
      server_->ask({"EVAL", steady::detail::redis_scripts::end_snapshot, "4", keys.source,
                    keys.changes, keys.snapshot, keys.partial, "1", "run-3", "9", "10", "0", "4"});
  EXPECT_EQ(steady::detail::text_of(*reply), "GAP the parts of this snapshot were removed");
  EXPECT_EQ(server_->text({"HGET", "stock:source", "partial"}), "") << "so it is begun anew";
  EXPECT_EQ(server_->text({"HGET", "stock:source", "snapshot"}), "5");
}

TEST_F(redis_publisher, begins_a_snapshot_anew_whose_parts_somebody_removed) {
  fed_source source(48);
  source.write(1500, 2000);
  text_publisher& publisher = publish(source, publisher_options());
  ASSERT_TRUE(publisher.flush(limit));
  bool has_removed = true;
  int removals = 0;
  for (int polls = 1; has_removed && !HasFailure(); ++polls) {
    SCOPED_TRACE(polls);
    source.write(1);
    const std::uint64_t before = publisher.counts().snapshots;
    publisher.start_snapshot();
    for (int n = 0; n < polls; ++n) publisher.poll();
    has_removed = server_->number({"DEL", "stock:snapshot.partial"}) == 1;
    removals += has_removed ? 1 : 0;
    ASSERT_TRUE(run_until([&] {
      return publisher.counts().snapshots > before && !publisher.is_saving();
    })) << publisher.trouble();
    text_follower& follower = follow(follower_options());
    ASSERT_TRUE(run_until_same(source)) << how_it_stands();
    EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
    follower_.reset();
  }
  EXPECT_GT(removals, 3);
  EXPECT_EQ(publisher.counts().begun, 1u);
}

TEST_F(redis_follower, refuses_a_snapshot_that_lacks_entries) {
  fed_source source(49);
  source.write(200, 2000);
  text_publisher& publisher = publish(source, publisher_options());
  for (const bool is_first : {true, false}) {
    SCOPED_TRACE(is_first);
    source.write(10);
    const std::uint64_t before = publisher.counts().snapshots;
    publisher.start_snapshot();
    ASSERT_TRUE(run_until([&] { return publisher.counts().snapshots > before; }));
    const std::string position = std::to_string(*publisher.snapshot_position());
    const std::string number = position + (is_first ? "-1" : "-3");
    ASSERT_EQ(server_->number({"XDEL", "stock:snapshot", number}), 1);
    text_follower& follower = follow(follower_options());
    ASSERT_TRUE(run_until([&] { return !follower.trouble().empty(); }));
    EXPECT_EQ(follower.trouble(), "entry " + position + (is_first ? "-2" : "-4") +
                                      " of stock:snapshot is refused: those of the snapshot "
                                      "before it are missing");
    source.write(10);
    publisher.start_snapshot();
    ASSERT_TRUE(run_until_same(source)) << how_it_stands();
    follower_.reset();
  }
}

TEST_F(redis_streams, limits_of_nothing_are_those_of_one) {
  fed_source source(44);
  source.write(30);
  auto options = publisher_options();
  options.entry_bytes = options.window_bytes = 0;
  publish(source, options);
  auto how = follower_options();
  how.read_entries = 0;
  follow(how);
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
}

TEST_F(redis_streams, a_limit_may_be_the_largest_number) {
  fed_source source(50);
  source.write(30);
  publish(source, publisher_options());
  auto how = follower_options();
  how.max_reply_bytes = std::numeric_limits<std::size_t>::max();
  follow(how);
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
}

// Redis makes no group then. The follower tells it, and comes back later.
TEST_F(redis_follower, tells_that_there_is_no_memory_for_its_group) {
  fed_source source(51);
  source.write(30);
  ASSERT_TRUE(publish(source, publisher_options()).flush(limit));
  ASSERT_TRUE(run_until([&] { return !publisher_->is_saving(); }));
  publisher_.reset();
  server_->text({"CONFIG", "SET", "maxmemory", "1"});
  text_follower& follower = follow(follower_options("group"));
  ASSERT_TRUE(run_until([&] { return follower.trouble().find("OOM") != std::string::npos; }));
  EXPECT_EQ(follower.why_refused(), follow_refusal::none);
  server_->text({"CONFIG", "SET", "maxmemory", "0"});
  source.write(5);
  publish(source, publisher_options());
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
}

// They stay what they are until somebody writes others, so the follower pauses.
TEST_F(redis_follower, pauses_where_entries_are_of_another_feed_than_the_source) {
  fed_source source(52);
  source.write(30);
  ASSERT_TRUE(publish(source, publisher_options()).flush(limit));
  ASSERT_TRUE(run_until([&] { return !publisher_->is_saving(); }));
  publisher_.reset();
  server_->number({"HSET", "stock:source", "feed", "00000000000000aa"});
  server_->text({"CONFIG", "RESETSTAT"});
  auto how = follower_options();
  how.look_time = 1h;
  text_follower& follower = follow(how);
  ASSERT_TRUE(run_until([&] { return follower.obstacle() == "the source is another one"; }));
  for (int n = 0; n < 50; ++n) follower.poll(10, 1ms);
  const auto reply = server_->ask({"INFO", "commandstats"});
  const std::string stats(reply->str, reply->len);
  EXPECT_NE(stats.find("cmdstat_hmget:calls=1,"), std::string::npos) << stats;
  EXPECT_EQ(follower.trouble(), "");
}

// As the replica of a server that it was connected to before: beats come, and older changes.
TEST_F(redis_follower, does_not_go_back_with_a_replica_that_lags) {
  fed_source source(45);
  source.write(60);
  publish(source, publisher_options());
  text_follower& follower = follow(follower_options());
  ASSERT_TRUE(run_until_same(source));
  source.write(40);
  ASSERT_TRUE(run_until_same(source));
  for (int n = 0; n < 5; ++n) follower.poll(10, 10ms);  // it looks meanwhile
  publisher_.reset();
  server_->number({"HSET", "stock:source", "newest", "60"});
  const auto age = follower.lag().age;
  for (int n = 0; n < 20; ++n) {
    server_->number({"HINCRBY", "stock:source", "beat", "1"});
    follower.poll(10, 10ms);
  }
  EXPECT_EQ(follower.position(), 100u);
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_GE(follower.lag().age, age) << "it is not known to have everything";
  server_->number({"HSET", "stock:source", "newest", "100"});
  source.write(10);
  publish(source, publisher_options());
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
  EXPECT_EQ(follower.restarts(), 0u);
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

TEST_F(redis_publisher, does_not_take_over_a_stream_of_another_format) {
  fed_source source(46);
  source.write(10);
  publish(source, publisher_options());
  ASSERT_TRUE(publisher_->flush(limit));
  const auto real = std::move(publisher_);
  for (const char* const begin : {"0", "elsewhere"}) {  // it may have other fields, too
    server_->number({"HSET", "stock:source", "format", "2", "begin", begin});
    fed_source other(47);
    EXPECT_FALSE(publish(other, publisher_options()).flush(limit));
    EXPECT_EQ(publisher_->why_refused(), follow_refusal::other_version) << publisher_->trouble();
    source.write(10);
    EXPECT_TRUE(real->flush(limit)) << "nobody has replaced it: " << real->trouble();
  }
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

// Other errors come and go, although there is a password.
TEST_F(redis_streams, too_many_clients_are_no_wrong_password) {
  server_->text({"CONFIG", "SET", "requirepass", "sesame"});
  server_->password = "sesame";
  server_->text({"CONFIG", "SET", "maxclients", "2"});
  std::vector<std::unique_ptr<steady::detail::redis_line>> others;
  for (int n = 0; n < 2; ++n) {
    others.push_back(std::make_unique<steady::detail::redis_line>(
        steady::detail::redis_login{
            steady::detail::parse_redis_address(server_->address()), {}, "sesame"},
        std::size_t{1} << 20));
    others.back()->open();
    others.back()->send({"PING"});
    while (others.back()->next() == nullptr) ASSERT_TRUE(others.back()->move(100ms));
  }
  fed_source source(30);
  source.write(10);
  auto good = publisher_options();
  auto how = follower_options();
  good.password = how.password = "sesame";
  text_publisher& publisher = publish(source, good);
  text_follower& follower = follow(how);
  ASSERT_TRUE(
      run_until([&] { return !publisher.trouble().empty() && !follower.trouble().empty(); }));
  EXPECT_EQ(publisher.why_refused(), follow_refusal::none) << publisher.trouble();
  EXPECT_EQ(follower.why_refused(), follow_refusal::none) << follower.trouble();
  others.clear();
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
}

// Takes connections, and never says a word.
class silent_server {
 public:
  silent_server() {
    std::filesystem::create_directory(room_.path());
    ::sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path().copy(at.sun_path, sizeof at.sun_path - 1);
    if (::bind(file_, reinterpret_cast<const ::sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(file_, 100) != 0) {
      throw std::runtime_error("cannot listen");
    }
  }
  ~silent_server() { ::close(file_); }
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;

  std::string address() const { return "unix:" + path(); }
  // That were made since it was asked before.
  int connections() const {
    int count = 0;
    for (int one = -1; (one = ::accept4(file_, nullptr, nullptr, 0)) >= 0; ++count) ::close(one);
    return count;
  }

 private:
  std::string path() const { return room_.path() + "/silent"; }

  temporary_room room_;
  int file_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
};

// However long they may wait.
TEST(redis_silence, is_noticed_within_one_call) {
  const silent_server server;
  fed_source source(32);
  source.write(5);
  auto options = publisher_options();
  auto how = follower_options();
  options.silence_time = how.silence_time = 30ms;
  text_publisher publisher(source.map, server.address(), "stock", options);
  EXPECT_FALSE(publisher.flush(500ms));
  EXPECT_GE(server.connections(), 3);
  EXPECT_EQ(publisher.trouble(), "Redis has not answered for too long");
  text_follower follower(server.address(), "stock", how);
  follower.poll(1, 500ms);
  EXPECT_GE(server.connections(), 3);
  EXPECT_EQ(follower.trouble(), "Redis has not answered for too long");
}

// Passes on so many bytes in each direction whenever it is told to.
class slow_relay {
 public:
  explicit slow_relay(std::string to) : to_(std::move(to)) {
    std::filesystem::create_directory(room_.path());
    const ::sockaddr_un at = named(path());
    if (::bind(listens_, reinterpret_cast<const ::sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listens_, 10) != 0) {
      throw std::runtime_error("cannot listen");
    }
  }
  ~slow_relay() {
    ::close(listens_);
    for (const auto& [from, to] : pairs_) {
      ::close(from);
      ::close(to);
    }
  }
  slow_relay(const slow_relay&) = delete;
  slow_relay& operator=(const slow_relay&) = delete;

  std::string address() const { return "unix:" + path(); }
  std::size_t connections() const { return pairs_.size(); }
  void pass() {
    const int from = ::accept4(listens_, nullptr, nullptr, SOCK_NONBLOCK);
    if (from >= 0) {
      const int to = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const ::sockaddr_un at = named(to_);
      ::connect(to, reinterpret_cast<const ::sockaddr*>(&at), sizeof at);
      pairs_.emplace_back(from, to);
    }
    for (const auto& [one, other] : pairs_) {
      pass(one, other);
      pass(other, one);
    }
  }

 private:
  static ::sockaddr_un named(const std::string& path) {
    ::sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    return at;
  }
  static void pass(int from, int to) {
    std::array<char, 20'000> bytes;
    const auto count = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) ::send(to, bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
  }
  std::string path() const { return room_.path() + "/slow"; }

  temporary_room room_;
  std::string to_;
  int listens_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  std::vector<std::pair<int, int>> pairs_;
};

TEST_F(redis_streams, long_records_need_their_time) {
  fed_source source(37);
  slow_relay between(server_->address().substr(5));
  auto options = publisher_options();
  auto how = follower_options();
  options.silence_time = how.silence_time = 400ms;
  text_publisher publisher(source.map, between.address(), "stock", options);
  text_follower follower(between.address(), "stock", how);
  source.map.insert_or_assign("long", std::string(16'000'000, 'x'));
  const auto end = std::chrono::steady_clock::now() + limit;
  while (follower.position() != source.map.position()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << publisher.trouble() << follower.trouble();
    between.pass();
    publisher.poll(1ms);
    follower.poll(10);
  }
  EXPECT_EQ(between.connections(), 2u) << publisher.trouble() << ", " << follower.trouble();
}

TEST_F(redis_publisher, gives_signs_of_life_while_it_waits) {
  fed_source source(33);
  text_publisher& publisher = publish(source, publisher_options());
  ASSERT_TRUE(publisher.flush(limit));
  const auto beats = [&] { return std::stoi(server_->text({"HGET", "stock:source", "beat"})); };
  const int before = beats();
  const auto end = std::chrono::steady_clock::now() + limit;
  for (int calls = 0; calls < 20; ++calls) publisher.poll(1s);
  EXPECT_LT(std::chrono::steady_clock::now(), end - limit + 5s);
  EXPECT_GT(beats(), before);
}

// A connection on which every write is refused is no success.
TEST_F(redis_publisher, waits_longer_each_time_its_writes_are_refused) {
  fed_source source(34);
  source.write(5);
  auto options = publisher_options();
  options.longest_wait = 10s;
  text_publisher& publisher = publish(source, options);
  ASSERT_TRUE(publisher.flush(limit));
  server_->text({"CONFIG", "SET", "maxmemory", "1"});
  source.write(5);
  EXPECT_FALSE(publisher.flush(300ms));
  EXPECT_NE(publisher.trouble().find("OOM"), std::string::npos) << publisher.trouble();
  EXPECT_LT(publisher.counts().connections, 20u) << "1, 2, 4, 8, ... ms";
  server_->text({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(publisher.flush(limit));
}

// The same entry is refused each time.
TEST_F(redis_follower, waits_longer_each_time_a_snapshot_is_refused) {
  fed_source source(35);
  source.write(5);
  ASSERT_TRUE(publish(source, publisher_options()).flush(limit));
  publisher_.reset();
  server_->text({"XADD", "stock:snapshot", "5-9", "no", "entry"});
  server_->number({"XTRIM", "stock:snapshot", "MAXLEN", "1"});
  auto how = follower_options();
  how.longest_wait = 10s;
  text_follower& follower = follow(how);
  const auto end = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < end) follower.poll(10, 10ms);
  EXPECT_NE(follower.trouble().find("is refused"), std::string::npos) << follower.trouble();
  EXPECT_LT(follower.connections(), 20u);
}

TEST_F(redis_follower, looks_without_a_pause) {
  fed_source source(36);
  source.write(5);
  publish(source, publisher_options());
  auto how = follower_options();
  how.look_time = 0ms;
  how.silence_time = 200ms;
  follow(how);
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
  for (int n = 0; n < 50; ++n) follower_->poll(10, 10ms);
  EXPECT_EQ(follower_->trouble(), "");
  EXPECT_EQ(follower_->connections(), 1u);
}

// An error that repeats the command is told without its words.
TEST_F(redis_streams, never_tells_the_password) {
  server_ = std::make_unique<redis_server>(
      false, std::vector<std::string>{"--rename-command", "AUTH", ""});
  for (const std::string& password : {std::string("sesame"), std::string(300, 's')}) {
    auto how = follower_options();
    how.password = password;
    text_follower& follower = follow(how);
    ASSERT_TRUE(run_until([&] { return !follower.trouble().empty(); }));
    EXPECT_EQ(follower.state(), state::refused);
    EXPECT_EQ(follower.trouble(), "Redis says: ERR unknown command 'AUTH'");
  }
}

// Entries of strangers, in the stream and in the snapshot: content stays what it was, and a newer
// snapshot heals all.
// It reads on, or the snapshot once more; nothing is lost, and nobody is told of trouble.
TEST_F(redis_follower, goes_on_where_something_has_thrown) {
  fed_source source(22);
  source.write(60);
  text_publisher& publisher = publish(source, publisher_options());
  ASSERT_TRUE(publisher.flush(limit));
  ASSERT_TRUE(run_until([&] { return !publisher.is_saving(); }));
  source.write(60);
  ASSERT_TRUE(publisher.flush(limit));
  bool fired = true;
  for (std::size_t at = 0; fired && !HasFailure(); at += 7) {
    SCOPED_TRACE(at);
    steady::redis_follower<fallible_content> follower(server_->address(), "stock",
                                                      follower_options());
    std::uint64_t troubles = 0;
    follower.on_trouble([&](follow_refusal, const std::string&) { ++troubles; });
    countdown::arm(at);
    const auto end = std::chrono::steady_clock::now() + limit;
    while (follower.position() != source.map.position()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << follower.obstacle();
      try {
        follower.poll(10, 1ms);
      } catch (const injected_failure&) {
      }
    }
    fired = countdown::fired();
    countdown::disarm();
    EXPECT_EQ(model_of(follower.content()), source.at.back());
    EXPECT_EQ(follower.counts().snapshots, 1u);
    EXPECT_EQ(follower.restarts(), 0u);
    EXPECT_EQ(troubles, 0u);
  }
  EXPECT_FALSE(fired);
}

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

TEST_F(redis_publisher, begins_a_snapshot_anew_after_an_element_that_is_too_large) {
  steady::feed_options much;
  much.max_bytes = std::size_t{1} << 28;
  fed_source source(31, much);
  for (int n = 0; n < 200; ++n) source.map.insert_or_assign(std::to_string(n), "x");
  source.map.insert_or_assign("large", std::string(steady::max_payload_bytes, 'x'));
  text_publisher& publisher = publish(source, publisher_options());
  EXPECT_FALSE(publisher.flush(limit));
  EXPECT_EQ(publisher.why_refused(), follow_refusal::too_large) << publisher.trouble();
  EXPECT_FALSE(publisher.is_saving());
  source.map.erase("large");
  publisher.close();
  ASSERT_TRUE(publisher.flush(limit)) << publisher.trouble();
  follow(follower_options());
  ASSERT_TRUE(run_until_same(source)) << how_it_stands();
  EXPECT_EQ(bytes_of(follower_->content()), bytes_of(source.map.content()));
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

TEST(redis_addresses, are_checked) {
  for (const char* const wrong : {"", "host:", ":1", "host:70000", "a:b:1", "unix:"}) {
    EXPECT_THROW(text_follower(wrong, "stock"), std::invalid_argument) << wrong;
  }
  EXPECT_THROW(text_follower("host", ""), std::invalid_argument);
  for (const char* const right : {"host", "host:1", "[::1]", "[::1]:80", "unix:here", "/tmp/s"}) {
    text_follower follower(right, "stock");
    EXPECT_EQ(follower.state(), state::stopped);
  }
  EXPECT_THROW(text_follower("/" + std::string(200, 'x'), "stock"), std::invalid_argument);
  text_follower nowhere("unix:/nowhere/at/all", "stock", follower_options());
  EXPECT_EQ(nowhere.poll(1), steady::poll_result::waits);
  EXPECT_EQ(nowhere.state(), state::waiting);
  EXPECT_EQ(nowhere.trouble(), "No such file or directory");
}

}  // namespace
