// A second file of the same program, with maps of its own types, after both of which the engine is
// there once.

#include <string>

#if defined(CONSUMER_IMPORTS)
import steady;
#elif defined(CONSUMER_HAS_ONE_HEADER)
#include <steady.hpp>
#else
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#endif

int count_words(const char* const* words, int count) {
  steady::hash_map<std::string, int> counted;
  for (int n = 0; n < count; ++n) ++counted[words[n]];
  steady::hash_set<std::string> different;
  for (const auto& [word, times] : counted) different.insert(word);
  return static_cast<int>(different.size());
}
