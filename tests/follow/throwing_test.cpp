// A follower of a directory whose hash, equality and memory fail once, at every chance to: it polls
// again, and has everything as if nothing had been.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <steady/follower.hpp>
#include <steady/hash_map.hpp>

#include "follow/directory_model.hpp"
#include "support/countdown.hpp"
#include "support/failing_new.hpp"
#include "support/fallible.hpp"
#include "support/memory_files.hpp"
#include "support/sure_files.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;

using fallible_content =
    steady::hash_map<std::uint64_t, std::string, fallible_hash, fallible_equal>;
using fallible_follower = steady::directory_follower<fallible_content>;

// Whether anything failed: at the chance number `at`, if there are so many.
bool follow(writer& source, std::size_t at) {
  sure_files files(source.files);
  fallible_follower follower("room", {std::chrono::milliseconds(0), &files});
  countdown::arm(at);
  for (bool more = true; more;) {
    try {
      more = follower.poll(7) == steady::poll_result::more;
    } catch (const steady::durable_error& error) {
      countdown::disarm();
      ADD_FAILURE() << error.what();
    } catch (const std::exception&) {
      EXPECT_TRUE(countdown::fired());
    }
  }
  countdown::disarm();
  EXPECT_EQ(follower.position(), source.map->position());
  EXPECT_EQ(texts(follower.content().begin(), follower.content().end()), source.at.back());
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_EQ(follower.counts().changes, 80u);
  EXPECT_EQ(follower.restarts(), 0u);
  EXPECT_TRUE(follower.damage().empty());
  EXPECT_STREQ(follower.content().check_invariants(), nullptr);
  return countdown::fired();
}

TEST(directory_follower, goes_on_whatever_throws) {
  memory_files files;
  writer source(files);
  source.options.segment_bytes = 600;
  source.open();
  source.write(60);
  source.map->save_snapshot();
  source.write(80);
  std::size_t at = 0;
  while (follow(source, at) && !HasFailure()) ++at;
  EXPECT_GT(at, 200u);
}

TEST(follower, loads_a_checkpoint_after_whatever_has_thrown) {
  memory_files files;
  writer source(files);
  source.open();
  source.write(60);
  fallible_follower first("room", {std::chrono::milliseconds(0), &files});
  while (first.poll(100) == steady::poll_result::more) {
  }
  const temporary_room room;
  std::filesystem::create_directory(room.path());
  const std::string path = room.path() + "/checkpoint";
  ASSERT_TRUE(first.save_checkpoint(path));
  int throws = 0;
  bool fired = true;
  for (std::size_t at = 0; fired && !HasFailure(); ++at) {
    fallible_follower follower("room", {std::chrono::milliseconds(0), &files});
    bool has_thrown = false;
    countdown::arm(at);
    try {
      follower.load_checkpoint(path);
    } catch (const std::exception&) {
      has_thrown = true;
    }
    fired = countdown::fired();
    countdown::disarm();
    EXPECT_FALSE(follower.is_loading());
    EXPECT_EQ(follower.has_content(), !has_thrown);
    if (has_thrown) follower.load_checkpoint(path);
    throws += has_thrown ? 1 : 0;
    EXPECT_EQ(follower.position(), 60u);
    EXPECT_EQ(texts(follower.content().begin(), follower.content().end()), source.at.back());
  }
  EXPECT_GT(throws, 50);
}

}  // namespace
