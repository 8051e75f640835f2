// bench.task_ring: Steady's ring of tasks beside the queues that programs use for many producers
// and many consumers.
//
// All have room for 1,024 words. Producers push batches, consumers pop as many; the rivals have no
// batches and do it task by task, as the row ring-single does with ours. Who finds the queue full,
// or empty, yields: there may be more threads than cores. In every round all contenders run one
// after the other, in the same order, each in a process of its own.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/concurrent/task_ring.hpp>

#include "bench/concurrent/team.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/median.hpp"
#include "bench/support/progress.hpp"

#if STEADY_BENCH_HAS_BOOST
#include <boost/lockfree/queue.hpp>
#include <boost/version.hpp>
#endif
#if STEADY_BENCH_HAS_TBB
#include <tbb/concurrent_queue.h>
#include <tbb/version.h>
#endif

namespace {

using namespace steady::bench;

using task = std::uint64_t;
constexpr std::size_t room = 1024;  // of every queue, in tasks
constexpr std::size_t most_in_batch = 256;

// ---- contenders ----
//
// push() adds tasks from the front and pop() takes some; both return how many.

// For queues that take one task at a time: until the queue refuses one.
template <class Push>
std::size_t push_each(std::span<const task> tasks, const Push& push) {
  std::size_t n = 0;
  while (n != tasks.size() && push(tasks[n])) ++n;
  return n;
}
template <class Pop>
std::size_t pop_each(std::span<task> into, const Pop& pop) {
  std::size_t n = 0;
  while (n != into.size() && pop(into[n])) ++n;
  return n;
}

class ring {
 public:
  std::size_t push(std::span<const task> tasks) { return ring_.enqueue(tasks); }
  std::size_t pop(std::span<task> into) { return ring_.dequeue(into); }

 private:
  steady::detail::task_ring<steady::detail::native_sync, room> ring_;
};

class ring_single {
 public:
  std::size_t push(std::span<const task> tasks) {
    return push_each(tasks, [&](task each) { return ring_.enqueue(each); });
  }
  std::size_t pop(std::span<task> into) {
    return pop_each(into, [&](task& to) { return ring_.dequeue({&to, 1}) == 1; });
  }

 private:
  steady::detail::task_ring<steady::detail::native_sync, room> ring_;
};

#if STEADY_BENCH_HAS_BOOST
class boost_queue {
 public:
  std::size_t push(std::span<const task> tasks) {
    return push_each(tasks, [&](task each) { return queue_.bounded_push(each); });
  }
  std::size_t pop(std::span<task> into) {
    return pop_each(into, [&](task& to) { return queue_.pop(to); });
  }

 private:
  // As fast as one with a capacity<room>, and not slower where threads wait for a core.
  boost::lockfree::queue<task> queue_{room};
};
#endif

#if STEADY_BENCH_HAS_TBB
class tbb_queue {
 public:
  tbb_queue() { queue_.set_capacity(room); }
  std::size_t push(std::span<const task> tasks) {
    return push_each(tasks, [&](task each) { return queue_.try_push(each); });
  }
  std::size_t pop(std::span<task> into) {
    return pop_each(into, [&](task& to) { return queue_.try_pop(to); });
  }

 private:
  tbb::concurrent_bounded_queue<task> queue_;
};
#endif

// ---- a run ----

struct options {
  unsigned producers = 2;
  unsigned consumers = 2;
  std::size_t batch = 16;
  std::uint64_t tasks = 20'000'000;
  unsigned rounds = 5;
  std::vector<std::string> only;  // contenders; all if there are none
  bool quick = false;

  // In a step every producer pushes a batch for each consumer, every consumer pops as much.
  std::uint64_t steps() const {
    return std::max<std::uint64_t>(1, tasks / (std::uint64_t{producers} * consumers * batch));
  }
  std::uint64_t tasks_of_all_steps() const { return steps() * producers * consumers * batch; }
};

struct measured {
  double million_per_second = 0;
  double cores = 0;
  std::uint64_t wrong = 0;
};

// A thread: the first ones are producers. A task is its producer and, in the lower half, a number
// that rises.
template <class Queue>
class member {
 public:
  member(Queue& queue, const options& asked, unsigned thread)
      : queue_(queue),
        thread_(thread),
        produces_(thread < asked.producers),
        batches_(produces_ ? asked.consumers : asked.producers),
        batch_(asked.batch),
        expected_from_(asked.producers) {}

  // How many tasks were not what a queue may give.
  std::uint64_t operator()(std::uint64_t) {
    for (unsigned n = 0; n < batches_; ++n) produces_ ? produce() : consume();
    return std::exchange(wrong_, 0);
  }

 private:
  void produce() {
    std::array<task, most_in_batch> tasks;
    for (std::size_t n = 0; n < batch_; ++n) tasks[n] = std::uint64_t{thread_} << 48 | next_++;
    for (std::span<const task> left(tasks.data(), batch_); !left.empty();) {
      const std::size_t pushed = queue_.push(left);
      left = left.subspan(pushed);
      if (pushed == 0) std::this_thread::yield();
    }
  }

  void consume() {
    std::array<task, most_in_batch> tasks;
    for (std::span<task> left(tasks.data(), batch_); !left.empty();) {
      const std::size_t popped = queue_.pop(left);
      for (const task each : left.first(popped)) receive(each);
      left = left.subspan(popped);
      if (popped == 0) std::this_thread::yield();
    }
  }

  // Tasks of one producer come in its order.
  void receive(task got) {
    const std::uint64_t producer = got >> 48;
    const std::uint64_t number = got & ((std::uint64_t{1} << 48) - 1);
    if (producer >= expected_from_.size() || number < expected_from_[producer]) {
      ++wrong_;
    } else {
      expected_from_[producer] = number + 1;
    }
  }

  Queue& queue_;
  unsigned thread_;
  bool produces_;
  unsigned batches_;
  std::size_t batch_;
  std::uint64_t next_ = 0;
  std::vector<std::uint64_t> expected_from_;
  std::uint64_t wrong_ = 0;
};

template <class Queue>
measured run(const options& asked) {
  constexpr unsigned patience_s = 300;  // a queue that loses a task never ends
  ::alarm(patience_s);
  const auto queue = std::make_unique<Queue>();
  const team_result done = run_team(
      asked.producers + asked.consumers, asked.steps(), std::numeric_limits<std::uint64_t>::max(),
      [&](unsigned thread) { return member<Queue>(*queue, asked, thread); });
  const double tasks = static_cast<double>(asked.tasks_of_all_steps());
  const double ns = static_cast<double>(done.ns);
  return {tasks * 1000 / ns, static_cast<double>(done.cpu_ns) / ns, done.wrong};
}

// ---- the table ----

struct contender {
  std::string name;
  std::string about;
  std::function<measured(const options&)> run;
  bool is_rival = false;
  std::vector<measured> rounds;
  std::string failure;  // why there are no more rounds
};

std::vector<contender> all_contenders() {
  std::vector<contender> all;
  all.push_back({"ring", "steady::detail::task_ring, in batches", run<ring>, false, {}, ""});
  all.push_back({"ring-single", "the same, task by task", run<ring_single>, false, {}, ""});
#if STEADY_BENCH_HAS_BOOST
  all.push_back(
      {"boost", "boost::lockfree::queue " BOOST_LIB_VERSION, run<boost_queue>, true, {}, ""});
#endif
#if STEADY_BENCH_HAS_TBB
  all.push_back(
      {"tbb", "tbb::concurrent_bounded_queue " TBB_VERSION_STRING, run<tbb_queue>, true, {}, ""});
#endif
  return all;
}

void measure(const options& asked, std::vector<contender>& all) {
  for (unsigned round = 1; round <= asked.rounds; ++round) {
    for (contender& each : all) {
      if (!each.failure.empty()) continue;
      show_progress(fmt::format("round {} of {}: {}", round, asked.rounds, each.name));
      const auto outcome = run_in_child([&] { return each.run(asked); });
      if (outcome.result) each.rounds.push_back(*outcome.result);
      each.failure = outcome.failure;
    }
  }
  show_progress("");
}

double middle_of(const contender& who, double measured::*figure) {
  std::vector<double> values;
  for (const measured& round : who.rounds) values.push_back(round.*figure);
  return median(values);
}

// The median over the rounds of the base's figure by this one's; nothing if there is no round to
// compare.
std::optional<double> base_by(const contender& base, const contender& who) {
  std::vector<double> ratios;
  for (std::size_t n = 0; n < std::min(base.rounds.size(), who.rounds.size()); ++n)
    ratios.push_back(base.rounds[n].million_per_second / who.rounds[n].million_per_second);
  if (ratios.empty()) return std::nullopt;
  return median(ratios);
}

std::string row(const contender& base, const contender& who) {
  const auto [least, most] = std::minmax_element(
      who.rounds.begin(), who.rounds.end(),
      [](const auto& a, const auto& b) { return a.million_per_second < b.million_per_second; });
  const std::optional<double> times = base_by(base, who);
  return fmt::format(
      "{:<14} {:>8.2f} {:>15} {:>6} {:>6.2f}\n", who.name,
      middle_of(who, &measured::million_per_second),
      fmt::format("{:.2f}-{:.2f}", least->million_per_second, most->million_per_second),
      times ? fmt::format("{:.2f}", *times) : "-", middle_of(who, &measured::cores));
}

// Whether all contenders did all rounds, and every task was right.
bool show(const options& asked, const std::vector<contender>& all) {
  const contender& base = all.front();
  fmt::print(
      "\n{} producers, {} consumers, batches of {}: million tasks per second; how many times "
      "that {} does\n",
      asked.producers, asked.consumers, asked.batch, base.name);
  fmt::print("{:<14} {:>8} {:>15} {:>6} {:>6}\n", "", "median", "least-most", "times", "cores");
  const contender* fastest_rival = nullptr;
  std::string warnings;
  for (const contender& who : all) {
    std::uint64_t wrong = 0;
    for (const measured& round : who.rounds) wrong += round.wrong;
    if (!who.failure.empty()) warnings += fmt::format("{}: {}\n", who.name, who.failure);
    if (wrong != 0) warnings += fmt::format("{}: {} WRONG TASKS\n", who.name, wrong);
    if (who.rounds.empty()) continue;
    fmt::print("{}", row(base, who));
    if (who.is_rival && base_by(base, who) &&
        (fastest_rival == nullptr || base_by(base, who) < base_by(base, *fastest_rival)))
      fastest_rival = &who;
  }
  if (fastest_rival != nullptr && !base.is_rival) {
    fmt::print("{} does {:.2f} times what the faster rival does, {}\n", base.name,
               base_by(base, *fastest_rival).value(), fastest_rival->name);
  }
  fmt::print("{}", warnings);
  return warnings.empty();
}

}  // namespace

int main(int count, char** arguments) {
  options asked;
  std::vector<contender> all = all_contenders();
  std::vector<std::string> names;
  for (const contender& each : all) names.push_back(each.name);
  CLI::App app("The ring of tasks, beside other queues for many producers and consumers.");
  app.add_option("--producers", asked.producers, "threads (2)")->check(CLI::Range(1, 256));
  app.add_option("--consumers", asked.consumers, "threads (2)")->check(CLI::Range(1, 256));
  app.add_option("--batch", asked.batch, "tasks at once (16)")
      ->check(CLI::Range(std::size_t{1}, most_in_batch));
  auto* const tasks = app.add_option("--tasks", asked.tasks, "in a round (20000000)")
                          ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
  app.add_option("--rounds", asked.rounds, "rounds (5)")->check(CLI::Range(1, 1000));
  app.add_option("--only", asked.only, "contenders; may be given several times (all)")
      ->check(CLI::IsMember(names));
  app.add_flag("--quick", asked.quick, "a million tasks");
  CLI11_PARSE(app, count, arguments);
  if (asked.quick && tasks->count() == 0) asked.tasks = 1'000'000;
  std::erase_if(all, [&](const contender& each) {
    return !asked.only.empty() &&
           std::find(asked.only.begin(), asked.only.end(), each.name) == asked.only.end();
  });
  fmt::print("{} rounds of {} tasks, each run in a process of its own\n", asked.rounds,
             asked.tasks_of_all_steps());
  for (const contender& each : all) fmt::print("{:<14} {}\n", each.name, each.about);
  std::fflush(stdout);
  measure(asked, all);
  return show(asked, all) ? 0 : 1;
}
