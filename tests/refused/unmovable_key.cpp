// Keys that cannot move when the set grows.
#include <cstddef>

#include <steady/hash_set.hpp>

struct unmovable {
  explicit unmovable(int n) : number(n) {}
  unmovable(const unmovable&) = delete;
  bool operator==(const unmovable&) const = default;
  int number;
};
struct hash_of_unmovable {
  std::size_t operator()(const unmovable& key) const {
    return static_cast<std::size_t>(key.number);
  }
};

int main() {
  steady::hash_set<unmovable, hash_of_unmovable> set;
  set.emplace(1);
}
