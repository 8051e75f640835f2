// The scheduler: runs the simulated threads of a program one at a time, and decides before every
// operation which one goes on, and which value a load reads.
//
// All atomic operations of the program come here while it runs (interleaved_atomic.hpp). A thread
// announces an operation, others may go first, and then it is done: on memory itself, and on the
// histories of the memory model.
//
// A failure leaves the fibers where they are: they cannot be unwound, since operations are
// noexcept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "interleave/support/fiber.hpp"
#include "interleave/support/guide.hpp"
#include "interleave/support/memory_model.hpp"
#include "interleave/support/operation.hpp"
#include "interleave/support/readiness.hpp"
#include "interleave/support/trace.hpp"

namespace interleave {

class scheduler {
 public:
  struct rules {
    std::uint64_t most_steps = 0;  // of one execution; more are taken for a loop without end
    bool skips_equivalent = false;
    bool watches_fresh_memory = true;
    std::size_t trace_length = 0;
  };
  using body = std::function<void()>;

  static constexpr std::uint64_t first_seed = 0x5eed;  // of random_state() outside of the threads
  static constexpr const char* misled_message =
      "the schedule does not fit the program, or the program does not always do the same";

  // The one whose simulated thread runs now; null outside of simulated threads.
  static inline scheduler* running = nullptr;

  scheduler(guide& by, const rules& under)
      : guide_(by), rules_(under), trace_(under.trace_length) {}
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  ~scheduler();

  // Runs the threads to their end, and then `finally`, if it is not empty. Returns what failed.
  std::optional<std::string> execute(const std::vector<body>& threads, const body& finally);

  std::uint64_t steps() const { return all_steps_; }  // of all executions
  // Whether a thread could not go on for no other reason than the bound of preemptions.
  bool bound_was_reached() const { return bound_was_reached_; }
  std::string written_trace() const { return trace_.written(); }
  // After a failure. What is on their stacks is never destroyed, nor is what that refers to.
  std::vector<std::unique_ptr<fiber>> give_up_fibers() { return std::move(fibers_); }

  // ---- for simulated threads ----

  std::uint64_t load(const operation& what);
  void store(const operation& what, std::uint64_t value);
  // exchange, add and so on; returns the value before.
  std::uint64_t modify(const operation& what, std::uint64_t operand);
  // Whether it has stored; `expected` becomes what was found.
  bool compare_exchange(const operation& what, std::uint64_t& expected, std::uint64_t desired,
                        std::memory_order on_failure, bool may_fail_for_no_reason);
  void wait(std::uintptr_t word, std::uint64_t seen);
  void wake_all(std::uintptr_t word);
  void fence();
  void pause();
  void construct(std::uintptr_t address, unsigned bytes);
  void fresh_memory(std::uintptr_t from, std::size_t bytes);
  void*& place() { return current_->place; }
  // How often a thread has fallen asleep in this execution.
  std::uint64_t sleeps() const { return sleeps_; }
  // What is called with it when the thread ends, unless it is null.
  static inline void (*release_place)(void*) noexcept = nullptr;
  // For threads that will not end, because an execution has failed.
  void release_places() {
    for (auto& each : threads_) {
      if (each.place != nullptr && release_place != nullptr) {
        release_place(std::exchange(each.place, nullptr));
      }
    }
  }
  announcements announced() const { return guide_.within().announced; }
  [[noreturn]] void fail(std::string&& message);

 private:
  struct thread {
    operation next{};  // announced, and done when it has its turn
    viewpoint view;
    void* place = nullptr;
    const body* run = nullptr;
  };

  unsigned index() const { return current_->view.thread; }

  // In scheduler_turns.hpp.
  void begin_execution();
  void begin_thread(unsigned index, const body& run);
  void go(unsigned first);
  [[noreturn]] static void enter();
  static std::unique_ptr<fiber> take_fiber();
  static std::vector<std::unique_ptr<fiber>>& idle_fibers() {
    static std::vector<std::unique_ptr<fiber>> fibers;
    return fibers;
  }
  void run_current();
  void end_current();
  [[noreturn]] void report_deadlock();
  void step(const operation& what);
  void count_step();
  void give_turn_away();
  void turn_to(unsigned next);
  unsigned choose(bool current_may_go_on);
  unsigned decide(std::span<const std::uint8_t> able, bool current_may_go_on);
  void wake_whom_it_concerns(const operation& what);

  // In scheduler_memory.hpp.
  origin make_something();
  location& reach(const operation& what);
  store_record& choose_store(location& of, std::memory_order order);
  void put(location& of, std::memory_order order, std::uint64_t value, bool read_modify_write);
  bool surprised();
  static std::uint64_t combined(action what, std::uint64_t before, std::uint64_t operand);
  static std::uint64_t truncated(std::uint64_t value, unsigned bytes);
  event& add_event(const operation& what);
  event& add_event(const operation& what, const location& of);

  guide& guide_;
  rules rules_;
  trace trace_;
  memory_model memory_;
  readiness readiness_;
  std::vector<std::unique_ptr<fiber>> fibers_;
  fiber outside_;
  std::array<thread, most_threads> threads_;
  thread* current_ = nullptr;
  std::optional<std::string> failure_;
  std::uint64_t all_steps_ = 0;
  std::uint64_t sleeps_ = 0;
  std::uint64_t steps_ = 0;  // announced
  std::uint64_t done_ = 0;   // operations
  unsigned preemptions_ = 0;
  unsigned weak_reads_ = 0;
  unsigned surprises_ = 0;
  bool bound_was_reached_ = false;
  thread_set asleep_ = 0;     // what they do next has been tried here already
  bool redundant_ = false;    // this execution is equivalent to another one: nothing is decided
  bool threads_end_ = false;  // and what runs finally has begun
};

}  // namespace interleave

#include "interleave/support/scheduler_memory.hpp"
#include "interleave/support/scheduler_turns.hpp"
