// A second map that is kept up to date by full copies: the writer makes its changes, then sends all
// elements, 16 bytes each, while its map stands still; the other side builds a fresh map of them,
// which then takes the place of the one before.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include <steady/hash_map.hpp>

#include "bench/following/run.hpp"
#include "bench/following/two_processes.hpp"
#include "bench/support/process.hpp"

namespace steady::bench {

namespace full_copying {

using map_type = steady::hash_map<std::uint64_t, std::uint64_t>;
using pair_type = std::array<std::uint64_t, 2>;
inline constexpr std::size_t pairs_at_once = 4096;  // 64 KiB

struct socket_pair {
  std::array<int, 2> ends{-1, -1};
  socket_pair() {
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
      throw std::runtime_error("there are no sockets");
    }
  }
  ~socket_pair() {
    for (const int end : ends) ::close(end);
  }
  socket_pair(const socket_pair&) = delete;
  socket_pair& operator=(const socket_pair&) = delete;
};

inline void send(int to, const void* bytes, std::size_t count) {
  if (!detail::write_bytes(to, bytes, count)) throw std::runtime_error("the follower is gone");
}
// How many bytes.
inline std::uint64_t send_all(int to, const map_type& map) {
  const std::uint64_t count = map.size();
  send(to, &count, sizeof count);
  std::vector<pair_type> pairs;
  pairs.reserve(pairs_at_once);
  const auto flush = [&] {
    send(to, pairs.data(), pairs.size() * sizeof(pair_type));
    pairs.clear();
  };
  for (const auto& [key, value] : map) {
    pairs.push_back({key, value});
    if (pairs.size() == pairs_at_once) flush();
  }
  flush();
  return sizeof count + count * sizeof(pair_type);
}

inline void receive(int from, void* bytes, std::size_t count) {
  if (detail::read_bytes(from, bytes, count) != count) {
    throw std::runtime_error("the writer is gone");
  }
}
inline map_type receive_all(int from) {
  std::uint64_t left = 0;
  receive(from, &left, sizeof left);
  map_type map;
  map.reserve(static_cast<std::size_t>(left));
  std::vector<pair_type> pairs(pairs_at_once);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> elements;
  while (left > 0) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(left, pairs_at_once));
    receive(from, pairs.data(), now * sizeof(pair_type));
    elements.clear();
    for (std::size_t n = 0; n < now; ++n) elements.emplace_back(pairs[n][0], pairs[n][1]);
    map.insert(elements.begin(), elements.end());  // together, so that cache misses overlap
    left -= now;
  }
  return map;
}

struct writer_found {
  std::uint64_t first_began = 0;
  std::uint64_t first_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t began = 0;
  std::uint64_t changed = 0;
  double stall_ms = 0;
  std::uint64_t peak = 0;
};
struct follower_found {
  std::uint64_t first_at = 0;
  std::uint64_t equal_at = 0;
  std::uint64_t peak = 0;
  content_sum sum;
};

inline writer_found write(const run_asked& asked, const shared_notes& notes, int to) {
  writer_found found;
  map_type map;
  fill(map, asked.size);
  found.first_began = now_ns();
  found.first_bytes = send_all(to, map);
  while (notes.arrived_so_far() == notes.nothing_arrived) ::usleep(1000);
  reset_peak_memory();
  found.began = now_ns();
  const std::uint64_t count = asked.changes();
  found.stall_ms = make_changes(
      asked, notes,
      [&](std::uint64_t key, std::uint64_t value) { map.insert_or_assign(key, value); },
      [&](std::uint64_t done) {
        if (done != count) return;
        found.changed = now_ns();
        found.bytes = send_all(to, map);
      });
  found.peak = read_memory_usage().peak;
  return found;
}

inline follower_found follow(const shared_notes& notes, int from) {
  follower_found found;
  map_type map = receive_all(from);
  found.first_at = now_ns();
  reset_peak_memory();
  notes.note_arrived(0);
  {
    map_type fresh = receive_all(from);
    std::swap(map, fresh);
    found.equal_at = now_ns();
  }
  found.peak = read_memory_usage().peak;
  found.sum = sum_of(map);
  return found;
}

inline run_found run(const run_asked& asked) {
  const shared_notes notes(asked.changes());
  const socket_pair sockets;
  const auto [writer, follower] = run_as_two([&] { return write(asked, notes, sockets.ends[0]); },
                                             [&] { return follow(notes, sockets.ends[1]); });
  run_found found = found_by_both(asked, writer, follower);
  found.first_ms = milliseconds(writer.first_began, follower.first_at);
  found.lag_changes = static_cast<double>(asked.changes());  // none is there before all are
  found.lag_ms = found.equal_ms;
  return found;
}

}  // namespace full_copying

inline way full_copy_way() {
  return {"full-copy", "all elements are sent again, 16 bytes each, while the writer waits",
          full_copying::run};
}

}  // namespace steady::bench
