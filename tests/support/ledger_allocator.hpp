// An allocator that keeps a ledger, and fails where the ledger says so.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

namespace support {

struct memory_ledger {
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  std::size_t bytes = 0;    // outstanding
  std::size_t blocks = 0;   // outstanding
  std::size_t largest = 0;  // bytes, ever
  std::size_t calls = 0;    // of allocate()

  std::size_t fail_at = never;       // this call of allocate() fails
  std::size_t refuse_above = never;  // allocating larger blocks fails

  bool has_failed() const { return calls >= fail_at; }
};

template <bool Propagates>
struct propagation : std::bool_constant<Propagates> {};

// Two are equal when they share a ledger. `Propagation` is what copying and moving assignment and
// swap do with it.
template <class T, class Propagation = propagation<false>>
class ledger_allocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = Propagation;
  using propagate_on_container_move_assignment = Propagation;
  using propagate_on_container_swap = Propagation;

  explicit ledger_allocator(memory_ledger& ledger) noexcept : ledger_(&ledger) {}
  template <class U>
  ledger_allocator(const ledger_allocator<U, Propagation>& other) noexcept
      : ledger_(&other.ledger()) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    memory_ledger& book = *ledger_;
    if (++book.calls == book.fail_at || bytes > book.refuse_above) throw std::bad_alloc();
    void* const block = ::operator new(bytes, std::align_val_t(alignof(T)));
    book.bytes += bytes;
    ++book.blocks;
    book.largest = std::max(book.largest, bytes);
    return static_cast<T*>(block);
  }

  void deallocate(T* block, std::size_t count) noexcept {
    ledger_->bytes -= count * sizeof(T);
    --ledger_->blocks;
    ::operator delete(block, std::align_val_t(alignof(T)));
  }

  memory_ledger& ledger() const noexcept { return *ledger_; }

  template <class U>
  friend bool operator==(const ledger_allocator& a,
                         const ledger_allocator<U, Propagation>& b) noexcept {
    return &a.ledger() == &b.ledger();
  }

 private:
  memory_ledger* ledger_;
};

}  // namespace support
