// A short life of a map, as reports show it: recorded anew for each report, with a real map that
// grows, is attacked, takes another seed because of that, and shrinks.
//
// Takes milliseconds, and about 200 KB of the report. The seed is always the same, so that readers
// of two reports see the same life.
#pragma once

#include <string>
#include <vector>

#include "cli/page.hpp"

namespace steady::cli {

struct watch_story {
  std::size_t elements = 0;         // in the beginning
  std::string frames;               // for player_markup
  std::vector<std::string> events;  // in words: what happens, and what can be seen then
};

watch_story record_story();

// The story as a section: what to see, the player, and the events as a list for those who cannot
// see it or have no scripts.
page_section story_section(const watch_story& story);

}  // namespace steady::cli
