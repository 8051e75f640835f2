// Walkers, cursors and snapshots of a container under test, several at once, beside what they must
// meet. They belong to the elements: they go along when these change their container.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <steady/cursor.hpp>
#include <steady/snapshot.hpp>

#include "support/byte_source.hpp"

namespace support {

// What a container holds: values by the numbers of keys.
using content = std::unordered_map<std::uint32_t, std::uint64_t>;

// The elements that a traversal must meet, and those that it must not meet again.
class traversal {
 public:
  explicit traversal(const content& now) {
    for (const auto& [number, value] : now) due_.insert(number);
  }

  void meet(std::uint32_t number) {
    require(met_.insert(number).second, "an element was met twice");
    due_.erase(number);
  }
  void erased(std::uint32_t number) {
    due_.erase(number);
    met_.erase(number);
  }
  void emptied() {
    due_.clear();
    met_.clear();
  }
  void end() const { require(due_.empty(), "an element was not met"); }

 private:
  std::unordered_set<std::uint32_t> due_;  // there since the start
  std::unordered_set<std::uint32_t> met_;
};

// `Kit` reads elements: key_of() and value_of() numbers, and whether they are copyable; where there
// is write(element, value), traversals change values, too.
template <class Container, class Kit>
class observers {
 public:
  observers() = default;
  observers(const observers&) = delete;
  observers& operator=(const observers&) = delete;

  // ---- what happens to the elements ----

  void erased(std::uint32_t number) {
    for (walk& each : walks_) each.tracked.erased(number);
    for (scan& each : scans_) each.tracked.erased(number);
  }
  // All are gone.
  void emptied() {
    for (walk& each : walks_) each.tracked.emptied();
    for (scan& each : scans_) each.lost = true;
  }
  void swap(observers& other) noexcept {
    walks_.swap(other.walks_);
    scans_.swap(other.scans_);
    views_.swap(other.views_);
  }

  // ---- observing ----

  // Begins a traversal, takes all that there are further, or drops one. `fallible`: user code and
  // memory may have failed since the last time.
  void observe(Container& container, content& now, byte_source& source, bool fallible) {
    const std::uint8_t what = source.byte();
    const std::size_t far = source.byte() % 32;
    switch (what % 16) {
      case 0:
      case 1:
        if (walks_.size() < most) walks_.emplace_back(container, now);
        return;
      case 2:
        if (scans_.size() < most) scans_.emplace_back(container, now);
        return;
      case 3:
      case 4:
        return begin_view(container, now);
      case 5:
        return drop_one(far);
      default:
        step_walks(now, far);
        step_scans(container, now, far);
        step_views(far, fallible);
    }
  }

 private:
  static constexpr std::size_t most = 3;
  static constexpr bool writes = requires(typename Container::value_type & element) {
    Kit::write(element, std::uint64_t{});
  };
  using walker = decltype(std::declval<Container&>().walk());

  struct walk {
    walk(Container& container, const content& now) : range(container.walk()), tracked(now) {}

    // False at the end.
    bool advance() {
      if (at) {
        ++*at;
      } else {
        at.emplace(range.begin());
      }
      return *at != range.end();
    }

    walker range;
    std::optional<decltype(std::declval<walker&>().begin())> at;
    traversal tracked;
  };

  struct scan {
    scan(const Container& container, const content& now)
        : tracked(now), reseedings(container.stats().migrations.reseed) {}

    steady::cursor at;
    traversal tracked;
    std::uint64_t reseedings;
    bool lost = false;  // the container has another content
  };

  struct no_view {};
  struct checked_view {
    checked_view(Container& container, const content& now) : view(container), expected(now) {}

    steady::snapshot<Container> view;
    content expected;  // and not delivered
  };
  using view = std::conditional_t<Kit::copyable, checked_view, no_view>;

  template <class Element>
  static std::uint32_t number_of(const Element& element) {
    return static_cast<std::uint32_t>(Kit::key_of(element));
  }

  // What is met is as it should be; and it may be changed.
  template <class Element>
  static void look_at(Element& element, content& now) {
    const auto known = now.find(number_of(element));
    require(known != now.end(), "an erased element was met");
    require(Kit::value_of(element) == known->second, "an element met has another value");
    if constexpr (writes) Kit::write(element, ++known->second);
  }

  // ---- walks ----

  void step_walks(content& now, std::size_t elements) {
    for (auto each = walks_.begin(); each != walks_.end();) {
      each = step_walk(*each, now, elements) ? std::next(each) : walks_.erase(each);
    }
  }
  static bool step_walk(walk& of, content& now, std::size_t elements) {
    for (; elements > 0; --elements) {
      if (!of.advance()) return of.tracked.end(), false;
      auto& element = **of.at;
      look_at(element, now);
      of.tracked.meet(number_of(element));
    }
    return true;
  }

  // ---- scans ----

  void step_scans(Container& container, content& now, std::size_t buckets) {
    for (auto each = scans_.begin(); each != scans_.end();) {
      each = step_scan(*each, container, now, buckets) ? std::next(each) : scans_.erase(each);
    }
  }
  static bool step_scan(scan& of, Container& container, content& now, std::size_t buckets) {
    std::vector<std::uint32_t> met;  // counts if the call succeeds: else it can be tried again
    try {
      of.at = container.scan(of.at, buckets, [&](auto& element) {
        look_at(element, now);
        met.push_back(number_of(element));
      });
    } catch (const steady::stale_cursor&) {
      const bool may_be = of.lost || of.at == steady::cursor() || container.migrating() ||
                          container.stats().migrations.reseed != of.reseedings;
      require(may_be, "a cursor is stale without need");
      return false;
    }
    if (!of.lost) {
      for (const std::uint32_t number : met) of.tracked.meet(number);
    }
    if (!of.at.at_end()) return true;
    if (!of.lost) of.tracked.end();
    return false;
  }

  // ---- snapshots ----

  void begin_view(Container& container, const content& now) {
    if constexpr (Kit::copyable) {
      if (views_.size() < most) views_.emplace_back(container, now);
    }
  }

  void step_views(std::size_t buckets, bool fallible) {
    for (auto each = views_.begin(); each != views_.end();) {
      each = step_view(*each, buckets, fallible) ? std::next(each) : views_.erase(each);
    }
  }
  static bool step_view(view& of, std::size_t buckets, bool fallible) {
    if constexpr (Kit::copyable) {
      try {
        of.view.step(buckets, [&](const auto& element) {
          const auto known = of.expected.find(number_of(element));
          require(known != of.expected.end(), "a snapshot delivers what was not there, or twice");
          require(Kit::value_of(element) == known->second, "a snapshot delivers a later value");
          of.expected.erase(known);
        });
      } catch (...) {
        require(fallible, "a snapshot failed without need");
        return false;
      }
      if (!of.view.done()) return true;
      require(of.expected.empty(), "a snapshot did not deliver an element");
      require(of.view.bytes() == 0, "a snapshot that is done holds memory");
    }
    return false;
  }

  void drop_one(std::size_t which) {
    switch (which % 3) {
      case 0:
        if (!walks_.empty()) walks_.pop_front();
        return;
      case 1:
        if (!scans_.empty()) scans_.pop_front();
        return;
      default:
        if (!views_.empty()) views_.pop_front();
    }
  }

  std::list<walk> walks_;
  std::list<scan> scans_;
  std::list<view> views_;
};

}  // namespace support
