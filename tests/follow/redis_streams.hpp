// A redis-server of a test's own, with a publisher and a follower, which are quick.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/redis_follower.hpp>
#include <steady/redis_publisher.hpp>

#include "follow/follow_model.hpp"
#include "support/redis_server.hpp"

namespace support {

using namespace std::chrono_literals;
using text_publisher = steady::redis_publisher<fed_texts>;
using text_follower = steady::redis_follower<fed_content>;
using steady::follow_refusal;
using state = steady::connection_state;

inline constexpr auto limit = 20s;  // longer than any honest run

inline steady::redis_publisher_options publisher_options() {
  steady::redis_publisher_options options;
  options.entry_bytes = 300;  // many entries, also of few elements
  options.window_bytes = 2000;
  options.first_wait = 1ms;
  options.longest_wait = 20ms;
  options.beat_time = 5ms;
  return options;
}
inline steady::redis_follower_options follower_options(const std::string& group = {}) {
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

}  // namespace support
