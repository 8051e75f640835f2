// Servers and followers over real sockets, quick ones, and a relay that breaks connections.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/feed_server.hpp>
#include <steady/socket_follower.hpp>

#include "follow/follow_model.hpp"

namespace support {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;
using text_follower = steady::socket_follower<fed_content>;

inline const std::string secret = steady::detail::has_secrets ? "the secret" : "";

inline steady::feed_server_options server_options() {
  steady::feed_server_options options;
  options.secret = secret;
  options.look_time = 1ms;
  options.beat_time = 5ms;
  return options;
}
inline steady::socket_follower_options follower_options() {
  steady::socket_follower_options options;
  options.secret = secret;
  options.first_wait = 2ms;
  options.longest_wait = 20ms;
  return options;
}

// Runs the loop until it is so; false if that takes longer than any honest run.
inline bool run_until(asio::io_context& loop, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.run_one_for(10ms);
  }
  return true;
}

inline std::string at_port(unsigned short port) { return "127.0.0.1:" + std::to_string(port); }

// A server ends connections with strangers, who send random bytes or are silent, and serves a
// follower afterwards. `disguise` changes the bytes of the n-th.
inline void expect_to_outlive_strangers(
    steady::feed_server_options options, const steady::socket_follower_options& of_follower,
    const std::function<void(std::size_t, std::vector<unsigned char>&)>& disguise) {
  asio::io_context loop;
  fed_source source(5);
  source.write(100);
  options.handshake_time = 50ms;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", options);
  std::uint64_t ends = 0;
  server.on_end([&](steady::follow_refusal, const std::string&) { ++ends; });
  std::mt19937 random(6);
  std::vector<std::unique_ptr<tcp::socket>> strangers;
  for (std::size_t n = 0; n < 30; ++n) {
    strangers.push_back(std::make_unique<tcp::socket>(loop));
    strangers.back()->connect({asio::ip::address_v4::loopback(), server.port()});
    std::vector<unsigned char> bytes(n == 0 ? 0 : random() % 300);
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
    disguise(n, bytes);
    boost::system::error_code ignored;
    asio::write(*strangers.back(), asio::buffer(bytes), ignored);
  }
  ASSERT_TRUE(run_until(loop, [&] { return ends == strangers.size(); }));
  EXPECT_EQ(server.followers(), 0u);
  text_follower follower(loop, at_port(server.port()), of_follower);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
}

// Strangers who connect and say nothing are limited, and take no places of followers.
inline void expect_places_for_followers(steady::feed_server_options options,
                                        const steady::socket_follower_options& of_follower) {
  asio::io_context loop;
  fed_source source(8);
  source.write(30);
  options.max_followers = 2;
  options.max_unproved = 4;
  steady::feed_server server(loop, source.map, "127.0.0.1:0", options);
  std::vector<steady::follow_refusal> ends;
  server.on_end([&](steady::follow_refusal why, const std::string&) { ends.push_back(why); });
  std::vector<std::unique_ptr<tcp::socket>> strangers;
  for (std::size_t n = 0; n < 20; ++n) {
    strangers.push_back(std::make_unique<tcp::socket>(loop));
    strangers.back()->connect({asio::ip::address_v4::loopback(), server.port()});
  }
  ASSERT_TRUE(run_until(loop, [&] { return server.counts().connections == strangers.size(); }));
  loop.run_for(20ms);
  EXPECT_EQ(server.followers(), options.max_unproved);
  EXPECT_EQ(ends, std::vector(16, steady::follow_refusal::too_many));
  text_follower follower(loop, at_port(server.port()), of_follower);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(follower.why_refused(), steady::follow_refusal::none) << follower.trouble();
}

// Passes bytes on between followers and a server, and breaks the connection when told.
class relay {
 public:
  relay(asio::io_context& loop, unsigned short to)
      : loop_(&loop), to_(to), acceptor_(loop, {asio::ip::address_v4::loopback(), 0}) {
    accept();
  }
  unsigned short port() const { return acceptor_.local_endpoint().port(); }
  std::uint64_t passed() const { return passed_; }
  // All that was passed on, for what must not be in it.
  const std::string& overheard() const { return overheard_; }
  void break_all() {
    for (const auto& one : pairs_) {
      boost::system::error_code ignored;
      one->from.close(ignored);
      one->to.close(ignored);
    }
    pairs_.clear();
  }

 private:
  struct pair {
    explicit pair(asio::io_context& loop) : from(loop), to(loop) {}
    tcp::socket from;
    tcp::socket to;
    std::array<std::array<unsigned char, 512>, 2> bytes{};
  };

  void accept() {
    auto fresh = std::make_shared<pair>(*loop_);
    acceptor_.async_accept(fresh->from, [this, fresh](boost::system::error_code error) {
      if (error) return;
      boost::system::error_code failed;
      fresh->to.connect({asio::ip::address_v4::loopback(), to_}, failed);
      pairs_.push_back(fresh);
      pass(fresh, 0);
      pass(fresh, 1);
      accept();
    });
  }
  void pass(const std::shared_ptr<pair>& one, std::size_t way) {
    tcp::socket& source = way == 0 ? one->from : one->to;
    source.async_read_some(
        asio::buffer(one->bytes[way]),
        [this, one, way](boost::system::error_code error, std::size_t count) {
          tcp::socket& target = way == 0 ? one->to : one->from;
          boost::system::error_code failed = error;
          if (!error) asio::write(target, asio::buffer(one->bytes[way].data(), count), failed);
          if (failed) {
            one->from.close(error);
            one->to.close(error);
            return;
          }
          passed_ += count;
          overheard_.append(reinterpret_cast<const char*>(one->bytes[way].data()), count);
          pass(one, way);
        });
  }

  asio::io_context* loop_;
  unsigned short to_;
  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<pair>> pairs_;
  std::uint64_t passed_ = 0;
  std::string overheard_;
};

}  // namespace support
