#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "cli/watch_keys.hpp"

namespace steady::cli {

namespace {

// A stop of the tour: goes on when `is_over`, at the latest after so many frames, and then presses
// a key.
struct tour_stop {
  bool (*is_over)(const watch_frame& frame, std::uint64_t frames);
  char key;  // 0: none
};

bool is_at_rest(const watch_frame& frame) {
  return frame.now.kind == migration_kind::none && !frame.releasing;
}
bool is_halfway(const watch_frame& frame) {
  return frame.now.kind != migration_kind::none && frame.frontier > 0.3;
}
// Filling the map has made it grow, too: counts do not tell.
bool has_just_grown(const watch_frame& frame) {
  return is_at_rest(frame) && frame.here.moved_by_insert > 0;
}
constexpr std::uint64_t too_long = 600;
constexpr std::uint64_t a_while = 12;

constexpr tour_stop everything[] = {
    {[](const watch_frame& frame, std::uint64_t) { return frame.grown >= 4 && is_halfway(frame); },
     'w'},
    {[](const watch_frame& frame, std::uint64_t frames) {
       return frames > a_while && is_at_rest(frame) && frame.walkers.empty();
     },
     'a'},
    {[](const watch_frame& frame, std::uint64_t) { return frame.reseeded > 0; }, 'e'},
    {[](const watch_frame& frame, std::uint64_t) { return frame.shrunk > 0; }, 'c'},
    {[](const watch_frame&, std::uint64_t frames) { return frames > a_while; }, 'o'},
    {[](const watch_frame& frame, std::uint64_t) { return frame.compacted > 0; }, 'x'},
    {[](const watch_frame&, std::uint64_t frames) { return frames > 1; }, 'i'},
    {[](const watch_frame& frame, std::uint64_t frames) {
       return frames > a_while && !frame.releasing;
     },
     quit_key},
};

constexpr tour_stop a_short_life[] = {
    {[](const watch_frame& frame, std::uint64_t) { return has_just_grown(frame); }, 'a'},
    {[](const watch_frame& frame, std::uint64_t) { return frame.reseeded > 0; }, 'e'},
    {[](const watch_frame& frame, std::uint64_t) { return frame.shrunk > 0; }, 'n'},
    {[](const watch_frame&, std::uint64_t frames) { return frames > 1; }, quit_key},
};

}  // namespace

const watch_key* find_key(char key) noexcept {
  const auto found = std::find_if(std::begin(watch_keys), std::end(watch_keys),
                                  [key](const watch_key& each) { return each.key == key; });
  return found == std::end(watch_keys) ? nullptr : found;
}

void press(watched_map& map, char key) {
  const watch_key* const known = find_key(key);
  if (known != nullptr && known->press != nullptr) known->press(map);
}

std::string name_of(const watch_key& key) {
  return key.key == ' ' ? "space" : std::string(1, key.key);
}

std::string key_line() {
  std::string line;
  for (const watch_key& key : watch_keys) {
    line += fmt::format("{}{} {}", line.empty() ? "" : "  ", name_of(key), key.word);
  }
  return line;
}

char watch_tour::next(const watch_frame& frame) {
  const std::span<const tour_stop> stops =
      shows_ == tour_of::everything ? std::span<const tour_stop>(everything) : a_short_life;
  if (stop_ == stops.size()) return quit_key;
  const tour_stop& stop = stops[stop_];
  ++since_;
  if (!stop.is_over(frame, since_) && since_ < too_long) return 0;
  ++stop_;
  since_ = 0;
  return stop.key;
}

}  // namespace steady::cli
