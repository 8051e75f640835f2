// A bucket array: 2^B buckets, their headers in one store, their slots in chunks.
//
// Invariants:
//
//   1. Chunks exist for the buckets in [released, provided), both counted in whole chunks: the new
//      array of a migration is provided from the front as the frontier advances, the old one
//      released from the front behind it.
//   2. An array with fewer buckets than fit a chunk is a single block that holds its headers too.
//   3. The array knows nothing of elements: destroying them comes before releasing.
//
// Cost: create() allocates one block or reserves one range, whatever the size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/geometry.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/header_leaves.hpp>
#include <steady/detail/header_run.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/poison.hpp>

namespace steady::detail {

template <class Allocator, class Policy>
inline constexpr bool uses_header_run =
    Policy::reserve_addresses&& can_reserve_addresses&& std::is_same_v<
        Allocator, std::allocator<typename std::allocator_traits<Allocator>::value_type>>;

// `KeepsMemos`: whether something is remembered of the elements' positions (hash_line.hpp).
template <class Slot, class Allocator, class Policy, bool KeepsMemos = false>
class bucket_array {
 public:
  using slot_type = Slot;
  using layout = geometry<Slot, Allocator, Policy, KeepsMemos>;
  using overflow = typename layout::overflow;
  using overflow_link = typename layout::overflow_link;
  using footer = typename layout::footer;
  using header_store =
      std::conditional_t<uses_header_run<Allocator, Policy>, header_run<Slot, Allocator, Policy>,
                         header_leaves<Slot, Allocator, Policy>>;
  using root_type = typename header_store::root_type;

  // An array of one bucket without memory, which finds nothing.
  bucket_array() noexcept = default;

  // Makes an array without memory one of 2^log2_buckets buckets. Throws what the allocator throws;
  // nothing has changed then. (In place: what is built elsewhere would be copied in words that are
  // wider than those it was written in, and wait for them; docs/dead-ends.md.)
  template <class Memory>
  void create(Memory& memory, unsigned log2_buckets) {
    layout::check_policy();
    const line_partition line = line_partition::of(log2_buckets);
    if (line.buckets() < layout::chunk_buckets) {
      create_embedded(memory, line);
    } else {
      headers_.create(memory, line);
      line_ = line;
    }
    memo_ = line_memo::of(log2_buckets);
    created_ = true;
  }

  line_partition line() const noexcept { return line_; }
  bool exists() const noexcept { return created_; }

  // An array as lookups see it. Where they must go another way, it shows detour_header in its
  // place, so that they need no test: they end where overflow is searched, which is out of line.
  class view {
   public:
    void show(const bucket_array& shown) noexcept {
      root_ = shown.headers_.link();
      line_ = shown.line_;
    }
    void show_detour() noexcept {
      root_ = header_store::detour();
      line_ = line_partition();
    }

    root_type root() const noexcept { return header_store::root_of(root_); }
    line_partition line() const noexcept { return line_; }

   private:
    typename header_store::root_link root_ = header_store().link();
    line_partition line_;
  };

  // What a lookup needs of the array, in a register.
  root_type root() const noexcept { return headers_.root(); }

  static STEADY_ALWAYS_INLINE bucket_header* header(root_type root, std::uint64_t bucket) noexcept {
    return header_store::header(root, bucket);
  }
  static STEADY_ALWAYS_INLINE Slot* slots(root_type root, std::uint64_t bucket) noexcept {
    return slots_at(root, bucket * sizeof(bucket_header));
  }
  // The same for a bucket's offset, its index times 16: fewer instructions.
  static STEADY_ALWAYS_INLINE bucket_header* header_at(root_type root,
                                                       std::uint64_t offset) noexcept {
    return header(root, offset / sizeof(bucket_header));
  }
  static STEADY_ALWAYS_INLINE Slot* slots_at(root_type root, std::uint64_t offset) noexcept {
    return header_store::slots_at(root, offset);
  }
  // The link to a bucket's overflow; has a meaning only while the bucket's filter is not 0.
  static overflow_link& first_overflow(root_type root, std::uint64_t bucket) noexcept {
    return annex_of(slots(root, bucket), bucket).first_overflow;
  }
  static Slot* overflow_slots(overflow* bucket) noexcept {
    return reinterpret_cast<Slot*>(reinterpret_cast<std::byte*>(bucket) +
                                   layout::overflow_slots_offset);
  }

  // ---- memos, in arrays that keep some ----

  // Of a bucket with these slots; what belongs to empty ones may be anything.
  static STEADY_ALWAYS_INLINE std::uint8_t* memos(
      Slot* slots, std::uint64_t bucket) noexcept requires KeepsMemos {
    return annex_of(slots, bucket).memos;
  }
  line_memo memo() const noexcept { return memo_; }

  // Before or after an element at `position` is put into the slot `number` of a bucket with these
  // slots.
  STEADY_ALWAYS_INLINE void remember(Slot* slots, std::uint64_t bucket, std::uint64_t number,
                                     std::uint64_t position) const noexcept {
    if constexpr (KeepsMemos) memos(slots, bucket)[number] = memo_.of_position(position);
  }
  // The same where the position is not at hand.
  static STEADY_ALWAYS_INLINE void remember_nothing(Slot* slots, std::uint64_t bucket,
                                                    std::uint64_t number) noexcept {
    if constexpr (KeepsMemos) memos(slots, bucket)[number] = line_memo::unknown;
  }
  // All of another array's with as many buckets on the same line.
  void copy_memos(const bucket_array& from) const noexcept {
    if constexpr (KeepsMemos) {
      for (std::uint64_t bucket = 0; bucket < line_.buckets(); ++bucket) {
        std::memcpy(memos(slots(bucket), bucket), memos(from.slots(bucket), bucket),
                    sizeof(bucket_header));
      }
    }
  }

  // ---- buckets by their number ----

  bucket_header* header(std::uint64_t bucket) const noexcept { return header(root(), bucket); }
  Slot* slots(std::uint64_t bucket) const noexcept { return slots(root(), bucket); }
  overflow* overflow_of(std::uint64_t bucket) const noexcept {
    if (header(bucket)->filter == 0) return nullptr;
    return to_raw(first_overflow(root(), bucket));
  }

  // Makes sure that `bucket` has memory; the buckets before it have. Throws what the allocator
  // throws; what was provided stays.
  template <class Memory>
  void provide(Memory& memory, std::uint64_t bucket) {
    const std::uint64_t chunk = bucket / layout::chunk_buckets;
    if (chunk < provided_chunks_) return;
    headers_.provide(memory, line_, bucket);
    const auto& size = layout::full_chunk;
    std::byte* const block = memory.template allocate_chunk<layout::alignment>(size.bytes, true);
    furnish_chunk(chunk, block, size);
    ++provided_chunks_;
  }

  // Gives back the memory of all chunks that end at or before `bucket`; no element is left there.
  // This is how memory goes in steps. So that it goes to the system in steps, too, a large array
  // gives back the pages itself, where the allocator is one that takes its memory from there.
  template <class Memory>
  void release_below(Memory& memory, std::uint64_t bucket) noexcept {
    while (released_chunks_ < bucket / layout::chunk_buckets) {
      release_chunk(memory, header_store::is_reserved(line_));
    }
    if (!is_embedded()) headers_.release_below(memory, line_, bucket);
  }

  // The same for chunks only, where all is going to be destroyed: neither headers nor pages.
  template <class Memory>
  void release_chunks_below(Memory& memory, std::uint64_t bucket) noexcept {
    while (released_chunks_ < bucket / layout::chunk_buckets) release_chunk(memory, false);
  }

  // Gives back all that is left; no element is.
  template <class Memory>
  void destroy(Memory& memory) noexcept {
    if (!created_) return;
    while (released_chunks_ < provided_chunks_) release_chunk(memory, false);
    if (!is_embedded()) headers_.destroy(memory, line_);
    *this = bucket_array();
  }

  // The number of buckets that have memory, counted from the first.
  std::uint64_t provided_buckets() const noexcept {
    return is_embedded() ? line_.buckets() : provided_chunks_ * layout::chunk_buckets;
  }
  std::uint64_t chunks() const noexcept { return provided_chunks_ - released_chunks_; }

  // An overflow bucket for `bucket`, empty and not linked yet. Throws what the allocator throws.
  template <class Memory>
  overflow* take_overflow(Memory& memory, std::uint64_t bucket) {
    Slot* const first = first_slot(root(), bucket);
    footer& chunk = *footer_of(first);
    overflow* taken = to_raw(chunk.free);
    if (taken != nullptr) {
      chunk.free = taken->next;
    } else {
      if (chunk.next_spare == chunk.end_spare) extend(memory, chunk);
      taken = take_spare(chunk);
    }
    taken->move_to(bucket % layout::chunk_buckets);
    taken->next = nullptr;
    ++memory.overflow_buckets;
    return taken;
  }

  // Takes back an overflow bucket of the chunk of `bucket`; it is empty and linked nowhere.
  template <class Memory>
  void give_overflow(Memory& memory, std::uint64_t bucket, overflow* given) noexcept {
    footer& chunk = *footer_of(first_slot(root(), bucket));
    std::memset(given->tags, 0, sizeof given->tags);
    given->next = chunk.free;
    chunk.free = to_stored<overflow_link>(given);
    poison<Allocator>(overflow_slots(given), layout::overflow_width * sizeof(Slot));
    --memory.overflow_buckets;
  }

  // The overflow buckets of the chunk of `bucket`, in the order in which they were first taken,
  // also those that belong to no bucket now. Null when there are no more.
  overflow* first_in_chunk(std::uint64_t bucket) const noexcept {
    Slot* const first = first_slot(root(), bucket);
    const footer& chunk = *footer_of(first);
    std::byte* const spare = spare_room(first);
    if (spare == to_raw(chunk.next_spare)) return nullptr;
    if (layout::spare_buckets(buckets_per_chunk()) == 0)
      return first_of_extension(chunk.extensions);
    return reinterpret_cast<overflow*>(spare);
  }
  overflow* next_in_chunk(std::uint64_t bucket, overflow* at) const noexcept {
    const footer& chunk = *footer_of(first_slot(root(), bucket));
    std::byte* const end = reinterpret_cast<std::byte*>(at) + layout::overflow_stride;
    if (end == to_raw(chunk.next_spare)) return nullptr;
    if ((at->place & overflow::ends) == 0) return reinterpret_cast<overflow*>(end);
    if ((at->place & overflow::extends) == 0) return first_of_extension(chunk.extensions);
    return first_of_extension(extension_before(end).next);
  }

 private:
  using byte_link = typename layout::extension_link;
  using annex = typename layout::annex;

  bool is_embedded() const noexcept { return line_.buckets() < layout::chunk_buckets; }
  std::size_t buckets_per_chunk() const noexcept {
    return is_embedded() ? line_.buckets() : layout::chunk_buckets;
  }

  // Of the chunk of `bucket`.
  static STEADY_ALWAYS_INLINE Slot* first_slot(root_type root, std::uint64_t bucket) noexcept {
    return slots(root, bucket / layout::chunk_buckets * layout::chunk_buckets);
  }
  // What the distance of a bucket's slots from its annex grows by with each bucket of a chunk.
  static constexpr unsigned slots_and_annex =
      layout::chunk_buckets == 1 ? 0 : layout::bucket_bytes + sizeof(annex);

  // Of the bucket with these slots.
  static STEADY_ALWAYS_INLINE annex& annex_of(Slot* slots, std::uint64_t bucket) noexcept {
    const std::uint64_t number = bucket % layout::chunk_buckets;
    return *reinterpret_cast<annex*>(reinterpret_cast<std::byte*>(slots) -
                                     times<slots_and_annex>(number) - layout::footer_offset -
                                     sizeof(annex));
  }
  static footer* footer_of(Slot* first_slot) noexcept {
    return reinterpret_cast<footer*>(reinterpret_cast<std::byte*>(first_slot) -
                                     layout::footer_offset);
  }

  // Bytes in front of the chunk of an embedded array.
  static std::size_t embedded_bytes(line_partition line) noexcept {
    return header_store::embedded_prefix + line.buckets() * sizeof(bucket_header);
  }
  typename layout::layout chunk_layout() const noexcept {
    return is_embedded() ? layout::layout::of(line_.buckets(), embedded_bytes(line_))
                         : layout::full_chunk;
  }

  template <class Memory>
  void create_embedded(Memory& memory, line_partition line) {
    const auto size = layout::layout::of(line.buckets(), embedded_bytes(line));
    std::byte* const block = memory.template allocate_chunk<layout::alignment>(size.bytes, false);
    line_ = line;
    headers_.embed(block);
    furnish_chunk(0, block, size);
    provided_chunks_ = 1;
  }

  // Writes the footer and the directory entry of a chunk in unwritten memory.
  void furnish_chunk(std::uint64_t chunk, std::byte* block, const typename layout::layout& size) {
    auto* const first = reinterpret_cast<Slot*>(block + size.slots);
    auto* const end = ::new (static_cast<void*>(footer_of(first))) footer{};
    set_spare(*end, block + size.spare, block + size.bytes);
    header_store::set_slots(root(), chunk, first);
    if constexpr (KeepsMemos && unwritten_bytes_are_watched) {
      std::memset(static_cast<void*>(block), 0, size.slots - layout::footer_offset);
    }
    poison<Allocator>(first, size.bytes - size.slots);
  }

  static void set_spare(footer& chunk, std::byte* next, std::byte* end) noexcept {
    chunk.next_spare = to_stored<byte_link>(next);
    chunk.end_spare = to_stored<byte_link>(end);
  }

  // Where the spare room of the chunk with these slots begins.
  std::byte* spare_room(Slot* first) const noexcept {
    return reinterpret_cast<std::byte*>(first) +
           round_up(buckets_per_chunk() * layout::bucket_bytes, layout::alignment);
  }

  // An extension begins with the link to the one that was taken after it.
  struct extension {
    byte_link next;
  };
  static overflow* first_of_extension(const byte_link& block) noexcept {
    return block == nullptr ? nullptr
                            : reinterpret_cast<overflow*>(to_raw(block) + layout::extension_header);
  }
  // The one that ends there.
  extension& extension_before(std::byte* end) const noexcept {
    return *reinterpret_cast<extension*>(end - layout::extension_bytes(buckets_per_chunk()));
  }

  // An overflow bucket that was never taken; there is one.
  static overflow* take_spare(footer& chunk) noexcept {
    std::byte* const spare = to_raw(chunk.next_spare);
    std::byte* const end = to_raw(chunk.end_spare);
    set_spare(chunk, spare + layout::overflow_stride, end);
    unpoison<Allocator>(spare, sizeof(overflow));
    auto* const taken = ::new (static_cast<void*>(spare)) overflow{};
    if (chunk.extensions != nullptr) taken->place |= overflow::extends;
    if (spare + layout::overflow_stride == end) taken->place |= overflow::ends;
    return taken;
  }

  template <class Memory>
  void extend(Memory& memory, footer& chunk) {
    const std::size_t bytes = layout::extension_bytes(buckets_per_chunk());
    std::byte* const block = memory.template allocate<layout::alignment>(bytes);
    ::new (static_cast<void*>(block)) extension{nullptr};
    byte_link& last = chunk.extensions == nullptr ? chunk.extensions
                                                  : extension_before(to_raw(chunk.end_spare)).next;
    last = to_stored<byte_link>(block);
    set_spare(chunk, block + layout::extension_header, block + bytes);
    poison<Allocator>(block + layout::extension_header, bytes - layout::extension_header);
  }

  template <class Memory>
  void release_chunk(Memory& memory, bool with_pages) noexcept {
    const auto size = chunk_layout();
    Slot* const first = first_slot(root(), released_chunks_ * layout::chunk_buckets);
    release_extensions(memory, *footer_of(first));
    std::byte* const block = reinterpret_cast<std::byte*>(first) - size.slots;
    unpoison<Allocator>(block, size.bytes);
    memory.template release_chunk<layout::alignment>(block, size.bytes, !is_embedded(), with_pages);
    ++released_chunks_;
  }

  template <class Memory>
  void release_extensions(Memory& memory, footer& chunk) noexcept {
    const std::size_t bytes = layout::extension_bytes(buckets_per_chunk());
    for (std::byte* block = to_raw(chunk.extensions); block != nullptr;) {
      std::byte* const next = to_raw(reinterpret_cast<extension*>(block)->next);
      unpoison<Allocator>(block, bytes);
      memory.template release<layout::alignment>(block, bytes);
      block = next;
    }
  }

  header_store headers_;
  line_partition line_;
  line_memo memo_;
  bool created_ = false;
  std::uint64_t provided_chunks_ = 0;
  std::uint64_t released_chunks_ = 0;
};

}  // namespace steady::detail
