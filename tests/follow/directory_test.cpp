// A follower of a directory: whatever the writer does, the content is the writer's as of the
// follower's position.
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/durable_set.hpp>
#include <steady/follower.hpp>

#include "follow/directory_model.hpp"
#include "support/durable_model.hpp"
#include "support/files_around.hpp"
#include "support/memory_files.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;

// Whether it has everything after so many polls, or would go on for ever.
bool ends_polling(text_follower& follower, int polls = 100) {
  while (polls > 0 && follower.poll(100) == steady::poll_result::more) --polls;
  return polls > 0;
}

TEST(directory_follower, waits_for_a_directory_and_its_first_change) {
  memory_files files;
  text_follower follower("room", on(files));
  EXPECT_EQ(follower.poll(10), steady::poll_result::waits);
  EXPECT_FALSE(follower.has_content());
  EXPECT_FALSE(follower.resume_point());
  EXPECT_NE(follower.obstacle().find("no durable map yet"), std::string::npos);
  writer source(files);
  source.write(3);
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
  EXPECT_EQ(follower.obstacle(), "");
  EXPECT_EQ(follower.resume_point()->position, 3u);
  EXPECT_EQ(follower.lag().positions, 0u);
}

TEST(directory_follower, is_the_writer_at_every_position) {
  memory_files files;
  writer source(files);
  source.options.segment_bytes = 300;
  source.open();
  text_follower follower("room", on(files));
  for (int round = 0; round < 400; ++round) {
    source.write(1 + round % 3);
    if (round % 37 == 0) source.map->save_snapshot();
    if (round % 50 == 0) {
      source.map.reset();
      source.open();
    }
    follower.poll(1 + static_cast<std::size_t>(round % 4));
    if (!follower.has_content()) continue;
    ASSERT_EQ(texts_of(follower), source.at[follower.position()]) << follower.position();
  }
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
}

TEST(directory_follower, tells_changes_in_order_and_once) {
  memory_files files;
  writer source(files);
  source.write(20);
  source.map->save_snapshot();
  text_follower follower("room", on(files));
  std::vector<std::uint64_t> positions;
  int snapshots = 0;
  follower.on_snapshot([&](const content& now) {
    ++snapshots;
    EXPECT_EQ(now.size(), source.at.back().size());
  });
  poll_all(follower);
  follower.on_change([&](const auto& change) { positions.push_back(change.position); });
  source.options.segment_bytes = 200;
  source.map.reset();
  source.open();
  source.write(100);
  poll_all(follower);
  ASSERT_EQ(positions.size(), 100u);
  for (std::size_t n = 0; n < positions.size(); ++n) EXPECT_EQ(positions[n], 21 + n);
  EXPECT_EQ(snapshots, 1);
  EXPECT_EQ(follower.restarts(), 0u);
  EXPECT_FOLLOWS(follower, source);
}

TEST(directory_follower, takes_a_newer_snapshot_when_the_segments_are_gone) {
  memory_files files;
  writer source(files);
  source.options.segment_bytes = 200;
  source.open();
  source.write(10);
  text_follower follower("room", on(files));
  poll_all(follower);
  source.write(200);
  source.map->save_snapshot();
  source.write(5);
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
  EXPECT_EQ(follower.restarts(), 1u);
}

TEST(directory_follower, keeps_what_it_has_while_a_snapshot_arrives) {
  memory_files files;
  writer source(files);
  source.options.segment_bytes = 200;
  source.open();
  source.write(30);
  text_follower follower("room", on(files));
  poll_all(follower);
  source.write(200);
  source.map->save_snapshot();
  std::size_t polls = 0;
  while (follower.position() != source.map->position() || follower.is_loading()) {
    if (follower.is_loading()) {
      ++polls;
      ASSERT_LT(follower.position(), source.map->position());
      ASSERT_EQ(texts_of(follower), source.at[follower.position()]);
    }
    follower.poll(1);
  }
  EXPECT_GT(polls, 5u);
}

// Every cut of the file that is being written: the whole records are taken, and the rest when it
// is there.
TEST(directory_follower, waits_where_a_record_is_torn) {
  memory_files files;
  writer source(files);
  source.write(12);
  const std::string log = "room/log.00000000000000000001";
  const memory_files::bytes whole = files.content(log);
  files.content(log).clear();
  text_follower follower("room", on(files));
  for (const unsigned char byte : whole) {
    poll_all(follower);
    ASSERT_EQ(texts_of(follower), source.at[follower.position()]);
    files.content(log).push_back(byte);
  }
  ASSERT_EQ(follower.position(), 11u) << "a byte is missing";
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
}

// A writer that comes back cuts a torn end and writes other bytes there.
TEST(directory_follower, reads_a_torn_place_anew) {
  memory_files files;
  writer source(files);
  source.write(5);
  source.map.reset();
  const std::string log = "room/log.00000000000000000001";
  for (int n = 0; n < 30; ++n) files.content(log).push_back(0x11);
  text_follower follower("room", on(files));
  poll_all(follower);
  EXPECT_NE(follower.obstacle(), "");
  EXPECT_EQ(follower.position(), 5u);
  source.open();
  source.write(5);
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
}

// Whole records that were read and then taken back, with others written in their place, or none.
TEST(directory_follower, notices_changes_that_were_taken_back) {
  for (const bool others : {false, true}) {
    memory_files files;
    writer source(files);
    source.write(9);
    text_follower follower("room", on(files));
    poll_all(follower);
    const std::size_t kept = files.content("room/log.00000000000000000001").size();
    source.write(3);
    poll_all(follower);
    EXPECT_EQ(follower.position(), 12u);
    source.map.reset();
    files.content("room/log.00000000000000000001").resize(kept);
    source.at.resize(10);
    source.random.seed(99);
    source.open();
    source.write(others ? 40 : 1);
    poll_all(follower);
    EXPECT_FOLLOWS(follower, source);
  }
}

// So also where the others are as long, and the follower could read on behind them.
TEST(directory_follower, notices_changes_that_were_replaced_by_some_as_long) {
  memory_files files;
  writer source(files);
  source.map->insert_or_assign(1, "one");
  const std::string log = "room/log.00000000000000000001";
  const std::size_t kept = files.content(log).size();
  source.map->insert_or_assign(2, "aaa");
  text_follower follower("room", on(files));
  poll_all(follower);
  source.map.reset();
  files.content(log).resize(kept);
  source.open();
  source.map->insert_or_assign(2, "bbb");
  source.map->insert_or_assign(3, "three");
  poll_all(follower);
  EXPECT_EQ(follower.position(), 3u);
  EXPECT_EQ(texts_of(follower), (texts{{1, "one"}, {2, "bbb"}, {3, "three"}}));
}

// And where the last of them is the same again: what was not synced is compared.
TEST(directory_follower, notices_changes_that_were_replaced_before_one_that_is_the_same) {
  memory_files files;
  writer source(files);
  source.options.sync = steady::sync_policy::never;
  source.options.flush_bytes = 1;
  source.open();
  source.map->insert_or_assign(0, "zero");
  source.map->sync();
  const std::string log = "room/log.00000000000000000001";
  const std::size_t kept = files.content(log).size();
  source.map->insert_or_assign(1, "aaa");
  for (std::uint64_t n = 2; n < 30; ++n) source.map->insert_or_assign(n, "the same");
  text_follower follower("room", on(files));
  poll_all(follower);
  source.map.reset();
  files.content(log).resize(kept);
  source.open();
  source.map->insert_or_assign(1, "bbb");
  for (std::uint64_t n = 2; n < 40; ++n) source.map->insert_or_assign(n, "the same");
  poll_all(follower);
  EXPECT_EQ(texts_of(follower), support::texts_of(*source.map));
  EXPECT_EQ(follower.restarts(), 0u) << "all was in the log";
}

// However much that is, and however long: the work of a look at the files is bounded.
TEST(directory_follower, compares_a_few_kilobytes_at_most) {
  class counted_files final : public files_around {
   public:
    using files_around::files_around;
    std::int64_t read(int file, void* to, std::size_t bytes, std::uint64_t at) noexcept override {
      const std::int64_t got = files_around::read(file, to, bytes, at);
      bytes_read += got;
      return got;
    }
    std::int64_t bytes_read = 0;
  };
  for (const bool is_synced : {false, true}) {
    for (const std::size_t length : {3u, 3000u, 50'000u}) {
      memory_files in_memory;
      counted_files files(in_memory);
      writer source(in_memory);
      source.options.sync =
          is_synced ? steady::sync_policy::each_change : steady::sync_policy::never;
      source.options.flush_bytes = 1;
      source.open();
      text_follower follower("room", {std::chrono::milliseconds(0), &files});
      for (std::uint64_t n = 0; n < 300; ++n) {
        source.map->insert_or_assign(n, std::string(length, 'x'));
        poll_all(follower);
      }
      ASSERT_EQ(follower.position(), 300u);
      files.bytes_read = 0;
      follower.poll(100);
      EXPECT_GT(files.bytes_read, 0);
      EXPECT_LE(files.bytes_read, is_synced && length < 100 ? 200 : 10'000) << length;
    }
  }
}

// Between the follower's last look at a segment and its look at the names, the writer completes the
// segment and makes the next ones.
TEST(directory_follower, reads_a_segment_to_the_end_that_it_gets_meanwhile) {
  class busy_files final : public files_around {
   public:
    using files_around::files_around;
    int list(const char* path, std::vector<std::string>& names) override {
      if (before_list) std::exchange(before_list, nullptr)();
      return files_around::list(path, names);
    }
    std::function<void()> before_list;
  };
  memory_files in_memory;
  busy_files files(in_memory);
  writer source(in_memory);
  source.options.segment_bytes = 300;
  source.open();
  source.write(4);
  text_follower follower("room", {std::chrono::milliseconds(0), &files});
  while (follower.poll(100) == steady::poll_result::more) {
  }
  files.before_list = [&] { source.write(30); };
  EXPECT_EQ(follower.poll(1000), steady::poll_result::waits);
  EXPECT_EQ(follower.obstacle(), "");
  EXPECT_FOLLOWS(follower, source);
}

// A snapshot of changes that the log does not have yet.
TEST(directory_follower, waits_for_the_log_as_long_as_told) {
  for (const auto patience : {std::chrono::milliseconds(0), std::chrono::milliseconds::max()}) {
    memory_files files;
    writer source(files);
    source.options.sync = steady::sync_policy::never;
    source.options.flush_bytes = 1 << 20;
    source.open();
    source.write(5);
    source.map->sync();
    text_follower follower("room", {patience, &files});
    poll_all(follower);
    source.write(5);
    source.map->save_snapshot();
    poll_all(follower);
    EXPECT_EQ(follower.position(), patience.count() == 0 ? 10u : 5u);
    EXPECT_EQ(follower.obstacle().empty(), patience.count() == 0);
    source.map->sync();
    poll_all(follower);
    EXPECT_FOLLOWS(follower, source);
  }
}

TEST(directory_follower, takes_another_map_in_the_same_place) {
  memory_files files;
  writer first(files);
  first.write(30);
  text_follower follower("room", on(files));
  poll_all(follower);
  const std::uint64_t feed = follower.resume_point()->feed;
  first.map.reset();
  for (const std::string& path : files.paths()) files.remove(path.c_str());
  writer second(files);
  second.random.seed(8);
  second.write(4);
  poll_all(follower);
  EXPECT_FOLLOWS(follower, second);
  EXPECT_NE(follower.resume_point()->feed, feed);
}

// A map whose log was compacted away: a snapshot that is no newer than what the follower has is all
// that tells.
TEST(directory_follower, takes_another_map_that_is_only_a_snapshot) {
  for (const int changes : {1, 4, 9}) {
    memory_files files;
    writer first(files);
    first.write(4);
    first.map->save_snapshot();
    first.map.reset();
    files.remove("room/log.00000000000000000001");
    text_follower follower("room", on(files));
    poll_all(follower);
    poll_all(follower);
    EXPECT_EQ(follower.position(), 4u);
    EXPECT_EQ(follower.obstacle(), "");
    EXPECT_EQ(follower.restarts(), 0u) << "it has this one";
    for (const std::string& path : files.paths()) files.remove(path.c_str());
    writer second(files);
    second.random.seed(8);
    second.write(changes);
    second.map->save_snapshot();
    files.remove("room/log.00000000000000000001");
    poll_all(follower);
    EXPECT_FOLLOWS(follower, second);
    EXPECT_EQ(follower.restarts(), 1u);
  }
}

// Of its own map, that is an older copy: what it has cannot be compared with anything.
TEST(directory_follower, says_that_only_an_older_snapshot_is_there) {
  memory_files files;
  writer source(files);
  source.write(4);
  source.map->save_snapshot();
  source.write(2);
  text_follower follower("room", on(files));
  poll_all(follower);
  EXPECT_EQ(follower.obstacle(), "");
  files.remove("room/log.00000000000000000001");
  poll_all(follower);
  EXPECT_EQ(follower.position(), 6u);
  EXPECT_NE(follower.obstacle().find("position 4"), std::string::npos) << follower.obstacle();
}

TEST(directory_follower, reads_files_in_pieces) {
  memory_files in_memory;
  files_in_pieces files(in_memory);
  writer source(in_memory);
  source.options.segment_bytes = 300;
  source.open();
  text_follower follower("room", {std::chrono::milliseconds(0), &files});
  for (int round = 0; round < 30; ++round) {
    source.write(2);
    if (round == 10) source.map->save_snapshot();
    EXPECT_TRUE(ends_polling(follower));
    EXPECT_FOLLOWS(follower, source);
  }
  EXPECT_EQ(follower.restarts(), 0u);
}

TEST(directory_follower, says_what_is_wrong_with_files) {
  memory_files files;
  writer source(files);
  source.options.segment_bytes = 100;
  source.open();
  source.write(30);
  source.map.reset();
  steady::directory_follower<steady::hash_map<std::string, int>> other("room", on(files));
  EXPECT_THROW(other.poll(100), steady::durable_error);
  files.content("room/log.00000000000000000001")[70] ^= 1;
  text_follower follower("room", on(files));
  try {
    for (int n = 0; n < 20; ++n) poll_all(follower);
    FAIL() << "damage in the middle";
  } catch (const steady::durable_error& error) {
    EXPECT_EQ(error.trouble(), steady::durable_trouble::damaged);
    EXPECT_EQ(error.file(), "room/log.00000000000000000001");
  }
  EXPECT_EQ(texts_of(follower), source.at[follower.position()]);
}

TEST(directory_follower, passes_on_what_files_fail_with_and_goes_on) {
  memory_files files;
  writer source(files);
  source.options.segment_bytes = 150;
  source.open();
  source.write(40);
  source.map->save_snapshot();
  source.write(20);
  for (std::size_t at = 0; at < 400; ++at) {
    text_follower follower("room", on(files));
    files.fail(at, 1, EIO);
    bool failed = false;
    for (int polls = 0; polls < 12; ++polls) {
      try {
        follower.poll(8);
      } catch (const steady::durable_error& error) {
        EXPECT_EQ(error.error_number(), EIO);
        failed = true;
      }
    }
    files.fail_never();
    poll_all(follower);
    EXPECT_FOLLOWS(follower, source);
    if (!failed) {
      EXPECT_GT(at, 10u);
      return;
    }
  }
  FAIL() << "the last call was never reached";
}

// A writer that was ended before it had written the log up to its snapshot goes on behind it.
TEST(directory_follower, takes_a_snapshot_that_is_ahead_of_the_log) {
  for (const bool goes_on : {false, true}) {
    memory_files files;
    writer source(files);
    source.write(10);
    text_follower patient("room", {std::chrono::hours(1), &files});
    poll_all(patient);
    const std::string log = "room/log.00000000000000000001";
    const std::size_t written = files.content(log).size();
    source.write(6);
    source.map->save_snapshot();
    source.map.reset();
    files.content(log).resize(written);
    source.open();
    if (goes_on) source.write(2);
    EXPECT_EQ(patient.poll(100) == steady::poll_result::waits && patient.obstacle() != "",
              !goes_on);
    text_follower hasty("room", on(files));
    poll_all(hasty);
    EXPECT_FOLLOWS(hasty, source);
    poll_all(patient);
    EXPECT_EQ(patient.position(), goes_on ? source.map->position() : 10u);
  }
}

// So also where it goes on in a segment of its own, since the last one was full.
TEST(directory_follower, takes_a_snapshot_that_is_ahead_of_a_segment_that_is_complete) {
  memory_files files;
  writer source(files);
  source.options.sync = steady::sync_policy::never;
  source.options.segment_bytes = 1;
  source.open();
  source.write(5);
  source.map->sync();
  text_follower follower("room", on(files));
  poll_all(follower);
  EXPECT_EQ(follower.position(), 5u);
  source.write(5);
  source.map->save_snapshot();
  files.break_all("write");  // it ends before the last changes are written
  source.map.reset();
  files.break_all("");
  source.open();
  ASSERT_EQ(source.map->position(), 10u);
  source.write(1);
  source.map->sync();
  EXPECT_TRUE(ends_polling(follower));
  EXPECT_FOLLOWS(follower, source);
}

// A salvage leaves the last segment, and a snapshot and a log that go on much later.
TEST(directory_follower, takes_what_a_salvage_has_left) {
  memory_files files;
  writer source(files);
  source.write(5);
  source.map->save_snapshot();
  source.options.segment_bytes = 1;
  source.open();
  source.write(1);
  source.map->save_snapshot();
  source.write(1);
  text_follower follower("room", on(files));
  poll_all(follower);
  EXPECT_EQ(follower.position(), 7u);
  source.map.reset();
  memory_files::bytes& snapshot = files.content("room/snapshot.00000000000000000006");
  snapshot[snapshot.size() - 20] ^= 1;
  source.options.salvage = true;
  source.open();
  source.map->insert_or_assign(8, "eight");
  EXPECT_TRUE(ends_polling(follower));
  EXPECT_EQ(follower.position(), source.map->position());
  EXPECT_EQ(texts_of(follower), support::texts_of(*source.map));
}

TEST(directory_follower, follows_sets) {
  memory_files files;
  steady::durable_set<std::string> source("room", options_in(files));
  steady::directory_follower<steady::hash_set<std::string>> follower("room", on(files));
  source.insert("a");
  source.insert("b");
  source.save_snapshot();
  source.insert("c");
  source.erase("a");
  while (follower.poll(1) == steady::poll_result::more) {
  }
  EXPECT_EQ(follower.content().size(), 2u);
  EXPECT_TRUE(follower.content().contains("b") && follower.content().contains("c"));
}

TEST(directory_follower, goes_on_from_a_checkpoint) {
  const temporary_room place;
  steady::durable_options options;
  options.sync = steady::sync_policy::never;
  options.background = false;
  durable_texts source(place.path() + "-source", options);
  for (std::uint64_t n = 0; n < 300; ++n) source.insert_or_assign(n, std::to_string(n));
  source.sync();
  const std::string file = place.path() + "-checkpoint";
  {
    text_follower first(place.path() + "-source");
    EXPECT_FALSE(first.save_checkpoint(file)) << "no content yet";
    poll_all(first);
    EXPECT_TRUE(first.save_checkpoint(file));
  }
  source.insert_or_assign(1, "changed");
  source.sync();
  text_follower second(place.path() + "-source");
  EXPECT_FALSE(second.load_checkpoint(file + "-none"));
  ASSERT_TRUE(second.load_checkpoint(file));
  EXPECT_EQ(second.position(), 300u);
  poll_all(second);
  EXPECT_EQ(second.counts().changes, 1u) << "only what was missed";
  EXPECT_EQ(texts_of(second), support::texts_of(source));

  // Of another map, it is of no use: nothing of this one may come on top of it.
  const steady::hash_map<std::uint64_t, std::string> before = second.content();
  ASSERT_TRUE(second.save_checkpoint(file));
  durable_texts another(place.path() + "-another", options);
  for (std::uint64_t n = 0; n < 400; ++n) another.insert_or_assign(n, "another");
  another.sync();
  text_follower third(place.path() + "-another");
  ASSERT_TRUE(third.load_checkpoint(file));
  EXPECT_EQ(third.content(), before);
  poll_all(third);
  EXPECT_EQ(texts_of(third), support::texts_of(another));

  steady::directory_follower<steady::hash_set<std::string>> other(place.path() + "-source");
  EXPECT_THROW(other.load_checkpoint(file), steady::durable_error);
  EXPECT_FALSE(other.is_loading());

  std::filesystem::create_directory(file + "-taken");
  EXPECT_THROW(second.save_checkpoint(file + "-taken"), steady::durable_error);
  EXPECT_FALSE(std::filesystem::exists(file + "-taken.partial")) << "nothing is left of it";
}

TEST(directory_follower, takes_no_snapshot_with_something_behind_its_end) {
  const temporary_room place;
  steady::durable_options options;
  options.sync = steady::sync_policy::never;
  options.background = false;
  durable_texts source(place.path(), options);
  for (std::uint64_t n = 0; n < 50; ++n) source.insert_or_assign(n, std::to_string(n));
  source.save_snapshot();
  std::string snapshot;
  for (const auto& file : std::filesystem::directory_iterator(place.path())) {
    if (file.path().filename().string().find("snapshot.") == 0) snapshot = file.path().string();
  }
  const auto size = std::filesystem::file_size(snapshot);
  std::ofstream(snapshot, std::ios::app | std::ios::binary) << "x";
  text_follower follower(place.path());
  EXPECT_THROW(poll_all(follower), steady::durable_error);
  EXPECT_FALSE(follower.has_content());
  std::filesystem::resize_file(snapshot, size);
  poll_all(follower);
  EXPECT_EQ(texts_of(follower), support::texts_of(source));
}

// Nothing stands behind the frames of a file.
TEST(directory_follower, takes_no_checkpoint_with_something_behind_its_end) {
  const temporary_room place;
  steady::durable_options options;
  options.sync = steady::sync_policy::never;
  options.background = false;
  durable_texts source(place.path() + "-source", options);
  source.insert_or_assign(1, "one");
  source.sync();
  text_follower first(place.path() + "-source");
  poll_all(first);
  const std::string file = place.path() + "-checkpoint";
  ASSERT_TRUE(first.save_checkpoint(file));
  steady::byte_buffer frame;
  steady::append_end(frame, 1);
  const std::string another(reinterpret_cast<const char*>(frame.data()), frame.size());
  for (const std::string& behind : {std::string("x"), std::string(100, '\0'), another}) {
    ASSERT_TRUE(first.save_checkpoint(file));
    std::ofstream(file, std::ios::app | std::ios::binary) << behind;
    text_follower second(place.path() + "-source");
    EXPECT_THROW(second.load_checkpoint(file), steady::durable_error) << behind.size();
    EXPECT_FALSE(second.has_content());
    EXPECT_FALSE(second.is_loading());
  }
}

}  // namespace
