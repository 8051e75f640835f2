// A map under test beside a plain std::unordered_map: the same operations on both, which must agree
// after every one of them. The operations are read from bytes, so that random tests, fuzzers and
// the fuzzers' corpus all run this one body.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <steady/retire.hpp>

#include "support/byte_source.hpp"
#include "support/migration_mode.hpp"
#include "support/observers.hpp"

namespace support {

// Keys that are numbers.
struct number_keys {
  static std::uint64_t make(std::uint32_t number) { return number; }
  static std::uint32_t number_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }
};

// Keys that own memory: too long for the string's own buffer.
struct string_keys {
  static std::string make(std::uint32_t number) {
    return "a key too long for the small string buffer: " + std::to_string(number);
  }
  static std::uint32_t number_of(const std::string& key) {
    std::uint32_t number = 0;
    std::from_chars(key.data() + key.rfind(' ') + 1, key.data() + key.size(), number);
    return number;
  }
};

// `Map` maps keys to std::uint64_t; `Keys` makes them from the numbers below `keys`.
template <class Map, class Keys>
class model {
 public:
  using key_type = typename Map::key_type;

  model(migration_mode mode, std::uint32_t keys) : mode_(mode), keys_(keys) {}

  // Runs until the bytes are used up; ends the program with a message at the first difference.
  void run(byte_source source) {
    for (std::uint64_t turn = 0; !source.empty(); ++turn) {
      operate(source);
      migrate();
      require(map_.size() == plain_.size(), "the sizes differ");
      if (is_turn_to_check(map_, turn)) check_invariants();
    }
    check_invariants();
    compare_all();
  }

  const Map& map() const { return map_; }

 private:
  // For the observers.
  struct kit {
    using element = typename Map::value_type;
    static constexpr bool copyable = true;

    static std::uint32_t key_of(const element& made) { return Keys::number_of(made.first); }
    static std::uint64_t value_of(const element& made) { return made.second; }
    static void write(element& made, std::uint64_t value) { made.second = value; }
  };

  void operate(byte_source& source) {
    const std::uint32_t number = source.number(keys_);
    const key_type key = Keys::make(number);
    const std::uint64_t value = ++values_;
    switch (source.byte() % 32) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        return require(
            map_.try_emplace(key, value).second == plain_.try_emplace(number, value).second,
            "try_emplace differs");
      case 7:
      case 8:
        return require(map_.insert({key, value}).second == plain_.insert({number, value}).second,
                       "insert differs");
      case 9:
      case 10:
        map_.insert_or_assign(key, value);
        plain_.insert_or_assign(number, value);
        return;
      case 11:
      case 12:
        map_[key] += value;
        plain_[number] += value;
        return;
      case 13:
      case 14:
      case 15:
      case 16:
      case 17:
        require(map_.erase(key) == plain_.count(number), "erase differs");
        return erased(number);
      case 18:
        return erase_at(key, number);
      case 19:
        return erase_while_iterating(source.byte());
      case 20:
        return compare_all();
      case 21:
        return copy();
      case 22:
        return move();
      case 23:
        return map_.reserve(source.number(4 * keys_));
      case 24:
        return map_.rehash(source.byte() * 8u);
      case 25:
        map_.step(source.byte());
        return;
      case 26:
        return source.byte() < 32 ? clear() : find(key, number);
      case 27:
        return swap();
      case 28:
        return ask_gradually(source);
      case 29:
      case 30:
        return observers_.observe(map_, plain_, source, false);
      default:
        return find(key, number);
    }
  }

  void erased(std::uint32_t number) {
    plain_.erase(number);
    observers_.erased(number);
  }
  void emptied() {
    plain_.clear();
    observers_.emptied();
  }

  void find(const key_type& key, std::uint32_t number) {
    const auto found = std::as_const(map_).find(key);
    const auto expected = plain_.find(number);
    require((found == map_.end()) == (expected == plain_.end()), "find differs");
    if (expected == plain_.end()) return;
    require(found->second == expected->second, "a value differs");
    require(found->first == key, "find returned another key");
  }

  void erase_at(const key_type& key, std::uint32_t number) {
    const auto found = map_.find(key);
    if (found == map_.end()) return;
    map_.erase(found);
    erased(number);
  }

  // Erases some of the elements on the way; the others must all be met, each once.
  void erase_while_iterating(std::uint8_t salt) {
    std::size_t met = 0;
    const std::size_t before = map_.size();
    for (auto at = map_.begin(); at != map_.end(); ++met) {
      if ((at->second * 31 + salt) % 5 == 0) {
        erased(Keys::number_of(at->first));
        at = map_.erase(at);
      } else {
        ++at;
      }
    }
    require(met == before, "an element was not met, or met twice");
  }

  void compare_all() {
    std::size_t met = 0;
    for (const auto& [key, value] : std::as_const(map_)) {
      ++met;
      require(map_.contains(key), "an element met is not found");
    }
    require(met == plain_.size(), "the number of elements met differs");
    for (const auto& [number, value] : plain_) {
      const auto found = map_.find(Keys::make(number));
      require(found != map_.end() && found->second == value, "an element is missing or different");
    }
  }

  void copy() {
    Map other(map_);
    require(other == map_, "a copy differs");
    other[Keys::make(0)] += 1;
    require(!(other == map_), "a copy shares its elements");
    other = map_;
    map_ = other;
    observers_.emptied();
  }

  void move() {
    Map other(std::move(map_));
    require(map_.empty() && map_.begin() == map_.end(), "a moved-from map is not empty");
    map_[Keys::make(1)] = 1;
    check_invariants();
    map_ = std::move(other);
  }

  void swap() {
    Map other;
    other[Keys::make(2)] = 2;
    map_.swap(other);
    require(map_.size() == 1 && other.size() == plain_.size(), "swap loses elements");
    swap_back(other);
  }
  void swap_back(Map& other) {
    using std::swap;
    swap(map_, other);
  }

  void ask_gradually(byte_source& source) {
    const std::uint8_t what = source.byte();
    switch (what % 8) {
      case 0:
        return map_.reserve_gradually(source.number(4 * keys_));
      case 1:
        return map_.shrink_gradually();
      case 2:
        return map_.compact_gradually();
      case 3:
      case 4:
        return map_.reseed_gradually();
      case 5:
        map_.trim(source.byte());
        return;
      default:
        if (what >= 64) return for_each(what);
        if (what % 8 == 6) return clear_gradually();
        return retire();
    }
  }

  void clear_gradually() {
    map_.clear_gradually();
    emptied();
  }

  void retire() {
    auto retired = steady::retire(std::move(map_));
    for (int n = 0; n < 8; ++n) retired.step(1);
    emptied();
  }

  // Every part of the hash line, in whatever order.
  void for_each(std::size_t parts) {
    std::size_t met = 0;
    for (std::size_t part = parts; part-- > 0;) {
      std::as_const(map_).for_each(steady::line_part(part, parts), [&](const auto& element) {
        ++met;
        require(plain_.at(Keys::number_of(element.first)) == element.second, "a value differs");
      });
    }
    require(met == plain_.size(), "for_each over all parts meets too many or too few");
  }

  void clear() {
    map_.clear();
    emptied();
    require(map_.begin() == map_.end(), "a cleared map has elements");
  }

  void migrate() {
    switch (mode_) {
      case migration_mode::driven_by_inserts:
        return;
      case migration_mode::stepping:
        map_.step(1);
        return;
      case migration_mode::finished:
        map_.finish();
        return;
      case migration_mode::halfway:
        while (map_.pending() > map_.stats().buckets / 4) map_.step(1);
        return;
    }
  }

  void check_invariants() const {
    if (const char* broken = map_.check_invariants()) fail("an invariant is broken:", broken);
  }

  const migration_mode mode_;
  const std::uint32_t keys_;
  std::uint64_t values_ = 0;
  Map map_;
  content plain_;
  observers<Map, kit> observers_;
};

}  // namespace support
