// What is there after power failures at random moments, and after operations on files that fail at
// every k-th call.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>

#include "durable/recovery_model.hpp"
#include "support/durable_model.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;
using steady::durable_trouble;
using steady::sync_policy;

// ---- power failures ----

// Random operations until the power fails; what is there then is what the map was at some position:
// none that was durable is lost.
class power_run {
 public:
  explicit power_run(std::uint32_t seed) : random_(seed) { at_.emplace_back(); }

  void run(int failures) {
    for (int n = 0; n < failures && !testing::Test::HasFailure(); ++n) live_once();
  }
  std::uint64_t lost() const { return lost_; }
  std::uint64_t cuts() const { return cuts_; }
  std::uint64_t snapshots() const { return snapshots_; }

 private:
  void live_once() {
    steady::durable_options options;
    options.files = &files_;
    options.background = random_() % 4 == 0;
    options.sync = std::vector{sync_policy::each_change, sync_policy::interval,
                               sync_policy::never}[random_() % 3];
    options.interval = std::chrono::milliseconds(1);
    options.segment_bytes = 200 + random_() % 3000;
    options.flush_bytes = 1 + random_() % 400;
    options.snapshot_after_bytes = random_() % 2000;
    options.snapshot_buckets_per_change = 1 + random_() % 3;
    std::uint64_t durable = 0;
    std::unique_ptr<memory_files> left;
    {
      durable_texts map(room, options);
      recovered(map);
      for (auto n = random_() % 120; n > 0; --n) operate(map);
      if (options.sync == sync_policy::each_change) {
        EXPECT_EQ(map.durable_position(), map.position());
      }
      durable = map.durable_position();
      snapshots_ += map.snapshot_position() != 0 ? 1u : 0u;
      left = files_.copy_unsafe();  // the map must not sync any more
    }
    files_.take(*left);
    files_.power_failure(random_);
    durable_ = durable;
  }
  void recovered(const durable_texts& map) {
    const std::uint64_t position = map.position();
    EXPECT_GE(position, durable_);
    ASSERT_LT(position, at_.size());
    EXPECT_EQ(texts_of(map), at_[position]);
    lost_ += at_.size() - 1 - position;
    cuts_ += map.report().cut ? 1u : 0u;
    at_.resize(position + 1);
  }
  void operate(durable_texts& map) {
    const auto way = random_() % 40;
    if (way == 0) return map.start_snapshot();
    if (way == 1) return map.step_snapshot(3);
    if (way == 2) return map.sync();
    if (way == 3) return map.group([&] { write(map), write(map), write(map); });
    if (way == 4) return map.reseed_gradually();
    if (way == 5) return map.shrink_gradually();
    write(map);
  }
  void write(durable_texts& map) {
    texts now = at_.back();
    const text_operation one = text_operation::made_of(random_, now, 40);
    one.apply(now);
    one.apply(map);
    at_.push_back(std::move(now));
    EXPECT_EQ(map.position(), at_.size() - 1);
  }

  std::mt19937 random_;
  memory_files files_;
  std::vector<texts> at_;
  std::uint64_t durable_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t cuts_ = 0;
  std::uint64_t snapshots_ = 0;
};

TEST(recovery, after_power_failures_at_random_moments) {
  std::uint64_t lost = 0;
  std::uint64_t cuts = 0;
  std::uint64_t snapshots = 0;
  for (std::uint32_t seed = 0; seed < 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    power_run run(seed);
    run.run(8);
    lost += run.lost();
    cuts += run.cuts();
    snapshots += run.snapshots();
  }
  EXPECT_GT(lost, 0u) << "what was not synced is lost sometimes";
  EXPECT_GT(cuts, 0u);
  EXPECT_GT(snapshots, 0u);
}

// ---- failed syncs ----

// Whoever opens the map anew reads what a failed sync has dropped, and builds on it: then it must
// be on the disk, also where opening fails several times.
TEST(recovery, builds_on_nothing_that_a_failed_sync_has_dropped) {
  for (const sync_policy policy :
       {sync_policy::each_change, sync_policy::interval, sync_policy::never}) {
    for (const std::uint64_t segment_bytes : {std::uint64_t{1}, std::uint64_t{1} << 20}) {
      for (const std::size_t failures : {1u, 2u, 3u}) {
        SCOPED_TRACE(static_cast<int>(policy));
        SCOPED_TRACE(segment_bytes);
        SCOPED_TRACE(failures);
        memory_files files;
        steady::durable_options options = quiet_options(files);
        options.sync = policy;
        options.segment_bytes = segment_bytes;
        {
          durable_texts map(room, options);
          map.insert_or_assign(1, "one");
          map.sync();
          files.only("sync");
          files.fail(0, failures, EIO);
          EXPECT_THROW((map.insert_or_assign(2, "two"), map.sync()), steady::durable_error);
        }
        for (std::size_t n = 1; n < failures; ++n) {
          EXPECT_THROW(durable_texts(room, options), steady::durable_error);
        }
        std::unique_ptr<memory_files> left;
        texts before;
        {
          durable_texts map(room, options);
          map.insert_or_assign(3, "three");
          map.sync();
          before = texts_of(map);
          left = files.copy_unsafe();
        }
        std::mt19937 random(1);
        left->power_failure(random);
        const opened again(std::move(left));
        ASSERT_TRUE(again.map) << again.trouble->what();
        EXPECT_EQ(texts_of(*again.map), before);
      }
    }
  }
}

// Of what was not acknowledged any length may be there; it is written anew in parts.
TEST(recovery, makes_all_safe_that_was_not_synced_before) {
  memory_files files;
  steady::durable_options options = quiet_options(files);
  options.sync = sync_policy::never;
  options.flush_bytes = 1;
  {
    durable_texts map(room, options);
    map.insert_or_assign(0, "synced");
    map.sync();
    for (std::uint64_t n = 1; n < 40; ++n) map.insert_or_assign(n, std::string(100'000, 'x'));
    files.only("sync");
    files.fail(0, 1, EIO);
    EXPECT_THROW(map.sync(), steady::durable_error);
  }
  std::unique_ptr<memory_files> left;
  {
    const durable_texts map(room, options);
    EXPECT_EQ(map.durable_position(), 40u);
    left = files.copy_unsafe();
  }
  std::mt19937 random(1);
  left->power_failure(random);
  const opened again(std::move(left));
  ASSERT_TRUE(again.map) << again.trouble->what();
  EXPECT_EQ(again.map->position(), 40u);
}

// ---- snapshots ----

TEST(snapshots, that_cannot_be_written_say_why) {
  for (const auto& [error, trouble] : {std::pair(ENOSPC, durable_trouble::no_space),
                                       std::pair(EIO, durable_trouble::input_output)}) {
    memory_files files;
    durable_texts map(room, quiet_options(files));
    map.insert_or_assign(1, "one");
    files.only("write");
    files.fail(0, 1, error);
    try {
      map.save_snapshot();
      FAIL();
    } catch (const steady::durable_error& told) {
      EXPECT_EQ(told.trouble(), trouble);
      EXPECT_EQ(told.error_number(), error);
      EXPECT_EQ(told.file(), room + "/snapshot.partial");
    }
    map.save_snapshot();
    EXPECT_EQ(map.snapshot_position(), 1u);
  }
}

// Its file is removed, unless one of the same position was there: nothing else has its elements.
TEST(snapshots, whose_directory_cannot_be_synced_leave_no_file) {
  memory_files files;
  const std::string first = room + "/snapshot.00000000000000000001";
  const std::string second = room + "/snapshot.00000000000000000002";
  const auto fail = [&](durable_texts& map) {
    files.only("sync");
    files.fail(1, 1, EIO);  // the first one is of the file
    EXPECT_THROW(map.save_snapshot(), steady::durable_error);
    files.fail_never();
  };
  durable_texts map(room, quiet_options(files));
  map.insert_or_assign(1, "one");
  fail(map);
  EXPECT_FALSE(files.has(first));
  map.save_snapshot();
  fail(map);
  EXPECT_TRUE(files.has(first));
  map.insert_or_assign(2, "two");
  fail(map);
  EXPECT_TRUE(files.has(first));
  EXPECT_FALSE(files.has(second));
}

// ---- failing operations ----

struct fault_plan {
  const char* name;
  const char* only;  // this kind of call
  int error;
  fault kind;
  std::size_t times;
};

// The k-th call fails. A change that fails has not happened; what was acknowledged is there when
// the map is opened again, and besides at most the last change that failed.
class failing_run {
 public:
  failing_run(const fault_plan& plan, std::size_t at, sync_policy policy) : plan_(plan) {
    steady::durable_options options = quiet_options(files_);
    options.sync = policy;
    options.segment_bytes = 400;
    options.flush_bytes = 100;
    options.snapshot_after_bytes = 700;
    options.snapshot_buckets_per_change = 1;
    files_.only(plan.only);
    files_.fail(at, plan.times, plan.error, plan.kind);
    work(options);
    reached_ = files_.calls() > at;
    files_.fail_never();
    check(policy);
  }
  // False when there were fewer calls.
  bool reached() const { return reached_; }
  std::uint64_t failures() const { return failures_; }

 private:
  void work(const steady::durable_options& options) {
    try {
      durable_texts map(room, options);
      for (int n = 0; n < 60; ++n) operate(map);
      for (int n = 0; n < 10 && !synced_; ++n) sync(map);
      durable_ = map.durable_position();
    } catch (const steady::durable_error& error) {
      EXPECT_EQ(at_.size(), 1u) << "only opening may fail here: " << error.what();
    }
  }
  void sync(durable_texts& map) {
    try {
      map.sync();
      synced_ = true;
    } catch (const steady::durable_error&) {
    }
  }
  void operate(durable_texts& map) {
    const text_operation one = text_operation::made_of(random_, at_.back(), 12);
    texts then = at_.back();
    one.apply(then);
    try {
      one.apply(map);
      EXPECT_FALSE(gave_up_) << "acknowledged after a failed sync";
      at_.push_back(std::move(then));
    } catch (const steady::durable_error& error) {
      ++failures_;
      if (error.trouble() == durable_trouble::failed && !gave_up_) {
        gave_up_ = true;
        maybe_ = std::move(then);
      }
    }
    ASSERT_EQ(texts_of(map), at_.back()) << "a change that fails has not happened";
    ASSERT_EQ(map.position(), at_.size() - 1);
  }
  void check(sync_policy policy) {
    durable_texts map(room, quiet_options(files_));
    const std::uint64_t last = at_.size() - 1;
    if (gave_up_) at_.push_back(maybe_);
    ASSERT_LT(map.position(), at_.size());
    EXPECT_EQ(texts_of(map), at_[map.position()]);
    EXPECT_GE(map.position(), durable_);
    if (policy == sync_policy::each_change || synced_) {
      EXPECT_GE(map.position(), last);
    }
    if (!gave_up_ && map.report().cut) {
      EXPECT_EQ(map.report().cut->bytes, 0u) << "nothing was left half written";
    }
    EXPECT_STREQ(map.content().check_invariants(), nullptr);
    const auto left = files_.copy_unsafe();
    left->power_failure(random_);
    const durable_texts safe(room, quiet_options(*left));
    EXPECT_EQ(texts_of(safe), texts_of(map)) << "what was recovered is safe";
  }

  fault_plan plan_;
  std::mt19937 random_{7};
  memory_files files_;
  std::vector<texts> at_{texts()};  // by position
  texts maybe_;                     // with the change whose sync failed
  std::uint64_t durable_ = 0;
  bool synced_ = false;
  bool gave_up_ = false;
  bool reached_ = false;
  std::uint64_t failures_ = 0;
};

TEST(recovery, after_failures_of_every_call) {
  const fault_plan plans[] = {{"disk full once", "write", ENOSPC, fault::error, 1},
                              {"disk full for a while", "write", ENOSPC, fault::error, 7},
                              {"disk full in the middle", "write", ENOSPC, fault::short_write, 1},
                              {"short writes", "write", EINTR, fault::short_write, 1},
                              {"broken write", "write", EIO, fault::short_write, 1000},
                              {"broken sync", "sync", EIO, fault::error, 1},
                              {"interrupted", "", EINTR, fault::error, 2},
                              {"broken disk", "", EIO, fault::error, 1},
                              {"broken for good", "", EIO, fault::error, 100'000}};
  for (const fault_plan& plan : plans) {
    for (const sync_policy policy :
         {sync_policy::each_change, sync_policy::interval, sync_policy::never}) {
      SCOPED_TRACE(plan.name);
      SCOPED_TRACE(static_cast<int>(policy));
      std::uint64_t failures = 0;
      std::size_t at = 0;
      for (bool more = true; more && !HasFailure(); ++at) {
        SCOPED_TRACE(at);
        const failing_run run(plan, at, policy);
        more = run.reached();
        failures += run.failures();
      }
      EXPECT_GT(at, 5u);
      if (policy == sync_policy::each_change) {
        EXPECT_EQ(failures > 0, plan.error != EINTR);
      }
    }
  }
}

}  // namespace
