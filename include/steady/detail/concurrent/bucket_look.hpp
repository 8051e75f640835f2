// Looking into a bucket without a lock: copy what may be wanted, then ask the word whether the copy
// is worth anything. Nothing of the user's sees a copy before that: a torn std::string_view would
// crash.
//
//   [B1] load, acquire: the word, first look. What the word says was written before
//   [B2] load, acquire: the word, second look. All that was read in between is still so, unless it
//        says otherwise
//
// Lock-free for others; a reader that is disturbed 64 times takes the lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_lock.hpp>
#include <steady/detail/concurrent/shared_array.hpp>
#include <steady/detail/line/tag_group.hpp>

namespace steady::detail {

// Where an element is in a bucket: in overflow, or, if that is null, in the bucket itself.
template <class Sync, class Layout>
struct shared_place {
  shared_overflow<Sync, Layout>* overflow;
  std::uint64_t slot;
};

// What was seen of a bucket, all of it while the word was `word`.
template <class Sync, class Layout>
struct bucket_sight {
  bucket_word word;
  bool found;
  shared_place<Sync, Layout> place;                // of what was found
  shared_overflow<Sync, Layout>* overflow_room;    // an overflow bucket with an empty slot, or null
  shared_overflow<Sync, Layout>* before_overflow;  // what leads to the one that `place` is in
};

template <class Sync, class Layout>
class bucket_look {
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;
  using overflow = typename array::overflow;
  using copy = typename Layout::copy;
  using sight = bucket_sight<Sync, Layout>;

 public:
  bucket_look(const array& within, std::uint64_t position) noexcept
      : array_(within),
        bucket_(within.line.bucket_at(position)),
        header_(within.header_at(bucket_)),
        tag_(tag_word(position)) {}

  // The second look: whether what was read of the bucket since `seen` may be believed.
  static STEADY_ALWAYS_INLINE bool is_still(const header& of, bucket_word seen) noexcept {
    return seen.still_true_under(of.look());  // [B2]
  }

  header& of() const noexcept { return header_; }
  std::uint64_t bucket() const noexcept { return bucket_; }

  // Looks for an element that `is_wanted`, whose copy is left in `into`. In a moved bucket nothing
  // is seen but that. `IsWanted` gets true copies only, and may throw.
  template <class IsWanted>
  STEADY_ALWAYS_INLINE sight find(copy& into, IsWanted&& is_wanted) const {
    sight seen;
    seen.word = header_.look();  // [B1]
    if (seen.word.is_moved()) return seen;
    if (!seen.word.is_changing() && try_find(seen, into, is_wanted)) [[likely]]
      return seen;
    return find_again(into, is_wanted);
  }

 private:
  static constexpr unsigned looks_before_locking = 64;

  template <class IsWanted>
  STEADY_NOINLINE sight find_again(copy& into, IsWanted&& is_wanted) const {
    sight seen;
    for (unsigned looks = 1; looks < looks_before_locking; ++looks) {
      Sync::pause();
      seen.word = header_.look();  // [B1]
      if (seen.word.is_moved()) return seen;
      if (!seen.word.is_changing() && try_find(seen, into, is_wanted)) return seen;
    }
    seen.word = bucket_lock<Sync>::lock(header_.word);
    if (seen.word.is_moved()) return seen;
    const held_bucket<Sync> held(header_.word, seen.word);
    try_find(seen, into, is_wanted);
    return seen;
  }

  // False if the bucket changed meanwhile.
  template <class IsWanted>
  STEADY_ALWAYS_INLINE bool try_find(sight& seen, copy& into, IsWanted&& is_wanted) const {
    seen.found = false;
    seen.overflow_room = nullptr;
    const auto wanted = native_tag_group::broadcast(tag_);
    const slot_set candidates = header_.read_tags().match(wanted) & seen.word.occupied();
    if (!candidates.empty()) {
      std::byte* const slots = array_.slots_of(bucket_);
      for (const std::uint64_t slot : candidates) {
        read_slot<Sync, Layout>(slot_at<Layout>(slots, slot), into);
        if (!is_still(header_, seen.word)) return false;
        if (is_wanted(static_cast<const copy&>(into))) {
          seen.found = true;
          seen.place = {nullptr, slot};
          return true;
        }
      }
    }
    overflow* const first = header_.first_overflow();
    if (first != nullptr) [[unlikely]]
      return try_find_in_overflow(seen, into, first, is_wanted);
    return is_still(header_, seen.word);
  }

  template <class IsWanted>
  STEADY_NOINLINE bool try_find_in_overflow(sight& seen, copy& into, overflow* at,
                                            IsWanted&& is_wanted) const {
    const auto wanted = native_tag_group::broadcast(tag_);
    seen.before_overflow = nullptr;
    while (at != nullptr) {
      const native_tag_group tags = native_tag_group::of_words(at->read_tags(), 0);
      const slot_set all = slot_set::first(Layout::overflow_width);
      for (const std::uint64_t slot : tags.match(wanted) & all) {
        read_slot<Sync, Layout>(slot_at<Layout>(at->slots, slot), into);
        if (!is_still(header_, seen.word)) return false;
        if (is_wanted(static_cast<const copy&>(into))) {
          seen.found = true;
          seen.place = {at, slot};
          return true;
        }
      }
      if (!(tags.empty() & all).empty()) seen.overflow_room = at;
      overflow* const next = at->following();
      // An overflow bucket that serves another bucket by now leads anywhere.
      if (!is_still(header_, seen.word)) return false;
      if (next != nullptr) seen.before_overflow = at;
      at = next;
    }
    return true;
  }

  const array& array_;
  std::uint64_t bucket_;
  header& header_;
  std::uint32_t tag_;
};

}  // namespace steady::detail
