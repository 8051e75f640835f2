// Several threads use a few keys of a container and record what they saw, while others let it grow
// and shrink; then each key's history is checked (linearizability.hpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/concurrent_containers.hpp"
#include "support/interruptions.hpp"
#include "support/linearizability.hpp"
#include "support/threads.hpp"

namespace support {

struct recorded_plan {
  unsigned recorders = 4;
  unsigned churners = 2;
  std::uint64_t keys = 4;           // that are recorded
  std::uint64_t operations = 5000;  // of each recorder; up to four times as many until all grew
  std::uint64_t churn = 3000;       // elements that a churner inserts and erases again
  bool reseeds = false;
  std::uint64_t seed = 1;
};

template <class Map>
class recorded_run {
  using kit = element_kit<Map>;

 public:
  recorded_run(const recorded_plan& plan, complaints& found)
      : plan_(plan),
        found_(found),
        records_(plan.recorders),
        recording_(plan.recorders),
        growing_(plan.churners) {}

  void run() {
    std::vector<std::function<void()>> bodies;
    for (unsigned n = 0; n < plan_.recorders; ++n) bodies.emplace_back([this, n] { record(n); });
    for (unsigned n = 0; n < plan_.churners; ++n) bodies.emplace_back([this, n] { churn(n); });
    run_together(bodies, found_);
    if (const char* broken = map_.check_invariants()) found_.add(broken);
    for (std::uint64_t key = 0; key < plan_.keys; ++key) check(key);
  }

  const Map& map() const { return map_; }

 private:
  using key_type = typename Map::key_type;
  struct recorded {
    std::uint64_t key;
    operation done;
  };

  void record(unsigned thread) {
    std::mt19937_64 random(plan_.seed * 1000 + thread);
    std::vector<recorded>& records = records_[thread];
    records.reserve(plan_.operations);
    const auto most = [this] { return plan_.operations * (growing_ != 0 ? 4 : 1); };
    for (std::uint64_t n = 0; n < most() && !found_.any(); ++n) {
      const std::uint64_t key = random() % plan_.keys;
      // No two writes have the same argument.
      operation next{static_cast<operation::kind_type>(random() % 5),
                     false,
                     (std::uint64_t{thread} << 24) + n + 1,
                     0,
                     0,
                     0};
      const key_type made = kit::make_key(key);
      next.invoked = ++clock_;
      perform(made, next);
      next.responded = ++clock_;
      records.push_back({key, next});
    }
    --recording_;
  }

  void perform(const key_type& key, operation& next) {
    switch (next.kind) {
      case operation::insert:
        next.result = map_.try_emplace(key_type(key), kit::make_value(next.argument));
        return;
      case operation::assign:
        next.result = map_.insert_or_assign(key_type(key), kit::make_value(next.argument));
        return;
      case operation::erase:
        next.result = map_.erase(key) == 1;
        return;
      case operation::find:
        if (const auto value = map_.find(key)) {
          next.result = true;
          next.seen = number_of(*value);
        }
        return;
      case operation::exchange:
        next.result = map_.visit(key, [&](auto& element) {
          next.seen = kit::value_of(element);
          interruption(32);
          element.second = kit::make_value(next.argument);
        }) == 1;
    }
  }

  // Grows the map and shrinks it, at least once, and for as long as others record.
  void churn(unsigned thread) {
    const std::uint64_t first = plan_.keys + thread * plan_.churn;
    for (unsigned round = 0; round == 0 || (recording_ != 0 && !found_.any()); ++round) {
      for (std::uint64_t n = 0; n < plan_.churn; ++n) put(map_, first + n, n);
      if (plan_.reseeds && round % 2 == 0) map_.reseed_gradually();
      for (std::uint64_t n = 0; n < plan_.churn; ++n) map_.erase(kit::make_key(first + n));
      map_.shrink_gradually();
      map_.step(plan_.churn);
      if (round == 0) --growing_;
    }
  }

  void check(std::uint64_t key) {
    history all;
    for (const std::vector<recorded>& records : records_) {
      for (const recorded& each : records) {
        if (each.key == key) all.push_back(each.done);
      }
    }
    const std::string objection = objection_to(all);
    if (!objection.empty()) found_.add("key " + std::to_string(key) + ": " + objection);
  }

  const recorded_plan plan_;
  complaints& found_;
  Map map_;
  std::atomic<std::uint64_t> clock_ = 0;
  std::vector<std::vector<recorded>> records_;
  std::atomic<unsigned> recording_;  // threads
  std::atomic<unsigned> growing_;    // threads in their first round
};

}  // namespace support
