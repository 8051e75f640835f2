// Durable maps of a process that forks, or goes to another directory.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/follower.hpp>

#include "support/durable_model.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using steady::durable_error;
using steady::durable_options;
using steady::durable_trouble;
using steady::sync_policy;

// Runs `work` in a child of this process, which ends with what it returns; a child that hangs is
// ended by the system.
class child_process {
 public:
  explicit child_process(const std::function<int()>& work) : id_(::fork()) {
    if (id_ != 0) return;
    ::alarm(120);
    ::_exit(work());
  }
  ~child_process() { wait(); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  // -1: it did not end by itself.
  int wait() {
    int status = 0;
    if (id_ > 0 && ::waitpid(id_, &status, 0) == id_) {
      result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    id_ = -1;
    return result_;
  }

 private:
  ::pid_t id_;
  int result_ = -1;
};

// What one process tells another: that it may go on.
class go_ahead {
 public:
  go_ahead() { EXPECT_EQ(::pipe(ends_), 0); }
  ~go_ahead() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  go_ahead(const go_ahead&) = delete;
  go_ahead& operator=(const go_ahead&) = delete;

  void give() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void wait() const {
    char got = 0;
    while (::read(ends_[0], &got, 1) != 1) {
    }
  }

 private:
  int ends_[2] = {-1, -1};
};

using listing = std::map<std::string, std::uintmax_t>;

listing files_of(const std::string& directory) {
  listing found;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    found[file.path().filename().string()] = file.file_size();
  }
  return found;
}

template <class Call>
bool is_refused(const Call& call) {
  try {
    call();
  } catch (const durable_error& error) {
    return error.trouble() == durable_trouble::locked &&
           std::string(error.what()).find("another process") != std::string::npos;
  }
  return false;
}

// 0, or the number of what is not as it should be.
int use_in_a_child(durable_texts& map, const texts& expected) {
  if (texts_of(map) != expected) return 1;
  if (map.position() != expected.size()) return 2;
  if (!is_refused([&] { map.insert_or_assign(1, "child"); })) return 3;
  if (!is_refused([&] { map.insert({1000, "child"}); })) return 4;
  if (!is_refused([&] { map.erase(1); })) return 5;
  if (!is_refused([&] { map.clear(); })) return 6;
  if (!is_refused([&] { map.sync(); })) return 7;
  if (!is_refused([&] { map.wait_durable(map.position()); })) return 8;
  if (!is_refused([&] { map.start_snapshot(); })) return 9;
  if (!is_refused([&] { map.save_snapshot(); })) return 10;
  if (!is_refused([&] { map.group([] {}); })) return 11;
  map.step_snapshot(100);
  if (map.durable_position() > map.position()) return 12;
  return texts_of(map) == expected ? 0 : 13;
}

TEST(durable_map, belongs_to_the_process_that_opened_it) {
  for (const sync_policy sync :
       {sync_policy::each_change, sync_policy::interval, sync_policy::never}) {
    for (const bool background : {true, false}) {
      SCOPED_TRACE(static_cast<int>(sync));
      SCOPED_TRACE(background);
      const temporary_room room;
      durable_options options;
      options.sync = sync;
      options.background = background;
      options.interval = std::chrono::hours(1);
      options.segment_bytes = 300;
      options.flush_bytes = 200;
      options.feed_changes = 10;
      auto map = std::make_unique<durable_texts>(room.path(), options);
      texts expected;
      const auto write = [&](std::uint64_t n) {
        expected[n] = "text number " + std::to_string(n);
        map->insert_or_assign(n, expected[n]);
      };
      for (std::uint64_t n = 1; n <= 20; ++n) write(n);
      map->save_snapshot();  // from now on there is a thread for them
      for (std::uint64_t n = 21; n <= 30; ++n) write(n);
      map->sync();
      write(31);  // waits, unless each change is synced
      const go_ahead go;
      child_process child([&] {
        go.wait();
        const int wrong = use_in_a_child(*map, expected);
        map.reset();
        return wrong;
      });
      for (std::uint64_t n = 32; n <= 60; ++n) write(n);
      map->sync();
      const listing before = files_of(room.path());
      go.give();
      EXPECT_EQ(child.wait(), 0);
      EXPECT_EQ(files_of(room.path()), before);
      write(61);
      map.reset();
      const durable_texts again(room.path(), options);
      EXPECT_FALSE(again.report().cut);
      EXPECT_EQ(texts_of(again), expected);
    }
  }
}

TEST(durable_map, writes_its_snapshot_while_a_child_ends) {
  for (const bool background : {true, false}) {
    const temporary_room room;
    durable_options options;
    options.background = background;
    options.snapshot_after_bytes = 0;
    options.snapshot_buckets_per_change = 0;
    auto map = std::make_unique<durable_texts>(room.path(), options);
    map->group([&] {
      for (std::uint64_t n = 0; n < 20'000; ++n) map->insert_or_assign(n, std::string(40, 'x'));
    });
    map->start_snapshot();
    const std::string partial = room.path() + "/snapshot.partial";
    while (!std::filesystem::exists(partial)) map->step_snapshot(8);
    child_process child([&] {
      map.reset();
      return 0;
    });
    EXPECT_EQ(child.wait(), 0);
    EXPECT_TRUE(std::filesystem::exists(partial));
    while (map->is_saving()) map->step_snapshot(64);
    EXPECT_EQ(map->snapshot_failure(), "");
    EXPECT_EQ(map->snapshot_position(), 20'000u);
  }
}

// A child has the lock, too, until it ends its map (docs/formats.md, "Processes").
TEST(durable_map, is_locked_as_long_as_a_child_has_it) {
  const temporary_room room;
  std::optional<durable_texts> map(std::in_place, room.path());
  map->insert_or_assign(1, "one");
  const go_ahead may_end_map;
  const go_ahead has_ended_map;
  const go_ahead may_end;
  child_process child([&] {
    may_end_map.wait();
    map.reset();
    has_ended_map.give();
    may_end.wait();
    return 0;
  });
  map.reset();
  EXPECT_TRUE(is_refused([&] { const durable_texts second(room.path()); }));
  may_end_map.give();
  has_ended_map.wait();
  {
    const durable_texts third(room.path());
    EXPECT_EQ(third.size(), 1u);
  }
  may_end.give();
  EXPECT_EQ(child.wait(), 0);
}

// A map that a child opens is its own.
TEST(durable_map, is_opened_by_children_too) {
  const temporary_room room;
  durable_options options;
  options.sync = sync_policy::interval;
  child_process child([&] {
    durable_texts map(room.path(), options);
    map.insert_or_assign(1, "one");
    map.sync();
    return map.durable_position() == 1 ? 0 : 1;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(durable_texts(room.path()).size(), 1u);
}

class working_directory {
 public:
  working_directory() : before_(std::filesystem::current_path()) {}
  ~working_directory() { std::filesystem::current_path(before_); }
  working_directory(const working_directory&) = delete;
  working_directory& operator=(const working_directory&) = delete;

 private:
  std::filesystem::path before_;
};

TEST(durable_map, stays_where_it_was_opened) {
  const temporary_room room;
  const std::filesystem::path one = room.path() + "/one";
  const std::filesystem::path two = room.path() + "/two";
  std::filesystem::create_directories(one);
  std::filesystem::create_directories(two / "stock");
  const working_directory restored;
  std::filesystem::current_path(one);
  durable_options options;
  options.segment_bytes = 200;
  {
    durable_texts map("stock", options);
    steady::directory_follower<steady::hash_map<std::uint64_t, std::string>> follower("stock");
    std::filesystem::current_path(two);
    for (std::uint64_t n = 0; n < 50; ++n) map.insert_or_assign(n, "text");
    map.save_snapshot();
    map.insert_or_assign(50, "text");
    while (follower.poll(1000) == steady::poll_result::more) {
    }
    EXPECT_EQ(follower.content().size(), 51u);
  }
  EXPECT_TRUE(files_of(two / "stock").empty());
  const durable_texts again(one / "stock", options);
  EXPECT_EQ(again.size(), 51u);
}

}  // namespace
