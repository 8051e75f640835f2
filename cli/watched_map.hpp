// The map of `steady watch`, and what is done to it, frame by frame.
//
// Migrations are short beside what comes between them, so time is not even: while the map migrates,
// a frame does so many calls that the migration takes about `pace` frames; in between, so many that
// the next migration begins after some thirty, in a frame of its own. What each call does is the
// map's own doing.
//
// A frame costs its calls and a picture of `parts` parts, whatever the size of the map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <steady/hash_map.hpp>

#include "cli/watch_frame.hpp"

namespace steady::cli {

struct watch_settings {
  std::uint64_t elements = 2000;   // to begin with
  std::uint64_t most = 4'000'000;  // inserting stops there
  std::uint64_t pace = 60;         // frames for a migration
  std::size_t parts = 64;          // of the line, in pictures
  std::uint64_t seed = 0;          // of the map, so that a run can be repeated; 0: random
};

class watched_map {
 public:
  // Fills the map. `goes_on` is called now and then with the number of elements so far; when it
  // returns false, that is all.
  explicit watched_map(const watch_settings& settings,
                       const std::function<bool(std::uint64_t)>& goes_on = nullptr);
  ~watched_map();
  watched_map(const watched_map&) = delete;
  watched_map& operator=(const watched_map&) = delete;

  // ---- what a user can ask for; the next frame's note says that it was done ----
  void set_activity(activity doing);
  void toggle_pause();
  void step();    // does a frame's share of what is pending, with map.step()
  void attack();  // inserts keys that collide, from the next frame on, until a reseeding begins
  void reseed();
  void compact();
  void shrink();
  void clear();
  void start_walker();
  void faster();
  void slower();
  void set_parts(std::size_t parts) { settings_.parts = parts; }

  // Does what is due, unless paused, and shows the result.
  watch_frame advance();
  // The same for one frame although paused.
  watch_frame advance_once();

  bool paused() const noexcept { return paused_; }
  const watch_settings& settings() const noexcept { return settings_; }

 private:
  using map_type = hash_map<std::uint64_t, std::uint64_t>;
  struct walking;

  watch_frame next_frame(bool still);
  void work();
  void insert_some(std::uint64_t count);
  void erase_some(std::uint64_t count);
  void attack_some();
  void walk_some();
  void step_some(std::uint64_t buckets);
  void timed_insert(std::uint64_t key);
  std::uint64_t buckets_due() const;
  void notice_changes(const stats& before, const stats& after);
  watch_frame describe() const;

  watch_settings settings_;
  map_type map_;
  activity doing_ = activity::insert;
  bool paused_ = false;
  std::uint64_t frames_ = 0;
  std::uint64_t next_key_ = 0;    // keys [oldest_key_, next_key_) were inserted, the n-th is
  std::uint64_t oldest_key_ = 0;  // splitmix64(n)
  std::vector<std::uint64_t> colliding_;  // keys of attacks that are in the map
  std::uint64_t last_tried_ = 0;          // of the candidates for colliding keys
  std::uint64_t releasing_ = 0;  // chunks of before a clear_gradually(); 0 when all are gone
  bool attacking_ = false;
  std::uint64_t target_ = 0;  // hash position
  std::vector<std::unique_ptr<walking>> walkers_;
  watch_counts here_;
  watch_counts so_far_;
  stats before_;  // a frame ago
  migration_kind kind_ = migration_kind::none;
  const char* cause_ = "";  // as in watch_frame
  std::string note_;
};

}  // namespace steady::cli
