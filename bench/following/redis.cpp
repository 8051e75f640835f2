// Redis's own replication of a hash: a master, a replica, and a client that changes the hash, each
// a process of its own. The client sends 256 changes, then reads their answers.
//
// How far the replica is behind, a thread sees that asks it every 2 ms for a number that the client
// sets after each 256 changes.
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "bench/following/redis.hpp"
#include "bench/following/redis_client.hpp"
#include "bench/following/redis_server.hpp"
#include "bench/following/two_processes.hpp"
#include "bench/support/process.hpp"
#include "support/temporary_room.hpp"

namespace steady::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view hash_name = "h";
constexpr std::string_view mark_name = "m";

void fill_hash(redis_client& master, std::uint64_t size) {
  constexpr std::uint64_t elements_at_once = 512;
  constexpr std::uint64_t commands_at_once = 16;
  std::vector<std::uint64_t> numbers(2 * elements_at_once);
  std::vector<std::string_view> command;
  std::uint64_t commands = 0;
  for (std::uint64_t n = 0; n < size;) {
    command = {"HSET", hash_name};
    for (std::size_t at = 0; at < numbers.size() && n < size; at += 2, ++n) {
      numbers[at] = followed_key(n);
      numbers[at + 1] = followed_value(numbers[at], 0);
      command.push_back(bytes_of_number(numbers[at]));
      command.push_back(bytes_of_number(numbers[at + 1]));
    }
    master.send(command);
    if (++commands % commands_at_once == 0) master.receive_all();
  }
  master.receive_all();
}

// Milliseconds until the replica has everything.
double follow_first(redis_client& replica, const redis_server& master) {
  const std::uint64_t began = now_ns();
  replica.ask({"REPLICAOF", "127.0.0.1", master.port()});
  while (!replica.info_is("replication", "master_link_status:up")) ::usleep(2000);
  return milliseconds(began, now_ns());
}
// Returns once the replica has what was written: a master begins to stream a while after the first
// copy.
void wait_for_replica(redis_client& master) {
  if (master.ask({"WAIT", "1", "0"})->integer != 1) throw std::runtime_error("the replica is gone");
}

// Looks how far the replica is behind until it is destroyed.
class replica_watch {
 public:
  replica_watch(const redis_server& replica, const shared_notes& notes, lag_watch& lag)
      : looking_([this, socket = replica.socket(), &notes, &lag] {
          redis_client client(socket);
          while (!ended_) {
            const redis_reply mark = client.ask({"GET", mark_name});
            const std::uint64_t made = notes.made_so_far();
            const std::uint64_t arrived =
                mark->type == REDIS_REPLY_STRING ? number_of_bytes(*mark) : 0;
            if (made > arrived) {
              lag.note_changes(made - arrived);
              lag.note_age(notes.begun_at(arrived + 1), now_ns());
            }
            std::this_thread::sleep_for(2ms);
          }
        }) {}
  ~replica_watch() {
    ended_ = true;
    looking_.join();
  }

 private:
  std::atomic<bool> ended_{false};
  std::thread looking_;
};

void change_hash(const run_asked& asked, redis_client& master, const shared_notes& notes,
                 run_found& found) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(2 * changes_at_once);
  const std::uint64_t began = now_ns();
  found.stall_ms = make_changes(
      asked, notes,
      [&](std::uint64_t key, std::uint64_t value) {
        master.send({"HSET", hash_name, bytes_of_number(key), bytes_of_number(value)});
      },
      [&](std::uint64_t done) {
        master.send({"SET", mark_name, bytes_of_number(done)});
        master.receive_all();
      });
  const std::uint64_t changed = now_ns();
  wait_for_replica(master);
  found.changing_ms = milliseconds(began, changed);
  found.equal_ms = milliseconds(began, now_ns());
}

content_sum sum_of_hash(redis_client& of) {
  content_sum sum;
  std::string cursor = "0";
  do {
    const redis_reply reply = of.ask({"HSCAN", hash_name, cursor, "COUNT", "4096"});
    cursor = reply->element[0]->str;
    const redisReply& found = *reply->element[1];
    for (std::size_t n = 0; n + 1 < found.elements; n += 2) {
      sum.add(number_of_bytes(*found.element[n]), number_of_bytes(*found.element[n + 1]));
    }
  } while (cursor != "0");
  return sum;
}

run_found run_in(const std::string& directory, const run_asked& asked, const shared_notes& notes) {
  const redis_server master(directory + "/master");
  const redis_server replica(directory + "/replica");
  redis_client to_master(master.socket());
  redis_client to_replica(replica.socket());
  const auto sent = [&] { return to_master.info("stats", "total_net_repl_output_bytes"); };
  run_found found;
  fill_hash(to_master, asked.size);
  found.first_ms = follow_first(to_replica, master);
  to_master.ask({"SET", mark_name, bytes_of_number(0)});
  wait_for_replica(to_master);
  const std::uint64_t before = sent();
  found.first_bytes = static_cast<double>(before);
  reset_peak_memory(master.process());
  reset_peak_memory(replica.process());
  lag_watch lag;
  {
    const replica_watch watch(replica, notes, lag);
    change_hash(asked, to_master, notes, found);
  }
  found.lag_changes = lag.changes();
  found.lag_ms = lag.ms();
  found.bytes = static_cast<double>(sent() - before);
  found.writer_peak_bytes = static_cast<double>(read_memory_usage(master.process()).peak);
  found.follower_peak_bytes = static_cast<double>(read_memory_usage(replica.process()).peak);
  found.is_equal = sum_of_hash(to_replica) == expected_sum(asked.size, asked.changes()) ? 1 : 0;
  return found;
}

run_found run_redis(const run_asked& asked) {
  const shared_notes notes(asked.changes());
  const support::temporary_room room;
  return run_as_one("redis", [&] { return run_in(room.path(), asked, notes); });
}

bool is_in_path(const std::string& program) {
  const char* const all = std::getenv("PATH");
  std::string left = all == nullptr ? "" : all;
  while (!left.empty()) {
    const std::size_t end = left.find(':');
    if (::access((left.substr(0, end) + '/' + program).c_str(), X_OK) == 0) return true;
    left = end == std::string::npos ? "" : left.substr(end + 1);
  }
  return false;
}

// 7.0.15
std::string version_of_server() {
  std::array<char, 256> text{};
  if (std::FILE* const output = ::popen("redis-server --version", "r")) {
    text[std::fread(text.data(), 1, text.size() - 1, output)] = '\0';
    ::pclose(output);
  }
  const std::string_view all = text.data();
  const std::size_t at = all.find("v=");
  if (at == std::string_view::npos) return "unknown";
  return std::string(all.substr(at + 2, all.find(' ', at) - at - 2));
}

}  // namespace

std::variant<way, std::string> redis_way() {
  if (!is_in_path("redis-server")) return "redis-server was not found (redis-server)";
  return way{"redis", "a hash in a Redis server, its replica, and a client that sends HSET",
             run_redis, version_of_server()};
}

}  // namespace steady::bench
