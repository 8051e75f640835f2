// Two containers of a kind side by side, each beside a plain map that says what it must hold, with
// a node that goes between them and iterators and references that are kept. The operations are read
// from bytes, as in model.hpp; this one is about everything that model.hpp leaves out.
//
// `Container` has a ledger_allocator; `Guest` is the same with another hash and policy, to merge
// with.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <span>
#include <utility>

#include <steady/retire.hpp>

#include "support/element_kits.hpp"
#include "support/ledger_allocator.hpp"
#include "support/model.hpp"
#include "support/operations/whole.hpp"

namespace support {

template <class Container, class Guest>
class containers_model : public whole_operations<Container, Guest> {
  using base = whole_operations<Container, Guest>;
  using base::first_;
  using base::first_end_;
  using base::hand_;
  using base::options_;
  using base::require_hand;
  using base::second_;
  using base::second_end_;
  using base::trouble_;
  using typename base::iterator;
  using typename base::side;

 public:
  containers_model(const containers_options& options, std::span<memory_ledger, 3> ledgers)
      : base(options, ledgers) {}

  // Runs until the bytes are used up; ends the program with a message at the first difference.
  void run(byte_source& source) {
    for (std::uint64_t turn = 0; !source.empty(); ++turn) {
      const std::uint8_t code = source.byte();
      side& a = (code & 0x80) == 0 ? first_ : second_;
      side& b = (code & 0x80) == 0 ? second_ : first_;
      if (options_.troubled) trouble_.plan(source.byte());
      (this->*operations[code % 0x80 % std::size(operations)])(a, b, source);
      trouble_.disarm();
      migrate(a);
      check(turn);
    }
    trouble_.refuse_above(memory_ledger::never);
    check(0);
  }

 private:
  using operation = void (containers_model::*)(side&, side&, byte_source&);

  // ---- migrating ----

  void reserve(side& a, side&, byte_source& source) {
    const std::size_t size = source.number(4 * options_.keys);
    resize(
        a, [&] { a.container.reserve(size); }, size, a.reserved);
  }
  void rehash(side& a, side&, byte_source& source) {
    const std::size_t slots = source.byte() * 8u;
    resize(
        a, [&] { a.container.rehash(slots); }, 0, 0);
  }

  // Nothing has moved if there are as many slots as before, and nothing was under way.
  template <class Resize>
  void resize(side& a, const Resize& how, std::size_t promised, std::size_t still_promised) {
    const bool at_rest = !a.container.migrating();
    const std::size_t slots = a.container.bucket_count();
    const bool done = trouble_.attempt(how);
    if (!done) return a.unsettled(), a.compare();
    if (!at_rest || slots != a.container.bucket_count()) a.kept.moved();
    a.asked = 0;
    a.reserved = std::max(promised, still_promised);
    if (a.plain.size() > a.reserved) a.reserved = 0;
  }

  void step(side& a, side&, byte_source& source) {
    const std::size_t most = source.byte() % 16;
    if (a.container.migrating()) a.kept.moved();
    std::size_t did = 0;
    if (!trouble_.attempt([&] { did = a.container.step(most); })) return a.compare();
    require(did <= most, "step did more than it may");
    require(did == most || !a.container.migrating(), "step did less than it could");
  }
  void finish(side& a, side&, byte_source&) {
    if (a.container.migrating()) a.kept.moved();
    if (!trouble_.attempt([&] { a.container.finish(); })) return a.compare();
    require(!a.container.migrating() && a.container.pending() == 0, "finish leaves work");
  }

  void pay_gradually(side& a, side&, byte_source& source) {
    const std::uint8_t what = source.byte();
    const std::uint32_t number = source.number(4 * options_.keys);
    if constexpr (requires { a.container.clear_gradually(); }) {
      if (what % 8 < 3) return reserve_gradually(a, number);
      a.unsettled();
      switch (what % 8) {
        case 3:
        case 4:
          return a.container.shrink_gradually();
        case 5:
          return a.container.compact_gradually();
        case 6:
          trouble_.attempt([&] { a.container.trim(number % 64); });
          return a.compare();
        default:
          trouble_.attempt([&] { a.container.clear_gradually(); });
          a.plain.clear();
          return a.replaced();
      }
    }
  }

  void reserve_gradually(side& a, std::size_t size) {
    if (!trouble_.attempt([&] { a.container.reserve_gradually(size); })) return a.compare();
    a.kept.moved();
    if (a.reserved < size) {
      a.reserved = 0;
      a.asked = std::max(a.asked, size);
    }
  }

  void reseed_gradually(side& a, side&, byte_source&) {
    a.unsettled();
    a.container.reseed_gradually();
  }

  void retire(side& a, side&, byte_source& source) {
    if (source.byte() % 4 != 0) return;
    trouble_.attempt([&] {
      auto old = steady::retire(std::move(a.container));
      for (int n = 0; n < 8; ++n) old.step(1);
    });
    if (!a.container.empty()) return a.compare();
    a.plain.clear();
    a.replaced();
  }

  // A walker drives what is pending.
  void observe(side& a, side&, byte_source& source) {
    if (a.container.migrating()) a.kept.moved();
    trouble_.attempt([&] { a.seen.observe(a.container, a.plain, source, options_.troubled); });
  }

  // For a while there are only small blocks.
  void change_memory(side&, side&, byte_source& source) {
    const std::uint8_t byte = source.byte();
    if (!options_.troubled) return;
    trouble_.refuse_above(byte < 160 ? memory_ledger::never : std::size_t{32} << byte % 8);
  }

  // ---- between operations ----

  void migrate(side& a) {
    if (options_.mode == migration_mode::driven_by_inserts || !a.container.migrating()) return;
    a.kept.moved();
    try {
      migrate_by_mode(a.container);
    } catch (const std::bad_alloc&) {
      require(trouble_.short_of_memory(), "std::bad_alloc without need");
    }
  }
  void migrate_by_mode(Container& container) {
    if (options_.mode == migration_mode::finished) return container.finish();
    if (options_.mode == migration_mode::stepping) return void(container.step(1));
    while (container.pending() > container.stats().buckets / 4) {
      // A request may turn out to need no work.
      require(container.step(1) == 1 || container.pending() == 0, "step does not do its work");
    }
  }

  void check(std::uint64_t turn) {
    for (side* const each : {&first_, &second_}) {
      if (each->asked != 0 && !each->container.migrating()) {
        each->reserved = std::max(each->reserved, std::exchange(each->asked, 0));
      }
      each->check_kept();
      require(end_of(each) == each->container.end(), "end() has changed");
      if (!is_turn_to_check(each->container, turn)) continue;
      each->check();
      each->compare();
    }
    if (!hand_.empty()) require_hand();
  }
  const iterator& end_of(const side* which) const {
    return which == &first_ ? first_end_ : second_end_;
  }

  static constexpr operation operations[] = {
      &containers_model::insert,
      &containers_model::insert,
      &containers_model::insert,
      &containers_model::insert,
      &containers_model::insert,
      &containers_model::insert,
      &containers_model::insert_many,
      &containers_model::insert_many,
      &containers_model::insert_or_assign,
      &containers_model::subscript,
      &containers_model::insert_from_itself,
      &containers_model::insert_others,
      &containers_model::insert_list,
      &containers_model::erase_key,
      &containers_model::erase_key,
      &containers_model::erase_key,
      &containers_model::erase_by_its_own_key,
      &containers_model::erase_at,
      &containers_model::erase_at,
      &containers_model::erase_range,
      &containers_model::erase_some,
      &containers_model::look_up,
      &containers_model::extract,
      &containers_model::extract,
      &containers_model::insert_node,
      &containers_model::insert_node,
      &containers_model::change_hand,
      &containers_model::drop_hand,
      &containers_model::merge,
      &containers_model::merge_with_guest,
      &containers_model::construct,
      &containers_model::copy_assign,
      &containers_model::copy_construct,
      &containers_model::assign_list,
      &containers_model::move_out_and_back,
      &containers_model::move_assign,
      &containers_model::move_through_other_memory,
      &containers_model::swap,
      &containers_model::compare,
      &containers_model::clear,
      &containers_model::reserve,
      &containers_model::reserve,
      &containers_model::rehash,
      &containers_model::step,
      &containers_model::finish,
      &containers_model::pay_gradually,
      &containers_model::pay_gradually,
      &containers_model::change_memory,
      &containers_model::keep,
      &containers_model::keep,
      &containers_model::keep,
      &containers_model::walk,
      &containers_model::reseed_gradually,
      &containers_model::retire,
      &containers_model::observe,
      &containers_model::observe,
      &containers_model::observe,
  };
};

// One run; in the end nothing may be left.
template <class Container, class Guest>
void run_containers(const containers_options& options, byte_source source) {
  const long alive = elements_alive();
  std::array<memory_ledger, 3> ledgers;
  {
    containers_model<Container, Guest> model(options, ledgers);
    model.run(source);
  }
  for (const memory_ledger& ledger : ledgers) {
    require(ledger.blocks == 0 && ledger.bytes == 0, "memory was not given back");
  }
  require(elements_alive() == alive, "an element was not destroyed, or destroyed twice");
}

}  // namespace support
