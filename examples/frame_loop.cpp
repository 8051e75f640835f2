// A game loop. Every frame spawns a burst of entities, and spends the rest of its time on growing
// the map, so that the insertions of later frames need not do it.
//
// Nothing depends on that call: without it each insertion moves two buckets of a pending growth,
// and it is finished long before the next is due. No frame ever waits for a whole growth.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <steady/hash_map.hpp>

namespace {

struct entity {
  float x = 0;
  float speed = 1;
};

using world = steady::hash_map<std::uint64_t, entity>;
using game_clock = std::chrono::steady_clock;

constexpr unsigned frames = 200;
constexpr unsigned burst = 1000;
constexpr auto frame_time = std::chrono::milliseconds(1);

void spawn_burst(world& entities) {
  const std::uint64_t first = entities.size();
  for (std::uint64_t id = first; id < first + burst; ++id) entities[id].x = static_cast<float>(id);
}

// Some of the entities move; the frame's number says which.
void move_entities(world& entities, unsigned frame) {
  for (std::uint64_t id = frame; id < entities.size(); id += frames) {
    entity& mover = entities.at(id);
    mover.x += mover.speed;
  }
}

// A growth that was not finished with the burst in which it began.
struct growth {
  unsigned frames = 0;
  std::size_t buckets = 0;  // moved in idle time
};

// Gives what is left of the frame to a growth, if there is one, and tells when it is finished.
void grow_until(game_clock::time_point frame_end, world& entities, growth& current) {
  if (entities.migrating()) {
    ++current.frames;
    current.buckets += entities.step_for(frame_end - game_clock::now());
  }
  if (current.frames == 0 || entities.migrating()) return;
  std::printf("grown to %zu buckets, frames it took: %u, buckets moved in idle time: %zu\n",
              entities.stats().buckets, current.frames, current.buckets);
  current = {};
}

}  // namespace

int main() {
  world entities;
  growth current;
  unsigned frame = 0;
  // When the game is over, what is left of a growth gets further frames of nothing but idle time.
  for (; frame < frames || entities.migrating(); ++frame) {
    const auto frame_end = game_clock::now() + frame_time;
    if (frame < frames) {
      spawn_burst(entities);
      move_entities(entities, frame);
    }
    grow_until(frame_end, entities, current);
    // A game would show its picture here, and wait for the next frame.
  }

  const auto steps = entities.stats().steps;
  std::printf("%zu entities, %zu buckets, moved by insertions: %llu, in idle time: %llu\n",
              entities.size(), entities.stats().buckets,
              static_cast<unsigned long long>(steps.insert),
              static_cast<unsigned long long>(steps.call));
  return entities.size() == frames * burst && entities.pending() == 0 ? 0 : 1;
}
