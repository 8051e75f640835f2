#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <type_traits>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/observe.hpp"
#include "bench/support/splitmix64.hpp"
#include "cli/replay_run.hpp"
#include "cli/resource_meter.hpp"

namespace steady::cli {

namespace {

constexpr std::uint64_t cache_line = 64;

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

// Keeps times for one run; the timeline's milliseconds may be several.
class recorder {
 public:
  recorder(replay_result& result, const replay_order& order, std::uint64_t start)
      : result_(result), order_(order), start_(start) {
    result_.slowest.starts_at(0);
  }

  void record(std::uint64_t due, std::uint64_t begin, std::uint64_t end, bool is_migrating) {
    const std::uint64_t response = less_clock(end - due);
    result_.service.record(less_clock(end - begin));
    result_.response.record(response);
    const std::uint64_t shown_end = (end - start_) / order_.cell_ms;
    result_.slowest.record((due - start_) / order_.cell_ms, shown_end, response);
    if (is_migrating) result_.migrating.set(result_.slowest.cell_of(shown_end));
  }

 private:
  std::uint64_t less_clock(std::uint64_t ns) const {
    return ns - std::min(ns, order_.clock_cost_ns);
  }

  replay_result& result_;
  const replay_order& order_;
  std::uint64_t start_;
};

// Calls use(request) for each at its time.
template <class Use, class IsMigrating>
void issue_all(const trace& all, const replay_order& order, replay_result& result, Use use,
               IsMigrating is_migrating) {
  // A moment to come, so that the first requests are not late.
  const std::uint64_t start = bench::now_ns() + awake_before_ns;
  recorder times(result, order, start);
  for (const request& each : all.requests) {
    const auto after = static_cast<std::uint64_t>(static_cast<double>(each.due_ns) / order.speed);
    const std::uint64_t due = start + after;
    const std::uint64_t begin = wait_until(due, result.late);
    use(each);
    times.record(due, begin, bench::now_ns(), is_migrating());
  }
}

template <class Adapter, class Map, bool Texts>
class replayed_map {
 public:
  replayed_map(Map& map, const trace& all, bool fill, replay_result& result)
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
  replay_result& result_;
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
  replay_result ignored;
  Map map;
  replayed_map<Adapter, Map, Texts> use(map, all, true, ignored);
  for (const request& each : all.requests) use(each);
}

template <class Adapter, class Map, bool Texts>
replay_result run_map(const trace& all, const replay_order& order) {
  replay_result result;
  warm_up<Adapter, Map, Texts>();
  const resource_meter meter;
  // Never destroyed: the process ends, and some maps cannot be destroyed after a bad_alloc.
  Map& map = *new Map();
  replayed_map<Adapter, Map, Texts> use(map, all, order.fill, result);
  issue_all(all, order, result, use, [&map] { return is_migrating(map); });
  meter.write_to(result);
  result.elements = map.size();
  const std::optional<std::uint64_t> growths = Adapter::growths(map);
  result.growths_known = growths.has_value();
  result.growths = growths.value_or(0);
  return result;
}

template <class Adapter, bool Texts>
replay_result run_adapter(const trace& all, const replay_order& order, hash_choice hash) {
  using types = types_of<Adapter, Texts>;
  using key = typename types::key;
  if (hash == hash_choice::own) {
    using map = typename Adapter::template map<key, last_access, typename types::own_hash>;
    return run_map<Adapter, map, Texts>(all, order);
  }
  using map = typename Adapter::template map<key, last_access, typename types::same_hash>;
  return run_map<Adapter, map, Texts>(all, order);
}

template <bool Texts>
std::vector<replay_contestant> contestants_for(hash_choice hash) {
  std::vector<replay_contestant> contestants;
  bench::for_each_adapter_of<key_of<Texts>>([&](auto adapter) {
    using adapter_type = decltype(adapter);
    contestants.push_back({adapter_type::name, std::string(adapter_type::full_name),
                           adapter_type::version(), [hash](const trace& all, replay_order order) {
                             return run_adapter<adapter_type, Texts>(all, order, hash);
                           }});
  });
  return contestants;
}

}  // namespace

std::vector<replay_contestant> make_replay_contestants(bool texts, hash_choice hash) {
  return texts ? contestants_for<true>(hash) : contestants_for<false>(hash);
}

replay_result replay_control(const trace& requests, replay_order order, std::uint64_t bytes) {
  replay_result result;
  resource_meter meter;
  const std::uint64_t lines = std::max<std::uint64_t>(1, bytes / cache_line);
  // Not zeros, which the system might supply only when they are first touched.
  auto& array = *new std::vector<unsigned char>(lines * cache_line, 1);
  // Nobody reads the array in the end; without volatile a compiler might leave the touching out.
  volatile unsigned char* const touched = array.data();
  meter.restart_faults();
  std::uint64_t index = 0;
  const auto touch = [&](const request&) {
    const std::uint64_t line = (bench::splitmix64(index++) >> 32) * lines >> 32;
    touched[line * cache_line] = static_cast<unsigned char>(touched[line * cache_line] + 1);
  };
  issue_all(requests, order, result, touch, [] { return false; });
  meter.write_to(result);
  result.elements = lines;
  return result;
}

}  // namespace steady::cli
