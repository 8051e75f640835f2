#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/units.hpp"
#include "cli/watch_frame.hpp"

namespace steady::cli {

namespace {

int percent(double part) { return static_cast<int>(std::lround(part * 100)); }

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

// The mean of the parts that belong to a tenth of the line; its words, as people hear them.
std::string tenth_in_words(const array_picture& of, std::size_t tenth) {
  const std::size_t count = of.parts.size();
  const std::size_t first = tenth * count / 10;
  const std::size_t end = std::max(first + 1, (tenth + 1) * count / 10);
  double sum = 0;
  std::size_t used = 0;
  std::size_t evacuated = 0;
  for (std::size_t n = first; n < end && n < count; ++n) {
    if (of.parts[n].state == part_state::evacuated) ++evacuated;
    if (of.parts[n].buckets == 0) continue;
    sum += static_cast<double>(of.parts[n].fullness);
    ++used;
  }
  if (used > 0) return fmt::format("{} %", percent(sum / static_cast<double>(used)));
  return evacuated > 0 ? "moved" : "nothing yet";
}

std::string array_in_words(std::string_view name, const array_picture& of) {
  if (of.buckets == 0) return "";
  std::string text = fmt::format("{}: {} of {} slots, full in tenths of the line:", name,
                                 counted(of.buckets, "bucket", "buckets"), of.bucket_slots);
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    text += fmt::format("{} {}", tenth == 0 ? "" : ",", tenth_in_words(of, tenth));
  }
  return text + ".\n";
}

std::string markers_in_words(const watch_frame& frame) {
  std::string text;
  for (const line_marker& each : frame.walkers) {
    text += fmt::format("A walker is at {} % of the line, in the {} array.\n", percent(each.at),
                        each.in_new                        ? "new"
                        : frame.now.new_array.buckets == 0 ? "only"
                                                           : "old");
  }
  for (const line_marker& each : frame.attack) {
    text += fmt::format("Keys that collide go to {} % of the line; {} so far.\n", percent(each.at),
                        format_count(frame.colliding));
  }
  return text;
}

std::string counts_in_words(const watch_counts& here) {
  std::string text = fmt::format("In this frame: {} inserted, {} erased",
                                 format_count(here.inserted), format_count(here.erased));
  const std::uint64_t moved = here.moved_by_insert + here.moved_by_walk + here.moved_by_step;
  if (moved > 0) {
    text += fmt::format("; buckets moved: {} by insertions, {} by walkers, {} by step()",
                        format_count(here.moved_by_insert), format_count(here.moved_by_walk),
                        format_count(here.moved_by_step));
  }
  if (here.longest_insert_ns > 0) {
    text += fmt::format("; longest insertion {}",
                        format_duration(static_cast<double>(here.longest_insert_ns)));
  }
  return text + ".\n";
}

nlohmann::json array_to_json(const array_picture& of) {
  nlohmann::json full = nlohmann::json::array();
  nlohmann::json chains = nlohmann::json::array();
  std::string states;
  for (const picture_part& part : of.parts) {
    full.push_back(percent(static_cast<double>(part.fullness)));
    chains.push_back(part.longest_chain);
    states += "-+/."[static_cast<unsigned>(part.state)];
  }
  return {{"buckets", of.buckets},
          {"slots", of.bucket_slots},
          {"states", states},
          {"full", full},
          {"chains", chains}};
}

nlohmann::json markers_to_json(const std::vector<line_marker>& markers) {
  nlohmann::json all = nlohmann::json::array();
  for (const line_marker& each : markers) {
    all.push_back({{"at", std::round(each.at * 1e4) / 1e4}, {"new", each.in_new}});
  }
  return all;
}

nlohmann::json counts_to_json(const watch_counts& counts) {
  return {{"inserted", counts.inserted},
          {"erased", counts.erased},
          {"walked", counts.walked},
          {"moved_by_insert", counts.moved_by_insert},
          {"moved_by_walk", counts.moved_by_walk},
          {"moved_by_step", counts.moved_by_step},
          {"longest_insert_ns", counts.longest_insert_ns}};
}

}  // namespace

const char* name_of(migration_kind kind) noexcept {
  switch (kind) {
    case migration_kind::none:
      return "at rest";
    case migration_kind::grow:
      return "growing";
    case migration_kind::compact:
      return "compacting";
    case migration_kind::shrink:
      return "shrinking";
    case migration_kind::reseed:
      return "reseeding";
  }
  return "";
}

const char* name_of(activity doing) noexcept {
  switch (doing) {
    case activity::insert:
      return "inserting";
    case activity::erase:
      return "erasing";
    case activity::churn:
      return "inserting and erasing";
    case activity::rest:
      return "resting";
  }
  return "";
}

std::string explanation(const watch_frame& frame) {
  if (frame.releasing) {
    return "The map was empty at once. Insertions and steps give the old chunks back, one at a "
           "time.";
  }
  if (!frame.attack.empty()) {
    return fmt::format(
        "{} keys that fall into one bucket make its overflow chain longer. At 8 overflow buckets "
        "the map suspects its seed.",
        format_count(frame.colliding));
  }
  switch (frame.now.kind) {
    case migration_kind::none:
      return frame.now.old_array.buckets == 0
                 ? "An empty map has no array and no memory."
                 : fmt::format(
                       "One array holds all keys. Growing begins at {} % full: it takes no "
                       "copy of everything.",
                       percent(frame.load_limit));
    case migration_kind::grow:
      return "Each insertion moves two old buckets. Left of the frontier the new array holds a "
             "key, "
             "right of it the old one: a lookup searches one bucket.";
    case migration_kind::compact:
      return "The same size again: moving packs elements, and leaves overflow from erasing behind.";
    case migration_kind::shrink:
      return "Several old buckets go into one new bucket. Memory behind the frontier goes back at "
             "once.";
    case migration_kind::reseed:
      return frame.frontier > 0
                 ? "Under another seed keys go anywhere: the new array fills evenly while the "
                   "frontier crosses the old one."
                 : "First the new array gets its memory, a chunk a step: only a reseeding needs "
                   "both arrays whole.";
  }
  return "";
}

std::string in_words(const watch_frame& frame) {
  const bool migrates = frame.now.kind != migration_kind::none;
  std::string text =
      fmt::format("Frame {}: {}, {}", frame.number, name_of(frame.doing), name_of(frame.now.kind));
  if (migrates) {
    text += fmt::format(" because of {}, from {} to {} buckets, {} % of the line moved",
                        frame.cause, format_count(frame.now.old_array.buckets),
                        format_count(frame.now.new_array.buckets), percent(frame.frontier));
  }
  text += ".\n";
  if (!frame.note.empty()) text += fmt::format("Note: {}.\n", frame.note);
  text +=
      fmt::format("{}, load factor {:.2f}; {}, longest chain ever {}; {} in {}.\n",
                  counted(frame.size, "element", "elements"), frame.load_factor,
                  counted(frame.overflow_buckets, "overflow bucket", "overflow buckets"),
                  format_count(frame.longest_chain), format_bytes(static_cast<double>(frame.bytes)),
                  counted(frame.chunks, "chunk", "chunks"));
  text += array_in_words(migrates ? "Old array" : "The array", frame.now.old_array);
  text += array_in_words("New array", frame.now.new_array);
  if (frame.releasing) text += "Memory of before the clearing is still to be given back.\n";
  text += markers_in_words(frame);
  text += counts_in_words(frame.here);
  return text;
}

nlohmann::json to_json(const watch_frame& frame) {
  return {{"frame", frame.number},
          {"doing", name_of(frame.doing)},
          {"kind", name_of(frame.now.kind)},
          {"cause", frame.cause},
          {"frontier", std::round(frame.frontier * 1e4) / 1e4},
          {"old", array_to_json(frame.now.old_array)},
          {"new", array_to_json(frame.now.new_array)},
          {"size", frame.size},
          {"load_factor", std::round(frame.load_factor * 1e3) / 1e3},
          {"overflow_buckets", frame.overflow_buckets},
          {"longest_chain", frame.longest_chain},
          {"bytes", frame.bytes},
          {"chunks", frame.chunks},
          {"releasing", frame.releasing},
          {"finished",
           {{"grow", frame.grown},
            {"compact", frame.compacted},
            {"shrink", frame.shrunk},
            {"reseed", frame.reseeded}}},
          {"walkers", markers_to_json(frame.walkers)},
          {"attack", markers_to_json(frame.attack)},
          {"colliding", frame.colliding},
          {"here", counts_to_json(frame.here)},
          {"so_far", counts_to_json(frame.so_far)},
          {"note", frame.note},
          {"explanation", explanation(frame)}};
}

}  // namespace steady::cli
