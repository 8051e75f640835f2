// Debris: pairs of bucket arrays that a container has let go of and demolishes in steps, beside its
// present ones. A linked list, each in a block of its own, the newest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include <steady/detail/demolition.hpp>
#include <steady/detail/pointers.hpp>

namespace steady::detail {

template <class Elements, class Arrays, class Allocator>
class debris {
 public:
  debris() noexcept = default;
  debris(const debris&) = delete;
  debris& operator=(const debris&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t elements() const noexcept { return elements_; }

  // Buckets that are left.
  std::size_t pending() const noexcept { return pending_; }

  // Takes the content of `arrays`, `elements` in number. O(1). Throws what the allocator throws;
  // nothing has changed then.
  void take(Arrays& arrays, std::size_t elements) {
    std::byte* const block = arrays.memory.template allocate<alignof(heap)>(sizeof(heap));
    heap* const made = std::construct_at(reinterpret_cast<heap*>(block), arrays, first_, elements);
    made->arrays.memory.pass_block_to(arrays.memory, ++blocks_ * block_bytes);
    first_ = to_stored<heap_link>(made);
    bytes_ += made->arrays.memory.bytes;
    elements_ += elements;
    pending_ += made->work.pending(made->arrays);
  }

  // Demolishes at most `most` buckets; returns how many. `arrays` are the container's present ones,
  // whose memory the blocks of the list came from.
  std::size_t step(Arrays& arrays, std::size_t most) noexcept {
    std::size_t done = 0;
    while (done < most && !empty()) {
      heap& at = *to_raw(first_);
      bytes_ -= at.arrays.memory.bytes;
      pending_ -= at.work.pending(at.arrays);
      const std::size_t before = at.work.destroyed();
      done += at.work.step(at.arrays, most - done);
      at.elements -= at.work.destroyed() - before;
      elements_ -= at.work.destroyed() - before;
      pending_ += at.work.pending(at.arrays);
      bytes_ += at.arrays.memory.bytes;
      arrays.memory.recorder.take(at.arrays.memory.recorder);
      if (!at.arrays.has_memory()) remove_first(arrays);
    }
    return done;
  }

  void swap(debris& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(bytes_, other.bytes_);
    std::swap(elements_, other.elements_);
    std::swap(pending_, other.pending_);
    std::swap(blocks_, other.blocks_);
  }

 private:
  struct heap;
  using heap_link = pointer_of<Allocator, heap>;

  struct heap {
    heap(Arrays& from, const heap_link& older, std::size_t count) noexcept
        : arrays(from.memory.allocator()), work(from), next(older), elements(count) {
      arrays.take(from);
    }

    Arrays arrays;
    demolition<Elements, Arrays> work;
    heap_link next;
    std::size_t elements;
  };
  static constexpr std::size_t block_bytes = sizeof(heap);

  void remove_first(Arrays& arrays) noexcept {
    heap* const gone = to_raw(first_);
    first_ = gone->next;
    --blocks_;
    elements_ -= gone->elements;
    std::destroy_at(gone);
    arrays.memory.template release<alignof(heap)>(reinterpret_cast<std::byte*>(gone), block_bytes);
  }

  heap_link first_ = nullptr;
  std::size_t bytes_ = 0;     // not counting the blocks of the list, which the present arrays own
  std::size_t elements_ = 0;  // not destroyed yet; those that need no destroying go all at once
  std::size_t pending_ = 0;
  std::size_t blocks_ = 0;  // of the list
};

}  // namespace steady::detail
