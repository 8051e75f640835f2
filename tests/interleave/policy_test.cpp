// interleaved_sync and its atomics: the interface of native_sync, outside of simulated threads too,
// and what belongs to a thread stays with it.
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/line/random_seed.hpp>

#include "interleave/support/explore.hpp"

namespace {

using namespace interleave;

using sync = interleaved_sync;
using word = sync::atomic<std::uint64_t>;

static_assert(sizeof(sync::atomic<std::uint8_t>) == 1);
static_assert(sizeof(sync::atomic<std::uint32_t>) == 4);
static_assert(sizeof(sync::atomic<void*>) == sizeof(void*));
static_assert(std::is_trivially_destructible_v<word>);
static_assert(!std::is_copy_constructible_v<word>);
constinit word constant{7};

// Every operation that both policies have, so that neither lacks a member.
template <class Sync>
std::string all_operations() {
  std::string log;
  const auto note = [&](auto value) { log += std::to_string(value) + ' '; };
  typename Sync::template atomic<std::uint64_t> number{5};
  number.store(6, std::memory_order_release);
  note(number.load(std::memory_order_acquire));
  note(number.exchange(7, std::memory_order_acq_rel));
  note(number.fetch_add(3, std::memory_order_relaxed));
  note(number.fetch_sub(1));
  note(number.fetch_or(0x10));
  note(number.fetch_and(0x11));
  note(number.fetch_xor(2));
  std::uint64_t seen = 0;
  note(number.compare_exchange_strong(seen, 1, std::memory_order_acq_rel,
                                      std::memory_order_relaxed));
  note(number.compare_exchange_strong(seen, 1));
  while (!number.compare_exchange_weak(seen, 2)) note(seen);
  while (!number.compare_exchange_weak(seen, 3, std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
  note(number.load());

  typename Sync::template atomic<std::uint8_t> small{250};
  note(small.fetch_add(10));
  note(small.load());
  typename Sync::template atomic<std::int32_t> negative{-1};
  note(negative.fetch_sub(1));
  note(negative.load());
  typename Sync::template atomic<bool> flag{};
  note(flag.exchange(true));
  note(flag.load());
  std::array<int, 4> numbers{1, 2, 3, 4};
  typename Sync::template atomic<int*> pointer{numbers.data()};
  note(*pointer.fetch_add(2));
  note(*pointer.fetch_sub(1));
  note(*pointer.load());

  std::uint32_t raw = 8;
  Sync::store_word(&raw, std::uint32_t{9});
  note(Sync::load_word(&raw));
  typename Sync::template atomic<std::uint64_t> words[2]{0x1122334455667788, 0};
  Sync::store_byte(words, 1, 0xaa);
  Sync::store_byte(words, 15, 0xbb);
  note(words[0].load());
  note(words[1].load());
  Sync::prepare_fences();
  Sync::store_before_loads(number, 40);
  Sync::fence_of_all_threads();
  Sync::wait(number, 41);
  Sync::wake_all(number);
  Sync::pause();
  Sync::yield();
  note(number.load());
  note(Sync::thread_place() == nullptr);
  note(Sync::has_thread_ended());
  Sync::fresh_memory(&raw, sizeof raw);
  note(Sync::looks_before_waiting > 0);
  return log;
}

TEST(interleaved_sync, does_what_native_sync_does) {
  const std::string expected = all_operations<steady::detail::native_sync>();
  EXPECT_EQ(all_operations<sync>(), expected) << "outside of simulated threads";
  for (const announcements announced : {announcements::by_exchange, announcements::by_fences}) {
    std::string log;
    options how;
    how.within.announced = announced;
    const verdict found =
        explore(how, [&](program& p) { p.thread([&] { log = all_operations<sync>(); }); });
    EXPECT_FALSE(found.failed) << found;
    EXPECT_EQ(log, expected) << "in a simulated thread";
  }
}

// As on processors without atomic words of 64 bits.
struct word_with_a_lock : std::atomic<std::uint64_t> {
  using std::atomic<std::uint64_t>::atomic;
  static constexpr bool is_always_lock_free = false;
};
TEST(store_byte, replaces_one_byte_of_words_that_need_a_lock) {
  word_with_a_lock words[2]{0x1122334455667788, 0};
  steady::detail::store_byte(words, 1, 0xaa);
  steady::detail::store_byte(words, 15, 0xbb);
  EXPECT_EQ(words[0].load(), 0x112233445566aa88u);
  EXPECT_EQ(words[1].load(), 0xbb00000000000000u);
}

TEST(interleaved_atomic, may_be_zeroed_memory_or_a_constant) {
  EXPECT_EQ(constant.load(), 7u);
  alignas(word) std::array<unsigned char, sizeof(word)> zeroed{};
  EXPECT_EQ(reinterpret_cast<word*>(zeroed.data())->load(), 0u);
}

TEST(interleaved_atomic, takes_what_memory_holds_if_something_else_wrote_it) {
  const verdict found = explore({}, [](program& p) {
    const auto at = std::make_shared<std::uint64_t>();
    p.thread([=] {
      sync::store_word(at.get(), std::uint64_t{1});
      *at = 2;
      require(sync::load_word(at.get()) == 2, "the plain store counts");
    });
  });
  EXPECT_FALSE(found.failed) << found;
}

// What was in the places of simulated threads, as they ended.
std::set<void*> released;

TEST(places_of_threads, are_null_at_first_and_apart_and_released_at_last) {
  int outside = 0;
  sync::thread_place() = &outside;
  sync::at_thread_exit([](void* place) noexcept { released.insert(place); });
  const verdict found = explore({}, [&](program& p) {
    require(sync::thread_place() == &outside, "the place outside stays");
    released.clear();
    const auto counter = std::make_shared<word>();
    const auto places = std::make_shared<std::array<int, 2>>();
    for (int& mine : *places) {
      p.thread([=, &mine] {
        require(sync::thread_place() == nullptr, "null in a thread");
        sync::thread_place() = &mine;
        counter->fetch_add(1);
        require(sync::thread_place() == &mine, "not another thread's");
      });
    }
    p.finally([=] {
      require(sync::thread_place() == nullptr, "null at last");
      require(released == std::set<void*>{places->data(), places->data() + 1}, "both released");
    });
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_EQ(sync::thread_place(), &outside);
  sync::thread_place() = nullptr;
  scheduler::release_place = nullptr;
}

TEST(seeds_of_maps, are_the_same_in_every_execution_and_thread) {
  steady::detail::random_state() = 99;
  std::set<std::uint64_t> outside;
  std::array<std::set<std::uint64_t>, 2> inside;
  const verdict found = explore({}, [&](program& p) {
    outside.insert(steady::detail::next_random());
    const auto counter = std::make_shared<word>();
    for (auto& mine : inside) {
      p.thread([=, &mine] {
        for (int times = 0; times < 2; ++times) {
          counter->fetch_add(1);
          mine.insert(steady::detail::next_random());
        }
      });
    }
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_GT(found.executions, 5u);
  EXPECT_EQ(outside.size(), 1u);
  for (const auto& mine : inside) EXPECT_EQ(mine.size(), 2u) << "whoever comes first";
  EXPECT_NE(inside[0], inside[1]);
  EXPECT_EQ(steady::detail::random_state(), 99u);
}

TEST(exceptions, being_handled_stay_with_their_thread) {
  struct counts_when_destroyed {
    word& counter;
    ~counts_when_destroyed() {
      require(std::uncaught_exceptions() == 1, "one in flight");
      counter.fetch_add(1);
      require(std::uncaught_exceptions() == 1, "still");
    }
  };
  const verdict found = explore({}, [](program& p) {
    const auto counter = std::make_shared<word>();
    for (const char* const mine : {"one", "two"}) {
      p.thread([=] {
        try {
          try {
            const counts_when_destroyed guard{*counter};
            throw std::runtime_error(mine);
          } catch (const std::runtime_error&) {
            counter->fetch_add(1);
            throw;
          }
        } catch (const std::runtime_error& caught) {
          require(caught.what() == std::string(mine), "its own");
        }
      });
    }
  });
  EXPECT_FALSE(found.failed) << found;
  EXPECT_TRUE(found.exhaustive);
}

}  // namespace
