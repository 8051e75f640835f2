// In which order groups come out of a migration's queue, and when the background gets them.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/migration_queue.hpp>
#include <steady/detail/concurrent/sync.hpp>

#include "support/heat_policies.hpp"

namespace {

using steady::detail::native_sync;
using support::time_of_heat;
using groups_taken = std::vector<std::uint64_t>;
constexpr std::uint64_t ms = 1'000'000;

template <class Numbers>
class queue_fixture {
 public:
  using queue = steady::detail::migration_queue<native_sync, Numbers, false>;

  explicit queue_fixture(std::uint64_t groups)
      : memory_(nullptr, steady::detail::plain_memory_source),
        queue_(queue::create(memory_, groups)) {}
  ~queue_fixture() {
    while (queue_->release_some(memory_)) {
    }
    EXPECT_EQ(memory_.bytes(), 0u);
  }

  void make_warm(std::uint64_t group) {
    for (std::uint64_t n = 0; n < Numbers::samples_until_warm; ++n) queue_->note(group);
  }
  // Three ticks go by.
  void make_hot(const groups_taken& groups) {
    for (int n = 0; n < 3; ++n) {
      for (const std::uint64_t group : groups) queue_->note(group);
      time_of_heat += ms;
    }
  }
  groups_taken take_all(std::uint32_t thread) {
    groups_taken all;
    for (std::uint64_t group = 0; queue_->take(thread, group);) all.push_back(group);
    return all;
  }

  // What the background is granted now; `next` where the line goes on.
  static constexpr std::uint64_t next = ~std::uint64_t{0};
  groups_taken take_in_time() {
    groups_taken all;
    for (;;) {
      std::uint64_t group = 0;
      switch (queue_->take_in_time(0, group)) {
        case queue::grant::nothing:
          return all;
        case queue::grant::group:
          all.push_back(group);
          break;
        case queue::grant::next:
          all.push_back(next);
      }
    }
  }

 private:
  steady::detail::shared_memory<native_sync> memory_;
  queue* queue_;
};

struct one_shard : support::heat_by_hand {
  static constexpr unsigned shards = 1;
};
struct little_room : one_shard {
  static constexpr std::size_t ring_capacity = 4;
};

TEST(migration_queue, gives_hot_groups_before_warm_ones) {
  queue_fixture<one_shard> queue(1000);
  queue.make_warm(7);
  queue.make_warm(3);
  queue.make_hot({900, 5});
  EXPECT_EQ(queue.take_all(0), (groups_taken{900, 5, 7, 3}));
  queue.make_hot({900, 7});  // of which 7 was only warm before
  EXPECT_EQ(queue.take_all(0), (groups_taken{7}));
}

TEST(migration_queue, gives_groups_near_the_thread_first) {
  queue_fixture<support::heat_by_hand> queue(400);
  queue.make_warm(0);
  queue.make_hot({350, 150, 250, 50, 199});
  EXPECT_EQ(queue.take_all(1), (groups_taken{150, 199, 250, 350, 50, 0}));
  queue.make_hot({351, 151, 251, 51});
  EXPECT_EQ(queue.take_all(7), (groups_taken{351, 51, 151, 251}));
}

TEST(migration_queue, drops_what_has_no_room) {
  queue_fixture<little_room> queue(100);
  queue.make_hot({1, 2, 3, 4, 5, 6});
  queue.make_warm(8);
  EXPECT_EQ(queue.take_all(0), (groups_taken{1, 2, 3, 4, 8}));
  queue.make_hot({9});
  EXPECT_EQ(queue.take_all(0), (groups_taken{9}));
}

TEST(migration_queue, takes_as_much_memory_as_is_published) {
  using usual = queue_fixture<steady::default_concurrent_policy::heat>::queue;
  static_assert(sizeof(usual) <= std::size_t{34} << 10);
  static_assert(sizeof(usual) > std::size_t{33} << 10);
}

// ---- the background ----

// Twenty hot groups, six warm ones: 16 hot ones, then four warm ones, then the line; and nothing
// before the time is over.
TEST(migration_queue, grants_batches_to_the_background) {
  using fixture = queue_fixture<one_shard>;
  fixture queue(1000);
  groups_taken hot;
  for (std::uint64_t n = 0; n < 20; ++n) hot.push_back(100 + n);
  queue.make_hot(hot);
  for (std::uint64_t n = 0; n < 6; ++n) queue.make_warm(n);

  groups_taken expected(hot.begin(), hot.begin() + 16);
  expected.insert(expected.end(), {0, 1, 2, 3, fixture::next});
  EXPECT_EQ(queue.take_in_time(), expected);
  time_of_heat += ms - 1;
  EXPECT_EQ(queue.take_in_time(), groups_taken());
  time_of_heat += 1;
  EXPECT_EQ(queue.take_in_time(), (groups_taken{116, 117, 118, 119}));
  time_of_heat += 4 * ms - 1;
  EXPECT_EQ(queue.take_in_time(), groups_taken());
  time_of_heat += 1;
  EXPECT_EQ(queue.take_in_time(), (groups_taken{4, 5}));
  time_of_heat += 45 * ms - 1;
  EXPECT_EQ(queue.take_in_time(), groups_taken());
  time_of_heat += 1;
  EXPECT_EQ(queue.take_in_time(), groups_taken{fixture::next});
}

// What was not used is no credit.
TEST(migration_queue, grants_no_more_after_a_long_rest) {
  using fixture = queue_fixture<one_shard>;
  fixture queue(1000);
  EXPECT_EQ(queue.take_in_time(), groups_taken{fixture::next});
  time_of_heat += 1000 * ms;
  EXPECT_EQ(queue.take_in_time(), groups_taken{fixture::next});
}

}  // namespace
