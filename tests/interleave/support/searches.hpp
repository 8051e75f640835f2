// How long programs over concurrent code are searched: the real code, which must not fail, and
// broken variants of it, which must be caught.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <regex>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "interleave/support/explore.hpp"

namespace interleave {

// ---- code that must hold ----

inline verdict expect_none(const options& how, const factory& make) {
  verdict found = explore(how, make);
  EXPECT_FALSE(found.failed) << found;
  return found;
}

// What has happened in the searches of one program.
class happenings {
 public:
  void add(const verdict& found) {
    if (found.failed) has_failed_ = true;
    for (const auto& [what, count] : found.happened) counts_[what] += count;
  }
  // Not where one schedule was run alone, or a failure has ended a search.
  void expect_all() const {
    if (has_failed_ || std::getenv("STEADY_SCHEDULE") != nullptr) return;
    EXPECT_FALSE(counts_.empty()) << "the program does not say what must happen in it";
    for (const auto& [what, count] : counts_) EXPECT_NE(count, 0u) << "in no execution: " << what;
  }

 private:
  std::map<std::string, std::uint64_t> counts_;
  bool has_failed_ = false;
};

// How much longer than usual to search: STEADY_INTERLEAVE_TIMES, for ./check --full.
inline std::uint64_t times(std::uint64_t executions) {
  const char* const given = std::getenv("STEADY_INTERLEAVE_TIMES");
  return executions * (given == nullptr ? 1 : std::strtoull(given, nullptr, 10));
}

// Every schedule up to a bound of preemptions and of stale reads, and random ones beyond it. In
// some of them happens what the program is about.
inline void expect_no_failure(const factory& make) {
  happenings all_of_it;
  options all;
  all.within.preemptions = 2;
  all.within.weak_reads = 1;
  all.executions = times(10'000);
  all_of_it.add(expect_none(all, make));

  options fences = all;  // as with membarrier
  fences.within.announced = announcements::by_fences;
  fences.executions = times(5'000);
  all_of_it.add(expect_none(fences, make));

  for (const search by : {search::uniform, search::priorities}) {
    options random;
    random.by = by;
    random.within.preemptions = 5;
    random.within.weak_reads = 3;
    random.within.surprises = 1;
    random.executions = times(2'000);
    all_of_it.add(expect_none(random, make));
  }
  all_of_it.expect_all();
}

// ---- code that is broken ----

// Locations are numbered as they are met; which counter of sleepers a bucket has depends on its
// address.
inline std::string without_numbers(const std::string& message) {
  return std::regex_replace(message, std::regex("#[0-9]+"), "#");
}

// Caught, and caught again when the schedule is replayed.
inline void expect_caught(const factory& make, std::string_view by, unsigned weak_reads = 1) {
  options all;
  all.within.preemptions = 3;
  all.within.weak_reads = weak_reads;
  all.executions = 400'000;
  const verdict found = explore(all, make);
  ASSERT_TRUE(found.failed) << found;
  EXPECT_NE(found.message.find(by), std::string::npos) << found;
  EXPECT_EQ(without_numbers(replay(found.schedule, make, all).message),
            without_numbers(found.message))
      << found;
}

}  // namespace interleave
