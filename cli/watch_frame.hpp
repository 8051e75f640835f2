// A frame of `steady watch`: everything that is shown, recorded and animated of one moment, without
// the map that it comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <steady/picture.hpp>

namespace steady::cli {

// What goes on with the map.
enum class activity : std::uint8_t { insert, erase, churn, rest };

// Something that is at a place on the line.
struct line_marker {
  double at = 0;  // 0 to 1
  bool in_new = false;
};

// Counted since the program began, or in one frame.
struct watch_counts {
  std::uint64_t inserted = 0;
  std::uint64_t erased = 0;
  std::uint64_t walked = 0;             // elements that walkers met
  std::uint64_t moved_by_insert = 0;    // buckets
  std::uint64_t moved_by_walk = 0;      // likewise
  std::uint64_t moved_by_step = 0;      // likewise
  std::uint64_t longest_insert_ns = 0;  // one call
};

struct watch_frame {
  std::uint64_t number = 0;
  activity doing = activity::rest;
  bool paused = false;
  picture now;
  double frontier = 0;     // 0 to 1
  const char* cause = "";  // of the migration: "the load", "a request" or "overflow"; "" at rest

  std::uint64_t size = 0;
  double load_factor = 0;
  double load_limit = 0;
  std::uint64_t overflow_buckets = 0;
  std::uint64_t longest_chain = 0;
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  bool releasing = false;  // memory of before a clear_gradually()
  std::uint64_t grown = 0;
  std::uint64_t compacted = 0;
  std::uint64_t shrunk = 0;
  std::uint64_t reseeded = 0;

  watch_counts here;    // in this frame
  watch_counts so_far;  // with it
  std::vector<line_marker> walkers;
  std::vector<line_marker> attack;  // where keys that collide go; one or none
  std::uint64_t colliding = 0;      // keys that were inserted there
  std::string note;                 // what has just been done, or happened; "" for nothing
};

const char* name_of(migration_kind kind) noexcept;  // "growing", ..., "at rest"
const char* name_of(activity doing) noexcept;       // "inserting", ...

// One sentence: what can be seen in this frame, and why it is so.
std::string explanation(const watch_frame& frame);

// The frame in sentences, one a line, with the arrays in tenths of the line.
std::string in_words(const watch_frame& frame);

// The frame as one object; docs/formats.md describes it.
nlohmann::json to_json(const watch_frame& frame);

}  // namespace steady::cli
