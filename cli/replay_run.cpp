#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "bench/support/clock.hpp"
#include "bench/support/observe.hpp"
#include "bench/support/splitmix64.hpp"
#include "cli/map_run.hpp"
#include "cli/replay_run.hpp"

namespace steady::cli {

namespace {

// Waking up takes the system up to about a tenth of a millisecond.
constexpr std::uint64_t sleep_from_ns = 2'000'000;
constexpr std::uint64_t awake_before_ns = 1'000'000;

struct last_access {
  std::uint64_t time_ns = 0;
  std::uint64_t bytes = 0;
};

// Returns when it is `due`, as the clock says, and counts a request that is late.
std::uint64_t wait_until(std::uint64_t due, std::uint64_t& late) {
  std::uint64_t now = bench::now_ns();
  if (now > due) {
    ++late;
    return now;
  }
  if (due - now > sleep_from_ns) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(due - now - awake_before_ns));
  }
  while (now < due) now = bench::now_ns();
  return now;
}

// Keeps times for one run.
class recorder {
 public:
  recorder(measured_run& run, const replay_order& order, std::uint64_t start)
      : result_(run.result), curves_(run.curves), order_(order), start_(start) {
    curves_.cell_ms = order.cell_ms;
    curves_.slowest.starts_at(0);
  }

  void record(std::uint64_t due, std::uint64_t begin, std::uint64_t end, bool is_migrating) {
    const std::uint64_t response = less_clock(end - due);
    result_.service.record(less_clock(end - begin));
    result_.response.record(response);
    // The timeline's milliseconds may be several.
    const std::uint64_t shown_end = (end - start_) / order_.cell_ms;
    curves_.slowest.record((due - start_) / order_.cell_ms, shown_end, response);
    if (is_migrating) curves_.migrating.set(curves_.slowest.cell_of(shown_end));
  }

 private:
  std::uint64_t less_clock(std::uint64_t ns) const {
    return ns - std::min(ns, order_.clock_cost_ns);
  }

  run_result& result_;
  run_curves& curves_;
  const replay_order& order_;
  std::uint64_t start_;
};

// Calls use(request) for each at its time, and then done(due, begin).
template <class Use, class Done>
void issue_all(const trace& all, std::uint64_t start, double speed, run_result& result, Use use,
               Done done) {
  for (const request& each : all.requests) {
    const auto after = static_cast<std::uint64_t>(static_cast<double>(each.due_ns) / speed);
    const std::uint64_t due = start + after;
    const std::uint64_t begin = wait_until(due, result.late);
    use(each);
    done(due, begin);
  }
}

template <class Use, class IsMigrating>
void replay_all(const trace& all, const replay_order& order, measured_run& run, Use use,
                IsMigrating is_migrating) {
  // A moment to come, so that the first requests are not late.
  const std::uint64_t start = bench::now_ns() + awake_before_ns;
  if (order.kind == run_kind::memory) {
    bench::memory_sampler sampler(run.curves.memory);
    issue_all(all, start, order.speed, run.result, use, [](std::uint64_t, std::uint64_t) {});
    sampler.stop();
    return;
  }
  recorder times(run, order, start);
  issue_all(all, start, order.speed, run.result, use, [&](std::uint64_t due, std::uint64_t begin) {
    times.record(due, begin, bench::now_ns(), is_migrating());
  });
}

template <class Adapter, class Map, bool Texts>
class replayed_map {
 public:
  replayed_map(Map& map, const trace& all, bool fill, run_result& result)
      : map_(map), all_(all), fill_(fill), result_(result) {}

  void operator()(const request& each) {
    if constexpr (Texts) {
      apply(each, all_.text_of(each));
    } else {
      apply(each, each.key);
    }
  }

 private:
  template <class Key>
  void apply(const request& each, const Key& key) {
    switch (each.kind) {
      case request_kind::read:
        return read(each, key);
      case request_kind::write:
        return write(each, key);
      case request_kind::erase:
        return erase(key);
    }
  }

  template <class Key>
  void read(const request& each, const Key& key) {
    const auto found = map_.find(key);
    if (found != map_.end()) {
      ++result_.hits;
      bench::observe(found->second);
      return;
    }
    ++result_.misses;
    if (fill_) write(each, key);
  }

  template <class Key>
  void write(const request& each, const Key& key) {
    const auto before = map_.size();
    last_access& value = value_of(key);
    result_.inserted += map_.size() - before;
    value.time_ns = each.due_ns;
    value.bytes += each.size;
  }

  template <class Key>
  void erase(const Key& key) {
    const auto found = map_.find(key);
    if (found == map_.end()) {
      ++result_.misses;
      return;
    }
    ++result_.hits;
    map_.erase(found);
  }

  template <class Key>
  last_access& value_of(const Key& key) {
    if constexpr (Texts) {
      return Adapter::value_of(map_, key);
    } else {
      return map_.try_emplace(key).first->second;
    }
  }

  Map& map_;
  const trace& all_;
  bool fill_;
  run_result& result_;
};

// Brings in the code's own pages, so that they are not counted as the map's.
template <class Adapter, class Map, bool Texts>
void warm_up() {
  trace all;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    request each{0, bench::splitmix64(i), 1, 0, request_kind(i % 3)};
    if (Texts) {
      each.key = all.texts.size();
      each.length = 20;
      all.texts += std::to_string(bench::splitmix64(i)) + std::string(20, '0');
    }
    all.requests.push_back(each);
  }
  run_result ignored;
  Map map;
  replayed_map<Adapter, Map, Texts> use(map, all, true, ignored);
  for (const request& each : all.requests) use(each);
}

template <class Adapter, class Map, bool Texts>
measured_run run_map(const trace& all, const replay_order& order) {
  measured_run run;
  warm_up<Adapter, Map, Texts>();
  use_new_map<Adapter, Map>(run.result, [&](Map& map) {
    replayed_map<Adapter, Map, Texts> use(map, all, order.fill, run.result);
    replay_all(all, order, run, use, [&map] { return is_migrating(map); });
  });
  return run;
}

template <class Adapter, bool Texts>
measured_run run_adapter(const trace& all, const replay_order& order, hash_choice hash) {
  return with_map_type<Adapter, Texts, last_access>(
      hash, [&]<class Map>() { return run_map<Adapter, Map, Texts>(all, order); });
}

template <bool Texts>
std::vector<replay_contestant> contestants_for(hash_choice hash) {
  return contestants_that<key_of<Texts>, trace, replay_order>([hash]<class Adapter>() {
    return [hash](const trace& all, replay_order order) {
      return run_adapter<Adapter, Texts>(all, order, hash);
    };
  });
}

}  // namespace

std::vector<replay_contestant> make_replay_contestants(bool texts, hash_choice hash) {
  return texts ? contestants_for<true>(hash) : contestants_for<false>(hash);
}

measured_run replay_control(const trace& requests, replay_order order, std::uint64_t bytes) {
  measured_run run;
  use_new_array(bytes, run.result, [&](touched_array& array) {
    const auto touch = [&array](const request&) { array.touch(); };
    replay_all(requests, order, run, touch, [] { return false; });
  });
  return run;
}

}  // namespace steady::cli
