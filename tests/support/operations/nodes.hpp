// Operations that take elements from one container to another: nodes, and merging.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/container_side.hpp"
#include "support/model.hpp"
#include "support/operations/single.hpp"

namespace support {

template <class Container, class Guest>
class node_operations : public single_operations<Container> {
  using base = single_operations<Container>;

 protected:
  using base::failed_to_insert;
  using base::hand_;
  using base::hand_number_;
  using base::hand_value_;
  using base::key_from;
  using base::key_in;
  using base::nodes;
  using base::options_;
  using base::require_element;
  using base::require_hand;
  using base::some_element;
  using base::trouble_;
  using base::values_;
  using typename base::element;
  using typename base::iterator;
  using typename base::kit;
  using typename base::node_type;
  using typename base::side;

  using base::base;

  void extract(side& a, side& b, byte_source& source) {
    if (!hand_.empty()) return insert_node(b, a, source);
    const iterator at = some_element(a, source);
    if (at == a.container.end()) return;
    const auto number = static_cast<std::uint32_t>(kit::key_of(*at));
    const element* const address = std::addressof(*at);
    const bool by_key = source.byte() % 2 == 0;
    bool taken = false;
    const bool done = trouble_.attempt([&] {
      node_type node = by_key ? a.container.extract(key_in(*at)) : a.container.extract(at);
      trouble_.disarm();
      taken = !node.empty();
      hand_ = std::move(node);
    });
    if (!done) return a.compare();
    require(taken, "extract finds nothing");
    hand_number_ = number;
    hand_value_ = a.value_of(number);
    a.erased(number);
    require_hand();
    require(!nodes || address_in_hand() == address, "a node moved when extracted");
  }

  void insert_node(side& a, side&, byte_source& source) {
    const bool hint = source.byte() % 2 == 0;
    if (hand_.empty()) {
      require(!a.container.insert(node_type()).inserted, "an empty node was inserted");
      return;
    }
    const bool had = a.plain.contains(hand_number_);
    const element* const address = address_in_hand();
    iterator at;
    const bool done = trouble_.attempt([&] {
      if (hint) {
        at = a.container.insert(a.container.cend(), std::move(hand_));
      } else {
        auto result = a.container.insert(std::move(hand_));
        trouble_.disarm();
        require(result.inserted == !had, "insert(node) differs");
        require(result.node.empty() == !had, "insert(node) returns the wrong handle");
        at = result.position;
        hand_ = std::move(result.node);
      }
    });
    if (done && !had) {
      a.inserted(hand_number_, hand_value_);
      require(hand_.empty(), "a handle has an element that was inserted");
      require(!nodes || std::addressof(*at) == address, "a node moved when inserted");
    } else {
      require_hand();
    }
    if (!done) return failed_to_insert(a, had);
    require_element(a, at, had ? static_cast<std::uint32_t>(kit::key_of(*at)) : hand_number_);
    require(kit::key_of(*at) == hand_number_, "insert(node) returns another element");
  }

  void change_hand(side&, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    if (hand_.empty()) return;
    if constexpr (std::is_move_assignable_v<typename Container::key_type>) {
      if constexpr (kit::is_map) {
        hand_.key() = kit::make_key(number);
      } else {
        hand_.value() = kit::make_key(number);
      }
      hand_number_ = number;
    }
    node_type other(std::move(hand_));
    hand_.swap(other);
    require(other.empty(), "swapping handles duplicates the element");
    require_hand();
  }

  void drop_hand(side&, side&, byte_source&) { hand_ = node_type(); }

  const element* address_in_hand() const {
    if constexpr (kit::is_map) {
      // The key is the element's first member.
      return reinterpret_cast<const element*>(std::addressof(hand_.key()));
    } else {
      return std::addressof(hand_.value());
    }
  }

  // ---- merging ----

  void merge(side& a, side& b, byte_source& source) {
    if (source.byte() % 8 == 0) a.container.merge(a.container);
    merge_into(a, b);
  }

  void merge_with_guest(side& a, side&, byte_source& source) {
    container_side<Guest> guest(a.container.get_allocator());
    const std::uint32_t from = key_from(source);
    const std::uint32_t count = source.byte() % 32;
    const bool round = source.byte() % 2 == 0;
    fill_guest(guest, from, count);
    merge_into(a, guest);
    if (round) {
      if (options_.troubled) trouble_.plan(source.byte());
      merge_into(guest, a);
      merge_into(a, guest);
    }
    guest.check();
  }

  void fill_guest(container_side<Guest>& guest, std::uint32_t from, std::uint32_t count) {
    for (std::uint32_t number = from; number < from + count; ++number) {
      const std::uint64_t value = ++values_;
      try {
        guest.container.emplace(kit::make_parts(number, value));
      } catch (const std::bad_alloc&) {
        return require(trouble_.short_of_memory(), "std::bad_alloc without need");
      }
      guest.inserted(number, kit::value_seen(value));
    }
  }

  template <class To, class From>
  void merge_into(container_side<To>& to, container_side<From>& from) {
    const bool done = trouble_.attempt([&] { to.container.merge(from.container); });
    redistribute(to, from, done);
    if (!done) to.inserted_up_to(to.plain.size() + 1);
    to.check_kept();
    from.check_kept();
    if (!done) to.compare();
    if (!done) from.compare();
  }

  // Every element of `from` is in exactly one of the two; in `to` if that had no such key, and if
  // all went well.
  template <class To, class From>
  static void redistribute(container_side<To>& to, container_side<From>& from, bool done) {
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, value] : from.plain) numbers.push_back(number);
    for (const std::uint32_t number : numbers) {
      const bool stays = from.has(number);
      if (to.plain.contains(number)) {
        require(stays, "merge took an element that it must refuse");
      } else {
        require(stays != to.has(number), "an element was lost, or is there twice");
        require(!done || !stays, "an element was not taken");
        if (!stays) pass_on(to, from, number);
      }
    }
  }
};

}  // namespace support
