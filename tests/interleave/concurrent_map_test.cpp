// The real code of the concurrent map under every schedule of small programs, up to a bound of
// preemptions and of stale reads, and under random schedules beyond it.
#include <gtest/gtest.h>

#include "interleave/support/map_programs.hpp"
#include "interleave/support/searches.hpp"
#include "interleave/support/whole_map_programs.hpp"

namespace {

using namespace interleave;
using sync = interleaved_sync;
using kind = steady::detail::migration_kind;

#define HOLDS_ALWAYS(name, ...) \
  TEST(concurrent_map, name) { expect_no_failure(__VA_ARGS__); }

HOLDS_ALWAYS(inserts_a_key_once, insert_twice<sync>)
HOLDS_ALWAYS(finds_what_was_found_before, find_while_inserting<sync>)
HOLDS_ALWAYS(shows_a_new_element_to_its_visitor_first, find_while_showing<sync>)
HOLDS_ALWAYS(takes_back_what_a_visitor_refuses, insert_while_refusing<sync>)
HOLDS_ALWAYS(does_not_take_an_element_for_another_one, find_while_reusing_a_slot<sync>)
HOLDS_ALWAYS(reads_no_torn_value, find_while_assigning<sync>)
HOLDS_ALWAYS(agrees_with_what_its_calls_said, erase_and_insert<sync>)
HOLDS_ALWAYS(counts_what_can_be_seen, count_what_was_seen<sync>)
HOLDS_ALWAYS(searches_overflow_that_changes, overflow_while_searching<sync>)
HOLDS_ALWAYS(wakes_who_sleeps, park_and_wake<sync>)
HOLDS_ALWAYS(wakes_who_sleeps_beside_others, park_at_two<sync>)

HOLDS_ALWAYS(finds_while_compacting, find_while_evacuating<sync, kind::compact>)
HOLDS_ALWAYS(finds_while_reseeding, find_while_evacuating<sync, kind::reseed>)
HOLDS_ALWAYS(finds_while_compacting_by_heat, find_while_evacuating_by_heat<sync>)
HOLDS_ALWAYS(is_written_while_compacting, write_while_evacuating<sync, kind::compact>)
HOLDS_ALWAYS(is_written_while_reseeding, write_while_evacuating<sync, kind::reseed>)
HOLDS_ALWAYS(is_erased_from_while_compacting, erase_while_evacuating<sync>)
HOLDS_ALWAYS(gets_an_element_where_an_empty_bucket_moves, insert_while_an_empty_bucket_moves<sync>)
HOLDS_ALWAYS(is_compacted_by_two, evacuate_together<sync, kind::compact>)
HOLDS_ALWAYS(is_reseeded_by_two, evacuate_together<sync, kind::reseed>)
HOLDS_ALWAYS(grows_during_growth, grow_during_growth<sync>)
HOLDS_ALWAYS(grows_and_shrinks, grow_then_shrink<sync>)
HOLDS_ALWAYS(grows_from_nothing_in_leaves, grow_from_nothing_in_leaves<sync>)
HOLDS_ALWAYS(reserves_for_two, reserve_together<sync>)
HOLDS_ALWAYS(forgets_no_request, ask_to_shrink_together<sync>)
HOLDS_ALWAYS(goes_on_without_memory, grow_without_memory<sync>)
HOLDS_ALWAYS(frees_an_array_after_its_last_reader, read_until_the_array_is_gone<sync>)
HOLDS_ALWAYS(grows_twice_while_it_is_read, read_while_growing_twice<sync>)
HOLDS_ALWAYS(recycles_a_chunk_that_is_read, find_while_a_chunk_is_recycled<sync>)
HOLDS_ALWAYS(calls_no_helper_that_has_gone, compact_while_a_helper_leaves<sync>)
HOLDS_ALWAYS(moves_while_a_helper_leaves, move_while_a_helper_leaves<sync>)
HOLDS_ALWAYS(goes_while_a_helper_leaves, destroy_while_a_helper_leaves<sync>)
HOLDS_ALWAYS(frees_a_chunk_after_its_last_reader, find_while_a_chunk_is_trimmed<sync>)
HOLDS_ALWAYS(is_walked_while_compacting, walk_while_evacuating<sync, kind::compact>)
HOLDS_ALWAYS(is_walked_around_a_reseeding, walk_while_evacuating<sync, kind::reseed>)
HOLDS_ALWAYS(is_walked_as_a_reseeding_starts, walk_while_a_reseeding_starts<sync>)
HOLDS_ALWAYS(starts_what_another_prepares, start_without_patience<sync>)
HOLDS_ALWAYS(is_written_while_shrinking, write_while_shrinking<sync>)
HOLDS_ALWAYS(is_shrunk_by_two, shrink_together<sync>)
HOLDS_ALWAYS(is_walked_while_shrinking, walk_while_shrinking<sync>)
HOLDS_ALWAYS(changes_all_while_shrinking, change_all_while_shrinking<sync>)
HOLDS_ALWAYS(erases_all_while_shrinking, erase_all_while_shrinking<sync>)
HOLDS_ALWAYS(frees_nodes_erased_while_shrinking, free_nodes_while_shrinking<sync>)

}  // namespace
