// A user's program with a map on a directory, its feed and its followers, which CMakeLists.txt
// builds with the settings that users have. Prints "all right".
#if defined(WITH_WINDOWS_MACROS)
// The standard library's headers come first: they do not all bear these macros.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "windows_macros.hpp"
#endif

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <stdlib.h>  // mkdtemp

#include <steady/codec.hpp>
#include <steady/durable_map.hpp>
#include <steady/durable_set.hpp>
#include <steady/feed.hpp>
#include <steady/follower.hpp>
#include <steady/hash_map.hpp>
#include <steady/openmetrics.hpp>
#include <steady/picture.hpp>
#include <steady/records.hpp>

#if defined(WITH_QT_KEYWORDS)  // Steady's headers come before Qt's
#include "qt_keywords.hpp"
#endif

namespace {

int wrong = 0;

void expect(bool fact, const char* what) {
  if (fact) return;
  std::printf("wrong: %s\n", what);
  ++wrong;
}

constexpr std::uint32_t many = 300;

using stock = steady::hash_map<std::string, std::uint64_t>;
using name = std::pair<std::int16_t, std::string>;
using place = std::optional<std::array<double, 2>>;

// Writes, and writes a snapshot in the middle.
void write(const std::string& directory) {
  steady::durable_options options;
  options.sync = steady::sync_policy::never;
  options.feed_changes = many;
  steady::durable_map<std::string, std::uint64_t> map(directory, options);
  expect(map.report().is_new, "there was no map");
  for (std::uint32_t n = 0; n < many; ++n) {
    map.insert_or_assign(std::to_string(n), n);
    if (n == many / 2) map.save_snapshot();
  }
  map.group([&] {
    map.modify("7", [](std::uint64_t& count) { ++count; });
    map.try_emplace("more", 1U);
    map.erase("8");
  });
  map.sync();
  expect(map.durable_position() == map.position(), "all is safe");
}

// Reads it again, and follows it.
void read(const std::string& directory) {
  steady::durable_map<std::string, std::uint64_t> map(directory);
  expect(map.size() == many && map.at("7") == 8, "all is there");
  expect(map.report().snapshot_position == many / 2 + 1, "and came from a snapshot");
  steady::directory_follower<stock> follower(directory);
  std::uint64_t changes = 0;
  follower.on_change([&](const auto&) { ++changes; });
  while (follower.poll(64) == steady::poll_result::more) {
  }
  expect(follower.position() == map.position(), follower.obstacle().c_str());
  expect(follower.content() == map.content(), "a follower has the same");
  expect(changes == follower.counts().changes, "and tells of changes");
  const std::string file = directory + ".checkpoint";
  expect(follower.save_checkpoint(file), "a checkpoint is written");
  steady::directory_follower<stock> later(directory);
  expect(later.load_checkpoint(file) && later.content() == map.content(), "and is read");
  std::remove(file.c_str());
  map.clear_gradually();
  expect(map.empty(), "it is empty");
}

void keep(const std::string& directory) {
  {
    steady::durable_map<name, place> map(directory + ".places");
    map.try_emplace(name(std::int16_t{1}, "one"), place({0.5, 2}));
    map.try_emplace(name(std::int16_t{2}, "two"), std::nullopt);
  }
  const steady::durable_map<name, place> map(directory + ".places");
  expect(map.size() == 2 && map.at({std::int16_t{1}, "one"}).value()[1] > 1, "values come back");
  steady::durable_set<name> set(directory + ".names");
  set.insert(name(std::int16_t{3}, "three"));
  set.save_snapshot();
  expect(set.contains(name(std::int16_t{3}, "three")), "a set has its keys");
}

void feed() {
  steady::fed_map<std::string, std::vector<float>> map;
  for (std::uint32_t n = 0; n < many; ++n) map.insert_or_assign(std::to_string(n), {1.5F});
  steady::subscriber follower(map);
  std::uint32_t met = 0;
  std::uint32_t changes = 0;
  do {
    if (met < 50) map.erase(std::to_string(met));
    follower.step(
        2, [&](const auto&) { ++met; }, [&](const auto&) { ++changes; });
  } while (follower.state() != steady::feed_state::caught_up);
  expect(met <= many && changes > 0, "a subscriber gets what there is, and what comes");
  steady::exposition now;
  now.add("stock", map.content());
  expect(now.text(steady::exposition_format::openmetrics).find("stock") != std::string::npos,
         "metrics tell of it");
  expect(steady::picture_of(map.content(), 8, 4).old_array.parts.size() == 8, "and a picture");
}

}  // namespace

int main() {
  char name[] = "/tmp/steady-settings-XXXXXX";
  if (::mkdtemp(name) == nullptr) return 1;
  const std::string directory = name;
  write(directory + "/stock");
  read(directory + "/stock");
  keep(directory + "/kept");
  feed();
  const std::string remove = "rm -r " + directory;
  if (std::system(remove.c_str()) != 0) return 1;
  if (wrong == 0) std::puts("all right");
  return wrong;
}
