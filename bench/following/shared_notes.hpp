// What the two processes of a run tell each other: memory that both see, made before they are.
//
//   Times    now_ns(), whose clock is the same in all processes.
//   Threads  each note has one writer.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace steady::bench {

// Changes are made so many at a time; then their number and the time are noted.
inline constexpr std::uint64_t changes_at_once = 256;

// So many 0s that this process shares with those that it forks.
class shared_numbers {
 public:
  explicit shared_numbers(std::size_t count) : bytes_(count * sizeof(std::atomic<std::uint64_t>)) {
    void* const found =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) throw std::bad_alloc();
    numbers_ = static_cast<std::atomic<std::uint64_t>*>(found);
    std::uninitialized_value_construct_n(numbers_, count);
  }
  ~shared_numbers() { ::munmap(numbers_, bytes_); }
  shared_numbers(const shared_numbers&) = delete;
  shared_numbers& operator=(const shared_numbers&) = delete;

  std::atomic<std::uint64_t>& operator[](std::size_t n) const noexcept { return numbers_[n]; }

 private:
  std::size_t bytes_;
  std::atomic<std::uint64_t>* numbers_;
};

class shared_notes {
 public:
  explicit shared_notes(std::uint64_t changes)
      : single_(4 * apart), begun_(static_cast<std::size_t>(changes / changes_at_once + 2)) {}

  // ---- by the writer ----

  // The next changes_at_once changes begin, after `done`.
  void note_begin(std::uint64_t done, std::uint64_t now) const noexcept {
    begun_[static_cast<std::size_t>(done / changes_at_once)].store(now, std::memory_order_relaxed);
  }
  void note_made(std::uint64_t changes) const noexcept { made().store(changes); }
  // The writer can be reached; it has begun its changes at this time.
  void note_ready() const noexcept { ready().store(1); }
  void note_start(std::uint64_t now) const noexcept { start().store(now); }

  // ---- by whoever keeps the second map ----

  // The first copy, with 0, and then so many changes.
  void note_arrived(std::uint64_t changes) const noexcept { arrived().store(changes + 1); }

  // ---- by both ----

  // Not later than when change n, counted from 1, was made.
  std::uint64_t begun_at(std::uint64_t n) const noexcept {
    return begun_[static_cast<std::size_t>((n - 1) / changes_at_once)].load(
        std::memory_order_relaxed);
  }
  std::uint64_t made_so_far() const noexcept { return made().load(); }
  bool is_ready() const noexcept { return ready().load() != 0; }
  // 0 before it is known.
  std::uint64_t start_time() const noexcept { return start().load(); }
  // nothing_arrived before the first copy has.
  std::uint64_t arrived_so_far() const noexcept { return arrived().load() - 1; }
  static constexpr std::uint64_t nothing_arrived = ~std::uint64_t{0};

 private:
  static constexpr std::size_t apart = 16;  // two cache lines

  std::atomic<std::uint64_t>& made() const noexcept { return single_[0]; }
  std::atomic<std::uint64_t>& arrived() const noexcept { return single_[apart]; }
  std::atomic<std::uint64_t>& ready() const noexcept { return single_[2 * apart]; }
  std::atomic<std::uint64_t>& start() const noexcept { return single_[3 * apart]; }

  shared_numbers single_;
  shared_numbers begun_;
};

}  // namespace steady::bench
