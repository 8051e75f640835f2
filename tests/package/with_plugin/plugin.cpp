// Looks a key up, in a library that shows nothing but this function.
#include "shared.hpp"

extern "C" __attribute__((visibility("default"))) void look_up(const shared_map* map, gate* at) {
  const fragile_key key(7);
  next_comparison_waits_at = at;
  static_cast<void>(map->contains(key));
}
