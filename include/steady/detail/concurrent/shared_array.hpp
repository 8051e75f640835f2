// A bucket array that threads share: headers in one store, slots in chunks behind a directory,
// overflow buckets in a pool of its own, and the array that comes after it.
//
// An array is reached through the container's root, or through `next` of the array before it, by
// way of a bucket that has moved. What it holds is freed in steps, after a grace period: chunks may
// serve the next array at once (chunk_shelf.hpp).
//
//   [A1] load, acquire: a chunk's slots
//   [A2] compare-and-swap, acquire and release: a chunk has slots
//   [A3] load, acquire: the next array
//   [A4] store, release: there is a next array
//   [A5] fetch-add, acquire and release: so many of a chunk's buckets have moved
//   [A6] fetch-add, acquire and release: all of another chunk's buckets have moved
//   [A7] fetch-add and compare-exchange, relaxed: a run of buckets that a helper takes on, or
//   passes [A8] compare-and-swap, release, and load, acquire: a chunk that nobody has until the
//   array goes
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/concurrent/chunk_shelf.hpp>
#include <steady/detail/concurrent/migration_queue.hpp>
#include <steady/detail/concurrent/overflow_pool.hpp>
#include <steady/detail/concurrent/shared_bucket.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>
#include <steady/detail/concurrent/zeroed_store.hpp>
#include <steady/detail/line/hash_line.hpp>

namespace steady::detail {

// The place for a queue, where migrations go in the order of heat.
template <class Sync, class Layout, bool OrdersByHeat = Layout::orders_by_heat>
struct queue_of {
  struct type;
};
template <class Sync, class Layout>
struct queue_of<Sync, Layout, true> {
  using type = migration_queue<Sync, typename Layout::heat, Layout::in_leaves>;
  type* of = nullptr;
};

// What a migration is for.
enum class migration_kind : std::uint8_t { grow, compact, shrink, reseed };

template <class Sync, class Layout>
class shared_array {
  template <class T>
  using atomic = typename Sync::template atomic<T>;

 public:
  using header = shared_header<Sync, Layout>;
  using overflow = shared_overflow<Sync, Layout>;
  static_assert(Layout::header_bytes == sizeof(header));
  static_assert(!Layout::in_leaves ||
                    Layout::chunk_buckets <= zeroed_leaves<header, Sync>::leaf_items,
                "a chunk that is there implies the headers of its buckets");

  const line_partition line;
  const line_seed seed;
  const std::uint16_t name;  // of the order of the elements, for cursors; another for every seed

 private:
  struct alignas(16) chunk {
    atomic<std::byte*> slots;
    atomic<std::uint32_t> moved;    // of its buckets
    atomic<std::uint32_t> is_lent;  // its slots serve another array now
  };
  static_assert(sizeof(chunk) == 16);

  zeroed_store<header, Sync, Layout::in_leaves> headers_;
  zeroed_store<chunk, Sync, Layout::in_leaves> chunks_;
  atomic<shared_array*> next_{nullptr};

 public:
  // The journey to the next array; set before `next`.
  std::uint64_t number = 0;  // of the migration
  migration_kind kind = migration_kind::grow;
  std::uint64_t requests = 0;  // that it meets (shared_requests.hpp)

  // Of migrations in the order of heat: which groups move first. Null: as the line goes.
  using queue_type = typename queue_of<Sync, Layout>::type;
  queue_type* queue() const noexcept {
    if constexpr (Layout::orders_by_heat) {
      return queue_.of;
    } else {
      return nullptr;
    }
  }
  // For order_by(). Null if an allocation fails, or there is little to move.
  queue_type* make_queue([[maybe_unused]] shared_memory<Sync>& memory) const noexcept {
    if constexpr (Layout::orders_by_heat) {
      if (chunks() < Layout::heat::least_groups) return nullptr;
      STEADY_TRY { return queue_type::create(memory, chunks()); }
      STEADY_CATCH_ALL {}
    }
    return nullptr;
  }
  // Before `next` is set.
  void order_by([[maybe_unused]] queue_type* made) noexcept {
    if constexpr (Layout::orders_by_heat) queue_.of = made;
  }
  static void discard_queue([[maybe_unused]] shared_memory<Sync>& memory,
                            [[maybe_unused]] queue_type* made) noexcept {
    if constexpr (Layout::orders_by_heat) {
      while (made != nullptr && made->release_some(memory)) {
      }
    }
  }

  // Where a container is destroyed in steps: so many buckets, from the first on, have no elements
  // any more that must be destroyed.
  std::uint64_t buckets_emptied = 0;

  // Since when nobody new can reach it, see grace_period; 0: it can still be reached.
  atomic<std::uint64_t> left_at{0};

  overflow_pool<Sync, Layout> overflow_buckets;

  // Throws what the allocator throws.
  static shared_array* create(shared_memory<Sync>& memory, line_partition line,
                              const line_seed& seed, std::uint16_t name) {
    std::byte* const block = memory.allocate(sizeof(shared_array));
    STEADY_TRY { return ::new (static_cast<void*>(block)) shared_array(memory, line, seed, name); }
    STEADY_CATCH_ALL {
      memory.release(block, sizeof(shared_array));
      STEADY_RETHROW;
    }
  }

  // Whether there is memory for one with so many buckets now.
  static bool can_be_had(shared_memory<Sync>& memory, line_partition line) noexcept {
    STEADY_TRY {
      create(memory, line, line_seed(), 0)->discard(memory);
      return true;
    }
    STEADY_CATCH_ALL { return false; }
  }

  // ---- finding ----

  STEADY_ALWAYS_INLINE header& header_at(std::uint64_t bucket) const noexcept {
    return headers_.at(bucket);
  }
  // In debug mode: before a header is written, that it is one of this array, not what is read in
  // place of headers that were never provided.
  STEADY_ALWAYS_INLINE void require_provided([[maybe_unused]] const header& of) const noexcept {
    if constexpr (debug_mode && Layout::in_leaves) {
      if (!headers_.is_provided(of)) misuse("a header was written that was never provided");
    }
  }
  // The slots of a bucket, whose chunk is there. [A1] pairs with [A2], before which the header's
  // leaf was provided: who sees slots finds the header.
  STEADY_ALWAYS_INLINE std::byte* slots_of(std::uint64_t bucket) const noexcept {
    std::byte* const first =
        chunks_.at(bucket / Layout::chunk_buckets).slots.load(std::memory_order_acquire);  // [A1]
    return first + bucket % Layout::chunk_buckets * Layout::bucket_bytes;
  }
  // The same, but null is told.
  STEADY_ALWAYS_INLINE std::byte* slots_if_any(std::uint64_t bucket) const noexcept {
    std::byte* const first =
        chunks_.at(bucket / Layout::chunk_buckets).slots.load(std::memory_order_acquire);  // [A1]
    return first == nullptr ? nullptr
                            : first + bucket % Layout::chunk_buckets * Layout::bucket_bytes;
  }
  STEADY_ALWAYS_INLINE bool has_slots(std::uint64_t bucket) const noexcept {
    return chunks_.at(bucket / Layout::chunk_buckets).slots.load(std::memory_order_acquire) !=
           nullptr;  // [A1]
  }
  std::uint64_t buckets() const noexcept { return line.buckets(); }

  // The elements that it has room for within the load limit.
  std::uint64_t limit(double load_limit) const noexcept { return limit_of(buckets(), load_limit); }
  static constexpr std::uint64_t limit_of(std::uint64_t buckets, double load_limit) noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(buckets * Layout::width) * load_limit);
  }

  // ---- before a bucket is written ----

  // From now on headers and slots of the bucket may be written. Throws what the allocator throws.
  STEADY_ALWAYS_INLINE void provide(shared_memory<Sync>& memory, chunk_shelf<Sync>& shelf,
                                    std::uint64_t bucket) {
    if constexpr (Layout::in_leaves) provide_header(memory, bucket);
    if (!has_slots(bucket)) [[unlikely]]
      provide_slots(memory, shelf, bucket / Layout::chunk_buckets);
  }
  // The header alone. Throws what the allocator throws.
  void provide_header(shared_memory<Sync>& memory, std::uint64_t bucket) {
    chunks_.provide(memory, bucket / Layout::chunk_buckets);
    headers_.provide(memory, bucket);
  }

  // ---- the next array ----

  STEADY_ALWAYS_INLINE shared_array* next() const noexcept {
    return next_.load(std::memory_order_acquire);  // [A3]
  }
  void lead_to(shared_array* next) noexcept {
    next_.store(next, std::memory_order_release);  // [A4]
  }

  // The first of `count` buckets that a helper takes on. Beyond the last bucket it begins anew.
  std::uint64_t claim(std::uint64_t count) noexcept {
    return claimed_.fetch_add(count, std::memory_order_relaxed);  // [A7]
  }
  std::uint64_t claimed() const noexcept { return claimed_.load(std::memory_order_relaxed); }
  // Spares helpers the buckets from `next` to `end`, if `next` is the next that one would take on.
  void pass(std::uint64_t next, std::uint64_t end) noexcept {
    claimed_.compare_exchange_strong(next, end, std::memory_order_relaxed,  // [A7]
                                     std::memory_order_relaxed);
  }

  // `count` more buckets of the chunk of `bucket` have moved. Lends the chunk to the next array if
  // it is empty now; true if the whole array is.
  bool have_moved(chunk_shelf<Sync>& shelf, std::uint64_t bucket, std::uint32_t count) noexcept {
    chunk& of = chunks_.at(bucket / Layout::chunk_buckets);
    if (of.moved.fetch_add(count, std::memory_order_acq_rel) + count !=
        buckets_in_chunk()) {  // [A5]
      return false;
    }
    std::byte* const slots = of.slots.load(std::memory_order_relaxed);
    if (slots != nullptr && has_full_chunks()) {
      of.is_lent.store(1, std::memory_order_relaxed);
      if (!shelf.put(slots)) of.is_lent.store(0, std::memory_order_relaxed);
    }
    return chunks_moved_.fetch_add(1, std::memory_order_acq_rel) + 1 == chunks();  // [A6]
  }
  // Whether all buckets of the chunk of `bucket` have moved.
  bool has_chunk_moved(std::uint64_t bucket) const noexcept {
    return has_moved(bucket / Layout::chunk_buckets);
  }
  // Whether all buckets of that chunk have.
  bool has_moved(std::uint64_t which) const noexcept {
    return chunks_.at(which).moved.load(std::memory_order_relaxed) == buckets_in_chunk();
  }
  // The buckets that have not moved, rounded up to chunks.
  std::uint64_t left_to_move() const noexcept {
    return (chunks() - chunks_moved_.load(std::memory_order_relaxed)) * buckets_in_chunk();
  }

  // ---- the end ----

  // The buckets whose chunks have not been released yet; 1 at least, for the headers.
  std::uint64_t buckets_to_release() const noexcept {
    return (chunks() - chunks_released_) * buckets_in_chunk() + 1;
  }

  // Frees all of one that was never used. O(1).
  void discard(shared_memory<Sync>& memory) noexcept {
    chunks_released_ = chunks();
    headers_.was_never_used();
    chunks_.was_never_used();
    while (release_some(memory)) {
    }
  }
  // Frees a block or a few pages, which nobody can reach; false when the array itself is gone.
  bool release_some(shared_memory<Sync>& memory) noexcept {
    if (chunks_released_ < chunks()) {
      if (chunks_.has(chunks_released_)) release_chunk(memory);
      ++chunks_released_;
      return true;
    }
    if (std::byte* const stray = strays_.load(std::memory_order_acquire);
        stray != nullptr) {  // [A8]
      strays_.store(link_in(stray), std::memory_order_relaxed);
      memory.release_chunk(stray, chunk_bytes(), gives_pages_back());
      return true;
    }
    if constexpr (Layout::orders_by_heat) {
      if (queue_.of != nullptr) {
        if (!queue_.of->release_some(memory)) queue_.of = nullptr;
        return true;
      }
    }
    if (overflow_buckets.release_some(memory)) return true;
    if (!headers_released_) {
      headers_released_ = !headers_.release_some(memory);
      return true;
    }
    if (chunks_.release_some(memory)) return true;
    this->~shared_array();
    memory.release(reinterpret_cast<std::byte*>(this), sizeof(shared_array));
    return false;
  }

 private:
  shared_array(shared_memory<Sync>& memory, line_partition of, const line_seed& under,
               std::uint16_t called)
      : line(of), seed(under), name(called), overflow_buckets(of.buckets()) {
    headers_.create(memory, buckets());
    STEADY_TRY { chunks_.create(memory, chunks()); }
    STEADY_CATCH_ALL {
      while (headers_.release_some(memory)) {
      }
      STEADY_RETHROW;
    }
  }
  ~shared_array() = default;

  std::uint64_t chunks() const noexcept {
    return (buckets() + Layout::chunk_buckets - 1) / Layout::chunk_buckets;
  }
  std::uint32_t buckets_in_chunk() const noexcept {
    return static_cast<std::uint32_t>(min_of<std::uint64_t>(buckets(), Layout::chunk_buckets));
  }
  bool has_full_chunks() const noexcept { return buckets() >= Layout::chunk_buckets; }
  std::size_t chunk_bytes() const noexcept { return buckets_in_chunk() * Layout::bucket_bytes; }

  STEADY_COLD void provide_slots(shared_memory<Sync>& memory, chunk_shelf<Sync>& shelf,
                                 std::uint64_t of) {
    std::byte* made = has_full_chunks() ? shelf.take() : nullptr;
    const bool was_read = made != nullptr;  // and may be read still
    if (!was_read) made = memory.allocate_chunk(chunk_bytes());
    std::byte* none = nullptr;
    if (chunks_.at(of).slots.compare_exchange_strong(none, made,  // [A2]
                                                     std::memory_order_acq_rel,
                                                     std::memory_order_acquire)) {
      return;
    }
    if (has_full_chunks() && shelf.put(made)) return;
    if (was_read) {
      keep(made);
    } else {
      memory.release_chunk(made, chunk_bytes());
    }
  }
  // Until the array goes: a grace period later. The stray's first bytes link it to the next one.
  void keep(std::byte* stray) noexcept {
    std::byte* first = strays_.load(std::memory_order_relaxed);
    do {
      link(stray, first);
    } while (!strays_.compare_exchange_strong(first, stray, std::memory_order_release,  // [A8]
                                              std::memory_order_relaxed));
  }
  using word = typename Layout::word;
  static constexpr std::size_t words_of_link = sizeof(std::uintptr_t) / sizeof(word);
  // In words of slots, because readers may be reading some there.
  static void link(std::byte* stray, std::byte* to) noexcept {
    word words[words_of_link];
    std::memcpy(words, &to, sizeof to);
    for (std::size_t n = 0; n < words_of_link; ++n) {
      Sync::store_word(reinterpret_cast<word*>(stray) + n, words[n]);
    }
  }
  static std::byte* link_in(const std::byte* stray) noexcept {
    word words[words_of_link];
    for (std::size_t n = 0; n < words_of_link; ++n) {
      words[n] = Sync::load_word(reinterpret_cast<const word*>(stray) + n);
    }
    std::byte* to;
    std::memcpy(&to, words, sizeof to);
    return to;
  }
  void release_chunk(shared_memory<Sync>& memory) noexcept {
    chunk& of = chunks_.at(chunks_released_);
    std::byte* const slots = of.slots.load(std::memory_order_relaxed);
    if (slots != nullptr && of.is_lent.load(std::memory_order_relaxed) == 0) {
      memory.release_chunk(slots, chunk_bytes(), gives_pages_back());
    }
  }
  // As hash_map: large arrays with std::allocator, whose headers are a range of addresses.
  bool gives_pages_back() const noexcept {
    return !Layout::in_leaves && buckets() * sizeof(header) > slice_bytes;
  }

  atomic<std::uint64_t> chunks_moved_{0};
  atomic<std::byte*> strays_{nullptr};
  std::uint64_t chunks_released_ = 0;
  bool headers_released_ = false;

  [[no_unique_address]] queue_of<Sync, Layout> queue_;

  alignas(cache_line_bytes) atomic<std::uint64_t> claimed_{0};
};

}  // namespace steady::detail
