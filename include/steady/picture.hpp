// steady::picture_of: what a container looks like along the hash line, for pictures of it.
//
//   const steady::picture now = steady::picture_of(map, 80, 16);
//   for (const steady::picture_part& part : now.old_array.parts) draw(part.state, part.fullness);
//
// The hash line (docs/design.md) is cut into equal parts, the same for both arrays. Of each part at
// most so many buckets are read as the caller says, spread evenly over it, so that a picture of a
// large map costs no more than one of a small map. Only tags are read, never elements.
//
//   Bound     parts * samples buckets of each array, each with at most 64 of its overflow buckets;
//             an allocation for each array.
//   Throws    what allocating the parts throws.
//   Threads   both functions only read the container, as its const functions do. Containers that
//             threads share have no pictures.
//
// A place on the line reveals something about the map's seed: do not show it to those whose keys
// the map must withstand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/state/table_state.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/detail/traversal/line_visit.hpp>

namespace steady {

// What a part of the line means to an array.
enum class part_state : std::uint8_t {
  unwritten,  // nothing is there yet: the frontier has not come so far
  in_use,     // the array holds the elements of this part; under a reseeding, those that moved
  divided,    // the frontier is in this part
  evacuated,  // the elements of this part have moved to the new array
};

struct picture_part {
  part_state state = part_state::unwritten;
  std::uint32_t buckets = 0;           // that were read
  std::uint32_t elements = 0;          // in these, overflow included
  std::uint32_t overflow_buckets = 0;  // of these
  std::uint32_t longest_chain = 0;     // overflow buckets of one of these
  float fullness = 0;  // elements by slots of these buckets; above 1 where overflow is full, too
};

struct array_picture {
  std::uint64_t buckets = 0;  // 0: there is no such array, and no parts
  unsigned bucket_slots = 0;
  std::vector<picture_part> parts;
};

enum class migration_kind : std::uint8_t { none, grow, compact, shrink, reseed };

struct picture {
  array_picture old_array;  // the only one, unless the container migrates
  array_picture new_array;
  migration_kind kind = migration_kind::none;
  std::uint64_t frontier = 0;      // below it, on the old line, the new array holds the elements
  std::uint64_t buckets_read = 0;  // what this picture has cost
};

// Where a key is, or would be: its hash position, and in which array.
struct key_place {
  std::uint64_t position = 0;
  bool in_new = false;
};

namespace detail {

template <class Table>
class painter {
  using storage = typename Table::storage_type;
  using array = bucket_array<storage>;
  using layout = typename Table::layout;
  using kind = steady::migration_kind;  // there is another one in this namespace

 public:
  painter(const Table& table, std::size_t parts, std::size_t samples) noexcept
      : state_(table.state()), parts_(parts), samples_(samples) {}

  picture paint() {
    const array old = state_.old_array();
    const array fresh = state_.new_array();
    now_.frontier = state_.frontier();
    now_.kind = kind_of(old, fresh);
    if (old.exists()) paint_array(now_.old_array, old, false);
    if (fresh.exists()) paint_array(now_.new_array, fresh, true);
    return std::move(now_);
  }

 private:
  static constexpr std::uint32_t most_links = 64;

  // Both ends included.
  struct interval {
    std::uint64_t first;
    std::uint64_t last;
  };

  kind kind_of(const array& old, const array& fresh) const noexcept {
    if (!fresh.exists()) return kind::none;
    if (state_.reseeding()) return kind::reseed;
    const unsigned before = old.line().log2_buckets();
    const unsigned after = fresh.line().log2_buckets();
    if (after > before) return kind::grow;
    return after < before ? kind::shrink : kind::compact;
  }

  interval part_of_line(std::size_t number) const noexcept {
    const std::uint64_t width = last_position / parts_ + (last_position % parts_ + 1 == parts_);
    const std::uint64_t first = width * number;
    return {first, number + 1 == parts_ ? last_position : first + width - 1};
  }

  void paint_array(array_picture& into, const array& of, bool in_new) {
    into.buckets = of.line().buckets();
    into.bucket_slots = of.is_tiny() ? of.tiny_slots(layout::value) : layout::width;
    into.parts.resize(parts_);
    for (std::size_t number = 0; number < parts_; ++number) {
      picture_part& part = into.parts[number];
      const interval within = part_of_line(number);
      part.state = in_new ? state_in_new(of, within) : state_in_old(within);
      read(part, of, in_new, within);
      const double slots = static_cast<double>(part.buckets) * into.bucket_slots;
      if (slots > 0) part.fullness = static_cast<float>(part.elements / slots);
      now_.buckets_read += part.buckets;
    }
  }

  part_state state_in_old(interval within) const noexcept {
    const std::uint64_t frontier = state_.frontier();
    if (within.first >= frontier) return part_state::in_use;
    return within.last < frontier ? part_state::evacuated : part_state::divided;
  }
  part_state state_in_new(const array& fresh, interval within) const noexcept {
    // A reseeding scatters elements over the whole line, so what counts is which buckets exist.
    const std::uint64_t written = state_.cold()->new_written();
    const bool first_in = state_.reseeding() ? fresh.line().bucket_at(within.first) < written
                                             : within.first < state_.frontier();
    const bool last_in = state_.reseeding() ? fresh.line().bucket_at(within.last) < written
                                            : within.last < state_.frontier();
    if (last_in) return part_state::in_use;
    return first_in ? part_state::divided : part_state::unwritten;
  }

  // Headers below the frontier of the old array, and behind the written ones of the new one, may be
  // unmapped memory by now, or still.
  void read(picture_part& part, const array& of, bool in_new, interval within) const noexcept {
    if (part.state == part_state::evacuated || part.state == part_state::unwritten) return;
    std::uint64_t first = of.line().bucket_at(within.first);
    std::uint64_t end = of.line().bucket_at(within.last) + 1;
    if (in_new) {
      end = min_of(end, state_.cold()->new_written());
    } else {
      first = max_of(first, of.line().bucket_at(state_.frontier()));
    }
    if (first >= end) return;
    const std::uint64_t buckets = end - first;
    const std::uint64_t samples = min_of<std::uint64_t>(buckets, samples_);
    for (std::uint64_t sample = 0; sample < samples; ++sample) {
      const std::uint64_t rest = buckets % samples * sample / samples;
      read_bucket(part, of, first + buckets / samples * sample + rest);
    }
  }

  void read_bucket(picture_part& part, const array& of, std::uint64_t bucket) const noexcept {
    ++part.buckets;
    part.elements += static_cast<std::uint32_t>(of.full_slots(bucket, layout::value).size());
    std::uint32_t links = 0;
    for (const auto* link : of.overflow_of(bucket, layout::value)) {
      if (links == most_links) break;
      ++links;
      part.elements += static_cast<std::uint32_t>(
          overflow_chain<storage>::full_slots(link, layout::value).size());
    }
    part.overflow_buckets += links;
    part.longest_chain = max_of(part.longest_chain, links);
  }

  const table_state<storage>& state_;
  std::size_t parts_;
  std::size_t samples_;
  picture now_;
};

}  // namespace detail

// The container now, in so many parts, of which at most `samples` buckets each are read. Beside the
// frontier a picture counts elements in both arrays that a step has just moved out of a part of an
// old bucket.
template <class Container>
picture picture_of(const Container& container, std::size_t parts, std::size_t samples) {
  if (parts == 0) return {};
  const auto& table = detail::container_access::table_of(container);
  using table_type = std::remove_cvref_t<decltype(table)>;
  return detail::painter<table_type>(table, parts, samples).paint();
}

// The place of a key, in the container or not. Bound: hashes the key, twice under a reseeding.
// Throws what the hash throws.
template <class Container>
key_place place_of(const Container& container, const typename Container::key_type& key) {
  const auto& table = detail::container_access::table_of(container);
  const auto& state = table.state();
  const auto at = [&](const detail::line_seed& seed) {
    return detail::position_of(table.hash(), key, seed);
  };
  const std::uint64_t on_old_line = at(state.seed);
  const bool in_new = state.cold_link != nullptr && state.cold()->is_evacuated(on_old_line);
  return {in_new && state.reseeding() ? at(state.next_seed()) : on_old_line, in_new};
}

}  // namespace steady
