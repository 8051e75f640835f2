// What runs have in common, whatever they do with a map: which types it has, that it is new, that
// it is left behind, and what it took. To be called in a process of its own
// (bench/support/child_process.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/adapters/all.hpp"
#include "bench/support/splitmix64.hpp"
#include "cli/contestant.hpp"
#include "cli/map_types.hpp"
#include "cli/resource_meter.hpp"
#include "cli/run_result.hpp"

namespace steady::cli {

// All maps of this build that hold keys of a type, Steady first. make_run.operator()<Adapter>()
// makes the function `run`.
template <class Key, class Input, class Order, class MakeRun>
std::vector<contestant<Input, Order>> contestants_that(MakeRun make_run) {
  std::vector<contestant<Input, Order>> all;
  bench::for_each_adapter_of<Key>([&](auto adapter) {
    using adapter_type = decltype(adapter);
    all.push_back({adapter_type::name, std::string(adapter_type::full_name),
                   adapter_type::version(), make_run.template operator()<adapter_type>()});
  });
  return all;
}

// Calls use.operator()<Map>(), where Map is the adapter's, from numbers or texts to Value.
template <class Adapter, bool Texts, class Value, class Use>
auto with_map_type(hash_choice hash, Use use) {
  using types = types_of<Adapter, Texts>;
  using key = typename types::key;
  if (hash == hash_choice::own) {
    using map = typename Adapter::template map<key, Value, typename types::own_hash>;
    return use.template operator()<map>();
  }
  using map = typename Adapter::template map<key, Value, typename types::same_hash>;
  return use.template operator()<map>();
}

// Calls use(map) with a new map, and writes down what it took.
template <class Adapter, class Map, class Use>
void use_new_map(run_result& result, Use use) {
  const resource_meter meter;
  // Never destroyed: the process ends, and some maps cannot be destroyed after a bad_alloc.
  Map& map = *new Map();
  use(map);
  meter.write_to(result);
  result.elements = map.size();
  const std::optional<std::uint64_t> growths = Adapter::growths(map);
  result.growths_known = growths.has_value();
  result.growths = growths.value_or(0);
}

// The control's plain array, whose pages are all there.
class touched_array {
 public:
  explicit touched_array(std::uint64_t bytes)
      : lines_(std::max<std::uint64_t>(1, bytes / cache_line)),
        // Not zeros, which the system might supply only when they are first touched.
        bytes_(lines_ * cache_line, 1) {}

  std::uint64_t lines() const noexcept { return lines_; }

  // Adds to a random line.
  void touch() noexcept {
    // The high half of a random number, scaled to the number of lines.
    const std::uint64_t line = (bench::splitmix64(touches_++) >> 32) * lines_ >> 32;
    // Nobody reads the array in the end; without volatile a compiler might leave this out.
    volatile unsigned char& touched = bytes_[line * cache_line];
    touched = static_cast<unsigned char>(touched + 1);
  }

 private:
  static constexpr std::size_t cache_line = 64;

  std::uint64_t lines_;
  std::vector<unsigned char> bytes_;
  std::uint64_t touches_ = 0;
};

// Calls use(array) with an array of about so many bytes: what the machine itself does to such a
// run.
template <class Use>
void use_new_array(std::uint64_t bytes, run_result& result, Use use) {
  resource_meter meter;
  touched_array array(bytes);
  meter.restart_faults();
  use(array);
  meter.write_to(result);
  result.elements = array.lines();
}

}  // namespace steady::cli
