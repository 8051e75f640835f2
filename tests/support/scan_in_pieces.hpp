// A scan of which a piece is done now and then, while the container changes: every element that is
// there from its start to its end is met exactly once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include <steady/cursor.hpp>

#include "support/byte_source.hpp"
#include "support/element_kits.hpp"

namespace support {

template <class Container>
class scan_in_pieces {
  using kit = element_kit<Container>;

 public:
  // `plain`: what is in the container, as a map from the keys' numbers.
  template <class Plain>
  void advance(const Container& container, std::size_t buckets, const Plain& plain) {
    if (!begun_) begin(container, plain);
    try {
      at_ = container.scan(at_, buckets, [&](const auto& element) {
        const std::uint64_t key = kit::key_of(element);
        const auto expected = plain.find(static_cast<std::uint32_t>(key));
        require(expected != plain.end(), "scan meets an element that is not there");
        require(kit::value_of(element) == expected->second, "scan meets another value");
        require(met_.insert(key).second, "scan meets an element twice");
        awaited_.erase(key);
      });
    } catch (const steady::stale_cursor&) {
      require(container.stats().migrations.reseed > reseeds_,
              "scan refuses its cursor, though the container was not reseeded");
      return restart();
    }
    if (!at_.at_end()) return;
    require(awaited_.empty(), "scan has not met an element that was always there");
    restart();
  }

  // What happens to the container between two pieces.
  void erased(std::uint64_t key) {
    awaited_.erase(key);
    met_.erase(key);
  }
  // Its elements have gone elsewhere, or others have come.
  void restart() { *this = scan_in_pieces(); }

 private:
  template <class Plain>
  void begin(const Container& container, const Plain& plain) {
    for (const auto& [key, value] : plain) awaited_.insert(key);
    reseeds_ = container.stats().migrations.reseed;
    begun_ = true;
  }

  bool begun_ = false;
  std::uint64_t reseeds_ = 0;  // before it began
  steady::cursor at_;
  std::set<std::uint64_t> awaited_;
  std::set<std::uint64_t> met_;
};

}  // namespace support
