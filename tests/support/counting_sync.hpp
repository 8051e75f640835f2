// A sync policy that counts what a thread does to the memory that threads share, and an allocator
// that counts blocks, so that tests can bound the work of a single call (docs/guarantees.md,
// "Concurrent containers"). Every thread counts its own work.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <steady/concurrent_policy.hpp>
#include <steady/detail/base/config.hpp>

namespace support {

struct shared_work {
  std::uint64_t buckets_evacuated = 0;
  std::uint64_t slot_words_read = 0;
  std::uint64_t slot_words_written = 0;
  std::uint64_t loads = 0;   // of all other words that threads share
  std::uint64_t writes = 0;  // of those: stores, exchanges, additions

  // Of the table's memory; with a counted_allocator also of nodes.
  std::uint64_t blocks = 0;         // allocated and released
  std::uint64_t bytes = 0;          // of those
  std::uint64_t largest_block = 0;  // bytes
  std::uint64_t nodes = 0;          // those of the blocks that are nodes
  std::uint64_t ranges = 0;         // of addresses that were reserved from the system

  std::uint64_t pauses = 0;
  std::uint64_t sleeps = 0;
  std::uint64_t wakes = 0;
  std::uint64_t yields = 0;
};

// Of this thread, since somebody set it to nothing.
inline thread_local constinit shared_work work_of_this_thread;

// What this thread does in `operation`.
template <class Operation>
shared_work work_of(Operation&& operation) {
  work_of_this_thread = shared_work();
  operation();
  return work_of_this_thread;
}

// An atomic object that counts its operations.
template <class T>
class counting_atomic : public std::atomic<T> {
  using base = std::atomic<T>;
  using order = std::memory_order;

 public:
  constexpr counting_atomic() noexcept = default;
  constexpr counting_atomic(T value) noexcept : base(value) {}

  T load(order how) const noexcept {
    ++work_of_this_thread.loads;
    return base::load(how);
  }
  void store(T value, order how) noexcept {
    ++work_of_this_thread.writes;
    base::store(value, how);
  }
  T exchange(T value, order how) noexcept {
    ++work_of_this_thread.writes;
    return base::exchange(value, how);
  }
  bool compare_exchange_strong(T& expected, T value, order success, order failure) noexcept {
    ++work_of_this_thread.writes;
    return base::compare_exchange_strong(expected, value, success, failure);
  }
  T fetch_add(T change, order how) noexcept {
    ++work_of_this_thread.writes;
    count_buckets(change);
    return base::fetch_add(change, how);
  }
  T fetch_sub(T change, order how) noexcept {
    ++work_of_this_thread.writes;
    count_buckets(T{} - change);
    return base::fetch_sub(change, how);
  }
  T fetch_or(T bits, order how) noexcept {
    ++work_of_this_thread.writes;
    return base::fetch_or(bits, how);
  }
  T fetch_and(T bits, order how) noexcept {
    ++work_of_this_thread.writes;
    return base::fetch_and(bits, how);
  }

 private:
  // A call that evacuates buckets adds their number to a 32-bit counter of their chunk. Whatever
  // else it adds to one (walks, sleepers) it takes away again.
  static void count_buckets(T change) noexcept {
    if constexpr (sizeof(T) == sizeof(std::uint32_t)) {
      auto& evacuated = work_of_this_thread.buckets_evacuated;
      evacuated += static_cast<std::uint64_t>(static_cast<std::int32_t>(change));
    }
  }
};

struct counting_sync : steady::detail::native_sync, steady::detail::place_of_thread<counting_sync> {
  using native = steady::detail::native_sync;
  template <class T>
  using atomic = counting_atomic<T>;

  template <class Word>
  static Word load_word(const Word* at) noexcept {
    ++work_of_this_thread.slot_words_read;
    return native::load_word(at);
  }
  template <class Word>
  static void store_word(Word* at, Word value) noexcept {
    ++work_of_this_thread.slot_words_written;
    native::store_word(at, value);
  }

  static void store_byte(atomic<std::uint64_t>* words, std::uint64_t number,
                         std::uint8_t value) noexcept {
    ++work_of_this_thread.writes;
    steady::detail::store_byte(words, number, value);
  }

  static void pause() noexcept {
    ++work_of_this_thread.pauses;
    native::pause();
  }
  static void wait(const atomic<std::uint64_t>& word, std::uint64_t seen) noexcept {
    ++work_of_this_thread.sleeps;
    sleepers_ever.fetch_add(1);
    native::wait(word, seen);
  }
  static void wake_all(const atomic<std::uint64_t>& word) noexcept {
    ++work_of_this_thread.wakes;
    native::wake_all(word);
  }
  static void yield() noexcept {
    ++work_of_this_thread.yields;
    native::yield();
  }
  static void store_before_loads(atomic<std::uint64_t>& place, std::uint64_t value) noexcept {
    ++work_of_this_thread.writes;
    native::store_before_loads(place, value);
  }

  // Grace periods of this policy have records of their own, so threads need another place.
  using own_place = steady::detail::place_of_thread<counting_sync>;
  using own_place::at_thread_exit;
  using own_place::has_thread_ended;
  using own_place::thread_place;

  // What is larger than any block may be is a range of addresses, unless an allocator sees it.
  static void fresh_memory(const void*, std::size_t bytes) noexcept {
    if (bytes > most_block_bytes) {
      ++work_of_this_thread.ranges;
    } else {
      count_block(bytes);
    }
  }
  static void count_block(std::size_t bytes) noexcept {
    shared_work& work = work_of_this_thread;
    ++work.blocks;
    work.bytes += bytes;
    work.largest_block = std::max<std::uint64_t>(work.largest_block, bytes);
  }
  static constexpr std::size_t most_block_bytes = std::size_t{64} << 10;

  // How often threads went to sleep, all in all.
  static inline std::atomic<std::uint64_t> sleepers_ever{0};
};

struct counting_policy : steady::default_concurrent_policy {
  using sync = counting_sync;
};

// Counts nodes, and keeps headers in leaves as every allocator but std::allocator does.
template <class T>
class counted_allocator {
 public:
  using value_type = T;

  counted_allocator() = default;
  template <class U>
  counted_allocator(const counted_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    count_nodes(count);
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* block, std::size_t count) noexcept {
    count_nodes(count);
    std::allocator<T>().deallocate(block, count);
  }

  template <class U>
  friend bool operator==(const counted_allocator&, const counted_allocator<U>&) noexcept {
    return true;
  }

 private:
  // Blocks of the table consist of units of a cache line; fresh_memory() has counted them.
  static void count_nodes(std::size_t count) noexcept {
    if (alignof(T) >= steady::detail::cache_line_bytes) return;
    ++work_of_this_thread.nodes;
    counting_sync::count_block(count * sizeof(T));
  }
};

}  // namespace support
