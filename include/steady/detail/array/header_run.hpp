// Headers in one contiguous run: the fast way, because nothing stands between a hash and its
// header. Twin of header_leaves.hpp: same interface.
//
//   [bits of chunks] [directory, entry of the first chunk last] [headers]
//                                                               ^ root
//
// Up to a slice (64 KiB) of headers the run is a block from the allocator. Beyond that it is a
// reserved range of addresses: creating it is O(1), pages appear as headers are written, and go
// slice by slice as the frontier leaves them behind.
//
// The directory says where each chunk's slots are, and grows downwards from the headers, so that
// one address leads to both. `directory` is the number of the first chunk's entry, in words from
// the root: -1, but in tiny arrays, whose only entry is elsewhere and tells how many slots they
// have. Slices follow from the chunks: those of [released, provided) are in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/address_range.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Header, class Storage>
class header_run {
  // Where the slots of the array's first bucket would be if all chunks were laid out in a row with
  // this one. So a bucket's number in its chunk need not be computed.
  using directory_entry = std::uintptr_t;

 public:
  using memory_type = map_memory<Storage>;
  using root_type = const Header*;                               // as lookups have it
  using root_link = typename Storage::template pointer<Header>;  // as it is stored

  static constexpr root_link nowhere() noexcept {
    return detail::to_stored<root_link>(const_cast<Header*>(&empty_header));
  }
  static root_link detour() noexcept {
    return detail::to_stored<root_link>(const_cast<Header*>(&detour_header));
  }
  static STEADY_ALWAYS_INLINE root_type root_of(const root_link& link) noexcept {
    return detail::to_raw(link);
  }

  // ---- finding ----

  static STEADY_ALWAYS_INLINE Header* header(root_type root, std::uint64_t bucket) noexcept {
    return const_cast<Header*>(root) + bucket;
  }

  // The slots of the bucket whose index times 16 is `offset`.
  template <class Layout>
  static STEADY_ALWAYS_INLINE std::byte* slots_at(root_type root, std::int8_t directory,
                                                  std::uint64_t offset) noexcept {
    const std::uint64_t bucket = offset / sizeof(Header);
    const directory_entry first = *entry(root, directory, bucket / Layout::chunk_buckets);
    if constexpr (Layout::bucket_bytes % sizeof(Header) == 0) {
      return reinterpret_cast<std::byte*>(first +
                                          times<(Layout::bucket_bytes / sizeof(Header))>(offset));
    } else {
      return reinterpret_cast<std::byte*>(first + bucket * Layout::bucket_bytes);
    }
  }
  // The slots of the first bucket in that bucket's chunk.
  template <class Layout>
  static STEADY_ALWAYS_INLINE std::byte* chunk_at(root_type root, std::int8_t directory,
                                                  std::uint64_t offset) noexcept {
    constexpr std::uint64_t in_chunk = Layout::chunk_buckets * sizeof(Header) - 1;
    return slots_at<Layout>(root, directory, offset & ~in_chunk);
  }
  // The same by numbers.
  static std::byte* slots(root_type root, std::int8_t directory, std::uint64_t bucket,
                          const array_layout& layout) noexcept {
    const directory_entry first = *entry(root, directory, bucket >> layout.log2_chunk_buckets);
    return reinterpret_cast<std::byte*>(first + bucket * layout.bucket_bytes);
  }

  // Enters `chunk`, whose slots begin at `first`, in the directory.
  static void set_slots(root_type root, std::int8_t directory, std::uint64_t chunk,
                        std::byte* first, const array_layout& layout) noexcept {
    std::construct_at(entry(root, directory, chunk),
                      reinterpret_cast<directory_entry>(first) -
                          (chunk << layout.log2_chunk_buckets) * layout.bucket_bytes);
  }

  // ---- headers in front of the only chunk ----

  // Room that they need in front of them, and their root, `prefix` being that room.
  static constexpr std::size_t embedded_prefix = round_up(sizeof(directory_entry), sizeof(Header));
  static root_link embed(std::byte* prefix) noexcept {
    return detail::to_stored<root_link>(reinterpret_cast<Header*>(prefix + embedded_prefix));
  }

  // ---- tiny arrays ----
  // The directory entry comes behind the slots, where no room is lost to alignment; if that is too
  // far away, it comes in front.

  static constexpr tiny_block tiny(unsigned size, const array_layout& layout) noexcept {
    const std::uint32_t slots = layout.tiny_slots(size);
    const chunk_extent extent = layout.tiny_extent(slots, 0);
    std::size_t entry = extent.bytes / sizeof(directory_entry);
    if (layout.slot_bytes < 4) entry += slots;  // so that every number of slots has another one
    if (entry <= 127) {
      return {0, extent.slots, (entry + 1) * sizeof(directory_entry), slots,
              static_cast<std::int8_t>(entry)};
    }
    const std::size_t words = size + 2;  // in front of the root
    const std::size_t prefix = round_up(words * sizeof(directory_entry), sizeof(Header));
    const chunk_extent behind = layout.tiny_extent(slots, prefix);
    return {prefix, behind.slots, behind.bytes, slots,
            static_cast<std::int8_t>(-static_cast<int>(words))};
  }

  // ---- headers in memory of their own ----

  // Whether an array has addresses reserved for its headers: one that is not small.
  static bool is_reserved(line_partition line, const array_layout& layout) noexcept {
    return extent::of(line, layout).reserved;
  }

  // Throws std::bad_alloc; nothing changes then.
  STEADY_COLD static root_link create(memory_type& memory, line_partition line,
                                      const array_layout& layout) {
    const extent size = extent::of(line, layout);
    std::byte* const block = size.reserved ? memory.reserve(size.total())
                                           : memory.allocate(size.total(), alignof(Header));
    if (size.reserved) memory.supplied(size.chunk_bits);
    return detail::to_stored<root_link>(
        reinterpret_cast<Header*>(block + size.chunk_bits_room + size.directory));
  }

  // So many headers get memory together, when the first chunk of theirs does.
  static constexpr std::uint64_t headers_together = slice_bytes / sizeof(Header);

  // From now on the headers of `chunk`, and its directory entry, may be written.
  STEADY_COLD static void provide(memory_type& memory, const root_link&, line_partition line,
                                  std::uint64_t chunk, const array_layout& layout) noexcept {
    const std::uint64_t bucket = chunk << layout.log2_chunk_buckets;
    if (bucket % headers_together != 0 || !extent::of(line, layout).reserved) return;
    memory.supplied(slice_bytes);
    if (bucket / headers_together % slices_per_directory_slice(layout) == 0) {
      memory.supplied(slice_bytes);
    }
  }

  // No chunk below `chunks` will be looked at again; the last of them was given back just now.
  STEADY_COLD static void release(memory_type& memory, const root_link& root, line_partition line,
                                  std::uint64_t chunks, const array_layout& layout) noexcept {
    const std::uint64_t bucket = chunks << layout.log2_chunk_buckets;
    if (bucket % headers_together != 0 || !extent::of(line, layout).reserved) return;
    const std::uint64_t slices = bucket / headers_together;
    auto* const begin = reinterpret_cast<std::byte*>(detail::to_raw(root));
    release_pages(begin + (slices - 1) * slice_bytes, slice_bytes);
    memory.withdrawn(slice_bytes);
    if (slices % slices_per_directory_slice(layout) == 0) {
      release_pages(begin - slices / slices_per_directory_slice(layout) * slice_bytes, slice_bytes);
      memory.withdrawn(slice_bytes);
    }
  }

  // Gives back what create() took. Chunks were given back up to `released`, and headers with them
  // if `with_headers`; chunks from `provided` on were never there.
  STEADY_COLD static void destroy(memory_type& memory, const root_link& root, line_partition line,
                                  std::uint64_t released, std::uint64_t provided,
                                  const array_layout& layout) noexcept {
    const extent size = extent::of(line, layout);
    auto* const block =
        reinterpret_cast<std::byte*>(detail::to_raw(root)) - size.directory - size.chunk_bits_room;
    if (!size.reserved) return memory.release(block, size.total(), alignof(Header));
    release_addresses(block, size.total());
    memory.withdrawn(size.chunk_bits);
    const std::uint64_t per_directory = slices_per_directory_slice(layout);
    const std::uint64_t ended = (released << layout.log2_chunk_buckets) / headers_together;
    const std::uint64_t begun =
        ((provided << layout.log2_chunk_buckets) + headers_together - 1) / headers_together;
    // What is left after a migration is a slice of each, which are far apart.
    memory.withdrawn((begun - ended) * slice_bytes);
    memory.withdrawn(((begun + per_directory - 1) / per_directory - ended / per_directory) *
                     slice_bytes);
  }

  // Where the bits of the chunks are; the array is not embedded.
  static std::uint64_t* chunk_bits(root_type root, line_partition line,
                                   const array_layout& layout) noexcept {
    const extent size = extent::of(line, layout);
    auto* const begin = reinterpret_cast<std::byte*>(const_cast<Header*>(root));
    return reinterpret_cast<std::uint64_t*>(begin - size.directory - size.chunk_bits_room);
  }

 private:
  static STEADY_ALWAYS_INLINE directory_entry* entry(root_type root, std::int8_t directory,
                                                     std::uint64_t chunk) noexcept {
    auto* const at = reinterpret_cast<directory_entry*>(const_cast<Header*>(root));
    return at + (std::ptrdiff_t{directory} - static_cast<std::ptrdiff_t>(chunk));
  }

  static_assert(headers_together >= 4096, "a chunk's headers lie in one slice");

  // Slices of headers whose directory entries fill a slice.
  static std::uint64_t slices_per_directory_slice(const array_layout& layout) noexcept {
    return max_of<std::uint64_t>(
        (sizeof(Header) << layout.log2_chunk_buckets) / sizeof(directory_entry), 1);
  }

  // Bytes of a run with memory of its own.
  struct extent {
    std::size_t chunk_bits;
    std::size_t chunk_bits_room;
    std::size_t directory;
    std::size_t headers;
    bool reserved;

    static extent of(line_partition line, const array_layout& layout) noexcept {
      extent size{};
      size.headers = line.buckets() * sizeof(Header);
      size.directory = (line.buckets() >> layout.log2_chunk_buckets) * sizeof(directory_entry);
      size.reserved = size.headers > slice_bytes;
      size.directory = round_up(size.directory, size.reserved ? slice_bytes : sizeof(Header));
      size.chunk_bits = layout.chunk_bits_bytes(line);
      size.chunk_bits_room =
          round_up(size.chunk_bits, size.reserved ? slice_bytes : sizeof(Header));
      return size;
    }
    std::size_t total() const noexcept { return chunk_bits_room + directory + headers; }
  };
};

}  // namespace steady::detail
