// Fuzz body: the first three bytes choose the containers, how the run goes and the number of keys,
// the rest are operations (tests/support/containers_model.hpp).
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <steady/detail/line/random_seed.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/containers_model.hpp"
#include "support/element_kits.hpp"
#include "support/fallible.hpp"
#include "support/ledger_allocator.hpp"
#include "support/model.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

struct moving_erase : small_chunks {
  static constexpr bool erase_moves = true;
};

template <class Key, class Hash, class Policy>
using set = steady::hash_set<Key, Hash, troubled_equal, ledger_allocator<Key>, Policy>;
template <class Key, class Hash, class Policy>
using node_set = steady::node_hash_set<Key, Hash, troubled_equal, ledger_allocator<Key>, Policy>;
template <class Key, class T, class Hash, class Policy, bool Propagates = false>
using map =
    steady::hash_map<Key, T, Hash, troubled_equal,
                     ledger_allocator<std::pair<const Key, T>, propagation<Propagates>>, Policy>;
template <class Key, class T, class Hash, class Policy>
using node_map = steady::node_hash_map<Key, T, Hash, troubled_equal,
                                       ledger_allocator<std::pair<const Key, T>>, Policy>;

using number = std::uint64_t;
using text = std::string;
using hash = troubled_hash;
using guest_hash = other_number_hash;
using guest_policy = steady::default_policy;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steady::detail::random_state() = 1;  // seeds and stress: the same run for the same input
  byte_source source(std::span(data, size));
  const std::uint8_t kind = source.byte();
  const std::uint8_t way = source.byte();
  containers_options options;
  options.mode = all_modes[way % 4];
  options.troubled = (way & 4) != 0;
  options.separate_memory = (way & 8) != 0;
  options.keys = 1 + source.byte() * 2u;
  switch (kind < 196 ? kind % 7 : 7 + kind % 4) {
    case 0:
      run_containers<set<number, hash, small_chunks>, set<number, guest_hash, guest_policy>>(
          options, source);
      break;
    case 1:
      run_containers<map<text, owner, hash, steady::default_policy>,
                     map<text, owner, guest_hash, narrow>>(options, source);
      break;
    case 2:
      run_containers<map<moved, moved, hash, narrow>, map<moved, moved, guest_hash, guest_policy>>(
          options, source);
      break;
    case 3:
      run_containers<node_map<number, copied, hash, small_chunks>,
                     node_map<number, copied, guest_hash, guest_policy>>(options, source);
      break;
    case 4:
      run_containers<node_set<text, hash, narrow>, node_set<text, guest_hash, guest_policy>>(
          options, source);
      break;
    case 5:
      run_containers<map<copied, copied, hash, small_chunks_in_leaves, true>,
                     map<copied, copied, guest_hash, guest_policy, true>>(options, source);
      break;
    case 7:
      run_containers<map<number, number, hash, one_bucket_chunks>,
                     map<number, number, guest_hash, guest_policy>>(options, source);
      break;
    case 8:
      run_containers<map<text, copied, hash, one_bucket_chunks>,
                     map<text, copied, guest_hash, two_bucket_chunks>>(options, source);
      break;
    case 9:
      run_containers<map<number, number, hash, single_slots>,
                     map<number, number, guest_hash, three_slots>>(options, source);
      break;
    case 10:
      run_containers<set<text, hash, three_slots>, set<text, guest_hash, single_slots>>(options,
                                                                                        source);
      break;
    default:
      run_containers<map<number, number, hash, moving_erase>,
                     map<number, number, guest_hash, guest_policy>>(options, source);
  }
  return 0;
}
