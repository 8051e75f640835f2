// A path, whose parts are paths, too.
#include <filesystem>

#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<std::filesystem::path, int> map;
  map.erase_keys(std::filesystem::path("a/b"));
}
