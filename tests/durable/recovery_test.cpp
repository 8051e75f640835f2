// What is there after the worst: files cut at every byte, damaged at every byte, and files of which
// something is missing. Power failures are in failures_test.cpp.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/records.hpp>

#include "durable/recovery_model.hpp"
#include "support/durable_model.hpp"
#include "support/files_around.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;
using steady::durable_trouble;
using steady::sync_policy;

// ---- cut ----

TEST(recovery, of_a_log_cut_at_every_byte) {
  written whole(40);
  const std::string log = log_name(1);
  const std::size_t size = whole.files.content(log).size();
  std::uint64_t last = 40;
  std::size_t cuts = 0;
  for (std::size_t length = size; length + 1 > 0; --length) {
    auto files = whole.files.copy();
    files->content(log).resize(length);
    opened again(std::move(files));
    ASSERT_TRUE(again.map) << length << ": " << again.trouble->what();
    const std::uint64_t position = again.map->position();
    ASSERT_LE(position, last);
    ASSERT_GE(position + 1, last) << "only the record that was cut is gone";
    last = position;
    ASSERT_EQ(texts_of(*again.map), whole.at[position]) << length;
    const auto& cut = again.map->report().cut;
    if (cut) {
      ++cuts;
      ASSERT_EQ(cut->file, log);
      ASSERT_EQ(cut->offset + cut->bytes, length);
    }
    // It goes on, and what it was is known next time.
    again.map->insert_or_assign(1000, "later");
    const texts then = texts_of(*again.map);
    again.map.reset();
    opened third(std::move(again.files));
    ASSERT_TRUE(third.map);
    ASSERT_EQ(texts_of(*third.map), then) << length;
    ASSERT_FALSE(third.map->report().cut);
  }
  EXPECT_EQ(last, 0u);
  EXPECT_EQ(cuts, size + 1 - 41) << "all lengths but those at which a record ends";
}

TEST(recovery, of_a_snapshot_cut_at_every_byte) {
  written whole(60, 1 << 20, 40);
  std::string path;
  for (const std::string& name : whole.files.paths()) {
    if (name.find("snapshot.") != std::string::npos) path = name;
  }
  ASSERT_FALSE(path.empty());
  const std::size_t size = whole.files.content(path).size();
  for (std::size_t length = 0; length < size; ++length) {
    // The log from the first change on is still there: it does as well.
    auto files = whole.files.copy();
    files->content(path).resize(length);
    opened again(std::move(files));
    ASSERT_TRUE(again.map) << again.trouble->what();
    ASSERT_EQ(texts_of(*again.map), whole.at[60]);
    ASSERT_EQ(again.map->report().damage.size(), 1u);
    ASSERT_TRUE(again.files->has(path + ".damaged"));
    // Without it, that is an error.
    files = whole.files.copy();
    files->content(path).resize(length);
    files->remove(log_name(1).c_str());
    opened damaged(std::move(files));
    ASSERT_TRUE(damaged.trouble);
    ASSERT_EQ(damaged.trouble->trouble(), durable_trouble::damaged);
    ASSERT_EQ(damaged.trouble->file(), path);
    ASSERT_LE(damaged.trouble->offset(), length);
    // What was not finished counts for nothing.
    files = whole.files.copy();
    files->content(path).resize(length);
    files->rename(path.c_str(), (room + "/snapshot.partial").c_str());
    opened partial(std::move(files));
    ASSERT_TRUE(partial.map);
    ASSERT_EQ(texts_of(*partial.map), whole.at[60]);
    ASSERT_FALSE(partial.files->has(room + "/snapshot.partial"));
  }
}

// ---- damage ----

// A snapshot that is damaged still proves that there was something up to its position.
TEST(recovery, does_not_end_before_a_snapshot) {
  written whole(60, 1 << 20, 40);
  for (const std::string& name : whole.files.paths()) {
    if (name.find("snapshot.") != std::string::npos) whole.files.content(name).resize(100);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{500}}) {
    auto files = whole.files.copy();
    files->content(log_name(1)).resize(length);
    opened again(files->copy());
    ASSERT_TRUE(again.trouble) << length;
    EXPECT_EQ(again.trouble->trouble(), durable_trouble::damaged);
    EXPECT_EQ(again.files->content(log_name(1)).size(), length) << "nothing is cut then";
    opened salvaged(std::move(files), true);
    EXPECT_TRUE(salvaged.map);
  }
}

TEST(recovery, notices_every_damaged_byte_of_a_log) {
  written whole(60, 600);
  std::vector<std::string> logs;
  for (const std::string& name : whole.files.paths()) {
    if (name.find("log.") != std::string::npos) logs.push_back(name);
  }
  ASSERT_GT(logs.size(), 3u);
  std::size_t torn = 0;
  for (const std::string& log : logs) {
    for (std::size_t n = 0; n < whole.files.content(log).size(); ++n) {
      auto files = whole.files.copy();
      files->content(log)[n] ^= 0x10;
      opened again(files->copy());
      if (again.map) {  // the last record: nothing says that it was whole once
        ++torn;
        ASSERT_EQ(log, logs.back());
        ASSERT_EQ(again.map->position(), 59u);
        ASSERT_EQ(texts_of(*again.map), whole.at[59]);
        ASSERT_TRUE(again.map->report().cut);
        continue;
      }
      ASSERT_EQ(again.trouble->trouble(), durable_trouble::damaged);
      ASSERT_EQ(again.trouble->file(), log);
      ASSERT_LE(again.trouble->offset(), n);
      ASSERT_GE(again.trouble->offset() + 70, n) << "no record is longer";
      ASSERT_NE(std::string(again.trouble->what()).find("salvage"), std::string::npos);
      if (n % 5 != 0) continue;
      // A salvage has all but that.
      opened salvaged(std::move(files), true);
      ASSERT_TRUE(salvaged.map) << salvaged.trouble->what();
      const steady::recovery_report& report = salvaged.map->report();
      ASSERT_GE(report.changes, 59u) << "a header may be lost without a change";
      ASSERT_FALSE(report.damage.empty());
      ASSERT_EQ(report.damage[0].file, log);
      ASSERT_TRUE(salvaged.files->has(log + ".damaged"));
      salvaged.map->insert_or_assign(7, "later");
      const texts kept = texts_of(*salvaged.map);
      salvaged.map.reset();
      opened next(std::move(salvaged.files));
      ASSERT_TRUE(next.map) << next.trouble->what();
      ASSERT_EQ(texts_of(*next.map), kept);
      ASSERT_TRUE(next.map->report().damage.empty());
    }
  }
  EXPECT_GT(torn, 10u);
  EXPECT_LT(torn, 80u);
}

// The last segment of a log that was synced, but for its beginning: `marked`, whether its first
// change says that what is before it was synced, as files of earlier versions may not.
std::string last_segment(written& whole, bool is_marked) {
  std::string last;
  for (const std::string& name : whole.files.paths()) {
    if (name.find("log.") != std::string::npos) last = name;
  }
  memory_files::bytes& bytes = whole.files.content(last);
  const std::size_t header = steady::parse_frame(bytes).bytes;
  EXPECT_GT(bytes.size(), header + 200) << "some changes";
  steady::mark_after_sync(bytes.data() + header, is_marked);
  return last;
}

// A segment's header is synced before changes are written behind it: where there are any, it was
// damaged, whatever they say of syncs, and the segment is not removed.
TEST(recovery, keeps_changes_behind_a_damaged_header) {
  for (const bool is_marked : {false, true}) {
    written whole(60, 600, -1, sync_policy::never);
    const std::string last = last_segment(whole, is_marked);
    const std::size_t header = steady::parse_frame(whole.files.content(last)).bytes;
    for (std::size_t n = 0; n < header; ++n) {
      auto files = whole.files.copy();
      files->content(last)[n] ^= 0x01;
      opened again(files->copy());
      ASSERT_TRUE(again.trouble) << n << ": opened at " << again.map->position();
      ASSERT_EQ(again.trouble->trouble(), durable_trouble::damaged);
      ASSERT_EQ(again.trouble->file(), last);
      ASSERT_EQ(again.files->content(last), files->content(last)) << "as it was";
      opened salvaged(std::move(files), true);
      ASSERT_TRUE(salvaged.map) << salvaged.trouble->what();
      ASSERT_EQ(texts_of(*salvaged.map), whole.at.back()) << n;
    }
  }
}

// Whatever the policy: the segment before is synced before a new one is made.
TEST(recovery, of_segments_whose_first_change_says_that_all_before_was_synced) {
  for (const sync_policy policy :
       {sync_policy::each_change, sync_policy::interval, sync_policy::never}) {
    written whole(60, 600, -1, policy);
    std::size_t segments = 0;
    for (const std::string& name : whole.files.paths()) {
      if (name.find("log.") == std::string::npos) continue;
      const std::span<const unsigned char> all = whole.files.content(name);
      const auto first = steady::parse_frame(all.subspan(steady::parse_frame(all).bytes));
      ASSERT_EQ(first.state, steady::frame_state::whole) << name;
      EXPECT_TRUE(steady::is_after_sync(first.payload)) << name;
      ++segments;
    }
    EXPECT_GT(segments, 3u);
  }
}

TEST(recovery, notices_every_damaged_byte_of_a_snapshot) {
  written whole(60, 300, 50);
  std::string path;
  for (const std::string& name : whole.files.paths()) {
    if (name.find("snapshot.") != std::string::npos) path = name;
  }
  for (std::size_t n = 0; n < whole.files.content(path).size(); ++n) {
    auto files = whole.files.copy();
    files->content(path)[n] ^= 0x01;
    opened again(files->copy());
    ASSERT_TRUE(again.trouble) << n;
    ASSERT_EQ(again.trouble->file(), path);
    ASSERT_LE(again.trouble->offset(), n);
    opened salvaged(std::move(files), true);
    ASSERT_TRUE(salvaged.map) << n << salvaged.trouble->what();
  }
}

TEST(recovery, salvages_what_is_behind_a_damaged_header_of_the_only_snapshot) {
  opened first(std::make_unique<memory_files>());
  for (std::uint64_t n = 1; n <= 100; ++n) first.map->insert_or_assign(n, std::to_string(n));
  const texts all = texts_of(*first.map);
  first.map->save_snapshot();
  first.map.reset();
  std::string path;
  for (const std::string& name : first.files->paths()) {
    if (name.find("/log.") != std::string::npos) first.files->remove(name.c_str());
    if (name.find("/snapshot.") != std::string::npos) path = name;
  }
  const std::size_t header = steady::parse_frame(first.files->content(path)).bytes;
  for (std::size_t n = 0; n < header; ++n) {
    auto files = first.files->copy();
    files->content(path)[n] ^= 0x01;
    const opened salvaged(std::move(files), true);
    ASSERT_TRUE(salvaged.map) << n;
    ASSERT_EQ(texts_of(*salvaged.map), all) << n;
    ASSERT_GT(salvaged.map->position(), 1ull << 32);
    ASSERT_TRUE(salvaged.files->has(path + ".damaged"));
  }
}

// Whole records before and behind it, and all checksums right.
TEST(recovery, notices_a_record_that_is_missing) {
  written whole(30);
  const memory_files::bytes all = whole.files.content(log_name(1));
  std::size_t at = steady::parse_frame(all).bytes;  // the header
  for (std::uint64_t position = 1; position < 30; ++position) {
    const std::size_t length = steady::parse_frame(std::span(all).subspan(at)).bytes;
    auto files = whole.files.copy();
    memory_files::bytes& bytes = files->content(log_name(1));
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
    const opened again(std::move(files));
    ASSERT_TRUE(again.trouble) << position;
    ASSERT_EQ(again.trouble->trouble(), durable_trouble::damaged);
    ASSERT_EQ(again.trouble->offset(), at);
    at += length;
  }
}

// The log is whole, and too short: what a damaged snapshot had is not there.
TEST(recovery, needs_the_log_up_to_a_damaged_snapshot) {
  written whole(60, 1 << 20, 40);
  for (const std::string& name : whole.files.paths()) {
    if (name.find("snapshot.") != std::string::npos) whole.files.content(name).resize(100);
  }
  const memory_files::bytes all = whole.files.content(log_name(1));
  std::size_t at = steady::parse_frame(all).bytes;
  for (std::uint64_t position = 0; position <= 60; ++position) {
    auto files = whole.files.copy();
    files->content(log_name(1)).resize(at);
    const opened again(std::move(files));
    ASSERT_EQ(again.map != nullptr, position > 40) << position;
    if (position == 60) break;
    at += steady::parse_frame(std::span(all).subspan(at)).bytes;
  }
}

TEST(recovery, of_segments_that_say_what_is_in_front_of_them) {
  written whole(60, 600);
  std::uint64_t next = 1;
  std::size_t segments = 0;
  for (; whole.files.has(log_name(next)); ++segments) {
    std::span<const unsigned char> left = whole.files.content(log_name(next));
    steady::record_header header;
    ASSERT_EQ(steady::read_header(steady::parse_frame(left).payload, header),
              steady::header_state::good);
    ASSERT_EQ(header.position, next - 1);
    for (left = left.subspan(steady::parse_frame(left).bytes); !left.empty(); ++next) {
      left = left.subspan(steady::parse_frame(left).bytes);
    }
  }
  EXPECT_EQ(next, 61u);
  EXPECT_GT(segments, 3u);
}

TEST(recovery, notices_an_element_that_is_missing) {
  written whole(60, 300, 50);
  std::string path;
  for (const std::string& name : whole.files.paths()) {
    if (name.find("snapshot.") != std::string::npos) path = name;
  }
  memory_files::bytes& bytes = whole.files.content(path);
  const std::size_t header = steady::parse_frame(bytes).bytes;
  const std::size_t element = steady::parse_frame(std::span(bytes).subspan(header)).bytes;
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(header);
  bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(element));
  const opened again(whole.files.copy());
  ASSERT_TRUE(again.trouble);
  EXPECT_EQ(again.trouble->trouble(), durable_trouble::damaged);
  EXPECT_EQ(again.trouble->file(), path);
}

TEST(recovery, names_a_segment_that_is_gone) {
  written whole(60, 600);
  std::vector<std::string> logs;
  for (const std::string& name : whole.files.paths()) {
    if (name.find("log.") != std::string::npos) logs.push_back(name);
  }
  auto files = whole.files.copy();
  files->remove(logs[1].c_str());
  opened again(files->copy());
  ASSERT_TRUE(again.trouble);
  EXPECT_EQ(again.trouble->trouble(), durable_trouble::damaged);
  EXPECT_EQ(again.trouble->file(), logs[2]);
  EXPECT_NE(std::string(again.trouble->what()).find("are missing"), std::string::npos);
  opened salvaged(std::move(files), true);
  ASSERT_TRUE(salvaged.map);
  EXPECT_GT(salvaged.map->position(), 1ull << 32) << "positions that were lost are not used again";
}

// A snapshot that is at any place within a segment: what it has not is kept.
TEST(recovery, has_every_change_behind_a_snapshot_wherever_that_is) {
  std::size_t snapshots = 0;
  for (int before = 1; before < 40; ++before) {
    SCOPED_TRACE(before);
    memory_files files;
    steady::durable_options options = quiet_options(files);
    options.segment_bytes = 150;
    options.snapshot_buckets_per_change = 1;
    texts now;
    {
      durable_texts map(room, options);
      std::mt19937 random(3);
      for (int n = 0; n < before + 20; ++n) {
        const text_operation one = text_operation::made_of(random, now, 12);
        one.apply(now);
        one.apply(map);
        if (n + 1 == before) map.start_snapshot();
      }
      snapshots += map.snapshot_position() != 0 ? 1u : 0u;
    }
    const opened again(files.copy());
    ASSERT_TRUE(again.map) << again.trouble->what();
    ASSERT_EQ(texts_of(*again.map), now);
  }
  EXPECT_GT(snapshots, 30u);
}

// What was recovered may be in the system's cache only: it is synced before anything is built on
// it.
TEST(recovery, ends_where_what_is_there_cannot_be_made_safe) {
  written whole(20);
  for (std::size_t at = 0; at < 2; ++at) {
    memory_files& files = whole.files;
    files.only("sync");
    files.fail(at, 1, EIO);
    try {
      durable_texts map(room, quiet_options(files));
      FAIL() << "sync number " << at;
    } catch (const steady::durable_error& error) {
      EXPECT_EQ(error.trouble(), durable_trouble::input_output);
      EXPECT_NE(std::string(error.what()).find("cannot sync"), std::string::npos) << error.what();
    }
    files.fail_never();
    files.only("");
    durable_texts map(room, quiet_options(files));
    EXPECT_EQ(texts_of(map), whole.at.back());
  }
}

std::uint64_t id_in(memory_files& files, const std::string& path) {
  steady::record_header header;
  const bool is_header = steady::read_header(steady::parse_frame(files.content(path)).payload,
                                             header) == steady::header_state::good;
  EXPECT_TRUE(is_header);
  return header.map_id;
}

// A crash while the first segment is made, or damage, may leave no header that tells the map's id.
TEST(recovery, gives_a_map_without_a_whole_header_an_id_of_its_own) {
  std::vector<std::uint64_t> ids;
  for (const std::size_t length : {0u, 0u, 5u, 20u}) {  // of what is there of the first segment
    written whole(1);
    auto files = whole.files.copy();
    files->content(log_name(1)).resize(length);
    opened again(std::move(files));
    ASSERT_TRUE(again.map);
    again.map->insert_or_assign(1, "one");
    again.map.reset();
    ids.push_back(id_in(*again.files, log_name(1)));
    const opened third(std::move(again.files));
    ASSERT_TRUE(third.map);
    EXPECT_EQ(texts_of(*third.map), (texts{{1, "one"}}));
  }
  written whole(3);
  whole.files.content(log_name(1))[20] ^= 1;
  opened salvaged(whole.files.copy(), true);
  ASSERT_TRUE(salvaged.map);
  salvaged.map->insert_or_assign(1, "one");
  ids.push_back(id_in(*salvaged.files, log_name(salvaged.map->position())));
  std::sort(ids.begin(), ids.end());
  EXPECT_NE(ids.front(), 0u);
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

// Also one whose own id is 0, as an earlier version could give it.
TEST(recovery, refuses_files_of_another_map) {
  for (const std::uint64_t id : {0u, 1u}) {
    written whole(60, 600);
    steady::byte_buffer header;
    steady::record_header of;
    of.map_id = id;
    of.key = "u64";
    of.value = "text";
    steady::append_header(header, of);
    std::copy_n(header.data(), header.size(), whole.files.content(log_name(1)).begin());
    const opened again(whole.files.copy());
    ASSERT_TRUE(again.trouble);
    EXPECT_EQ(again.trouble->trouble(), durable_trouble::foreign);
  }
}

// Which of them does not belong there only their owner can tell.
TEST(recovery, names_both_files_where_one_is_of_another_map) {
  written own(3);
  written other(60, 1 << 20, 40);
  const std::string log = log_name(1);
  const std::string snapshot = room + "/snapshot.00000000000000000041";
  const int copy = own.files.open(snapshot.c_str(), steady::file_mode::create_empty);
  const memory_files::bytes bytes = other.files.content(snapshot);
  own.files.write(copy, bytes.data(), bytes.size(), 0);
  own.files.close(copy);
  const opened again(own.files.copy());
  ASSERT_TRUE(again.trouble);
  EXPECT_EQ(again.trouble->trouble(), durable_trouble::foreign);
  const std::string said = again.trouble->what();
  EXPECT_NE(said.find(log + " and " + snapshot + " are of two maps"), std::string::npos) << said;
}

// ---- salvages ----

// Followers have heard of positions that a damaged snapshot had.
TEST(recovery, gives_no_position_anew_after_a_second_salvage) {
  written whole(3);
  auto files = whole.files.copy();
  files->content(log_name(1))[place_of(*files, 1) + 20] ^= 1;
  std::uint64_t before = 0;
  {
    opened first(std::move(files), true);
    ASSERT_TRUE(first.map);
    first.map->insert_or_assign(1, "one");
    first.map->save_snapshot();
    before = first.map->position();
    first.map.reset();
    files = std::move(first.files);
  }
  for (const std::string& path : files->paths()) {
    if (path.ends_with(".damaged")) continue;
    memory_files::bytes& bytes = files->content(path);
    if (path.starts_with(room + "/snapshot.")) bytes.resize(steady::parse_frame(bytes).bytes);
    if (path.starts_with(room + "/log.")) files->remove(path.c_str());
  }
  const opened second(std::move(files), true);
  ASSERT_TRUE(second.map);
  EXPECT_GT(second.map->position(), before);
}

// A salvage fails at its call number `at`, or ends there. Whoever opens the directory then is
// refused or has what a salvage keeps, and the damaged file is there for good. False where there
// are fewer calls.
bool is_kept_by_a_broken_salvage(const memory_files& from, const std::string& damaged,
                                 const memory_files::bytes& bytes, std::size_t at,
                                 std::size_t failures) {
  const texts kept = texts_of(*opened(from.copy(), true).map);
  const auto files = from.copy();
  files->fail(at, failures, EIO);
  steady::durable_options options = quiet_options(*files);
  options.salvage = true;
  try {
    const durable_texts broken(room, options);
  } catch (const steady::durable_error&) {
  }
  const bool was_reached = files->calls() > at;
  files->fail_never();
  for (const bool salvage : {false, true}) {
    opened again(files->copy(), salvage);
    if (!again.map) {
      EXPECT_FALSE(salvage) << again.trouble->what();
      EXPECT_EQ(again.trouble->trouble(), durable_trouble::damaged) << again.trouble->what();
      EXPECT_EQ(again.files->content(damaged), bytes);
      continue;
    }
    EXPECT_EQ(texts_of(*again.map), kept);
    for (std::uint64_t n = 0; n < 2; ++n) {
      again.map->insert_or_assign(1000 + n, "later");
      again.map->save_snapshot();
    }
    again.map.reset();
    EXPECT_TRUE(again.files->has(damaged + ".damaged") &&
                again.files->content(damaged + ".damaged") == bytes);
  }
  return was_reached;
}

TEST(recovery, loses_nothing_where_a_salvage_ends_in_the_middle) {
  written log_only(20);
  log_only.files.content(log_name(1))[place_of(log_only.files, 5) + 20] ^= 1;
  written saved(60, 300, 50);
  std::string snapshot;
  for (const std::string& path : saved.files.paths()) {
    if (path.starts_with(room + "/snapshot.")) snapshot = path;
  }
  saved.files.content(snapshot)[200] ^= 1;
  for (const auto& [from, damaged] :
       {std::pair(&log_only.files, log_name(1)), std::pair(&saved.files, snapshot)}) {
    const memory_files::bytes bytes = from->content(damaged);
    for (const std::size_t failures : {std::size_t{1}, memory_files::never}) {
      std::size_t at = 0;
      while (!HasFailure() && is_kept_by_a_broken_salvage(*from, damaged, bytes, at, failures))
        ++at;
      SCOPED_TRACE(at);
      SCOPED_TRACE(failures);
      EXPECT_FALSE(HasFailure());
      EXPECT_GT(at, 15u);
    }
  }
}

// The directory itself must be there after a power failure.
TEST(recovery, syncs_the_directory_above_a_new_one) {
  class watched_files final : public files_around {
   public:
    using files_around::files_around;
    int sync_directory(const char* path) noexcept override {
      synced.emplace_back(path);
      return files_around::sync_directory(path);
    }
    std::vector<std::string> synced;
  };
  const std::pair<const char*, const char*> cases[] = {
      {"above/room", "above"}, {"room", "."}, {"/room", "/"}, {"above/room/", "above"}};
  for (const auto& [path, above] : cases) {
    memory_files in_memory;
    watched_files files(in_memory);
    steady::durable_options options = quiet_options(in_memory);
    options.files = &files;
    // Again as long as there is nothing in it: the first time may have failed.
    for (int n = 0; n < 2; ++n) {
      durable_texts map(path, options);
      ASSERT_FALSE(files.synced.empty()) << path;
      EXPECT_EQ(files.synced.front(), above);
      files.synced.clear();
      if (n == 1) map.insert_or_assign(1, "one");
    }
    files.synced.clear();
    { durable_texts map(path, options); }
    EXPECT_EQ(std::count(files.synced.begin(), files.synced.end(), above), 0) << "it is there";
    in_memory.only("sync");
    in_memory.fail(0, 1, EIO);
    EXPECT_THROW(durable_texts("other", options), steady::durable_error);
    // What is above may be nobody's to read, but for who has made the directory.
    in_memory.make_directory("given");
    in_memory.fail(0, 1, EACCES);
    EXPECT_NO_THROW(durable_texts("given", options));
    for (int n = 0; n < 2; ++n) {  // which it is, also in a later opening
      in_memory.fail(0, 1, EACCES);
      EXPECT_THROW(durable_texts("third", options), steady::durable_error);
    }
    in_memory.fail_never();
    durable_texts third("third", options);
    third.insert_or_assign(1, "one");
  }
}

// More than a position can be.
TEST(recovery, ignores_files_whose_number_is_none) {
  written whole(3);
  for (const char* const name : {"log.99999999999999999999", "snapshot.18446744073709551616"}) {
    whole.files.open((room + "/" + name).c_str(), steady::file_mode::create_empty);
  }
  const opened again(whole.files.copy());
  ASSERT_TRUE(again.map) << again.trouble->what();
  EXPECT_EQ(texts_of(*again.map), whole.at[3]);
}

TEST(recovery, notices_a_snapshot_with_the_name_of_another) {
  written whole(60, 1 << 20, 40);
  const std::string name = room + "/snapshot.00000000000000000041";
  ASSERT_TRUE(whole.files.has(name));
  whole.files.rename(name.c_str(), (room + "/snapshot.00000000000000000050").c_str());
  opened again(whole.files.copy());
  ASSERT_TRUE(again.map) << "the log is whole";
  EXPECT_EQ(again.map->report().damage.size(), 1u);
  EXPECT_EQ(texts_of(*again.map), whole.at[60]);
  whole.files.remove(log_name(1).c_str());
  const opened alone(whole.files.copy());
  ASSERT_TRUE(alone.trouble);
  EXPECT_EQ(alone.trouble->trouble(), durable_trouble::damaged);
}

// Room for a snapshot's elements is there as long as they need it.
TEST(recovery, reserves_room_for_loading_only) {
  using map_type = steady::durable_map<std::uint64_t, std::uint64_t>;
  constexpr std::uint64_t elements = 5'000;
  memory_files files;
  steady::durable_options options = quiet_options(files);
  options.sync = steady::sync_policy::never;
  {
    map_type map(room, options);
    for (std::uint64_t n = 0; n < elements; ++n) map.try_emplace(n, n);
    map.save_snapshot();
  }
  map_type map(room, options);
  ASSERT_EQ(map.size(), elements);
  ASSERT_EQ(map.report().elements, elements) << "of the snapshot";
  for (std::uint64_t n = 0; n < elements; ++n) map.erase(n);
  for (std::uint64_t n = 0; n < 200; ++n) map.try_emplace(n, n);  // these drive the migration
  EXPECT_LE(map.content().bucket_count(), 1'000u);
}

}  // namespace
