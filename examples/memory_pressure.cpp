// A cache that gives memory back when the system runs short of it. Linux tells how long tasks had
// to wait for memory (/proc/pressure/memory); the cache asks it now and then, and while there is
// pressure drops its older half and lets the map shrink, a little at a time, between requests.
// (A program with threads can have a steady::pressure_monitor hear of it: shared_memory_pressure.)
//
//   memory_pressure [FILE [PERCENT]]
//
// FILE replaces /proc/pressure/memory; pressure is waiting of at least PERCENT of the last 10
// seconds (default: 0, so that something is to be seen on a machine with enough memory).
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include <steady/hash_map.hpp>

namespace {

using cache = steady::hash_map<std::uint64_t, std::uint64_t>;

// "some avg10=0.12 avg60=...": the part of the last 10 seconds in which some task waited, in
// percent. Nothing where the system does not tell.
std::optional<double> memory_pressure(const char* file) {
  std::ifstream source(file);
  const std::string wanted = "avg10=";
  for (std::string word; source >> word;) {
    if (word.starts_with(wanted)) return std::strtod(word.c_str() + wanted.size(), nullptr);
  }
  return std::nullopt;
}

// One request: looks a number up, and keeps its answer.
std::uint64_t answer(cache& answers, std::uint64_t question) {
  const auto [at, computed] = answers.try_emplace(question, question * question);
  return at->second;
}

void drop_older_half(cache& answers, std::uint64_t newest) {
  const std::uint64_t kept = answers.size() / 2;
  for (std::uint64_t question = 0; question + kept < newest; ++question) answers.erase(question);
}

}  // namespace

int main(int count, char** arguments) {
  const char* const file = count > 1 ? arguments[1] : "/proc/pressure/memory";
  const double threshold = count > 2 ? std::strtod(arguments[2], nullptr) : 0;

  cache answers;
  std::uint64_t question = 0;
  while (question < 400'000) answer(answers, question++);
  answers.finish();
  const std::size_t before = answers.stats().bytes;

  const std::optional<double> pressure = memory_pressure(file);
  if (!pressure) {
    std::printf("%s says nothing about memory pressure\n", file);
    return 0;
  }
  if (*pressure < threshold) {
    std::printf("memory pressure is %.2f %%: nothing to do\n", *pressure);
    return 0;
  }
  for (int round = 0; round < 4; ++round) drop_older_half(answers, question);

  // From here on every request pays for a few buckets of the shrinking, and none for all of it.
  std::size_t calls = 0;
  std::size_t given_back = answers.trim(16);
  for (++calls; answers.migrating(); ++calls) {
    answer(answers, question++);
    given_back += answers.trim(16);
  }
  const std::size_t after = answers.stats().bytes;
  std::printf("memory pressure: %zu KiB before, %zu KiB after; %zu calls gave back %zu KiB\n",
              before >> 10, after >> 10, calls, given_back >> 10);
  return 4 * after < before ? 0 : 1;
}
