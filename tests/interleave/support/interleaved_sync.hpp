// interleaved_sync: what stands for steady::detail::native_sync (detail/concurrent/sync.hpp) in
// tests, so that the scheduler has all atomic operations of the concurrent containers in its hands.
// Its members promise what those of native_sync promise, and no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "interleave/support/interleaved_atomic.hpp"
#include "interleave/support/scheduler.hpp"

namespace interleave {

struct interleaved_sync {
  template <class T>
  using atomic = interleaved_atomic<T>;

  template <class Word>
  static Word load_word(const Word* at) noexcept {
    scheduler* const by = scheduler::running;
    if (by == nullptr) return *at;
    return static_cast<Word>(by->load(detail::on(at, action::load, std::memory_order_acquire)));
  }
  template <class Word>
  static void store_word(Word* at, Word value) noexcept {
    scheduler* const by = scheduler::running;
    if (by == nullptr) {
      *at = value;
    } else {
      by->store(detail::on(at, action::store, std::memory_order_release), value);
    }
  }

  // A store of the whole word: nobody else writes it meanwhile.
  static void store_byte(atomic<std::uint64_t>* words, std::uint64_t number, std::uint8_t value,
                         std::memory_order order = std::memory_order_release) noexcept {
    atomic<std::uint64_t>& word = words[number / 8];
    const std::uint64_t shift = number % 8 * 8;
    const std::uint64_t others = word.newest() & ~(std::uint64_t{0xff} << shift);
    word.store(others | std::uint64_t{value} << shift, order);
  }

  static constexpr unsigned looks_before_waiting = 1;
  static void pause() noexcept {
    if (scheduler::running != nullptr) scheduler::running->pause();
  }
  static void yield() noexcept { pause(); }

  static void wait(const atomic<std::uint64_t>& word, std::uint64_t seen) noexcept {
    if (scheduler::running != nullptr) {
      scheduler::running->wait(reinterpret_cast<std::uintptr_t>(&word), seen);
    } else if (static_cast<std::uint32_t>(word.load()) == static_cast<std::uint32_t>(seen)) {
      std::fputs("interleaved_sync::wait: outside of simulated threads nobody would wake\n",
                 stderr);
      std::abort();
    }
  }
  static void wake_all(const atomic<std::uint64_t>& word) noexcept {
    if (scheduler::running != nullptr) {
      scheduler::running->wake_all(reinterpret_cast<std::uintptr_t>(&word));
    }
  }

  static void store_before_loads(atomic<std::uint64_t>& place, std::uint64_t value) noexcept {
    place.exchange(value, std::memory_order_seq_cst);
    if (has_fences()) scheduler::running->fence();
  }
  static void fence_of_all_threads() noexcept {
    if (has_fences()) scheduler::running->fence();
  }
  static void prepare_fences() noexcept {}

  // Null at the beginning of every simulated thread.
  static void*& thread_place() noexcept {
    return scheduler::running != nullptr ? scheduler::running->place() : place_outside();
  }
  // When a simulated thread ends, `release` gets what is in its place.
  static void at_thread_exit(void (*release)(void*) noexcept) noexcept {
    scheduler::release_place = release;
  }
  static bool has_thread_ended() noexcept { return false; }
  static void*& place_outside() noexcept {
    static void* place = nullptr;
    return place;
  }

  static void fresh_memory(const void* from, std::size_t bytes) noexcept {
    if (scheduler::running == nullptr) return;
    scheduler::running->fresh_memory(reinterpret_cast<std::uintptr_t>(from), bytes);
  }

 private:
  static bool has_fences() noexcept {
    return scheduler::running != nullptr &&
           scheduler::running->announced() == announcements::by_fences;
  }
};

}  // namespace interleave
