// Containers in every state that a debugger may find them in. The program lists what is in them, in
// the file that its argument names, and stops in stop_here(), where the tests let debuggers list
// the same.
//
//   container NAME CLASS SIZE PERCENT       and then, for each element:
//   element KEY[ VALUE]
//   iterator NAME KEY[ VALUE]
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/retire.hpp>

namespace {

// ---- elements ----

struct large {
  int number;
  char more[700];
};

// So bad that elements pile up in overflow, while the map does not take another seed.
struct few_hashes {
  std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key % 3); }
};
struct never_reseeds : steady::default_policy {
  static constexpr bool reseeds = false;
};
// So many buckets that headers in leaves have several.
struct narrow : steady::default_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = 1;
  static constexpr unsigned overflow_width = 1;
  static constexpr double load_limit = 1;
};
// So few elements that a container of several leaves has not many.
struct sparse : steady::default_concurrent_policy {
  static constexpr double load_limit = 0.1;
};
struct crowded : steady::default_concurrent_policy {
  static constexpr double load_limit = 3;
};

template <class T>
T made_of(int number) {
  if constexpr (std::is_same_v<T, std::string>) {
    return "text " + std::to_string(number);
  } else if constexpr (std::is_same_v<T, large>) {
    return large{number, {}};
  } else {
    return static_cast<T>(number);
  }
}

// ---- telling what there is ----

std::FILE* list_of_all = stdout;

void print(const std::string& text) { std::fprintf(list_of_all, " \"%s\"", text.c_str()); }
void print(const large& value) { std::fprintf(list_of_all, " %d", value.number); }
template <class Number>
requires std::is_arithmetic_v<Number>
void print(Number number) {
  std::fprintf(list_of_all, " %" PRId64, static_cast<std::int64_t>(number));
}
template <class Key, class Value>
void print(const std::pair<Key, Value>& element) {
  print(element.first);
  print(element.second);
}

// How much has moved, in percent; `unknown` of shared containers, which do not tell; or `none`.
template <class Container>
std::string migration_of(const Container& container) {
  const steady::stats now = container.stats();
  const bool is_alone = requires { container.begin(); };
  if (!now.migrating || now.retired != 0) return "none";
  return is_alone ? std::to_string((now.frontier >> 8) * 100 >> 56) : "unknown";
}

template <class Container>
void list_name(const char* name, const char* kind, const Container& container) {
  std::fprintf(list_of_all, "container %s %s %zu %s\n", name, kind, container.size(),
               migration_of(container).c_str());
}
template <class Element>
void list_element(const Element& element) {
  std::fprintf(list_of_all, "element");
  print(element);
  std::fprintf(list_of_all, "\n");
}
template <class Container>
void list(const char* name, const char* kind, Container& container) {
  list_name(name, kind, container);
  const auto show = [](const auto& element) { list_element(element); };
  if constexpr (requires { container.begin(); }) {
    for (const auto& element : container) show(element);
  } else {
    container.cvisit_all(show);
  }
}
// By lookups: a visit to all elements would first finish the reseeding that is on.
template <class Map>
void list_reseeded(const char* name, Map& map, int count) {
  list_name(name, "concurrent_hash_map", map);
  for (int n = 0; n < count; ++n) {
    map.cvisit(static_cast<typename Map::key_type>(n),
               [](const auto& element) { list_element(element); });
  }
}
template <class Iterator>
void list_iterator(const char* name, const Iterator& at) {
  std::fprintf(list_of_all, "iterator %s", name);
  print(*at);
  std::fprintf(list_of_all, "\n");
}

// ---- making them ----

template <class Container>
void add(Container& to, int number) {
  using key = typename Container::key_type;
  if constexpr (requires { typename Container::mapped_type; }) {
    to.try_emplace(made_of<key>(number), made_of<typename Container::mapped_type>(10 * number));
  } else {
    to.insert(made_of<key>(number));
  }
}
template <class Container>
void fill(Container& to, int count) {
  for (int n = 0; n < count; ++n) add(to, n);
}
// At rest.
template <class Container>
Container with(int count) {
  Container made;
  fill(made, count);
  made.finish();
  return made;
}

// At least `count`, and in the middle of growing.
template <class Container>
Container growing(int count) {
  Container made = with<Container>(count);
  while (!made.migrating()) add(made, ++count);
  made.step(made.stats().buckets / 6 + 1);
  return made;
}
template <class Container>
Container shrinking(int count) {
  Container made = with<Container>(10 * count);
  for (int n = count; n < 10 * count; ++n) made.erase(made_of<typename Container::key_type>(n));
  made.shrink_gradually();
  made.step(3);
  return made;
}
template <class Container>
Container compacting(int count) {
  Container made = with<Container>(count);
  made.compact_gradually();
  made.step(5);
  return made;
}
// `steps` of a reseeding: the first ones only prepare the new array.
template <class Container>
Container reseeding(int count, std::size_t steps) {
  Container made = with<Container>(count);
  made.reseed_gradually();
  made.step(steps);
  return made;
}
template <class Container>
Container emptied(int count) {
  Container made = with<Container>(count);
  made.clear_gradually();
  fill(made, 5);
  return made;
}

// With room for many more, so that most groups of buckets are empty.
template <class Container>
Container sparse_with(int count) {
  Container made;
  made.reserve(1'000'000);
  fill(made, count);
  return made;
}

// Of which the first buckets are destroyed.
template <class Container>
steady::retired<Container> partly_destroyed(Container&& of, std::size_t steps) {
  auto left = steady::retire(std::move(of));
  left.step(steps);
  return left;
}

volatile int stops = 0;
[[gnu::noinline]] void stop_here() { stops = stops + 1; }

}  // namespace

using ints = steady::hash_map<int, long>;
using words = steady::hash_map<std::string, int>;
using nodes = steady::node_hash_map<std::string, int>;
using shared_ints = steady::concurrent_hash_map<std::uint64_t, int>;
using shared_words = steady::concurrent_hash_map<std::string, std::string>;
using colliding = steady::hash_map<int, int, few_hashes, std::equal_to<int>,
                                   std::allocator<std::pair<const int, int>>, never_reseeds>;
using in_leaves =
    steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                     std::pmr::polymorphic_allocator<std::pair<const int, int>>, narrow>;
using shared_crowded =
    steady::concurrent_hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                                std::allocator<std::pair<const int, int>>, crowded>;

using shared_in_leaves =
    steady::concurrent_hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                                std::pmr::polymorphic_allocator<std::pair<const int, int>>, sparse>;

struct derived : ints {
  int more = 1;
};

#define LIST(container, kind) list(#container, #kind, container)

int main(int count, char** arguments) {
  if (count == 2) list_of_all = std::fopen(arguments[1], "w");
  if (list_of_all == nullptr) return 2;

  ints none;
  ints of_two = with<ints>(2);
  ints of_one_block = with<ints>(7);
  ints of_one_bucket = with<ints>(14);
  ints of_two_buckets = with<ints>(20);
  ints of_four_buckets = with<ints>(40);
  ints of_several_buckets = with<ints>(300);
  ints of_chunks = with<ints>(3000);
  ints grown_small = growing<ints>(100);
  ints grown_large = growing<ints>(2600);
  ints shrunk = shrinking<ints>(500);
  ints compacted = compacting<ints>(600);
  ints reserved = sparse_with<ints>(0);
  ints reserved_filled = sparse_with<ints>(500);
  in_leaves leaves_reserved = sparse_with<in_leaves>(3);
  ints reseeded = reseeding<ints>(700, 30);
  ints prepared = reseeding<ints>(3000, 1);
  words retired = emptied<words>(1000);
  const ints constant = with<ints>(3);
  words of_words = with<words>(30);
  words words_grown = growing<words>(300);
  colliding of_overflow = with<colliding>(150);
  colliding overflow_grown = growing<colliding>(100);
  steady::hash_map<int, large> of_large = with<steady::hash_map<int, large>>(50);
  in_leaves leaves = with<in_leaves>(4200);
  in_leaves leaves_grown = growing<in_leaves>(3000);
  steady::hash_set<int> set = with<steady::hash_set<int>>(33);
  steady::hash_set<std::string> set_of_words = growing<steady::hash_set<std::string>>(100);
  nodes of_nodes = with<nodes>(25);
  nodes nodes_grown = growing<nodes>(200);
  steady::node_hash_set<int> set_of_nodes = with<steady::node_hash_set<int>>(60);
  steady::hash_map<char, char> of_chars = with<steady::hash_map<char, char>>(10);

  shared_ints shared_none;
  shared_ints shared = with<shared_ints>(400);
  shared_ints shared_grown = growing<shared_ints>(3000);
  shared_ints shared_shrunk = shrinking<shared_ints>(500);
  shared_ints shared_reseeded = reseeding<shared_ints>(700, 20);
  shared_crowded shared_overflow = with<shared_crowded>(1500);
  shared_words shared_nodes = with<shared_words>(100);
  shared_words shared_nodes_grown = growing<shared_words>(500);
  steady::concurrent_hash_set<int> shared_set = with<steady::concurrent_hash_set<int>>(77);
  steady::concurrent_hash_set<std::string> shared_set_of_words =
      growing<steady::concurrent_hash_set<std::string>>(90);
  shared_in_leaves shared_leaves = growing<shared_in_leaves>(3000);

  steady::hash_map<int, steady::hash_set<int>> nested;
  nested[1] = {10};
  auto left = partly_destroyed(with<words>(1000), 40);
  auto left_grown = partly_destroyed(growing<words>(300), 10);
  auto left_in_old = partly_destroyed(growing<words>(300), 30);
  auto left_numbers = partly_destroyed(with<ints>(10000), 2);  // chunks
  steady::hash_map<double, int> doubles{{2.0, 20}, {0.1, 1}};
  steady::hash_map<float, int> floats{{0.1f, 1}, {0.5f, 5}};
  steady::hash_map<std::uint32_t, int> unsigned_numbers{{0xffffffff, 3}};
  steady::concurrent_hash_map<double, int> shared_doubles;
  shared_doubles.try_emplace(2.0, 20);
  derived inherited;
  inherited[3] = 30;
  words with_nul{{"a", 1}, {std::string("a\0", 2), 2}, {std::string("a\0b", 3), 3}};
  const char name[10] = "text 7";
  const auto* pointer = &of_two;
  auto& reference = of_two;

  LIST(none, hash_map);
  LIST(of_two, hash_map);
  LIST(of_one_block, hash_map);
  LIST(of_one_bucket, hash_map);
  LIST(of_two_buckets, hash_map);
  LIST(of_four_buckets, hash_map);
  LIST(of_several_buckets, hash_map);
  LIST(of_chunks, hash_map);
  LIST(grown_small, hash_map);
  LIST(grown_large, hash_map);
  LIST(shrunk, hash_map);
  LIST(compacted, hash_map);
  LIST(reserved, hash_map);
  LIST(reserved_filled, hash_map);
  LIST(leaves_reserved, hash_map);
  LIST(reseeded, hash_map);
  LIST(prepared, hash_map);
  LIST(retired, hash_map);
  LIST(constant, hash_map);
  LIST(of_words, hash_map);
  LIST(words_grown, hash_map);
  LIST(of_overflow, hash_map);
  LIST(overflow_grown, hash_map);
  LIST(of_large, hash_map);
  LIST(leaves, hash_map);
  LIST(leaves_grown, hash_map);
  LIST(set, hash_set);
  LIST(set_of_words, hash_set);
  LIST(of_nodes, node_hash_map);
  LIST(nodes_grown, node_hash_map);
  LIST(set_of_nodes, node_hash_set);
  LIST(of_chars, hash_map);
  LIST(shared_none, concurrent_hash_map);
  LIST(shared, concurrent_hash_map);
  LIST(shared_grown, concurrent_hash_map);
  LIST(shared_shrunk, concurrent_hash_map);
  list_reseeded("shared_reseeded", shared_reseeded, 700);
  LIST(shared_overflow, concurrent_hash_map);
  LIST(shared_nodes, concurrent_hash_map);
  LIST(shared_nodes_grown, concurrent_hash_map);
  LIST(shared_set, concurrent_hash_set);
  LIST(shared_set_of_words, concurrent_hash_set);
  LIST(shared_leaves, concurrent_hash_map);

  auto found = of_words.find("text 7");
  ints::const_iterator first = of_chunks.begin();
  auto in_new_array = grown_large.begin();
  auto node = of_nodes.find("text 3");
  auto key = set_of_nodes.find(5);
  auto past = of_two.end();
  list_iterator("found", found);
  list_iterator("first", first);
  list_iterator("in_new_array", in_new_array);
  list_iterator("node", node);
  list_iterator("key", key);

  const int* into = &of_words.find("text 7")->second;
  const int* into_node = &of_nodes.find("text 3")->second;
  std::fflush(list_of_all);
  stop_here();
  const bool are_numbers_there =
      doubles.size() + floats.size() + unsigned_numbers.size() + shared_doubles.size() == 6 &&
      inherited.size() == 1 && with_nul.size() == 3 && of_words.contains(name);
  const bool is_anything_left =
      !left.done() && !left_grown.done() && !left_in_old.done() && !left_numbers.done();
  return pointer == &reference && past == of_two.end() && into != into_node && nested.size() == 1 &&
                 are_numbers_there && is_anything_left
             ? 0
             : 1;
}
