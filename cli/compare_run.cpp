#include <algorithm>
#include <optional>
#include <type_traits>
#include <variant>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"
#include "cli/compare_run.hpp"
#include "cli/resource_meter.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t cache_line = 64;

template <class Stream>
inline constexpr bool holds_texts = std::is_same_v<Stream, text_stream>;

template <class Adapter, class Map, class Key>
void update(Map& map, const Key& key, std::uint64_t index) {
  if constexpr (std::is_same_v<Key, std::string_view>) {
    ++Adapter::value_of(map, key);
  } else {
    map.try_emplace(key, index);
  }
}

template <class Stream, class Operation>
void time_all(const Stream& keys, run_result& result, Operation operation) {
  const std::uint64_t start = bench::now_ns();
  keys.for_each(operation);
  result.total_ns = bench::now_ns() - start;
}

template <class Stream, class Operation, class IsMigrating>
void time_each(const Stream& keys, std::uint64_t clock_cost_ns, measured_run& run,
               Operation operation, IsMigrating is_migrating) {
  run_curves& curves = run.curves;
  curves.slowest.starts_at(bench::now_ns());
  keys.for_each([&](const auto& key, std::uint64_t index) {
    const std::uint64_t begin = bench::now_ns();
    operation(key, index);
    const std::uint64_t end = bench::now_ns();
    const std::uint64_t took = end - begin - std::min(end - begin, clock_cost_ns);
    run.result.latency.record(took);
    curves.slowest.record(begin, end, took);
    if (is_migrating()) curves.migrating.set(curves.slowest.cell_of(end));
  });
}

template <class Stream, class Operation>
void watch_memory(const Stream& keys, run_curves& curves, Operation operation) {
  bench::memory_sampler sampler(curves.memory);
  keys.for_each(operation);
  sampler.stop();
}

template <class Stream, class Operation, class IsMigrating>
void apply_all(const Stream& keys, run_order order, measured_run& run, Operation operation,
               IsMigrating is_migrating) {
  switch (order.kind) {
    case run_kind::throughput:
      return time_all(keys, run.result, operation);
    case run_kind::latency:
      return time_each(keys, order.clock_cost_ns, run, operation, is_migrating);
    case run_kind::memory:
      return watch_memory(keys, run.curves, operation);
  }
}

// Brings in the code's own pages, so that they are not counted as the map's.
template <class Adapter, class Map, class Stream>
void warm_up(const Stream&) {
  Map map;
  const auto use = [&](const auto& key, std::uint64_t i) { update<Adapter>(map, key, i); };
  if constexpr (holds_texts<Stream>) {
    make_texts(1000).for_each(use);
  } else {
    number_stream(1000).for_each(use);
  }
}

template <class Adapter, class Map, class Stream>
measured_run run_map(const Stream& keys, run_order order) {
  measured_run run;
  run_result& result = run.result;
  warm_up<Adapter, Map>(keys);
  const resource_meter meter;
  // Never destroyed: the process ends, and some maps cannot be destroyed after a bad_alloc.
  Map& map = *new Map();
  apply_all(
      keys, order, run,
      [&map](const auto& key, std::uint64_t index) { update<Adapter>(map, key, index); },
      [&map] { return is_migrating(map); });
  meter.write_to(result);
  result.elements = map.size();
  const std::optional<std::uint64_t> growths = Adapter::growths(map);
  result.growths_known = growths.has_value();
  result.growths = growths.value_or(0);
  return run;
}

template <class Adapter, class Stream>
measured_run run_adapter(const Stream& keys, run_order order, hash_choice hash) {
  using types = types_of<Adapter, holds_texts<Stream>>;
  using key = typename types::key;
  if (hash == hash_choice::own) {
    using map = typename Adapter::template map<key, std::uint64_t, typename types::own_hash>;
    return run_map<Adapter, map>(keys, order);
  }
  using map = typename Adapter::template map<key, std::uint64_t, typename types::same_hash>;
  return run_map<Adapter, map>(keys, order);
}

}  // namespace

std::vector<contestant> make_contestants(const key_stream& keys, hash_choice hash) {
  std::vector<contestant> contestants;
  const auto add_those_for = [&]<class Stream>(const Stream&) {
    bench::for_each_adapter_of<key_of<holds_texts<Stream>>>([&](auto adapter) {
      using adapter_type = decltype(adapter);
      contestants.push_back({adapter_type::name, std::string(adapter_type::full_name),
                             adapter_type::version(),
                             [hash](const key_stream& all, run_order order) {
                               return run_adapter<adapter_type>(std::get<Stream>(all), order, hash);
                             }});
    });
  };
  std::visit(add_those_for, keys);
  return contestants;
}

measured_run run_control(const key_stream& keys, run_order order, std::uint64_t bytes) {
  measured_run run;
  resource_meter meter;
  const std::uint64_t lines = std::max<std::uint64_t>(1, bytes / cache_line);
  // Not zeros, which the system might supply only when they are first touched.
  auto& array = *new std::vector<unsigned char>(lines * cache_line, 1);
  // Nobody reads the array in the end; without volatile a compiler might leave the touching out.
  volatile unsigned char* const touched = array.data();
  meter.restart_faults();
  std::visit(
      [&](const auto& stream) {
        const auto touch = [&](const auto&, std::uint64_t index) {
          // The high half of a random number, scaled to the number of lines.
          const std::uint64_t line = (bench::splitmix64(index) >> 32) * lines >> 32;
          const std::uint64_t at = line * cache_line;
          touched[at] = static_cast<unsigned char>(touched[at] + 1);
        };
        apply_all(stream, order, run, touch, [] { return false; });
      },
      keys);
  meter.write_to(run.result);
  run.result.elements = lines;
  return run;
}

}  // namespace steady::cli
