// Checks that a concurrent container is as it must be, while nobody uses it. For tests: O(n).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/concurrent/evacuation.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/detail/concurrent/shared_table.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class shared_invariants {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;
  using overflow = typename array::overflow;
  using copy = typename Layout::copy;

 public:
  // A sentence that names the first invariant found broken; null when all hold.
  static const char* first_broken(const state_type& state) noexcept {
    return shared_invariants(state).check();
  }

 private:
  explicit shared_invariants(const state_type& state) noexcept : state_(state) {}

  const char* check() noexcept {
    const array* const first = state_.first_array();
    if (first == nullptr) {
      expect(state_.counts.sum() == 0, "an element is counted that has no array");
      return broken_;
    }
    const array* const next = first->next();
    expect(next == nullptr || next->next() == nullptr, "more than two arrays are live");
    std::uint64_t leaving = 0;
    for (const array* at = state_.oldest.load(std::memory_order_acquire); at != first;
         at = at->next()) {
      if (at == nullptr) return "the oldest array does not lead to the first one";
      ++leaving;
    }
    expect(
        leaving + (next == nullptr ? 0 : 1) == state_.other_arrays.load(std::memory_order_acquire),
        "the count of arrays beside the first one is not their number");
    check_array(*first, next);
    if (next != nullptr) check_array(*next, nullptr);
    expect(elements_ == state_.counts.sum(), "the count is not the number of elements");
    return broken_;
  }

  void expect(bool holds, const char* otherwise) noexcept {
    if (!holds && broken_ == nullptr) broken_ = otherwise;
  }

  void check_array(const array& of, const array* next) {
    std::uint64_t overflow_buckets = 0;
    for (std::uint64_t bucket = 0; bucket < of.buckets(); ++bucket) {
      const header& header_of = of.header_at(bucket);
      const bucket_word word = header_of.look();
      expect(!word.is_locked(), "a bucket is locked that nobody uses");
      expect(!word.is_changing(), "a bucket is marked as changing that nobody changes");
      expect(!word.is_moved() || next != nullptr, "a bucket has moved to nowhere");
      for (overflow* at = header_of.first_overflow(); at != nullptr; at = at->following()) {
        ++overflow_buckets;
        if (word.is_moved()) continue;
        expect(!at->occupied().empty(), "an overflow bucket in a chain has no element");
        check_slots(of, bucket, at->slots, at->occupied(),
                    native_tag_group::of_words(at->read_tags(), 0));
      }
      if (word.is_moved() || word.occupied().empty()) continue;
      check_slots(of, bucket, of.slots_of(bucket), word.occupied(), header_of.read_tags());
    }
    expect(overflow_buckets == of.overflow_buckets.in_use(),
           "the overflow buckets in use are not those in chains");
  }
  void check_slots(const array& of, std::uint64_t bucket, std::byte* slots, slot_set occupied,
                   native_tag_group tags) {
    for (const std::uint64_t slot : occupied) {
      copy element;
      read_slot<Sync, Layout>(slot_at<Layout>(slots, slot), element);
      const std::uint64_t position = position_of_number(state_.kind->code_in(element), of.seed);
      expect(of.line.bucket_at(position) == bucket, "an element is in another bucket than its own");
      const slot_set matching = tags.match(native_tag_group::broadcast(tag_word(position)));
      expect(!(matching & slot_set(1u << slot)).empty(), "a slot has another tag than its element");
      ++elements_;
    }
  }

  const state_type& state_;
  std::size_t elements_ = 0;
  const char* broken_ = nullptr;
};

}  // namespace steady::detail
