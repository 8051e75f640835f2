// Servers and followers whose memory is refused once, at every chance to: of a new connection, of
// the wait for the next one, of a server that is just made. They go on when it is back.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <steady/feed_server.hpp>
#include <steady/socket_follower.hpp>

#include "follow/socket_model.hpp"
#include "support/countdown.hpp"
#include "support/failing_new.hpp"
#include "support/temporary_room.hpp"

// What Boost.Asio allocates handlers with.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  try {
    support::countdown::chance();
  } catch (const support::injected_failure&) {
    return nullptr;
  }
  void* made = nullptr;
  return ::posix_memalign(&made, alignment, bytes) == 0 ? made : nullptr;
}

namespace {

using namespace support;
using local = asio::local::stream_protocol;
using state = steady::connection_state;
using text_feed_server = steady::feed_server<fed_texts>;

// Until it is so, whatever the loop's handlers throw for want of memory.
bool run_until_in_spite(asio::io_context& loop, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!done() && std::chrono::steady_clock::now() < end) {
    try {
      loop.restart();
      loop.run_one_for(10ms);
    } catch (const std::bad_alloc&) {
      EXPECT_TRUE(countdown::fired());
    }
  }
  return done();
}
// Once for each chance to fail that there is; `run` says what it is about, and tells whether one of
// them was used. How many there are.
std::size_t at_every_chance(const std::function<void(std::size_t)>& run) {
  std::size_t at = 0;
  for (bool fired = true; fired && !testing::Test::HasFailure(); ++at) {
    SCOPED_TRACE("chance " + std::to_string(at));
    run(at);
    fired = countdown::fired();
    countdown::disarm();
  }
  return at - 1;
}

TEST(feed_server, accepts_again_after_memory_was_refused) {
  const temporary_room room;
  const std::size_t chances = at_every_chance([&](std::size_t chance) {
    asio::io_context loop;
    fed_texts source;
    text_feed_server server(loop, source, room.path(), server_options());
    loop.poll();
    local::socket first(loop);
    first.connect(local::endpoint(room.path()));
    countdown::arm(chance);
    ASSERT_TRUE(run_until_in_spite(loop, [&] {
      return countdown::fired() || server.counts().connections == 1;  // it may be lost
    }));
    const countdown::pause none_is_refused;
    for (int n = 0; n < 3; ++n) {
      const std::uint64_t before = server.counts().connections;
      local::socket next(loop);
      next.connect(local::endpoint(room.path()));
      ASSERT_TRUE(run_until_in_spite(loop, [&] { return server.counts().connections > before; }));
    }
  });
  EXPECT_GT(chances, 2u);
}

TEST(feed_server, leaves_nothing_behind_where_it_cannot_be_made) {
  const temporary_room room;
  alignas(text_feed_server) unsigned char place[sizeof(text_feed_server)];
  const std::size_t chances = at_every_chance([&](std::size_t chance) {
    asio::io_context loop;
    fed_texts source;
    const auto options = server_options();
    const std::string path = room.path();
    countdown::arm(chance);
    try {
      auto* const made = ::new (place) text_feed_server(loop, source, path, options);
      countdown::disarm();
      made->~text_feed_server();
      loop.poll();
      return;
    } catch (const std::bad_alloc&) {
    }
    countdown::disarm();
    EXPECT_FALSE(std::filesystem::exists(path));
    std::memset(place, 0xaa, sizeof place);
    loop.poll();
    for (const unsigned char byte : place) ASSERT_EQ(byte, 0xaa) << "written to when it was gone";
  });
  EXPECT_GT(chances, 5u);
}

// From the end of a connection to the next one.
TEST(socket_follower, connects_again_after_memory_was_refused) {
  const temporary_room room;
  const std::size_t chances = at_every_chance([&](std::size_t chance) {
    asio::io_context loop;
    fed_source source(1);
    source.write(10);
    std::optional<text_feed_server> server;
    server.emplace(loop, source.map, room.path(), server_options());
    auto options = follower_options();
    options.silence_time = 200ms;
    text_follower follower(loop, room.path(), options);
    follower.start();
    ASSERT_TRUE(run_until_in_spite(loop, [&] { return follower.position() == 10; }));
    server.reset();
    countdown::arm(chance);
    ASSERT_TRUE(run_until_in_spite(loop, [&] { return follower.state() != state::following; }));
    {
      const countdown::pause none_is_refused;
      server.emplace(loop, source.map, room.path(), server_options());
      source.write(5);
    }
    ASSERT_TRUE(run_until_in_spite(loop, [&] {
      return follower.position() == 15 && follower.state() == state::following;
    })) << follower.trouble();
  });
  EXPECT_GT(chances, 2u);
}

TEST(socket_follower, begins_again_to_connect_after_memory_was_refused) {
  const temporary_room room;
  const std::size_t chances = at_every_chance([&](std::size_t chance) {
    asio::io_context loop;
    fed_source source(2);
    source.write(10);
    auto options = follower_options();
    options.silence_time = 200ms;
    text_follower follower(loop, room.path(), options);
    follower.start();
    ASSERT_TRUE(run_until_in_spite(loop, [&] { return follower.state() == state::waiting; }));
    countdown::arm(chance);
    int turns = 0;
    ASSERT_TRUE(run_until_in_spite(loop, [&] {
      return countdown::fired() || ++turns >= 50;  // there is nobody, again and again
    }));
    const countdown::pause none_is_refused;
    text_feed_server server(loop, source.map, room.path(), server_options());
    ASSERT_TRUE(run_until_in_spite(loop, [&] { return follower.position() == 10; }))
        << follower.trouble();
  });
  EXPECT_GT(chances, 2u);
}

}  // namespace
