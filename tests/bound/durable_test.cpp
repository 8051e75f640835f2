// The published bounds of docs/guarantees.md, "Fed and durable containers", for durable containers
// and directory followers, asserted for every single call. Files are in memory.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/follower.hpp>

#include "support/feed_bounds.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;
using steady::sync_policy;
using durable = steady::durable_map<std::uint64_t, counted_number>;

constexpr std::uint64_t many = STEADY_MANY / 40;

// Files in memory that count.
struct room_in_memory {
  memory_files in_memory;
  counted_files files{in_memory};
  steady::durable_options options;

  explicit room_in_memory(sync_policy policy) {
    options.files = &files;
    options.sync = policy;
    options.snapshot_after_bytes = 0;
  }
};

// A thread writes: the calls of the map touch no file.
TEST(durable_bounds, of_writes) {
  room_in_memory place(sync_policy::interval);
  place.options.interval = std::chrono::milliseconds(1);
  place.options.segment_bytes = std::uint64_t{1} << 20;
  durable map("room", place.options);
  counted_writes most;
  for (std::uint64_t i = 0; i < many; ++i) most.insert(map, i);
  for (std::uint64_t i = 0; i < many / 10; ++i) most.assign(map, i);
  expect_published_for_feeds("durable insert", most.inserts);
  expect_published_for_feeds("durable assign", most.assignments);
}

TEST(durable_bounds, of_writes_that_are_synced_one_by_one) {
  room_in_memory place(sync_policy::each_change);
  place.options.segment_bytes = 4096;
  durable map("room", place.options);
  counted_writes most;
  counted_writes with_segment;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::size_t files = place.in_memory.paths().size();
    counted_writes one;
    one.insert(map, i);
    const bool began = place.in_memory.paths().size() > files;
    (began ? with_segment : most).inserts.raise_to(one.inserts);
  }
  EXPECT_GT(with_segment.inserts.file_calls, most.inserts.file_calls);
  expect_published_for_feeds("durable insert, each synced", most.inserts);
  expect_published_for_feeds("durable insert, each synced, new segment", with_segment.inserts);
}

// While a snapshot is written, and while what it replaces is removed: a thousand segments.
TEST(durable_bounds, of_writes_under_a_snapshot) {
  room_in_memory place(sync_policy::never);
  place.options.interval = std::chrono::milliseconds(1);
  place.options.segment_bytes = 4096;
  place.options.snapshot_copied_bytes = std::size_t{1} << 30;
  durable map("room", place.options);
  fill(map, many);
  map.sync();
  counted_writes most;
  feed_work beginning;
  feed_work stepping;
  std::uint64_t n = 0;
  for (int round = 0; round < 2; ++round) {
    const feed_work begun = feed_work_of([&] { map.start_snapshot(); });
    if (round == 1) beginning.raise_to(begun);  // the first one begins the thread, too
    map.reserve_gradually(4 * map.size());
    place.files.holds_a_snapshot = true;
    for (const std::uint64_t enough = n + 600; map.is_saving(); ++n) {
      if (n == enough) place.files.holds_a_snapshot = false;
      most.insert(map, many + n);
      most.assign(map, n * 7919 % many);
      if (n % 4 == 0) stepping.raise_to(feed_work_of([&] { map.step_snapshot(1); }));
    }
    ASSERT_EQ(map.snapshot_failure(), "");
  }
  EXPECT_GT(n, 1000u);
  map.sync();  // then no thread writes files
  EXPECT_LT(place.in_memory.paths().size(), 1000u) << "segments were removed meanwhile";
  expect_published_for_feeds("durable insert, saving", most.inserts);
  expect_published_for_feeds("durable assign, saving", most.assignments);
  expect_published_for_feeds("start_snapshot", beginning);
  expect_published_for_feeds("step_snapshot(1)", stepping);
  EXPECT_GE(stepping.largest_block, 2048u) << "the heap is settled now and then";
}

// Where the disk is slow, copies come near their limit, whatever that is. The notes of what was
// copied grow now and then, by as much as hundreds of copies.
TEST(durable_bounds, of_writes_near_the_limit_of_copies) {
  counted_writes most;
  for (std::size_t limit = many * 2; limit <= many * 7 / 2; limit += many / 2) {
    SCOPED_TRACE(limit);
    room_in_memory place(sync_policy::never);
    place.options.snapshot_copied_bytes = limit;
    durable map("room", place.options);
    fill(map, many);
    map.sync();
    map.start_snapshot();
    place.files.holds_a_snapshot = true;
    std::size_t copied = 0;
    for (std::uint64_t n = 0; map.is_saving(); ++n) {
      most.assign(map, n * 7919 % many);
      most.insert(map, many + n);
      copied = std::max(copied, map.copied_bytes());
      if (copied > limit / 8 * 6) place.files.holds_a_snapshot = false;
    }
    ASSERT_EQ(map.snapshot_failure(), "");
    EXPECT_GT(copied, limit / 8 * 6) << "the disk was slow";
    EXPECT_LE(copied, limit);
  }
  expect_published_for_feeds("durable insert, saving, near the limit", most.inserts);
  expect_published_for_feeds("durable assign, saving, near the limit", most.assignments);
}

// Copies that no change asks for: a reseeding makes them.
TEST(durable_bounds, of_stepping_near_the_limit_of_copies) {
  feed_work stepping;
  room_in_memory place(sync_policy::never);
  const std::size_t limit = many * 2;
  place.options.snapshot_copied_bytes = limit;
  durable map("room", place.options);
  fill(map, many);
  map.finish();
  map.sync();
  map.start_snapshot();
  map.reseed_gradually();
  std::size_t copied = 0;
  while (map.migrating()) {
    stepping.raise_to(feed_work_of([&] { map.step(1); }));
    copied = std::max(copied, map.copied_bytes());
  }
  EXPECT_GT(copied, limit / 8 * 6);
  EXPECT_LE(copied, limit);
  ASSERT_EQ(map.snapshot_failure(), "");
  expect_published_for_feeds("durable step(1), reseeding, near the limit", stepping);
  counted_writes most;
  for (std::uint64_t n = 0; map.is_saving(); ++n) most.assign(map, n * 7919 % many);
  expect_published_for_feeds("durable assign, saving, near the limit", most.assignments);
}
TEST(durable_bounds, of_copies_within_a_call) {
  for (const auto& [name, call] : what_moves_elements<durable>()) {
    SCOPED_TRACE(name);
    const std::size_t limit = many * 2;
    room_in_memory place(sync_policy::never);
    place.options.snapshot_copied_bytes = limit;
    durable map("room", place.options);
    fill(map, many);
    map.finish();
    map.sync();
    map.start_snapshot();
    const std::uint64_t position = map.position();
    map.reseed_gradually();
    const auto bytes = [&] { return map.copied_bytes(); };
    EXPECT_LE(most_copied_bytes(bytes, [&, &call = call] { call(map); }), limit + 64 * 1024);
    EXPECT_FALSE(map.migrating());
    while (map.is_saving()) map.step_snapshot(1024);
    EXPECT_EQ(map.snapshot_failure(), "");
    EXPECT_EQ(map.snapshot_position(), position);
  }
}

// One that fails is cleaned up as it is written: in steps, and its file by the thread.
TEST(durable_bounds, of_writes_after_a_snapshot_has_failed) {
  room_in_memory place(sync_policy::never);
  place.options.snapshot_copied_bytes = std::size_t{1} << 30;
  durable map("room", place.options);
  fill(map, many);
  map.sync();
  map.start_snapshot();
  place.files.holds_a_snapshot = true;
  counted_writes most;
  std::uint64_t n = 0;
  for (; map.is_saving(); ++n) {
    if (n == 500) {
      place.files.breaks_snapshots = true;
      place.files.holds_a_snapshot = false;
    }
    most.assign(map, n * 7919 % many);
    most.insert(map, many + n);
  }
  EXPECT_NE(map.snapshot_failure(), "");
  EXPECT_GT(n, 500u);
  EXPECT_FALSE(place.in_memory.has("room/snapshot.partial"));
  expect_published_for_feeds("durable insert, saving", most.inserts);
  expect_published_for_feeds("durable assign, saving", most.assignments);
}

// Every byte of the files is read once, a MiB at a time.
TEST(durable_bounds, of_opening) {
  room_in_memory place(sync_policy::never);
  {
    durable map("room", place.options);
    fill(map, many);
    map.save_snapshot();
    fill(map, many / 2);
  }
  std::uint64_t bytes = 0;
  std::uint64_t last_segment = 0;
  for (const std::string& path : place.in_memory.paths()) {
    bytes += place.in_memory.content(path).size();
    if (path.starts_with("room/log.")) last_segment = place.in_memory.content(path).size();
  }
  const std::uint64_t before = place.files.bytes_read();
  std::unique_ptr<durable> map;
  const feed_work done =
      feed_work_of([&] { map = std::make_unique<durable>("room", place.options); });
  EXPECT_EQ(map->size(), many);
  EXPECT_EQ(map->report().changes, many / 2);
  EXPECT_LE(place.files.bytes_read() - before, bytes + last_segment)
      << "what may not be on the disk is read again, to be written anew";
  EXPECT_LE(done.largest_block, std::uint64_t{40} << 20) << "what is pending, at most";
  EXPECT_LE(done.file_calls, bytes / (std::uint64_t{1} << 20) + 40);
  EXPECT_LE(done.delivered, many + many + many / 2) << "each record is decoded once";
}

TEST(durable_bounds, of_a_directory_follower) {
  room_in_memory place(sync_policy::never);
  place.options.background = false;
  place.options.segment_bytes = std::uint64_t{64} << 10;
  durable map("room", place.options);
  fill(map, many);
  map.save_snapshot();
  steady::directory_follower_options how;
  how.files = &place.files;
  how.patience = std::chrono::milliseconds(0);
  steady::directory_follower<durable::container_type> follower("room", how);
  feed_work loading;
  while (follower.position() != map.position()) {
    loading.raise_to(feed_work_of([&] { follower.poll(1); }));
  }
  for (std::uint64_t n = 0; n < many / 10; ++n)
    map.insert_or_assign(scattered(n), counted_number(n));
  map.sync();
  feed_work applying;
  while (follower.position() != map.position()) {
    applying.raise_to(feed_work_of([&] { follower.poll(1); }));
  }
  // What a small snapshot replaces is freed while there is nothing else to do.
  const std::uint64_t old = follower.content().size();
  map.clear();
  map.insert_or_assign(1, counted_number(1));
  map.save_snapshot();
  while (follower.position() != map.position()) {
    applying.raise_to(feed_work_of([&] { follower.poll(1); }));
  }
  EXPECT_EQ(follower.restarts(), 1u);
  EXPECT_EQ(follower.content().size(), 1u);
  std::uint64_t freed = 0;
  for (std::uint64_t n = 0; n < old && freed < old / 10 * 9; ++n) {
    const feed_work one = feed_work_of([&] { follower.poll(1); });
    freed += one.destroyed;
    applying.raise_to(one);
  }
  EXPECT_GE(freed, old / 10 * 9);
  // And so is what a change clears.
  for (std::uint64_t n = 0; n < many / 10; ++n)
    map.insert_or_assign(scattered(n), counted_number(n));
  map.sync();
  while (follower.position() != map.position()) follower.poll(1000);
  map.clear();
  map.insert_or_assign(1, counted_number(1));
  map.sync();
  while (follower.position() != map.position()) {
    applying.raise_to(feed_work_of([&] { follower.poll(1); }));
  }
  EXPECT_EQ(follower.content().size(), 1u);
  expect_published_for_feeds("poll(1), in a snapshot", loading);
  expect_published_for_feeds("poll(1), changes", applying);
}

// Every row of the table is asserted by some test in this folder.
TEST(published_feed_bounds, are_all_asserted) {
  std::string sources;
  for (const auto& file : std::filesystem::directory_iterator(STEADY_BOUND_TESTS)) {
    std::ifstream source(file.path());
    sources.append(std::istreambuf_iterator<char>(source), {});
  }
  const auto published = published_bounds("Fed and durable containers");
  EXPECT_GE(published.size(), 20u);
  for (const auto& [row, numbers] : published) {
    EXPECT_NE(sources.find("expect_published_for_feeds(\"" + row + '"'), std::string::npos) << row;
  }
}

}  // namespace
