// Grace periods: what readers may still be reading is freed only when all of them have gone on
// (epoch-based reclamation, Fraser 2004). One for all containers of the process.
//
// A thread pins itself for the length of an operation: it announces the time on a clock that only
// moves when something is retired. What was made unreachable at time t may be freed once no thread
// is pinned at a time before t. Pinning is a store and a few loads of lines that hardly ever
// change: the fence that it needs is executed by whoever retires something (sync.hpp).
//
// A thread takes a record at its first operation and gives it back when it ends; nobody registers.
// Operations after that, in destructors of thread_local objects, take one each and give it back.
// The first records are numbered, so that their threads can have counters of their own
// (striped_count.hpp).
//
// Where an allocation for a record fails, a thread joins the crowd for the length of an operation:
// all threads without a record have one word, the time at which the first of them came and how many
// they are. As long as one of them is there, nothing that was retired since then is freed.
//
//   [E1] store before loads: pinned at this time, before all that the thread reads from now on
//   [E2] load, sequentially consistent: the clock; who sees a time sees what was unlinked before it
//   [E3] store, release: no longer pinned; after all that the thread has read
//   [E4] fetch-add, sequentially consistent: the next time, after unlinking
//   [E5] load, sequentially consistent: at which time a thread is pinned
//   [E6] compare-and-swap, sequentially consistent: a record is in the list, before its first pin
//   [E7] load, sequentially consistent: the list of records
//   [E8] exchange, acquire: takes a record that another thread gave back
//   [E9] store, release: gives it back
//   [E10] compare-and-swap, sequentially consistent: one more in the crowd; as E1, before E2
//   [E11] compare-and-swap, release: one less; as E3
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

template <class Sync>
class grace_period {
  template <class T>
  using atomic = typename Sync::template atomic<T>;

  struct alignas(cache_line_bytes) record {
    atomic<std::uint64_t> pinned;  // the time; 0: not pinned
    atomic<std::uint32_t> taken;
    std::uint32_t number;
    record* next;
  };
  enum class role : std::uint8_t { usual, within_another, of_ended_thread, in_crowd };

 public:
  // Numbers below this are of one thread each; all other threads have this one.
  static constexpr std::uint32_t shared_number = 16;

  // While one exists, nothing that this thread can reach is freed.
  class pin {
   public:
    STEADY_ALWAYS_INLINE pin() noexcept : record_(mine()) {
      if (record_ == nullptr) [[unlikely]] {
        record_ = take_record();
        if (record_ == &crowd_) {
          role_ = role::in_crowd;
          return;
        }
        if (Sync::has_thread_ended()) role_ = role::of_ended_thread;
      } else if (record_->pinned.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        role_ = role::within_another;
        return;
      }
      Sync::store_before_loads(record_->pinned, clock_.load(std::memory_order_relaxed));  // [E1]
      static_cast<void>(clock_.load(std::memory_order_seq_cst));                          // [E2]
    }
    STEADY_ALWAYS_INLINE ~pin() {
      if (role_ == role::usual) [[likely]] {
        record_->pinned.store(0, std::memory_order_release);  // [E3]
      } else {
        end_unusual(record_, role_);
      }
    }
    pin(const pin&) = delete;
    pin& operator=(const pin&) = delete;

    // Of this thread: from 0; threads that run at the same time have different ones.
    std::uint32_t thread_number() const noexcept { return record_->number; }

   private:
    STEADY_COLD static void end_unusual(record* of, role had) noexcept {
      if (had == role::within_another) return;
      Sync::thread_place() = nullptr;
      if (had == role::in_crowd) return leave_crowd();
      of->pinned.store(0, std::memory_order_release);  // [E3]
      give_back(of);
    }

    record* record_;
    role role_ = role::usual;
  };

  // Whether this thread is.
  static bool is_pinned() noexcept {
    const record* const own = mine();
    return own != nullptr && own->pinned.load(std::memory_order_relaxed) != 0;
  }

  // The time at which something is retired that nobody can reach any longer.
  static std::uint64_t retire() noexcept {
    const std::uint64_t time = clock_.fetch_add(1, std::memory_order_seq_cst) + 1;  // [E4]
    Sync::fence_of_all_threads();
    return time;
  }
  // Whether everything retired at `time` may be freed. O(threads).
  static bool is_over(std::uint64_t time) noexcept {
    for (const record* r = records_.load(std::memory_order_seq_cst); r != nullptr;  // [E7]
         r = r->next) {
      const std::uint64_t pinned = r->pinned.load(std::memory_order_seq_cst);  // [E5]
      if (pinned != 0 && pinned < time) return false;
    }
    const std::uint64_t crowd = crowd_.pinned.load(std::memory_order_seq_cst);  // [E5]
    return crowd == 0 || time_of_crowd(crowd) >= time;
  }

 private:
  // Null before the first operation.
  static STEADY_ALWAYS_INLINE record* mine() noexcept {
    return static_cast<record*>(Sync::thread_place());
  }

  // The thread's own, or that of the crowd, which it has joined then.
  STEADY_COLD static record* take_record() noexcept {
    Sync::prepare_fences();
    record* taken = free_record();
    if (taken == nullptr) taken = new_record();
    if (taken == nullptr) {
      join_crowd();
      taken = &crowd_;
    } else if (!Sync::has_thread_ended()) {
      Sync::at_thread_exit(give_back);
    }
    Sync::thread_place() = taken;
    return taken;
  }
  static void give_back(void* of) noexcept {
    static_cast<record*>(of)->taken.store(0, std::memory_order_release);  // [E9]
  }
  static record* free_record() noexcept {
    for (record* r = records_.load(std::memory_order_seq_cst); r != nullptr; r = r->next) {  // [E7]
      if (r->taken.load(std::memory_order_relaxed) == 0 &&
          r->taken.exchange(1, std::memory_order_acquire) == 0) {  // [E8]
        r->pinned.store(0, std::memory_order_relaxed);  // its thread may have ended within a call
        return r;
      }
    }
    return nullptr;
  }
  // Null if there is no memory for one.
  static record* new_record() noexcept {
    auto* const made = new (std::nothrow) record{};
    if (made == nullptr) return nullptr;
    made->taken.store(1, std::memory_order_relaxed);
    made->number = min_of(records_made_.fetch_add(1, std::memory_order_relaxed), shared_number);
    record* first = records_.load(std::memory_order_seq_cst);  // [E7]
    do {
      made->next = first;
    } while (!records_.compare_exchange_strong(first, made, std::memory_order_seq_cst,  // [E6]
                                               std::memory_order_seq_cst));
    return made;
  }

  // The crowd's word: the time above the count; 0: nobody is there. A time that does not fit is
  // taken for an earlier one.
  static constexpr unsigned crowd_count_bits = 16;
  static constexpr std::uint64_t most_in_crowd = (std::uint64_t{1} << crowd_count_bits) - 1;
  static constexpr std::uint64_t last_time_of_crowd = ~std::uint64_t{0} >> crowd_count_bits;
  static std::uint64_t time_of_crowd(std::uint64_t word) noexcept {
    return word >> crowd_count_bits;
  }

  static void join_crowd() noexcept {
    atomic<std::uint64_t>& crowd = crowd_.pinned;
    std::uint64_t seen = crowd.load(std::memory_order_relaxed);
    std::uint64_t joined = 0;
    do {
      while ((seen & most_in_crowd) == most_in_crowd) {
        Sync::yield();
        seen = crowd.load(std::memory_order_relaxed);
      }
      const std::uint64_t now = clock_.load(std::memory_order_relaxed);
      const std::uint64_t alone = min_of(now, last_time_of_crowd) << crowd_count_bits | 1;
      joined = seen == 0 ? alone : seen + 1;
    } while (!crowd.compare_exchange_strong(seen, joined, std::memory_order_seq_cst,  // [E10]
                                            std::memory_order_relaxed));
    static_cast<void>(clock_.load(std::memory_order_seq_cst));  // [E2]
  }
  static void leave_crowd() noexcept {
    atomic<std::uint64_t>& crowd = crowd_.pinned;
    std::uint64_t seen = crowd.load(std::memory_order_relaxed);
    std::uint64_t left = 0;
    do {
      left = (seen & most_in_crowd) == 1 ? 0 : seen - 1;
    } while (!crowd.compare_exchange_strong(seen, left, std::memory_order_release,  // [E11]
                                            std::memory_order_relaxed));
  }

  // Never freed: threads of other translation units may outlive any static object.
  static inline constinit atomic<std::uint64_t> clock_{1};
  static inline constinit atomic<record*> records_{nullptr};
  static inline constinit atomic<std::uint32_t> records_made_{0};
  static record crowd_;  // in no list; what stands for a record while a thread is in the crowd
};

template <class Sync>
inline constinit typename grace_period<Sync>::record grace_period<Sync>::crowd_{
    {0}, {1}, shared_number, nullptr};

}  // namespace steady::detail
