// One old bucket becomes two: each element is found where its position says, in the quarter that it
// prefers if there is room, and none is lost, whatever is in overflow.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/evacuation.hpp>
#include <steady/detail/concurrent/shared_array.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/random_seed.hpp>

namespace {

namespace sd = steady::detail;
using sync = sd::native_sync;
using layout = sd::slot_layout<16, 8, false>;
using state_type = sd::shared_state<sync, layout>;
using array = sd::shared_array<sync, layout>;
using copy = layout::copy;

constexpr unsigned old_log2_buckets = 3;
constexpr std::uint64_t bucket = 5;

std::uint64_t code_of(const copy& element) {
  std::uint64_t code;
  std::memcpy(&code, element.bytes, sizeof code);
  return code;
}
std::uint64_t value_of(std::uint64_t code) { return code * 3 + 1; }
copy element_of(std::uint64_t code) {
  copy made;
  const std::uint64_t words[2] = {code, value_of(code)};
  std::memcpy(made.bytes, words, sizeof words);
  return made;
}
copy element_at(const std::byte* slots, std::uint64_t slot) {
  copy element;
  sd::read_slot<sync, layout>(sd::slot_at<layout>(slots, slot), element);
  return element;
}

bool is_refused = false;
std::byte* allocate(void* owner, std::size_t bytes, std::size_t alignment) {
  if (is_refused) throw std::bad_alloc();
  return sd::plain_memory_source.allocate(owner, bytes, alignment);
}
constexpr sd::memory_source source{allocate, sd::plain_memory_source.release, 8};

// Two arrays of one container, and a bucket of the first one.
class concurrent_evacuation : public testing::Test {
 protected:
  concurrent_evacuation() {
    from_->provide(state_.memory, state_.shelf, bucket);
    to_->provide(state_.memory, state_.shelf, 2 * bucket);
  }
  ~concurrent_evacuation() override {
    for (array* const each : {from_, to_}) {
      while (each->release_some(state_.memory)) {
      }
    }
  }

  // Codes whose positions are in the bucket, and that `is_wanted(position)`.
  template <class IsWanted>
  std::vector<std::uint64_t> codes(std::size_t count, IsWanted is_wanted) {
    std::vector<std::uint64_t> found;
    while (found.size() < count) {
      const std::uint64_t code = random_();
      const std::uint64_t position = position_of(code);
      if (from_->line.bucket_at(position) == bucket && is_wanted(position)) found.push_back(code);
    }
    return found;
  }
  std::vector<std::uint64_t> any_codes(std::size_t count) {
    return codes(count, [](std::uint64_t) { return true; });
  }

  // As insertions would do it: in order, those beyond 16 in overflow.
  void fill(const std::vector<std::uint64_t>& with) {
    sd::slot_set empty = sd::slot_set::first(layout::width);
    auto& of = from_->header_at(bucket);
    unsigned in_overflow = 0;
    for (const std::uint64_t code : with) {
      const std::uint64_t position = position_of(code);
      if (!empty.empty()) {
        const std::uint64_t slot = sd::choose_slot(empty, position);
        empty = empty & ~sd::slot_set(1u << slot);
        of.set_tag(slot, sd::tag_of(position));
        sd::write_slot<sync, layout>(sd::slot_at<layout>(from_->slots_of(bucket), slot),
                                     element_of(code));
        continue;
      }
      const unsigned slot = in_overflow++ % layout::overflow_width;
      if (slot == 0) {
        auto* const more = from_->overflow_buckets.take(state_.memory);
        more->lead_to(of.first_overflow());
        of.lead_to(more);
      }
      of.first_overflow()->set_tag(slot, sd::tag_of(position));
      sd::write_slot<sync, layout>(sd::slot_at<layout>(of.first_overflow()->slots, slot),
                                   element_of(code));
    }
    of.word.store(sd::bucket_word().with_slots(~empty & sd::slot_set::first(layout::width)).bits());
  }

  sd::evacuated evacuate() {
    bool is_empty = false;
    return sd::evacuation<sync, layout>(state_, *from_, *to_).evacuate(bucket, false, is_empty);
  }
  bool has_moved() const { return from_->header_at(bucket).look().is_moved(); }

  // What is where it is found; checks tags, values, sides and quarters on the way.
  std::vector<std::uint64_t> content() {
    std::vector<std::uint64_t> found;
    for (std::uint64_t side = 0; side < 2; ++side) {
      auto& of = to_->header_at(2 * bucket + side);
      const std::byte* const slots = to_->slots_of(2 * bucket + side);
      const sd::slot_set occupied = of.look().occupied();
      for (const std::uint64_t slot : occupied) {
        const copy element = element_at(slots, slot);
        const std::uint64_t position = position_of(code_of(element));
        EXPECT_EQ(to_->line.bucket_at(position), 2 * bucket + side);
        EXPECT_EQ(tag_in(of.tags, slot), sd::tag_of(position));
        EXPECT_EQ(std::memcmp(element.bytes, element_of(code_of(element)).bytes, 16), 0);
        const sd::slot_set quarter = sd::slot_set(0xfu << sd::preferred_slots(position));
        const bool is_preferred = !(quarter & sd::slot_set(1u << slot)).empty();
        EXPECT_TRUE(is_preferred || (occupied & quarter) == quarter);
        found.push_back(code_of(element));
      }
      for (auto* at = of.first_overflow(); at != nullptr; at = at->following()) {
        EXPECT_EQ(occupied, sd::slot_set::first(layout::width));
        for (const std::uint64_t slot : at->occupied()) {
          const copy element = element_at(at->slots, slot);
          EXPECT_EQ(to_->line.bucket_at(position_of(code_of(element))), 2 * bucket + side);
          EXPECT_EQ(tag_in(&at->tags, slot), sd::tag_of(position_of(code_of(element))));
          found.push_back(code_of(element));
        }
      }
    }
    return found;
  }

  static std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> codes) {
    std::sort(codes.begin(), codes.end());
    return codes;
  }

  std::uint64_t position_of(std::uint64_t code) const {
    return sd::position_of_number(code, from_->seed);
  }
  static std::uint8_t tag_in(const std::atomic<std::uint64_t>* words, std::uint64_t slot) {
    return static_cast<std::uint8_t>(words[slot / 8].load() >> slot % 8 * 8);
  }

  static constexpr sd::shared_kind<layout> kind{nullptr, 0.8, 0.1, 2, false, 1, 8};

  std::mt19937_64 random_{1};
  state_type state_{kind, nullptr, source};
  array* const from_ =
      array::create(state_.memory, sd::line_partition::of(old_log2_buckets), sd::random_seed(), 1);
  array* const to_ =
      array::create(state_.memory, sd::line_partition::of(old_log2_buckets + 1), from_->seed, 1);
};

TEST_F(concurrent_evacuation, moves_each_element_where_it_belongs) {
  const std::vector<std::uint64_t> all = any_codes(13);
  fill(all);
  EXPECT_EQ(evacuate(), sd::evacuated::now);
  EXPECT_TRUE(has_moved());
  EXPECT_EQ(sorted(content()), sorted(all));
  EXPECT_EQ(evacuate(), sd::evacuated::before);
}

// All sixteen prefer the same quarter, and each new quarter has room for four.
TEST_F(concurrent_evacuation, brings_elements_to_the_quarter_that_they_prefer) {
  const std::vector<std::uint64_t> all =
      codes(16, [](std::uint64_t position) { return sd::preferred_slots(position) == 8; });
  fill(all);
  EXPECT_EQ(evacuate(), sd::evacuated::now);
  EXPECT_EQ(sorted(content()), sorted(all));
}

TEST_F(concurrent_evacuation, fills_gaps_with_what_was_in_overflow) {
  const auto is_upper = [this](std::uint64_t position) {
    return to_->line.bucket_at(position) % 2 == 1;
  };
  std::vector<std::uint64_t> all = codes(8, is_upper);
  for (const std::uint64_t code : codes(8, std::not_fn(is_upper))) all.push_back(code);
  for (const std::uint64_t code : any_codes(8)) all.push_back(code);
  fill(all);
  EXPECT_EQ(evacuate(), sd::evacuated::now);
  EXPECT_EQ(to_->overflow_buckets.in_use(), 0u);
  EXPECT_EQ(sorted(content()), sorted(all));
}

// Of 24 elements that go to one bucket eight need an overflow bucket.
TEST_F(concurrent_evacuation, gives_those_an_overflow_bucket_that_find_no_room) {
  const std::vector<std::uint64_t> all =
      codes(24, [this](std::uint64_t position) { return to_->line.bucket_at(position) % 2 == 1; });
  fill(all);
  EXPECT_EQ(evacuate(), sd::evacuated::now);
  EXPECT_EQ(to_->overflow_buckets.in_use(), 1u);
  EXPECT_EQ(sorted(content()), sorted(all));
}

// Then nothing has moved, and nothing can be reached in the new buckets.
TEST_F(concurrent_evacuation, changes_nothing_where_an_overflow_bucket_is_refused) {
  const std::vector<std::uint64_t> all =
      codes(24, [this](std::uint64_t position) { return to_->line.bucket_at(position) % 2 == 1; });
  fill(all);
  is_refused = true;
  EXPECT_EQ(evacuate(), sd::evacuated::not_ever);
  is_refused = false;
  EXPECT_FALSE(has_moved());
  EXPECT_TRUE(content().empty());
  EXPECT_EQ(evacuate(), sd::evacuated::now);
  EXPECT_EQ(sorted(content()), sorted(all));
}

class many_concurrent_evacuations : public concurrent_evacuation,
                                    public testing::WithParamInterface<std::size_t> {};

TEST_P(many_concurrent_evacuations, lose_nothing) {
  const std::vector<std::uint64_t> all = any_codes(GetParam());
  fill(all);
  EXPECT_EQ(evacuate(), sd::evacuated::now);
  EXPECT_EQ(sorted(content()), sorted(all));
}
INSTANTIATE_TEST_SUITE_P(of_every_size, many_concurrent_evacuations,
                         testing::Range<std::size_t>(0, 100));

}  // namespace
