// Headers in leaves of at most 64 KiB behind a fixed-fanout radix directory: for allocators whose
// blocks must stay small, and systems without address reservation. Twin of header_run.hpp: same
// interface; a lookup takes two more loads.
//
//   root: [node] [node] ...     one entry per 2^21 buckets, allocated with the array, never copied
//   node: [leaf] [leaf] ...     512 entries
//   leaf: [directory, entry of the first chunk last] [headers, up to 4096]
//                                                    ^ what the node points to
//
// Nodes and leaves come as the frontier enters them, and go as it leaves them. A root is larger
// than a chunk only beyond 2^34 buckets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <steady/detail/bucket.hpp>
#include <steady/detail/geometry.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/pointers.hpp>

namespace steady::detail {

template <class Slot, class Allocator, class Policy>
class header_leaves {
  using leaf_link = pointer_of<Allocator, bucket_header>;
  using node_link = pointer_of<Allocator, leaf_link>;
  using slots_link = pointer_of<Allocator, Slot>;

 public:
  using root_type = const node_link*;
  using root_link = pointer_of<Allocator, node_link>;

  header_leaves() noexcept {
    if constexpr (!null_when_nowhere) root_ = root_to<empty_header>();
  }

  // Room that embedded headers need in front of them: a root and a node of one entry each, and the
  // directory's only entry.
  static constexpr std::size_t embedded_prefix =
      round_up(sizeof(node_link) + sizeof(leaf_link) + sizeof(slots_link), sizeof(bucket_header));

  root_type root() const noexcept {
    if constexpr (null_when_nowhere)
      return root_ == nullptr ? root_to<empty_header>() : to_raw(root_);
    return to_raw(root_);
  }

  // The root as somebody else may keep it, and back; or one that leads every lookup to
  // detour_header.
  root_link link() const noexcept { return root_; }
  static root_type root_of(const root_link& link) noexcept {
    if constexpr (null_when_nowhere)
      return link == nullptr ? root_to<detour_header>() : to_raw(link);
    return to_raw(link);
  }
  static root_link detour() noexcept {
    if constexpr (null_when_nowhere) return nullptr;
    return to_stored<root_link>(root_to<detour_header>());
  }

  static STEADY_ALWAYS_INLINE bucket_header* header(root_type root, std::uint64_t bucket) noexcept {
    return leaf(root, bucket) + bucket % leaf_headers;
  }

  static bool is_reserved(line_partition) noexcept { return false; }

  // The slots of the bucket whose index times 16 is `offset`.
  static STEADY_ALWAYS_INLINE Slot* slots_at(root_type root, std::uint64_t offset) noexcept {
    const std::uint64_t bucket = offset / sizeof(bucket_header);
    return to_raw(*entry(root, bucket / layout::chunk_buckets)) +
           bucket % layout::chunk_buckets * layout::width;
  }

  // Enters `chunk`, whose slots begin at `first`, in the directory.
  static void set_slots(root_type root, std::uint64_t chunk, Slot* first) noexcept {
    std::construct_at(entry(root, chunk), to_stored<slots_link>(first));
  }

  // Headers that live in front of the only chunk, `prefix` being embedded_prefix bytes before them.
  void embed(std::byte* prefix) noexcept {
    auto* const headers = reinterpret_cast<bucket_header*>(prefix + embedded_prefix);
    auto* const node = std::construct_at(reinterpret_cast<leaf_link*>(prefix + sizeof(node_link)),
                                         to_stored<leaf_link>(headers));
    root_ = to_stored<root_link>(
        std::construct_at(reinterpret_cast<node_link*>(prefix), to_stored<node_link>(node)));
  }

  // Headers in memory of their own. Throws what the allocator throws; nothing changes then.
  template <class Memory>
  void create(Memory& memory, line_partition line) {
    auto* const block = memory.template allocate<block_alignment>(root_bytes(line));
    root_ = to_stored<root_link>(reinterpret_cast<node_link*>(block));
  }

  // From now on the headers up to and including `bucket`, and their directory entries, may be
  // written.
  template <class Memory>
  void provide(Memory& memory, line_partition line, std::uint64_t bucket) {
    while (provided_leaves_ <= bucket / leaf_headers) {
      if (provided_leaves_ / node_leaves == provided_nodes_) provide_node(memory, line);
      auto* const block = memory.template allocate<block_alignment>(leaf_bytes(line));
      auto* const headers = reinterpret_cast<bucket_header*>(block + leaf_directory_bytes(line));
      std::construct_at(leaf_entry(provided_leaves_), to_stored<leaf_link>(headers));
      ++provided_leaves_;
    }
  }

  // Nothing below `bucket` will be looked at again.
  template <class Memory>
  void release_below(Memory& memory, line_partition line, std::uint64_t bucket) noexcept {
    while (released_leaves_ < bucket / leaf_headers) release_leaf(memory, line);
  }

  // Gives back what create() took and what provide() added.
  template <class Memory>
  void destroy(Memory& memory, line_partition line) noexcept {
    while (released_leaves_ < provided_leaves_) release_leaf(memory, line);
    if (released_nodes_ < provided_nodes_) release_node(memory, line);
    memory.template release<block_alignment>(
        reinterpret_cast<std::byte*>(const_cast<node_link*>(root())), root_bytes(line));
  }

 private:
  static STEADY_ALWAYS_INLINE slots_link* entry(root_type root, std::uint64_t chunk) noexcept {
    auto* const end =
        reinterpret_cast<slots_link*>(leaf(root, chunk << layout::log2_chunk_buckets));
    return end - 1 - chunk % leaf_chunks;
  }

  using layout = geometry<Slot, Allocator, Policy>;

  static constexpr std::size_t block_alignment = alignof(bucket_header);
  static constexpr std::uint64_t leaf_headers = 4096;
  static constexpr std::uint64_t node_leaves = 512;
  static constexpr std::uint64_t leaf_chunks = leaf_headers >> layout::log2_chunk_buckets;

  static bucket_header* leaf(root_type root, std::uint64_t bucket) noexcept {
    const std::uint64_t leaf = bucket / leaf_headers;
    return to_raw(to_raw(root[leaf / node_leaves])[leaf % node_leaves]);
  }

  static std::uint64_t leaves(line_partition line) noexcept {
    return std::max<std::uint64_t>(line.buckets() / leaf_headers, 1);
  }
  static std::size_t root_bytes(line_partition line) noexcept {
    return std::max<std::uint64_t>(leaves(line) / node_leaves, 1) * sizeof(node_link);
  }
  static std::size_t node_bytes(line_partition line) noexcept {
    return std::min(leaves(line), node_leaves) * sizeof(leaf_link);
  }
  static std::size_t leaf_directory_bytes(line_partition line) noexcept {
    const std::uint64_t chunks =
        std::min(line.buckets(), leaf_headers) >> layout::log2_chunk_buckets;
    return round_up(chunks * sizeof(slots_link), block_alignment);
  }
  static std::size_t leaf_bytes(line_partition line) noexcept {
    return leaf_directory_bytes(line) +
           std::min(line.buckets(), leaf_headers) * sizeof(bucket_header);
  }

  leaf_link* leaf_entry(std::uint64_t leaf) const noexcept {
    return to_raw(root()[leaf / node_leaves]) + leaf % node_leaves;
  }

  template <class Memory>
  void provide_node(Memory& memory, line_partition line) {
    auto* const block = memory.template allocate<block_alignment>(node_bytes(line));
    std::construct_at(const_cast<node_link*>(root()) + provided_nodes_,
                      to_stored<node_link>(reinterpret_cast<leaf_link*>(block)));
    ++provided_nodes_;
  }

  template <class Memory>
  void release_leaf(Memory& memory, line_partition line) noexcept {
    auto* const headers = reinterpret_cast<std::byte*>(to_raw(*leaf_entry(released_leaves_)));
    memory.template release<block_alignment>(headers - leaf_directory_bytes(line),
                                             leaf_bytes(line));
    ++released_leaves_;
    if (released_leaves_ % node_leaves == 0) release_node(memory, line);
  }

  template <class Memory>
  void release_node(Memory& memory, line_partition line) noexcept {
    auto* const block = reinterpret_cast<std::byte*>(to_raw(root()[released_nodes_]));
    memory.template release<block_alignment>(block, node_bytes(line));
    ++released_nodes_;
  }

  // A fancy pointer may be read by another process, where what these lead to is elsewhere.
  static constexpr bool null_when_nowhere = !std::is_pointer_v<root_link>;

  // A root of one bucket, `Header`.
  template <const bucket_header& Header>
  static node_link* root_to() noexcept {
    static leaf_link leaf = to_stored<leaf_link>(const_cast<bucket_header*>(&Header));
    static node_link node = to_stored<node_link>(&leaf);
    return &node;
  }

  root_link root_ = nullptr;
  std::uint64_t provided_leaves_ = 0;
  std::uint64_t released_leaves_ = 0;
  std::uint64_t provided_nodes_ = 0;
  std::uint64_t released_nodes_ = 0;
};

}  // namespace steady::detail
