// What a user writes first. Built once for every way of getting Steady.

#if defined(CONSUMER_IMPORTS)
import steady;
#elif defined(CONSUMER_HAS_ONE_HEADER)
#include <steady.hpp>
#else
#include <steady/hash_map.hpp>
#include <steady/version.hpp>
#endif

int main() {
  steady::hash_map<int, int> squares;
  for (int i = 0; i < 1000; ++i) squares.emplace(i, i * i);
  const auto found = squares.find(31);
  return found != squares.end() && found->second == 961 && squares.size() == 1000 ? 0 : 1;
}
