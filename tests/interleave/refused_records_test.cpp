// The concurrent map in threads that have no records, because memory for them is refused: all of
// them are in the crowd (grace_period.hpp), and what they read is freed no sooner for it.
#include <gtest/gtest.h>

#include "interleave/support/map_programs.hpp"
#include "interleave/support/searches.hpp"

namespace {

struct refused_records : interleave::interleaved_sync {};

}  // namespace

namespace steady::detail {

template <>
grace_period<refused_records>::record* grace_period<refused_records>::new_record() noexcept {
  return nullptr;
}

}  // namespace steady::detail

namespace {

using namespace interleave;
using kind = steady::detail::migration_kind;

// Two of them overlap: who goes first must not take the other's protection away.
template <class Sync>
void read_by_two_while_growing(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2, 1);
  all->map.start(kind::grow);
  const auto readers = std::make_shared<int>(0);
  const happening both_read = p.must_happen("the array is left while both read");
  p.thread([=] {
    const bool were_both = *readers == 2;
    all->map.step(20);
    both_read.note(were_both && *readers == 2 && all->map.ended(kind::grow) != 0);
  });
  for (int n = 0; n < 2; ++n) {
    p.thread([=] {
      ++*readers;
      require(all->map.find(all->codes[0]) == 5,
              "an element that was there all the time was not found");
      --*readers;
    });
  }
  p.finally([=] {
    all->map.finish();
    all->require_all(2);
  });
}

TEST(refused_records, let_an_array_be_freed_after_its_last_reader) {
  expect_no_failure(read_until_the_array_is_gone<refused_records>);
  expect_no_failure(read_by_two_while_growing<refused_records>);
}
TEST(refused_records, let_a_map_grow_twice_while_it_is_read) {
  expect_no_failure(read_while_growing_twice<refused_records>);
}
TEST(refused_records, let_a_chunk_be_freed_after_its_last_reader) {
  expect_no_failure(find_while_a_chunk_is_trimmed<refused_records>);
}
TEST(refused_records, let_threads_write) {
  expect_no_failure(erase_and_insert<refused_records>);
  expect_no_failure(write_while_evacuating<refused_records, kind::compact>);
}

}  // namespace
