// Fuzz body: the first three bytes choose the map, the mode and the number of keys, the rest are
// operations (tests/support/model.hpp).
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <steady/detail/line/random_seed.hpp>
#include <steady/hash_map.hpp>

#include "support/hashes.hpp"
#include "support/model.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

template <class Hash, class Policy>
using number_map =
    steady::hash_map<std::uint64_t, std::uint64_t, Hash, std::equal_to<>,
                     std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;
using good_hash = steady::hash<std::uint64_t>;

template <class Map, class Keys>
void run(migration_mode mode, std::uint32_t keys, byte_source source) {
  model<Map, Keys>(mode, keys).run(source);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steady::detail::random_state() = 1;  // seeds and stress: the same run for the same input
  byte_source source(std::span(data, size));
  const std::uint8_t kind = source.byte();
  const migration_mode mode = all_modes[source.byte() % 4];
  const std::uint32_t keys = 1 + source.byte() * 8u;
  // The kinds from 8 on differ less from the others.
  switch (kind < 208 ? kind % 8 : 8 + kind % 8) {
    case 0:
      run<number_map<good_hash, steady::default_policy>, number_keys>(mode, keys, source);
      break;
    case 1:
      run<number_map<good_hash, narrow>, number_keys>(mode, keys, source);
      break;
    case 2:
      run<number_map<good_hash, small_chunks>, number_keys>(mode, keys, source);
      break;
    case 3:
      run<number_map<good_hash, small_chunks_in_leaves>, number_keys>(mode, keys, source);
      break;
    case 4:
      run<number_map<identity_hash, portable_group>, number_keys>(mode, keys, source);
      break;
    case 5:
      run<number_map<narrow_hash, narrow>, number_keys>(mode, keys, source);
      break;
    case 6:
      run<number_map<constant_hash, small_chunks>, number_keys>(mode, keys % 200 + 1, source);
      break;
    case 7: {
      using string_map = steady::hash_map<std::string, std::uint64_t>;
      run<string_map, string_keys>(mode, keys, source);
      break;
    }
    case 8:
      run<number_map<good_hash, leaf_headers>, number_keys>(mode, keys, source);
      break;
    case 9:
      run<number_map<good_hash, slow>, number_keys>(mode, keys, source);
      break;
    case 10:
      run<number_map<good_hash, counted>, number_keys>(mode, keys, source);
      break;
    case 11:
      run<number_map<false_avalanching_hash, steady::default_policy>, number_keys>(mode, keys,
                                                                                   source);
      break;
    case 12:
      run<number_map<stubborn_hash, small_chunks>, number_keys>(mode, keys % 200 + 1, source);
      break;
    case 13:
      run<number_map<good_hash, one_bucket_chunks>, number_keys>(mode, keys, source);
      break;
    case 14:
      run<number_map<good_hash, two_bucket_chunks>, number_keys>(mode, keys, source);
      break;
    default:
      run<number_map<constant_hash, steady::default_policy>, number_keys>(mode, keys % 200 + 1,
                                                                          source);
  }
  return 0;
}
