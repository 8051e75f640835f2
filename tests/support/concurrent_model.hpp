// A concurrent container under test, used by one thread, beside a plain std::unordered_map: the
// same operations on both, which must agree after every one of them. The operations are read from
// bytes, as in model.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/byte_source.hpp"
#include "support/concurrent_containers.hpp"
#include "support/element_kits.hpp"
#include "support/migration_mode.hpp"
#include "support/scan_in_pieces.hpp"

namespace support {

// Keys are made from the numbers below `keys`.
template <class Container>
class concurrent_model {
  using kit = element_kit<Container>;
  using value_type = typename Container::value_type;

 public:
  concurrent_model(migration_mode mode, std::uint32_t keys) : mode_(mode), keys_(keys) {}

  // Runs until the bytes are used up; ends the program with a message at the first difference.
  void run(byte_source source) {
    for (std::uint64_t turn = 0; !source.empty(); ++turn) {
      operate(source);
      migrate();
      require(container_.size() == plain_.size(), "the sizes differ");
      if (is_turn_to_check(container_, turn)) check();
    }
    check();
  }

  // Kinds of migrations that have ended: growth, compaction, shrinking, reseeding.
  const std::set<std::string>& ended() const { return ended_; }

 private:
  void operate(byte_source& source) {
    number_ = source.number(keys_);
    value_ = kit::value_seen(++values_);
    const std::uint8_t operation = source.byte();
    switch (operation % 8) {
      case 0:
      case 1:
      case 2:
        return insert(operation / 8);
      case 3:
      case 4:
        return erase(operation / 8);
      case 5:
        return look_up(operation / 8);
      case 6:
        return operation < 128 ? look_up(operation / 8) : request(source);
      default:
        return operation < 192 ? scan(source.byte()) : treat_as_a_whole(source);
    }
  }

  // ---- single elements ----

  value_type make() const {
    if constexpr (kit::is_map) {
      return value_type(kit::make_key(number_), kit::make_value(value_));
    } else {
      return kit::make_key(number_);
    }
  }

  void insert(unsigned way) {
    switch (way % 8) {
      case 0:
        return inserted(container_.insert(make()));
      case 1: {
        const value_type made = make();
        return inserted(container_.insert(made));
      }
      case 2:
        return inserted(container_.emplace(make()));
      case 3:
        return inserted_or_met(
            container_.insert_or_visit(make(), [this](auto& there) { this->change(there); }));
      case 4:
        return inserted_or_met(
            container_.insert_or_cvisit(make(), [this](const auto& there) { this->meet(there); }));
      default:
        if constexpr (kit::is_map) {
          return insert_value(way);
        } else {
          return inserted(put(container_, number_, value_));
        }
    }
  }

  // Where key and value are given apart.
  void insert_value(unsigned way) {
    const auto key = kit::make_key(number_);
    auto value = kit::make_value(value_);
    switch (way % 5) {
      case 0:
        return inserted(container_.try_emplace(key, value));
      case 1: {
        const bool is_new = container_.insert_or_assign(key, value);
        return require(is_new == plain_.insert_or_assign(number_, value_).second,
                       "insert_or_assign differs");
      }
      case 2:
        return inserted_or_met(container_.emplace_or_cvisit(
            key, value, [this](const auto& there) { this->meet(there); }));
      case 3:
        return inserted_or_met(container_.try_emplace_or_visit(
            key, std::move(value), [this](auto& there) { this->change(there); }));
      default:
        return inserted_or_met(container_.try_emplace_or_cvisit(
            key, value, [this](const auto& there) { this->meet(there); }));
    }
  }

  void inserted(bool is_new) {
    require(is_new == plain_.try_emplace(number_, value_).second, "inserting differs");
  }
  void inserted_or_met(bool is_new) {
    require(met_ == !is_new, "what is not inserted must be met, and nothing else");
    met_ = false;
    inserted(is_new);
  }

  // Visitors of the element with the key of this turn.
  void meet(const value_type& there) {
    require(!met_, "an element is met twice");
    met_ = true;
    const auto expected = plain_.find(number_);
    require(expected != plain_.end(), "an element is met that is not there");
    require(kit::key_of(there) == number_, "another element is met");
    require(kit::value_of(there) == expected->second, "another value is met");
  }
  template <class Element>
  void change(Element& there) {
    meet(there);
    if constexpr (kit::is_map) {
      there.second = kit::make_value(++values_);
      plain_[number_] = values_;
    }
  }

  void erase(unsigned way) {
    const auto key = kit::make_key(number_);
    const bool there = plain_.count(number_) != 0;
    std::size_t count = 0;
    switch (way % 4) {
      case 0:
        count = container_.erase_if(
            key, [this](const auto& element) { return this->meet(element), true; });
        require(met_ == there, "erase_if asks about what is there");
        break;
      case 1:
        count = container_.erase_if(
            key, [this](const auto& element) { return this->meet(element), false; });
        require(met_ == there && count == 0, "erase_if obeys");
        met_ = false;
        return;
      default:
        count = container_.erase(key);
    }
    met_ = false;
    require(count == (there ? 1u : 0u), "erasing differs");
    erased(number_);
  }
  void erased(std::uint32_t number) {
    plain_.erase(number);
    scan_.erased(number);
  }

  void look_up(unsigned way) {
    const auto key = kit::make_key(number_);
    const bool there = plain_.count(number_) != 0;
    std::size_t count = 0;
    switch (way % 5) {
      case 0:
        count = container_.contains(key) ? 1 : 0;
        break;
      case 1:
        count = container_.visit(key, [this](auto& element) { this->change(element); });
        require(met_ == there, "visit differs");
        break;
      case 2:
        count = container_.cvisit(key, [this](const auto& element) { this->meet(element); });
        require(met_ == there, "cvisit differs");
        break;
      default:
        count = find(key);
    }
    met_ = false;
    require(count == (there ? 1u : 0u), "looking up differs");
  }
  template <class Key>
  std::size_t find(const Key& key) const {
    if constexpr (kit::is_map) {
      const auto found = container_.find(key);
      if (!found) return 0;
      const auto expected = plain_.find(number_);
      require(expected != plain_.end(), "find returns what is not there");
      require(number_of(*found) == expected->second, "find returns another value");
      return 1;
    } else {
      return container_.count(key);
    }
  }

  // ---- all elements ----

  void treat_as_a_whole(byte_source& source) {
    const std::uint8_t what = source.byte();
    switch (what % 16) {
      case 0:
      case 1:
        return change_all();
      case 2:
      case 3:
        return visit_some(what / 16);
      case 4:
        return erase_some(what / 16);
      case 5:
        return copy();
      case 6:
        return move();
      case 7:
        return swap();
      case 8:
        return release();
      case 9:
        return insert_several();
      case 10:
        return container_.reserve(source.number(4 * keys_));
      case 11:
        if (source.number(keys_) < 16) clear();
        return;
      default:
        for (unsigned n = 1 + what / 16u; n-- > 0;) scan(what);
    }
  }

  // A piece, so large that a scan of many elements ends some time.
  void scan(std::uint8_t what) {
    scan_.advance(container_, 1 + what % 8 + plain_.size() / 128, plain_);
  }

  void change_all() {
    std::set<std::uint64_t> met;
    const std::size_t count = container_.visit_all([&](auto& element) {
      const auto number = static_cast<std::uint32_t>(kit::key_of(element));
      require(met.insert(number).second, "visit_all meets an element twice");
      const auto expected = plain_.find(number);
      require(expected != plain_.end(), "visit_all meets what is not there");
      require(kit::value_of(element) == expected->second, "visit_all meets another value");
      if constexpr (kit::is_map) {
        element.second = kit::make_value(expected->second = ++values_);
      }
    });
    require(count == plain_.size() && met.size() == count, "visit_all meets another number");
  }

  void visit_some(std::size_t most) {
    std::set<std::uint64_t> met;
    const bool all = container_.cvisit_while([&](const auto& element) {
      met.insert(kit::key_of(element));
      return met.size() <= most;
    });
    require(all == (plain_.size() <= most), "cvisit_while differs");
    require(met.size() == (all ? plain_.size() : most + 1), "cvisit_while goes too far");
  }

  // A fifth of a small container, and never many: a large one is to stay large.
  void erase_some(unsigned salt) {
    const std::uint64_t part = 5 + plain_.size() / 16;
    const auto chosen = [=](std::uint64_t key) { return (key * 31 + salt) % part == 0; };
    const std::size_t count =
        container_.erase_if([&](const auto& element) { return chosen(kit::key_of(element)); });
    std::vector<std::uint32_t> gone;
    for (const auto& [key, value] : plain_) {
      if (chosen(key)) gone.push_back(key);
    }
    require(count == gone.size(), "erase_if differs");
    for (const std::uint32_t key : gone) erased(key);
  }

  void copy() {
    Container other(container_);
    require(other == container_, "a copy differs");
    require(put(other, keys_, 0), "a copy has another key");
    require(!(other == container_), "a copy shares its elements");
    other = container_;
    container_ = other;
    scan_.restart();
  }

  void move() {
    Container other(std::move(container_));
    require(container_.empty(), "a moved-from container is not empty");
    require(put(container_, keys_, 0), "a moved-from container has elements");
    check_invariants();
    container_ = std::move(other);
    scan_.restart();
  }

  void swap() {
    Container other;
    put(other, keys_, 0);
    container_.swap(other);
    require(container_.size() == 1 && other.size() == plain_.size(), "swap loses elements");
    other.swap(container_);
    scan_.restart();
  }

  void release() {
    auto plain = std::move(container_).release();
    require(plain.size() == plain_.size(), "release loses elements");
    require(plain.check_invariants() == nullptr, "release breaks an invariant");
    container_ = Container(std::move(plain));
    scan_.restart();
  }

  void insert_several() {
    std::vector<typename kit::parts> several;
    for (std::uint32_t n = 0; n < 5; ++n) {
      const std::uint32_t number = (number_ + n) % keys_;
      several.push_back(kit::make_parts(number, value_));
      plain_.try_emplace(number, value_);
    }
    container_.insert(std::make_move_iterator(several.begin()),
                      std::make_move_iterator(several.end()));
  }

  void clear() {
    container_.clear();
    plain_.clear();
    scan_.restart();
  }

  // ---- migrations ----

  void request(byte_source& source) {
    const std::uint8_t what = source.byte();
    switch (what % 8) {
      case 0:
        return container_.shrink_gradually();
      case 1:
        return container_.compact_gradually();
      case 2:
        return container_.reseed_gradually();
      case 3:
        container_.trim(what / 8);
        return;
      default:
        container_.step(what / 8);
    }
  }

  void migrate() {
    drive();
    note_ended();
  }

  void drive() {
    const bool migrating = container_.migrating();
    switch (mode_) {
      case migration_mode::driven_by_inserts:
        break;
      case migration_mode::stepping:
        container_.step(1);
        break;
      case migration_mode::finished:
        require(finish(container_), "a migration does not end");
        break;
      case migration_mode::halfway:
        if (migrating && !was_migrating_) container_.step(container_.stats().buckets / 4);
    }
    was_migrating_ = migrating;
  }

  void note_ended() {
    const auto now = container_.stats().migrations;
    if (now.grow > before_.grow) ended_.insert("grow");
    if (now.compact > before_.compact) ended_.insert("compact");
    if (now.shrink > before_.shrink) ended_.insert("shrink");
    if (now.reseed > before_.reseed) ended_.insert("reseed");
    before_ = now;
  }

  void check_invariants() const {
    if (const char* broken = container_.check_invariants()) fail("an invariant is broken:", broken);
  }
  void check() const {
    check_invariants();
    std::size_t count = 0;
    container_.cvisit_all([&](const auto& element) {
      const auto expected = plain_.find(static_cast<std::uint32_t>(kit::key_of(element)));
      require(expected != plain_.end(), "an element is there that should not be");
      require(kit::value_of(element) == expected->second, "a value differs");
      ++count;
    });
    require(count == plain_.size(), "an element is met twice, or not at all");
    for (const auto& [number, value] : plain_) {
      require(container_.contains(kit::make_key(number)), "an element is not found");
    }
  }

  const migration_mode mode_;
  const std::uint32_t keys_;
  std::uint32_t number_ = 0;  // the key of this turn, and the value
  std::uint64_t value_ = 0;
  std::uint64_t values_ = 0;
  bool met_ = false;  // by a visitor, this turn
  bool was_migrating_ = false;
  decltype(steady::stats::migrations) before_;
  std::set<std::string> ended_;
  Container container_;
  std::unordered_map<std::uint32_t, std::uint64_t> plain_;
  scan_in_pieces<Container> scan_;
};

}  // namespace support
