// Iterators and references that are kept over other operations, for as long as the rules allow
// (docs/guarantees.md, "Function by function"), and must then still lead to the same element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "support/element_kits.hpp"
#include "support/model.hpp"

namespace support {

template <class Container>
class kept_elements {
  using kit = element_kit<Container>;

 public:
  using iterator = typename Container::iterator;
  using value_type = typename Container::value_type;

  struct one {
    std::uint32_t number;  // the key
    const value_type* address;
    iterator at;
    bool has_iterator;
  };

  static constexpr bool nodes = keeps_addresses<Container>;

  void keep(std::uint32_t number, iterator at) { put({number, std::addressof(*at), at, true}); }
  // A reference without an iterator.
  void keep(std::uint32_t number, const value_type* address) {
    put({number, address, iterator(), false});
  }

  // Null if there is none.
  const one* find(std::uint32_t number) const {
    for (const one& each : all_) {
      if (each.number == number) return &each;
    }
    return nullptr;
  }
  // One that has an iterator, or null.
  const one* any(std::size_t choice) const {
    if (all_.empty()) return nullptr;
    const one& chosen = all_[choice % all_.size()];
    return chosen.has_iterator ? &chosen : nullptr;
  }

  // ---- what operations do to them ----

  void erased(std::uint32_t number) {
    std::erase_if(all_, [&](const one& each) { return each.number == number; });
  }
  // Elements may have moved within the container.
  void moved() {
    if constexpr (nodes) {
      iterators_lost();
    } else {
      all_.clear();
    }
  }
  void iterators_lost() {
    for (one& each : all_) each.has_iterator = false;
  }
  void lost() { all_.clear(); }

  const std::vector<one>& all() const { return all_; }

  // One leads to its element, which was just found, and has this value.
  static void check(const one& each, const iterator& found, std::uint64_t value) {
    require(found != iterator(), "a kept element is gone");
    require(std::addressof(*found) == each.address, "a kept reference leads elsewhere");
    require(kit::key_of(*each.address) == each.number, "a kept element has another key");
    require(kit::value_of(*each.address) == value, "a kept element has another value");
    if (!each.has_iterator) return;
    require(each.at == found, "a kept iterator differs from a new one");
    require(std::addressof(*each.at) == each.address, "a kept iterator leads elsewhere");
  }

 private:
  static constexpr std::size_t most = 4;

  void put(const one& added) {
    erased(added.number);
    if (all_.size() == most) all_.erase(all_.begin());
    all_.push_back(added);
  }

  std::vector<one> all_;
};

}  // namespace support
