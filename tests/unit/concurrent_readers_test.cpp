// Const functions change nothing, so any number of threads may call them at once, in every state of
// a migration, and step snapshots besides. The thread sanitizer sees it if one does.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/cursor.hpp>
#include <steady/hash_map.hpp>
#include <steady/snapshot.hpp>

#include "support/stages.hpp"

namespace {

std::string key_of(std::uint64_t n) { return "key number " + std::to_string(n); }

using map = steady::hash_map<std::string, std::uint64_t>;

// Those for many elements at a time.
std::uint64_t read_many(const map& m, std::uint64_t count) {
  std::uint64_t sum = 0;
  const auto add = [&sum](const auto& element) { sum += element.second; };
  m.for_each(add);
  for (std::uint64_t part = 0; part < 3; ++part) m.for_each(steady::line_part(part, 3), add);
  for (steady::cursor at; !at.at_end();) at = m.scan(at, 5, add);
  std::vector<std::string> keys;
  for (std::uint64_t n = 0; n < count; ++n) keys.push_back(key_of(n));
  sum += m.visit(keys, add);
  sum += m.visit_indexed(keys, [&sum](const auto&, std::size_t index) { sum += index; });
  std::vector<bool> found(count);
  sum += m.contains(keys, found.begin());
  m.prefetch(keys.front());
  return sum;
}

// Every const function.
std::uint64_t read(const map& m, std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::string key = key_of(n);
    sum += m.at(key) + m.find(key)->second + m.count(key) + (m.contains(key) ? 1 : 0);
    const auto [first, last] = m.equal_range(key);
    for (auto at = first; at != last; ++at) sum += at->second;
  }
  for (const auto& [key, value] : m) sum += value;
  sum += m.size() + m.pending() + m.stats().buckets + (m.empty() ? 1 : 0) + (m.migrating() ? 1 : 0);
  sum += static_cast<std::uint64_t>(m.load_factor()) + m.stats().bytes;
  sum += read_many(m, count);
  return sum + (m.check_invariants() == nullptr ? 1 : 0) + (map(m) == m ? 1 : 0);
}

TEST(concurrent_readers, see_the_same_in_every_stage_of_a_growth) {
  for (const support::stage at : support::all_stages) {
    SCOPED_TRACE(support::name_of(at));
    map m;
    const std::uint64_t count =
        support::fill_to(at, m, [&](std::uint64_t n) { m.try_emplace(key_of(n), n); });
    const std::uint64_t expected = read(m, count);
    std::vector<std::uint64_t> sums(4);
    {
      std::vector<std::thread> readers;
      for (std::uint64_t& sum : sums) readers.emplace_back([&] { sum = read(m, count); });
      for (std::thread& reader : readers) reader.join();
    }
    for (const std::uint64_t sum : sums) EXPECT_EQ(sum, expected);
  }
}

// Each to its end: that, too, changes nothing.
TEST(concurrent_readers, step_snapshots_in_every_stage_of_a_growth) {
  using view = steady::snapshot<map>;
  for (const support::stage at : support::all_stages) {
    SCOPED_TRACE(support::name_of(at));
    map m;
    const std::uint64_t count =
        support::fill_to(at, m, [&](std::uint64_t n) { m.try_emplace(key_of(n), n); });
    std::vector<std::unique_ptr<view>> views;
    for (int n = 0; n < 4; ++n) views.push_back(std::make_unique<view>(m));
    std::vector<std::uint64_t> found(4);
    {
      std::vector<std::thread> readers;
      for (std::size_t n = 0; n < 4; ++n) {
        readers.emplace_back([&, n] {
          while (!views[n]->done()) {
            views[n]->step(3, [&](const auto& element) {
              found[n] += std::as_const(m).at(element.first) == element.second;
            });
          }
        });
      }
      for (std::thread& reader : readers) reader.join();
    }
    for (const std::uint64_t each : found) EXPECT_EQ(each, count);
    m.try_emplace("another", 1u);
    views.pop_back();
    m.erase("another");
    ASSERT_STREQ(m.check_invariants(), nullptr);
  }
}

}  // namespace
