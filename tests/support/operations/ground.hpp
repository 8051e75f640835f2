// What every operation needs: two containers of a kind, each with the plain map that says what
// it must hold, a node that goes between them, and the trouble that operations get into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "support/container_side.hpp"
#include "support/countdown.hpp"
#include "support/element_kits.hpp"
#include "support/kept_elements.hpp"
#include "support/ledger_allocator.hpp"
#include "support/model.hpp"
#include "support/trouble.hpp"

namespace support {

// Functions that may throw, for all kinds of keys.
struct troubled_hash {
  using takes_seed = void;

  template <class Key>
  std::uint64_t operator()(const Key& key, std::uint64_t seed = 0) const {
    countdown::chance();
    return number_hash{}(key, seed);
  }
};
struct troubled_equal {
  template <class Key>
  bool operator()(const Key& a, const Key& b) const {
    countdown::chance();
    return number_of(a) == number_of(b);
  }
};

struct containers_options {
  migration_mode mode = migration_mode::driven_by_inserts;
  bool troubled = false;         // attempts may fail
  bool separate_memory = false;  // the two have allocators that are not equal
  std::uint32_t keys = 100;
};

template <class Container>
class containers_ground {
 protected:
  using kit = element_kit<Container>;
  using side = container_side<Container>;
  using iterator = typename Container::iterator;
  using element = typename Container::value_type;
  using parts = typename kit::parts;
  using allocator = typename Container::allocator_type;
  using node_type = typename Container::node_type;

  static constexpr bool nodes = keeps_addresses<Container>;
  static constexpr bool propagates =
      std::allocator_traits<allocator>::propagate_on_container_swap::value;

  containers_ground(const containers_options& options, std::span<memory_ledger, 3> ledgers)
      : options_(options),
        trouble_(ledgers),
        home_(ledgers[0]),
        away_(ledgers[options.separate_memory && !nodes ? 1 : 0]),
        elsewhere_(ledgers[2]) {}

  // An element, for the plain map.
  struct numbered {
    std::uint32_t number;
    std::uint64_t value;
  };

  std::uint32_t key_from(byte_source& source) const { return 1 + source.number(options_.keys); }

  // Through a kept iterator if there is one, or else a fresh one; perhaps end().
  iterator some_element(side& a, byte_source& source) {
    const std::uint32_t number = key_from(source);
    if (const auto* const kept = a.kept.any(number)) return kept->at;
    return a.find(number);
  }

  void require_element(side& a, iterator at, std::uint32_t number) const {
    require(at != a.container.end() && kit::key_of(*at) == number, "another element is returned");
    require(kit::value_of(*at) == a.value_of(number), "a value differs");
    require(at == a.find(number), "an iterator returned is wrong");
  }

  void failed_to_insert(side& a, bool had) {
    if (!had) a.inserted_up_to(a.plain.size() + 1);
    a.compare();
  }

  void require_hand() const {
    require(!hand_.empty(), "a handle has lost its element");
    require(kit::key_in(hand_) == hand_number_, "a handle has another key");
    require(kit::value_in(hand_) == hand_value_, "a handle has another value");
  }

  const containers_options options_;
  trouble trouble_;
  const allocator home_;
  const allocator away_;
  const allocator elsewhere_;
  side first_{home_};
  side second_{away_};
  const iterator first_end_ = first_.container.end();
  const iterator second_end_ = second_.container.end();
  node_type hand_;
  std::uint32_t hand_number_ = 0;
  std::uint64_t hand_value_ = 0;
  std::uint64_t values_ = 0;
};

}  // namespace support
