// An equality that takes a key on one side only.
#include <cstddef>
#include <string>

#include <steady/hash_map.hpp>

struct one_sided {
  bool operator()(const std::string& key, int length) const {
    return key.size() == static_cast<std::size_t>(length);
  }
};

int main() {
  steady::hash_map<std::string, int, steady::hash<std::string>, one_sided> map;
  map["a"] = 1;
}
