// A cache that threads share gives memory back when the system runs short of it. A monitor hears
// of that from Linux (/proc/pressure/memory), and trims the cache a little at a time while others
// use it. Which elements are no longer worth their memory only the program knows: it drops those.
// The main thread has a map of its own, which the monitor must not touch; it compares a counter.
//
//   shared_memory_pressure [FILE]
//
// FILE replaces /proc/pressure/memory: a cgroup's memory.pressure. So that there is something to be
// seen on a machine with enough memory, the program reports pressure itself.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>
#include <steady/pressure_monitor.hpp>

namespace {

using shared_cache = steady::concurrent_hash_map<std::uint64_t, std::uint64_t>;
using own_map = steady::hash_map<std::uint64_t, std::uint64_t>;

// One request: looks a number up, and keeps its answer.
std::uint64_t answer(shared_cache& answers, std::uint64_t question) {
  std::uint64_t found = question * question;
  answers.try_emplace_or_cvisit(question, found, [&](const auto& known) { found = known.second; });
  return found;
}

// Serves requests for the newest of `questions`, which stay, until it is told to stop.
void serve_requests(shared_cache& answers, std::uint64_t questions, const std::atomic<bool>& ends,
                    std::atomic<bool>& all_right) {
  for (std::uint64_t n = 0; !ends; ++n) {
    const std::uint64_t question = questions - 1 - n % 1000;
    if (answer(answers, question) != question * question) all_right = false;
  }
}

}  // namespace

int main(int count, char** arguments) {
  steady::pressure_options how;
  if (count > 1) how.file = arguments[1];
  steady::pressure_monitor monitor(how);
  if (monitor.is_watching()) {
    std::printf("watching %s\n", how.file.c_str());
  } else {
    std::printf("not watching: %s\n", monitor.why_not().c_str());
  }

  constexpr std::uint64_t questions = 400'000;
  shared_cache answers;
  for (std::uint64_t n = 0; n < questions; ++n) answer(answers, n);
  own_map own;
  for (std::uint64_t n = 0; n < questions; ++n) own[n] = n;
  const std::size_t before = answers.stats().bytes;
  const std::size_t own_before = own.stats().bytes;

  const auto served = monitor.serve(answers);  // before the cache goes, this does
  std::atomic<bool> ends = false;
  std::atomic<bool> all_right = true;
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&] { serve_requests(answers, questions, ends, all_right); });
  }

  // Memory runs short: the old answers go, and what they have left.
  const std::uint64_t events_before = monitor.events();
  const auto is_old = [&](const auto& known) { return known.first + questions / 20 < questions; };
  steady::erase_if(answers, is_old);
  steady::erase_if(own, is_old);
  monitor.report_pressure();

  // The main thread goes on, and trims its own map between its requests.
  std::uint64_t seen = events_before;
  bool trims = false;
  std::size_t calls = 0;
  do {
    if (monitor.events() != seen) {
      seen = monitor.events();
      trims = true;
    }
    if (trims) ++calls, trims = own.trim(64) != 0 || own.migrating();
  } while (trims || monitor.relieved() != monitor.events());

  ends = true;
  for (std::thread& each : threads) each.join();
  const std::size_t after = answers.stats().bytes;
  const std::size_t own_after = own.stats().bytes;
  std::printf("shared: %zu KiB before, %zu KiB after, %llu buckets and blocks by the monitor\n",
              before >> 10, after >> 10,
              static_cast<unsigned long long>(answers.stats().steps.trim));
  std::printf("own: %zu KiB before, %zu KiB after, in %zu calls\n", own_before >> 10,
              own_after >> 10, calls);
  return all_right && 4 * after < before && 4 * own_after < own_before ? 0 : 1;
}
