// Operations on many elements and on whole containers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <steady/from_range.hpp>

#include "support/model.hpp"
#include "support/operations/nodes.hpp"

namespace support {

template <class Container, class Guest>
class whole_operations : public node_operations<Container, Guest> {
  using base = node_operations<Container, Guest>;

 protected:
  using base::elsewhere_;
  using base::key_from;
  using base::propagates;
  using base::redistribute;
  using base::trouble_;
  using base::values_;
  using typename base::allocator;
  using typename base::element;
  using typename base::iterator;
  using typename base::kit;
  using typename base::numbered;
  using typename base::parts;
  using typename base::side;

  using base::base;

  void insert_many(side& a, side&, byte_source& source) {
    const std::uint32_t from = key_from(source);
    const std::uint32_t count = source.byte() % 64;
    const std::uint8_t way = source.byte() % 4;
    std::vector<parts> made = make_many(from, count);
    std::vector<numbered> list = listed(made);
    const auto first = std::make_move_iterator(made.begin());
    const auto last = std::make_move_iterator(made.end());
    const bool done = trouble_.attempt([&] {
      if (way < 2) {
        a.container.insert(first, last);
      } else {
        a.container.insert_range(moving_range{first, last});
      }
    });
    inserted_in_order(a, list, done);
  }

  // Copies of the other's elements.
  void insert_others(side& a, side& b, byte_source&) {
    if constexpr (kit::copyable) {
      std::vector<numbered> list;
      for (const element& each : b.container) {
        list.push_back({static_cast<std::uint32_t>(kit::key_of(each)), kit::value_of(each)});
      }
      const bool done = trouble_.attempt([&] { a.container.insert_range(b.container); });
      inserted_in_order(a, list, done);
    }
  }

  void insert_list(side& a, side&, byte_source& source) {
    if constexpr (kit::copyable) {
      const std::vector<parts> made = make_many(key_from(source), 3);
      bool done = false;
      with_list(made, [&](std::initializer_list<element> elements) {
        done = trouble_.attempt([&] { a.container.insert(elements); });
      });
      inserted_in_order(a, listed(made), done);
    }
  }

  struct moving_range {
    std::move_iterator<typename std::vector<parts>::iterator> first;
    std::move_iterator<typename std::vector<parts>::iterator> last;

    auto begin() const { return first; }
    auto end() const { return last; }
    std::size_t size() const { return static_cast<std::size_t>(last - first); }
  };

  std::vector<parts> make_many(std::uint32_t from, std::uint32_t count) {
    std::vector<parts> made;
    made.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) made.push_back(kit::make_parts(from + i, ++values_));
    return made;
  }
  static std::vector<numbered> listed(const std::vector<parts>& made) {
    std::vector<numbered> list;
    for (const parts& each : made) {
      list.push_back({static_cast<std::uint32_t>(kit::key_of(each)), kit::value_of(each)});
    }
    return list;
  }
  template <class Use>
  static void with_list(const std::vector<parts>& made, const Use& use) {
    if constexpr (kit::is_map) {
      use({element(made[0].first, made[0].second), element(made[1].first, made[1].second),
           element(made[2].first, made[2].second)});
    } else {
      use({made[0], made[1], made[2]});
    }
  }

  // What was inserted before an exception stays: a beginning of the list.
  void inserted_in_order(side& a, const std::vector<numbered>& list, bool done) {
    for (const auto& [number, value] : list) {
      if (!done && a.plain.size() == a.container.size()) break;
      if (!a.plain.contains(number)) a.inserted(number, value);
    }
    if (!done) a.inserted_up_to(a.plain.size() + 1);
    if (!done) a.compare();
  }

  // ---- whole containers ----

  void construct(side& a, side&, byte_source& source) {
    const std::uint32_t from = key_from(source);
    const std::uint32_t count = source.byte() % 64;
    const std::uint8_t way = source.byte() % 4;
    std::vector<parts> made = make_many(from, count);
    const std::vector<numbered> list = listed(made);
    const auto first = std::make_move_iterator(made.begin());
    const auto last = std::make_move_iterator(made.end());
    const allocator memory = a.container.get_allocator();
    const bool done = trouble_.attempt([&] {
      Container fresh = way == 0 ? Container(first, last, memory)
                        : way == 1
                            ? Container(first, last, count * 2, memory)
                            : Container(steady::from_range, moving_range{first, last}, memory);
      trouble_.disarm();
      a.container = std::move(fresh);
      require(fresh.empty() && fresh.begin() == fresh.end(), "a moved-from container has elements");
    });
    if (!done) return a.compare();
    a.plain.clear();
    a.replaced();
    inserted_in_order(a, list, true);
    a.replaced();
    a.compare();
  }

  void copy_assign(side& a, side& b, byte_source& source) {
    if constexpr (kit::copyable) {
      const bool itself = source.byte() % 8 == 0;
      side& from = itself ? a : b;
      const bool done = trouble_.attempt([&] { a.container = std::as_const(from.container); });
      if (done && !itself) {
        a.plain = b.plain;
        a.replaced();
      }
      a.compare();
    }
  }

  void copy_construct(side& a, side&, byte_source& source) {
    if constexpr (kit::copyable) {
      const bool keep = source.byte() % 2 == 0;
      std::optional<Container> copy;
      if (!trouble_.attempt([&] { copy.emplace(a.container); })) return a.compare();
      require(*copy == a.container, "a copy differs");
      if (const char* broken = copy->check_invariants()) fail("a copy is broken:", broken);
      if (!keep) return;
      a.container = std::move(*copy);
      a.replaced();
    }
  }

  void assign_list(side& a, side&, byte_source& source) {
    if constexpr (kit::copyable) {
      const std::vector<parts> made = make_many(key_from(source), 3);
      bool done = false;
      with_list(made, [&](std::initializer_list<element> elements) {
        done = trouble_.attempt([&] { a.container = elements; });
      });
      if (!done) return a.compare();
      a.plain.clear();
      a.replaced();
      inserted_in_order(a, listed(made), true);
      a.replaced();
    }
  }

  // Out and back again: references follow.
  void move_out_and_back(side& a, side&, byte_source& source) {
    Container other(std::move(a.container));
    a.kept.iterators_lost();
    require(a.container.empty() && a.container.begin() == a.container.end(),
            "a moved-from container is not empty");
    const bool used = source.byte() % 2 == 0;
    if (used) trouble_.attempt([&] { a.container.emplace(kit::make_parts(1, 1)); });
    a.container = std::move(other);
  }

  void move_assign(side& a, side& b, byte_source&) {
    const bool same_memory =
        propagates || a.container.get_allocator() == b.container.get_allocator();
    const bool done = trouble_.attempt([&] { a.container = std::move(b.container); });
    a.plain.clear();
    a.replaced();
    if (same_memory) {
      require(done, "move assignment throws");
      swap_what_follows(a, b);
      require(b.container.empty(), "a moved-from container is not empty");
    } else {
      b.replaced();
      redistribute(a, b, done);
      a.replaced();
    }
    b.replaced();
    a.compare();
    b.compare();
  }

  // Each element is moved, or copied, to other memory, and back.
  void move_through_other_memory(side& a, side&, byte_source&) {
    const allocator memory = a.container.get_allocator();
    std::optional<Container> away;
    const bool done = trouble_.attempt([&] { away.emplace(std::move(a.container), elsewhere_); });
    a.replaced();
    if (done) {
      require(a.container.empty(), "a moved-from container is not empty");
      try {
        Container back(std::move(*away), memory);
        a.container = std::move(back);
      } catch (const std::bad_alloc&) {
        require(trouble_.short_of_memory(), "std::bad_alloc without need");
      }
    }
    forget_what_is_gone(a);
    if (done && !trouble_.short_of_memory()) a.compare();
  }

  // What a failed move had moved went with its target.
  static void forget_what_is_gone(side& a) {
    std::erase_if(a.plain, [&](const auto& each) { return !a.has(each.first); });
  }

  void swap(side& a, side& b, byte_source& source) {
    if (!propagates && !(a.container.get_allocator() == b.container.get_allocator())) return;
    if (source.byte() % 2 == 0) {
      a.container.swap(b.container);
    } else {
      using std::swap;
      swap(a.container, b.container);
    }
    swap_what_follows(a, b);
  }

  void compare(side& a, side& b, byte_source&) {
    a.compare();
    b.compare();
    require((a.container == b.container) == (a.plain == b.plain), "== differs");
  }

  void clear(side& a, side&, byte_source& source) {
    if (source.byte() % 4 != 0) return;  // seldom, so that containers become large
    const bool keeps = a.container.stats().chunks <= 1 || a.reserved != 0;
    const std::size_t reserved = keeps && !a.container.migrating() ? a.reserved : 0;
    a.container.clear();
    a.plain.clear();
    a.replaced();
    a.reserved = reserved;
    require(a.container.begin() == a.container.end(), "a cleared container has elements");
  }
};

}  // namespace support
