// Keys that can be read only once, for a function that goes over them twice.
#include <iterator>
#include <sstream>

#include <steady/hash_map.hpp>

struct keys_of_a_stream {
  std::istringstream& from;
  std::istream_iterator<int> begin() const { return std::istream_iterator<int>(from); }
  std::istream_iterator<int> end() const { return {}; }
};

int main() {
  std::istringstream numbers("1 2 3");
  steady::hash_map<int, int> map;
  map.erase_keys(keys_of_a_stream{numbers});
}
