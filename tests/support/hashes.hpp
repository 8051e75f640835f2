// Hashes that a map has to survive.
#pragma once

#include <cstddef>
#include <cstdint>

namespace support {

// What std::hash is in practice.
struct identity_hash {
  std::size_t operator()(std::uint64_t key) const noexcept { return key; }
};

// Claims to be good and has all its information in the highest bits.
struct false_avalanching_hash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key << 40; }
};

// All keys in one bucket.
struct constant_hash {
  std::size_t operator()(std::uint64_t) const noexcept { return 42; }
};

// A handful of buckets.
struct narrow_hash {
  std::size_t operator()(std::uint64_t key) const noexcept { return key % 7; }
};

// Takes the seed itself and ignores it: the map cannot spread what the hash does not.
struct stubborn_hash {
  using takes_seed = void;
  std::uint64_t operator()(std::uint64_t key, std::uint64_t = 0) const noexcept {
    return key << 20;
  }
};

}  // namespace support
