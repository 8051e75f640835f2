// Functions that say they are transparent, of which one takes keys only.
#include <cstddef>
#include <string>

#include <steady/concurrent_hash_map.hpp>

struct any_hash {
  using is_transparent = void;
  std::size_t operator()(const std::string& key) const { return key.size(); }
  std::size_t operator()(int number) const { return static_cast<std::size_t>(number); }
};
struct equal_keys {
  using is_transparent = void;
  bool operator()(const std::string& a, const std::string& b) const { return a == b; }
};

int main() {
  steady::concurrent_hash_map<std::string, int, any_hash, equal_keys> map;
  return map.contains(7) ? 1 : 0;
}
