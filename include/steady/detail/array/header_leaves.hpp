// Headers in leaves of at most 64 KiB behind a fixed-fanout radix directory: for allocators whose
// blocks must stay small, and systems without address reservation. Twin of header_run.hpp: same
// interface; a lookup takes two more loads.
//
//   root: [node] [node] ... [bits of chunks]
//         one entry per 2^21 buckets, allocated with the array, never copied
//   node: [leaf] [leaf] ...     512 entries
//   leaf: [directory, entry of the first chunk last] [headers, up to 4096]
//                                                    ^ what the node points to
//
// Nodes and leaves come as the frontier enters them, and go as it leaves them; which are there
// follows from the chunks. A root is larger than a chunk only beyond 2^19 chunks. `directory` is
// -1, but in tiny arrays, where it tells how many slots they have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Header, class Storage>
class header_leaves {
  using leaf_link = typename Storage::template pointer<Header>;
  using node_link = typename Storage::template pointer<leaf_link>;
  using slots_link = typename Storage::template pointer<std::byte>;

 public:
  using memory_type = map_memory<Storage>;
  using root_type = const node_link*;                               // as lookups have it
  using root_link = typename Storage::template pointer<node_link>;  // as it is stored

  static constexpr root_link nowhere() noexcept {
    if constexpr (null_when_nowhere) {
      return nullptr;
    } else {
      return &nowhere_node;
    }
  }
  // Null in memory that another process reads, too: these addresses are of this process.
  static root_link detour() noexcept {
    if constexpr (null_when_nowhere) {
      return nullptr;
    } else {
      return &detour_node;
    }
  }
  static STEADY_ALWAYS_INLINE root_type root_of(const root_link& link) noexcept {
    if constexpr (null_when_nowhere) {
      return link == nullptr ? local_detour() : detail::to_raw(link);
    } else {
      return link;
    }
  }

  // ---- finding ----

  static STEADY_ALWAYS_INLINE Header* header(root_type root, std::uint64_t bucket) noexcept {
    return leaf(root, bucket) + bucket % leaf_headers;
  }

  // The slots of the bucket whose index times 16 is `offset`.
  template <class Layout>
  static STEADY_ALWAYS_INLINE std::byte* slots_at(root_type root, std::int8_t,
                                                  std::uint64_t offset) noexcept {
    const std::uint64_t bucket = offset / sizeof(Header);
    return chunk_at<Layout>(root, {}, offset) +
           bucket % Layout::chunk_buckets * Layout::bucket_bytes;
  }
  // The slots of the first bucket in that bucket's chunk.
  template <class Layout>
  static STEADY_ALWAYS_INLINE std::byte* chunk_at(root_type root, std::int8_t,
                                                  std::uint64_t offset) noexcept {
    const std::uint64_t bucket = offset / sizeof(Header);
    constexpr std::uint64_t leaf_chunks = leaf_headers / Layout::chunk_buckets;
    auto* const end = reinterpret_cast<slots_link*>(leaf(root, bucket));
    return detail::to_raw(*(end - 1 - bucket / Layout::chunk_buckets % leaf_chunks));
  }
  // The same by numbers.
  static std::byte* slots(root_type root, std::int8_t, std::uint64_t bucket,
                          const array_layout& layout) noexcept {
    return detail::to_raw(*entry(root, bucket >> layout.log2_chunk_buckets, layout)) +
           bucket % layout.chunk_buckets() * layout.bucket_bytes;
  }

  // Enters `chunk`, whose slots begin at `first`, in the directory.
  static void set_slots(root_type root, std::int8_t, std::uint64_t chunk, std::byte* first,
                        const array_layout& layout) noexcept {
    std::construct_at(entry(root, chunk, layout), detail::to_stored<slots_link>(first));
  }

  // ---- headers in front of the only chunk ----

  // Room that they need in front of them, for a root and a node of one entry each, and the
  // directory's only entry; and their root, `prefix` being that room.
  static constexpr std::size_t embedded_prefix =
      round_up(sizeof(node_link) + sizeof(leaf_link) + sizeof(slots_link), sizeof(Header));
  static root_link embed(std::byte* prefix) noexcept {
    auto* const headers = reinterpret_cast<Header*>(prefix + embedded_prefix);
    auto* const node = std::construct_at(reinterpret_cast<leaf_link*>(prefix + sizeof(node_link)),
                                         detail::to_stored<leaf_link>(headers));
    return detail::to_stored<root_link>(std::construct_at(reinterpret_cast<node_link*>(prefix),
                                                          detail::to_stored<node_link>(node)));
  }

  // ---- tiny arrays ----

  static constexpr tiny_block tiny(unsigned size, const array_layout& layout) noexcept {
    const std::uint32_t slots = layout.tiny_slots(size);
    const chunk_extent extent = layout.tiny_extent(slots, embedded_prefix);
    return {embedded_prefix, extent.slots, extent.bytes, slots, static_cast<std::int8_t>(size + 1)};
  }

  // ---- headers in memory of their own ----

  static bool is_reserved(line_partition, const array_layout&) noexcept { return false; }

  // Throws what the allocator throws; nothing changes then.
  STEADY_COLD static root_link create(memory_type& memory, line_partition line,
                                      const array_layout& layout) {
    std::byte* const block = memory.allocate(root_bytes(line, layout), block_alignment);
    return detail::to_stored<root_link>(reinterpret_cast<node_link*>(block));
  }

  // So many headers get memory together, when the first chunk of theirs does.
  static constexpr std::uint64_t headers_together = 4096;

  // From now on the headers of `chunk`, and its directory entry, may be written.
  STEADY_COLD static void provide(memory_type& memory, const root_link& root, line_partition line,
                                  std::uint64_t chunk, const array_layout& layout) {
    const std::uint64_t bucket = chunk << layout.log2_chunk_buckets;
    if (bucket % leaf_headers != 0) return;
    const std::uint64_t leaf = bucket / leaf_headers;
    std::byte* node = nullptr;
    if (leaf % node_leaves == 0) node = memory.allocate(node_bytes(line), block_alignment);
    std::byte* block;
    STEADY_TRY { block = memory.allocate(leaf_bytes(line, layout), block_alignment); }
    STEADY_CATCH_ALL {
      if (node != nullptr) memory.release(node, node_bytes(line), block_alignment);
      STEADY_RETHROW;
    }
    if (node != nullptr) {
      std::construct_at(const_cast<node_link*>(root_of(root)) + leaf / node_leaves,
                        detail::to_stored<node_link>(reinterpret_cast<leaf_link*>(node)));
    }
    auto* const headers = reinterpret_cast<Header*>(block + leaf_directory_bytes(line, layout));
    std::construct_at(leaf_entry(root, leaf), detail::to_stored<leaf_link>(headers));
  }
  // No chunk below `chunks` will be looked at again; the last of them was given back just now.
  STEADY_COLD static void release(memory_type& memory, const root_link& root, line_partition line,
                                  std::uint64_t chunks, const array_layout& layout) noexcept {
    const std::uint64_t bucket = chunks << layout.log2_chunk_buckets;
    if (bucket % leaf_headers != 0) return;
    const std::uint64_t leaf = bucket / leaf_headers - 1;
    release_leaf(memory, root, line, leaf, layout);
    if ((leaf + 1) % node_leaves == 0) release_node(memory, root, line, leaf / node_leaves);
  }

  // Gives back what create() took and what provide() added. Chunks were released up to `released`;
  // those from `provided` on were never there.
  STEADY_COLD static void destroy(memory_type& memory, const root_link& root, line_partition line,
                                  std::uint64_t released, std::uint64_t provided,
                                  const array_layout& layout) noexcept {
    const std::uint64_t ended = (released << layout.log2_chunk_buckets) / leaf_headers;
    const std::uint64_t begun =
        ((provided << layout.log2_chunk_buckets) + leaf_headers - 1) / leaf_headers;
    for (std::uint64_t leaf = ended; leaf < begun; ++leaf) {
      release_leaf(memory, root, line, leaf, layout);
    }
    const std::uint64_t nodes = (begun + node_leaves - 1) / node_leaves;
    for (std::uint64_t node = ended / node_leaves; node < nodes; ++node) {
      release_node(memory, root, line, node);
    }
    memory.release(reinterpret_cast<std::byte*>(const_cast<node_link*>(root_of(root))),
                   root_bytes(line, layout), block_alignment);
  }

  // Where the bits of the chunks are; the array is not embedded.
  static std::uint64_t* chunk_bits(root_type root, line_partition line,
                                   const array_layout&) noexcept {
    auto* const begin = reinterpret_cast<std::byte*>(const_cast<node_link*>(root));
    return reinterpret_cast<std::uint64_t*>(begin + nodes_bytes(line));
  }

 private:
  static constexpr std::size_t block_alignment = alignof(Header);
  static constexpr std::uint64_t leaf_headers = headers_together;
  static constexpr std::uint64_t node_leaves = 512;

  static Header* leaf(root_type root, std::uint64_t bucket) noexcept {
    const std::uint64_t leaf = bucket / leaf_headers;
    return detail::to_raw(detail::to_raw(root[leaf / node_leaves])[leaf % node_leaves]);
  }
  static slots_link* entry(root_type root, std::uint64_t chunk,
                           const array_layout& layout) noexcept {
    auto* const end = reinterpret_cast<slots_link*>(leaf(root, chunk << layout.log2_chunk_buckets));
    return end - 1 - chunk % (leaf_headers >> layout.log2_chunk_buckets);
  }
  static leaf_link* leaf_entry(const root_link& root, std::uint64_t leaf) noexcept {
    return detail::to_raw(root_of(root)[leaf / node_leaves]) + leaf % node_leaves;
  }

  static std::uint64_t leaves(line_partition line) noexcept {
    return max_of<std::uint64_t>(line.buckets() / leaf_headers, 1);
  }
  static std::size_t nodes_bytes(line_partition line) noexcept {
    return round_up(max_of<std::uint64_t>(leaves(line) / node_leaves, 1) * sizeof(node_link),
                    sizeof(std::uint64_t));
  }
  static std::size_t root_bytes(line_partition line, const array_layout& layout) noexcept {
    return nodes_bytes(line) + layout.chunk_bits_bytes(line);
  }
  static std::size_t node_bytes(line_partition line) noexcept {
    return min_of(leaves(line), node_leaves) * sizeof(leaf_link);
  }
  static std::size_t leaf_directory_bytes(line_partition line,
                                          const array_layout& layout) noexcept {
    const std::uint64_t chunks = min_of(line.buckets(), leaf_headers) >> layout.log2_chunk_buckets;
    return round_up(chunks * sizeof(slots_link), block_alignment);
  }
  static std::size_t leaf_bytes(line_partition line, const array_layout& layout) noexcept {
    return leaf_directory_bytes(line, layout) +
           min_of(line.buckets(), leaf_headers) * sizeof(Header);
  }

  static void release_leaf(memory_type& memory, const root_link& root, line_partition line,
                           std::uint64_t leaf, const array_layout& layout) noexcept {
    auto* const headers = reinterpret_cast<std::byte*>(detail::to_raw(*leaf_entry(root, leaf)));
    memory.release(headers - leaf_directory_bytes(line, layout), leaf_bytes(line, layout),
                   block_alignment);
  }
  static void release_node(memory_type& memory, const root_link& root, line_partition line,
                           std::uint64_t node) noexcept {
    auto* const block = reinterpret_cast<std::byte*>(detail::to_raw(root_of(root)[node]));
    memory.release(block, node_bytes(line), block_alignment);
  }

  static constexpr bool null_when_nowhere = !std::is_pointer_v<root_link>;

  // Roots of one bucket, for plain pointers only.
  static inline constinit leaf_link nowhere_leaf = const_cast<Header*>(&empty_header);
  static inline constinit leaf_link detour_leaf = const_cast<Header*>(&detour_header);
  static inline constinit node_link nowhere_node = &nowhere_leaf;
  static inline constinit node_link detour_node = &detour_leaf;
  static root_type local_detour() noexcept {
    static leaf_link leaf = detail::to_stored<leaf_link>(const_cast<Header*>(&detour_header));
    static node_link node = detail::to_stored<node_link>(std::addressof(leaf));
    return std::addressof(node);
  }
};

}  // namespace steady::detail
