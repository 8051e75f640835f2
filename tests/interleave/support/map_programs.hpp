// Small programs over the concurrent map, each with what must hold under every schedule. The same
// ones run over the real code and over broken variants of it.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "interleave/support/explore.hpp"
#include "interleave/support/tiny_map.hpp"

namespace interleave {

// A plain variable is true while this exists: threads tell each other by it where they are.
class while_true {
 public:
  explicit while_true(bool& of) : of_(of) { of_ = true; }
  ~while_true() { of_ = false; }
  while_true(const while_true&) = delete;
  while_true& operator=(const while_true&) = delete;

 private:
  bool& of_;
};

// ---- one bucket ----

// Both threads insert the same key: one of them does.
template <class Sync>
void insert_twice(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const auto inserted = std::make_shared<int>(0);
  const std::uint64_t code = map->code_in(1, 0);
  for (const char* const who : {"the first thread inserts", "the second thread inserts"}) {
    const happening inserts = p.must_happen(who);
    p.thread([=] {
      const bool has_inserted = map->insert(code);
      *inserted += has_inserted;
      inserts.note(has_inserted);
    });
  }
  p.finally([=] {
    require(*inserted == 1, "a key was inserted twice, or not at all");
    require(map->size() == 1, "the size is not the number of elements");
    map->check();
  });
}

// The first elements of a map whose headers come in leaves: each thread may be the one that
// provides the leaf and the slots, in the middle of the other one's look. Then the map grows.
template <class Sync>
void grow_from_nothing_in_leaves(program& p) {
  const auto map = std::make_shared<tiny_map<Sync, tiny_layout_in_leaves>>(2);
  std::vector<std::uint64_t> codes;
  for (const std::uint64_t bucket : {0u, 2u, 3u}) codes.push_back(map->code_in(bucket, 0));
  const happening comes_between = p.must_happen("one thread's element is the second of three");
  const happening comes_first = p.must_happen("the second thread's element is the first one");
  p.thread([=] {
    comes_first.note(map->size() == 1);
    map->insert(codes[0]);
    const std::size_t before = map->size();
    map->insert(codes[1]);
    comes_between.note(before == 1 && map->size() == 3);
  });
  p.thread([=] { map->insert(codes[2]); });
  p.finally([=] {
    for (const std::uint64_t code : codes) {
      require(map->find(code).has_value(), "an element was lost");
    }
    map->step(1);
    require(map->migrating() || map->buckets() > 4, "the program does not migrate");
    map->finish();
    for (const std::uint64_t code : codes) {
      require(map->find(code).has_value(), "an element was lost by growing");
    }
    require(map->size() == codes.size(), "the size is not the number of elements");
    map->check();
  });
}

// What a thread has seen stays.
template <class Sync>
void find_while_inserting(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(1, 0);
  map->insert(map->code_in(2, 0));  // the chunk is there
  const happening appears = p.must_happen("the element appears between two looks");
  p.thread([=] { map->insert(code, 7); });
  p.thread([=] {
    const auto first = map->find(code);
    const auto second = map->find(code);
    appears.note(!first && second);
    require(!first || *first == 7, "another value than the one inserted");
    require(!first || second, "an element was there, and then not");
  });
}

// A new element is shown to a visitor, who changes it: nobody sees it as it was before.
template <class Sync>
void find_while_showing(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(1, 0);
  map->insert(map->code_in(2, 0));  // the chunk is there
  const auto is_shown = std::make_shared<bool>(false);
  const happening looks_meanwhile = p.must_happen("a reader looks while the visitor runs");
  const happening sees_it = p.must_happen("a reader sees the new element");
  p.thread([=] {
    const bool inserted = map->insert_shown(code, [=] {
      const while_true during(*is_shown);
      Sync::pause();
      return std::uint64_t{7};
    });
    require(inserted, "a new key was not inserted");
  });
  p.thread([=] {
    const auto found = map->find(code);
    looks_meanwhile.note(*is_shown);
    sees_it.note(found.has_value());
    require(!found || *found == 7, "an element was seen before its visitor had changed it");
  });
}

// The visitor throws, and the other thread inserts the same key.
template <class Sync>
void insert_while_refusing(program& p) {
  struct refusal {};
  const auto map = std::make_shared<tiny_map<Sync>>();
  const auto inserted = std::make_shared<int>(0);
  const std::uint64_t code = map->code_in(1, 0);
  map->insert(map->code_in(2, 0));
  const auto is_shown = std::make_shared<bool>(false);
  const happening refuses = p.must_happen("the visitor throws");
  const happening comes_meanwhile = p.must_happen("the other one comes before the visitor throws");
  p.thread([=] {
    try {
      map->insert_shown(code, [=]() -> std::uint64_t {
        const while_true during(*is_shown);
        Sync::pause();
        throw refusal();
      });
    } catch (const refusal&) {
      refuses.note();
    }
  });
  p.thread([=] {
    comes_meanwhile.note(*is_shown);
    *inserted += map->insert(code, 2);
  });
  p.finally([=] {
    require(*inserted == 1 && map->find(code) == 2, "a refused element stood in the way");
    require(map->size() == 2, "the size is not the number of elements");
    map->check();
  });
}

// A slot is used again: a reader that saw the erased element must not take the new one for it.
template <class Sync>
void find_while_reusing_a_slot(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t old_code = map->code_in(1, 0);
  const std::uint64_t new_code = map->code_beside(old_code);
  map->insert(old_code, 1);
  const auto is_used_again = std::make_shared<bool>(false);
  const happening looks_meanwhile = p.must_happen("the slot is used again during a look");
  p.thread([=] {
    map->erase(old_code);
    map->insert(new_code, 2);
    *is_used_again = true;
  });
  p.thread([=] {
    const bool was_used_again = *is_used_again;
    const auto found = map->find(old_code);
    looks_meanwhile.note(!was_used_again && *is_used_again);
    require(!found || *found == 1, "another element's value");
  });
}

// Values are assigned while they are read.
template <class Sync>
void find_while_assigning(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(2, 0);
  map->insert(code, 1);
  const happening changes = p.must_happen("the value changes between two looks");
  p.thread([=] { map->assign(code, 2); });
  p.thread([=] {
    const auto first = map->find(code);
    const auto second = map->find(code);
    changes.note(first != second);
    require(first && second, "an element that was there all the time was not found");
    require(*first <= *second, "an older value after a newer one");
  });
}

// Erasing and inserting the same key.
template <class Sync>
void erase_and_insert(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(0, 0);
  const auto balance = std::make_shared<int>(0);
  p.thread([=] { *balance += map->insert(code); });
  const happening erases = p.must_happen("a thread erases what the other one has inserted");
  const happening is_late = p.must_happen("a thread finds inserted again what it has erased");
  p.thread([=] {
    const bool erased = map->erase(code);
    const bool inserted = map->insert(code);
    *balance += inserted - erased;
    erases.note(erased);
    is_late.note(!inserted);
  });
  p.finally([=] {
    require(*balance == 1 && map->find(code), "calls and what is there do not agree");
    require(map->size() == 1, "the size is not the number of elements");
    map->check();
  });
}

// A thread that has erased what another one inserted counts both.
template <class Sync>
void count_what_was_seen(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(0, 0);
  map->insert(map->code_in(3, 0));
  const happening erases = p.must_happen("a thread erases what the other one has inserted");
  p.thread([=] { map->insert(code); });
  p.thread([=] {
    if (!map->erase(code)) return;
    erases.note();
    require(map->size() >= 1, "fewer elements were counted than are there");
  });
}

// The bucket is full: elements come and go in overflow.
template <class Sync>
void overflow_while_searching(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>(64);
  std::vector<std::uint64_t> codes;
  for (std::uint64_t n = 0; n < 18; ++n) codes.push_back(map->code_in(1, n));
  for (std::size_t n = 0; n < 17; ++n) map->insert(codes[n], 3);
  const happening goes_beside = p.must_happen("there are two elements in overflow");
  p.thread([=] { map->insert(codes[17], 3); });
  p.thread([=] {
    goes_beside.note(map->size() == 18);
    map->erase(codes[16]);
    require(map->find(codes[15]).has_value(), "an element that was there all the time was lost");
  });
  p.finally([=] {
    require(map->size() == 17, "the size is not the number of elements");
    map->check();
  });
}

// A visitor holds the lock; the other thread sleeps, and is woken.
template <class Sync>
void park_and_wake(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(1, 0);
  map->insert(code, 1);
  p.thread([=] {
    map->visit(code, [] {
      for (int n = 0; n < 3; ++n) Sync::pause();
    });
  });
  p.thread([=] { map->assign(code, 2); });
  const happening sleeps = p.must_happen("a thread sleeps");
  p.finally([=] {
    sleeps.note(scheduler::running->sleeps() != 0);
    require(map->find(code) == 2, "an assignment was lost");
  });
}

// Each of two buckets has somebody who waits for it. Whoever unlocks one wakes its sleeper, whether
// the other one's sleeps, is just falling asleep, or has left.
template <class Sync>
void park_at_two(program& p) {
  using lock = sd::bucket_lock<Sync>;
  struct two_words {
    typename lock::word first{sd::bucket_word().with_lock().bits()};
    alignas(64) typename lock::word second{sd::bucket_word().with_lock().bits()};
  };
  const auto words = std::make_shared<two_words>();
  p.thread([=] {
    for (int n = 0; n < 3; ++n) Sync::pause();
    lock::unlock(words->first, sd::bucket_word());
    lock::unlock(words->second, sd::bucket_word());
  });
  p.thread(
      [=] { require(!lock::await_unlocked(words->first).is_locked(), "the first is locked"); });
  p.thread(
      [=] { require(!lock::await_unlocked(words->second).is_locked(), "the second is locked"); });
  const happening both_sleep = p.must_happen("both threads sleep");
  p.finally([=] { both_sleep.note(scheduler::running->sleeps() >= 2); });
}

// ---- migrations ----

// A map of four buckets with `elements` in bucket 1, that is about to migrate.
template <class Sync>
struct moving_map {
  tiny_map<Sync> map;
  std::vector<std::uint64_t> codes;

  explicit moving_map(std::size_t elements, unsigned most = 64,
                      const sd::memory_source& source = scribbled_memory_source)
      : map(most, 0, false, false, source) {
    for (std::size_t n = 0; n <= elements; ++n) codes.push_back(map.code_in(1, n));
    for (std::size_t n = 0; n < elements; ++n) map.insert(codes[n], 5);
  }
  // The first `count` ones, and `others`.
  void require_all(std::size_t count, std::size_t others = 0) {
    for (std::size_t n = 0; n < count; ++n) {
      require(map.find(codes[n]).has_value(), "an element was lost");
    }
    require(map.size() == count + others, "the size is not the number of elements");
    map.check();
  }
};

template <class Sync, sd::migration_kind Kind>
void find_while_evacuating(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2);
  all->map.start(Kind);
  const happening moves = p.must_happen("the bucket moves during a look");
  p.thread([=] { all->map.step(3); });
  p.thread([=] {
    for (std::size_t n = 0; n < 2; ++n) {
      const bool had_moved = all->map.has_moved(1);
      require(all->map.find(all->codes[n]) == 5,
              "an element that was there all the time was not found");
      moves.note(!had_moved && all->map.has_moved(1));
    }
  });
  p.finally([=] { all->require_all(2); });
}

// In the order of heat: the lookups say which of the two chunks is to move first, while the other
// thread takes what they say.
template <class Sync>
void find_while_evacuating_by_heat(program& p) {
  const auto map =
      std::make_shared<tiny_map<Sync, tiny_layout_by_heat>>(64, 0, false, /*has_eight=*/true);
  const std::uint64_t late = map->code_in(6, 0);
  const std::uint64_t early = map->code_in(1, 0);
  map->insert(late, 5);
  map->insert(early, 5);
  map->start(sd::migration_kind::compact);
  const happening moves_first = p.must_happen("what was looked up first moves first");
  p.thread([=] { map->step(8); });
  p.thread([=] {
    for (const std::uint64_t code : {late, early}) {
      require(map->find(code) == 5, "an element that was there all the time was not found");
    }
    map->step(4);
    moves_first.note(map->has_moved(6) && !map->has_moved(1));
  });
  p.finally([=] {
    map->finish();
    require(map->find(late) == 5 && map->find(early) == 5, "an element was lost");
    map->check();
  });
}

template <class Sync, sd::migration_kind Kind>
void write_while_evacuating(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2);
  all->map.start(Kind);
  const happening moves = p.must_happen("the bucket moves between two changes");
  p.thread([=] { all->map.step(3); });
  p.thread([=] {
    const bool had_moved = all->map.has_moved(1);
    require(all->map.erase(all->codes[0]), "an element that was there could not be erased");
    moves.note(!had_moved && all->map.has_moved(1));
    require(all->map.assign(all->codes[1], 6), "an element that was there was not found");
    require(all->map.insert(all->codes[0], 7), "an erased element was still there");
  });
  p.finally([=] {
    all->require_all(2);
    require(all->map.find(all->codes[0]) == 7 && all->map.find(all->codes[1]) == 6,
            "a change was lost");
  });
}

// Erasing writes nothing but the bucket's word, so what is lost is lost as a whole. Nothing else is
// looked at, so that nothing else is found.
template <class Sync>
void erase_while_evacuating(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2);
  all->map.start(sd::migration_kind::compact);
  const happening moves = p.must_happen("the bucket moves as an element of it is erased");
  p.thread([=] { all->map.step(3); });
  p.thread([=] {
    const bool had_moved = all->map.has_moved(1);
    require(all->map.erase(all->codes[0]), "an element that was there could not be erased");
    moves.note(!had_moved && all->map.has_moved(1));
  });
  p.finally([=] {
    require(all->map.times_met({all->codes[0]})[0] == 0,
            "a change was lost: an erased element is there again");
  });
}

// A bucket that is about to move without slots, because it is empty, gets an element.
template <class Sync>
void insert_while_an_empty_bucket_moves(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const std::uint64_t code = map->code_in(1, 0);
  map->insert(map->code_in(3, 0), 5);
  map->start(sd::migration_kind::compact);
  const happening has_moved = p.must_happen("the bucket has moved empty when the element comes");
  const happening moves = p.must_happen("the bucket moves as the element comes");
  p.thread([=] { map->step(3); });
  p.thread([=] {
    const bool had_moved = map->has_moved(1);
    require(map->insert(code, 7), "a key was there that nobody had inserted");
    has_moved.note(had_moved);
    moves.note(!had_moved && map->has_moved(1));
    require(map->find(code) == 7, "an element was lost");
  });
  p.finally([=] {
    map->finish();
    require(map->find(code) == 7, "an element was lost");
    map->check();
  });
}

// Two threads evacuate the same buckets.
template <class Sync, sd::migration_kind Kind>
void evacuate_together(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(3);
  all->map.start(Kind);
  const happening both_move = p.must_happen("both threads move buckets");
  const auto movers = std::make_shared<int>(0);
  for (int n = 0; n < 2; ++n) p.thread([=] { *movers += all->map.step(4) != 0; });
  p.finally([=] {
    both_move.note(*movers == 2);
    all->map.finish();
    all->require_all(3);
  });
}

// Insertions make the map grow, and grow again.
template <class Sync>
void grow_during_growth(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(3, 2);
  std::vector<std::uint64_t> more;
  for (std::uint64_t n = 0; n < 3; ++n) more.push_back(all->map.code_in(2, n));
  const happening grows_again = p.must_happen("a second growth begins while the threads run");
  p.thread([=] {
    all->map.insert(all->codes[3], 5);
    all->map.insert(more[0], 5);
  });
  p.thread([=] {
    all->map.insert(more[1], 5);
    all->map.insert(more[2], 5);
  });
  p.finally([=] {
    grows_again.note(all->map.state().migrations.load() >= 2);
    for (const std::uint64_t code : more) {
      require(all->map.find(code).has_value(), "an element was lost");
    }
    all->map.finish();
    all->require_all(4, more.size());
  });
}

// A migration ends, the next one begins, and memory of the first array is freed, while a reader is
// on its way.
template <class Sync>
void read_until_the_array_is_gone(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(1);
  all->map.start(sd::migration_kind::compact);
  const auto is_read = std::make_shared<bool>(false);
  const happening is_left = p.must_happen("the array is left while it is read");
  const happening begins_again = p.must_happen("the next migration begins while the threads run");
  p.thread([=] {
    const bool was_read = *is_read;
    all->map.step(12);
    is_left.note(was_read && *is_read && all->map.ended(sd::migration_kind::compact) == 1);
    all->map.step(40);  // frees it: the first call was a reader of it itself
    all->map.start(sd::migration_kind::compact);
    begins_again.note(all->map.migrating());
    all->map.step(6);
  });
  p.thread([=] {
    const while_true during(*is_read);
    require(all->map.find(all->codes[0]) == 5,
            "an element that was there all the time was not found");
  });
  p.finally([=] {
    all->map.finish();
    all->require_all(1);
  });
}

// The map grows twice while a reader is on its way, who keeps both arrays from being freed; then
// they go, the older one first.
template <class Sync>
void read_while_growing_twice(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2, 1);
  all->map.start(sd::migration_kind::grow);
  std::vector<std::uint64_t> more;
  for (std::uint64_t n = 0; n < 3; ++n) more.push_back(all->map.code_in(n + 1, 2));
  const auto is_read = std::make_shared<bool>(false);
  const happening two_are_left = p.must_happen("two arrays are left while a reader is on its way");
  p.thread([=] {
    const bool was_read = *is_read;
    all->map.step(4);
    for (const std::uint64_t code : more) all->map.insert(code, 5);
    all->map.step(20);
    two_are_left.note(was_read && *is_read && all->map.ended(sd::migration_kind::grow) >= 2);
    all->map.step(40);
  });
  p.thread([=] {
    {
      const while_true during(*is_read);
      require(all->map.find(all->codes[0]) == 5, "an element that was there was not found");
    }
    require(all->map.assign(all->codes[1], 6), "an element that was there was not found");
  });
  p.finally([=] {
    all->map.finish();
    require(all->map.state().finished[static_cast<int>(sd::migration_kind::grow)].load() >= 2,
            "the program does not grow twice");
    require(all->map.find(all->codes[1]) == 6, "a change was lost");
    all->require_all(2, more.size());
  });
}

// The slots of an old bucket serve the next array while a reader still reads them.
template <class Sync>
void find_while_a_chunk_is_recycled(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>(8, 0, false, true);
  const std::uint64_t code = map->code_in(0, 0);
  const std::uint64_t later = map->code_like(code, 4);
  map->insert(code, 5);
  map->insert(later, 6);
  map->state().reserved.store(17, std::memory_order_relaxed);
  map->step(0);
  require(map->migrating(), "the program does not migrate");
  const auto is_read = std::make_shared<bool>(false);
  const happening is_recycled = p.must_happen("the chunk serves the next array during a look");
  p.thread([=] {
    const bool was_read = *is_read;
    map->step(8);
    is_recycled.note(was_read && *is_read && map->ended(sd::migration_kind::grow) != 0);
  });
  p.thread([=] {
    const while_true during(*is_read);
    require(map->find(code) == 5, "an element that was there all the time was not found");
  });
  p.finally([=] {
    map->finish();
    require(map->find(code) == 5 && map->find(later) == 6, "an element was lost");
    map->check();
  });
}

// An old chunk that the next array does not need is freed while a reader still reads it.
template <class Sync>
void find_while_a_chunk_is_trimmed(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>(2, 0, false, true);
  std::vector<std::uint64_t> codes;
  for (const std::uint64_t bucket : {0u, 1u, 2u, 7u}) codes.push_back(map->code_in(bucket, 0));
  for (const std::uint64_t code : codes) map->insert(code, 5);
  map->start(sd::migration_kind::compact);
  map->step(7);
  require(map->migrating(), "the program does not migrate");
  const happening is_freed = p.must_happen("a chunk is freed while the threads run");
  p.thread([=] {
    map->step(1);  // the last bucket
    map->trim(1);
    map->trim(8);
    is_freed.note(map->state().memory.chunks() == 2);
  });
  p.thread([=] {
    require(map->find(codes.back()) == 5, "an element that was there all the time was not found");
  });
  p.finally([=] {
    for (int n = 0; n < 3; ++n) map->trim(8);
    require(map->state().memory.chunks() == 2, "a chunk was not freed");
    for (const std::uint64_t code : codes) require(map->find(code) == 5, "an element was lost");
    map->check();
  });
}

// The map grows, and shrinks again.
template <class Sync>
void grow_then_shrink(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>(2, 0.8);
  const std::uint64_t first = map->code_in(1, 0);
  const std::uint64_t second = map->code_in(2, 0);
  const std::uint64_t third = map->code_in(3, 0);
  map->insert(first, 5);
  map->insert(second, 5);
  const happening grows = p.must_happen("the map grows while the threads run");
  const happening shrinks = p.must_happen("the map shrinks again while the threads run");
  p.thread([=] {
    map->insert(third, 5);
    map->step(6);  // it grows
    map->erase(third);
    map->step(20);  // what it has left is freed
    map->step(9);   // it shrinks
  });
  p.thread([=] {
    map->erase(first);
    map->insert(first, 6);
    require(map->find(second) == 5, "an element that was there all the time was not found");
  });
  p.finally([=] {
    grows.note(map->ended(sd::migration_kind::grow) != 0);
    shrinks.note(map->ended(sd::migration_kind::shrink) != 0);
    for (int n = 0; n < 3; ++n) {
      map->step(9);
      map->finish();
    }
    require(map->find(first) == 6 && map->find(second) == 5 && !map->find(third),
            "a change was lost");
    require(map->buckets() == 4, "the map does not shrink again");
    map->check();
  });
}

// Both ask for fewer buckets, one of them when it has erased enough for that: its request lasts,
// although the other one found that nothing was due.
template <class Sync>
void ask_to_shrink_together(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>(2, 0, false, /*has_eight=*/true);
  std::vector<std::uint64_t> codes;
  for (std::uint64_t n = 0; n < 3; ++n) codes.push_back(map->code_in(n, 0));
  for (const std::uint64_t code : codes) map->insert(code);
  const happening is_not_due = p.must_happen("the first request finds that nothing is due");
  const happening is_due = p.must_happen("the first request finds that a migration is due");
  p.thread([=] {
    map->start(sd::migration_kind::shrink);
    (map->migrating() ? is_due : is_not_due).note();
  });
  p.thread([=] {
    map->erase(codes[0]);
    map->start(sd::migration_kind::shrink);
  });
  p.finally([=] {
    for (int n = 0; n < 4; ++n) map->step(8);
    map->finish();
    require(map->buckets() == 4, "a request to shrink was lost");
    map->check();
  });
}

// Two reserve at the same moment: each has its room when its call returns, and keeps it.
template <class Sync>
void reserve_together(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>(2);
  map->insert(map->code_in(1, 0));
  const auto buckets = std::make_shared<std::vector<std::uint64_t>>(2);
  const auto within = std::make_shared<int>(0);
  const happening overlap = p.must_happen("one reserves while the other one does");
  for (std::size_t n = 0; n < 2; ++n) {
    p.thread([=] {
      overlap.note(++*within == 2);
      require(map->upkeep().reserve(3 + n), "there is memory");
      --*within;
      (*buckets)[n] = map->upkeep().buckets();
    });
  }
  p.finally([=] {
    require(buckets->at(0) >= 8 && buckets->at(1) >= 8, "a reservation was not kept");
    map->finish();
    require(map->buckets() >= 8, "a reservation was forgotten");
    map->check();
  });
}

// The allocator refuses memory: insertions go on, and the map grows later.
struct refusing_memory {
  static inline bool refuses = false;
  static inline unsigned refused = 0;
  static std::byte* allocate(void* owner, std::size_t bytes, std::size_t alignment) {
    if (refuses) {
      ++refused;
      throw std::bad_alloc();
    }
    return sd::plain_memory_source.allocate(owner, bytes, alignment);
  }
  static void release(void* owner, std::byte* block, std::size_t bytes,
                      std::size_t alignment) noexcept {
    sd::plain_memory_source.release(owner, block, bytes, alignment);
  }
  static constexpr sd::memory_source source{allocate, release, 8};
};
template <class Sync>
void grow_without_memory(program& p) {
  refusing_memory::refuses = false;
  const auto map = std::make_shared<tiny_map<Sync>>(2, 0, false, false, refusing_memory::source);
  std::vector<std::uint64_t> codes;
  for (std::uint64_t n = 0; n < 4; ++n) codes.push_back(map->code_in(n, 0));
  map->insert(codes[0]);
  map->insert(codes[1]);
  refusing_memory::refuses = true;
  refusing_memory::refused = 0;
  const happening are_refused = p.must_happen("memory is refused while the threads run");
  p.thread([=] { map->insert(codes[2]); });
  p.thread([=] {
    map->insert(codes[3]);
    require(map->find(codes[0]).has_value(), "an element was lost");
  });
  p.finally([=] {
    are_refused.note(refusing_memory::refused != 0);
    refusing_memory::refuses = false;
    require(map->buckets() == 4 && !map->migrating(), "the map grew without memory");
    map->step(1);
    map->finish();
    require(map->buckets() > 4, "the map does not grow when there is memory again");
    for (const std::uint64_t code : codes) require(map->find(code).has_value(), "lost");
    map->check();
  });
}

// A helper in the background is asked nothing once it has gone.
template <class Sync>
class tiny_helper final : public sd::migration_watcher {
 public:
  bool has_gone = false;
  bool is_called = false;
  void has_begun() noexcept override {
    is_called = true;
    Sync::pause();
    require(!has_gone, "a helper was called that had gone");
  }
  void pause() noexcept override {}
  void resume() noexcept override {}
  void let_go() noexcept override {}
};
template <class Sync>
void compact_while_a_helper_leaves(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2);
  const auto helper = std::make_shared<tiny_helper<Sync>>();
  require(all->map.upkeep().watch(*helper), "the map has a helper already");
  require(!all->map.upkeep().watch(*helper), "the map has two helpers");
  helper->is_called = false;
  const happening is_called = p.must_happen("the helper is called before it has gone");
  const happening is_not_called = p.must_happen("the migration begins when the helper has gone");
  p.thread([=] { all->map.start(sd::migration_kind::compact); });
  p.thread([=] {
    all->map.upkeep().unwatch();
    all->map.upkeep().wait_for_readers();
    helper->has_gone = true;
  });
  p.finally([=] {
    (helper->is_called ? is_called : is_not_called).note();
    require(all->map.migrating(), "the program does not migrate");
    require(sd::share_of_calls<Sync, tiny_layout>(all->map.state()).quota() != 0,
            "calls have no share in the migration, though there is no helper");
    all->map.finish();
    all->require_all(2);
  });
}

// A service ends while another thread destroys the container. Whoever comes second finds no
// watcher, and waits for nobody: the first must be through with the container by then.
template <class Sync>
class leaving_helper final : public sd::migration_watcher {
  using upkeep = sd::shared_upkeep<Sync, tiny_layout>;

 public:
  explicit leaving_helper(tiny_map<Sync>& of) : container_(&of) {}
  void end() noexcept {
    lock();
    if (container_ != nullptr) std::exchange(container_, nullptr)->upkeep().unwatch();
    unlock();
    upkeep::wait_for_readers();
  }
  void has_begun() noexcept override {}
  void pause() noexcept override { lock(); }
  void resume() noexcept override { unlock(); }
  void let_go() noexcept override {
    lock();
    container_ = nullptr;
    unlock();
  }

 private:
  void lock() noexcept {
    while (locked_.exchange(1, std::memory_order_acquire) != 0) Sync::pause();
  }
  void unlock() noexcept { locked_.store(0, std::memory_order_release); }

  typename Sync::template atomic<std::uint32_t> locked_{0};
  tiny_map<Sync>* container_;
};
// A map whose helper leaves in the first thread.
template <class Sync>
std::shared_ptr<tiny_map<Sync>> map_that_a_helper_leaves(program& p) {
  const auto map = std::make_shared<tiny_map<Sync>>();
  const auto helper = std::make_shared<leaving_helper<Sync>>(*map);
  require(map->upkeep().watch(*helper), "the map has a helper already");
  p.thread([=] { helper->end(); });
  return map;
}
template <class Sync>
void destroy_while_a_helper_leaves(program& p) {
  const auto map = interleave::map_that_a_helper_leaves<Sync>(p);
  const happening is_there = p.must_happen("the helper is there when the map goes");
  const happening is_gone = p.must_happen("the helper has gone before the map does");
  p.thread([=] {
    auto& state = map->state();
    (state.watcher.is_taken() ? is_there : is_gone).note();
    state.watcher.container_goes();
    Sync::fresh_memory(&state, sizeof state);
  });
}
// The same where the container is moved or swapped: what the helper did to it has happened before.
template <class Sync>
void move_while_a_helper_leaves(program& p) {
  const auto map = interleave::map_that_a_helper_leaves<Sync>(p);
  const happening keeps_it_away = p.must_happen("the helper is there, and is kept away");
  const happening finds_it_gone = p.must_happen("the helper has gone before that");
  p.thread([=] {
    auto& state = map->state();
    const sd::without_watcher<Sync> alone(state.watcher);
    (state.watcher.is_taken() ? keeps_it_away : finds_it_gone).note();
    if (state.watcher.is_taken()) return;
    require(state.evacuations_per_call.load(std::memory_order_relaxed) != 0,
            "what a helper did to the map is not seen, though it has gone");
  });
}

// A walk meets every element once, while buckets are split.
template <class Sync, sd::migration_kind Kind>
void walk_while_evacuating(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2);
  all->map.start(Kind);
  const auto is_walked = std::make_shared<bool>(false);
  const happening moves = p.must_happen("buckets move during a walk");
  p.thread([=] {
    const bool was_walked = *is_walked;
    moves.note(all->map.step(3) != 0 && was_walked && *is_walked);
  });
  p.thread([=] {
    const while_true during(*is_walked);
    const std::vector<int> times = all->map.times_met({all->codes[0], all->codes[1]});
    require(times[0] == 1 && times[1] == 1, "a walk missed an element, or met it twice");
  });
  p.finally([=] { all->require_all(2); });
}

}  // namespace interleave
