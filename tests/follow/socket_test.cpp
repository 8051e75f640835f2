// Followers over real sockets, through a relay that breaks connections at random.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/feed_server.hpp>
#include <steady/socket_follower.hpp>

#include "follow/follow_model.hpp"
#include "follow/socket_model.hpp"
#include "support/countdown.hpp"
#include "support/ledger_allocator.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using state = steady::connection_state;
using steady::follow_refusal;

TEST(socket_follower, has_everything_after_a_hundred_broken_connections) {
  asio::io_context loop;
  fed_source source(1);
  source.write(500);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  relay between(loop, server.port());
  text_follower follower(loop, at_port(between.port()), follower_options());
  std::uint64_t snapshot_at = 0;
  follower.on_snapshot([&](const fed_content&) { snapshot_at = follower.position(); });
  follower.start();
  std::mt19937 random(5);
  std::uint64_t breaks = 0;
  // Some connections are broken before they are ones; on a busy machine most.
  while (breaks < 100 || (breaks < 1'000 && follower.connections() <= 10)) {
    source.write(static_cast<std::uint32_t>(1 + random() % 40));
    const auto connections = follower.connections();
    const std::uint64_t aim = between.passed() + 1 + random() % 3000;
    ASSERT_TRUE(run_until(loop, [&] {
      if (random() % 8 == 0) source.write(2);
      return between.passed() >= aim || follower.connections() > connections + 1;
    }));
    if (follower.has_content()) {
      ASSERT_EQ(model_of(follower.content()), source.at[follower.position()]);
    }
    between.break_all();
    ++breaks;
  }
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
  // One snapshot, and then every change once: only what was missed is sent.
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_EQ(follower.counts().changes, source.map.position() - snapshot_at);
  EXPECT_LE(snapshot_at, source.map.position() / 2);
  EXPECT_GT(follower.connections(), 10u);
  ASSERT_TRUE(run_until(loop, [&] { return follower.lag().positions == 0; }));
}

TEST(socket_follower, follows_a_durable_map_through_its_own_restart) {
  const temporary_room room;
  steady::durable_options options;
  options.sync = steady::sync_policy::never;
  options.feed_changes = 1000;
  using map_type = steady::durable_map<std::string, std::string>;
  asio::io_context loop;
  const std::string address = "unix:" + room.path() + ".socket";
  text_follower follower(loop, address, follower_options());
  follower.start();
  for (int round = 0; round < 3; ++round) {
    map_type source(room.path(), options);
    steady::feed_server server(loop, source, address, server_options());
    for (int n = 0; n < 50; ++n) {
      source.insert_or_assign("key " + std::to_string(n), std::to_string(round * 100 + n));
    }
    ASSERT_TRUE(run_until(loop, [&] {
      return follower.state() == state::following && follower.position() == source.position();
    })) << follower.trouble();
    EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.content()));
  }
  ASSERT_TRUE(run_until(loop, [&] { return follower.state() != state::following; }));
  EXPECT_NE(follower.trouble(), "");
}

TEST(socket_follower, is_told_why_it_is_cut_off_and_comes_back) {
  asio::io_context loop;
  steady::feed_options few;
  few.max_changes = 10;
  fed_source source(2, few);
  source.write(30);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  follow_refusal told = follow_refusal::none;
  server.on_end([&](follow_refusal why, const std::string& text) {
    told = why;
    EXPECT_NE(text.find("fell behind"), std::string::npos) << text;
  });
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  source.write(100);
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(told, follow_refusal::fell_behind);
  EXPECT_EQ(follower.why_refused(), follow_refusal::fell_behind);
  EXPECT_EQ(follower.connections(), 2u);
  EXPECT_EQ(follower.counts().snapshots, 2u);
}

// However long ago it was welcomed.
TEST(socket_follower, is_told_why_it_is_cut_off_after_the_time_for_a_proof) {
  asio::io_context loop;
  steady::feed_options few;
  few.max_changes = 10;
  fed_source source(28, few);
  source.write(30);
  auto options = server_options();
  options.handshake_time = 20ms;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", options);
  follow_refusal told = follow_refusal::none;
  server.on_end([&](follow_refusal why, const std::string&) { told = why; });
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.start();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
    loop.run_for(options.handshake_time * 2);
    EXPECT_EQ(follower.state(), state::following) << follower.trouble();
    told = follow_refusal::none;
    source.write(100);
    ASSERT_TRUE(run_until(loop, [&] { return told != follow_refusal::none; }));
    EXPECT_EQ(told, follow_refusal::fell_behind);
    ASSERT_TRUE(run_until(loop, [&] { return follower.state() != state::following; }));
    EXPECT_EQ(follower.why_refused(), follow_refusal::fell_behind) << follower.trouble();
  }
}

// What was thrown comes out of the loop; the connection ends at once, and the next one goes on.
TEST(socket_follower, connects_again_where_a_record_could_not_be_taken) {
  asio::io_context loop;
  fed_source source(21);
  source.write(300);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  steady::socket_follower<fallible_content> follower(loop, at_port(server.port()),
                                                     follower_options());
  follower.start();
  const auto goes_wrong_at = [&](std::size_t chance) {
    countdown::arm(chance);
    EXPECT_THROW({ run_until(loop, [&] { return follower.position() == source.map.position(); }); },
                 injected_failure);
    EXPECT_EQ(follower.state(), state::waiting);
    EXPECT_FALSE(follower.is_loading());
    EXPECT_EQ(follower.why_refused(), follow_refusal::none);
  };
  goes_wrong_at(3);
  EXPECT_FALSE(follower.has_content());
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  source.write(100);
  goes_wrong_at(20);
  EXPECT_EQ(model_of(follower.content()), source.at[follower.position()]);
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(model_of(follower.content()), source.at.back());
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_GE(follower.connections(), 2u);
}

TEST(socket_follower, stops_at_a_wrong_secret) {
  if (!steady::detail::has_secrets) GTEST_SKIP() << "built without OpenSSL";
  asio::io_context loop;
  fed_source source(3);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  auto options = follower_options();
  options.secret = "another";
  text_follower follower(loop, at_port(server.port()), options);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.state() == state::refused; }));
  EXPECT_EQ(follower.why_refused(), follow_refusal::wrong_secret);
  EXPECT_FALSE(follower.has_content());
}

TEST(feed_server, takes_so_many_followers_and_no_more) {
  asio::io_context loop;
  fed_source source(4);
  auto options = server_options();
  options.max_followers = 1;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", options);
  text_follower first(loop, at_port(server.port()), follower_options());
  first.start();
  ASSERT_TRUE(run_until(loop, [&] { return first.state() == state::following; }));
  text_follower second(loop, at_port(server.port()), follower_options());
  second.start();
  ASSERT_TRUE(run_until(loop, [&] { return second.state() == state::waiting; }));
  EXPECT_EQ(second.why_refused(), follow_refusal::too_many);
  first.stop();
  ASSERT_TRUE(run_until(loop, [&] { return second.state() == state::following; }));
}

TEST(feed_server, gives_no_places_to_silent_strangers) {
  expect_places_for_followers(server_options(), follower_options());
}

// What the visitor throws comes out of the loop, each time, and the server goes on.
TEST(feed_server, outlives_a_visitor_that_throws) {
  asio::io_context loop;
  fed_source source(23);
  source.write(50);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  std::uint64_t ends = 0;
  server.on_end([&](follow_refusal, const std::string&) {
    ++ends;
    throw std::runtime_error("enough");
  });
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  std::vector<std::unique_ptr<tcp::socket>> strangers;
  for (int n = 0; n < 3; ++n) {
    strangers.push_back(std::make_unique<tcp::socket>(loop));
    strangers.back()->connect({asio::ip::address_v4::loopback(), server.port()});
  }
  ASSERT_TRUE(run_until(loop, [&] { return server.followers() == 4; }));
  strangers.clear();
  for (std::uint64_t n = 1; n <= 3; ++n) {
    EXPECT_THROW(run_until(loop, [] { return false; }), std::runtime_error);
    EXPECT_EQ(ends, n);
  }
  source.write(50);
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(server.followers(), 1u);
}

// The state is told when everything that belongs to it has happened.
TEST(socket_follower, outlives_a_visitor_that_throws) {
  asio::io_context loop;
  fed_source source(24);
  source.write(50);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.on_state([&](state now) {
    if (now == state::following) throw std::runtime_error("enough");
  });
  follower.start();
  EXPECT_THROW(run_until(loop, [] { return false; }), std::runtime_error);
  source.write(50);
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(follower.connections(), 1u);
}

// A mistaken address removes nothing, and says what is wrong.
TEST(feed_server, removes_nothing_but_sockets) {
  const temporary_room room;
  std::filesystem::create_directory(room.path());
  asio::io_context loop;
  fed_source source(25);
  const auto refuses = [&](const std::string& name) {
    const std::string path = room.path() + "/" + name;
    try {
      steady::feed_server server(loop, source.map, "unix:" + path, server_options());
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
      return std::filesystem::exists(std::filesystem::symlink_status(path));
    }
    return false;
  };
  std::ofstream(room.path() + "/precious") << "data";
  std::filesystem::create_directory(room.path() + "/folder");
  std::filesystem::create_symlink("nowhere", room.path() + "/link");
  ASSERT_EQ(::mkfifo((room.path() + "/pipe").c_str(), 0600), 0);
  for (const char* const name : {"precious", "folder", "link", "pipe"}) {
    EXPECT_TRUE(refuses(name)) << name;
  }
  // What a killed server leaves behind.
  const std::string path = room.path() + "/stale";
  asio::local::stream_protocol::acceptor(loop, path).close();
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_NO_THROW(steady::feed_server(loop, source.map, path, server_options()));
  EXPECT_FALSE(std::filesystem::exists(path));
}

// It is there, although it does not accept.
TEST(feed_server, does_not_wait_for_a_busy_server_at_its_path) {
  const temporary_room room;
  asio::io_context loop;
  fed_source source(26);
  using local = asio::local::stream_protocol;
  const local::endpoint there(room.path());
  local::acceptor busy(loop);
  busy.open();
  busy.bind(there);
  busy.listen(0);
  std::vector<local::socket> waiting;
  do {
    waiting.emplace_back(loop, local()).native_non_blocking(true);
  } while (::connect(waiting.back().native_handle(), there.data(),
                     static_cast<::socklen_t>(there.size())) == 0);
  ASSERT_EQ(errno, EAGAIN) << "there is no room for one more";
  const auto wants = [&] { steady::feed_server(loop, source.map, room.path(), server_options()); };
  EXPECT_THROW(wants(), boost::system::system_error);
  EXPECT_TRUE(std::filesystem::exists(room.path()));
}

TEST(feed_server, has_no_port_once_it_is_closed) {
  asio::io_context loop;
  fed_source source(38);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  EXPECT_NE(server.port(), 0);
  server.close();
  EXPECT_EQ(server.port(), 0);
}

TEST(feed_server, leaves_the_socket_of_its_successor_alone) {
  const temporary_room room;
  asio::io_context loop;
  fed_source source(27);
  const auto serve = [&] {
    return std::make_unique<steady::feed_server<fed_texts>>(loop, source.map, room.path(),
                                                            server_options());
  };
  auto first = serve();
  std::filesystem::remove(room.path());
  auto second = serve();
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(room.path()));
  second.reset();
  EXPECT_FALSE(std::filesystem::exists(room.path()));
}

TEST(feed_server, outlives_strangers) {
  expect_to_outlive_strangers(server_options(), follower_options(),
                              [](std::size_t n, std::vector<unsigned char>& bytes) {
                                if (n % 3 == 0 && bytes.size() > 4) bytes[3] = 0xff;  // a length
                              });
}

// Says what a follower of texts says, without a secret.
template <class Socket>
void introduce(Socket& socket) {
  steady::detail::hello_message hello;
  hello.key = hello.value = "text";
  steady::byte_buffer out;
  steady::detail::append_message(out, hello);
  steady::detail::append_message(out, steady::detail::proof_message());
  asio::write(socket, steady::detail::bytes_of(out));
}

TEST(feed_server, cuts_off_who_takes_no_bytes) {
  asio::io_context loop;
  steady::fed_map<std::string, std::string> source;
  for (int n = 0; n < 100; ++n) {
    source.insert_or_assign("key " + std::to_string(n), std::string(200'000, 'x'));
  }
  auto options = server_options();
  options.secret.clear();
  options.stall_time = 30ms;
  steady::feed_server server(loop, source, "127.0.0.1:0", options);
  follow_refusal told = follow_refusal::none;
  server.on_end([&](follow_refusal why, const std::string&) { told = why; });
  tcp::socket lazy(loop);
  lazy.connect({asio::ip::address_v4::loopback(), server.port()});
  introduce(lazy);
  ASSERT_TRUE(run_until(loop, [&] { return told != follow_refusal::none; }));
  EXPECT_EQ(told, follow_refusal::too_slow);
}

// What was copied for a follower that leaves within its snapshot, or that is cut off, is freed a
// little with each turn of the loop.
class an_abandoned_snapshot : public testing::Test {
 public:
  using map_type =
      steady::fed_map<std::string, std::string, steady::hash<std::string>, std::equal_to<>,
                      support::ledger_allocator<std::pair<const std::string, std::string>>>;

  an_abandoned_snapshot() {
    for (int n = 0; n < keys; ++n) map_.insert_or_assign(key(n), std::string(2'000, 'x'));
    map_.finish();
    without_ = ledger_.blocks;
  }

  void begin(steady::feed_server_options options) {
    options.secret.clear();
    server_.emplace(loop_, map_, "127.0.0.1:0", options);
    follower_.connect({asio::ip::address_v4::loopback(), server_->port()});
    introduce(follower_);
    ASSERT_TRUE(run_until(loop_, [&] { return server_->counts().bytes > 100'000; }));
  }
  void write(int first, int last) {
    for (int n = first; n < last; ++n) map_.insert_or_assign(key(n), std::string("written"));
  }
  std::size_t copied() const { return map_.stats().snapshot_bytes; }
  void expect_freed_in_steps() {
    const std::size_t held = ledger_.blocks;
    std::size_t most = 0;
    ASSERT_TRUE(run_until(loop_, [&, before = held]() mutable {
      if (ledger_.blocks < before) most = std::max(most, before - ledger_.blocks);
      before = ledger_.blocks;
      return server_->followers() == 0 && ledger_.blocks <= without_ + 2;
    }));
    EXPECT_GT(held - ledger_.blocks, 300u);
    EXPECT_LE(most, 100u) << "in one turn";
  }

  static constexpr int keys = 10'000;

  asio::io_context loop_;
  tcp::socket follower_{loop_};
  memory_ledger ledger_;
  map_type map_{map_type::container_type(map_type::container_type::allocator_type(ledger_))};
  std::optional<steady::feed_server<map_type>> server_;

 private:
  static std::string key(int n) { return "key " + std::to_string(n); }

  std::size_t without_ = 0;  // blocks
};

TEST_F(an_abandoned_snapshot, of_one_that_leaves) {
  begin(server_options());
  write(0, keys);
  follower_.close();
  expect_freed_in_steps();
}

TEST_F(an_abandoned_snapshot, of_one_that_takes_no_bytes) {
  auto options = server_options();
  options.stall_time = 100ms;
  begin(options);
  write(0, keys);
  expect_freed_in_steps();
}

TEST_F(an_abandoned_snapshot, of_one_that_costs_too_much) {
  auto options = server_options();
  options.subscriber.max_copied_bytes = 500'000;
  begin(options);
  std::size_t before = 0;
  for (int n = 0; n < keys && copied() >= before; ++n) {
    before = copied();
    write(n, n + 1);
  }
  ASSERT_LT(copied(), before) << "it is cut off";
  std::array<char, 65536> in;
  std::function<void()> read = [&] {
    follower_.async_read_some(asio::buffer(in),
                              [&](const boost::system::error_code& error, std::size_t) {
                                if (!error) read();
                              });
  };
  read();
  expect_freed_in_steps();
}

// One that takes some bytes all the time, but needs long for a record, stays.
TEST(feed_server, waits_for_who_takes_bytes_slowly) {
  const temporary_room room;
  asio::io_context loop;
  steady::fed_map<std::string, std::string> source;
  source.insert_or_assign("large", std::string(30'000'000, 'x'));
  auto options = server_options();
  options.secret.clear();
  options.stall_time = 300ms;
  steady::feed_server server(loop, source, room.path(), options);
  follow_refusal told = follow_refusal::none;
  server.on_end([&](follow_refusal why, const std::string&) { told = why; });
  using local = asio::local::stream_protocol;
  local::socket slow(loop);
  slow.connect(local::endpoint(room.path()));
  introduce(slow);
  slow.non_blocking(true);
  std::array<char, 8192> in;
  std::size_t taken = 0;
  const auto end = std::chrono::steady_clock::now() + 3 * options.stall_time;
  ASSERT_TRUE(run_until(loop, [&] {
    boost::system::error_code none_there;
    taken += slow.read_some(asio::buffer(in), none_there);
    return told != follow_refusal::none || std::chrono::steady_clock::now() > end;
  }));
  EXPECT_EQ(told, follow_refusal::none) << taken;
  EXPECT_LT(taken, 30'000'000u) << "it was slow";
}

// "Never", which must not overflow where clocks count in nanoseconds.
TEST(socket_follower, may_have_the_longest_times) {
  constexpr auto never = std::chrono::milliseconds::max();
  asio::io_context loop;
  fed_source source(5);
  source.write(100);
  steady::feed_server_options of_server = server_options();
  of_server.handshake_time = never;
  of_server.stall_time = never;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", of_server);
  std::uint64_t ends = 0;
  server.on_end([&](steady::follow_refusal, const std::string&) { ++ends; });
  steady::socket_follower_options of_follower = follower_options();
  of_follower.first_wait = never;
  of_follower.longest_wait = never;
  of_follower.silence_time = never;
  text_follower follower(loop, at_port(server.port()), of_follower);
  follower.start();
  EXPECT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  const std::uint64_t beat = server.counts().bytes;  // there are no changes, so signs of life
  EXPECT_TRUE(run_until(loop, [&] { return server.counts().bytes > beat + 1'000; }));
  EXPECT_EQ(ends, 0u);
  EXPECT_EQ(follower.connections(), 1u);
}

// Times are the server's own, however seldom it looks for changes.
TEST(feed_server, looks_seldom_and_keeps_its_times) {
  asio::io_context loop;
  fed_source source(39);
  source.write(100);
  auto options = server_options();
  options.look_time = 1h;
  options.handshake_time = 20ms;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", options);
  std::vector<follow_refusal> ends;
  server.on_end([&](follow_refusal why, const std::string&) { ends.push_back(why); });
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  const std::uint64_t bytes = server.counts().bytes;
  EXPECT_TRUE(run_until(loop, [&] { return server.counts().bytes > bytes + 100; })) << "beats";
  tcp::socket mute(loop);
  mute.connect({asio::ip::address_v4::loopback(), server.port()});
  EXPECT_TRUE(run_until(loop, [&] { return !ends.empty(); }));
  EXPECT_EQ(ends, std::vector(1, follow_refusal::too_slow));
  EXPECT_EQ(server.followers(), 1u);
  source.write(10);
  server.wake();
  EXPECT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
}

// What a host that is gone does not acknowledge.
TEST(feed_server, limits_how_long_bytes_are_not_acknowledged) {
  if (!steady::detail::has_silence_limit) GTEST_SKIP() << "this system has no such limit";
  asio::io_context loop;
  fed_source source(40);
  auto options = server_options();
  options.stall_time = 31'234ms;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", options);
  tcp::socket one(loop);
  one.connect({asio::ip::address_v4::loopback(), server.port()});
  ASSERT_TRUE(run_until(loop, [&] { return server.counts().connections == 1; }));
  int limited = 0;
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    if (steady::detail::silence_limit_of(descriptor) == options.stall_time) ++limited;
  }
  EXPECT_EQ(limited, 1);
}

// A fork of a server's process has its objects, too, and may end them.
TEST(feed_server, leaves_the_socket_of_the_process_that_made_it_alone) {
  const temporary_room room;
  asio::io_context loop;
  asio::local::stream_protocol::acceptor there(loop, room.path());
  const steady::detail::socket_file found = steady::detail::find_socket_file(room.path());
  const ::pid_t child = ::fork();
  if (child == 0) {
    steady::detail::remove_socket_file(room.path(), found);
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(std::filesystem::exists(room.path()));
  steady::detail::remove_socket_file(room.path(), found);
  EXPECT_FALSE(std::filesystem::exists(room.path()));
}

TEST(feed_server, sends_a_record_at_least) {
  asio::io_context loop;
  fed_source source(7);
  source.write(20);
  steady::feed_server_options how = server_options();
  how.send_bytes = 0;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", how);
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.start();
  EXPECT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
}

TEST(socket_follower, gives_up_a_server_that_says_nothing) {
  asio::io_context loop;
  tcp::acceptor silent(loop, {asio::ip::address_v4::loopback(), 0});
  auto options = follower_options();
  options.silence_time = 20ms;
  text_follower follower(loop, at_port(silent.local_endpoint().port()), options);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.state() == state::waiting; }));
  EXPECT_EQ(follower.trouble(), "nothing came for too long");
}

// Connections that all break at the same record are no success.
TEST(socket_follower, waits_longer_each_time_a_snapshot_breaks) {
  asio::io_context loop;
  fed_source source(34);
  for (int n = 0; n < 2000; ++n) {
    source.map.insert_or_assign(std::to_string(n), std::string(n == 1000 ? 5000 : 100, 'x'));
  }
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  auto options = follower_options();
  options.max_record_bytes = 1000;
  options.first_wait = 1ms;
  options.longest_wait = 10s;
  text_follower follower(loop, at_port(server.port()), options);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return server.counts().connections == 5; }));
  loop.run_for(300ms);
  EXPECT_LT(server.counts().connections, 12u) << "1, 2, 4, 8, ... ms";
  EXPECT_EQ(follower.why_refused(), follow_refusal::bad_bytes) << follower.trouble();
}

TEST(socket_follower, may_be_stopped_by_a_visitor) {
  asio::io_context loop;
  fed_source source(37);
  source.write(100);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  text_follower follower(loop, at_port(server.port()), follower_options());
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  follower.on_change([&](const text_follower::change_type&) { follower.stop(); });
  source.write(1000);
  ASSERT_TRUE(run_until(loop, [&] { return follower.state() == state::stopped; }));
  loop.run_for(20ms);
  EXPECT_GT(follower.position(), 100u);
  EXPECT_EQ(model_of(follower.content()), source.at[follower.position()]);
  follower.on_change(nullptr);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(follower.counts().snapshots, 1u);
}

TEST(socket_follower, may_end_at_any_time) {
  asio::io_context loop;
  fed_source source(7);
  source.write(200);
  for (int steps = 0; steps < 40; ++steps) {
    auto server = std::make_unique<steady::feed_server<fed_texts>>(loop, source.map, "127.0.0.1:0",
                                                                   server_options());
    auto follower =
        std::make_unique<text_follower>(loop, at_port(server->port()), follower_options());
    follower->start();
    for (int n = 0; n < steps; ++n) loop.run_one_for(1ms);
    if (steps % 2 == 0) server.reset();
    follower.reset();
    server.reset();
    loop.poll();
  }
  loop.run_for(20ms);
}

TEST(socket_follower, wants_addresses_that_are_some) {
  asio::io_context loop;
  fed_source source(36);
  const std::string too_long = "unix:/tmp/" + std::string(103, 'x');
  for (const std::string& wrong :
       {std::string(), std::string("host"), std::string("host:"), std::string(":1"),
        std::string("host:70000"), std::string("a:b:1"), std::string("host:1x"),
        std::string("unix:"), too_long}) {
    EXPECT_THROW(text_follower(loop, wrong), std::invalid_argument) << wrong;
    EXPECT_THROW(steady::feed_server(loop, source.map, wrong), std::invalid_argument) << wrong;
  }
  for (const char* const right : {"host:1", "[::1]:80", "unix:here", "/tmp/there"}) {
    text_follower follower(loop, right);
    EXPECT_EQ(follower.state(), state::stopped);
  }
  // The longest path that there is, on both sides.
  const temporary_room room;
  source.write(3);
  const asio::local::stream_protocol::endpoint empty;
  const std::size_t most = empty.capacity() - empty.size() - 1;
  const std::string longest = room.path() + std::string(most - room.path().size(), 'x');
  steady::feed_server server(loop, source.map, longest, server_options());
  text_follower follower(loop, longest, follower_options());
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
}

}  // namespace
