// A follower of a directory whose snapshots are damaged, and visitors that throw.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/follower.hpp>

#include "follow/directory_model.hpp"
#include "support/durable_model.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;

const std::string zeros(18, '0');

// A writer that was ended between a snapshot and the removal of what it replaces: change 40, the
// snapshot of 20, the one of 40 and all segments are there.
void leave_all_files(memory_files& files, writer& source) {
  source.options.segment_bytes = 200;
  source.open();
  source.write(20);
  files.break_all("remove");
  source.map->save_snapshot();
  source.write(20);
  source.map->save_snapshot();
  source.write(5);
  files.break_all("");
}
void damage(memory_files& files, const std::string& path, std::size_t way) {
  memory_files::bytes& bytes = files.content(path);
  if (way == 0) bytes[3] ^= 0x40;                 // the header
  if (way == 1) bytes[bytes.size() / 2] ^= 0x40;  // an element
  if (way == 2) bytes.resize(bytes.size() - 5);   // no end
  if (way == 3) bytes.clear();
  if (way == 4) bytes = files.content("room/snapshot." + zeros + "20");  // of another position
}

TEST(directory_follower, takes_the_newest_whole_snapshot) {
  for (std::size_t way = 0; way < 5; ++way) {
    SCOPED_TRACE(way);
    memory_files files;
    writer source(files);
    leave_all_files(files, source);
    const std::string newest = "room/snapshot." + zeros + "40";
    const std::string older = "room/snapshot." + zeros + "20";
    damage(files, newest, way);
    text_follower follower("room", on(files));
    poll_all(follower);
    EXPECT_FOLLOWS(follower, source);
    EXPECT_EQ(follower.counts().changes, 25u) << "from the snapshot of 20 on";
    ASSERT_EQ(follower.damage().size(), 1u);
    EXPECT_EQ(follower.damage()[0].file, newest);
    EXPECT_EQ(follower.damage()[0].offset == 0, way == 0 || way == 3 || way == 4);
    // Without the older one, the log from its beginning.
    files.remove(older.c_str());
    text_follower second("room", on(files));
    poll_all(second);
    EXPECT_FOLLOWS(second, source);
    EXPECT_EQ(second.counts().changes, 45u);
    EXPECT_EQ(second.damage().size(), 1u);
    // Without that, nothing: and again, until the file is mended.
    files.remove("room/log.00000000000000000001");
    text_follower third("room", on(files));
    for (int n = 0; n < 3; ++n) {
      try {
        poll_all(third);
        FAIL() << "nothing goes on from here";
      } catch (const steady::durable_error& error) {
        EXPECT_EQ(error.trouble(), steady::durable_trouble::damaged);
        EXPECT_EQ(error.file(), newest);
      }
      EXPECT_EQ(third.damage().size(), 1u);
    }
    source.map->save_snapshot();
    poll_all(third);
    EXPECT_FOLLOWS(third, source);
  }
}

// Who has content goes on by the log, and needs no snapshot.
TEST(directory_follower, passes_over_a_damaged_snapshot_that_it_does_not_need) {
  memory_files files;
  writer source(files);
  source.write(10);
  text_follower follower("room", on(files));
  poll_all(follower);
  source.write(6);
  source.map->save_snapshot();
  damage(files, "room/snapshot." + zeros + "16", 1);
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
  EXPECT_TRUE(follower.damage().empty()) << "nobody has looked at it";
  source.map.reset();
  // The log ends before it: nothing that can be read has the changes up to it.
  const std::string log = "room/log.00000000000000000001";
  memory_files::bytes whole = files.content(log);
  text_follower waiting("room", on(files));
  files.content(log).resize(whole.size() / 2);
  poll_all(waiting);
  EXPECT_LT(waiting.position(), 16u);
  EXPECT_EQ(texts_of(waiting), source.at[waiting.position()]);
  EXPECT_NE(waiting.obstacle(), "");
  EXPECT_EQ(waiting.damage().size(), 1u);
  const std::uint64_t reached = waiting.position();
  poll_all(waiting);
  EXPECT_EQ(waiting.position(), reached);
  EXPECT_EQ(waiting.restarts(), 0u);
  files.content(log) = whole;
  poll_all(waiting);
  EXPECT_EQ(waiting.position(), 16u);
  EXPECT_EQ(texts_of(waiting), source.at[16]);
}

// What is there stays while a snapshot is read that turns out to be damaged at its end.
TEST(directory_follower, keeps_its_content_where_a_newer_snapshot_is_damaged) {
  memory_files files;
  writer source(files);
  source.write(10);
  text_follower follower("room", on(files));
  poll_all(follower);
  const std::string log = "room/log.00000000000000000001";
  const memory_files::bytes written = files.content(log);
  source.write(30);
  source.map->save_snapshot();
  source.map.reset();
  damage(files, "room/snapshot." + zeros + "40", 2);
  const memory_files::bytes all = files.content(log);
  files.content(log) = written;
  for (int n = 0; n < 200; ++n) {
    follower.poll(1);
    ASSERT_EQ(follower.position(), 10u);
    ASSERT_EQ(texts_of(follower), source.at[10]);
  }
  EXPECT_EQ(follower.damage().size(), 1u);
  EXPECT_NE(follower.obstacle().find("is damaged"), std::string::npos) << follower.obstacle();
  files.content(log) = all;
  poll_all(follower);
  EXPECT_EQ(follower.position(), 40u);
  EXPECT_EQ(texts_of(follower), source.at[40]);
}

// A visitor, or memory, that fails while a snapshot arrives is no damage of the file.
TEST(directory_follower, reads_a_snapshot_again_where_something_has_thrown) {
  memory_files files;
  writer source(files);
  source.write(30);
  source.map->save_snapshot();
  text_follower follower("room", on(files));
  follower.on_snapshot([](const content&) { throw std::runtime_error("enough"); });
  EXPECT_THROW(poll_all(follower), std::runtime_error);
  follower.on_snapshot({});
  poll_all(follower);
  EXPECT_FOLLOWS(follower, source);
  EXPECT_TRUE(follower.damage().empty());
  EXPECT_EQ(follower.counts().snapshots, 1u) << "it was taken";
  // The same in the place of another map.
  source.map.reset();
  for (const std::string& path : files.paths()) files.remove(path.c_str());
  writer second(files);
  second.random.seed(8);
  second.write(5);
  second.map->save_snapshot();
  follower.on_snapshot([](const content&) { throw std::runtime_error("enough"); });
  EXPECT_THROW(poll_all(follower), std::runtime_error);
  follower.on_snapshot({});
  second.write(2);
  poll_all(follower);
  EXPECT_FOLLOWS(follower, second);
  EXPECT_EQ(follower.counts().snapshots, 2u);
}

}  // namespace
