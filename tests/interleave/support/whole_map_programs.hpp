// Small programs over a concurrent map about what concerns more than one bucket: two that become
// one while a walk, which takes whole buckets, comes by; and the start of a migration. As in
// map_programs.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <steady/detail/concurrent/retired_nodes.hpp>

#include "interleave/support/explore.hpp"
#include "interleave/support/map_programs.hpp"
#include "interleave/support/tiny_map.hpp"

namespace interleave {

// ---- shrinking ----

// A map of eight buckets that shrinks to four, with an element in each of the first two. They have
// the versions 0 and 1.
template <class Sync>
struct shrinking_map {
  tiny_map<Sync> map{2, 0, false, /*has_eight=*/true};
  std::vector<std::uint64_t> codes;
  bool is_used = false;  // by the thread that does not evacuate

  shrinking_map() {
    for (const std::uint64_t bucket : {0u, 1u}) {
      codes.push_back(map.code_in(bucket, 0));
      map.insert(codes.back(), bucket);
    }
    map.start(sd::migration_kind::shrink);
    require(map.migrating(), "the program does not migrate");
  }
};

// Evacuates the first two buckets in a thread of its own, in the middle of what another one does.
template <class Sync>
std::shared_ptr<shrinking_map<Sync>> map_that_shrinks(program& p) {
  const auto all = std::make_shared<shrinking_map<Sync>>();
  const happening meanwhile = p.must_happen("the buckets become one while the map is used");
  p.thread([=] {
    const bool was_used = all->is_used;
    meanwhile.note(all->map.step(1) != 0 && was_used && all->is_used);
  });
  return all;
}

// Each of the two elements is written by way of its own old bucket, whichever has moved.
template <class Sync>
void write_while_shrinking(program& p) {
  const auto all = interleave::map_that_shrinks<Sync>(p);
  p.thread([=] {
    const while_true during(all->is_used);
    require(all->map.erase(all->codes[1]), "an element that was there could not be erased");
    require(all->map.assign(all->codes[0], 6), "an element that was there was not found");
    require(all->map.insert(all->codes[1], 7), "an erased element was still there");
    require(all->map.find(all->codes[0]) == 6, "an older value after a newer one");
  });
  p.finally([=] {
    all->map.finish();
    require(all->map.find(all->codes[0]) == 6 && all->map.find(all->codes[1]) == 7,
            "a change was lost");
    require(all->map.size() == 2, "the size is not the number of elements");
    all->map.check();
  });
}

// Two threads evacuate the same buckets; one of them waits for their locks.
template <class Sync>
void shrink_together(program& p) {
  const auto all = interleave::map_that_shrinks<Sync>(p);
  p.thread([=] {
    const while_true during(all->is_used);
    require(all->map.upkeep().finish(), "there is memory");
    for (const std::uint64_t code : all->codes) {
      require(all->map.find(code).has_value(), "an element was lost by shrinking");
    }
  });
  p.finally([=] {
    all->map.finish();
    require(all->map.buckets() == 4, "the program does not shrink");
    require(all->map.size() == 2, "the size is not the number of elements");
    all->map.check();
  });
}

// A walk meets every element once, while buckets are joined.
template <class Sync>
void walk_while_shrinking(program& p) {
  const auto all = interleave::map_that_shrinks<Sync>(p);
  p.thread([=] {
    const while_true during(all->is_used);
    const std::vector<int> times = all->map.times_met(all->codes);
    require(times[0] == 1 && times[1] == 1, "a walk missed an element, or met it twice");
  });
}

// What a walk has changed is changed for everyone, and written once.
template <class Sync>
void change_all_while_shrinking(program& p) {
  const auto all = interleave::map_that_shrinks<Sync>(p);
  p.thread([=] {
    const while_true during(all->is_used);
    all->map.assign_all(6);
    for (const std::uint64_t code : all->codes) {
      require(all->map.find(code) == 6, "an older value after a newer one");
    }
    require(all->map.assign(all->codes[1], 7), "an element that was there was not found");
  });
  p.finally([=] {
    all->map.finish();
    require(all->map.find(all->codes[0]) == 6 && all->map.find(all->codes[1]) == 7,
            "a change was lost");
    all->map.check();
  });
}

// What a walk has erased is gone for everyone, and its key can be inserted again.
template <class Sync>
void erase_all_while_shrinking(program& p) {
  const auto all = interleave::map_that_shrinks<Sync>(p);
  p.thread([=] {
    const while_true during(all->is_used);
    all->map.erase_all([](std::uint64_t) {});
    for (const std::uint64_t code : all->codes) {
      require(!all->map.find(code), "an element was found after it was erased");
    }
    require(all->map.insert(all->codes[1], 7), "an erased element was still there");
  });
  p.finally([=] {
    require(all->map.find(all->codes[1]) == 7 && !all->map.find(all->codes[0]),
            "a change was lost");
    all->map.finish();
    require(all->map.find(all->codes[1]) == 7, "an element was lost by shrinking");
    require(all->map.size() == 1, "the size is not the number of elements");
    all->map.check();
  });
}

// Elements in nodes: a version is the number of a node. A walk erases all, retires their nodes, and
// gives back those that nobody can be reading, while a reader compares the key in one.
template <class Sync>
void free_nodes_while_shrinking(program& p) {
  struct node {
    node* next_retired = nullptr;
    typename Sync::template atomic<std::uint64_t> key{0};
  };
  struct elements {
    node nodes[2];
    sd::retired_nodes<Sync, node> retired;
  };
  const auto all = interleave::map_that_shrinks<Sync>(p);
  const auto of = std::make_shared<elements>();
  const auto give_back = [](node* gone) {
    Sync::fresh_memory(std::addressof(gone->key), sizeof gone->key);
  };
  const happening are_freed = p.must_happen("both nodes are freed while the threads run");
  p.thread([=] {
    const while_true during(all->is_used);
    std::vector<node*> erased;
    all->map.erase_all([&](std::uint64_t number) { erased.push_back(&of->nodes[number]); });
    for (node* const gone : erased) of->retired.retire(gone, give_back);
    of->retired.free_some(2, give_back);  // from now on they wait for readers
    Sync::pause();
    of->retired.free_some(2, give_back);
    are_freed.note(of->retired.size() == 0);
  });
  p.thread([=] {
    const typename sd::grace_period<Sync>::pin pinned;
    const auto number = all->map.find(all->codes[1]);
    Sync::pause();
    if (number) of->nodes[*number].key.load(std::memory_order_relaxed);
  });
}

// ---- starting ----

// A migration is due. One thread prepares it; if that takes long, the other one does, too. It
// starts once for each request, and what was prepared in vain goes.
struct counted_memory {
  static inline unsigned blocks = 0;
  static std::byte* allocate(void* owner, std::size_t bytes, std::size_t alignment) {
    ++blocks;
    return allocate_scribbled(owner, bytes, alignment);
  }
  static constexpr sd::memory_source source{allocate, sd::plain_memory_source.release, 8};
};
template <class Sync>
void start_without_patience(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(1, 64, counted_memory::source);
  counted_memory::blocks = 0;
  const happening both_prepare = p.must_happen("two arrays are prepared for one migration");
  p.thread([=] { all->map.start(sd::migration_kind::compact); });
  p.thread([=] {
    all->map.start(sd::migration_kind::compact);
    for (int n = 0; n < 20; ++n) all->map.step(0);
  });
  p.finally([=] {
    auto& state = all->map.state();
    const bool is_one = state.migrations.load() == 1;
    const unsigned blocks = counted_memory::blocks;
    all->map.step(0);
    all->map.finish();
    const std::uint64_t done = state.finished[static_cast<int>(sd::migration_kind::compact)].load();
    require(done == 1 || done == 2, "not one migration for each request, or for both");
    require(state.migrations.load() == done, "a migration began that did not end");
    all->require_all(1);
    counted_memory::blocks = 0;
    all->map.start(sd::migration_kind::compact);
    both_prepare.note(is_one && blocks == 2 * counted_memory::blocks);
  });
}

// A walk begins at the moment at which a reseeding does: one of them comes first.
template <class Sync>
void walk_while_a_reseeding_starts(program& p) {
  const auto all = std::make_shared<moving_map<Sync>>(2);
  const auto is_walked = std::make_shared<bool>(false);
  const happening walk_is_first =
      p.must_happen("the walk has begun when the reseeding is asked for");
  const happening reseeding_is_first =
      p.must_happen("the reseeding has begun when the walk begins");
  p.thread([=] {
    walk_is_first.note(*is_walked);
    all->map.start(sd::migration_kind::reseed);
    all->map.step(3);
  });
  p.thread([=] {
    reseeding_is_first.note(all->map.migrating());
    const while_true during(*is_walked);
    const std::vector<int> times = all->map.times_met({all->codes[0], all->codes[1]});
    require(times[0] == 1 && times[1] == 1, "a walk missed an element, or met it twice");
  });
  p.finally([=] {
    all->map.step(0);
    all->map.finish();
    require(all->map.state().finished[static_cast<int>(sd::migration_kind::reseed)].load() == 1,
            "a request to reseed was lost");
    all->require_all(2);
  });
}

}  // namespace interleave
