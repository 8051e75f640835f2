// Const functions change nothing, so any number of threads may call them at once, in every state of
// a migration. The thread sanitizer sees it if one does.
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/stages.hpp"

namespace {

std::string key_of(std::uint64_t n) { return "key number " + std::to_string(n); }

using map = steady::hash_map<std::string, std::uint64_t>;

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

}  // namespace
