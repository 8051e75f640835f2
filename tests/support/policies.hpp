// Policies with which small tests reach rare paths.
#pragma once

#include <cstddef>

#include <steady/policy.hpp>

namespace support {

struct portable_group : steady::default_policy {
  using group = steady::detail::tag_group_portable;
};

struct leaf_headers : steady::default_policy {
  static constexpr bool reserve_addresses = false;
};

// Overflow, and chains of it, from the start.
struct narrow : steady::default_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = 4;
  static constexpr unsigned overflow_width = 2;
  static constexpr double load_limit = 1.5;
  static constexpr std::size_t batches_from_bytes = 0;
};

// For hashes that no seed improves.
struct narrow_without_reseeding : narrow {
  static constexpr bool reseeds = false;
};

// Many chunks, extensions and directory entries.
struct small_chunks : steady::default_policy {
  static constexpr std::size_t chunk_bytes = 1024;
  static constexpr std::size_t batches_from_bytes = 0;
};

struct small_chunks_in_leaves : small_chunks {
  static constexpr bool reserve_addresses = false;
};

// A chunk is a single bucket, as where elements take many KiB; or two, of 16-byte elements.
struct one_bucket_chunks : small_chunks {
  static constexpr std::size_t chunk_bytes = 1;
};
struct two_bucket_chunks : small_chunks {
  static constexpr std::size_t chunk_bytes = 512;
};

// As few slots as there can be, and an odd number of them.
struct single_slots : one_bucket_chunks {
  template <std::size_t>
  static constexpr unsigned bucket_width = 1;
  static constexpr unsigned overflow_width = 1;
  static constexpr double load_limit = 1;
};
struct three_slots : one_bucket_chunks {
  template <std::size_t>
  static constexpr unsigned bucket_width = 3;
  static constexpr unsigned overflow_width = 2;
};

// Migrations that take as long as they may.
struct slow : steady::default_policy {
  static constexpr unsigned evacuations_per_insert = 1;
};

struct counted : steady::default_policy {
  static constexpr bool count_work = true;
};

struct counted_in_leaves : counted {
  static constexpr bool reserve_addresses = false;
};

}  // namespace support
