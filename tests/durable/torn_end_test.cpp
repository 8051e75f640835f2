// What is torn and may be cut, and what was acknowledged and may not: records of any length, and
// values that hold records.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <steady/detail/durable/frame_reader.hpp>
#include <steady/detail/durable/torn_end.hpp>
#include <steady/durable_map.hpp>
#include <steady/records.hpp>

#include "durable/recovery_model.hpp"
#include "support/durable_model.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;
using steady::durable_trouble;

std::string change_of(std::uint64_t position, const std::string& value, bool is_after_sync = true) {
  steady::byte_buffer bytes;
  const std::uint64_t key = 666;
  steady::append_change<std::uint64_t, std::string>(bytes, position, steady::change_kind::insert,
                                                    &key, &value);
  steady::mark_after_sync(bytes.data(), is_after_sync);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t first_record_of(memory_files& files) {
  return steady::parse_frame(files.content(log_name(1))).bytes;
}

// Changes that are acknowledged one by one.
std::unique_ptr<memory_files> written_values(const std::vector<std::string>& values) {
  memory_files files;
  {
    durable_texts map(room, quiet_options(files));
    for (std::size_t n = 0; n < values.size(); ++n) map.insert_or_assign(n, values[n]);
  }
  return files.copy();
}

void expect_refused(std::unique_ptr<memory_files> files, std::uint64_t at) {
  const std::size_t bytes = files->content(log_name(1)).size();
  const opened again(std::move(files));
  ASSERT_TRUE(again.trouble);
  EXPECT_EQ(again.trouble->trouble(), durable_trouble::damaged);
  EXPECT_EQ(again.trouble->offset(), at);
  EXPECT_EQ(again.files->content(log_name(1)).size(), bytes) << "nothing was cut";
}

TEST(torn_end, is_none_where_long_records_were_synced_behind_it) {
  for (const std::size_t length : {std::size_t{1'000'000}, std::size_t{1'100'000}}) {
    SCOPED_TRACE(length);
    const auto files =
        written_values({"short", std::string(length, 'b'), std::string(length, 'c')});
    const std::size_t first = first_record_of(*files);
    const std::size_t places[][2] = {{20, 0}, {first + 1, first}, {first + 20, first}};
    for (const auto& [damaged, told] : places) {
      SCOPED_TRACE(damaged);
      auto copy = files->copy();
      copy->content(log_name(1))[damaged] ^= 1;
      expect_refused(copy->copy(), told);
      const opened salvaged(std::move(copy), true);
      ASSERT_TRUE(salvaged.map);
      EXPECT_EQ(salvaged.map->at(1).size(), length) << "a salvage finds long records, too";
      EXPECT_EQ(salvaged.map->at(2).size(), length);
    }
  }
}

// A length that is damaged reaches beyond the end; the next change shows that it does so wrongly.
TEST(torn_end, is_none_where_only_the_length_is_damaged) {
  for (const std::string& before : {std::string("text"), change_of(7, "seven"),
                                    change_of(3, "three", false) + change_of(9, "nine", false)}) {
    const auto files = written_values({"short", before, "last"});
    const std::size_t first = first_record_of(*files);
    const std::size_t second =
        first + steady::parse_frame(std::span(files->content(log_name(1))).subspan(first)).bytes;
    for (const std::size_t at : {first, second}) {
      auto copy = files->copy();
      copy->content(log_name(1))[at + 2] ^= 0x10;
      expect_refused(std::move(copy), at);
    }
  }
}

TEST(torn_end, may_hold_records_within_a_value) {
  const std::string tail(100, 'x');
  for (const std::string& value :
       {change_of(2, "forged") + tail, change_of(5, "forged") + tail,
        change_of(1, "a") + change_of(2, "b") + change_of(4, "d") + change_of(5, "e") + tail}) {
    const auto files = written_values({"one", value});
    const std::size_t whole = files->content(log_name(1)).size();
    for (std::size_t less = 1; less < 100; ++less) {
      auto copy = files->copy();
      copy->content(log_name(1)).resize(whole - less);
      opened again(std::move(copy));
      ASSERT_TRUE(again.map) << again.trouble->what();
      EXPECT_TRUE(again.map->report().cut);
      EXPECT_EQ(texts_of(*again.map), (texts{{0, "one"}}));
    }
    // All of its bytes are there, but not what was written: a file system may leave zeros.
    auto copy = files->copy();
    copy->content(log_name(1))[whole - 1] = 0;
    const opened again(std::move(copy));
    ASSERT_TRUE(again.map) << again.trouble->what();
    EXPECT_EQ(texts_of(*again.map), (texts{{0, "one"}}));
  }
}

// A snapshot may be newer than the place: changes that it has say of syncs what others say.
TEST(torn_end, is_none_where_changes_that_a_snapshot_has_were_synced_behind_it) {
  for (const std::uint64_t saved : {0u, 4u, 8u, 12u}) {
    SCOPED_TRACE(saved);
    memory_files files;
    {
      durable_texts map(room, quiet_options(files));
      for (std::uint64_t n = 1; n <= 3; ++n) map.insert_or_assign(n, "one by one");
      map.group([&] {
        for (std::uint64_t n = 4; n <= 12; ++n) {
          map.insert_or_assign(n, "in a group");
          if (n == saved) map.save_snapshot();
        }
      });
      EXPECT_EQ(map.durable_position(), 12u);
    }
    files.settle();
    for (std::size_t record = 1; record <= 3; ++record) {
      const std::size_t at = place_of(files, record);
      for (const std::size_t byte : {at + 4, at + 20}) {
        auto copy = files.copy();
        copy->content(log_name(1))[byte] ^= 1;
        expect_refused(std::move(copy), at);
      }
    }
  }
}

// And a write of such a change that did not finish is one, whatever its value looks like. The log
// goes on behind the snapshot then, in the same segment.
TEST(torn_end, is_cut_where_a_snapshot_is_newer) {
  const std::string forged = std::string(50, 'x') + change_of(6, "forged") + std::string(400, 'y');
  memory_files files;
  std::unique_ptr<memory_files> left;
  steady::durable_options options = quiet_options(files);
  options.sync = steady::sync_policy::never;
  {
    durable_texts map(room, options);
    map.insert_or_assign(1, "one");
    map.insert_or_assign(2, "two");
    map.sync();
    map.insert_or_assign(3, forged);
    map.insert_or_assign(4, "four");
    map.save_snapshot();
    left = files.copy_unsafe();
  }
  const std::string third = change_of(3, forged);
  memory_files::bytes& log = left->content(log_name(1));
  log.insert(log.end(), third.begin(), third.end() - 100);
  left->settle();
  opened again(std::move(left));
  ASSERT_TRUE(again.map) << again.trouble->what();
  EXPECT_EQ(again.map->position(), 4u);
  EXPECT_TRUE(again.map->report().cut);

  again.map->insert_or_assign(
      5, std::string(50, 'x') + change_of(9, "forged") + std::string(400, 'y'));
  again.map.reset();
  const std::size_t whole = again.files->content(log_name(1)).size();
  for (const std::size_t less : {1u, 50u, 300u}) {
    auto copy = again.files->copy();
    copy->content(log_name(1)).resize(whole - less);
    const opened cut(std::move(copy));
    ASSERT_TRUE(cut.map) << cut.trouble->what();
    EXPECT_EQ(cut.map->position(), 4u);
  }
  opened more(std::move(again.files));
  ASSERT_TRUE(more.map);
  more.map->insert_or_assign(6, "six");
  more.map.reset();
  const std::size_t fifth = place_of(*more.files, 3);
  more.files->content(log_name(1))[fifth + 2] ^= 0x10;  // of its length
  expect_refused(std::move(more.files), fifth);
}

// Bytes that look like a change at every 17th place, each of which would reach far.
TEST(torn_end, is_found_in_linear_time_whatever_a_value_looks_like) {
  const std::size_t bytes = 256 << 10;
  for (const std::uint64_t position : {std::uint64_t{2}, std::uint64_t{3}}) {
    steady::byte_buffer head;
    head.number<4>(bytes / 2);
    head.number<4>(0);
    head.number<1>(1);
    head.number<8>(position);
    std::string value;
    while (value.size() < bytes) {
      value.append(reinterpret_cast<const char*>(head.data()), head.size());
    }
    auto files = written_values({"one", value});
    files->content(log_name(1)).resize(files->content(log_name(1)).size() - 5);
    const std::size_t at = first_record_of(*files);
    const std::size_t broken =
        at + steady::parse_frame(std::span(files->content(log_name(1))).subspan(at)).bytes;
    const steady::detail::room in(*files, room);
    steady::detail::frame_reader reader(in, log_name(1));
    reader.go_to(broken);
    const bool may_be_synced = steady::detail::torn_end(reader, 1, 1).may_be_synced();
    EXPECT_LE(reader.bytes_checked(), 256 * reader.size());
    EXPECT_EQ(reader.has_passed_over(), position == 3) << "there is too much to look at";
    EXPECT_FALSE(may_be_synced);
    const opened again(files->copy());
    ASSERT_TRUE(again.map);
    EXPECT_EQ(again.map->position(), 1u);
    // One bit is damaged, of the length or of what is in front, and all behind it was synced.
    auto damaged = written_values({"one", value, std::string(200'000, 'z')});
    damaged->content(log_name(1))[broken + 2] ^= 0x20;
    expect_refused(damaged->copy(), broken);
    damaged = written_values({"one", value, "last"});
    damaged->content(log_name(1))[at] ^= 1;
    expect_refused(std::move(damaged), at);
  }
}

}  // namespace
