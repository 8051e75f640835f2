// What a durable map holds besides its elements: buffers as large as records and snapshots need
// them, and no longer than they do.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>

#include "support/durable_model.hpp"
#include "support/temporary_room.hpp"

namespace {

// Bytes that were allocated and not released.
std::atomic<std::size_t> held{0};
std::atomic<std::size_t> most_held{0};

constexpr std::size_t head_bytes = 16;  // in front of each block: its size

}  // namespace

void* operator new(std::size_t bytes) {
  auto* const block = static_cast<unsigned char*>(std::malloc(head_bytes + bytes));
  if (block == nullptr) throw std::bad_alloc();
  ::new (static_cast<void*>(block)) std::size_t(bytes);
  const std::size_t now = held.fetch_add(bytes) + bytes;
  std::size_t most = most_held.load();
  while (now > most && !most_held.compare_exchange_weak(most, now)) {
  }
  return block + head_bytes;
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return ::operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* from) noexcept {
  if (from == nullptr) return;
  auto* const block = static_cast<unsigned char*>(from) - head_bytes;
  held.fetch_sub(*reinterpret_cast<std::size_t*>(block));
  std::free(block);
}
void operator delete(void* from, std::size_t) noexcept { ::operator delete(from); }

namespace {

using namespace support;
using steady::sync_policy;

constexpr std::size_t mib = std::size_t{1} << 20;

steady::durable_options frugal_options(sync_policy sync) {
  steady::durable_options options;
  options.sync = sync;
  options.pending_bytes = mib / 4;
  options.snapshot_after_bytes = 0;
  return options;
}

TEST(durable_memory, of_large_records_is_given_back) {
  for (const sync_policy sync :
       {sync_policy::each_change, sync_policy::interval, sync_policy::never}) {
    SCOPED_TRACE(static_cast<int>(sync));
    const temporary_room room;
    durable_texts map(room.path(), frugal_options(sync));
    map.insert_or_assign(1, "one");
    map.sync();
    const std::size_t before = held;
    EXPECT_THROW(map.insert_or_assign(2, std::string(steady::max_payload_bytes, 'x')),
                 steady::durable_error);
    EXPECT_LT(held, before + mib) << "refused";
    for (int n = 0; n < 2; ++n) {
      map.insert_or_assign(2, std::string(20 * mib, 'x'));
      map.erase(2);
      map.sync();
      EXPECT_LT(held, before + 2 * mib);
    }
  }
}

TEST(durable_memory, of_a_snapshot_is_that_of_its_buffers) {
  for (const bool background : {true, false}) {
    SCOPED_TRACE(background);
    const temporary_room room;
    steady::durable_options options = frugal_options(sync_policy::never);
    options.background = background;
    durable_texts map(room.path(), options);
    for (std::uint64_t n = 0; n < 20'000; ++n) map.insert_or_assign(n, std::string(1000, 'x'));
    map.sync();
    const std::size_t before = held;
    most_held = before;
    map.save_snapshot();
    EXPECT_LT(most_held, before + mib);
    EXPECT_LT(held, before + mib);
    most_held = held.load();
    map.start_snapshot();
    while (map.is_saving()) map.step_snapshot(1024);
    EXPECT_LT(most_held, before + mib);
    // Larger ones while elements are.
    map.insert_or_assign(1, std::string(10 * mib, 'x'));
    map.sync();
    const std::size_t with_large_element = held;
    map.save_snapshot();
    EXPECT_LT(held, with_large_element + mib);
  }
}

}  // namespace
