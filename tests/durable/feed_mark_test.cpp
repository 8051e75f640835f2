// Where a follower may go on after its source was closed, killed, or without power: nowhere where
// positions may have been given anew.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/feed.hpp>

#include "durable/recovery_model.hpp"
#include "support/durable_model.hpp"
#include "support/files_around.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;
using steady::feed_start;
using steady::sync_policy;

constexpr sync_policy policies[] = {sync_policy::each_change, sync_policy::interval,
                                    sync_policy::never};

steady::durable_options fed_options(memory_files& files, sync_policy sync) {
  steady::durable_options options = quiet_options(files);
  options.sync = sync;
  options.feed_changes = 100;
  return options;
}

steady::feed_position point_of(durable_texts& map) {
  steady::subscriber follower(map);
  const auto ignore = [](const auto&) {};
  while (follower.step(1000, ignore, ignore) != steady::feed_state::caught_up) {
  }
  return *follower.resume_point();
}
feed_start start_at(durable_texts& map, const steady::feed_position& from) {
  return steady::subscriber(map, from).start();
}

// Changes, and what a follower knows then; the files as the end of the process leaves them.
struct lived {
  std::unique_ptr<memory_files> files;
  steady::feed_position known;

  lived(memory_files& in, sync_policy sync, bool is_killed,
        const std::function<void(durable_texts&)>& live) {
    {
      durable_texts map(room, fed_options(in, sync));
      live(map);
      known = point_of(map);
      if (is_killed) files = in.copy();
    }
    if (!is_killed) files = in.copy();
  }
};

void write_three(durable_texts& map) {
  for (std::uint64_t n = 0; n < 3; ++n) map.insert_or_assign(n, "text");
}

TEST(feed_mark, lets_followers_go_on_where_all_they_know_is_safe) {
  for (const sync_policy before : policies) {
    for (const bool is_killed : {false, true}) {
      for (const sync_policy now : policies) {
        memory_files files;
        const lived first(files, before, is_killed, write_three);
        durable_texts map(room, fed_options(*first.files, now));
        const bool is_safe = before == sync_policy::each_change || !is_killed;
        EXPECT_EQ(start_at(map, first.known),
                  is_safe ? feed_start::resumed : feed_start::other_feed);
        // And again: what is told now is not safe before it is synced.
        write_three(map);
        const steady::feed_position known = point_of(map);
        auto left = first.files->copy();
        durable_texts again(room, fed_options(*left, now));
        EXPECT_EQ(start_at(again, known),
                  now == sync_policy::each_change ? feed_start::resumed : feed_start::other_feed);
      }
    }
  }
}

TEST(feed_mark, is_gone_while_a_group_is_told_before_it_is_safe) {
  for (const bool is_killed : {false, true}) {
    memory_files files;
    const lived first(files, sync_policy::each_change, is_killed,
                      [](durable_texts& map) { map.group([&] { write_three(map); }); });
    durable_texts map(room, fed_options(*first.files, sync_policy::each_change));
    EXPECT_EQ(start_at(map, first.known), is_killed ? feed_start::other_feed : feed_start::resumed);
  }
}

// A last record that was damaged looks as one that was not finished.
TEST(feed_mark, is_gone_where_something_was_cut) {
  for (const sync_policy sync : policies) {
    for (const std::size_t feed_changes : {std::size_t{0}, std::size_t{100}}) {
      memory_files files;
      const lived first(files, sync, false, write_three);
      first.files->content(log_name(1)).back() ^= 1;
      {
        steady::durable_options options = fed_options(*first.files, sync);
        options.feed_changes = feed_changes;
        durable_texts map(room, options);
        EXPECT_EQ(map.position(), 2u);
        EXPECT_NE(point_of(map).feed, first.known.feed);
        map.insert_or_assign(7, "other");
      }
      durable_texts map(room, fed_options(*first.files, sync));
      EXPECT_EQ(map.position(), first.known.position);
      EXPECT_EQ(start_at(map, first.known), feed_start::other_feed);
    }
  }
}

TEST(feed_mark, counts_only_whole_and_of_this_map) {
  memory_files files;
  const lived first(files, sync_policy::interval, false, write_three);
  const std::string path = room + "/feed";
  ASSERT_TRUE(first.files->has(path));
  const std::size_t bytes = first.files->content(path).size();
  for (std::size_t n = 0; n < bytes; ++n) {
    for (const bool is_cut : {false, true}) {
      auto copy = first.files->copy();
      copy->content(path)[n] ^= 1;
      if (is_cut) copy->content(path).resize(n);
      durable_texts map(room, fed_options(*copy, sync_policy::never));
      EXPECT_EQ(start_at(map, first.known), feed_start::other_feed) << n;
    }
  }
  memory_files others;
  const lived other(others, sync_policy::interval, false, write_three);
  auto copy = first.files->copy();
  copy->content(path) = other.files->content(path);
  durable_texts map(room, fed_options(*copy, sync_policy::never));
  EXPECT_EQ(start_at(map, other.known), feed_start::other_feed);
}

TEST(feed_mark, must_be_gone_before_the_map_is_open) {
  for (const char* const call : {"remove", "sync"}) {
    memory_files files;
    const lived first(files, sync_policy::interval, false, write_three);
    first.files->only(call);
    first.files->fail(0, 1, EIO);
    EXPECT_THROW(durable_texts(room, fed_options(*first.files, sync_policy::interval)),
                 steady::durable_error)
        << call;
  }
}

// The first group could not make that sure, and tells nothing. The second one must not take the
// missing file for one that stays away.
TEST(feed_mark, is_gone_for_good_before_a_later_group_is_told) {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    memory_files files;
    std::unique_ptr<memory_files> left;
    steady::feed_position known;
    {
      durable_texts map(room, fed_options(files, sync_policy::each_change));
      map.insert_or_assign(1, "one");
      files.only("sync");
      files.fail(0, 1, EIO);
      EXPECT_THROW(map.group([] { FAIL() << "told although the file may come back"; }),
                   steady::durable_error);
      map.group([&] {
        map.insert_or_assign(2, "two");
        known = point_of(map);
        left = files.copy_unsafe();
      });
    }
    std::mt19937 random(seed);
    left->power_failure(random);
    durable_texts map(room, fed_options(*left, sync_policy::each_change));
    map.insert_or_assign(7, "other");
    EXPECT_EQ(start_at(map, known), feed_start::other_feed);
  }
}

// So also before an opening cuts what may have been told: an earlier one may have got no further
// than removing the file.
TEST(feed_mark, is_gone_for_good_before_something_is_cut) {
  class watched_files final : public files_around {
   public:
    explicit watched_files(memory_files& in) : files_around(in), in_(&in) {}
    int truncate(int file, std::uint64_t size) noexcept override {
      const int done = files_around::truncate(file, size);
      left = in_->copy_unsafe();
      return done;
    }
    std::unique_ptr<memory_files> left;

   private:
    memory_files* in_;
  };
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    memory_files in_memory;
    const lived first(in_memory, sync_policy::each_change, true, write_three);
    first.files->content(log_name(1)).back() ^= 1;
    first.files->settle();
    first.files->only("sync");
    first.files->fail(0, 1, EIO);
    EXPECT_THROW(durable_texts(room, fed_options(*first.files, sync_policy::each_change)),
                 steady::durable_error);
    watched_files files(*first.files);
    steady::durable_options options = fed_options(*first.files, sync_policy::each_change);
    options.files = &files;
    { durable_texts map(room, options); }
    ASSERT_TRUE(files.left);
    std::mt19937 random(seed);
    files.left->power_failure(random);
    durable_texts map(room, fed_options(*files.left, sync_policy::each_change));
    ASSERT_EQ(map.position(), 2u);
    map.insert_or_assign(7, "other");
    EXPECT_EQ(start_at(map, first.known), feed_start::other_feed);
  }
}

TEST(feed_mark, is_read_in_pieces) {
  memory_files in_memory;
  const lived first(in_memory, sync_policy::each_change, true, write_three);
  files_in_pieces files(*first.files);
  steady::durable_options options = fed_options(*first.files, sync_policy::each_change);
  options.files = &files;
  durable_texts map(room, options);
  EXPECT_EQ(start_at(map, first.known), feed_start::resumed);
}

TEST(feed_mark, is_not_there_where_closing_made_nothing_safe) {
  for (const bool is_disk_full : {false, true}) {
    memory_files files;
    steady::feed_position known;
    {
      durable_texts map(room, fed_options(files, sync_policy::interval));
      write_three(map);
      known = point_of(map);
      files.only(is_disk_full ? "write" : "sync");
      files.fail(0, 1, is_disk_full ? ENOSPC : EIO);
    }
    files.fail_never();
    EXPECT_FALSE(files.has(room + "/feed"));
    durable_texts map(room, fed_options(files, sync_policy::interval));
    EXPECT_NE(point_of(map).feed, known.feed);
  }
}

// Lives that end by being closed, killed, or without power. Whoever may go on has what the source
// has at this position.
TEST(feed_mark, never_lets_followers_go_on_from_other_content) {
  struct known_content {
    steady::feed_position at;
    texts content;
  };
  std::size_t resumed = 0;
  std::size_t lost = 0;
  for (std::uint32_t seed = 0; seed < 80 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto files = std::make_unique<memory_files>();
    std::vector<known_content> known;
    for (int life = 0; life < 10; ++life) {
      steady::durable_options options = fed_options(*files, policies[random() % 3]);
      if (random() % 5 == 0) options.feed_changes = 0;
      options.flush_bytes = 1 + random() % 100;
      options.segment_bytes = 200 + random() % 1000;
      std::unique_ptr<memory_files> left;
      {
        durable_texts map(room, options);
        const std::size_t known_before = known.size();
        const std::uint64_t opened_at = map.position();
        for (const known_content& one : known) {
          if (start_at(map, one.at) != feed_start::resumed) {
            lost += one.at.position > map.position() ? 1u : 0u;
            continue;
          }
          ++resumed;
          ASSERT_EQ(one.at.position, map.position());
          ASSERT_EQ(one.content, texts_of(map));
        }
        const auto write = [&] {
          text_operation::made_of(random, texts_of(map), 6).apply(map);
          known.push_back({point_of(map), texts_of(map)});
        };
        for (auto n = random() % 6; n > 0; --n) {
          const auto way = random() % 12;
          if (way == 0) map.sync();
          if (way == 1) map.save_snapshot();
          if (way == 2) map.group([&] { write(), write(); });
          write();
        }
        known.push_back({point_of(map), texts_of(map)});
        if (random() % 4 == 0) {
          map.group([&] {
            write();
            left = files->copy_unsafe();
          });
        } else {
          left = files->copy_unsafe();
        }
        // Nor later, when their positions have been given anew.
        for (std::size_t n = 0; n < known_before; ++n) {
          ASSERT_FALSE(known[n].at.position > opened_at &&
                       start_at(map, known[n].at) == feed_start::resumed);
        }
      }
      const auto end = random() % 3;
      if (end == 0) continue;  // closed
      files->take(*left);
      if (end == 2) files->power_failure(random);
    }
  }
  EXPECT_GT(resumed, 100u);
  EXPECT_GT(lost, 100u);
}

}  // namespace
