// A stream of changes at a fixed rate: every change has a time at which it is due, whether the ones
// before were made in time or not, and its lag is counted from then until the follower has it.
//
// The writer makes what is due, and gives the loop a turn after every 1,024 changes; where nothing
// is due it waits for the loop, a millisecond at most. Half-way the follower may go away for a
// while.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "bench/following/schedule.hpp"
#include "bench/following/streaming.hpp"
#include "bench/support/histogram.hpp"

namespace steady::bench {

struct stream_asked {
  std::uint64_t size = 0;
  std::uint64_t rate = 0;  // changes per second
  std::uint64_t seconds = 0;
  std::uint64_t break_ms = 0;  // 0: the follower stays

  std::uint64_t changes() const noexcept { return rate * seconds; }
};

inline constexpr double highest_lag_ms = 50;  // that a stream may have and keep up

// Trivially copyable: it comes through a pipe.
struct stream_found {
  histogram lag;          // nanoseconds; without a break
  double late_ms = 0;     // that the writer was with a change, at most
  double behind_ms = 0;   // that the follower needed after the last change was due
  double writer_cpu = 0;  // cores that it kept busy
  double follower_cpu = 0;
  bool is_equal = false;
  // Of a break:
  double missed_changes = 0;           // that were made meanwhile
  std::optional<double> caught_up_ms;  // from coming back until a change was less than 50 ms old
  double arrived_changes = 0;          // from coming back to the end
  double arrived_bytes = 0;
  double snapshots = 0;  // that were sent: one, before the first change

  bool kept_up() const noexcept {
    const auto lag_ns = static_cast<double>(lag.value_at({"p99.9", 999'000}));
    return lag_ns < highest_lag_ms * 1e6 && behind_ms < highest_lag_ms;
  }
};

namespace open_loop {

struct writer_found {
  std::uint64_t late_ns = 0;
  double cpu = 0;
};
struct follower_found {
  histogram lag;
  std::uint64_t behind_ns = 0;
  double cpu = 0;
  content_sum sum;
  std::uint64_t missed = 0;
  std::uint64_t back_at = 0;
  std::uint64_t caught_up_at = 0;  // 0: never
  std::uint64_t arrived = 0;
  std::uint64_t bytes = 0;
  std::uint64_t snapshots = 0;
};

inline double cores(std::uint64_t cpu_began, std::uint64_t began) noexcept {
  return static_cast<double>(thread_cpu_ns() - cpu_began) /
         static_cast<double>(std::max<std::uint64_t>(1, now_ns() - began));
}

inline writer_found write(const stream_asked& asked, const shared_notes& notes,
                          const std::string& address) {
  constexpr std::uint64_t soon_ns = 10'000'000;
  const std::uint64_t count = asked.changes();
  const changed_elements changed(asked.size);
  streaming_source source(asked.size, count, address);  // nobody is cut off for falling behind
  notes.note_ready();
  source.wait_until([&] { return notes.arrived_so_far() == 0; });
  const schedule plan{now_ns() + soon_ns, asked.rate};
  const std::uint64_t cpu_began = thread_cpu_ns();
  notes.note_start(plan.start);
  writer_found found;
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t now = now_ns();
    const std::uint64_t due = std::min(count, plan.due(now));
    if (due <= done) {
      source.wait();
      continue;
    }
    found.late_ns = std::max(found.late_ns, now - plan.time_of(done + 1));
    const std::uint64_t stop = std::min(due, done + streaming::between_turns);
    for (; done < stop; ++done) {
      const std::uint64_t key = followed_key(changed[done]);
      source.map().insert_or_assign(key, followed_value(key, 1));
    }
    source.serve();
  }
  found.cpu = cores(cpu_began, plan.start);
  source.wait_until([&] { return notes.arrived_so_far() == count; });
  return found;
}

// Goes away and comes back.
inline void leave_for_a_while(const stream_asked& asked, streaming_copy& copy,
                              follower_found& found, std::uint64_t& gone_at) {
  auto& follower = copy.follower();
  follower.stop();
  gone_at = follower.position();
  const std::uint64_t bytes = follower.counts().bytes;
  std::this_thread::sleep_for(std::chrono::milliseconds(asked.break_ms));
  found.back_at = now_ns();
  follower.start();
  copy.follow_until([&] { return follower.connections() == 2; });
  found.missed = follower.position() + follower.lag().positions - gone_at;
  found.bytes = bytes;
}

inline void follow(const stream_asked& asked, const shared_notes& notes, const std::string& address,
                   follower_found& found) {
  const std::uint64_t count = asked.changes();
  streaming_copy copy(address);
  auto& follower = copy.follower();
  copy.begin(notes);
  notes.note_arrived(0);
  while (notes.start_time() == 0) ::usleep(100);
  const schedule plan{notes.start_time(), asked.rate};
  const std::uint64_t cpu_began = thread_cpu_ns();
  std::uint64_t gone_at = 0;
  follower.on_change([&](const auto& change) {
    const std::uint64_t now = now_ns();
    const std::uint64_t due = plan.time_of(change.position);
    const std::uint64_t lag = now > due ? now - due : 0;
    if (found.back_at == 0) {
      found.lag.record(lag);
    } else if (found.caught_up_at == 0 && lag < static_cast<std::uint64_t>(highest_lag_ms * 1e6)) {
      found.caught_up_at = now;
    }
    if (change.position == count) found.behind_ns = lag;
  });
  if (asked.break_ms != 0) {
    copy.follow_until([&] { return follower.position() >= count / 2; });
    leave_for_a_while(asked, copy, found, gone_at);
  }
  copy.follow_until([&] { return follower.position() == count; });
  found.cpu = cores(cpu_began, plan.start);
  notes.note_arrived(count);
  found.arrived = count - gone_at;
  found.bytes = follower.counts().bytes - found.bytes;
  found.snapshots = follower.counts().snapshots;
  found.sum = sum_of(copy.content());
}

}  // namespace open_loop

// `found`: as it was made. It is large: not for the stack.
inline void run_stream(const stream_asked& asked, stream_found& found) {
  const shared_notes notes(1);
  const support::temporary_room room;
  const std::string address = "unix:" + room.path();
  const auto both = std::make_unique<std::pair<open_loop::writer_found, open_loop::follower_found>>(
      run_as_two([&] { return open_loop::write(asked, notes, address); },
                 [&] {
                   open_loop::follower_found of;
                   open_loop::follow(asked, notes, address, of);
                   return of;
                 }));
  const auto& [writer, follower] = *both;
  found.lag = follower.lag;
  found.late_ms = milliseconds(0, writer.late_ns);
  found.behind_ms = milliseconds(0, follower.behind_ns);
  found.writer_cpu = writer.cpu;
  found.follower_cpu = follower.cpu;
  found.is_equal = follower.sum == expected_sum(asked.size, std::min(asked.size, asked.changes()));
  found.missed_changes = static_cast<double>(follower.missed);
  if (follower.caught_up_at != 0) {
    found.caught_up_ms = milliseconds(follower.back_at, follower.caught_up_at);
  }
  found.arrived_changes = static_cast<double>(follower.arrived);
  found.arrived_bytes = static_cast<double>(follower.bytes);
  found.snapshots = static_cast<double>(follower.snapshots);
}

// What a change is in the stream.
inline double bytes_of_a_change() {
  byte_buffer out;
  const std::uint64_t any = 0;
  append_change(out, 1, change_kind::assign, &any, &any);
  return static_cast<double>(out.size());
}

}  // namespace steady::bench
