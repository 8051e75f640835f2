// A cache that threads share. Servers look up what they are asked, and compute what nobody has
// asked lately. A housekeeper forgets what is not asked any longer, and does in its own time what
// growing and shrinking have left to do. Nobody waits for more than the lock of one bucket.
//
//   shared_cache [SERVERS]     from 1 to 1000 (default: 2)
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <steady/concurrent_hash_map.hpp>

namespace {

struct answer {
  std::uint64_t value;
  std::uint64_t used_in;  // the last period in which somebody asked for it
};

class cache {
 public:
  struct reply {
    std::uint64_t value;
    bool was_known;
  };
  reply ask(std::uint64_t question) {
    const std::uint64_t now = period_.load(std::memory_order_relaxed);
    const std::optional<answer> known = answers_.find(question);  // takes no lock
    if (known) {
      if (known->used_in < now) renew(question, now);
      return {known->value, true};
    }
    const answer computed{compute(question), now};  // takes long, so nothing is locked meanwhile
    reply made{computed.value, false};
    answers_.try_emplace_or_cvisit(question, computed, [&](const auto& faster) {
      made.value = faster.second.value;  // another server's
    });
    return made;
  }

  // Begins a period, and forgets the answers that were not used in so many before it. Goes through
  // all of them, one bucket locked at a time.
  std::size_t begin_period(std::uint64_t kept) {
    const std::uint64_t now = period_.fetch_add(1, std::memory_order_relaxed) + 1;
    return answers_.erase_if([&](const auto& old) { return old.second.used_in + kept < now; });
  }
  // Something of what growing or shrinking has left to do; false if there is nothing.
  bool tidy_up() { return answers_.step(16) != 0; }

  steady::stats stats() const { return answers_.stats(); }

 private:
  static std::uint64_t compute(std::uint64_t question) { return question * question; }

  // Once a period for each answer: writing at every request would be a lock at every request.
  void renew(std::uint64_t question, std::uint64_t now) {
    answers_.visit(question,
                   [now](auto& used) { used.second.used_in = std::max(used.second.used_in, now); });
  }

  steady::concurrent_hash_map<std::uint64_t, answer> answers_;
  std::atomic<std::uint64_t> period_{0};
};

constexpr std::uint64_t requests = 1'000'000;  // to each server
constexpr std::uint64_t periods_kept = 4;

struct tally {
  std::uint64_t right = 0;
  std::uint64_t known = 0;
};

// Asks for what is near to what was asked just before: old questions do not come back.
void serve(cache& answers, std::uint64_t random, tally& result) {
  tally mine;
  for (std::uint64_t n = 0; n < requests; ++n) {
    random = random * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    const std::uint64_t question = n / 2 + (random >> 33) % 1000;
    const cache::reply got = answers.ask(question);
    mine.right += got.value == question * question;
    mine.known += got.was_known;
  }
  result = mine;
}

void keep_house(cache& answers, const std::atomic<bool>& is_over) {
  while (!is_over.load(std::memory_order_relaxed)) {
    answers.begin_period(periods_kept);
    while (answers.tidy_up()) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// 0 where the text is no such number.
std::size_t number_of_servers(std::string_view text) {
  constexpr std::size_t most = 1000;
  std::size_t servers = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), servers);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && servers <= most ? servers : 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t servers = count > 1 ? number_of_servers(arguments[1]) : 2;
  if (servers == 0 || count > 2) {
    std::fprintf(stderr, "usage: shared_cache [SERVERS], from 1 to 1000; 2 unless given\n");
    return 2;
  }
  cache answers;
  std::atomic<bool> is_over{false};
  std::thread housekeeper(keep_house, std::ref(answers), std::cref(is_over));
  std::vector<tally> tallies(servers);
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < servers; ++n) {
    threads.emplace_back(serve, std::ref(answers), n, std::ref(tallies[n]));
  }
  for (std::thread& server : threads) server.join();
  is_over = true;
  housekeeper.join();

  tally all;
  for (const tally& each : tallies) {
    all.right += each.right;
    all.known += each.known;
  }
  const bool are_right = all.right == servers * requests;
  std::printf("%llu requests, %llu of them for known answers; %s\n",
              static_cast<unsigned long long>(servers * requests),
              static_cast<unsigned long long>(all.known), are_right ? "all right" : "some wrong");

  // Nobody asks any longer.
  const steady::stats before = answers.stats();
  for (std::uint64_t period = 0; period <= periods_kept; ++period) {
    answers.begin_period(periods_kept);
    while (answers.tidy_up()) {
    }
  }
  const steady::stats after = answers.stats();
  std::printf("%zu answers in %zu KiB; later %zu in %zu KiB\n", before.size, before.bytes >> 10,
              after.size, after.bytes >> 10);
  return are_right && after.size == 0 && !after.migrating ? 0 : 1;
}
