#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"
#include "cli/units.hpp"
#include "cli/watch_keys.hpp"
#include "cli/watch_record.hpp"
#include "cli/watch_story.hpp"

namespace steady::cli {

namespace {

// Small, so that one bar of the picture is few buckets, and each insertion moves part of a bar.
constexpr watch_settings story_settings{
    .elements = 2000, .most = 100'000, .pace = 36, .parts = 48, .seed = 7};
constexpr std::size_t most_frames = 1000;  // the tour ends long before

std::string event_of(const watch_frame& frame) {
  std::string text = fmt::format("Frame {}: {}.", frame.number, frame.note);
  if (frame.now.kind != migration_kind::none) {
    text += fmt::format(" From {} to {} buckets, {} elements.",
                        format_count(frame.now.old_array.buckets),
                        format_count(frame.now.new_array.buckets), format_count(frame.size));
  }
  return text + " " + explanation(frame);
}

}  // namespace

watch_story record_story() {
  watched_map map(story_settings);
  watch_tour tour(tour_of::a_short_life);
  watch_story story;
  story.elements = story_settings.elements;
  char key = 0;
  for (std::size_t n = 0; n < most_frames && key != quit_key; ++n) {
    const watch_frame frame = map.advance();
    if (!story.frames.empty()) story.frames += ",\n";
    story.frames += to_json(frame).dump();
    if (!frame.note.empty()) story.events.push_back(event_of(frame));
    key = tour.next(frame);
    press(map, key);
  }
  return story;
}

page_section story_section(const watch_story& story) {
  std::string body = player_markup(story.frames);
  body += "<details><summary>The same in words</summary>\n<ol>\n";
  for (const std::string& event : story.events) {
    body += fmt::format("<li>{}</li>\n", escape_html(event));
  }
  body += "</ol></details>\n";
  return {
      "life", "A map at work",
      fmt::format(
          "A map of {} elements, recorded for this report: it grows, is attacked with keys that "
          "all fall into one bucket, takes another seed because of that, and shrinks. Bars show "
          "how full each part of the map is. See how the frontier crosses the old array a few "
          "buckets at a time: no call moves all of them.",
          format_count(story.elements)),
      nullptr, body};
}

}  // namespace steady::cli
