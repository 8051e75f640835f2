// Maps in a mapped file, with the pointers of Boost.Interprocess. The file is mapped twice, at two
// addresses: what is reached through one mapping must be there through the other, as it would be
// for another process.
#include <gtest/gtest.h>

#if __has_include(<boost/interprocess/managed_mapped_file.hpp>)

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "cli/temporary_directory.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;
namespace shared = boost::interprocess;

using segment = shared::managed_mapped_file;
template <class T>
using shared_allocator = shared::allocator<T, segment::segment_manager>;

template <class Key, class T, class Policy = steady::default_policy, class Hash = steady::hash<Key>,
          class KeyEqual = std::equal_to<>>
using shared_map =
    steady::hash_map<Key, T, Hash, KeyEqual, shared_allocator<std::pair<const Key, T>>, Policy>;
template <class Key>
using shared_set = steady::hash_set<Key, steady::hash<Key>, std::equal_to<>, shared_allocator<Key>>;

// A container in a new file, as two mappings of the file see it.
template <class Container>
class mapped_twice {
 public:
  mapped_twice() {
    free_before_ = first_->get_free_memory();
    first_->construct<Container>("container")(
        typename Container::allocator_type(first_->get_segment_manager()));
  }

  segment& first() { return *first_; }
  segment& second() { return *second_; }
  Container& here() { return *first_->find<Container>("container").first; }
  Container& there() { return *second_->find<Container>("container").first; }

  // As if every process had ended, and others begun: the file is at two new addresses.
  void map_again() {
    const void* const before[] = {first_->get_address(), second_->get_address()};
    first_.reset();
    second_.reset();
    // The old addresses go to others.
    const segment in_their_place[] = {{shared::create_only, directory_.path("a").c_str(), bytes},
                                      {shared::create_only, directory_.path("b").c_str(), bytes}};
    first_ = std::make_unique<segment>(shared::open_only, file_.c_str());
    second_ = std::make_unique<segment>(shared::open_only, file_.c_str());
    for (const void* const address : before) {
      EXPECT_NE(first_->get_address(), address);
      EXPECT_NE(second_->get_address(), address);
    }
  }

  // Nothing in the file has been lost or is held any more once the container is destroyed.
  void expect_no_leak() {
    EXPECT_LT(first_->get_free_memory(), free_before_);
    first_->destroy<Container>("container");
    EXPECT_EQ(first_->get_free_memory(), free_before_);
    EXPECT_TRUE(first_->check_sanity());
  }

 private:
  static constexpr std::size_t bytes = std::size_t{32} << 20;

  const steady_tests::temporary_directory directory_;
  const std::string file_ = directory_.path("segment");
  std::unique_ptr<segment> first_ =
      std::make_unique<segment>(shared::create_only, file_.c_str(), bytes);
  std::unique_ptr<segment> second_ = std::make_unique<segment>(shared::open_only, file_.c_str());
  std::size_t free_before_ = 0;
};

// `map` has 0 to count - 1, each mapped to its triple, and nothing else.
template <class Map>
void expect_numbers(const Map& map, std::uint64_t count) {
  ASSERT_EQ(map.size(), count);
  for (std::uint64_t n = 0; n < count; ++n) {
    const auto found = map.find(n);
    ASSERT_NE(found, map.end()) << n;
    ASSERT_EQ(found->second, 3 * n);
  }
  for (std::uint64_t n = count; n < count + 100; ++n) ASSERT_FALSE(map.contains(n));
  ASSERT_EQ(static_cast<std::uint64_t>(std::distance(map.begin(), map.end())), count);
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

template <class Policy>
class interprocess : public testing::Test {
 protected:
  using map_file = mapped_twice<shared_map<std::uint64_t, std::uint64_t, Policy>>;
};

using policies = testing::Types<steady::default_policy, narrow, small_chunks>;
TYPED_TEST_SUITE(interprocess, policies);

TYPED_TEST(interprocess, file_is_mapped_at_two_addresses) {
  typename TestFixture::map_file file;
  EXPECT_NE(file.first().get_address(), file.second().get_address());
  EXPECT_NE(&file.here(), &file.there());
}

// A map may hold no address of the program that made it, even while the map has no memory.
TYPED_TEST(interprocess, empty_map_is_empty_for_both) {
  typename TestFixture::map_file file;
  expect_numbers(file.here(), 0);
  expect_numbers(file.there(), 0);
  EXPECT_EQ(file.there().erase(1), 0u);
  file.there().try_emplace(0, 0u);
  expect_numbers(file.here(), 1);
}

TYPED_TEST(interprocess, map_that_has_become_empty_is_empty_for_both) {
  typename TestFixture::map_file file;
  const auto count = fill_numbers_to(stage::halfway, file.here());
  auto content = std::move(file.here());
  expect_numbers(file.there(), 0);
  file.there() = std::move(content);
  expect_numbers(file.here(), count);
  file.there().clear();
  file.there().rehash(0);
  expect_numbers(file.here(), 0);
  file.here().try_emplace(0, 0u);
  expect_numbers(file.there(), 1);
}

TYPED_TEST(interprocess, both_find_everything_at_every_stage) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map_file file;
    const auto count = fill_numbers_to(at, file.here());
    expect_numbers(file.there(), count);
    expect_numbers(file.here(), count);
  }
}

TYPED_TEST(interprocess, both_insert_and_erase_at_every_stage) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map_file file;
    auto& here = file.here();
    auto& there = file.there();
    const auto count = fill_numbers_to(at, here);
    for (std::uint64_t n = count; n < count + 5; ++n) there.try_emplace(n, 3 * n);
    expect_numbers(here, count + 5);
    for (std::uint64_t n = 0; n < count; n += 2) ASSERT_EQ(there.erase(n), 1u);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(here.contains(n), n % 2 == 1) << n;
    for (std::uint64_t n = 0; n < count; n += 2) here.try_emplace(n, 3 * n);
    there.finish();
    expect_numbers(here, count + 5);
    expect_numbers(there, count + 5);
  }
}

// What is done through one mapping is looked at through the other, in every state of a migration.
TYPED_TEST(interprocess, both_drive_the_same_migrations) {
  typename TestFixture::map_file file;
  for (std::uint64_t n = 0; n < 3000; ++n) {
    auto& map = n % 2 == 0 ? file.here() : file.there();
    auto& other = n % 2 == 0 ? file.there() : file.here();
    map.try_emplace(n, 3 * n);
    ASSERT_EQ(other.at(n), 3 * n);
    if (n % 7 == 0) other.step(1);
    if (n % 250 == 0) expect_numbers(other, n + 1);
  }
  file.here().rehash(0);
  expect_numbers(file.there(), 3000);
}

// Large enough for several leaves of headers.
TYPED_TEST(interprocess, both_use_a_large_map) {
  typename TestFixture::map_file file;
  auto& here = file.here();
  auto& there = file.there();
  for (std::uint64_t n = 0; n < 100'000; ++n) here.try_emplace(n, 3 * n);
  expect_numbers(there, 100'000);
  for (std::uint64_t n = 50'000; n < 100'000; ++n) there.erase(n);
  there.rehash(0);
  expect_numbers(here, 50'000);
  file.expect_no_leak();
}

TYPED_TEST(interprocess, map_outlives_its_mappings) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map_file file;
    const auto count = fill_numbers_to(at, file.here());
    file.map_again();
    expect_numbers(file.here(), count);
    file.there().finish();
    expect_numbers(file.here(), count);
    file.expect_no_leak();
  }
}

TYPED_TEST(interprocess, empty_map_outlives_its_mappings) {
  typename TestFixture::map_file file;
  file.map_again();
  expect_numbers(file.here(), 0);
  file.here().try_emplace(0, 0u);
  expect_numbers(file.there(), 1);
}

TYPED_TEST(interprocess, destroying_returns_all_memory) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map_file file;
    const auto count = fill_numbers_to(at, file.here());
    for (std::uint64_t n = 0; n < count; n += 3) file.there().erase(n);
    file.expect_no_leak();
  }
}

TEST(interprocess_set, is_one_for_both) {
  mapped_twice<shared_set<std::uint64_t>> file;
  auto& here = file.here();
  auto& there = file.there();
  here.insert(0);
  for (std::uint64_t n = 1; n < 2000; ++n) {
    ASSERT_TRUE((n % 2 == 0 ? here : there).insert(n).second);
    ASSERT_TRUE((n % 2 == 0 ? there : here).contains(n));
  }
  for (std::uint64_t n = 0; n < 2000; n += 2) ASSERT_EQ(there.erase(n), 1u);
  for (std::uint64_t n = 0; n < 2000; ++n) ASSERT_EQ(here.contains(n), n % 2 == 1);
  EXPECT_STREQ(here.check_invariants(), nullptr);
  EXPECT_STREQ(there.check_invariants(), nullptr);
  file.expect_no_leak();
}

TEST(interprocess_set, is_empty_for_both) {
  mapped_twice<shared_set<std::uint64_t>> file;
  EXPECT_FALSE(file.there().contains(1));
  EXPECT_EQ(file.there().begin(), file.there().end());
  EXPECT_TRUE(file.there().insert(1).second);
  EXPECT_TRUE(file.here().contains(1));
}

// Strings that live in the file themselves. They, and what they are searched by, hash as views do.
using shared_text = shared::basic_string<char, std::char_traits<char>, shared_allocator<char>>;

std::string_view view_of(std::string_view text) { return text; }
std::string_view view_of(const shared_text& text) { return {text.data(), text.size()}; }

struct text_hash : steady::hash<std::string_view> {
  template <class Text>
  std::uint64_t operator()(const Text& text, std::uint64_t seed = 0) const {
    return steady::hash<std::string_view>::operator()(view_of(text), seed);
  }
};

struct text_equal {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return view_of(a) == view_of(b);
  }
};

TEST(interprocess_strings, are_found_by_both) {
  using map_type =
      shared_map<shared_text, std::uint64_t, steady::default_policy, text_hash, text_equal>;
  mapped_twice<map_type> file;
  const auto name = [](std::uint64_t n) {
    return (n % 2 == 0 ? "short" : "too long for the string's own buffer ") + std::to_string(n);
  };
  for (std::uint64_t n = 0; n < 2000; ++n) {
    map_type& map = n % 3 == 0 ? file.here() : file.there();
    map.try_emplace(shared_text(name(n).c_str(), map.get_allocator()), n);
  }
  for (std::uint64_t n = 0; n < 2000; ++n) {
    for (const map_type* map : {&file.here(), &file.there()}) {
      const auto found = map->find(std::string_view(name(n)));
      ASSERT_NE(found, map->end()) << n;
      ASSERT_EQ(found->second, n);
      ASSERT_EQ(view_of(found->first), name(n));
    }
  }
  for (std::uint64_t n = 0; n < 2000; n += 2) {
    ASSERT_EQ(file.there().erase(std::string_view(name(n))), 1u);
  }
  EXPECT_EQ(file.here().size(), 1000u);
  EXPECT_STREQ(file.here().check_invariants(), nullptr);
  EXPECT_STREQ(file.there().check_invariants(), nullptr);
  file.expect_no_leak();
}

}  // namespace

#else

TEST(interprocess, is_tested_where_boost_is_installed) {
  GTEST_SKIP() << "no <boost/interprocess/managed_mapped_file.hpp>; in Debian: libboost1.81-dev";
}

#endif
