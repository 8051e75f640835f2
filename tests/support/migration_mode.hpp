// How models drive migrations, and how often they look at everything.
#pragma once

#include <cstdint>

namespace support {

// What happens between two operations, so that every operation meets every state of a migration.
enum class migration_mode : std::uint8_t {
  driven_by_inserts,  // nothing: migrations advance as in real life
  stepping,           // one step
  halfway,            // a migration is brought to its middle and left there
  finished            // no migration is ever pending
};

inline constexpr migration_mode all_modes[] = {migration_mode::driven_by_inserts,
                                               migration_mode::stepping, migration_mode::halfway,
                                               migration_mode::finished};

// Whether this is a turn to look at everything in a container: the more there is, the fewer turns,
// so that looking takes about as long as operating.
template <class Container>
bool is_turn_to_check(const Container& container, std::uint64_t turn) {
  return turn % (1 + (container.size() + container.stats().buckets) / 16) == 0;
}

}  // namespace support
