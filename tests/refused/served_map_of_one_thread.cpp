// A monitor has a thread of its own, and this map does not bear a second one.
#include <steady/hash_map.hpp>
#include <steady/pressure_monitor.hpp>

int main() {
  steady::pressure_monitor monitor;
  steady::hash_map<int, int> map;
  const auto served = monitor.serve(map);
}
