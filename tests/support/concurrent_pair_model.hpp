// Two concurrent containers of a kind side by side, used by one thread, each beside a plain map
// that says what it must hold, while allocations fail, and hashes, equalities, copies and visitors
// throw. The operations are read from bytes, as in model.hpp. This is what containers_model.hpp is
// for containers of one thread; concurrent_model.hpp is about everything that goes through.
//
// `Container` has a ledger_allocator, troubled_hash and troubled_equal; `Guest` is the same with
// another hash and policy, to merge with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <steady/cursor.hpp>
#include <steady/retire.hpp>

#include "support/byte_source.hpp"
#include "support/concurrent_containers.hpp"
#include "support/countdown.hpp"
#include "support/element_kits.hpp"
#include "support/ledger_allocator.hpp"
#include "support/migration_mode.hpp"
#include "support/operations/ground.hpp"
#include "support/trouble.hpp"

namespace support {

template <class Container, class Guest>
class concurrent_pair_model {
  using kit = element_kit<Container>;
  using element = typename Container::value_type;
  using parts = typename kit::parts;
  using allocator = typename Container::allocator_type;
  using content = std::unordered_map<std::uint32_t, std::uint64_t>;

  struct side {
    explicit side(const allocator& memory) : container(memory) {}

    Container container;
    content plain;
    bool was_migrating = false;
  };

 public:
  concurrent_pair_model(const containers_options& options, std::span<memory_ledger, 3> ledgers)
      : options_(options),
        trouble_(ledgers),
        elsewhere_(ledgers[2]),
        first_(allocator(ledgers[0])),
        second_(allocator(ledgers[options.separate_memory ? 1 : 0])) {}

  // Runs until the bytes are used up; ends the program with a message at the first difference.
  void run(byte_source& source) {
    for (std::uint64_t turn = 0; !source.empty(); ++turn) {
      const std::uint8_t code = source.byte();
      side& a = (code & 0x80) == 0 ? first_ : second_;
      side& b = (code & 0x80) == 0 ? second_ : first_;
      if (options_.troubled) trouble_.plan(source.byte());
      number_ = 1 + source.number(options_.keys);
      (this->*operations[code % 0x80 % std::size(operations)])(a, b, source);
      trouble_.disarm();
      migrate(a);
      check(turn);
    }
    trouble_.refuse_above(memory_ledger::never);
    check(0);
  }

 private:
  using operation = void (concurrent_pair_model::*)(side&, side&, byte_source&);

  // ---- one element ----

  void insert(side& a, side&, byte_source& source) {
    const std::uint8_t way = source.byte();
    const std::uint64_t value = kit::value_seen(++values_);
    const bool had = a.plain.count(number_) != 0;
    bool is_new = false;
    const bool done =
        trouble_.attempt([&] { is_new = insert_in_some_way(a.container, way, value); });
    if (!done) return same(a);
    require(is_new == !had, "inserting differs");
    if (is_new) a.plain.emplace(number_, value);
  }
  bool insert_in_some_way(Container& into, std::uint8_t way, std::uint64_t value) {
    if (way % 4 == 0) return put(into, number_, value);
    const auto meet = [this](const auto& there) {
      countdown::chance();
      require(kit::key_of(there) == number_, "another element is met");
    };
    if (way % 4 == 1) return into.emplace(kit::make_parts(number_, value));
    if (way % 4 == 2) return into.insert_or_cvisit(kit::make_parts(number_, value), meet);
    if constexpr (kit::is_map) {
      return into.try_emplace_or_cvisit(kit::make_key(number_), kit::make_value(value), meet);
    } else {
      return into.insert_or_visit(kit::make_key(number_), meet);
    }
  }

  void assign(side& a, side&, byte_source& source) {
    if constexpr (kit::is_map && kit::assignable) {
      const std::uint64_t value = kit::value_seen(++values_);
      const bool by_visitor = source.byte() % 2 == 0;
      const bool had = a.plain.count(number_) != 0;
      bool is_new = false;
      const bool done = trouble_.attempt([&] {
        if (by_visitor) {
          is_new = a.container.try_emplace_or_visit(kit::make_key(number_), kit::make_value(value),
                                                    [&](auto& there) {
                                                      auto made = kit::make_value(value);
                                                      countdown::chance();
                                                      there.second = std::move(made);
                                                    });
        } else {
          is_new = a.container.insert_or_assign(kit::make_key(number_), kit::make_value(value));
        }
      });
      if (!done) return same(a);
      require(is_new == !had, "assigning differs");
      a.plain.insert_or_assign(number_, value);
    }
  }

  void erase(side& a, side&, byte_source& source) {
    const std::uint8_t way = source.byte();
    const bool had = a.plain.count(number_) != 0;
    std::size_t count = 0;
    const bool done = trouble_.attempt([&] {
      const auto key = kit::make_key(number_);
      if (way % 2 == 0) {
        count = a.container.erase(key);
      } else {
        count = a.container.erase_if(key, [](const auto&) { return countdown::chance(), true; });
      }
    });
    if (!done) return same(a);
    require(count == (had ? 1u : 0u), "erasing differs");
    a.plain.erase(number_);
  }

  void look_up(side& a, side&, byte_source& source) {
    const std::uint8_t way = source.byte();
    std::size_t count = 0;
    const bool done = trouble_.attempt([&] {
      const auto key = kit::make_key(number_);
      const auto meet = [](const auto&) { countdown::chance(); };
      count = way % 3 == 0   ? a.container.count(key)
              : way % 3 == 1 ? a.container.cvisit(key, meet)
                             : a.container.visit(key, [&](auto& there) { meet(there); });
    });
    if (!done) return same(a);
    require(count == a.plain.count(number_), "looking up differs");
  }

  // ---- many elements ----

  std::vector<parts> make_many(std::uint32_t count) {
    std::vector<parts> made;
    made.reserve(count);
    for (std::uint32_t n = 0; n < count; ++n)
      made.push_back(kit::make_parts(number_ + n, ++values_));
    return made;
  }

  // Many where there are many keys, so that containers of several chunks come about.
  void insert_many(side& a, side&, byte_source& source) {
    const std::uint32_t count = source.byte() % 64 * (1 + options_.keys / 512);
    const std::uint64_t before = values_;
    std::vector<parts> made = make_many(count);
    const bool done = trouble_.attempt([&] {
      a.container.insert(std::make_move_iterator(made.begin()),
                         std::make_move_iterator(made.end()));
    });
    content offered;
    for (std::uint32_t n = 0; n < count; ++n) {
      offered.emplace(number_ + n, kit::value_seen(before + 1 + n));
    }
    if (done) {
      a.plain.merge(offered);
    } else {
      gained_some_of(a, offered);
    }
    same(a);
  }

  void erase_many(side& a, side&, byte_source& source) {
    std::vector<typename Container::key_type> keys;
    const std::uint32_t count = source.byte() % 32 * (1 + options_.keys / 512);
    for (std::uint32_t n = 0; n < count; ++n) keys.push_back(kit::make_key(number_ + n));
    const bool done = trouble_.attempt([&] { a.container.erase_keys(keys); });
    if (done) {
      for (std::uint32_t n = 0; n < count; ++n) a.plain.erase(number_ + n);
    } else {
      lost_some(a, [&](std::uint32_t number) { return number - number_ < count; });
    }
    same(a);
  }

  void erase_some(side& a, side&, byte_source& source) {
    const std::uint32_t salt = source.byte();
    const auto chosen = [=](std::uint64_t number) { return (number * 31 + salt) % 8 == 0; };
    const bool done = trouble_.attempt([&] {
      a.container.erase_if([&](const auto& there) {
        countdown::chance();
        return chosen(kit::key_of(there));
      });
    });
    if (done) {
      std::erase_if(a.plain, [&](const auto& each) { return chosen(each.first); });
    } else {
      lost_some(a, chosen);
    }
    same(a);
  }

  void visit_all(side& a, side&, byte_source&) {
    std::size_t count = 0;
    const bool done = trouble_.attempt(
        [&] { count = a.container.visit_all([](auto&) { countdown::chance(); }); });
    require(!done || count == a.plain.size(), "visit_all meets another number");
    same(a);
  }

  // Pieces that others' changes fall between, and that may fail.
  void scan(side& a, side&, byte_source& source) {
    const std::size_t most = 1 + source.byte() % 8;
    trouble_.attempt([&] {
      steady::cursor at;
      for (int pieces = 0; pieces < 4 && !at.at_end(); ++pieces) {
        at = a.container.scan(at, most, [&](const auto& there) {
          countdown::chance();
          require(a.plain.count(static_cast<std::uint32_t>(kit::key_of(there))) != 0,
                  "scan meets what is not there");
        });
      }
    });
  }

  void clear(side& a, side&, byte_source& source) {
    if (source.byte() % 4 != 0) return;  // seldom, so that containers become large
    const bool done = trouble_.attempt([&] { a.container.clear(); });
    if (done) {
      a.plain.clear();
    } else {
      lost_some(a, [](std::uint32_t) { return true; });
    }
    same(a);
  }

  // ---- whole containers ----

  void copy_assign(side& a, side& b, byte_source&) {
    if constexpr (kit::copyable) {
      const bool done = trouble_.attempt([&] { a.container = b.container; });
      if (done) a.plain = b.plain;
      same(a);
      same(b);
    }
  }

  void copy_construct(side& a, side&, byte_source& source) {
    if constexpr (kit::copyable) {
      std::optional<Container> copy;
      const bool done = trouble_.attempt([&] { copy.emplace(a.container); });
      if (!done) return same(a);
      check_invariants(*copy);
      require(copy->size() == a.plain.size(), "a copy has another size");
      if (source.byte() % 2 == 0) a.container = std::move(*copy);
      same(a);
    }
  }

  void construct(side& a, side&, byte_source& source) {
    const std::uint32_t count = source.byte() % 64;
    const std::uint64_t before = values_;
    std::vector<parts> made = make_many(count);
    const allocator memory = a.container.get_allocator();
    const bool done = trouble_.attempt([&] {
      Container fresh(std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()),
                      memory);
      trouble_.disarm();
      a.container = std::move(fresh);
    });
    if (!done) return same(a);
    a.plain.clear();
    for (std::uint32_t n = 0; n < count; ++n) {
      a.plain.emplace(number_ + n, kit::value_seen(before + 1 + n));
    }
    same(a);
  }

  void move_assign(side& a, side& b, byte_source&) {
    const bool same_memory =
        std::allocator_traits<allocator>::propagate_on_container_move_assignment::value ||
        a.container.get_allocator() == b.container.get_allocator();
    const bool done = trouble_.attempt([&] { a.container = std::move(b.container); });
    require(done || !same_memory, "moving within the same memory throws");
    if (done) {
      a.plain = std::move(b.plain);
      b.plain.clear();
    } else {
      a.plain.clear();
      passed_some(a, b);
    }
    same(a);
    same(b);
  }

  void move_through_other_memory(side& a, side&, byte_source&) {
    const allocator memory = a.container.get_allocator();
    std::optional<Container> away;
    const bool done = trouble_.attempt([&] { away.emplace(std::move(a.container), elsewhere_); });
    if (done) {
      require(a.container.empty(), "a moved-from container is not empty");
      trouble_.with_all_memory([&] { a.container = Container(std::move(*away), memory); });
    } else {
      lost_some(a, [](std::uint32_t) { return true; });  // with the container that was not made
    }
    same(a);
  }

  // To a map of one thread and back.
  void release(side& a, side&, byte_source&) {
    const bool done = trouble_.attempt([&] {
      auto plain = std::move(a.container).release();
      trouble_.disarm();
      require(a.container.empty(), "a released container has elements");
      if (const char* broken = plain.check_invariants())
        fail("release breaks an invariant:", broken);
      require(plain.size() == a.plain.size(), "release loses elements");
      trouble_.with_all_memory([&] { a.container = Container(std::move(plain)); });
    });
    if (!done) lost_some(a, [](std::uint32_t) { return true; });
    same(a);
  }

  void swap(side& a, side& b, byte_source&) {
    if (!std::allocator_traits<allocator>::propagate_on_container_swap::value &&
        !(a.container.get_allocator() == b.container.get_allocator())) {
      return;
    }
    a.container.swap(b.container);
    a.plain.swap(b.plain);
  }

  void merge(side& a, side& b, byte_source&) {
    if (!(a.container.get_allocator() == b.container.get_allocator())) return;
    const std::size_t before = a.plain.size();
    std::size_t merged = 0;
    const bool done = trouble_.attempt([&] { merged = a.container.merge(b.container); });
    if (done) {
      a.plain.merge(b.plain);
      require(merged == a.plain.size() - before, "merge returns another number");
    } else {
      passed_some(a, b);
    }
    same(a);
    same(b);
  }

  // There and back: what both ways leave where it was, and whether all is there.
  void merge_with_guest(side& a, side&, byte_source& source) {
    Guest guest(a.container.get_allocator());
    const std::uint32_t count = source.byte() % 16;
    trouble_.with_all_memory([&] {
      for (std::uint32_t n = 0; n < count; ++n) put(guest, number_ + n, 0);
    });
    const bool went = trouble_.attempt([&] { guest.merge(a.container); });
    check_invariants(guest);
    require(!went || a.container.size() <= count, "merge leaves more than had their key there");
    trouble_.with_all_memory([&] {
      for (std::uint32_t n = 0; n < count; ++n) {
        if (a.plain.count(number_ + n) == 0) guest.erase(kit::make_key(number_ + n));
      }
      guest.erase_if([&](const auto& there) {
        const auto key = kit::make_key(kit::key_of(there));
        return a.container.contains(key);
      });
      a.container.merge(guest);
    });
    require(guest.empty(), "a merge leaves an element without need");
    same(a);
  }

  void compare(side& a, side& b, byte_source&) {
    bool equal = false;
    if (!trouble_.attempt([&] { equal = a.container == b.container; })) return same(a);
    require(equal == (a.plain == b.plain), "== differs");
  }

  void retire(side& a, side&, byte_source& source) {
    if (source.byte() % 4 != 0) return;
    auto old = steady::retire(std::move(a.container));
    for (std::uint32_t n = source.byte() % 16; n > 0; --n) old.step(1);
    a.plain.clear();
  }

  // ---- migrations ----

  void request(side& a, side&, byte_source& source) {
    const std::uint8_t what = source.byte();
    const std::size_t size = source.number(4 * options_.keys);
    trouble_.attempt([&] {
      switch (what % 8) {
        case 0:
          return a.container.reserve(size);
        case 1:
          return a.container.rehash(size);
        case 2:
          return a.container.shrink_gradually();
        case 3:
          return a.container.compact_gradually();
        case 4:
          return a.container.reseed_gradually();
        case 5:
          return static_cast<void>(a.container.trim(what / 8));
        case 6:
          return a.container.finish();
        default:
          return static_cast<void>(a.container.step(what / 8));
      }
    });
    same(a);
  }

  // For a while there are only small blocks.
  void change_memory(side&, side&, byte_source& source) {
    const std::uint8_t byte = source.byte();
    if (!options_.troubled) return;
    trouble_.refuse_above(byte < 160 ? memory_ledger::never : std::size_t{32} << byte % 8);
  }

  void migrate(side& a) {
    const bool migrating = a.container.migrating();
    switch (options_.mode) {
      case migration_mode::driven_by_inserts:
        break;
      case migration_mode::stepping:
        a.container.step(1);
        break;
      case migration_mode::finished:
        a.container.finish();
        break;
      case migration_mode::halfway:
        if (migrating && !a.was_migrating) a.container.step(a.container.stats().buckets / 4);
    }
    a.was_migrating = migrating;
  }

  // ---- whether they are as they must be ----

  static std::optional<std::uint64_t> value_of(const side& of, std::uint32_t number) {
    return value_in(of.container, number);
  }

  // Elements that it had are gone only if `may_be_gone`.
  template <class MayBeGone>
  static void lost_some(side& a, const MayBeGone& may_be_gone) {
    std::erase_if(a.plain, [&](const auto& each) {
      return may_be_gone(each.first) && !value_of(a, each.first).has_value();
    });
  }
  static void gained_some_of(side& a, const content& offered) {
    for (const auto& [number, value] : offered) {
      if (a.plain.count(number) == 0 && value_of(a, number) == value) {
        a.plain.emplace(number, value);
      }
    }
  }
  // Every element of `from` is there or here.
  static void passed_some(side& to, side& from) {
    gained_some_of(to, from.plain);
    lost_some(from, [&](std::uint32_t number) {
      const auto there = to.plain.find(number);
      return there != to.plain.end() && there->second == from.plain.at(number);
    });
  }

  template <class Checked>
  static void check_invariants(const Checked& container) {
    if (const char* broken = container.check_invariants()) fail("an invariant is broken:", broken);
  }
  // No walk: that would end a reseeding, or fail to.
  [[gnu::noinline]] static void same(const side& a) {
    check_invariants(a.container);
    require(a.container.size() == a.plain.size(), "the sizes differ");
    for (const auto& [number, value] : a.plain) {
      const auto there = value_of(a, number);
      require(there.has_value(), "an element is lost");
      require(*there == value, "a value differs");
    }
  }

  void check(std::uint64_t turn) {
    for (side* const each : {&first_, &second_}) {
      require(each->container.size() == each->plain.size(), "the sizes differ");
      if (is_turn_to_check(each->container, turn)) same(*each);
    }
  }

  static constexpr operation operations[] = {
      &concurrent_pair_model::insert,        &concurrent_pair_model::insert,
      &concurrent_pair_model::insert,        &concurrent_pair_model::insert,
      &concurrent_pair_model::insert,        &concurrent_pair_model::insert,
      &concurrent_pair_model::insert_many,   &concurrent_pair_model::insert_many,
      &concurrent_pair_model::insert_many,   &concurrent_pair_model::assign,
      &concurrent_pair_model::assign,        &concurrent_pair_model::erase,
      &concurrent_pair_model::erase,         &concurrent_pair_model::erase,
      &concurrent_pair_model::erase,         &concurrent_pair_model::erase_many,
      &concurrent_pair_model::erase_some,    &concurrent_pair_model::look_up,
      &concurrent_pair_model::look_up,       &concurrent_pair_model::visit_all,
      &concurrent_pair_model::scan,          &concurrent_pair_model::clear,
      &concurrent_pair_model::copy_assign,   &concurrent_pair_model::copy_construct,
      &concurrent_pair_model::construct,     &concurrent_pair_model::move_assign,
      &concurrent_pair_model::release,       &concurrent_pair_model::move_through_other_memory,
      &concurrent_pair_model::swap,          &concurrent_pair_model::merge,
      &concurrent_pair_model::compare,       &concurrent_pair_model::merge_with_guest,
      &concurrent_pair_model::retire,        &concurrent_pair_model::request,
      &concurrent_pair_model::request,       &concurrent_pair_model::request,
      &concurrent_pair_model::change_memory,
  };

  const containers_options options_;
  trouble trouble_;
  const allocator elsewhere_;
  side first_;
  side second_;
  std::uint32_t number_ = 0;  // the key of this turn
  std::uint64_t values_ = 0;
};

// One run; in the end nothing may be left.
template <class Container, class Guest>
void run_concurrent_pair(const containers_options& options, byte_source source) {
  const long alive = elements_alive();
  std::array<memory_ledger, 3> ledgers;
  {
    concurrent_pair_model<Container, Guest> model(options, ledgers);
    model.run(source);
  }
  for (const memory_ledger& ledger : ledgers) {
    require(ledger.blocks == 0 && ledger.bytes == 0, "memory was not given back");
  }
  require(elements_alive() == alive, "an element was not destroyed, or destroyed twice");
}

}  // namespace support
