// Fuzz body: the first three bytes choose the concurrent containers, how the run goes and the
// number of keys, the rest are operations (tests/support/concurrent_pair_model.hpp).
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/detail/line/random_seed.hpp>

#include "support/concurrent_containers.hpp"
#include "support/concurrent_pair_model.hpp"
#include "support/element_kits.hpp"
#include "support/fallible.hpp"
#include "support/heat_policies.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using namespace support;

// Every kind of migration, as often as can be.
struct restless : steady::default_concurrent_policy {
  static constexpr double load_limit = 0.3;
  static constexpr double shrink_below = 0.4;
  static constexpr std::size_t batches_from_bytes = 0;
};

template <class Key, class Hash, class Policy>
using set = steady::concurrent_hash_set<Key, Hash, troubled_equal, ledger_allocator<Key>, Policy>;
template <class Key, class T, class Hash, class Policy, bool Propagates = false>
using map =
    steady::concurrent_hash_map<Key, T, Hash, troubled_equal,
                                ledger_allocator<std::pair<const Key, T>, propagation<Propagates>>,
                                Policy>;

using number = std::uint64_t;
using text = std::string;
using hash = troubled_hash;
using guest_hash = other_number_hash;
using plain = steady::default_concurrent_policy;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steady::detail::random_state() = 1;  // the same seeds for the same input
  byte_source source(std::span(data, size));
  const std::uint8_t kind = source.byte();
  const std::uint8_t way = source.byte();
  containers_options options;
  options.mode = all_modes[way % 4];
  options.troubled = (way & 4) != 0;
  options.separate_memory = (way & 8) != 0;
  options.keys = 1 + source.byte() * ((way & 0x30) == 0 ? 32u : 2u);
  switch (kind % 8) {
    case 0:
      run_concurrent_pair<map<number, number, hash, plain>,
                          map<number, number, guest_hash, crowded>>(options, source);
      break;
    case 1:
      run_concurrent_pair<map<number, number, hash, crowded>,
                          map<number, number, guest_hash, in_nodes>>(options, source);
      break;
    case 2:
      run_concurrent_pair<map<copied, copied, hash, plain>,
                          map<copied, copied, guest_hash, crowded>>(options, source);
      break;
    case 3:
      run_concurrent_pair<map<text, copied, hash, in_nodes, true>,
                          map<text, copied, guest_hash, restless, true>>(options, source);
      break;
    case 4:
      run_concurrent_pair<map<number, stamped, hash, restless, true>,
                          map<number, stamped, guest_hash, plain, true>>(options, source);
      break;
    case 5:
      run_concurrent_pair<set<text, hash, crowded>, set<text, guest_hash, plain>>(options, source);
      break;
    case 6:
      run_concurrent_pair<set<number, hash, in_nodes>, set<number, guest_hash, plain>>(options,
                                                                                       source);
      break;
    default:
      run_concurrent_pair<map<number, number, hash, by_heat_crowded>,
                          map<number, number, guest_hash, by_heat_at_once>>(options, source);
  }
  return 0;
}
