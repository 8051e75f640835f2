// A second map that is kept up to date by a snapshot and a stream: the writer has a steady::fed_map
// with a steady::feed_server on a Unix socket, the other process a steady::socket_follower.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include <steady/feed.hpp>
#include <steady/feed_server.hpp>
#include <steady/hash_map.hpp>
#include <steady/socket_follower.hpp>

#include "bench/following/run.hpp"
#include "bench/following/two_processes.hpp"
#include "bench/support/process.hpp"
#include "support/temporary_room.hpp"

namespace steady::bench {

using followed_map = steady::hash_map<std::uint64_t, std::uint64_t>;

// The writer's side.
class streaming_source {
 public:
  using map_type = steady::fed_map<std::uint64_t, std::uint64_t>;

  // `kept`: changes that are kept for followers.
  streaming_source(std::uint64_t size, std::uint64_t kept, const std::string& address)
      : map_(filled(size),
             {static_cast<std::size_t>(kept), std::numeric_limits<std::size_t>::max()}),
        server_(loop_, map_, address) {}

  map_type& map() noexcept { return map_; }
  std::uint64_t bytes_sent() const noexcept { return server_.counts().bytes; }

  // What a writer does between changes: one thing that the loop has to do, if there is any.
  void serve() {
    server_.wake();
    loop_.poll_one();
  }
  // What it does when there is nothing to change: for a millisecond, or until the loop had
  // something.
  void wait() {
    server_.wake();
    loop_.run_one_for(std::chrono::milliseconds(1));
  }
  template <class Condition>
  void wait_until(const Condition& holds) {
    while (!holds()) wait();
  }

 private:
  static followed_map filled(std::uint64_t size) {
    followed_map map;
    fill(map, size);
    return map;
  }

  boost::asio::io_context loop_;
  map_type map_;
  steady::feed_server<map_type> server_;
};

// The follower's side.
class streaming_copy {
 public:
  explicit streaming_copy(const std::string& address) : follower_(loop_, address) {}

  steady::socket_follower<followed_map>& follower() noexcept { return follower_; }
  const followed_map& content() const noexcept { return follower_.content(); }

  template <class Condition>
  void follow_until(const Condition& holds) {
    while (!holds()) {
      loop_.run_one_for(std::chrono::milliseconds(1));
      if (follower_.state() == steady::connection_state::waiting &&
          follower_.why_refused() != steady::follow_refusal::none) {
        throw std::runtime_error("refused: " + follower_.trouble());
      }
    }
  }
  // The time at which the first copy began.
  std::uint64_t begin(const shared_notes& notes) {
    while (!notes.is_ready()) ::usleep(1000);
    const std::uint64_t now = now_ns();
    follower_.start();
    follow_until([&] { return follower_.has_content(); });
    return now;
  }

 private:
  boost::asio::io_context loop_;
  steady::socket_follower<followed_map> follower_;
};

namespace streaming {

struct writer_found {
  std::uint64_t first_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t began = 0;
  std::uint64_t changed = 0;
  double stall_ms = 0;
  std::uint64_t peak = 0;
};
struct follower_found {
  std::uint64_t first_began = 0;
  std::uint64_t first_at = 0;
  std::uint64_t equal_at = 0;
  lag_watch lag;
  std::uint64_t peak = 0;
  content_sum sum;
};

inline constexpr std::uint64_t between_looks = 64;
// A turn of the loop costs a system call or two.
inline constexpr std::uint64_t between_turns = 4 * changes_at_once;

inline writer_found write(const run_asked& asked, const shared_notes& notes,
                          const std::string& address) {
  const std::uint64_t count = asked.changes();
  streaming_source source(asked.size, count, address);
  notes.note_ready();
  source.wait_until([&] { return notes.arrived_so_far() == 0; });
  writer_found found;
  found.first_bytes = source.bytes_sent();
  reset_peak_memory();
  found.began = now_ns();
  found.stall_ms = make_changes(
      asked, notes,
      [&](std::uint64_t key, std::uint64_t value) { source.map().insert_or_assign(key, value); },
      [&](std::uint64_t done) {
        if (done % between_turns == 0) source.serve();
      });
  found.changed = now_ns();
  source.wait_until([&] { return notes.arrived_so_far() == count; });
  found.bytes = source.bytes_sent() - found.first_bytes;
  found.peak = read_memory_usage().peak;
  return found;
}

inline follower_found follow(const run_asked& asked, const shared_notes& notes,
                             const std::string& address) {
  const std::uint64_t count = asked.changes();
  follower_found found;
  streaming_copy copy(address);
  auto& follower = copy.follower();
  follower.on_snapshot([&](const followed_map&) { found.first_at = now_ns(); });
  follower.on_change([&](const auto& change) {
    if (change.position % between_looks != 0 && change.position != count) return;
    const std::uint64_t now = now_ns();
    found.lag.look(notes, change.position, now);
    if (change.position == count) found.equal_at = now;
  });
  found.first_began = copy.begin(notes);
  reset_peak_memory();
  notes.note_arrived(0);
  copy.follow_until([&] { return follower.position() == count; });
  notes.note_arrived(count);
  found.peak = read_memory_usage().peak;
  found.sum = sum_of(copy.content());
  return found;
}

inline run_found run(const run_asked& asked) {
  const shared_notes notes(asked.changes());
  const support::temporary_room room;
  const std::string address = "unix:" + room.path();
  const auto [writer, follower] = run_as_two([&] { return write(asked, notes, address); },
                                             [&] { return follow(asked, notes, address); });
  run_found found = found_by_both(asked, writer, follower);
  found.first_ms = milliseconds(follower.first_began, follower.first_at);
  found.lag_changes = follower.lag.changes();
  found.lag_ms = follower.lag.ms();
  return found;
}

}  // namespace streaming

inline way stream_way() {
  return {"stream", "a fed_map and its feed_server, and a socket_follower: every change is sent",
          streaming::run};
}

}  // namespace steady::bench
