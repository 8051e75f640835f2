// What a map weighs: its own bytes, and those that it takes from the heap at every small size. What
// rivals hold is measured by bench/weight; the limits here are 1.1 times the lighter of
// boost::unordered_flat_map 1.81 and absl::flat_hash_map 20220623.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>
#include <malloc.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

namespace {

// Bytes held from operator new, as glibc's malloc counts them: with 8 of its own, in units of 16.
std::size_t held = 0;

std::size_t with_overhead(void* block) {
  const std::size_t bytes = malloc_usable_size(block);
  return bytes + 8 <= 32 ? 32 : (bytes + 8 + 15) / 16 * 16;
}

}  // namespace

void* operator new(std::size_t bytes) {
  void* const block = std::malloc(bytes);
  if (block == nullptr) throw std::bad_alloc();
  held += with_overhead(block);
  return block;
}
void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  held -= with_overhead(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace {

using map = steady::hash_map<std::uint64_t, std::uint64_t>;

// Debug mode adds a stamp, and the reference that was handed out last.
constexpr std::size_t watch =
    sizeof(steady::detail::location_stamp<true>) + sizeof(steady::detail::reference_watch<true>);
static_assert(sizeof(map) == 48 + watch);
static_assert(sizeof(steady::hash_map<std::string, std::string>) == 48 + watch);
static_assert(sizeof(steady::hash_set<char>) == 48 + watch);

// So that the compiled engine serves it.
static_assert(std::is_same_v<steady::detail::storage_of<map::allocator_type, map::policy_type>,
                             steady::detail::default_storage>);

static_assert(std::is_nothrow_default_constructible_v<map>);
static_assert(std::is_nothrow_move_constructible_v<map>);
static_assert(std::is_nothrow_move_assignable_v<map>);
static_assert(std::is_nothrow_swappable_v<map>);

constinit map global;
constinit steady::hash_map<std::string, int> global_texts;

// Filled before main() begins, and used after its end.
struct early_user {
  early_user() {
    for (std::uint64_t n = 0; n < 1000; ++n) global.try_emplace(n, n);
    global_texts["early"] = 1;
  }
  ~early_user() {
    if (global.size() < 1000 || !global.contains(7)) std::abort();
    global.try_emplace(5000, 1);
  }
};
const early_user user;

TEST(global_map, is_there_before_main) {
  EXPECT_EQ(global.size(), 1000u);
  EXPECT_EQ(global.at(999), 999u);
  EXPECT_EQ(global_texts.at("early"), 1);
  EXPECT_STREQ(global.check_invariants(), nullptr);
}

// The mean over maps with other seeds: chance makes overflow in some. So many that the mean of 64
// elements, 2268.9, is six of its deviations below the limit.
double mean_heap_bytes(std::uint64_t elements) {
  constexpr std::uint64_t maps = 16'384;
  std::size_t sum = 0;
  for (std::uint64_t n = 0; n < maps; ++n) {
    const std::size_t before = held;
    map filled;
    for (std::uint64_t i = 0; i < elements; ++i) filled.try_emplace(n * elements + i, i);
    sum += held - before;
    filled = map();
    EXPECT_EQ(held, before);
  }
  return static_cast<double>(sum) / static_cast<double>(maps);
}

TEST(heap_bytes, are_none_without_elements) {
  const std::size_t before = held;
  map empty;
  const map moved = std::move(empty);
  EXPECT_FALSE(moved.contains(1));
  EXPECT_EQ(held, before);
}

TEST(heap_bytes, of_small_maps_are_at_most_those_of_rivals) {
  struct limit {
    std::uint64_t elements;
    double bytes;
  };
  for (const limit most : {limit{1, 64},
                           {2, 88},
                           {4, 158},
                           {8, 316},
                           {14, 316},
                           {16, 580.8},
                           {32, 1144},
                           {64, 2270.4},
                           {1000, 36062}}) {
    EXPECT_LE(mean_heap_bytes(most.elements), most.bytes) << most.elements;
  }
}

TEST(heap_bytes, of_exactly_known_sizes) {
  EXPECT_EQ(mean_heap_bytes(1), 64);
  EXPECT_EQ(mean_heap_bytes(2), 64);
  EXPECT_EQ(mean_heap_bytes(7), 144);
  EXPECT_EQ(mean_heap_bytes(14), 256);
}

}  // namespace
