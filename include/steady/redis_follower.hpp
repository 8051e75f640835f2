// steady::redis_follower: follows what a steady::redis_publisher writes to Redis. Needs hiredis
// (libhiredis-dev, link hiredis), and Redis 6.2 or later.
//
//   using stock = steady::hash_map<std::string, int>;
//   steady::redis_follower<stock> follower("127.0.0.1:6379", "stock");
//   follower.poll(1000, 100ms);       // again and again; waits no longer than that
//   follower.content().find("apples");
//
//   1. As every follower (steady/follower.hpp): content() is the source's as of position(). A
//      snapshot comes first, and then the changes strictly behind it.
//   2. A connection that breaks is made again, after a wait that doubles up to longest_wait, until
//      a snapshot or a change has come, or a connection has lasted for so long; it is shortened by
//      chance. Only what was missed is read then: changes, and the rest of a snapshot.
//   3. Where the changes after position() are no longer in the stream, on_trouble() tells
//      (follow_refusal::fell_behind), and a snapshot is taken; content() stays until it is whole.
//   4. With a group (XREADGROUP, XACK) Redis, and the publisher, know how far the follower is, and
//      what it has not acknowledged is kept for it (redis_publisher_options::keep_for_groups).
//      Each follower needs a group of its own. Without a group it writes nothing, and may read
//      from a replica, also from one that lags: content stays what it is until that is further.
//   5. What would be refused again (a wrong password, other types, another format) is not tried
//      again: state() is `refused`, until close().
//   6. What stands in Redis is trusted in nothing: what is no record, or does not come next, is
//      refused. Redis itself is believed to speak its protocol.
//
//   Memory   content (twice while a snapshot arrives), and a reply of read_entries entries, at most
//            max_reply_bytes.
//   Bound    poll(max): `max` records, and the wait. Looking up a host's name may take longer.
//   Throws   the constructor std::invalid_argument for a wrong address or an empty name; poll()
//            what a visitor throws, std::bad_alloc, and what the container and the codecs throw.
//   Threads  as hash_map. Visitors run within the calls, and must not use the follower.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/follow/address.hpp>
#include <steady/detail/follow/bounded_time.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/redis_line.hpp>
#include <steady/detail/follow/redis_stream.hpp>
#include <steady/detail/follow/redis_tail.hpp>
#include <steady/detail/follow/replica.hpp>
#include <steady/follower.hpp>

namespace steady {

enum class acknowledging {
  applied,  // what was applied
  told      // what acknowledge() was called for: after save_checkpoint(), say
};

struct redis_follower_options {
  std::string user{};
  std::string password{};
  // The consumer group that this follower alone has; empty: none.
  std::string group{};
  acknowledging acknowledges = acknowledging::applied;
  // That are read at once; a publisher makes them 32 KiB large, unless a record is longer.
  std::size_t read_entries = 32;
  std::size_t max_reply_bytes = std::size_t{256} << 20;
  // How often the follower asks whether the source is still the same.
  std::chrono::milliseconds look_time{500};
  std::chrono::milliseconds first_wait{100};
  std::chrono::milliseconds longest_wait{10'000};
  // A connection on which an answer is missing, and no byte moves, for so long beyond look_time is
  // given up.
  std::chrono::milliseconds silence_time{10'000};
};

template <class Container>
class redis_follower final : public follower<Container> {
 public:
  // `address`: HOST:PORT, [IPV6]:PORT, HOST, or unix:PATH. `name`: the publisher's.
  redis_follower(const std::string& address, const std::string& name,
                 redis_follower_options options = {})
      : redis_follower(Container(), address, name, std::move(options)) {}
  // With the hash, equality and allocator of `empty`, which must be so.
  redis_follower(Container&& empty, const std::string& address, const std::string& name,
                 redis_follower_options options = {})
      : follower<Container>(std::move(empty)),
        tail_({detail::parse_redis_address(address), options.user, options.password},
              detail::require_stream_name(name), settings_of(options), this->content_maker()) {}

  // Reads up to `max` records; waits up to `wait` while there are none.
  poll_result poll(std::size_t max, std::chrono::milliseconds wait = std::chrono::milliseconds(0)) {
    return tail_.poll(max, wait) ? poll_result::more : poll_result::waits;
  }
  // Ends the connection; poll() makes a new one, also where it was refused.
  void close() { tail_.close(); }
  // With acknowledging::told: what was applied until now need not be kept for this follower.
  void acknowledge() { tail_.acknowledge(); }

  connection_state state() const noexcept { return tail_.state(); }
  // Why the last connection ended, or a snapshot had to be taken; empty if none of these happened.
  const std::string& trouble() const noexcept { return tail_.trouble(); }
  follow_refusal why_refused() const noexcept { return tail_.why(); }
  // What is waited for, if it is something else than changes.
  const std::string& obstacle() const noexcept { return tail_.obstacle(); }
  // How often a snapshot had to be taken although there was content.
  std::uint64_t restarts() const noexcept { return tail_.restarts(); }
  std::uint64_t connections() const noexcept { return tail_.connections(); }
  // For an event loop to wait on, until it can be read; -1 without a connection.
  int descriptor() const noexcept { return tail_.descriptor(); }

  // `visitor(why, text)`, whenever trouble() changes.
  void on_trouble(std::function<void(follow_refusal, const std::string&)> visitor) {
    tail_.on_trouble = std::move(visitor);
  }

 private:
  static detail::redis_tail_settings settings_of(const redis_follower_options& given) {
    const redis_follower_options options = detail::with_bounded(
        given, &redis_follower_options::look_time, &redis_follower_options::first_wait,
        &redis_follower_options::longest_wait, &redis_follower_options::silence_time);
    return {options.group,
            options.acknowledges == acknowledging::applied,
            detail::max_of<std::size_t>(options.read_entries, 1),
            options.max_reply_bytes,
            options.look_time,
            options.first_wait,
            options.longest_wait,
            options.look_time + options.silence_time};
  }

  detail::redis_tail<detail::replica<Container>> tail_;
};

}  // namespace steady
