// steady::durable_map and durable_set as their users meet them: on real files, with threads, beside
// other maps, and followed by subscribers.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/durable_set.hpp>
#include <steady/feed.hpp>

#include "support/durable_model.hpp"
#include "support/files_around.hpp"
#include "support/memory_files.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using steady::durable_error;
using steady::durable_options;
using steady::durable_trouble;
using steady::sync_policy;

template <class Open>
durable_error trouble_of(const Open& open) {
  try {
    open();
  } catch (const durable_error& error) {
    return error;
  }
  ADD_FAILURE() << "no durable_error";
  return {durable_trouble::unsupported, ""};
}

// Moving copies, and the codec appends to what is there.
struct list {
  std::vector<std::uint64_t> numbers;

  list() = default;
  explicit list(std::uint64_t n) : numbers{n, n, n} {}
  list(const list&) = default;
  list& operator=(const list&) = default;
  friend bool operator==(const list&, const list&) = default;
};

}  // namespace

template <>
struct steady::codec<list> {
  static std::string name() { return "list"; }
  static void write(byte_buffer& out, const list& value) {
    for (const std::uint64_t number : value.numbers) out.number<8>(number);
  }
  static bool read(byte_reader& in, list& value) {
    for (int n = 0; n < 3; ++n) {
      if (!codec<std::uint64_t>::read(in, value.numbers.emplace_back())) return false;
    }
    return true;
  }
};

template <>
struct steady::hash<list> {
  std::uint64_t operator()(const list& of) const noexcept {
    return hash<std::uint64_t>{}(of.numbers[0]);
  }
};

namespace {

TEST(durable_map, keeps_what_it_has_acknowledged) {
  const temporary_room room;
  {
    durable_texts map(room.path());
    EXPECT_TRUE(map.report().is_new);
    EXPECT_TRUE(map.insert({1, "one"}));
    EXPECT_TRUE(map.insert_or_assign(2, "two"));
    EXPECT_FALSE(map.insert_or_assign(2, "zwei"));
    EXPECT_TRUE(map.try_emplace(3, 3u, 'x'));
    EXPECT_TRUE(map.modify(1, [](std::string& text) { text += "!"; }));
    EXPECT_EQ(map.erase(3), 1u);
    EXPECT_EQ(map.position(), 6u);
    EXPECT_EQ(map.durable_position(), 6u);
  }
  durable_texts map(room.path());
  EXPECT_FALSE(map.report().is_new);
  EXPECT_EQ(map.report().changes, 6u);
  EXPECT_EQ(texts_of(map), (texts{{1, "one!"}, {2, "zwei"}}));
  map.clear();
  EXPECT_EQ(map.position(), 7u);
}

TEST(durable_set, keeps_what_it_has_acknowledged) {
  const temporary_room room;
  for (int n = 0; n < 3; ++n) {
    steady::durable_set<std::string> set(room.path());
    EXPECT_EQ(set.size(), static_cast<std::size_t>(n));
    EXPECT_TRUE(set.insert("number " + std::to_string(n)));
    EXPECT_FALSE(set.insert("number 0") && n > 0);
    if (n == 1) set.save_snapshot();
  }
  steady::durable_set<std::string> set(room.path());
  EXPECT_EQ(std::set<std::string>(set.begin(), set.end()),
            (std::set<std::string>{"number 0", "number 1", "number 2"}));
  EXPECT_EQ(set.report().elements, 2u);
  EXPECT_EQ(set.report().changes, 1u);
}

// As steady/codec.hpp promises, whatever moving leaves of what was read before.
TEST(durable_map, reads_into_new_objects) {
  const temporary_room room;
  for (int n = 0; n < 3; ++n) {
    steady::durable_map<list, std::uint64_t> map(room.path());
    for (std::uint64_t of = 0; of < 200; ++of) {
      map.try_emplace(list(of), of);
      EXPECT_EQ(map.at(list(of)), of);
    }
    EXPECT_EQ(map.size(), 200u);
    if (n == 1) map.save_snapshot();
  }
}

TEST(durable_map, keeps_others_out) {
  const temporary_room room;
  {
    const durable_texts map(room.path());
    const durable_error error = trouble_of([&] { durable_texts second(room.path()); });
    EXPECT_EQ(error.trouble(), durable_trouble::locked);
    EXPECT_NE(std::string(error.what()).find(room.path() + " is in use"), std::string::npos);
  }
  const durable_texts third(room.path());
}

TEST(durable_map, refuses_files_of_other_types_and_formats) {
  const temporary_room room;
  { durable_texts(room.path()).insert_or_assign(1, "one"); }
  const auto other_types = [&] {
    steady::durable_map<std::uint32_t, std::string> map(room.path());
  };
  EXPECT_EQ(trouble_of(other_types).trouble(), durable_trouble::foreign);
  EXPECT_NE(std::string(trouble_of(other_types).what())
                .find("holds a map of u64 to text, and this map a map of u32 to text"),
            std::string::npos);
  const auto a_set = [&] { steady::durable_set<std::uint64_t> set(room.path()); };
  EXPECT_EQ(trouble_of(a_set).trouble(), durable_trouble::foreign);

  // A segment of another map, behind the own one.
  const temporary_room other;
  {
    durable_texts map(other.path());
    map.insert_or_assign(1, "a");
  }
  std::filesystem::copy_file(other.path() + "/log.00000000000000000001",
                             room.path() + "/log.00000000000000000002");
  EXPECT_EQ(trouble_of([&] { durable_texts map(room.path()); }).trouble(),
            durable_trouble::foreign);
}

TEST(durable_map, says_which_directory_cannot_be_made) {
  const durable_error error = trouble_of([] { durable_texts map("/no/such/place"); });
  EXPECT_EQ(error.trouble(), durable_trouble::input_output);
  EXPECT_EQ(error.error_number(), ENOENT);
  EXPECT_EQ(error.file(), "/no/such/place");
}

TEST(durable_map, refuses_what_no_record_holds) {
  const temporary_room room;
  durable_texts map(room.path());
  map.insert_or_assign(1, "one");
  const std::string large(steady::max_payload_bytes, 'x');
  EXPECT_EQ(trouble_of([&] { map.insert_or_assign(2, large); }).trouble(),
            durable_trouble::too_large);
  EXPECT_EQ(trouble_of([&] { map.insert_or_assign(1, large); }).trouble(),
            durable_trouble::too_large);
  EXPECT_EQ(texts_of(map), (texts{{1, "one"}}));
  EXPECT_EQ(map.position(), 1u);
}

// Snapshots begin by themselves, and what they replace goes.
TEST(durable_map, removes_what_a_snapshot_replaces) {
  const temporary_room room;
  durable_options options;
  options.sync = sync_policy::never;
  options.segment_bytes = 10'000;
  options.flush_bytes = 1'000;
  options.snapshot_after_bytes = 60'000;
  options.snapshot_buckets_per_change = 2;
  options.background = false;
  texts expected;
  {
    durable_texts map(room.path(), options);
    for (std::uint64_t n = 0; n < 20'000; ++n) {
      expected[n % 700] = std::to_string(n);
      map.insert_or_assign(n % 700, std::to_string(n));
    }
    EXPECT_GT(map.snapshot_position(), 10'000u);
    EXPECT_EQ(map.snapshot_failure(), "");
    map.start_snapshot();
    map.insert_or_assign(1000, "behind the one that has begun");
    expected[1000] = "behind the one that has begun";
    map.save_snapshot();
    EXPECT_EQ(map.snapshot_position(), map.position());
    EXPECT_EQ(map.copied_bytes(), 0u);
  }
  std::size_t snapshots = 0;
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(room.path())) {
    bytes += file.file_size();
    if (file.path().filename().string().starts_with("snapshot.")) ++snapshots;
  }
  EXPECT_EQ(snapshots, 1u);
  EXPECT_LT(bytes, 60'000u) << "a snapshot of 700, and a segment";
  durable_texts map(room.path());
  EXPECT_EQ(texts_of(map), expected);
  EXPECT_EQ(map.report().elements, 701u);
  EXPECT_EQ(map.report().changes, 0u);
}

// What cannot be removed now is removed with the next snapshot.
TEST(durable_map, tries_again_to_remove_what_a_snapshot_replaces) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.background = false;
  options.segment_bytes = 1;
  durable_texts map("room", options);
  for (std::uint64_t n = 1; n <= 4; ++n) map.insert_or_assign(n, "text");
  files.only("remove");
  for (const std::size_t failures : {1u, 2u, 100u}) {
    files.fail(0, failures, EIO);
    map.save_snapshot();
    files.fail_never();
    map.insert_or_assign(5, "text");
    map.save_snapshot();
    std::size_t segments = 0;
    for (const std::string& path : files.paths()) segments += path.starts_with("room/log.");
    EXPECT_EQ(segments, 1u) << failures;
  }
}

// The files are as before, and the map goes on; later there is room again.
TEST(durable_map, a_snapshot_that_fails_does_no_harm) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.background = false;
  durable_texts map("room", options);
  for (std::uint64_t n = 0; n < 500; ++n) map.insert_or_assign(n, "text");
  const auto before = files.paths();
  for (const char* kind : {"write", "sync", "rename", "open"}) {
    files.only(kind);
    files.fail(0, 1, ENOSPC);
    EXPECT_THROW(map.save_snapshot(), durable_error) << kind;
    EXPECT_NE(map.snapshot_failure().find("No space"), std::string::npos);
    EXPECT_FALSE(map.is_saving());
    EXPECT_EQ(files.paths(), before);
    files.fail_never();
    map.insert_or_assign(1000, kind);
  }
  map.save_snapshot();
  EXPECT_EQ(map.snapshot_failure(), "");
  EXPECT_EQ(map.snapshot_position(), map.position());
}

TEST(durable_map, goes_on_when_there_is_room_again) {
  memory_files files;
  durable_options options;
  options.files = &files;
  durable_texts map("room", options);
  map.insert_or_assign(1, "one");
  files.only("write");
  files.fail(0, 1000, ENOSPC);
  const durable_error error = trouble_of([&] { map.insert_or_assign(2, "two"); });
  EXPECT_EQ(error.trouble(), durable_trouble::no_space);
  EXPECT_NE(std::string(error.what()).find("later ones may succeed"), std::string::npos);
  EXPECT_EQ(trouble_of([&] { map.erase(1); }).trouble(), durable_trouble::no_space);
  EXPECT_EQ(map.at(1), "one");
  EXPECT_FALSE(map.contains(2));
  files.fail_never();
  map.insert_or_assign(2, "two");
  EXPECT_EQ(map.durable_position(), 2u);
}

TEST(durable_map, acknowledges_nothing_after_a_failed_sync) {
  memory_files files;
  durable_options options;
  options.files = &files;
  durable_texts map("room", options);
  map.insert_or_assign(1, "one");
  files.only("sync");
  files.fail(0, 1, EIO);
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(trouble_of([&] { map.insert_or_assign(2, "two"); }).trouble(),
              durable_trouble::failed);
    EXPECT_EQ(trouble_of([&] { map.sync(); }).trouble(), durable_trouble::failed);
  }
  EXPECT_EQ(texts_of(map), (texts{{1, "one"}}));
  EXPECT_EQ(map.durable_position(), 1u);
}

// Half a record is left in the file, so nothing may be written behind it.
TEST(durable_map, acknowledges_nothing_after_a_torn_write_that_stays) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.background = false;
  {
    durable_texts map("room", options);
    map.insert_or_assign(1, "one");
    files.only("write");
    files.fail(0, 1, EIO, fault::short_write);
    files.break_all("truncate");
    EXPECT_EQ(trouble_of([&] { map.insert_or_assign(2, std::string(100, 'x')); }).trouble(),
              durable_trouble::failed);
    files.fail_never();
    files.break_all("");
    EXPECT_EQ(trouble_of([&] { map.insert_or_assign(3, "three"); }).trouble(),
              durable_trouble::failed);
    EXPECT_EQ(trouble_of([&] { map.sync(); }).trouble(), durable_trouble::failed);
    EXPECT_EQ(texts_of(map), (texts{{1, "one"}}));
  }
  const durable_texts map("room", options);
  EXPECT_EQ(texts_of(map), (texts{{1, "one"}}));
  ASSERT_TRUE(map.report().cut);
  EXPECT_GT(map.report().cut->bytes, 40u);
}

// The first write after it was armed waits until it is open, and then finds no room.
class gate final : public files_around {
 public:
  using files_around::files_around;
  std::int64_t write(int file, const void* from, std::size_t n,
                     std::uint64_t at) noexcept override {
    if (is_armed.exchange(false)) {
      is_waiting.store(true);
      is_waiting.notify_all();
      is_open.wait(false);
      return -ENOSPC;
    }
    return files_around::write(file, from, n, at);
  }
  std::atomic<bool> is_armed{false};
  std::atomic<bool> is_waiting{false};
  std::atomic<bool> is_open{false};
};

// A change that was made while others were being synced says so in its record. If that fails, it
// must not: a hole in front of it is a torn write then, and no damage.
TEST(durable_map, no_record_says_that_a_sync_was_there_that_has_failed) {
  memory_files in_memory;
  gate files(in_memory);
  durable_options options;
  options.files = &files;
  options.background = false;
  options.sync = sync_policy::never;
  std::unique_ptr<memory_files> left;
  std::size_t before = 0;
  const std::string log = "room/log.00000000000000000001";
  {
    durable_texts map("room", options);
    map.insert_or_assign(0, "synced");
    map.sync();
    before = in_memory.content(log).size();
    for (std::uint64_t n = 1; n <= 5; ++n) map.insert_or_assign(n, "waits");
    files.is_armed = true;
    std::thread syncs(
        [&] { EXPECT_EQ(trouble_of([&] { map.sync(); }).trouble(), durable_trouble::no_space); });
    files.is_waiting.wait(false);
    map.insert_or_assign(6, "meanwhile");
    files.is_open = true;
    files.is_open.notify_all();
    syncs.join();
    map.insert_or_assign(7, "writes what waits, and syncs nothing");
    EXPECT_EQ(map.durable_position(), 1u);
    left = in_memory.copy();
  }
  // As a power failure may leave it: a hole, and whole records behind it.
  memory_files::bytes& bytes = left->content(log);
  ASSERT_GT(bytes.size(), before + 100);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(before) + 30, 16, 0);
  options.files = left.get();
  const durable_texts map("room", options);
  EXPECT_EQ(texts_of(map), (texts{{0, "synced"}}));
  EXPECT_TRUE(map.report().cut);
}

// The thread waits for a change that is taken back while it does.
TEST(durable_map, nobody_waits_for_a_change_that_was_not_made) {
  memory_files in_memory;
  gate files(in_memory);
  durable_options options;
  options.files = &files;
  durable_texts map("room", options);
  map.insert_or_assign(1, "one");
  files.is_armed = true;
  std::thread changes([&] {
    EXPECT_EQ(trouble_of([&] { map.insert_or_assign(2, "two"); }).trouble(),
              durable_trouble::no_space);
  });
  files.is_waiting.wait(false);
  std::future<void> synced = std::async(std::launch::async, [&] { map.sync(); });
  std::future<void> waited = std::async(std::launch::async, [&] { map.wait_durable(2); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until they wait, most likely
  files.is_open = true;
  files.is_open.notify_all();
  changes.join();
  EXPECT_EQ(synced.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(waited.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  map.insert_or_assign(2, "two");  // whoever waits still comes back now
  EXPECT_EQ(map.durable_position(), 2u);
}

TEST(durable_map, syncs_once_for_a_group) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.snapshot_after_bytes = 0;
  durable_texts map("room", options);
  map.insert_or_assign(0, "segment");
  files.only("sync");
  files.fail_never();
  map.group([&] {
    for (std::uint64_t n = 1; n <= 100; ++n) map.insert_or_assign(n, "text");
    EXPECT_EQ(map.durable_position(), 1u);
  });
  EXPECT_EQ(files.calls(), 1u);
  EXPECT_EQ(map.durable_position(), 101u);
  EXPECT_THROW(map.group([&] {
    map.erase(1);
    throw std::runtime_error("enough");
  }),
               std::runtime_error);
  EXPECT_EQ(map.durable_position(), 102u) << "what was changed is acknowledged";
}

TEST(durable_map, syncs_in_the_background) {
  const temporary_room room;
  durable_options options;
  options.sync = sync_policy::interval;
  options.interval = std::chrono::milliseconds(5);
  durable_texts map(room.path(), options);
  for (std::uint64_t n = 0; n < 50; ++n) {
    map.insert_or_assign(n, "text");
    if (n % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(7));
  }
  for (int n = 0; n < 10'000 && map.durable_position() < 50; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(map.durable_position(), 50u) << "without another call";
}

// Every record is written as soon as the thread gets to it.
TEST(durable_map, writes_at_once_where_nothing_may_wait) {
  for (const bool background : {true, false}) {
    memory_files files;
    durable_options options;
    options.files = &files;
    options.background = background;
    options.sync = sync_policy::interval;
    options.flush_bytes = 0;
    options.pending_bytes = 0;
    durable_texts map("room", options);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until the thread waits
    for (std::uint64_t n = 0; n < 1000; ++n) map.insert_or_assign(n, "text");
    map.sync();
    EXPECT_EQ(map.durable_position(), 1000u);
  }
}

// Threads that write under a lock, and wait without it, share their syncs.
TEST(durable_map, threads_share_syncs) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.sync = sync_policy::never;
  options.segment_bytes = 5'000;
  options.flush_bytes = 300;
  options.snapshot_after_bytes = 20'000;
  {
    durable_texts map("room", options);
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t n = 0; n < 300; ++n) {
          std::uint64_t at = 0;
          {
            const std::lock_guard lock(mutex);
            map.insert_or_assign(t * 300 + n, "text");
            at = map.position();
          }
          map.wait_durable(at);
          EXPECT_GE(map.durable_position(), at);
        }
      });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(map.durable_position(), 1200u);
  }
  durable_texts map("room", options);
  EXPECT_EQ(map.size(), 1200u);
}

TEST(durable_map, tells_how_opening_gets_on) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.sync = sync_policy::never;
  {
    durable_texts map("room", options);
    for (std::uint64_t n = 0; n < 60'000; ++n) map.insert_or_assign(n, std::string(100, 'x'));
    map.save_snapshot();
    for (std::uint64_t n = 0; n < 60'000; ++n) map.insert_or_assign(n, std::string(90, 'y'));
  }
  std::vector<steady::recovery_progress> told;
  options.progress = [&](const steady::recovery_progress& now) { told.push_back(now); };
  const durable_texts map("room", options);
  ASSERT_GE(told.size(), 3u);
  for (std::size_t n = 1; n < told.size(); ++n) {
    EXPECT_GE(told[n].bytes_read, told[n - 1].bytes_read);
    EXPECT_LE(told[n].bytes_read, told[n].bytes_in_all);
  }
  EXPECT_EQ(told.back().elements, 60'000u);
  EXPECT_EQ(told.back().changes, 60'000u);
  EXPECT_EQ(map.at(7), std::string(90, 'y'));
}

// No time is too long to be added to another one: the thread sleeps.
TEST(durable_map, waits_as_long_as_told) {
  memory_files files;
  durable_options options;
  options.files = &files;
  options.sync = sync_policy::interval;
  options.interval = std::chrono::milliseconds::max();
  durable_texts map("room", options);
  map.insert_or_assign(1, "one");
  const std::clock_t begun = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_LT(std::clock() - begun, CLOCKS_PER_SEC / 20) << "processor time";
  EXPECT_EQ(map.durable_position(), 0u);
}

// Positions go on where they were, so a follower may come back after a restart.
TEST(durable_map, is_followed_by_subscribers) {
  const temporary_room room;
  durable_options options;
  options.feed_changes = 1000;
  const auto ignore = [](const auto&) {};
  steady::feed_position left;
  {
    durable_texts map(room.path(), options);
    map.insert_or_assign(1, "one");
    steady::subscriber follower(map);
    map.insert_or_assign(2, "two");
    std::vector<std::uint64_t> heard;
    while (follower.step(9, ignore, [&](const auto& one) { heard.push_back(one.position); }) !=
           steady::feed_state::caught_up) {
    }
    EXPECT_EQ(heard, (std::vector<std::uint64_t>{2}));
    left = *follower.resume_point();
  }
  durable_texts map(room.path(), options);
  EXPECT_EQ(steady::subscriber(map, left).start(), steady::feed_start::resumed);
  map.insert_or_assign(3, "three");
  steady::subscriber follower(map, left);
  std::vector<std::uint64_t> heard;
  follower.step(9, ignore, [&](const auto& one) { heard.push_back(one.position); });
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{3}));
}

// What copying is allowed to take is a limit even where the disk is slow.
TEST(durable_map, copies_no_more_than_it_may) {
  // Once, and longer than the changes take that reach the limit.
  class slow_files final : public files_around {
   public:
    using files_around::files_around;
    int open(const char* path, steady::file_mode mode) noexcept override {
      const int file = files_around::open(path, mode);
      if (std::string_view(path).ends_with("snapshot.partial")) slow_ = file;
      return file;
    }
    std::int64_t write(int file, const void* from, std::size_t n,
                       std::uint64_t at) noexcept override {
      int slow = file;
      if (slow_.compare_exchange_strong(slow, -1)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
      }
      return files_around::write(file, from, n, at);
    }

   private:
    std::atomic<int> slow_{-1};
  };
  memory_files in_memory;
  slow_files files(in_memory);
  durable_options options;
  options.files = &files;
  options.sync = sync_policy::never;
  options.snapshot_after_bytes = 0;
  options.snapshot_copied_bytes = 200'000;
  steady::durable_map<std::uint64_t, std::uint64_t> map("room", options);
  for (std::uint64_t n = 0; n < 100'000; ++n) map.insert_or_assign(n, n);
  map.start_snapshot();
  std::size_t most = 0;
  for (std::uint64_t n = 0; map.is_saving(); ++n) {
    map.insert_or_assign(n * 7919 % 100'000, n);
    most = std::max(most, map.copied_bytes());
  }
  EXPECT_GT(most, 100'000u) << "the disk was slow";
  EXPECT_LE(most, 200'000u);
  EXPECT_EQ(map.snapshot_failure(), "");
}

}  // namespace
