// Keys of a shared container that one thread has for itself: it alone inserts, changes and erases
// their elements, so it knows the result of every operation, whatever others do with other keys.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/concurrent_containers.hpp"
#include "support/threads.hpp"

namespace support {

// A value tells its key, and its version, which is never 0. Keys are below 2^20, so that both fit
// in 32 bits.
constexpr std::uint64_t versions = 1 << 12;
constexpr std::uint64_t versioned(std::uint64_t key, std::uint64_t version) {
  return key * versions + version;
}
constexpr std::uint64_t next_version(std::uint64_t version) {
  return version + 1 == versions ? 1 : version + 1;
}

template <class Container>
class own_keys {
  using kit = element_kit<Container>;
  using value_type = typename Container::value_type;

 public:
  // Keys number first, first + distance, ...
  own_keys(Container& container, std::uint64_t first, std::uint64_t distance, std::uint64_t count,
           std::uint64_t seed, complaints& found)
      : container_(container),
        found_(found),
        random_(seed),
        first_(first),
        distance_(distance),
        versions_(count, 0) {}

  // Inserts all that are absent, or erases all that are there, in a random order. Now and then
  // looks at others.
  void fill() {
    for_all([this](std::uint64_t index) { insert(index); });
  }
  void drain() {
    for_all([this](std::uint64_t index) { erase(index); });
  }
  // Whatever comes.
  void mix(std::uint64_t operations) {
    for (std::uint64_t n = 0; n < operations && !found_.any(); ++n) {
      random_() % 2 == 0 ? insert(any()) : erase(any());
      look_up(any());
    }
  }

  // Looks at every key.
  void check() {
    for (std::uint64_t n = 0; n < versions_.size() && !found_.any(); ++n) {
      begin(n);
      expect_value(value_in(container_, key_));
    }
  }

  std::uint64_t size() const {
    std::uint64_t size = 0;
    for (const std::uint64_t version : versions_) size += version != 0 ? 1u : 0u;
    return size;
  }

 private:
  template <class Function>
  void for_all(const Function& function) {
    std::vector<std::uint64_t> order(versions_.size());
    for (std::uint64_t n = 0; n < order.size(); ++n) order[n] = n;
    std::shuffle(order.begin(), order.end(), random_);
    for (const std::uint64_t index : order) {
      if (found_.any()) return;
      function(index);
      if (random_() % 2 == 0) look_up(any());
    }
  }
  std::uint64_t any() { return random_() % versions_.size(); }

  // ---- one operation ----

  void begin(std::uint64_t index) {
    key_ = first_ + index * distance_;
    version_ = &versions_[index];
    visits_ = 0;
  }
  bool there() const { return *version_ != 0; }
  std::uint64_t next() const { return next_version(*version_); }
  std::uint64_t expected() const { return kit::value_seen(versioned(key_, *version_)); }

  auto value() const { return kit::make_value(versioned(key_, next())); }
  value_type element() const {
    if constexpr (kit::is_map) {
      return value_type(kit::make_key(key_), value());
    } else {
      return kit::make_key(key_);
    }
  }

  void insert(std::uint64_t index) {
    begin(index);
    switch (random_() % 8) {
      case 0:
        return inserted(container_.insert(element()));
      case 1:
        return inserted(container_.emplace(element()));
      case 2:
        return inserted_or_visited(container_.insert_or_visit(element(), visitor()));
      case 3:
        return inserted_or_visited(container_.insert_or_cvisit(element(), visitor()));
      default:
        if constexpr (kit::is_map) {
          return insert_value();
        } else {
          return inserted(container_.insert(element()));
        }
    }
  }
  void insert_value() {
    const auto key = kit::make_key(key_);
    switch (random_() % 5) {
      case 0:
        return inserted(container_.try_emplace(key, value()));
      case 1: {
        const bool is_new = container_.insert_or_assign(key, value());
        expect(is_new == !there(), "insert_or_assign");
        *version_ = next();
        return;
      }
      case 2:
        return inserted_or_visited(container_.emplace_or_visit(key, value(), visitor()));
      case 3:
        return inserted_or_visited(container_.try_emplace_or_visit(key, value(), visitor()));
      default:
        return inserted_or_visited(container_.try_emplace_or_cvisit(key, value(), visitor()));
    }
  }
  void inserted(bool is_new) {
    expect(is_new == !there(), "insert");
    if (is_new) *version_ = next();
  }
  // The visitor may have changed the version.
  void inserted_or_visited(bool is_new) {
    expect(is_new == (visits_ == 0), "an inserted element is not visited, and others once");
    expect(visits_ <= 1, "visited more than once");
    if (visits_ == 0) inserted(is_new);
  }

  // Checks the element and, where it can be changed, makes its next version.
  auto visitor() {
    return [this](auto& element) {
      ++visits_;
      expect(there(), "visited, but erased");
      expect(kit::key_of(element) == key_, "visited another key");
      expect_value(kit::value_of(element));
      if constexpr (kit::is_map) {
        if constexpr (!std::is_const_v<std::remove_reference_t<decltype(element)>>) {
          *version_ = next();
          element.second = kit::make_value(versioned(key_, *version_));
        }
      }
    };
  }

  void erase(std::uint64_t index) {
    begin(index);
    const auto key = kit::make_key(key_);
    std::size_t count = 0;
    switch (random_() % 4) {
      case 0:
        count = container_.erase_if(key, [this](const auto& element) {
          expect_value(kit::value_of(element));
          return true;
        });
        break;
      case 1:
        count = container_.erase_if(key, [](const auto&) { return false; });
        expect(count == 0, "erase_if, told not to");
        [[fallthrough]];
      default:
        count = container_.erase(key);
    }
    expect(count == (there() ? 1u : 0u), "erase");
    *version_ = 0;
  }

  void look_up(std::uint64_t index) {
    begin(index);
    const auto key = kit::make_key(key_);
    switch (random_() % 5) {
      case 0:
        return expect(container_.contains(key) == there(), "contains");
      case 1:
        return expect(container_.count(key) == (there() ? 1u : 0u), "count");
      case 2:
        return visited(container_.visit(key, visitor()));
      case 3:
        return visited(container_.cvisit(key, visitor()));
      default:
        if constexpr (kit::is_map) {
          const auto found = container_.find(key);
          return expect_value(found ? std::optional(number_of(*found)) : std::nullopt);
        } else {
          return visited(std::as_const(container_).visit(key, visitor()));
        }
    }
  }
  void visited(std::size_t count) {
    expect(count == visits_ && count == (there() ? 1u : 0u), "visit");
  }

  void expect_value(std::optional<std::uint64_t> value) {
    expect(value.has_value() == there(), there() ? "lost" : "found, but erased");
    if (value && there()) expect(*value == expected(), "another value, or a torn one");
  }
  void expect(bool holds, const char* what) { found_.require(holds, what, key_); }

  Container& container_;
  complaints& found_;
  std::mt19937_64 random_;
  const std::uint64_t first_;
  const std::uint64_t distance_;
  std::vector<std::uint64_t> versions_;  // 0: absent

  // Of the current operation.
  std::uint64_t key_ = 0;
  std::uint64_t* version_ = nullptr;
  std::size_t visits_ = 0;
};

}  // namespace support
