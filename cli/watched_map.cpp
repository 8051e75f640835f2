#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <steady/detail/line/random_seed.hpp>
#include <steady/picture.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/splitmix64.hpp"
#include "cli/units.hpp"
#include "cli/watched_map.hpp"

namespace steady::cli {

namespace {

constexpr std::uint64_t buckets_per_insertion = default_policy::evacuations_per_insert;
constexpr std::uint64_t frames_to_next_growth = 40;
constexpr std::uint64_t frames_to_next_shrink = 20;
constexpr std::uint64_t frames_of_a_walk = 120;
constexpr std::size_t samples = 16;
constexpr std::uint64_t insertions_between_questions = 100'000;
constexpr std::uint64_t tries_per_frame = 300'000;
constexpr std::uint64_t enough_colliding = 400;  // a chain of a natural map is far shorter
constexpr std::uint64_t first_candidate = std::uint64_t{1} << 62;  // never a number of next_key_
constexpr std::uint64_t fastest = 2;
constexpr std::uint64_t slowest = 4000;

double as_part(std::uint64_t position) { return static_cast<double>(position) * 0x1p-64; }

std::uint64_t since(std::uint64_t before, std::uint64_t after) {
  return after >= before ? after - before : after;  // counters begin again when a map is emptied
}

const char* cause_of(const stats& before, const stats& now) {
  if (now.started.overflow != before.started.overflow) return "overflow";
  if (now.started.request != before.started.request) return "a request";
  return "the load";
}

}  // namespace

struct watched_map::walking {
  explicit walking(map_type& map) : walk(map.walk()), at(walk.begin()) { note(); }

  bool at_end() const { return at == walk.end(); }
  void next() {
    ++at;
    note();
  }
  void note() {
    if (!at_end()) key = at->first;
  }

  decltype(std::declval<map_type&>().walk()) walk;
  decltype(walk.begin()) at;
  std::uint64_t key = 0;  // of the element that was met last
};

watched_map::watched_map(const watch_settings& settings,
                         const std::function<bool(std::uint64_t)>& goes_on)
    : settings_(settings) {
  if (settings.seed != 0) detail::random_state() = settings.seed;
  last_tried_ = first_candidate;
  for (; next_key_ < settings.elements; ++next_key_) {
    if (next_key_ % insertions_between_questions == 0 && goes_on && !goes_on(next_key_)) break;
    map_.try_emplace(bench::splitmix64(next_key_), next_key_);
  }
  map_.finish();
  before_ = map_.stats();
}
watched_map::~watched_map() = default;

// ---- what a user can ask for ----

void watched_map::set_activity(activity doing) {
  doing_ = doing;
  note_ = fmt::format("now {}", name_of(doing));
}
void watched_map::toggle_pause() {
  paused_ = !paused_;
  note_ = paused_ ? "paused" : "going on";
}
void watched_map::step() {
  const std::uint64_t buckets = buckets_due();
  step_some(buckets);
  note_ = fmt::format("step({}) moves up to so many buckets", buckets);
}
void watched_map::attack() {
  if (map_.empty()) {
    note_ = "there is nothing to attack: the map is empty";
    return;
  }
  attacking_ = true;
  target_ = place_of(map_, bench::splitmix64(last_tried_++)).position;
  note_ = "attack: keys that all fall into one bucket";
}
void watched_map::reseed() {
  map_.reseed_gradually();
  note_ = "asked for another seed";
}
void watched_map::compact() {
  map_.compact_gradually();
  note_ = "asked for a compaction";
}
void watched_map::shrink() {
  map_.shrink_gradually();
  note_ = "asked for shrinking to fit";
}
void watched_map::clear() {
  releasing_ = map_.stats().chunks;
  map_.clear_gradually();
  oldest_key_ = next_key_;
  colliding_.clear();
  attacking_ = false;
  note_ = "cleared in O(1); what follows gives the memory back in steps";
}
void watched_map::start_walker() {
  walkers_.push_back(std::make_unique<walking>(map_));
  note_ = "a walker starts at the beginning of the line";
}
void watched_map::faster() {
  settings_.pace = std::max(fastest, settings_.pace / 2);
  note_ = fmt::format("a migration now takes about {} frames", settings_.pace);
}
void watched_map::slower() {
  settings_.pace = std::min(slowest, settings_.pace * 2);
  note_ = fmt::format("a migration now takes about {} frames", settings_.pace);
}

// ---- frames ----

watch_frame watched_map::advance() { return next_frame(paused_); }
watch_frame watched_map::advance_once() { return next_frame(false); }

watch_frame watched_map::next_frame(bool still) {
  ++frames_;
  if (!still) work();
  const stats after = map_.stats();
  here_.moved_by_insert += since(before_.steps.insert, after.steps.insert);
  here_.moved_by_walk += since(before_.steps.walk, after.steps.walk);
  notice_changes(before_, after);
  before_ = after;
  if (!map_.migrating()) releasing_ = 0;
  so_far_.inserted += here_.inserted;
  so_far_.erased += here_.erased;
  so_far_.walked += here_.walked;
  so_far_.moved_by_insert += here_.moved_by_insert;
  so_far_.moved_by_walk += here_.moved_by_walk;
  so_far_.moved_by_step += here_.moved_by_step;
  so_far_.longest_insert_ns = std::max(so_far_.longest_insert_ns, here_.longest_insert_ns);
  watch_frame frame = describe();
  here_ = {};
  note_.clear();
  return frame;
}

void watched_map::work() {
  const bool pending = map_.migrating();
  const std::uint64_t due = buckets_due();
  const auto calls = [&](std::uint64_t frames_at_rest) {
    return pending ? std::max<std::uint64_t>(1, due / buckets_per_insertion)
                   : map_.size() / frames_at_rest + 1;
  };
  if (attacking_) {
    attack_some();
  } else if (doing_ == activity::insert) {
    insert_some(calls(frames_to_next_growth));
  } else if (doing_ == activity::erase) {
    erase_some(calls(frames_to_next_shrink));
    if (pending) step_some(due);  // erasing moves no other elements, so somebody else must
  } else if (doing_ == activity::churn) {
    const std::uint64_t count = calls(frames_to_next_growth);
    erase_some(count);
    insert_some(count);
  }
  walk_some();
}

std::uint64_t watched_map::buckets_due() const {
  const picture now = picture_of(map_, 1, 0);
  const std::uint64_t buckets = std::max(now.old_array.buckets, releasing_);
  return std::max<std::uint64_t>(1, buckets / settings_.pace);
}

void watched_map::timed_insert(std::uint64_t key) {
  static const std::uint64_t clock_cost = bench::measure_clock_cost();
  const std::uint64_t took = bench::timed(clock_cost, [&] { map_.try_emplace(key, key); });
  here_.longest_insert_ns = std::max(here_.longest_insert_ns, took);
  ++here_.inserted;
}
// Ends early where a migration begins: its beginning is worth a frame.
void watched_map::insert_some(std::uint64_t count) {
  if (map_.size() >= settings_.most) {
    doing_ = activity::rest;
    note_ = fmt::format("{} elements are enough: resting", format_count(map_.size()));
    return;
  }
  const bool pending = map_.migrating();
  for (; count > 0 && map_.migrating() == pending; --count) {
    timed_insert(bench::splitmix64(next_key_++));
  }
}
// The oldest keys go first.
void watched_map::erase_some(std::uint64_t count) {
  for (; count > 0; --count) {
    if (oldest_key_ < next_key_) {
      here_.erased += map_.erase(bench::splitmix64(oldest_key_++));
    } else if (!colliding_.empty()) {
      here_.erased += map_.erase(colliding_.back());
      colliding_.pop_back();
    } else {
      return;
    }
  }
}

// Tries keys until some fall into the bucket: an attacker who knows the seed need not try.
void watched_map::attack_some() {
  const std::uint64_t buckets = map_.stats().buckets;
  std::uint64_t wanted = 4;  // in a frame, so that the chain can be seen to grow
  for (std::uint64_t tries = 0; tries < tries_per_frame && wanted > 0; ++tries) {
    const std::uint64_t key = bench::splitmix64(last_tried_++);
    const std::uint64_t apart = place_of(map_, key).position ^ target_;
    if (as_part(apart) >= 1.0 / static_cast<double>(buckets)) continue;
    timed_insert(key);
    colliding_.push_back(key);
    --wanted;
  }
  if (colliding_.size() % enough_colliding >= enough_colliding - 4) {
    attacking_ = false;
    note_ =
        "the attack ends: this map took a new seed lately, and waits until its size has doubled";
  }
}

void watched_map::walk_some() {
  const bool pending = map_.migrating();
  // A step moves as much as an insertion does: so walkers are slow, too, while there is a
  // migration.
  const std::uint64_t elements =
      pending ? buckets_due() / (2 * buckets_per_insertion) : map_.size() / frames_of_a_walk;
  for (auto& each : walkers_) {
    for (std::uint64_t n = 0; n <= elements && !each->at_end(); ++n) {
      ++here_.walked;
      each->next();
    }
  }
  const auto ended = std::remove_if(walkers_.begin(), walkers_.end(),
                                    [](const auto& each) { return each->at_end(); });
  if (ended != walkers_.end()) note_ = "a walker has met every element once, and ends";
  walkers_.erase(ended, walkers_.end());
}

void watched_map::step_some(std::uint64_t buckets) { here_.moved_by_step += map_.step(buckets); }

// By what was different a frame ago.
void watched_map::notice_changes(const stats& before, const stats& after) {
  const auto& were = before.migrations;
  const auto& are = after.migrations;
  const bool finished = are.grow > were.grow || are.shrink > were.shrink ||
                        are.compact > were.compact || are.reseed > were.reseed;
  if (are.grow > were.grow) note_ = "grown: the new array is the only one now";
  if (are.shrink > were.shrink) note_ = "shrunk: the new array is the only one now";
  if (are.compact > were.compact) note_ = "compacted: overflow that erasing left is gone";
  if (are.reseed > were.reseed) note_ = "reseeded: every key has another place now";
  const migration_kind kind = picture_of(map_, 1, 0).kind;
  if (kind != migration_kind::none && (kind_ == migration_kind::none || finished)) {
    cause_ = cause_of(before, after);
    note_ = fmt::format("{} begins, because of {}", name_of(kind), cause_);
  }
  if (kind == migration_kind::none) cause_ = "";
  kind_ = kind;
  if (attacking_ && (kind == migration_kind::reseed || are.reseed > were.reseed)) {
    attacking_ = false;
    note_ = "a chain is longer than chance makes it: the map takes another seed";
  }
}

watch_frame watched_map::describe() const {
  const stats now = map_.stats();
  watch_frame frame;
  frame.number = frames_;
  frame.doing = doing_;
  frame.paused = paused_;
  frame.now = picture_of(map_, settings_.parts, samples);
  frame.frontier = as_part(frame.now.frontier);
  frame.cause = cause_;
  frame.size = now.size;
  frame.load_factor = now.load_factor;
  frame.load_limit = static_cast<double>(map_type::max_load_factor());
  frame.overflow_buckets = now.overflow_buckets;
  frame.longest_chain = now.longest_chain;
  frame.bytes = now.bytes;
  frame.chunks = now.chunks;
  frame.releasing = releasing_ != 0;
  frame.grown = now.migrations.grow;
  frame.compacted = now.migrations.compact;
  frame.shrunk = now.migrations.shrink;
  frame.reseeded = now.migrations.reseed;
  frame.here = here_;
  frame.so_far = so_far_;
  frame.colliding = colliding_.size();
  frame.note = note_;
  for (const auto& each : walkers_) {
    const key_place place = place_of(map_, each->key);
    frame.walkers.push_back({as_part(place.position), place.in_new});
  }
  if (attacking_) frame.attack.push_back({as_part(target_), target_ < frame.now.frontier});
  return frame;
}

}  // namespace steady::cli
