// One key, which is a range itself, where many are expected.
#include <filesystem>

#include <steady/concurrent_hash_map.hpp>

int main() {
  steady::concurrent_hash_map<std::filesystem::path, int> map;
  map.erase_keys(std::filesystem::path("a/b"));
}
