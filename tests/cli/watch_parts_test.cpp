// The parts of `steady watch`: what is done to the map, frame by frame, and what people see of it.
#include <cstddef>
#include <cstdint>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/watch.hpp"
#include "cli/watch_keys.hpp"
#include "cli/watch_screen.hpp"
#include "cli/watch_story.hpp"
#include "cli/watched_map.hpp"

namespace {

using namespace steady::cli;
using steady::migration_kind;

watch_settings small_map() {
  watch_settings settings;
  settings.elements = 2000;
  settings.seed = 7;
  return settings;
}

// Frames until `is_there`; fails where it does not come.
template <class Condition>
watch_frame wait_for(watched_map& map, const Condition& is_there) {
  watch_frame frame;
  for (int n = 0; n < 2000; ++n) {
    frame = map.advance();
    if (is_there(frame)) return frame;
  }
  ADD_FAILURE() << "it did not come in 2000 frames";
  return frame;
}
bool is_growing(const watch_frame& frame) { return frame.now.kind == migration_kind::grow; }
bool is_at_rest(const watch_frame& frame) { return frame.now.kind == migration_kind::none; }

std::string text_of(const std::vector<screen_line>& lines) {
  std::string text;
  for (const screen_line& line : lines) {
    for (const styled_text& each : line) text += each.text;
    text += '\n';
  }
  return text;
}
std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (const char each : text) columns += (static_cast<unsigned char>(each) & 0xc0) != 0x80;
  return columns;
}

// With single spaces.
std::string words_of(const std::string& text) {
  std::istringstream words(text);
  std::string all;
  for (std::string word; words >> word;) all += (all.empty() ? "" : " ") + word;
  return all;
}

TEST(watched_map, a_migration_takes_about_as_many_frames_as_asked) {
  for (const std::uint64_t pace : {20u, 80u}) {
    watch_settings settings = small_map();
    settings.pace = pace;
    settings.elements = 30'000;  // buckets enough for a whole number of them in each frame
    watched_map map(settings);
    const std::uint64_t first = wait_for(map, is_growing).number;
    const std::uint64_t last = wait_for(map, is_at_rest).number;
    EXPECT_GE(last - first, pace * 8 / 10);
    EXPECT_LE(last - first, pace * 12 / 10);
  }
}

TEST(watched_map, insertions_move_two_buckets_each) {
  watched_map map(small_map());
  wait_for(map, is_growing);
  for (int n = 0; n < 10; ++n) {
    const watch_frame frame = map.advance();
    EXPECT_EQ(frame.here.moved_by_insert, 2 * frame.here.inserted);
    EXPECT_GT(frame.here.inserted, 0u);
  }
}

TEST(watched_map, pausing_stops_everything_but_single_frames) {
  watched_map map(small_map());
  map.toggle_pause();
  const watch_frame paused = map.advance();
  EXPECT_TRUE(paused.paused);
  EXPECT_EQ(map.advance().so_far.inserted, paused.so_far.inserted);
  EXPECT_GT(map.advance_once().so_far.inserted, paused.so_far.inserted);
  map.toggle_pause();
  EXPECT_GT(map.advance().here.inserted, 0u);
}

TEST(watched_map, resting_moves_nothing_and_steps_do) {
  watched_map map(small_map());
  wait_for(map, is_growing);
  map.set_activity(activity::rest);
  const watch_frame resting = map.advance();
  EXPECT_EQ(map.advance().frontier, resting.frontier);
  map.step();
  const watch_frame stepped = map.advance();
  EXPECT_GT(stepped.frontier, resting.frontier);
  EXPECT_GT(stepped.here.moved_by_step, 0u);
  EXPECT_EQ(stepped.here.moved_by_insert, 0u);
}

TEST(watched_map, erasing_ends_in_a_shrink_and_an_empty_map) {
  watch_settings settings = small_map();
  settings.elements = 60'000;
  watched_map map(settings);
  map.set_activity(activity::erase);
  const watch_frame shrinking = wait_for(
      map, [](const watch_frame& frame) { return frame.now.kind == migration_kind::shrink; });
  EXPECT_STREQ(shrinking.cause, "the load");
  EXPECT_EQ(wait_for(map, [](const watch_frame& frame) { return frame.size == 0; }).size, 0u);
  EXPECT_NE(in_words(map.advance()), "");  // an empty map can be shown
}

TEST(watched_map, an_attack_ends_in_a_reseeding) {
  watched_map map(small_map());
  map.attack();
  const watch_frame attacked = wait_for(map, [](const watch_frame& f) { return f.colliding > 20; });
  ASSERT_EQ(attacked.attack.size(), 1u);
  const watch_frame noticed = wait_for(
      map, [](const watch_frame& frame) { return frame.now.kind == migration_kind::reseed; });
  EXPECT_STREQ(noticed.cause, "overflow");
  EXPECT_GE(noticed.longest_chain, 8u);
  EXPECT_TRUE(noticed.attack.empty());
  EXPECT_EQ(wait_for(map, is_at_rest).reseeded, 1u);
}

// At the same size the map does not take a third seed, so this attack must give up.
TEST(watched_map, a_second_attack_at_once_ends_too) {
  watched_map map(small_map());
  map.set_activity(activity::rest);
  map.attack();
  wait_for(map,
           [](const watch_frame& frame) { return frame.reseeded == 1 || frame.attack.empty(); });
  map.set_activity(activity::churn);
  wait_for(map, [](const watch_frame& frame) { return frame.reseeded == 1 && is_at_rest(frame); });
  map.attack();
  map.advance();
  wait_for(map, [](const watch_frame& frame) { return frame.attack.empty(); });
}

TEST(watched_map, walkers_cross_the_line_and_end) {
  watched_map map(small_map());
  map.start_walker();
  map.set_activity(activity::rest);
  double before = -1;
  std::uint64_t walked = 0;
  for (watch_frame frame = map.advance(); !frame.walkers.empty(); frame = map.advance()) {
    EXPECT_GE(frame.walkers[0].at + 0.01, before) << "a bucket is not in order";
    before = frame.walkers[0].at;
    walked = frame.so_far.walked;
  }
  EXPECT_GT(before, 0.95);
  EXPECT_GT(walked, 1900u);
}

TEST(watched_map, clearing_leaves_memory_that_is_released_in_steps) {
  watch_settings settings = small_map();
  settings.elements = 50'000;
  watched_map map(settings);
  map.start_walker();
  map.clear();
  const watch_frame cleared = map.advance();
  EXPECT_LT(cleared.size, 1000u);
  EXPECT_TRUE(cleared.releasing);
  const watch_frame released =
      wait_for(map, [](const watch_frame& frame) { return !frame.releasing; });
  EXPECT_LT(released.bytes, cleared.bytes / 2);
  EXPECT_GT(released.number, cleared.number + 5) << "not at once";
  wait_for(map, [](const watch_frame& frame) { return frame.walkers.empty(); });
}

TEST(watched_map, an_empty_map_can_be_watched_and_pressed) {
  watch_settings settings = small_map();
  settings.elements = 0;
  watched_map map(settings);
  map.set_activity(activity::rest);
  EXPECT_NE(in_words(map.advance()).find("0 elements"), std::string::npos);
  for (const watch_key& key : watch_keys) {
    if (key.press != nullptr) key.press(map);
    EXPECT_NE(in_words(map.advance()), "");
  }
}

TEST(watched_map, the_same_seed_shows_the_same) {
  const auto run = [] {
    watched_map map(small_map());
    watch_frame frame;
    for (int n = 0; n < 60; ++n) frame = map.advance();
    frame.here.longest_insert_ns = 0;
    return in_words(frame);
  };
  EXPECT_EQ(run(), run());
}

TEST(watched_map, filling_can_be_stopped) {
  watch_settings settings = small_map();
  settings.elements = 1'000'000'000;
  std::uint64_t asked = 0;
  watched_map map(settings, [&](std::uint64_t done) {
    ++asked;
    return done < 200'000;
  });
  EXPECT_EQ(asked, 3u);
  map.set_activity(activity::rest);
  EXPECT_EQ(map.advance().size, 200'000u);
}

TEST(watched_map, inserting_ends_at_the_most) {
  watch_settings settings = small_map();
  settings.most = 2500;
  watched_map map(settings);
  const watch_frame end =
      wait_for(map, [](const watch_frame& frame) { return frame.doing == activity::rest; });
  EXPECT_NE(end.note.find("enough"), std::string::npos);
}

// In the usual terminal: nothing that explains is cut off.
void expect_legible(const watch_frame& frame) {
  const std::string screen = words_of(text_of(screen_of(frame, {80, 24, false})));
  EXPECT_NE(screen.find(explanation(frame)), std::string::npos) << screen;
  EXPECT_NE(screen.find(frame.note), std::string::npos) << screen;
  EXPECT_TRUE(std::regex_search(screen, std::regex("ever [0-9.]+ [num]?s "))) << screen;
}

TEST(watch_tour, shows_everything_and_ends) {
  watch_settings settings = small_map();
  settings.parts = parts_for({80, 24, false});
  watched_map map(settings);
  watch_tour tour;
  std::set<migration_kind> seen;
  bool walked = false;
  bool released = false;
  char key = 0;
  for (int n = 0; n < 2000 && key != quit_key; ++n) {
    const watch_frame frame = map.advance();
    seen.insert(frame.now.kind);
    walked = walked || !frame.walkers.empty();
    released = released || frame.releasing;
    expect_legible(frame);
    key = tour.next(frame);
    press(map, key);
  }
  EXPECT_EQ(key, quit_key);
  EXPECT_EQ(seen.size(), 5u) << "of every kind of migration, and rest";
  EXPECT_TRUE(walked && released);
}

TEST(watch_story, grows_is_attacked_reseeds_and_shrinks) {
  const watch_story story = record_story();
  const auto frames = nlohmann::json::parse("[" + story.frames + "]");
  std::vector<std::string> kinds;  // one after the other
  bool attacked = false;
  for (const auto& frame : frames) {
    attacked = attacked || !frame["attack"].empty();
    if (kinds.empty() || frame["kind"] != kinds.back()) kinds.push_back(frame["kind"]);
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"at rest", "growing", "at rest", "reseeding",
                                             "at rest", "shrinking", "at rest"}));
  EXPECT_TRUE(attacked);
  EXPECT_LT(story.frames.size(), 400'000u) << "a report is smaller than a megabyte";
}

TEST(watch_story, tells_in_words_what_happens) {
  const watch_story story = record_story();
  std::string all;
  for (const std::string& event : story.events) all += event + "\n";
  std::size_t at = 0;
  for (const char* part : {"growing begins, because of the load. From 256 to 512 buckets",
                           "grown: the new array is the only one now", "attack: keys that all fall",
                           "the map takes another seed", "reseeded: every key has another place",
                           "now erasing", "shrinking begins", "shrunk: "}) {
    at = all.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << " in\n" << all;
  }
}

TEST(watch_screen, fits_every_size) {
  watched_map map(small_map());
  wait_for(map, [](const watch_frame& frame) { return frame.frontier > 0.4; });
  for (const std::size_t columns : {60u, 80u, 133u, 250u}) {
    for (const std::size_t rows : {18u, 24u, 50u}) {
      const screen_size size{columns, rows, false};
      map.set_parts(parts_for(size));
      const auto lines = screen_of(map.advance(), size);
      EXPECT_LE(lines.size(), rows);
      EXPECT_GE(lines.size(), 17u);
      for (std::size_t n = 1; n < lines.size(); ++n) {
        EXPECT_LE(columns_of(text_of({lines[n]})) - 1, columns) << text_of({lines[n]});
      }
    }
  }
  const auto small = screen_of(map.advance(), {40, 10, false});
  EXPECT_EQ(text_of(small), "make it 60 x 18\n");
}

// What the picture is for: the old array is drawn from the frontier on, the new one up to it.
TEST(watch_screen, shows_the_frontier_between_the_arrays) {
  const screen_size size{80, 24, true};
  watch_settings settings = small_map();
  settings.parts = parts_for(size);
  watched_map map(settings);
  const auto lines =
      screen_of(wait_for(map, [](const watch_frame& f) { return f.frontier > 0.5; }), size);
  const auto row = [&](std::size_t n) { return text_of({lines[n]}); };
  const std::size_t at = row(7).find('^');
  ASSERT_NE(at, std::string::npos) << text_of(lines);
  const std::size_t old_bottom = 5;
  const std::size_t new_bottom = 12;
  EXPECT_EQ(row(old_bottom).substr(15, at - 15), std::string(at - 15, '-'));
  EXPECT_EQ(row(old_bottom).find('#'), row(old_bottom).find_last_of('-') + 1);
  EXPECT_LE(row(new_bottom).find_last_of('#'), at);
  EXPECT_GE(row(new_bottom).find_last_of('#'), at - 1);
  EXPECT_EQ(row(new_bottom).find('#'), 15u);
}

TEST(watch_screen, ascii_is_ascii) {
  watched_map map(small_map());
  for (const char letter : text_of(screen_of(wait_for(map, is_growing), {80, 24, true}))) {
    EXPECT_LT(static_cast<unsigned char>(letter), 128);
  }
}

TEST(watch_screen, help_names_every_key) {
  const std::string help = text_of(help_screen({80, 24, false}));
  for (const watch_key& key : watch_keys) {
    EXPECT_NE(help.find(std::string(key.what)), std::string::npos);
    EXPECT_NE(key_line().find(name_of(key) + " " + std::string(key.word)), std::string::npos);
  }
}

TEST(watch_screen, cuts_between_signs) {
  EXPECT_EQ(first_columns("a▲b", 2), "a▲");
  EXPECT_EQ(first_columns("a▲b", 1), "a");
  EXPECT_EQ(first_columns("ab", 9), "ab");
  EXPECT_EQ(first_columns("ab", 0), "");
}

TEST(watch_keys, are_checked) {
  EXPECT_EQ(check_keys("w__a +-"), "");
  EXPECT_NE(check_keys("w?").find("no key '?'"), std::string::npos);
  std::set<char> all;
  for (const watch_key& key : watch_keys) EXPECT_TRUE(all.insert(key.key).second) << key.key;
}

}  // namespace
