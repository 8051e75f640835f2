#include <algorithm>
#include <string_view>
#include <type_traits>
#include <variant>

#include "bench/support/clock.hpp"
#include "cli/compare_run.hpp"
#include "cli/map_run.hpp"

namespace steady::cli {

namespace {

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
    run.result.service.record(took);
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
  warm_up<Adapter, Map>(keys);
  use_new_map<Adapter, Map>(run.result, [&](Map& map) {
    apply_all(
        keys, order, run,
        [&map](const auto& key, std::uint64_t index) { update<Adapter>(map, key, index); },
        [&map] { return is_migrating(map); });
  });
  return run;
}

template <class Adapter, class Stream>
measured_run run_adapter(const Stream& keys, run_order order, hash_choice hash) {
  return with_map_type<Adapter, holds_texts<Stream>, std::uint64_t>(
      hash, [&]<class Map>() { return run_map<Adapter, Map>(keys, order); });
}

}  // namespace

std::vector<compare_contestant> make_contestants(const key_stream& keys, hash_choice hash) {
  const auto those_for = [hash]<class Stream>(const Stream&) {
    using key = key_of<holds_texts<Stream>>;
    return contestants_that<key, key_stream, run_order>([hash]<class Adapter>() {
      return [hash](const key_stream& all, run_order order) {
        return run_adapter<Adapter>(std::get<Stream>(all), order, hash);
      };
    });
  };
  return std::visit(those_for, keys);
}

measured_run run_control(const key_stream& keys, run_order order, std::uint64_t bytes) {
  measured_run run;
  use_new_array(bytes, run.result, [&](touched_array& array) {
    std::visit(
        [&](const auto& stream) {
          const auto touch = [&array](const auto&, std::uint64_t) { array.touch(); };
          apply_all(stream, order, run, touch, [] { return false; });
        },
        keys);
  });
  return run;
}

}  // namespace steady::cli
