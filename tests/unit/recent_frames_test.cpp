// Which frames a follower of a log remembers, to see later whether they are still there.
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/follow/recent_frames.hpp>
#include <steady/records.hpp>

namespace {

using steady::detail::recent_frames;

// A file of changes, and where each begins.
struct log_bytes {
  steady::byte_buffer bytes;
  std::vector<std::size_t> begins;

  void append(std::size_t length, bool is_after_sync) {
    begins.push_back(bytes.size());
    const std::uint64_t key = begins.size();
    const std::string value(length, 'v');
    steady::append_change(bytes, key, steady::change_kind::insert, &key, &value);
    if (is_after_sync) steady::mark_after_sync(bytes.data() + begins.back(), true);
  }
  std::size_t last_begin() const { return begins.back(); }
  void add_last(recent_frames& to) {
    to.add(last_begin(), bytes.data() + last_begin(), bytes.size() - last_begin());
  }
  std::span<const unsigned char> of(const recent_frames& recent) const {
    return bytes.view().subspan(static_cast<std::size_t>(recent.begin()),
                                recent.bytes_to_compare());
  }
};

TEST(recent_frames, are_a_few_kilobytes) {
  std::mt19937 random(1);
  log_bytes log;
  recent_frames recent;
  for (int n = 0; n < 3000; ++n) {
    log.append(random() % 900, false);
    log.add_last(recent);
    const std::size_t all = log.bytes.size();
    ASSERT_EQ(recent.end(), all);
    ASSERT_LE(recent.end() - recent.begin(), recent_frames::most_bytes);
    ASSERT_GE(recent.end() - recent.begin(), all < 1024 ? all : 1024);
    ASSERT_TRUE(recent.are_in(log.of(recent)));
  }
}

TEST(recent_frames, begin_with_the_last_one_behind_a_sync) {
  std::mt19937 random(2);
  log_bytes log;
  recent_frames recent;
  std::size_t behind_sync = 0;
  for (int n = 0; n < 300; ++n) {
    const bool is_after_sync = random() % 10 == 0;
    log.append(50, is_after_sync);
    log.add_last(recent);
    if (is_after_sync) behind_sync = log.last_begin();
    EXPECT_EQ(recent.begin(), behind_sync);
    EXPECT_TRUE(recent.are_in(log.of(recent)));
  }
}

TEST(recent_frames, differ_where_any_of_them_does) {
  log_bytes log;
  recent_frames recent;
  for (int n = 0; n < 200; ++n) {
    log.append(40, false);
    log.add_last(recent);
  }
  std::size_t compared = 0;
  for (const std::size_t begin : log.begins) {
    if (begin < recent.begin()) continue;
    ++compared;
    for (const std::size_t at : {begin, begin + 4}) {  // the length, the checksum
      log.bytes.data()[at] ^= 1;
      EXPECT_FALSE(recent.are_in(log.of(recent)));
      log.bytes.data()[at] ^= 1;
    }
  }
  EXPECT_GT(compared, 10u);
  EXPECT_TRUE(recent.are_in(log.of(recent)));
  EXPECT_FALSE(recent.are_in(log.of(recent).first(recent.bytes_to_compare() / 2)));
  EXPECT_FALSE(recent.are_in({}));
}

TEST(recent_frames, are_one_that_is_longer) {
  log_bytes log;
  recent_frames recent;
  for (const std::size_t length : {10u, 100'000u, 1000u, 2000u, 100'000u}) {
    log.append(length, false);
    log.add_last(recent);
    EXPECT_EQ(recent.begin() == log.last_begin(), length != 2000);
    EXPECT_LE(recent.bytes_to_compare(), recent_frames::most_bytes);
    EXPECT_TRUE(recent.are_in(log.of(recent)));
    log.add_last(recent);  // once more
    EXPECT_TRUE(recent.are_in(log.of(recent)));
  }
}

}  // namespace
