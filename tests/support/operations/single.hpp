// Operations on single elements: inserting, erasing, looking up; keeping what they return.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/countdown.hpp"
#include "support/model.hpp"
#include "support/operations/ground.hpp"

namespace support {

template <class Container>
class single_operations : public containers_ground<Container> {
  using base = containers_ground<Container>;

 protected:
  using base::failed_to_insert;
  using base::key_from;
  using base::require_element;
  using base::some_element;
  using base::trouble_;
  using base::values_;
  using typename base::element;
  using typename base::iterator;
  using typename base::kit;
  using typename base::parts;
  using typename base::side;

  using base::base;

  // One of the ways to insert an element. With a hint the bool tells nothing.
  [[gnu::noinline]] std::pair<iterator, bool> put(Container& into, parts& from, std::uint8_t way) {
    if constexpr (kit::is_map) {
      return put_in_map(into, from, way);
    } else {
      return put_in_set(into, from, way);
    }
  }

  // Builds the element before it can see the key.
  static constexpr std::uint8_t hidden_way = 3;
  static constexpr bool is_hinted(std::uint8_t way) { return 4 <= way && way <= 6; }

  static std::pair<iterator, bool> put_in_map(Container& into, parts& from, std::uint8_t way) {
    switch (way) {
      case 0:
        return into.try_emplace(std::move(from.first), std::move(from.second));
      case 1:
        return into.insert(std::move(from));
      case 2:
        return into.emplace(std::move(from.first), std::move(from.second));
      case hidden_way:
        return into.emplace(std::piecewise_construct, std::forward_as_tuple(std::move(from.first)),
                            std::forward_as_tuple(std::move(from.second)));
      case 4:
        return {into.emplace_hint(into.cend(), std::move(from)), true};
      case 5:
        return {into.insert(into.cbegin(), std::move(from)), true};
      case 6:
        return {into.try_emplace(into.cend(), std::move(from.first), std::move(from.second)), true};
      default:
        if constexpr (kit::copyable) {
          return into.insert(std::as_const(from));
        } else {
          return into.insert(std::move(from));
        }
    }
  }

  static std::pair<iterator, bool> put_in_set(Container& into, parts& from, std::uint8_t way) {
    switch (way) {
      case 0:
      case 1:
        return into.insert(std::move(from));
      case 2:
        return into.emplace(std::move(from));
      case hidden_way:
        return emplace_from_another_type(into, from);
      case 4:
        return {into.emplace_hint(into.cend(), std::move(from)), true};
      case 5:
      case 6:
        return {into.insert(into.cbegin(), std::move(from)), true};
      default:
        if constexpr (kit::copyable) {
          return into.insert(std::as_const(from));
        } else {
          return into.insert(std::move(from));
        }
    }
  }

  static std::pair<iterator, bool> emplace_from_another_type(Container& into, const parts& from) {
    if constexpr (std::is_same_v<parts, std::string>) {
      return into.emplace(from.c_str());
    } else if constexpr (std::is_integral_v<parts>) {
      return into.emplace(static_cast<std::uint32_t>(from));
    } else {
      return into.emplace(number_of(from));
    }
  }

  void insert(side& a, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    const std::uint8_t way = source.byte() % 8;
    const std::uint64_t value = ++values_;
    const bool had = a.plain.contains(number);
    const std::size_t before = a.plain.size();
    parts made = kit::make_parts(number, value);
    std::pair<iterator, bool> result;
    const bool done = trouble_.attempt([&] { result = put(a.container, made, way); });
    if (!done) return failed_to_insert(a, had);
    if (had) {
      require(a.container.size() == before, "a key was inserted twice");
      require(way == hidden_way ||
                  (kit::key_of(made) == number && kit::value_of(made) == kit::value_seen(value)),
              "what was not inserted was moved from");
    } else {
      a.inserted(number, kit::value_seen(value));
    }
    if (!is_hinted(way)) require(result.second == !had, "insert differs");
    require_element(a, result.first, number);
  }

  void insert_or_assign(side& a, side&, byte_source& source) {
    if constexpr (kit::is_map && kit::assignable) {
      const std::uint32_t number = key_from(source);
      const std::uint8_t way = source.byte() % 4;
      const bool had = a.plain.contains(number);
      const std::uint64_t value = ++values_;
      parts made = kit::make_parts(number, value);
      iterator at;
      const bool done = trouble_.attempt([&] { at = assign(a.container, made, way); });
      if (!done) return failed_to_insert(a, had);
      a.plain[number] = kit::value_seen(value);
      if (!had) a.inserted_up_to(a.plain.size());
      require_element(a, at, number);
    } else {
      insert(a, a, source);
    }
  }

  static iterator assign(Container& into, parts& from, std::uint8_t way) {
    if (way == 0) {
      return into.insert_or_assign(into.cend(), std::move(from.first), std::move(from.second));
    }
    if constexpr (kit::copyable) {
      if (way == 1) return into.insert_or_assign(std::as_const(from.first), from.second).first;
    }
    return into.insert_or_assign(std::move(from.first), std::move(from.second)).first;
  }

  void subscript(side& a, side&, byte_source& source) {
    if constexpr (kit::is_map) {
      if constexpr (kit::has_default_value) {
        const std::uint32_t number = key_from(source);
        const bool had = a.plain.contains(number);
        const std::uint64_t value = ++values_;
        const auto key = kit::make_key(number);
        typename kit::mapped_type* mapped = nullptr;
        if (!trouble_.attempt([&] { mapped = &a.container[key]; })) {
          return failed_to_insert(a, had);
        }
        *mapped = kit::make_value(value);
        a.plain[number] = kit::value_seen(value);
        if (!had) a.inserted_up_to(a.plain.size());
        return;
      }
    }
    insert(a, a, source);
  }

  // The arguments refer to an element of the same container.
  void insert_from_itself(side& a, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    const std::uint32_t from = key_from(source);
    if constexpr (kit::is_map && kit::copyable) {
      const auto found = a.find(from);
      if (found == a.container.end()) return;
      const bool had = a.plain.contains(number);
      const std::uint64_t value = a.value_of(from);
      const auto key = kit::make_key(number);
      const bool done = trouble_.attempt([&] { a.container.try_emplace(key, found->second); });
      if (!done) return failed_to_insert(a, had);
      if (!had) a.inserted(number, value);
    } else if constexpr (kit::copyable) {
      const auto found = a.find(from);
      if (found == a.container.end()) return;
      trouble_.attempt([&] { a.container.insert(*found); });
    }
  }

  void erase_key(side& a, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    const auto key = kit::make_key(number);
    std::size_t erased = 0;
    if (!trouble_.attempt([&] { erased = a.container.erase(key); })) return a.compare();
    require(erased == a.plain.count(number), "erase differs");
    erased_by_key(a, number);
  }

  // The key belongs to the element that goes.
  void erase_by_its_own_key(side& a, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    const auto found = a.find(number);
    if (found == a.container.end()) return;
    const auto& key = key_in(*found);
    if (!trouble_.attempt([&] { a.container.erase(key); })) return a.compare();
    erased_by_key(a, number);
  }

  static const auto& key_in(const element& in) {
    if constexpr (kit::is_map) {
      return in.first;
    } else {
      return in;
    }
  }

  void erased_by_key(side& a, std::uint32_t number) {
    a.erased(number);
    if constexpr (requires { Container::policy_type::erase_moves; }) {
      if (Container::policy_type::erase_moves) a.kept.moved();
    }
  }

  void erase_at(side& a, side&, byte_source& source) {
    const iterator at = some_element(a, source);
    if (at == a.container.end()) return;
    const auto number = static_cast<std::uint32_t>(kit::key_of(*at));
    const iterator next = std::next(at);
    const iterator returned = a.container.erase(at);
    require(returned == next, "erase does not return the next element");
    if (next != a.container.end()) kit::key_of(*next);
    a.erased(number);
  }

  void erase_range(side& a, side&, byte_source& source) {
    const iterator first = some_element(a, source);
    std::vector<std::uint32_t> numbers;
    iterator last = first;
    for (std::size_t left = source.byte() % 32; left != 0 && last != a.container.end(); --left) {
      numbers.push_back(static_cast<std::uint32_t>(kit::key_of(*last)));
      ++last;
    }
    require(a.container.erase(first, last) == last, "erase(first, last) does not return last");
    for (const std::uint32_t number : numbers) a.erased(number);
  }

  void erase_some(side& a, side&, byte_source& source) {
    const std::uint32_t salt = source.byte();
    const std::uint32_t of = 2 + source.byte() % 15;
    std::vector<std::uint32_t> gone;
    std::size_t met = 0;
    std::size_t told = 0;
    const bool done = trouble_.attempt([&] {
      told = erase_if(a.container, [&](const element& each) {
        countdown::chance();
        ++met;
        const auto number = static_cast<std::uint32_t>(kit::key_of(each));
        if ((number * 31 + salt) % of != 0) return false;
        gone.push_back(number);
        return true;
      });
    });
    require(!done || told == gone.size(), "erase_if tells another number");
    require(!done || met == a.plain.size(), "erase_if did not meet every element once");
    for (const std::uint32_t number : gone) a.erased(number);
  }

  void look_up(side& a, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    const auto key = kit::make_key(number);
    const bool had = a.plain.contains(number);
    const Container& container = a.container;
    trouble_.attempt([&] {
      require(container.contains(key) == had, "contains differs");
      require(container.count(key) == (had ? 1u : 0u), "count differs");
      const auto [first, last] = container.equal_range(key);
      require((first == last) == !had, "equal_range differs");
      require(!had || std::next(first) == last, "equal_range is not one element");
      require((container.find(key) == container.end()) == !had, "find differs");
      if constexpr (kit::is_map) {
        try {
          require(number_of(container.at(key)) == a.value_of(number), "at differs");
        } catch (const std::out_of_range&) {
          require(!had, "at misses an element");
        }
      }
    });
    trouble_.disarm();
    const auto found = a.container.find(key);
    if (found != a.container.end()) require_element(a, found, number);
  }

  // ---- keeping ----

  void keep(side& a, side&, byte_source& source) {
    const std::uint32_t number = key_from(source);
    const iterator at = a.find(number);
    if (at != a.container.end()) a.kept.keep(number, at);
  }

  // From a kept iterator to the end.
  void walk(side& a, side&, byte_source& source) {
    std::size_t met = 0;
    for (iterator at = some_element(a, source); at != a.container.end(); ++at) {
      a.value_of(static_cast<std::uint32_t>(kit::key_of(*at)));
      ++met;
    }
    require(met <= a.plain.size(), "iterating meets an element twice");
  }
};

}  // namespace support
