// native_sync: every atomic operation, wait and fence of the concurrent containers goes through a
// policy with this interface, so that tests can put a deterministic scheduler in its place
// (tests/interleave).
//
// Headers and slots are used as zeroed memory without constructors, so `atomic<T>` has the size of
// T, and all bytes zero are a value of it.
//
// No stand-alone fences order the elements' words: their loads acquire and their stores release.
// That costs nothing on x86, and thread sanitizers understand it (but for tags, which are stored by
// the byte and loaded by the word; nothing depends on their order alone).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include <steady/detail/base/atomic_word.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/parking.hpp>

namespace steady::detail {

// What threads have of their own, for each policy something else.
template <class Sync>
class place_of_thread {
 public:
  // A place of this thread's own for a pointer; null at first.
  static STEADY_ALWAYS_INLINE void*& thread_place() noexcept {
    static thread_local constinit void* place = nullptr;
    return place;
  }
  // When this thread ends, `release` gets what is in its place. Not to be called once it has ended.
  static void at_thread_exit(void (*release)(void*) noexcept) noexcept {
    struct releaser {
      void (*release)(void*) noexcept = nullptr;
      ~releaser() {
        has_ended() = true;
        if (thread_place() != nullptr) release(std::exchange(thread_place(), nullptr));
      }
    };
    static thread_local releaser at_exit;
    at_exit.release = release;
  }

  // Whether that has been called; destructors of thread_local objects may still follow.
  static bool has_thread_ended() noexcept { return has_ended(); }

 private:
  // Has no destructor, so it may be asked until the very end.
  static bool& has_ended() noexcept {
    static thread_local constinit bool ended = false;
    return ended;
  }
};

struct STEADY_SHARED_BY_MODULES native_sync : place_of_thread<native_sync> {
  template <class T>
  using atomic = std::atomic<T>;

  // Words of slots: unsigned integers in raw memory.
  template <class Word>
  static STEADY_ALWAYS_INLINE Word load_word(const Word* at) noexcept {
    return detail::load_acquire(at);
  }
  template <class Word>
  static STEADY_ALWAYS_INLINE void store_word(Word* at, Word value) noexcept {
    detail::store_release(at, value);
  }

  // Replaces one byte of words that lie together, counted from the lowest of the first one. No
  // other thread writes that word meanwhile.
  static STEADY_ALWAYS_INLINE void store_byte(atomic<std::uint64_t>* words, std::uint64_t number,
                                              std::uint8_t value) noexcept {
    detail::store_byte(words, number, value);
  }

  // How often to look at a locked word before waiting: one or two microseconds.
  static constexpr unsigned looks_before_waiting = 40;
  static STEADY_ALWAYS_INLINE void pause() noexcept { detail::pause_processor(); }

  // Returns at once if the word's lower half differs from that of `seen`; otherwise when woken, and
  // sometimes without.
  static void wait(const atomic<std::uint64_t>& word, std::uint64_t seen) noexcept {
    detail::park(word, seen);
  }
  static void wake_all(const atomic<std::uint64_t>& word) noexcept { detail::unpark_all(word); }
  // Lets another thread run: for the rare waits that have no word to wait for.
  static void yield() noexcept { std::this_thread::yield(); }

  // A store that releases and comes before all loads behind it; what whoever reads it calls first;
  // and what every thread calls before it takes part (base/parking.hpp).
  static STEADY_ALWAYS_INLINE void store_before_loads(atomic<std::uint64_t>& place,
                                                      std::uint64_t value) noexcept {
    detail::store_before_loads(place, value);
  }
  static void fence_of_all_threads() noexcept { detail::fence_of_all_threads(); }
  static void prepare_fences() noexcept { detail::prepare_fences(); }

  // Memory from `at` on has come from an allocator, or goes back: what was known of it is over.
  static void fresh_memory(const void*, std::size_t) noexcept {}
};

}  // namespace steady::detail
