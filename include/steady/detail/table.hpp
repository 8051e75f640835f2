// The hash table under hash_map and hash_set: looking up, inserting, erasing, and driving the
// migration. No interface for users; the containers are thin façades over it.
//
// An operation on a key is: its position on the hash line, the owner of that position, one bucket.
// Only the owner's bucket is probed, also in the middle of a migration.
//
// Growth: when an insertion exceeds the load limit, a migration to twice as many buckets begins,
// and every inserting call evacuates up to Policy::evacuations_per_insert intervals after it has
// inserted. While memory for that is refused, elements go on into overflow buckets and it is tried
// again.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <steady/detail/array_pair.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/random_seed.hpp>
#include <steady/detail/traversal.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class table {
 public:
  using elements = Elements;
  using key_type = typename Elements::key_type;
  using value_type = typename Elements::value_type;
  using arrays_type = array_pair<Elements, Allocator, Policy>;
  using walk = traversal<arrays_type>;
  using position = located<value_type>;

  table() = default;
  table(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : arrays_(allocator), hash_(hash), equal_(equal) {}

  table(const table&) = delete;
  table& operator=(const table&) = delete;
  ~table() { release(); }

  const arrays_type& arrays() const noexcept { return arrays_; }
  std::size_t size() const noexcept { return size_; }
  const Hash& hash() const noexcept { return hash_; }
  const KeyEqual& equal() const noexcept { return equal_; }
  Allocator& allocator() noexcept { return arrays_.memory.allocator(); }
  const Allocator& allocator() const noexcept { return arrays_.memory.allocator(); }

  // ---- looking up ----

  template <class K>
  STEADY_ALWAYS_INLINE position find(const K& key) const {
    const std::uint64_t at = hashed(key);
    return find_in(arrays_.locate(at), at, key);
  }

  // The place of an element on the hash line.
  std::uint64_t line_position(const value_type& element) const {
    return hashed(Elements::key_of(element));
  }

  // ---- inserting ----

  // The element with `key`, made by `construct(address)` if there was none; true if it was made.
  // Strong guarantee.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<position, bool> find_or_insert(const K& key,
                                                                const Construct& construct) {
    const std::uint64_t at = hashed(key);
    const auto place = arrays_.locate(at);
    if (const position found = find_in(place, at, key)) return {found, false};
    return {insert_absent(place, at, key, construct), true};
  }

  // As above when the caller knows that the key is absent.
  template <class K, class Construct>
  position insert_new(const K& key, const Construct& construct) {
    const std::uint64_t at = hashed(key);
    return insert_absent(arrays_.locate(at), at, key, construct);
  }

  // ---- erasing ----

  position after(const position& at) const noexcept { return walk::after(arrays_, at); }
  position first() const noexcept { return size_ == 0 ? position{} : walk::first(arrays_); }

  // Nothing else moves.
  void erase(const position& at) noexcept {
    destroy_element(allocator(), at.element);
    *at.tag = empty_tag;
    --size_;
    array& owner = arrays_.array_of(at.in_new);
    bucket_header* const header = owner.header(at.bucket);
    if (header_around(at.tag) != header->tags) drop_empty_overflow(owner, at.bucket);
  }

  // Destroys all elements. A map of one chunk at most keeps its memory, a larger one returns it.
  void clear() noexcept {
    const bool keep = !arrays_.migrating() && arrays_.old_array().chunks() <= 1;
    if (!keep) return release();
    destroy_elements();
    if (arrays_.has_memory()) forget_elements(arrays_.array_of(false));
    size_ = 0;
  }

  // Destroys all elements and returns all memory.
  void release() noexcept {
    destroy_elements();
    arrays_.destroy();
    size_ = 0;
    grow_at_ = 0;
  }

  // ---- migrating ----

  // Evacuates at most `most` intervals; returns how many. Throws what hashing, copying and
  // allocating throw; what was evacuated before stays so.
  std::size_t step(std::size_t most) {
    std::size_t done = 0;
    for (; done < most && arrays_.migrating(); ++done) {
      evacuate();
      ++steps_.call;
    }
    return done;
  }

  void finish() { step(std::numeric_limits<std::size_t>::max()); }

  // Brings the number of buckets to 2^log2_buckets, at once.
  void resize(unsigned log2_buckets) {
    finish();
    if (!arrays_.has_memory()) {
      furnish(log2_buckets);
    } else if (arrays_.old_array().line().log2_buckets() != log2_buckets) {
      start_migration(log2_buckets);
      finish();
    }
  }

  // ---- the whole table ----

  // Copies every element of `other`; this table is empty. Its seed is a fresh one: were it the
  // other's, a table filled in the order of the other would pile up. On an exception this table is
  // empty again.
  void copy_from(const table& other) {
    if (other.size_ == 0) return;
    try {
      resize(layout::log2_buckets_for(other.size_));
      for (position at = other.first(); at; at = other.after(at)) {
        const value_type& element = *at.element;
        insert_new(Elements::key_of(element),
                   [&](value_type* to) { construct_element(allocator(), to, element); });
      }
    } catch (...) {
      release();
      throw;
    }
  }

  // Takes the other's content; this table has none. The allocators are equal or have been assigned.
  void take(table& other) noexcept {
    arrays_.take(other.arrays_);
    size_ = std::exchange(other.size_, 0);
    grow_at_ = std::exchange(other.grow_at_, 0);
    seed_ = other.seed_;
    steps_ = std::exchange(other.steps_, {});
  }

  void swap_content(table& other) noexcept {
    arrays_.swap(other.arrays_);
    std::swap(size_, other.size_);
    std::swap(grow_at_, other.grow_at_);
    std::swap(seed_, other.seed_);
    std::swap(steps_, other.steps_);
  }

  void set_functions(const Hash& hash, const KeyEqual& equal) {
    hash_ = hash;
    equal_ = equal;
  }
  void swap_functions(table& other) {
    using std::swap;
    swap(hash_, other.hash_);
    swap(equal_, other.equal_);
  }

  stats statistics() const noexcept {
    stats now;
    now.size = size_;
    if (arrays_.has_memory()) {
      now.buckets = static_cast<std::size_t>(arrays_.kept_array().line().buckets());
      now.load_factor =
          static_cast<double>(size_) / (static_cast<double>(now.buckets) * layout::width);
    }
    now.overflow_buckets = arrays_.memory.overflow_buckets;
    now.chunks = arrays_.memory.chunks;
    now.bytes = arrays_.memory.bytes;
    now.longest_chain = arrays_.memory.longest_chain;
    now.migrations = arrays_.migrations;
    now.steps = steps_;
    now.migrating = arrays_.migrating();
    now.frontier = arrays_.frontier();
    return now;
  }

  const work& counted_work() const noexcept { return arrays_.memory.recorder.counted(); }
  void reset_work() noexcept { arrays_.memory.recorder.reset(); }

  using layout = typename arrays_type::layout;

 private:
  using array = typename arrays_type::array;
  using overflow = typename array::overflow;
  using overflow_link = typename array::overflow_link;
  using group = typename layout::group;
  using place_type = typename arrays_type::place;
  using slot_type = slot<value_type>;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  template <class K>
  STEADY_ALWAYS_INLINE std::uint64_t hashed(const K& key) const {
    arrays_.memory.recorder.hashed();
    return position_of(hash_, key, seed_);
  }

  template <class K>
  STEADY_ALWAYS_INLINE position find_in(const place_type& place, std::uint64_t at,
                                        const K& key) const {
    arrays_.memory.recorder.probed();
    bucket_header* const header = array::header(place.root, place.bucket);
    const auto wanted = group::broadcast(tag_word(at));
    if (std::uint32_t matches = group::match(header, wanted) & all_slots; matches != 0) {
      // The slots' address does not depend on the header's content: predicting that there is a
      // match, the processor fetches slots while the header is still on its way.
      value_type* const slots = array::slots(place.root, place.bucket);
      prefetch_bucket(slots);
      do {
        const int number = std::countr_zero(matches);
        if (equal_(key, Elements::key_of(slots[number]))) [[likely]] {
          return {slots + number, header->tags + number, place.bucket, place.in_new};
        }
        matches &= matches - 1;
      } while (matches != 0);
    }
    if ((header->filter & filter_bit(at)) == 0) [[likely]]
      return {};
    const slot_type found = find_in_overflow(place.root, place.bucket, at, key);
    return {found.element, found.tag, place.bucket, place.in_new};
  }

  // All lines of a small bucket, because which one is wanted is not known yet.
  static STEADY_ALWAYS_INLINE void prefetch_bucket(const value_type* slots) noexcept {
    if constexpr (layout::bucket_bytes <= 4 * cache_line_bytes) {
      prefetch_lines<layout::bucket_bytes>(slots);
    }
  }

  template <class K>
  STEADY_NOINLINE slot_type find_in_overflow(typename array::root_type root, std::uint64_t bucket,
                                             std::uint64_t at, const K& key) const {
    const auto wanted = group::broadcast(tag_word(at));
    overflow* chain = to_raw(array::first_overflow(root, bucket));
    for (; chain != nullptr; chain = to_raw(chain->next)) {
      value_type* const slots = array::overflow_slots(chain);
      std::uint32_t matches = group::match(chain, wanted) & all_overflow_slots;
      for (; matches != 0; matches &= matches - 1) {
        const int number = std::countr_zero(matches);
        if (equal_(key, Elements::key_of(slots[number])))
          return {slots + number, chain->tags + number};
      }
    }
    return {};
  }

  template <class K, class Construct>
  STEADY_ALWAYS_INLINE position insert_absent(place_type place, std::uint64_t at, const K& key,
                                              const Construct& construct) {
    if (size_ >= grow_at_) [[unlikely]] {
      if (arrays_.has_memory()) return insert_with_progress(at, construct);
      furnish(0);
      at = hashed(key);  // the map has a seed only now
      place = arrays_.locate(at);
    }
    return insert_at(place, at, construct);
  }

  // The element is made before others move, because it may be made from one of them.
  template <class Construct>
  STEADY_NOINLINE position insert_with_progress(std::uint64_t at, const Construct& construct) {
    temporary_element<Elements, Allocator> made(allocator(), construct);
    make_progress();
    return insert_at(arrays_.locate(at), at,
                     [&](value_type* to) { Elements::move(allocator(), to, &*made); });
  }

  template <class Construct>
  STEADY_ALWAYS_INLINE position insert_at(const place_type& place, std::uint64_t at,
                                          const Construct& construct) {
    bucket_header* const header = array::header(place.root, place.bucket);
    const std::uint32_t empty = group::match_empty(header) & all_slots;
    value_type* element;
    std::uint8_t* tag;
    if (empty != 0) [[likely]] {
      const int number = std::countr_zero(empty);
      element = array::slots(place.root, place.bucket) + number;
      tag = header->tags + number;
    } else {
      const slot_type claimed = claim_overflow(place.bucket, place.in_new, at);
      element = claimed.element;
      tag = claimed.tag;
    }
    construct(element);
    *tag = tag_of(at);
    ++size_;
    return {element, tag, place.bucket, place.in_new};
  }

  // An empty slot in the overflow of a bucket whose filter now admits `at`. An exception from the
  // element to come may leave a linked and empty overflow bucket, which does no harm.
  STEADY_NOINLINE slot_type claim_overflow(std::uint64_t bucket, bool in_new, std::uint64_t at) {
    array& owner = arrays_.array_of(in_new);
    bucket_header* const header = owner.header(bucket);
    overflow* const chain = owner.overflow_of(bucket);
    std::size_t length = 0;
    for (overflow* link = chain; link != nullptr; link = to_raw(link->next), ++length) {
      const std::uint32_t empty = group::match_empty(link) & all_overflow_slots;
      if (empty == 0) continue;
      header->filter |= filter_bit(at);
      const int number = std::countr_zero(empty);
      return {array::overflow_slots(link) + number, link->tags + number};
    }
    overflow* const taken = owner.take_overflow(arrays_.memory, bucket);
    taken->next = to_stored<overflow_link>(chain);
    std::construct_at(&array::first_overflow(owner.root(), bucket),
                      to_stored<overflow_link>(taken));
    header->filter |= filter_bit(at);
    arrays_.memory.longest_chain = std::max(arrays_.memory.longest_chain, length + 1);
    return {array::overflow_slots(taken), taken->tags};
  }

  // Gives back the overflow buckets of `bucket` that have become empty.
  STEADY_NOINLINE void drop_empty_overflow(array& within, std::uint64_t bucket) noexcept {
    overflow_link* link = &array::first_overflow(within.root(), bucket);
    while (overflow* const candidate = to_raw(*link)) {
      if ((~group::match_empty(candidate) & all_overflow_slots) != 0) {
        link = &candidate->next;
        continue;
      }
      *link = candidate->next;
      within.give_overflow(arrays_.memory, bucket, candidate);
    }
    if (array::first_overflow(within.root(), bucket) == nullptr) within.header(bucket)->filter = 0;
  }

  // Makes all buckets, whose elements are destroyed, empty ones.
  void forget_elements(array& within) noexcept {
    for (std::uint64_t bucket = 0; bucket < within.line().buckets(); ++bucket) {
      for (overflow* chain = within.overflow_of(bucket); chain != nullptr;) {
        overflow* const next = to_raw(chain->next);
        within.give_overflow(arrays_.memory, bucket, chain);
        chain = next;
      }
      std::memset(within.header(bucket), 0, sizeof(bucket_header));
    }
  }

  // What an inserting call does beside inserting: begin to grow, or evacuate. What fails here does
  // not make the insertion fail; it is tried again by the next.
  void make_progress() noexcept {
    try {
      if (!arrays_.migrating()) start_migration(arrays_.old_array().line().log2_buckets() + 1);
      for (unsigned n = 0; n < Policy::evacuations_per_insert && arrays_.migrating(); ++n) {
        evacuate();
        ++steps_.insert;
      }
    } catch (...) {
    }
  }

  STEADY_NOINLINE void furnish(unsigned log2_buckets) {
    arrays_.furnish(log2_buckets);
    seed_ = random_seed();
    grow_at_ = layout::load_limit(log2_buckets);
  }

  void start_migration(unsigned log2_buckets) {
    arrays_.start_migration(log2_buckets);
    grow_at_ = 0;  // every inserting call makes progress
  }

  void evacuate() {
    arrays_.advance([this](const value_type& element) { return line_position(element); });
    if (!arrays_.migrating()) {
      grow_at_ = layout::load_limit(arrays_.old_array().line().log2_buckets());
    }
  }

  void destroy_elements() noexcept {
    if constexpr (!std::is_trivially_destructible_v<value_type>) {
      for (position at = first(); at; at = after(at)) destroy_element(allocator(), at.element);
    }
  }

  arrays_type arrays_;
  std::size_t size_ = 0;
  std::size_t grow_at_ = 0;  // inserting at this size makes progress first
  line_seed seed_;
  decltype(stats::steps) steps_;
  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] KeyEqual equal_;
};

}  // namespace steady::detail
