// The keys of `steady watch`: the same in a terminal, in --keys and on the tour.
#pragma once

#include <string>
#include <string_view>

#include "cli/watched_map.hpp"

namespace steady::cli {

struct watch_key {
  char key;
  std::string_view word;  // for the line of help
  std::string_view what;
  void (*press)(watched_map& map);  // null: the view's own
};

inline constexpr char quit_key = 'q';
inline constexpr char help_key = 'h';
inline constexpr char frame_key = '.';  // one more frame, where the map is paused

inline constexpr watch_key watch_keys[] = {
    {'i', "insert", "insert keys", [](watched_map& map) { map.set_activity(activity::insert); }},
    {'e', "erase", "erase the oldest keys, and step()",
     [](watched_map& map) { map.set_activity(activity::erase); }},
    {'c', "churn", "insert as many as are erased",
     [](watched_map& map) { map.set_activity(activity::churn); }},
    {'n', "nothing", "no calls at all: a map does nothing by itself",
     [](watched_map& map) { map.set_activity(activity::rest); }},
    {'s', "step", "step(): move a frame's share of buckets", [](watched_map& map) { map.step(); }},
    {'w', "walker", "a walker goes over all elements while the map changes",
     [](watched_map& map) { map.start_walker(); }},
    {'a', "attack", "insert keys that all fall into one bucket",
     [](watched_map& map) { map.attack(); }},
    {'r', "reseed", "reseed_gradually()", [](watched_map& map) { map.reseed(); }},
    {'o', "compact", "compact_gradually()", [](watched_map& map) { map.compact(); }},
    {'k', "shrink", "shrink_gradually()", [](watched_map& map) { map.shrink(); }},
    {'x', "clear", "clear_gradually()", [](watched_map& map) { map.clear(); }},
    {' ', "pause", "pause, and go on", [](watched_map& map) { map.toggle_pause(); }},
    {frame_key, "frame", "one more frame, while paused", nullptr},
    {'+', "faster", "migrations take half as many frames", [](watched_map& map) { map.faster(); }},
    {'-', "slower", "and twice as many", [](watched_map& map) { map.slower(); }},
    {help_key, "help", "this help", nullptr},
    {quit_key, "quit", "the end", nullptr},
};

// Null if there is no such key.
const watch_key* find_key(char key) noexcept;

// Does to the map what the key asks for; keys that are none of the map's do nothing.
void press(watched_map& map, char key);

// " " is "space".
std::string name_of(const watch_key& key);

// All keys in a line.
std::string key_line();

// A short life: the map grows, is attacked, takes another seed, and shrinks.
enum class tour_of { everything, a_short_life };

// Frames that show what a map does, one after the other: after each frame, the key to press; 0 for
// none, quit_key at the end.
class watch_tour {
 public:
  explicit watch_tour(tour_of shows = tour_of::everything) : shows_(shows) {}

  char next(const watch_frame& frame);

 private:
  tour_of shows_;
  std::size_t stop_ = 0;
  std::uint64_t since_ = 0;  // frames at this stop
};

}  // namespace steady::cli
