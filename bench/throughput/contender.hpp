// A map in bench.throughput: does one operation on a map of `n` elements many times, and says how
// long one took. All contenders get the same keys in the same order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <steady/hash.hpp>

#include "bench/support/clock.hpp"

namespace steady::bench {

enum class operation : unsigned {
  insert,     // into an empty map, its growth included
  reserved,   // into a map that was told how many
  hit,        // looking up keys that are there, in random order
  dependent,  // each key depends on what was found before
  miss,
  mixed,  // half of the keys are there
  iterate,
  copy,
  churn,  // erasing the oldest key, inserting another
  build   // inserting, and destroying the map
};
inline constexpr std::array<std::string_view, 10> operation_names = {
    "insert", "reserved", "hit", "dependent", "miss", "mixed", "iterate", "copy", "churn", "build"};
inline constexpr std::size_t operation_count = operation_names.size();

// The keys of one size, made beforehand.
template <class Kind>
struct key_set {
  using key = typename Kind::key;

  key_set(std::uint64_t elements, std::uint64_t probes) : n(elements) {
    // Churn inserts two for each probe.
    for (std::uint64_t i = 0; i < n + 2 * probes; ++i) in_order.push_back(Kind::make_key(i));
    std::mt19937_64 random(elements);
    for (std::uint64_t i = 0; i < probes; ++i) {
      hits.push_back(in_order[random() % n]);
      misses.push_back(Kind::make_key(absent + i));
      mixed.push_back(random() % 2 == 0 ? hits.back() : misses.back());
    }
  }

  // Far beyond every index that is inserted.
  static constexpr std::uint64_t absent = std::uint64_t{1} << 40;

  std::uint64_t n;
  std::vector<key> in_order;  // the first n are in the maps
  std::vector<key> hits;      // those, at random
  std::vector<key> misses;
  std::vector<key> mixed;
};

class contender {
 public:
  virtual ~contender() = default;
  virtual std::string_view name() const = 0;
  // Nanoseconds per operation; 0 if this contender has no part in it. The map for all but the
  // building operations is the one that `insert` left.
  virtual double run(operation what) = 0;
  virtual void drop() = 0;  // the map
};

// Makes the allocator join freed blocks and return them. Otherwise the next map profits from the
// memory that others have left, or is timed while glibc joins their blocks: it does so when a block
// of some size is freed, even for millions of another map's nodes.
inline bool trims_allocator = true;
inline void trim_allocator() {
#if defined(__GLIBC__)
  if (trims_allocator) malloc_trim(0);
#endif
}

// Keeps the compiler from dropping the sums.
inline volatile std::uint64_t observed;

// Which hash: the same for all maps, or the one that each map's users get when they name none.
enum class which_hash { same, own };

template <class Adapter, class Key, which_hash Which>
using hash_for = std::conditional_t<Which == which_hash::own,
                                    typename Adapter::template own_hash<Key>, steady::hash<Key>>;

// `Prepare` brings the map that `insert` left to the state in which it is measured.
template <class Adapter, class Kind, which_hash Which, class Prepare>
class map_contender final : public contender {
  using map = typename Adapter::template map<typename Kind::key, typename Kind::value,
                                             hash_for<Adapter, typename Kind::key, Which>>;

 public:
  map_contender(std::string name, const key_set<Kind>& keys, bool builds)
      : name_(std::move(name)), keys_(keys), builds_(builds) {}

  std::string_view name() const override { return name_; }
  void drop() override { map_.reset(); }

  double run(operation what) override {
    switch (what) {
      case operation::insert:
        return insert();
      case operation::reserved:
        return builds_ ? build([&](map& into) { into.reserve(keys_.n); }, false) : 0;
      case operation::hit:
        return look_up(keys_.hits);
      case operation::dependent:
        return look_up_dependently();
      case operation::miss:
        return look_up(keys_.misses);
      case operation::mixed:
        return look_up(keys_.mixed);
      case operation::churn:
        return builds_ ? churn() : 0;
      case operation::iterate:
        return iterate();
      case operation::build:
        return builds_ ? build([](map&) {}, true) : 0;
      case operation::copy:
        return builds_ ? copy() : 0;
    }
    return 0;
  }

 private:
  // Small maps are built many times, because the clock is too coarse for one, and a batch of them
  // at a time: enough elements to be timed, and few enough that each batch finds the memory that
  // the one before has given back. Were all kept, getting new pages from the system would be what
  // is measured.
  std::uint64_t repetitions() const { return 1 + 100'000 / keys_.n; }
  std::uint64_t batch() const { return 1 + 4'000 / keys_.n; }

  void fill(map& into, std::uint64_t first) const {
    for (std::uint64_t i = first; i < first + keys_.n; ++i) {
      into.try_emplace(keys_.in_order[i], Kind::make_value(i));
    }
  }
  // The first of the keys of the next map that is built. Each gets other keys: the processor learns
  // what some thousand branches do that come again in the same order, as they never do in a
  // program.
  std::uint64_t next_keys() {
    const std::uint64_t first = first_;
    first_ += keys_.n;
    if (first_ + keys_.n > keys_.in_order.size()) first_ = 0;
    return first;
  }

  double per_element(std::uint64_t ns, std::uint64_t times) const {
    return static_cast<double>(ns) / static_cast<double>(times * keys_.n);
  }

  double insert() {
    const double ns = builds_ ? build([](map&) {}, false) : 0;
    map_.emplace();
    fill(*map_, 0);
    Prepare()(*map_);
    next_ = 0;
    return ns;
  }

  // Makes maps by `make(place)`. Destroying them is not timed.
  template <class Make>
  double in_batches(const Make& make) const {
    trim_allocator();
    const std::uint64_t batches = (repetitions() + batch() - 1) / batch();
    std::vector<std::unique_ptr<map>> made(batch());
    std::uint64_t took = 0;
    for (std::uint64_t n = 0; n < batches; ++n) {
      const std::uint64_t start = now_ns();
      for (auto& each : made) make(each);
      took += now_ns() - start;
      for (auto& each : made) each.reset();
    }
    return per_element(took, batches * batch());
  }

  template <class Before>
  double build(const Before& before, bool and_destroy) {
    return in_batches([&](std::unique_ptr<map>& place) {
      place = std::make_unique<map>();
      before(*place);
      fill(*place, next_keys());
      if (and_destroy) place.reset();
    });
  }

  // Reads the keys into the cache, so that the first map does not wait for them.
  static void warm(const std::vector<typename Kind::key>& keys) {
    std::uint64_t sum = 0;
    for (const auto& key : keys) sum += steady::hash<typename Kind::key>()(key, 1);
    observed = sum;
  }

  double look_up(const std::vector<typename Kind::key>& keys) const {
    const map& in = *map_;
    const auto end = in.end();
    warm(keys);
    std::uint64_t sum = 0;
    const std::uint64_t start = now_ns();
    for (const auto& key : keys) {
      const auto found = in.find(key);
      if (found != end) sum += Kind::seen(found->second);
    }
    const std::uint64_t took = now_ns() - start;
    observed = sum;
    return static_cast<double>(took) / static_cast<double>(keys.size());
  }

  // The next key's place among the keys comes from the value that was found.
  double look_up_dependently() const {
    const map& in = *map_;
    const std::size_t count = keys_.hits.size();
    warm(keys_.hits);
    std::size_t at = 0;
    std::uint64_t sum = 0;
    const std::uint64_t start = now_ns();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t value = Kind::seen(in.find(keys_.hits[at])->second);
      sum += value;
      at = i + (value >> 63);  // values are small, which only the data tell
    }
    const std::uint64_t took = now_ns() - start;
    observed = sum;
    return static_cast<double>(took) / static_cast<double>(count);
  }

  double churn() {
    map& in = *map_;
    const std::uint64_t count = 2 * keys_.hits.size();
    const std::uint64_t start = now_ns();
    for (std::uint64_t i = 0; i < count; ++i, ++next_) {
      in.erase(keys_.in_order[next_]);
      in.try_emplace(keys_.in_order[next_ + keys_.n], Kind::make_value(next_));
    }
    return static_cast<double>(now_ns() - start) / static_cast<double>(count);
  }

  double iterate() const {
    const map& in = *map_;
    const std::uint64_t times = repetitions();
    std::uint64_t sum = 0;
    const std::uint64_t start = now_ns();
    for (std::uint64_t n = 0; n < times; ++n) {
      for (const auto& element : in) sum += Kind::seen(element.second);
    }
    const std::uint64_t took = now_ns() - start;
    observed = sum;
    return per_element(took, times);
  }

  double copy() const {
    return in_batches([&](auto& place) { place = std::make_unique<map>(*map_); });
  }

  const std::string name_;
  const key_set<Kind>& keys_;
  const bool builds_;
  std::optional<map> map_;
  std::uint64_t next_ = 0;   // the oldest key
  std::uint64_t first_ = 0;  // of the next map that is built
};

}  // namespace steady::bench
