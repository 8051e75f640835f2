// Moving containers between memory resources that differ, where one or both refuse memory at the
// k-th call, for every k: each element stays whole, in one of the two.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_pmr.hpp>
#include <steady/pmr.hpp>

namespace {

// Refuses memory once it has given out so many blocks.
class failing_resource : public std::pmr::memory_resource {
 public:
  static constexpr std::size_t never = ~std::size_t{0};
  std::size_t left = never;
  std::size_t blocks = 0;  // that were not given back

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (left == 0) throw std::bad_alloc();
    if (left != never) --left;
    void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    ++blocks;
    return block;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    --blocks;
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

// ---- parts of elements, and the numbers that they stand for ----

constexpr std::uint64_t nothing = ~std::uint64_t{0};  // of what was moved from
using owner = std::unique_ptr<std::uint64_t>;
using owners = std::pmr::vector<owner>;

template <class Part>
Part part_of(std::uint64_t n) {
  if constexpr (std::is_same_v<Part, owner>) {
    return std::make_unique<std::uint64_t>(n);
  } else if constexpr (std::is_same_v<Part, std::deque<int>>) {
    return Part(100, static_cast<int>(n));
  } else if constexpr (std::is_same_v<Part, owners>) {
    owners made;
    made.push_back(std::make_unique<std::uint64_t>(n));
    return made;
  } else {
    return Part("a text of more than fifteen letters " + std::to_string(n));
  }
}
// Can be copied, and moved to a resource, but not copied to one.
struct moved_to_resources {
  using allocator_type = std::pmr::polymorphic_allocator<char>;
  std::pmr::string text;
  explicit moved_to_resources(const std::string& from) : text(from) {}
  moved_to_resources(const moved_to_resources&) = default;
  moved_to_resources(moved_to_resources&&) = default;
  moved_to_resources(moved_to_resources&& other, const allocator_type& to)
      : text(std::move(other.text), to) {}
};

std::uint64_t number_in(const owner& part) { return part == nullptr ? nothing : *part; }
std::uint64_t number_in(const owners& part) { return part.empty() ? nothing : number_in(part[0]); }
std::uint64_t number_in(const std::deque<int>& part) {
  return part.empty() ? nothing : static_cast<std::uint64_t>(part[99]);
}
std::uint64_t number_in(const std::string& part) {
  return part.empty() ? nothing : std::stoull(part.substr(part.rfind(' ')));
}
std::uint64_t number_in(const std::pmr::string& part) { return number_in(std::string(part)); }
std::uint64_t number_in(const moved_to_resources& part) { return number_in(part.text); }

struct hash_of_owner {
  std::size_t operator()(const owner& key) const { return std::hash<std::uint64_t>()(*key); }
};
struct equality_of_owners {
  bool operator()(const owner& a, const owner& b) const { return *a == *b; }
};

template <class Key>
constexpr bool is_owner = std::is_same_v<Key, owner>;
template <class Key>
using hash_of = std::conditional_t<is_owner<Key>, hash_of_owner, steady::hash<Key>>;
template <class Key>
using equality_of = std::conditional_t<is_owner<Key>, equality_of_owners, std::equal_to<Key>>;

// ---- containers ----

template <class Key, class T>
struct parts {
  template <template <class, class, class, class, class> class Map>
  using map = Map<Key, T, hash_of<Key>, equality_of<Key>,
                  std::pmr::polymorphic_allocator<std::pair<const Key, T>>>;
};
template <class Key, class T, class Hash, class KeyEqual, class Allocator>
using flat_map = steady::hash_map<Key, T, Hash, KeyEqual, Allocator>;
template <class Key, class T, class Hash, class KeyEqual, class Allocator>
using node_map = steady::node_hash_map<Key, T, Hash, KeyEqual, Allocator>;
template <class Key, class T, class Hash, class KeyEqual, class Allocator>
using map_of_threads = steady::concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator>;

template <class Container>
constexpr bool is_map = requires {
  typename Container::mapped_type;
};

template <class Container>
void fill(Container& container, std::uint64_t count) {
  using key_type = typename Container::key_type;
  for (std::uint64_t n = 0; n < count; ++n) {
    if constexpr (is_map<Container>) {
      container.try_emplace(part_of<key_type>(n), part_of<typename Container::mapped_type>(3 * n));
    } else {
      container.insert(part_of<key_type>(n));
    }
  }
}

using content = std::map<std::uint64_t, std::uint64_t>;

// Adds what the container has; each key is found, and is in no other container.
template <class Container>
void add_content(const Container& container, content& to) {
  const auto add = [&](const auto& element) {
    if constexpr (is_map<Container>) {
      EXPECT_TRUE(to.emplace(number_in(element.first), number_in(element.second)).second);
    } else {
      EXPECT_TRUE(to.emplace(number_in(element), 3 * number_in(element)).second);
    }
  };
  const std::size_t before = to.size();
  if constexpr (requires { container.cvisit_all(add); }) {
    container.cvisit_all(add);
  } else {
    for (const auto& element : container) add(element);
  }
  EXPECT_EQ(container.size(), to.size() - before);
  EXPECT_STREQ(container.check_invariants(), nullptr);
}

template <class Container>
class between_resources : public testing::Test {
 protected:
  static constexpr std::uint64_t count = 60;
  void TearDown() override { EXPECT_EQ(here.blocks + there.blocks, 0u); }

  // Moves by `move(target, source)`, where the k-th block of the target's resource is refused, and,
  // if `both`, all of the source's. Returns whether that failed.
  template <class Move>
  bool move_fails(std::size_t k, bool both, const Move& move) {
    Container source(&here);
    fill(source, count);
    bool failed = false;
    {
      Container target(&there);
      there.left = k;
      if (both) here.left = 0;
      try {
        move(target, source);
      } catch (const std::bad_alloc&) {
        failed = true;
      }
      here.left = there.left = failing_resource::never;
      content met;
      add_content(target, met);
      add_content(source, met);
      content all;
      for (std::uint64_t n = 0; n < count; ++n) all.emplace(n, 3 * n);
      EXPECT_EQ(met, all);
      EXPECT_EQ(failed, !source.empty());
    }
    return failed;
  }

  failing_resource here;
  failing_resource there;
};

using containers = testing::Types<
    parts<std::string, std::pmr::string>::map<flat_map>,
    parts<std::string, std::pmr::string>::map<node_map>,
    parts<std::string, std::pmr::string>::map<map_of_threads>,
    parts<std::pmr::string, std::string>::map<flat_map>,
    parts<std::pmr::string, std::string>::map<map_of_threads>,
    parts<std::string, owners>::map<flat_map>, parts<std::string, owners>::map<map_of_threads>,
    parts<owner, std::pmr::string>::map<flat_map>, parts<owner, std::pmr::string>::map<node_map>,
    parts<owner, std::pmr::string>::map<map_of_threads>, parts<owner, owners>::map<flat_map>,
    parts<owner, owners>::map<map_of_threads>,
    parts<std::string, moved_to_resources>::map<flat_map>,
    parts<std::string, moved_to_resources>::map<map_of_threads>,
    steady::pmr::hash_set<std::pmr::string>, steady::pmr::concurrent_hash_set<std::pmr::string>>;
TYPED_TEST_SUITE(between_resources, containers);

TYPED_TEST(between_resources, no_element_is_lost_where_memory_is_refused) {
  const auto assign = [](TypeParam& target, TypeParam& source) { target = std::move(source); };
  for (const bool both : {false, true}) {
    std::size_t k = 0;
    while (this->move_fails(k, both, assign)) {
      if (this->HasFailure()) return;
      ++k;
    }
    EXPECT_GE(k, this->count);
  }
}

// Nothing can be in the new container, which is gone.
TYPED_TEST(between_resources, constructing_needs_no_memory_of_the_old_one) {
  const auto construct = [this](TypeParam& target, TypeParam& source) {
    TypeParam made(std::move(source), &this->there);
    target.swap(made);
  };
  EXPECT_FALSE(this->move_fails(failing_resource::never, true, construct));
}

// Flat containers pass single elements on, too. (Nodes need equal allocators.)
template <class Container>
class elements_between_resources : public between_resources<Container> {};

using flat_containers = testing::Types<parts<std::string, std::pmr::string>::map<flat_map>,
                                       parts<std::pmr::string, std::string>::map<flat_map>,
                                       parts<std::string, owners>::map<flat_map>,
                                       parts<owner, std::pmr::string>::map<flat_map>,
                                       parts<std::pmr::string, std::deque<int>>::map<flat_map>,
                                       steady::pmr::hash_set<std::pmr::string>>;
TYPED_TEST_SUITE(elements_between_resources, flat_containers);

TYPED_TEST(elements_between_resources, are_whole_where_memory_is_refused_for_a_merge) {
  const auto merge = [](TypeParam& target, TypeParam& source) { target.merge(source); };
  std::size_t k = 0;
  while (this->move_fails(k, false, merge)) {
    if (this->HasFailure()) return;
    ++k;
  }
  EXPECT_GE(k, 1u);
}

TYPED_TEST(elements_between_resources, stay_in_their_handles_where_memory_is_refused) {
  const auto hand_over = [](TypeParam& target, TypeParam& source) {
    while (!source.empty()) {
      auto node = source.extract(source.begin());
      try {
        target.insert(std::move(node));
      } catch (const std::bad_alloc&) {
        source.insert(std::move(node));
        throw;
      }
    }
  };
  std::size_t k = 0;
  while (this->move_fails(k, false, hand_over)) {
    if (this->HasFailure()) return;
    ++k;
  }
  EXPECT_GE(k, 1u);
}

}  // namespace
