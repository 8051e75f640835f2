// A bucket array: 2^B buckets, their headers in one store, their slots in chunks.
//
// Invariants:
//
//   1. Chunks exist for the buckets in [released, provided), both counted in whole chunks: the new
//      array of a migration is provided from the front as the frontier advances, the old one
//      released from the front behind it.
//   2. An array of one bucket, or of fewer than fit a chunk, is a single block that holds its
//      headers too: it is embedded. A tiny one has fewer slots and no overflow, and never takes
//      part in a migration.
//   3. The array knows nothing of elements: destroying them comes before releasing. Which buckets
//      hold some is noted with it, and how many chunks are sparse, but by others (occupancy.hpp).
//
// Cost: create() allocates one block or reserves one range, whatever the size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bit_levels.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/array/chunk.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/array/typed_layout.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/base/poison.hpp>
#include <steady/detail/line/cached_hash.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Storage>
class bucket_array {
 public:
  using store = header_store<Storage>;
  using root_type = typename store::root_type;
  using root_link = typename store::root_link;
  using memory_type = map_memory<Storage>;
  using overflow = overflow_bucket<Storage>;
  using overflow_link = typename overflow::link;
  using chain_type = overflow_chain<Storage>;

  // No array: one bucket without memory, which finds nothing.
  bucket_array() noexcept = default;

  // An array of few buckets, at rest, from what lookups know of it.
  static bucket_array embedded(const root_link& root, line_partition line,
                               std::int8_t directory) noexcept {
    bucket_array array;
    array.root_ = root;
    array.provided_chunks_ = 1;
    array.line_ = line;
    array.directory_ = directory;
    return array;
  }

  bool exists() const noexcept { return directory_ != 0; }
  line_partition line() const noexcept { return line_; }
  const root_link& link() const noexcept { return root_; }
  root_type root() const noexcept { return store::root_of(root_); }
  // Where the directory is, for the store; 0 if there is no array.
  std::int8_t directory() const noexcept { return directory_; }

  // ---- making ----

  // 2^log2_buckets buckets; there is no array yet. Throws what the allocator throws; nothing has
  // changed then. `groups` is for an array in a single block; others have memory provide()d.
  STEADY_NOINLINE void create(memory_type& memory, const array_layout& layout,
                              unsigned log2_buckets, noted_as groups = noted_as::empty) {
    const line_partition line = line_partition::of(log2_buckets);
    if (is_embedded(line, layout)) {
      create_embedded(memory, layout, line, groups);
    } else {
      root_ = store::create(memory, line, layout);
    }
    line_ = line;
    directory_ = -1;
    if (groups == noted_as::empty && has_occupancy(layout)) sparse_chunks_ = all_chunks(layout);
  }

  // The tiny array of that size, see array_layout, without elements. Throws as create().
  STEADY_NOINLINE void create_tiny(memory_type& memory, const array_layout& layout, unsigned size) {
    const tiny_block& block = layout.tiny[size];
    std::byte* const begin = memory.allocate(block.bytes, layout.alignment);
    memory.recorder().chunk_allocated();
    // A leaves' root needs its prefix; a run's root lies behind what prefix there is.
    root_ = store::embed(begin + block.prefix - store::embedded_prefix);
    directory_ = block.directory;
    line_ = line_partition();
    provided_chunks_ = 1;
    std::memset(begin + block.prefix, 0, sizeof(bucket_header) + layout.tiny_extras_bytes());
    store::set_slots(root(), directory_, 0, begin + block.slots, layout);
    memory.recorder().zeroed(sizeof(bucket_header));
    detail::poison<Storage::is_poisoned>(begin + block.slots,
                                         std::size_t{block.room} * layout.slot_bytes);
  }

  // Brings a tiny array into a larger block, where moving elements is copying their bytes. Throws
  // what the allocator throws; nothing has changed then. (What most small maps do, so it is short.)
  STEADY_ALWAYS_INLINE void widen_as_bytes(memory_type& memory, const array_layout& layout,
                                           unsigned size, unsigned larger) {
    const tiny_block& from = layout.tiny[size];
    const tiny_block& to = layout.tiny[larger];
    std::byte* const begin = memory.allocate(to.bytes, layout.alignment);
    std::byte* const old = slots(0, layout) - from.slots;
    root_ = store::embed(begin + to.prefix - store::embedded_prefix);
    directory_ = to.directory;
    std::memcpy(begin + to.prefix, old + from.prefix,
                sizeof(bucket_header) + layout.tiny_extras_bytes());
    std::memcpy(begin + to.slots, old + from.slots, std::size_t{from.room} * layout.slot_bytes);
    store::set_slots(root(), directory_, 0, begin + to.slots, layout);
    memory.release(old, from.bytes, layout.alignment);
    memory.recorder().chunk_allocated();
    memory.recorder().chunk_released();
  }

  // A tiny array's number among those of the layout, and its slots; 0 slots in other arrays.
  unsigned tiny_size(const array_layout& layout) const noexcept {
    unsigned size = 0;
    while (layout.tiny[size].directory != directory_) ++size;
    return size;
  }
  std::uint32_t tiny_slots(const array_layout& layout) const noexcept {
    return is_tiny() ? layout.tiny[tiny_size(layout)].room : 0;
  }
  bool is_tiny() const noexcept { return directory_ != -1 && directory_ != 0; }

  // Gives an array that was just created empty buckets, all of them. Throws what the allocator
  // throws; nothing is kept then.
  STEADY_COLD void fill_with_empty_buckets(memory_type& memory, const array_layout& layout) {
    STEADY_TRY {
      while (provided_buckets(layout) < line_.buckets()) {
        provide_next(memory, layout, noted_as::empty);
      }
    }
    STEADY_CATCH_ALL {
      destroy(memory, layout);
      memory.release_recycled(layout.full_chunk.bytes, layout.alignment);
      STEADY_RETHROW;
    }
    write_headers(0, line_.buckets(), has_occupancy(layout) ? detour_header : empty_header);
    memory.recorder().zeroed(line_.buckets() * sizeof(bucket_header));
  }
  // Those of buckets without elements.
  void write_headers(std::uint64_t first, std::uint64_t end,
                     const bucket_header& as) const noexcept {
    for (std::uint64_t bucket = first; bucket < end; ++bucket) *header(bucket) = as;
  }

  // ---- chunks that come and go ----

  // Makes sure that `bucket` has memory; the buckets before it have. Throws what the allocator
  // throws; what was provided stays.
  STEADY_ALWAYS_INLINE void provide(memory_type& memory, const array_layout& layout,
                                    std::uint64_t bucket, noted_as groups) {
    if (bucket >> layout.log2_chunk_buckets >= provided_chunks_) [[unlikely]]
      provide_next(memory, layout, groups);
  }

  // Touches the headers of the next chunk, where they have memory already: their page is often a
  // new one, and the call that provides the chunk waits for other new pages.
  STEADY_COLD void touch_next_headers(const array_layout& layout) const noexcept {
    const std::uint64_t next = provided_buckets(layout);
    if (next % store::headers_together != 0 && next < line_.buckets()) header(next)->filter = 0;
  }

  // Gives back the memory of all chunks that end at or before `bucket`; no element is left there.
  // This is how memory goes in steps. So that it goes to the system in steps, too, a large array
  // gives back the pages itself, where the allocator is one that takes its memory from there.
  STEADY_ALWAYS_INLINE void release_below(memory_type& memory, const array_layout& layout,
                                          std::uint64_t bucket) noexcept {
    if (bucket >> layout.log2_chunk_buckets > released_chunks_) [[unlikely]]
      release_chunks_below(memory, layout, bucket);
  }

  // Gives back all that is left; no element is.
  STEADY_NOINLINE void destroy(memory_type& memory, const array_layout& layout) noexcept {
    if (is_embedded(line_, layout)) {
      if (exists()) release_only_block(memory, layout);
      *this = bucket_array();
      return;
    }
    for (std::uint64_t chunk = released_chunks_; chunk < provided_chunks_; ++chunk) {
      release_chunk(memory, layout, chunk, false);
    }
    destroy_headers(memory, layout);
  }
  // The same in parts, for who destroys the elements of a chunk before it goes: first the chunks,
  // from first_chunk() up to end_chunk(), then the headers.
  std::uint64_t first_chunk() const noexcept { return released_chunks_; }
  std::uint64_t end_chunk() const noexcept { return provided_chunks_; }
  STEADY_NOINLINE void release_chunk(memory_type& memory, const array_layout& layout,
                                     std::uint64_t number, bool with_pages) noexcept {
    if (is_embedded(line_, layout)) return release_only_block(memory, layout);
    const std::uint64_t first = number << layout.log2_chunk_buckets;
    chunk_of(first, layout).release_extensions(memory);
    std::byte* const block = slots(first, layout) - layout.full_chunk.slots;
    detail::unpoison<Storage::is_poisoned>(block, layout.full_chunk.bytes);
    memory.release_chunk(block, layout.full_chunk.bytes, layout.alignment, with_pages);
  }
  STEADY_COLD void destroy_headers(memory_type& memory, const array_layout& layout) noexcept {
    if (!exists()) return;
    if (!is_embedded(line_, layout)) {
      store::destroy(memory, root_, line_, released_chunks_, provided_chunks_, layout);
    }
    *this = bucket_array();
  }

  // The number of buckets that have memory, counted from the first.
  std::uint64_t provided_buckets(const array_layout& layout) const noexcept {
    if (is_embedded(line_, layout)) return provided_chunks_ * line_.buckets();
    return std::uint64_t{provided_chunks_} << layout.log2_chunk_buckets;
  }
  std::size_t chunks() const noexcept { return provided_chunks_ - released_chunks_; }

  // What an embedded array holds; O(extensions).
  STEADY_COLD std::size_t embedded_bytes(const memory_type& memory,
                                         const array_layout& layout) const noexcept {
    if (!exists()) return 0;
    const std::size_t own = memory.rounded(block(layout).bytes, layout.alignment);
    if (is_tiny()) return own;
    return own + chunk_of(0, layout).extensions() *
                     memory.rounded(layout.extension_bytes(line_.buckets()), layout.alignment);
  }

  // ---- buckets ----

  bucket_header* header(std::uint64_t bucket) const noexcept {
    return store::header(root(), bucket);
  }
  std::byte* slots(std::uint64_t bucket, const array_layout& layout) const noexcept {
    return store::slots(root(), directory_, bucket, layout);
  }
  slot_set empty_slots(std::uint64_t bucket, const array_layout& layout) const noexcept {
    return tags(bucket).empty() & slot_set::first(layout.width);
  }
  slot_set full_slots(std::uint64_t bucket, const array_layout& layout) const noexcept {
    return ~tags(bucket).empty() & slot_set::first(layout.width);
  }

  // Whether the bucket has neither elements nor overflow buckets.
  bool is_empty(std::uint64_t bucket, const array_layout& layout) const noexcept {
    return full_slots(bucket, layout).empty() && overflow_of(bucket, layout).empty();
  }

  chain_type overflow_of(std::uint64_t bucket, const array_layout& layout) const noexcept {
    if (header(bucket)->filter == 0) return chain_type(nullptr);
    return chain_type(detail::to_raw(extras(slots(bucket, layout), bucket, layout).first_overflow));
  }
  // The link to a bucket's overflow; has a meaning only while the bucket's filter is not 0.
  overflow_link& first_overflow(std::uint64_t bucket, const array_layout& layout) const noexcept {
    return extras(slots(bucket, layout), bucket, layout).first_overflow;
  }
  // An overflow bucket for `bucket`, empty and not linked yet. Throws what the allocator throws.
  overflow* take_overflow(memory_type& memory, std::uint64_t bucket,
                          const array_layout& layout) const {
    return chunk_of(bucket, layout).take_overflow(memory, bucket % layout.chunk_buckets());
  }
  // Gives the overflow buckets of `bucket` that have become empty back to the chunk.
  STEADY_COLD void drop_empty_overflow(memory_type& memory, std::uint64_t bucket,
                                       const array_layout& layout) const noexcept {
    if (!chain_type::drop_empty(chunk_of(bucket, layout), memory, first_overflow(bucket, layout),
                                layout)) {
      header(bucket)->filter = 0;
    }
  }
  // The chunk that the bucket is in.
  chunk<Storage> chunk_of(std::uint64_t bucket, const array_layout& layout) const noexcept {
    const std::uint64_t first = bucket >> layout.log2_chunk_buckets << layout.log2_chunk_buckets;
    return {slots(first, layout), buckets_per_chunk(layout), layout};
  }

  // Whether chunks have a bit for each group of their buckets.
  bool has_occupancy(const array_layout& layout) const noexcept {
    return exists() && !is_tiny() && layout.has_occupancy(buckets_per_chunk(layout));
  }
  // Chunks with a group of buckets that is not noted to hold elements, those included that have no
  // memory yet.
  std::uint32_t sparse_chunks() const noexcept { return sparse_chunks_; }
  void count_sparse_chunk() noexcept { ++sparse_chunks_; }
  void uncount_sparse_chunk() noexcept { --sparse_chunks_; }
  // A bit for each chunk, of an array of several.
  bit_levels chunks_in_use(const array_layout& layout) const noexcept {
    return {store::chunk_bits(root(), line_, layout),
            line_.log2_buckets() - layout.log2_chunk_buckets};
  }

  // ---- cached hash bits, in arrays that keep some ----

  // Of a bucket with these slots; those of empty slots may be anything.
  static std::uint8_t* cached_hashes(std::byte* slots, std::uint64_t bucket,
                                     const array_layout& layout) noexcept {
    return reinterpret_cast<std::uint8_t*>(std::addressof(extras(slots, bucket, layout))) +
           sizeof(bucket_extras<Storage>);
  }
  // Before or after an element is put into the slot `number` of a bucket with these slots.
  void cache_hash(std::byte* slots, std::uint64_t bucket, std::uint64_t number,
                  std::uint64_t position, const array_layout& layout) const noexcept {
    if (!layout.caches_hashes) return;
    cached_hashes(slots, bucket, layout)[number] = cached_hash::of(line_).of_position(position);
  }

  static bool is_embedded(line_partition line, const array_layout& layout) noexcept {
    return line.log2_buckets() == 0 || line.log2_buckets() < layout.log2_chunk_buckets;
  }

 private:
  native_tag_group tags(std::uint64_t bucket) const noexcept {
    return native_tag_group::load(header(bucket));
  }
  static bucket_extras<Storage>& extras(std::byte* slots, std::uint64_t bucket,
                                        const array_layout& layout) noexcept {
    return detail::extras_of<Storage>(slots, bucket % layout.chunk_buckets(),
                                      layout.slots_and_extras(), layout.extras_bytes);
  }
  std::uint32_t all_chunks(const array_layout& layout) const noexcept {
    if (is_embedded(line_, layout)) return 1;
    return static_cast<std::uint32_t>(line_.buckets() >> layout.log2_chunk_buckets);
  }
  std::size_t buckets_per_chunk(const array_layout& layout) const noexcept {
    return is_embedded(line_, layout) ? line_.buckets() : layout.chunk_buckets();
  }

  static chunk_extent embedded_extent(line_partition line, const array_layout& layout) noexcept {
    if (line.log2_buckets() < array_layout::few_sizes) return layout.few[line.log2_buckets()];
    const std::size_t headers = line.buckets() * sizeof(bucket_header);
    return layout.chunk(line.buckets(), store::embedded_prefix + headers);
  }
  // The block of an embedded array.
  struct only_block {
    std::byte* begin;
    std::size_t bytes;
  };
  only_block block(const array_layout& layout) const noexcept {
    std::byte* const first = slots(0, layout);
    if (is_tiny()) {
      const tiny_block& tiny = layout.tiny[tiny_size(layout)];
      return {first - tiny.slots, tiny.bytes};
    }
    const chunk_extent size = embedded_extent(line_, layout);
    return {first - size.slots, size.bytes};
  }
  STEADY_NOINLINE void release_only_block(memory_type& memory,
                                          const array_layout& layout) const noexcept {
    if (!is_tiny()) chunk_of(0, layout).release_extensions(memory);
    const only_block own = block(layout);
    detail::unpoison<Storage::is_poisoned>(own.begin, own.bytes);
    memory.recorder().chunk_released();
    memory.release(own.begin, own.bytes, layout.alignment);
  }
  void create_embedded(memory_type& memory, const array_layout& layout, line_partition line,
                       noted_as groups) {
    const chunk_extent size = embedded_extent(line, layout);
    std::byte* const block = memory.allocate(size.bytes, layout.alignment);
    memory.recorder().chunk_allocated();
    root_ = store::embed(block);
    provided_chunks_ = 1;
    store::set_slots(root(), -1, 0, block + size.slots, layout);
    chunk<Storage>(block + size.slots, line.buckets(), layout).initialize(size, groups);
  }

  STEADY_COLD void provide_next(memory_type& memory, const array_layout& layout, noted_as groups) {
    const chunk_extent& size = layout.full_chunk;
    std::byte* const block = memory.allocate_chunk(size.bytes, layout.alignment);
    STEADY_TRY { store::provide(memory, root_, line_, provided_chunks_, layout); }
    STEADY_CATCH_ALL {
      memory.release_chunk(block, size.bytes, layout.alignment, false);
      STEADY_RETHROW;
    }
    if (line_.log2_buckets() > layout.log2_chunk_buckets) {
      const bit_levels chunks = chunks_in_use(layout);
      chunks.provide(provided_chunks_);
      if (groups == noted_as::filled) chunks.set(provided_chunks_);
    }
    store::set_slots(root(), directory_, provided_chunks_, block + size.slots, layout);
    chunk<Storage>(block + size.slots, layout.chunk_buckets(), layout).initialize(size, groups);
    ++provided_chunks_;
  }

  STEADY_COLD void release_chunks_below(memory_type& memory, const array_layout& layout,
                                        std::uint64_t bucket) noexcept {
    if (is_embedded(line_, layout)) return;
    while (released_chunks_ < bucket >> layout.log2_chunk_buckets) {
      release_chunk(memory, layout, released_chunks_, store::is_reserved(line_, layout));
      ++released_chunks_;
      store::release(memory, root_, line_, released_chunks_, layout);
    }
  }

  root_link root_ = store::nowhere();
  std::uint32_t provided_chunks_ = 0;
  std::uint32_t released_chunks_ = 0;
  std::uint32_t sparse_chunks_ = 0;
  line_partition line_;
  std::int8_t directory_ = 0;
};

}  // namespace steady::detail
