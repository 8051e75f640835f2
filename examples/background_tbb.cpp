// Migrations as tasks of low priority in a oneTBB arena, which also runs the program's own tasks.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/evacuator.hpp>

namespace {

using map_type = steady::concurrent_hash_map<std::uint64_t, std::uint64_t>;

class evacuation_in_an_arena {
 public:
  evacuation_in_an_arena()
      : arena_(2, 1, tbb::task_arena::priority::low), helper_([this] { enqueue(); }) {}
  // The last task may still be running.
  ~evacuation_in_an_arena() {
    while (tasks_.load() != 0) std::this_thread::yield();
  }

  steady::evacuator& helper() { return helper_; }
  std::uint64_t slices() const { return slices_.load(); }

 private:
  // One task at a time: the evacuator calls only when slice() has said that it will be called.
  void enqueue() {
    tasks_.fetch_add(1);
    arena_.enqueue([this] {
      slices_.fetch_add(1);
      if (helper_.slice() != steady::evacuator::until_called) enqueue();
      tasks_.fetch_sub(1);
    });
  }

  tbb::task_arena arena_;
  std::atomic<std::uint64_t> tasks_{0};
  std::atomic<std::uint64_t> slices_{0};
  steady::evacuator helper_;
};

}  // namespace

int main() {
  constexpr std::uint64_t count = 1'000'000;
  map_type squares;
  evacuation_in_an_arena evacuation;
  const auto service = evacuation.helper().serve(squares);
  tbb::parallel_for(std::uint64_t{0}, count,
                    [&squares](std::uint64_t n) { squares.try_emplace(n, n * n); });
  // Tasks of low priority come when there are no others.
  while (squares.migrating() || evacuation.slices() == 0) std::this_thread::yield();

  std::printf("%zu squares, grown %llu times, %s in tasks\n", squares.size(),
              static_cast<unsigned long long>(squares.stats().migrations.grow),
              evacuation.slices() > 0 ? "evacuated" : "never");
  return squares.size() == count && squares.find(999) == 999 * 999 ? 0 : 1;
}
