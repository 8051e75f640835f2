// What a user writes first. Built twice: against an installed Steady and against a subdirectory.

#include <steady/hash_map.hpp>
#include <steady/version.hpp>

int main() {
  steady::hash_map<int, int> squares;
  for (int i = 0; i < 1000; ++i) squares.emplace(i, i * i);
  const auto found = squares.find(31);
  return found != squares.end() && found->second == 961 && squares.size() == 1000 ? 0 : 1;
}
