// The concurrent map with one thing broken, each time another one, by giving one member function
// another body. The scheduler must catch every one of them: that is what its silence about the real
// code is worth. docs/concurrent.md tells what each shows.
#include <cstdint>

#include <gtest/gtest.h>

#include "interleave/support/map_programs.hpp"
#include "interleave/support/searches.hpp"
#include "interleave/support/whole_map_programs.hpp"

namespace {

// What is broken, as policies of their own.
struct relaxed_publication : interleave::interleaved_sync {};
struct moved_only_at_first : interleave::interleaved_sync {};
struct no_second_look : interleave::interleaved_sync {};
struct version_does_not_count : interleave::interleaved_sync {};
struct evacuation_without_lock : interleave::interleaved_sync {};
struct first_half_moves_first : interleave::interleaved_sync {};
struct empty_at_first_sight : interleave::interleaved_sync {};
struct no_grace_period : interleave::interleaved_sync {};
struct no_grace_for_chunks : interleave::interleaved_sync {};
struct sleeper_not_counted : interleave::interleaved_sync {};
struct wakes_before_unlocking : interleave::interleaved_sync {};
struct counts_outside : interleave::interleaved_sync {};
struct change_not_announced : interleave::interleaved_sync {};
struct locks_whatever_is_there : interleave::interleaved_sync {};
struct pin_comes_late : interleave::interleaved_sync {
  static void store_before_loads(atomic<std::uint64_t>& place, std::uint64_t value) noexcept {
    place.store(value, std::memory_order_release);
  }
};
struct helper_leaves_at_once : interleave::interleaved_sync {};
struct helper_leaves_first : interleave::interleaved_sync {};
struct walks_meet_reseedings : interleave::interleaved_sync {};
struct one_leaves_for_all : interleave::interleaved_sync {};

}  // namespace

namespace steady::detail {

using interleave::tiny_layout;

template <>
void bucket_lock<relaxed_publication>::unlock(word& at, bucket_word becomes) noexcept {
  at.store(becomes.bits(), std::memory_order_relaxed);
}

// The tag that is written before would publish the slot as well.
template <>
void shared_header<relaxed_publication, tiny_layout>::set_tag(std::uint64_t slot,
                                                              std::uint8_t tag) noexcept {
  relaxed_publication::store_byte(tags, slot, tag, std::memory_order_relaxed);
}

template <>
bool bucket_look<moved_only_at_first, tiny_layout>::is_still(const header& of,
                                                             bucket_word seen) noexcept {
  return seen.with_moved().still_true_under(of.look().with_moved());
}

template <>
bool bucket_look<no_second_look, tiny_layout>::is_still(const header&, bucket_word) noexcept {
  return true;
}

template <>
void bucket_edit<version_does_not_count, tiny_layout>::clear_slot(std::uint64_t slot) noexcept {
  held_.now = held_.now.without_slots(slot_set(1u << slot));
}

template <>
bool evacuation<evacuation_without_lock, tiny_layout>::held_sources::take(bool) noexcept {
  const bucket_word seen = from_.header_at(first_ + held_).look();
  were_moved_ = seen.is_moved();
  if (seen.is_moved() || seen.is_locked()) return false;
  words_[held_++] = seen;
  return true;
}

template <>
evacuation<first_half_moves_first, tiny_layout>::held_sources::~held_sources() {
  for (unsigned n = 0; n < held_; ++n) lock::unlock(word(n), words_[n]);
}

template <>
bool evacuation<empty_at_first_sight, tiny_layout>::is_empty(std::uint64_t first) const noexcept {
  const bucket_word seen = from_.header_at(first).look();
  return seen.is_locked() || seen.occupied().empty();
}

template <>
bool grace_period<no_grace_period>::is_over(std::uint64_t) noexcept {
  return true;
}

template <>
std::byte* chunk_shelf<no_grace_for_chunks>::take_unread() noexcept {
  return take_aside();
}

template <>
void bucket_lock<sleeper_not_counted>::sleep(word& at) noexcept {
  const bucket_word seen(at.load(std::memory_order_seq_cst));
  if (seen.is_locked()) interleave::interleaved_sync::wait(at, seen.bits());
}

template <>
void bucket_lock<wakes_before_unlocking>::unlock(word& at, bucket_word becomes) noexcept {
  if (sleepers_near(at).load(std::memory_order_seq_cst) != 0) wake(at);
  at.exchange(becomes.bits(), std::memory_order_seq_cst);
}

template <>
void shared_table<counts_outside, tiny_layout>::fill_slot(std::uint32_t thread, header& of,
                                                          bucket_word seen, std::byte* slots,
                                                          std::uint64_t slot,
                                                          std::uint64_t position,
                                                          const copy& made) noexcept {
  write_slot<counts_outside, tiny_layout>(slot_at<tiny_layout>(slots, slot), made);
  of.set_tag(slot, tag_of(position));
  bucket_lock<counts_outside>::unlock(of.word, seen.with_slot(slot));
  state_.counts.add(thread, 1);
}

template <>
void held_bucket<change_not_announced>::begin_change() noexcept {
  now = now.changed();
}

template <>
bool bucket_lock<locks_whatever_is_there>::try_lock(word& at, bucket_word) noexcept {
  const bucket_word seen(at.load(std::memory_order_relaxed));
  std::uint64_t expected = seen.bits();
  return !seen.is_locked() &&
         at.compare_exchange_strong(expected, seen.with_lock().bits(), std::memory_order_acquire,
                                    std::memory_order_relaxed);
}

template <>
void shared_upkeep<helper_leaves_at_once, tiny_layout>::wait_for_readers() noexcept {}

template <>
void shared_upkeep<helper_leaves_first, tiny_layout>::unwatch() noexcept {
  state_.watcher.leave();
  state_.evacuations_per_call.store(state_.kind->evacuations_per_call, std::memory_order_relaxed);
}

template <>
bool line_walk<walks_meet_reseedings, tiny_layout>::try_begin() noexcept {
  state_.walks.fetch_add(1, std::memory_order_seq_cst);
  return true;
}

// Threads without records (refused_records_test.cpp): the first of the crowd that leaves takes the
// others' protection away.
template <>
grace_period<one_leaves_for_all>::record* grace_period<one_leaves_for_all>::new_record() noexcept {
  return nullptr;
}
template <>
void grace_period<one_leaves_for_all>::leave_crowd() noexcept {
  crowd_.pinned.store(0, std::memory_order_release);
}

}  // namespace steady::detail

namespace {

using namespace interleave;
using kind = steady::detail::migration_kind;

TEST(broken_variant, relaxed_publication) {
  expect_caught(find_while_inserting<relaxed_publication>, "words do not belong together");
}
TEST(broken_variant, moved_only_at_first) {
  expect_caught(find_while_a_chunk_is_recycled<moved_only_at_first>, "was not found");
}
TEST(broken_variant, no_second_look) {
  expect_caught(find_while_reusing_a_slot<no_second_look>, "words do not belong together");
}
TEST(broken_variant, version_does_not_count) {
  expect_caught(find_while_reusing_a_slot<version_does_not_count>, "words do not belong together");
}
TEST(broken_variant, evacuation_without_lock) {
  expect_caught(erase_while_evacuating<evacuation_without_lock>, "a change was lost");
}
TEST(broken_variant, first_half_moves_first) {
  expect_caught(change_all_while_shrinking<first_half_moves_first>, "an older value");
  expect_caught(erase_all_while_shrinking<first_half_moves_first>, "after it was erased");
  expect_caught(free_nodes_while_shrinking<first_half_moves_first>, "given back");
}
TEST(broken_variant, empty_at_first_sight) {
  expect_caught(insert_while_an_empty_bucket_moves<empty_at_first_sight>, "an element was lost");
}
TEST(broken_variant, no_grace_period) {
  expect_caught(read_until_the_array_is_gone<no_grace_period>, "given back");
  expect_caught(read_while_growing_twice<no_grace_period>, "given back");
}
TEST(broken_variant, no_grace_for_chunks) {
  expect_caught(find_while_a_chunk_is_trimmed<no_grace_for_chunks>, "given back");
}
TEST(broken_variant, sleeper_not_counted) {
  expect_caught(park_and_wake<sleeper_not_counted>, "deadlock");
}
TEST(broken_variant, wakes_before_unlocking) {
  expect_caught(park_and_wake<wakes_before_unlocking>, "deadlock");
}
TEST(broken_variant, counts_outside) {
  expect_caught(count_what_was_seen<counts_outside>, "fewer elements were counted");
}
TEST(broken_variant, change_not_announced) {
  expect_caught(find_while_assigning<change_not_announced>, "words do not belong together");
}
TEST(broken_variant, locks_whatever_is_there) {
  expect_caught(insert_twice<locks_whatever_is_there>, "inserted twice");
}
TEST(broken_variant, pin_comes_late) {
  expect_caught(read_until_the_array_is_gone<pin_comes_late>, "given back", 2);
}
TEST(broken_variant, helper_leaves_at_once) {
  expect_caught(compact_while_a_helper_leaves<helper_leaves_at_once>, "a helper was called");
}
TEST(broken_variant, helper_leaves_first) {
  expect_caught(destroy_while_a_helper_leaves<helper_leaves_first>, "given back");
}
TEST(broken_variant, walks_meet_reseedings) {
  expect_caught(walk_while_evacuating<walks_meet_reseedings, kind::reseed>, "a walk missed");
}
TEST(broken_variant, one_leaves_for_all) {
  expect_caught(read_until_the_array_is_gone<one_leaves_for_all>, "given back");
}

}  // namespace
