// The monitor that trims containers when memory runs short: where its news comes from, whom it
// trims and in which order, and that containers, registrations and monitors may come and go.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/pressure_monitor.hpp>

#include "support/concurrent_containers.hpp"
#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace {

using support::concurrent_numbers;
using support::concurrent_string_set;
using options = steady::pressure_options;

// Without the system's own news.
const options deaf{.file = "/nowhere/memory.pressure"};

void await_relief(const steady::pressure_monitor& monitor) {
  while (monitor.relieved() != monitor.events()) std::this_thread::yield();
}

// What a monitor needs to know of a container, which does `on_trim`.
class fake {
 public:
  struct policy_type {
    using sync = void;
  };

  explicit fake(std::function<std::size_t()> on_trim) : on_trim_(std::move(on_trim)) {}
  steady::stats stats() const noexcept {
    steady::stats now;
    now.leaving = leaving;
    return now;
  }
  std::size_t trim(std::size_t) { return on_trim_(); }

  std::size_t leaving = 0;

 private:
  std::function<std::size_t()> on_trim_;
};

// ---- whom it trims ----

template <class Map>
void fill_and_erase(Map& map, std::uint64_t many, std::uint64_t few) {
  for (std::uint64_t n = 0; n < many; ++n) map.try_emplace(n, n);
  for (std::uint64_t n = few; n < many; ++n) map.erase(n);
}

TEST(pressure_monitor, shrinks_all_containers_until_none_gives_anything) {
  concurrent_numbers first;
  support::concurrent_strings second;
  concurrent_string_set third;
  fill_and_erase(first, 50'000, 1000);
  for (int n = 0; n < 20'000; ++n) second.try_emplace(std::to_string(n), "some");
  second.erase_if([](const auto& element) { return element.first.size() > 2; });
  third.reserve(100'000);
  third.insert("one");
  steady::pressure_monitor monitor(deaf);
  const auto serves_first = monitor.serve(first);
  const auto serves_second = monitor.serve(second);
  const auto serves_third = monitor.serve(third);
  EXPECT_EQ(monitor.events(), 0u);
  monitor.report_pressure();
  EXPECT_EQ(monitor.events(), 1u);
  await_relief(monitor);
  EXPECT_EQ(first.bucket_count(), 2048u);
  EXPECT_EQ(second.bucket_count(), 128u);
  EXPECT_EQ(third.bucket_count(), 64u);
  EXPECT_GT(first.stats().steps.trim, 0u);
  EXPECT_EQ(first.trim() + second.trim() + third.trim(), 0u) << "nothing is left to be given";
  for (std::uint64_t n = 0; n < 1000; ++n) ASSERT_EQ(first.find(n), n);
  EXPECT_EQ(second.size(), 100u);
}

TEST(pressure_monitor, trims_in_turn) {
  std::vector<char> turns;
  const auto gives = [&turns](char name, int times) {
    return [&turns, name, times]() mutable -> std::size_t {
      turns.push_back(name);
      return times-- > 0 ? 1 : 0;
    };
  };
  fake a(gives('a', 50));
  fake b(gives('b', 2));
  fake c(gives('c', 50));
  steady::pressure_monitor monitor(deaf);
  const auto serves_a = monitor.serve(a);
  const auto serves_b = monitor.serve(b);
  const auto serves_c = monitor.serve(c);
  monitor.report_pressure();
  await_relief(monitor);
  ASSERT_GE(turns.size(), 150u);
  for (std::size_t n = 0; n < turns.size(); ++n) ASSERT_EQ(turns[n], "abc"[n % 3]) << n;
}

TEST(pressure_monitor, leaves_a_container_alone_whose_work_never_ends) {
  std::uint64_t slices = 0;
  fake endless([&]() -> std::size_t { return ++slices; });
  steady::pressure_monitor monitor(deaf);
  const auto serves = monitor.serve(endless);
  monitor.report_pressure();
  await_relief(monitor);
  EXPECT_EQ(slices, 1024u);  // and four times its buckets, of which it has none
  monitor.report_pressure();
  await_relief(monitor);
  EXPECT_EQ(slices, 2048u);
}

TEST(pressure_monitor, looks_again_where_memory_may_be_freed_soon) {
  int slices = 0;
  fake late([&]() -> std::size_t {
    if (++slices < 6) return 0;
    late.leaving = 0;
    return slices == 6 ? 1 : 0;
  });
  late.leaving = 1;
  steady::pressure_monitor monitor(deaf);
  const auto serves = monitor.serve(late);
  monitor.report_pressure();
  await_relief(monitor);
  EXPECT_EQ(slices, 6 + 1) << "the last one tells that nothing is left";
}

TEST(pressure_monitor, does_not_wait_for_ever) {
  int slices = 0;
  fake never([&]() -> std::size_t { return ++slices, 0; });
  never.leaving = 1;
  steady::pressure_monitor monitor(deaf);
  const auto serves = monitor.serve(never);
  monitor.report_pressure();
  await_relief(monitor);
  EXPECT_EQ(slices, 16);
}

TEST(pressure_monitor, waits_without_containers) {
  steady::pressure_monitor monitor(deaf);
  for (int n = 1; n <= 3; ++n) {
    monitor.report_pressure();
    await_relief(monitor);
    EXPECT_EQ(monitor.relieved(), static_cast<std::uint64_t>(n));
  }
}

// ---- who comes and goes ----

TEST(pressure_monitor, ends_a_registration_after_the_slice_that_is_being_done_and_no_other) {
  std::promise<void> is_inside;
  std::promise<void> may_leave;
  std::atomic<bool> has_left = false;
  std::atomic<int> slices = 0;
  fake slow([&]() -> std::size_t {
    if (slices++ == 0) {
      is_inside.set_value();
      may_leave.get_future().wait();
      has_left = true;
    }
    return 1;
  });
  fake other([]() -> std::size_t { return 1; });
  steady::pressure_monitor monitor(deaf);
  auto serves_slow = monitor.serve(slow);
  auto serves_other = monitor.serve(other);
  monitor.report_pressure();
  is_inside.get_future().wait();
  serves_other.end();  // does not wait for `slow`
  std::thread ending([&] {
    serves_slow.end();
    EXPECT_TRUE(has_left);
  });
  may_leave.set_value();
  ending.join();
  const int before = slices;
  await_relief(monitor);
  EXPECT_EQ(slices, before) << "it was trimmed after its registration had ended";
}

// The thread that takes turns is faster than one that has to wake up first.
TEST(pressure_monitor, begins_no_other_slice_while_somebody_waits_for_the_end_of_one) {
  steady::detail::served_containers served;
  std::uint64_t number = 0;
  std::thread ending;
  int slices = 0;
  fake one([&]() -> std::size_t {
    if (++slices == 1) {
      ending = std::thread([&] { served.remove(number); });
      EXPECT_TRUE(support::comes_true([&] { return !served.has(number); }));
    }
    return 1;
  });
  number = served.add(one);
  EXPECT_EQ(served.take_turn(0, 1, 64).number, number);
  EXPECT_EQ(served.take_turn(0, 1, 64).number, 0u);
  ending.join();
  EXPECT_EQ(slices, 1);
}

TEST(pressure_monitor, ends_in_the_middle_of_an_event) {
  std::atomic<std::uint64_t> slices = 0;
  fake endless([&]() -> std::size_t { return ++slices; });
  std::optional<steady::pressure_monitor> monitor(std::in_place, deaf);
  const auto serves = monitor->serve(endless);
  monitor->report_pressure();
  while (slices == 0) std::this_thread::yield();
  monitor.reset();
  const std::uint64_t before = slices;
  EXPECT_LE(before, 1024u);
  EXPECT_EQ(slices, before);
}

TEST(pressure_monitor, may_go_before_its_registrations_and_after_them) {
  concurrent_numbers map;
  steady::pressure_monitor::registration longer;
  {
    steady::pressure_monitor monitor(deaf);
    { const auto shorter = monitor.serve(map); }
    longer = monitor.serve(map);
    monitor.report_pressure();
  }
  longer.end();
  longer.end();
}

TEST(pressure_monitor, serves_for_as_long_as_the_registration_lives_wherever_it_is) {
  std::atomic<int> slices = 0;
  fake one([&]() -> std::size_t { return ++slices, 0; });
  steady::pressure_monitor monitor(deaf);
  const auto trimmed = [&] {
    const int before = slices;
    monitor.report_pressure();
    await_relief(monitor);
    return slices != before;
  };
  auto first = monitor.serve(one);
  EXPECT_TRUE(trimmed());
  auto second = std::move(first);
  EXPECT_TRUE(trimmed());
  first = std::move(second);
  EXPECT_TRUE(trimmed());
  auto& same = first;
  first = std::move(same);
  EXPECT_TRUE(trimmed());
  first = {};
  EXPECT_FALSE(trimmed());
}

TEST(pressure_monitor, serves_containers_that_come_and_go_while_events_rain) {
  constexpr int rounds = support::sanitized ? 50 : 300;
  steady::pressure_monitor monitor(deaf);
  std::atomic<bool> ends = false;
  std::thread rain([&] {
    while (!ends) {
      monitor.report_pressure();
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> users;
  for (int user = 0; user < 3; ++user) {
    users.emplace_back([&] {
      for (int n = 0; n < rounds; ++n) {
        concurrent_numbers map;
        const auto serves = monitor.serve(map);
        fill_and_erase(map, 500, 20);
        for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(map.find(i), i);
      }
    });
  }
  for (std::thread& each : users) each.join();
  ends = true;
  rain.join();
}

// ---- maps of one thread ----

TEST(pressure_monitor, tells_owners_of_other_maps_by_a_counter) {
  steady::pressure_monitor monitor(deaf);
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  fill_and_erase(map, 50'000, 1000);
  const std::size_t before = map.stats().bytes;
  std::uint64_t seen = 0;
  bool trims = false;
  int slices = 0;
  const auto serve_a_request = [&] {
    if (monitor.events() != seen) {
      seen = monitor.events();
      trims = true;
    }
    if (trims) ++slices, trims = map.trim(64) != 0 || map.migrating();
  };
  serve_a_request();
  EXPECT_EQ(slices, 0);
  monitor.report_pressure();
  for (int n = 0; n < 100'000; ++n) serve_a_request();
  EXPECT_GT(slices, 10);
  EXPECT_FALSE(trims);
  EXPECT_LT(map.stats().bytes, before / 20);
}

// ---- where news comes from ----

TEST(pressure_source, is_the_system_where_it_tells) {
  steady::pressure_monitor monitor;
  if (!monitor.is_watching()) GTEST_SKIP() << monitor.why_not();
  EXPECT_EQ(monitor.why_not(), "");
  monitor.report_pressure();
  await_relief(monitor);
  EXPECT_TRUE(monitor.is_watching());
}

// With a limit at which the system slows a group of processes down instead of ending one.
TEST(pressure_source, is_the_group_of_processes_that_has_a_limit) {
  std::string path = "/sys/fs/cgroup";
  {
    std::ifstream groups("/proc/self/cgroup");
    std::string line;
    while (std::getline(groups, line) && !line.starts_with("0::")) {
    }
    if (!line.starts_with("0::")) GTEST_SKIP() << "no cgroup of version 2";
    path += line.substr(3);
  }
  std::uint64_t high = 0;
  if (!(std::ifstream(path + "/memory.high") >> high)) {
    GTEST_SKIP() << path << "/memory.high says no number of bytes";
  }
  if (high > std::uint64_t{1} << 30) GTEST_SKIP() << "more than 1 GiB would have to be filled";
  steady::pressure_monitor monitor({.file = path + "/memory.pressure"});
  if (!monitor.is_watching()) GTEST_SKIP() << monitor.why_not();
  std::vector<std::vector<char>> held;
  while (monitor.events() == 0 && held.size() << 20 < 2 * high) {
    held.emplace_back(std::size_t{1} << 20, 'x');
  }
  EXPECT_GT(monitor.events(), 0u);
}

TEST(pressure_source, that_is_not_there_is_named) {
  steady::pressure_monitor monitor(deaf);
  EXPECT_FALSE(monitor.is_watching());
  EXPECT_EQ(monitor.why_not(), "cannot open /nowhere/memory.pressure: No such file or directory");
}

std::string path_of_ones_own() {
  return testing::TempDir() + "steady_pressure_" + std::to_string(::getpid());
}

// A copy of what the kernel says, for example.
TEST(pressure_source, that_is_a_file_on_a_disk_is_left_as_it_is) {
  const std::string path = path_of_ones_own();
  for (const std::string before : {"something else", "some avg10=0.00 avg60=0.00"}) {
    std::ofstream(path) << before;
    steady::pressure_monitor monitor({.file = path});
    EXPECT_FALSE(monitor.is_watching());
    EXPECT_EQ(
        monitor.why_not(),
        path + " does not tell of pressure: it is no file of /proc or of a cgroup of version 2");
    std::string content;
    std::getline(std::ifstream(path), content);
    EXPECT_EQ(content, before);
  }
  std::remove(path.c_str());
}

TEST(pressure_source, that_is_a_device_tells_nothing) {
  steady::pressure_monitor monitor({.file = "/dev/null"});
  EXPECT_FALSE(monitor.is_watching());
  EXPECT_EQ(monitor.why_not(),
            "/dev/null does not tell of pressure: it is no file of /proc or of a cgroup of version "
            "2");
}

TEST(pressure_source, that_tells_of_something_else_is_left_as_it_is) {
  const auto name_of_process = [] {
    std::string name;
    std::getline(std::ifstream("/proc/self/comm"), name);
    return name;
  };
  const std::string before = name_of_process();
  steady::pressure_monitor monitor({.file = "/proc/self/comm"});
  if (monitor.why_not().starts_with("cannot open")) GTEST_SKIP() << monitor.why_not();
  EXPECT_FALSE(monitor.is_watching());
  EXPECT_EQ(monitor.why_not(),
            "/proc/self/comm does not tell of pressure: it does not begin with \"some \"");
  EXPECT_EQ(name_of_process(), before);
}

// As where the kernel was told to keep no account of pressure.
TEST(pressure_source, that_cannot_be_read_is_named) {
  steady::pressure_monitor monitor({.file = "/proc/self/mem"});  // nothing is at address 0
  if (monitor.why_not().starts_with("cannot open")) GTEST_SKIP() << monitor.why_not();
  EXPECT_FALSE(monitor.is_watching());
  EXPECT_EQ(monitor.why_not(), "cannot read /proc/self/mem: Input/output error");
}

// Without further files the process cannot have a monitor; the descriptor is the monitor's even so.
TEST(pressure_source, is_closed_where_the_monitor_cannot_begin) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  ::rlimit none = files;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW(steady::pressure_monitor({.descriptor = ends[0]}), std::system_error);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1) << "it is open still";
  ::close(ends[1]);
}

TEST(pressure_source, gets_the_trigger) {
  const std::string path = path_of_ones_own();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reading = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reading, 0);
  {
    steady::pressure_monitor monitor({.file = path, .trigger = "some 1 2"});
    EXPECT_TRUE(monitor.is_watching());
    char written[16] = {};
    EXPECT_EQ(::read(reading, written, sizeof written), 9);
    EXPECT_STREQ(written, "some 1 2");
  }
  ::close(reading);
  std::remove(path.c_str());
}

TEST(pressure_source, that_refuses_the_trigger_is_named) {
  const std::string path = path_of_ones_own();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int full = ::open(path.c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(full, 0);
  while (::write(full, "x", 1) == 1) {
  }
  steady::pressure_monitor monitor({.file = path, .trigger = "nonsense"});
  EXPECT_FALSE(monitor.is_watching());
  EXPECT_EQ(monitor.why_not(),
            path + " refuses the trigger \"nonsense\": Resource temporarily unavailable");
  monitor.report_pressure();
  await_relief(monitor);
  EXPECT_EQ(monitor.events(), 1u);
  ::close(full);
  std::remove(path.c_str());
}

// Urgent data on a socket is what poll() reports as a kernel's trigger.
TEST(pressure_source, is_a_descriptor_with_something_urgent) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  if (::send(ends[0], "!", 1, MSG_OOB) < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    GTEST_SKIP() << "no urgent data on sockets of this kind: Linux 5.15 has them";
  }
  concurrent_numbers map;
  fill_and_erase(map, 50'000, 1000);
  const int reading = ::dup(ends[1]);
  steady::pressure_monitor monitor({.descriptor = ends[1]});
  EXPECT_TRUE(monitor.is_watching());
  const auto serves = monitor.serve(map);
  // The event that is on when the container comes may be over; the next one follows at once.
  while (map.bucket_count() != 2048) std::this_thread::yield();
  char byte = 0;
  EXPECT_EQ(::recv(reading, &byte, 1, MSG_OOB), 1);  // a kernel's event is over by itself
  await_relief(monitor);
  ::close(ends[0]);
  ::close(reading);
}

TEST(pressure_source, may_go) {
  for (const int watched : {0, 1}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    steady::pressure_monitor monitor({.descriptor = ends[watched]});
    EXPECT_TRUE(monitor.is_watching());
    ::close(ends[1 - watched]);  // nobody writes, or reads, at the other end
    while (monitor.is_watching()) std::this_thread::yield();
    EXPECT_EQ(monitor.why_not(), "what was watched is gone");
    monitor.report_pressure();
    await_relief(monitor);
    EXPECT_EQ(monitor.events(), 1u);
  }
}

}  // namespace
