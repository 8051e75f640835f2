// A container beside a plain std::unordered_map that says what it must hold, with the iterators and
// references that are kept into it, what was promised to them, and with its observers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "support/element_kits.hpp"
#include "support/kept_elements.hpp"
#include "support/model.hpp"
#include "support/observers.hpp"

namespace support {

template <class Container>
struct container_side {
  using kit = element_kit<Container>;

  explicit container_side(const typename Container::allocator_type& allocator)
      : container(allocator) {}

  // ---- what the rules say of an operation ----

  // Up to `attempted` elements were inserted, or failed to be.
  void inserted_up_to(std::size_t attempted) {
    if (attempted > asked) asked = 0;
    if (attempted <= reserved) return;
    reserved = 0;
    kept.moved();
  }
  void inserted(std::uint32_t number, std::uint64_t value) {
    plain.try_emplace(number, value);
    inserted_up_to(plain.size());
  }
  void erased(std::uint32_t number) {
    plain.erase(number);
    kept.erased(number);
    seen.erased(number);
  }
  // Elements may have moved, and insertions may move more.
  void unsettled() {
    reserved = asked = 0;
    kept.moved();
  }
  // It has other elements now, or none.
  void replaced() {
    reserved = asked = 0;
    kept.lost();
    seen.emptied();
  }

  // ---- looking ----
  // Out of line, because the containers' own functions are always inlined, and compiling takes
  // long.

  [[gnu::noinline]] typename Container::iterator find(std::uint32_t number) {
    return container.find(kit::make_key(number));
  }
  bool has(std::uint32_t number) { return find(number) != container.end(); }

  // ---- whether it is as it must be ----

  std::uint64_t value_of(std::uint32_t number) const {
    const auto found = plain.find(number);
    require(found != plain.end(), "an element was met that must not be there");
    return found->second;
  }

  [[gnu::noinline]] void check() const {
    require(container.size() == plain.size(), "the sizes differ");
    if (const char* broken = container.check_invariants()) fail("an invariant is broken:", broken);
  }
  [[gnu::noinline]] void check_kept() {
    for (const auto& each : kept.all()) kept.check(each, find(each.number), value_of(each.number));
  }
  [[gnu::noinline]] void compare() const {
    std::size_t met = 0;
    for (const auto& element : container) {
      ++met;
      const auto number = static_cast<std::uint32_t>(kit::key_of(element));
      require(kit::value_of(element) == value_of(number), "a value differs");
    }
    require(met == plain.size(), "the number of elements met differs");
    require(container.empty() == (met == 0), "empty() is wrong");
  }

  Container container;
  content plain;
  kept_elements<Container> kept;
  observers<Container, kit> seen;
  std::size_t reserved = 0;  // up to this size insertions must not move anything
  std::size_t asked = 0;     // the same once nothing is pending
};

// As `from` and `to` changed their elements.
template <class Container>
void swap_what_follows(container_side<Container>& a, container_side<Container>& b) {
  a.plain.swap(b.plain);
  std::swap(a.kept, b.kept);
  a.seen.swap(b.seen);
  std::swap(a.reserved, b.reserved);
  std::swap(a.asked, b.asked);
  a.kept.iterators_lost();
  b.kept.iterators_lost();
}

// `number` went from one to the other. The element of a node container did not move.
template <class To, class From>
void pass_on(container_side<To>& to, container_side<From>& from, std::uint32_t number) {
  const std::uint64_t value = from.value_of(number);
  const auto* const kept = from.kept.find(number);
  const auto* const address = kept == nullptr ? nullptr : kept->address;
  from.erased(number);
  to.inserted(number, value);
  if (kept_elements<To>::nodes && address != nullptr) to.kept.keep(number, address);
}

}  // namespace support
