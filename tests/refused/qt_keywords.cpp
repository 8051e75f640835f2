// Qt's keywords before Steady's headers, as without QT_NO_KEYWORDS.
#define signals public
#define slots
#define emit
#include <steady/hash_map.hpp>

int main() {
  steady::hash_map<int, int> map;
  map[1] = 1;
}
