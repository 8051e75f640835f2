// Threads of five roles use one container, which grows and shrinks all the time:
//
//   owners    fill and drain keys of their own, and know every result (own_keys.hpp)
//   sharers   insert and erase keys that are everybody's: of those that insert a key at once, one
//             does; and change the values of keys that last, no change of which gets lost
//   watchers  visit all and scan: every key that lasts is met once, and nothing is torn
//   keeper    starts migrations, does steps of them, and asks for sizes
//
// When all are done, sizes and contents must be exact.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "support/concurrent_containers.hpp"
#include "support/interruptions.hpp"
#include "support/own_keys.hpp"
#include "support/threads.hpp"

namespace support {

struct churn_plan {
  unsigned owners = 4;
  unsigned sharers = 2;
  unsigned watchers = 1;
  unsigned rounds = 3;   // of filling and draining; four times as many if watchers need the time
  unsigned passes = 20;  // of each watcher, if those rounds suffice
  std::uint64_t own = 2000;
  std::uint64_t shared = 50;
  std::uint64_t lasting = 200;
  // Then scans have to start again.
  bool reseeds = false;
  std::uint64_t seed = 1;
};

template <class Container>
class churn_run {
  using kit = element_kit<Container>;

 public:
  churn_run(const churn_plan& plan, complaints& found)
      : plan_(plan),
        found_(found),
        changes_(plan.lasting),
        balances_(plan.shared),
        working_(plan.owners),
        watching_(plan.watchers) {
    for (unsigned n = 0; n < plan.owners; ++n) {
      owners_.push_back(
          std::make_unique<own_keys<Container>>(container_, plan.lasting + plan.shared + n,
                                                plan.owners, plan.own, plan.seed * 64 + n, found));
    }
    for (std::uint64_t key = 0; key < plan.lasting; ++key) put(container_, key, versioned(key, 1));
  }

  void run() {
    std::vector<std::function<void()>> bodies;
    for (auto& owner : owners_) bodies.emplace_back([&] { own(*owner); });
    for (unsigned n = 0; n < plan_.sharers; ++n) bodies.emplace_back([this, n] { share(n); });
    for (unsigned n = 0; n < plan_.watchers; ++n) bodies.emplace_back([this, n] { watch(n); });
    bodies.emplace_back([this] { keep(); });
    run_together(bodies, found_);
    check();
  }

  Container& container() { return container_; }

 private:
  bool working() const { return working_ != 0 && !found_.any(); }

  // ---- the roles ----

  void own(own_keys<Container>& keys) {
    const auto most = [this] { return plan_.rounds * (watching_ != 0 ? 4 : 1); };
    for (unsigned round = 0; round < most() && !found_.any(); ++round) {
      keys.fill();
      keys.mix(plan_.own / 4);
      keys.check();
      keys.drain();
      keys.check();
    }
    keys.mix(plan_.own);
    --working_;
  }

  void share(unsigned thread) {
    std::mt19937_64 random(plan_.seed * 64 + 32 + thread);
    while (working()) {
      const std::uint64_t index = random() % plan_.shared;
      const std::uint64_t shared = plan_.lasting + index;
      const std::uint64_t lasting = random() % plan_.lasting;
      switch (random() % 6) {
        case 0:
          if (put_in_some_way(random(), container_, shared, versioned(shared, 1))) {
            ++balances_[index];
          }
          break;
        case 1:
          if (container_.erase(kit::make_key(shared)) != 0) --balances_[index];
          break;
        case 2:
          look_at(shared);
          break;
        case 3:
          found_.require(look_at(lasting), "a key that lasts is not found", lasting);
          break;
        default:
          change(lasting);
      }
    }
  }

  // Whether it was there; then it must be in one piece.
  bool look_at(std::uint64_t number) {
    const auto key = kit::make_key(number);
    if constexpr (kit::is_map) {
      const auto value = container_.find(key);
      if (value) expect_value_of(number, number_of(*value));
    }
    return container_.cvisit(key, [&](const auto& element) {
      expect_intact(element);
      found_.require(kit::key_of(element) == number, "visited another key", number);
    }) != 0;
  }

  void change(std::uint64_t number) {
    const std::size_t count = container_.visit(kit::make_key(number), [&](auto& element) {
      expect_intact(element);
      make_next_version(element);
    });
    found_.require(count == 1, "a key that lasts is not found", number);
  }

  void watch(unsigned thread) {
    std::mt19937_64 random(plan_.seed * 64 + 48 + thread);
    for (unsigned pass = 1; pass == 1 || working(); ++pass) {
      watch_once(random());
      if (pass == plan_.passes) --watching_;
    }
  }

  void watch_once(std::uint64_t choice) {
    std::vector<unsigned> times(plan_.lasting);
    const bool complete = traverse(choice, [&](const auto& element) {
      expect_intact(element);
      const std::uint64_t key = kit::key_of(element);
      if (key < times.size()) ++times[key];
    });
    if (!complete) return;
    for (std::uint64_t key = 0; key < times.size(); ++key) {
      found_.require(times[key] != 0, "a key that lasts is not met", key);
      found_.require(times[key] < 2, "a key that lasts is met twice", key);
    }
  }

  // False if it could not go on.
  template <class Visitor>
  bool traverse(std::uint64_t choice, const Visitor& meet) {
    switch (choice % 6) {
      case 0:
        container_.cvisit_all(meet);
        return true;
      case 1:
        container_.visit_all([&](auto& element) {
          meet(element);
          if (kit::key_of(element) < plan_.lasting) make_next_version(element);
        });
        return true;
      case 2:
        return container_.visit_while([&](auto& element) { return meet(element), true; });
      case 3:
        return container_.cvisit_while([&](const auto& element) { return meet(element), true; });
      default:
        return scan(1 + choice / 8 % 32, meet);
    }
  }
  template <class Visitor>
  bool scan(std::size_t buckets, const Visitor& meet) {
    try {
      for (steady::cursor at; !at.at_end();) at = container_.scan(at, buckets, meet);
      return true;
    } catch (const steady::stale_cursor&) {
      if (!plan_.reseeds) found_.add("a scan became stale without reseeding");
      return false;
    }
  }

  void keep() {
    std::mt19937_64 random(plan_.seed * 64 + 63);
    while (working()) {
      switch (random() % 8) {
        case 0:
          container_.shrink_gradually();
          break;
        case 1:
          container_.compact_gradually();
          break;
        case 2:
          container_.reserve(random() % (2 * plan_.owners * plan_.own));
          break;
        case 3:
          if (plan_.reseeds) container_.reseed_gradually();
          break;
        case 4:
          ask();
          break;
        case 5:
          container_.trim(random() % 64);
          break;
        default:
          container_.step(random() % 64);
      }
      std::this_thread::yield();
    }
  }

  // Whatever may be asked at any time. While elements come and go no size is exact, but none is
  // absurd.
  void ask() {
    constexpr std::size_t absurd = std::size_t{1} << 40;
    found_.require(container_.size() < absurd, "an absurd size", container_.size());
    found_.require(container_.stats().size < absurd, "an absurd size in stats()", 0);
    found_.require(container_.bucket_count() != 0, "no slots, but elements", 0);
    found_.require(!(container_.load_factor() < 0), "negative load", 0);
    if (container_.empty()) std::this_thread::yield();
    if (container_.migrating()) container_.step(1);
  }

  // ---- elements ----

  void expect_intact(const typename Container::value_type& element) {
    const std::uint64_t key = kit::key_of(element);
    found_.require(key < versions * 256 && key != spoilt, "a torn key", key);
    if constexpr (kit::is_map) {
      expect_value_of(key, kit::value_of(element));
    }
  }
  void expect_value_of(std::uint64_t key, std::uint64_t value) {
    found_.require(value / versions == key, "a torn value, or another's", value);
  }

  // Under the element's lock, so the count and the value agree when all is quiet.
  template <class Element>
  void make_next_version(Element& element) {
    if constexpr (kit::is_map) {
      const std::uint64_t key = kit::key_of(element);
      const std::uint64_t version = kit::value_of(element) % versions;
      interruption(32);
      element.second = kit::make_value(versioned(key, next_version(version)));
      ++changes_[key];
    }
  }

  // ---- the end ----

  void check() {
    if (found_.any()) return;
    check_size("size");
    if (!finish(container_)) found_.add("a migration does not end");
    if (const char* broken = container_.check_invariants()) found_.add(broken);
    check_size("size after the last migration");
    for (auto& owner : owners_) owner->check();
    for (std::uint64_t key = 0; key < plan_.lasting; ++key) {
      const std::uint64_t version = 1 + changes_[key] % (versions - 1);
      found_.require(value_in(container_, key) == kit::value_seen(versioned(key, version)),
                     "a change got lost", key);
    }
    for (std::uint64_t n = 0; n < plan_.shared; ++n) {
      const bool there = container_.contains(kit::make_key(plan_.lasting + n));
      found_.require(balances_[n] == (there ? 1 : 0), "two have inserted or erased at once", n);
    }
  }

  void check_size(const char* what) {
    std::size_t expected = plan_.lasting;
    for (auto& owner : owners_) expected += owner->size();
    for (const auto& balance : balances_) expected += static_cast<std::size_t>(balance.load());
    found_.require(container_.size() == expected, what, container_.size());
    const std::size_t met = container_.cvisit_all([&](const auto& each) { expect_intact(each); });
    found_.require(met == expected, "elements met at the end", met);
  }

  const churn_plan plan_;
  complaints& found_;
  Container container_;
  std::vector<std::unique_ptr<own_keys<Container>>> owners_;
  std::vector<std::atomic<std::uint64_t>> changes_;  // of keys that last
  std::vector<std::atomic<long>> balances_;          // insertions less erasures of shared keys
  std::atomic<unsigned> working_;                    // owners
  std::atomic<unsigned> watching_;                   // watchers that have not done all passes
};

}  // namespace support
