// Headers in one contiguous run: the fast way, because nothing stands between a hash and its
// header. Twin of header_leaves.hpp: same interface.
//
//   [directory, entry of the first chunk last] [headers]
//                                              ^ root
//
// Up to a slice (64 KiB) of headers the run is a block from the allocator. Beyond that it is a
// reserved range of addresses: creating it is O(1), pages appear as headers are written, and go
// slice by slice as the frontier leaves them behind.
//
// The directory (where each chunk's slots are) grows downwards from the headers, so that one
// address leads to both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/address_range.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/geometry.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/pointers.hpp>

namespace steady::detail {

template <class Slot, class Allocator, class Policy>
class header_run {
  // Where the slots of the array's first bucket would be if all chunks were laid out in a row with
  // this one. So a bucket's number in its chunk need not be worked out.
  using directory_entry = std::uintptr_t;

  using header_link = pointer_of<Allocator, bucket_header>;

 public:
  using root_type = const bucket_header*;
  using root_link = header_link;

  // Room that embedded headers need in front of them.
  static constexpr std::size_t embedded_prefix =
      round_up(sizeof(directory_entry), sizeof(bucket_header));

  root_type root() const noexcept { return to_raw(headers_); }

  // The root as somebody else may keep it, and back; or one that leads every lookup to
  // detour_header.
  root_link link() const noexcept { return headers_; }
  static root_type root_of(const root_link& link) noexcept { return to_raw(link); }
  static root_link detour() noexcept {
    return to_stored<root_link>(const_cast<bucket_header*>(&detour_header));
  }

  static STEADY_ALWAYS_INLINE bucket_header* header(root_type root, std::uint64_t bucket) noexcept {
    return const_cast<bucket_header*>(root) + bucket;
  }

  // Whether an array has addresses reserved for its headers: one that is not small.
  static bool is_reserved(line_partition line) noexcept { return extent::of(line).reserved; }

  // The slots of the bucket whose index times 16 is `offset`.
  static STEADY_ALWAYS_INLINE Slot* slots_at(root_type root, std::uint64_t offset) noexcept {
    const std::uint64_t bucket = offset / sizeof(bucket_header);
    const directory_entry first = *entry(root, bucket / layout::chunk_buckets);
    if constexpr (layout::bucket_bytes % sizeof(bucket_header) == 0) {
      return reinterpret_cast<Slot*>(first +
                                     times<(layout::bucket_bytes / sizeof(bucket_header))>(offset));
    } else {
      return reinterpret_cast<Slot*>(first + bucket * layout::bucket_bytes);
    }
  }

  // Enters `chunk`, whose slots begin at `first`, in the directory.
  static void set_slots(root_type root, std::uint64_t chunk, Slot* first) noexcept {
    std::construct_at(entry(root, chunk), reinterpret_cast<directory_entry>(first) -
                                              chunk * layout::chunk_buckets * layout::bucket_bytes);
  }

  // Headers that live in front of the only chunk, `prefix` being embedded_prefix bytes before them.
  void embed(std::byte* prefix) noexcept {
    headers_ = to_stored<header_link>(reinterpret_cast<bucket_header*>(prefix + embedded_prefix));
  }

  // Headers in memory of their own. Throws std::bad_alloc; nothing changes then.
  template <class Memory>
  void create(Memory& memory, line_partition line) {
    const extent size = extent::of(line);
    std::byte* block;
    if (size.reserved) {
      block = detail::reserve_addresses(size.directory + size.headers);
    } else {
      block = memory.template allocate<alignof(bucket_header)>(size.directory + size.headers);
    }
    headers_ = to_stored<header_link>(reinterpret_cast<bucket_header*>(block + size.directory));
  }

  // From now on the headers up to and including `bucket`, and their directory entries, may be
  // written.
  template <class Memory>
  void provide(Memory& memory, line_partition line, std::uint64_t bucket) noexcept {
    if (bucket / slice_headers < provided_slices_ || !extent::of(line).reserved) return;
    do {
      memory.supplied(slice_bytes);
      if (provided_slices_ % slices_per_directory_slice == 0) memory.supplied(slice_bytes);
      ++provided_slices_;
    } while (provided_slices_ <= bucket / slice_headers);
  }

  // Nothing below `bucket` will be looked at again.
  template <class Memory>
  void release_below(Memory& memory, line_partition line, std::uint64_t bucket) noexcept {
    if (bucket / slice_headers <= released_slices_ || !extent::of(line).reserved) return;
    auto* const begin = reinterpret_cast<std::byte*>(to_raw(headers_));
    do {
      release_pages(begin + released_slices_ * slice_bytes, slice_bytes);
      memory.withdrawn(slice_bytes);
      ++released_slices_;
      if (released_slices_ % slices_per_directory_slice == 0) {
        const std::size_t below = released_slices_ / slices_per_directory_slice * slice_bytes;
        release_pages(begin - below, slice_bytes);
        memory.withdrawn(slice_bytes);
      }
    } while (released_slices_ < bucket / slice_headers);
  }

  // Gives back what create() took.
  template <class Memory>
  void destroy(Memory& memory, line_partition line) noexcept {
    const extent size = extent::of(line);
    auto* const block = reinterpret_cast<std::byte*>(to_raw(headers_)) - size.directory;
    if (!size.reserved) {
      memory.template release<alignof(bucket_header)>(block, size.directory + size.headers);
      return;
    }
    release_addresses(block, size.directory + size.headers);
    const auto slices = [](std::uint64_t n) {
      return n + (n + slices_per_directory_slice - 1) / slices_per_directory_slice;
    };
    const std::uint64_t released = released_slices_ + released_slices_ / slices_per_directory_slice;
    memory.withdrawn((slices(provided_slices_) - released) * slice_bytes);
  }

 private:
  using layout = geometry<Slot, Allocator, Policy>;

  static STEADY_ALWAYS_INLINE directory_entry* entry(root_type root, std::uint64_t chunk) noexcept {
    auto* const end = reinterpret_cast<directory_entry*>(const_cast<bucket_header*>(root));
    return end + static_cast<std::ptrdiff_t>(~chunk);  // -1 - chunk
  }

  static constexpr std::uint64_t slice_headers = slice_bytes / sizeof(bucket_header);

  // Slices of headers whose directory entries fill a slice.
  static constexpr std::uint64_t slices_per_directory_slice = std::max<std::uint64_t>(
      sizeof(bucket_header) * layout::chunk_buckets / sizeof(directory_entry), 1);

  // Bytes of a run with memory of its own.
  struct extent {
    std::size_t directory;
    std::size_t headers;
    bool reserved;

    static constexpr extent of(line_partition line) noexcept {
      extent size{};
      size.headers = line.buckets() * sizeof(bucket_header);
      size.directory = (line.buckets() >> layout::log2_chunk_buckets) * sizeof(directory_entry);
      size.reserved = size.headers > slice_bytes;
      size.directory =
          round_up(size.directory, size.reserved ? slice_bytes : sizeof(bucket_header));
      return size;
    }
  };

  header_link headers_ = to_stored<header_link>(const_cast<bucket_header*>(&empty_header));
  std::uint64_t provided_slices_ = 0;
  std::uint64_t released_slices_ = 0;
};

}  // namespace steady::detail
