// Runs what the tests of concurrent containers run, with random plans, for as long as it is told:
//
//   concurrent.soak [--seconds N] [--seed S]
//
// Every round has a seed, from which all that is random in it derives; the first has the given one.
// Ends with status 1 at the first complaint, and says how to repeat the round.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

#include "support/churn_run.hpp"
#include "support/concurrent_containers.hpp"
#include "support/recorded_run.hpp"
#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace {

using namespace support;

// ---- rounds ----

using random_source = std::mt19937_64;

std::uint64_t between(random_source& random, std::uint64_t least, std::uint64_t most) {
  return least + random() % (most - least + 1);
}
// Small numbers as often as large ones.
std::uint64_t of_any_size(random_source& random, unsigned bits) {
  return 1 + random() % (std::uint64_t{1} << between(random, 1, bits));
}

template <class Container>
void churn(std::uint64_t seed, complaints& found) {
  random_source random(seed);
  churn_plan plan;
  plan.owners = static_cast<unsigned>(between(random, 1, 6));
  plan.sharers = static_cast<unsigned>(between(random, 0, 3));
  plan.watchers = static_cast<unsigned>(between(random, 0, 3));
  plan.own = of_any_size(random, 15);
  const std::uint64_t operations = sanitized ? 30'000 : 300'000;
  plan.rounds = static_cast<unsigned>(1 + operations / (plan.owners * plan.own) / 4);
  plan.shared = of_any_size(random, 7);
  plan.lasting = of_any_size(random, 10);
  plan.reseeds = random() % 3 == 0;
  plan.seed = seed;
  churn_run<Container>(plan, found).run();
}

template <class Map>
void record(std::uint64_t seed, complaints& found) {
  random_source random(seed);
  recorded_plan plan;
  plan.recorders = static_cast<unsigned>(between(random, 2, 8));
  plan.churners = static_cast<unsigned>(between(random, 1, 4));
  plan.keys = between(random, 1, 9);
  plan.operations = (sanitized ? 30'000 : 200'000) / plan.recorders;
  plan.churn = of_any_size(random, 13);
  plan.reseeds = random() % 3 == 0;
  plan.seed = seed;
  recorded_run<Map>(plan, found).run();
}

struct round_kind {
  const char* name;
  void (*run)(std::uint64_t seed, complaints& found);
};

using crowded_stamped =
    concurrent_map_of<std::uint32_t, stamped, steady::hash<std::uint32_t>, crowded>;
using numbers_in_nodes =
    concurrent_map_of<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, in_nodes>;

constexpr round_kind kinds[] = {
    {"churn of numbers", churn<concurrent_numbers>},
    {"churn of words of 4 bytes", churn<concurrent_halves>},
    {"churn of 32 bytes", churn<concurrent_stamped>},
    {"churn of 32 bytes in crowded buckets", churn<crowded_stamped>},
    {"churn of numbers in nodes", churn<numbers_in_nodes>},
    {"churn of keys of 12 bytes", churn<concurrent_twelves>},
    {"churn of texts", churn<concurrent_strings>},
    {"churn of counted elements", churn<concurrent_tracked>},
    {"churn of a set of numbers", churn<concurrent_number_set>},
    {"churn of a set of texts", churn<concurrent_string_set>},
    {"history of numbers", record<concurrent_numbers>},
    {"history of 32 bytes", record<concurrent_stamped>},
    {"history of keys of 12 bytes", record<concurrent_twelves>},
    {"history of counted elements", record<concurrent_tracked>},
};

const round_kind& kind_of(std::uint64_t seed) {
  random_source random(seed ^ 0x5eed);
  return kinds[random() % std::size(kinds)];
}

// ---- the program ----

[[noreturn]] void give_up(std::uint64_t seed, const char* what) {
  std::fprintf(stderr, "soak: %s: %s\nto repeat: concurrent.soak --seconds 1 --seed %llu\n",
               kind_of(seed).name, what, static_cast<unsigned long long>(seed));
  std::fflush(nullptr);
  std::_Exit(1);
}

// Ends the program if a round does not end: something waits for ever.
class watchdog {
 public:
  explicit watchdog(std::uint64_t seed) : thread_([this, seed] { watch(seed); }) {}
  ~watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

 private:
  void watch(std::uint64_t seed) {
    std::unique_lock lock(mutex_);
    // Minute by minute: a program that was stopped meanwhile has not been running.
    for (int minute = 0; minute < 10; ++minute) {
      if (changed_.wait_for(lock, std::chrono::minutes(1), [this] { return done_; })) return;
    }
    give_up(seed, "has not ended after 10 minutes");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

void run_round(std::uint64_t seed) {
  complaints found;
  {
    const watchdog watching(seed);
    kind_of(seed).run(seed, found);
  }
  if (tracked::alive != 0) found.add("elements leak or are destroyed twice");
  if (found.any()) give_up(seed, found.first().c_str());
}

void run(std::uint64_t seconds, std::uint64_t seed) {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  auto told = begin;
  std::uint64_t rounds = 0;
  for (; clock::now() - begin < std::chrono::seconds(seconds); ++rounds) {
    run_round(seed + rounds);
    if (clock::now() - told < std::chrono::seconds(30)) continue;
    told = clock::now();
    std::printf("soak: %llu rounds\n", static_cast<unsigned long long>(rounds + 1));
    std::fflush(stdout);
  }
  std::printf("soak: %llu rounds passed\n", static_cast<unsigned long long>(rounds));
}

// False unless all of the text is a number.
bool read_number(const char* text, std::uint64_t& number) {
  char* end = nullptr;
  number = std::strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0';
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t seconds = 60;
  std::uint64_t seed = 1;
  for (int n = 1; n < count; n += 2) {
    const bool has_number = n + 1 < count;
    if (has_number && std::strcmp(arguments[n], "--seconds") == 0 &&
        read_number(arguments[n + 1], seconds)) {
      continue;
    }
    if (has_number && std::strcmp(arguments[n], "--seed") == 0 &&
        read_number(arguments[n + 1], seed)) {
      continue;
    }
    std::fprintf(stderr, "Usage: concurrent.soak [--seconds N] [--seed S]\n");
    return 2;
  }
  run(seconds, seed);
}
