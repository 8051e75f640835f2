// Keys that collide under one seed: an attacker who knows the seed would choose them.
#pragma once

#include <cstdint>
#include <random>

#include <steady/detail/line/random_seed.hpp>

namespace support {

// A hash that is as good as its keys: their hash positions follow from the seed alone.
struct transparent_word_hash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key; }
};

class colliding_keys {
 public:
  // For the next map with transparent_word_hash that this thread fills. The keys' hash positions
  // share their highest `shared_bits`.
  explicit colliding_keys(std::uint64_t state, unsigned shared_bits = 28)
      : state_(state), shared_bits_(shared_bits), random_(state) {
    plant_seed();
    seed_ = steady::detail::random_seed();
    plant_seed();
  }

  // Makes the next map take the known seed.
  void plant_seed() const { steady::detail::random_state() = state_; }

  // Another key that collides with all previous ones.
  std::uint64_t next() { return key_at(target_ | random_() >> shared_bits_); }

  // The key at hash position `position`.
  std::uint64_t key_at(std::uint64_t position) const {
    return position * inverse(seed_.multiplier()) ^ seed_.key;
  }

 private:
  // Of an odd number, modulo 2^64: each of Newton's steps doubles the right bits.
  static std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t result = odd;
    for (int step = 0; step < 6; ++step) result *= 2 - odd * result;
    return result;
  }

  std::uint64_t state_;
  unsigned shared_bits_;
  std::mt19937_64 random_;
  steady::detail::line_seed seed_;
  std::uint64_t target_ = std::uint64_t{0xabcdef1} << 36;
};

}  // namespace support
