// A fancy pointer, as one in shared memory: it holds the distance from itself, so copying its bytes
// elsewhere breaks it. And an allocator that deals in it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <type_traits>

namespace support {

template <class T>
class offset_pointer {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using difference_type = std::ptrdiff_t;
  using pointer = offset_pointer;
  using reference = std::add_lvalue_reference_t<T>;
  using iterator_category = std::random_access_iterator_tag;

  offset_pointer() noexcept = default;
  offset_pointer(std::nullptr_t) noexcept {}
  explicit offset_pointer(T* raw) noexcept { set(raw); }
  offset_pointer(const offset_pointer& other) noexcept { set(other.get()); }
  template <class U>
  requires std::is_convertible_v<U*, T*> offset_pointer(const offset_pointer<U>& other)
  noexcept { set(other.get()); }
  template <class U>
  requires(!std::is_convertible_v<U*, T*> &&
           std::is_void_v<U>) explicit offset_pointer(const offset_pointer<U>& other) noexcept {
    set(static_cast<T*>(other.get()));
  }
  offset_pointer& operator=(const offset_pointer& other) noexcept {
    set(other.get());
    return *this;
  }

  template <class U>
  requires std::is_same_v<U, T>
  static offset_pointer pointer_to(U& target) noexcept {
    return offset_pointer(std::addressof(target));
  }

  T* get() const noexcept {
    if (offset_ == none) return nullptr;
    return reinterpret_cast<T*>(address() + offset_);
  }
  T* operator->() const noexcept { return get(); }
  reference operator*() const noexcept requires(!std::is_void_v<T>) { return *get(); }
  reference operator[](std::ptrdiff_t n) const noexcept requires(!std::is_void_v<T>) {
    return get()[n];
  }
  explicit operator bool() const noexcept { return offset_ != none; }

  offset_pointer& operator+=(std::ptrdiff_t n) noexcept {
    set(get() + n);
    return *this;
  }
  offset_pointer& operator-=(std::ptrdiff_t n) noexcept { return *this += -n; }
  offset_pointer& operator++() noexcept { return *this += 1; }
  offset_pointer& operator--() noexcept { return *this -= 1; }
  offset_pointer operator++(int) noexcept {
    offset_pointer before = *this;
    ++*this;
    return before;
  }
  offset_pointer operator--(int) noexcept {
    offset_pointer before = *this;
    --*this;
    return before;
  }
  friend offset_pointer operator+(offset_pointer p, std::ptrdiff_t n) noexcept { return p += n; }
  friend offset_pointer operator+(std::ptrdiff_t n, offset_pointer p) noexcept { return p += n; }
  friend offset_pointer operator-(offset_pointer p, std::ptrdiff_t n) noexcept { return p -= n; }
  friend std::ptrdiff_t operator-(const offset_pointer& a, const offset_pointer& b) noexcept {
    return a.get() - b.get();
  }
  friend bool operator==(const offset_pointer& a, const offset_pointer& b) noexcept {
    return a.get() == b.get();
  }
  friend bool operator==(const offset_pointer& a, std::nullptr_t) noexcept {
    return a.get() == nullptr;
  }
  friend auto operator<=>(const offset_pointer& a, const offset_pointer& b) noexcept {
    return a.get() <=> b.get();
  }

 private:
  // An object never points to its own second byte.
  static constexpr std::uintptr_t none = 1;

  std::uintptr_t address() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  void set(T* raw) noexcept {
    offset_ = raw == nullptr ? none : reinterpret_cast<std::uintptr_t>(raw) - address();
  }

  std::uintptr_t offset_ = none;
};

// Blocks that offset allocators have outstanding.
inline std::size_t& offset_blocks() noexcept {
  static std::size_t count = 0;
  return count;
}

template <class T>
struct offset_allocator {
  using value_type = T;
  using pointer = offset_pointer<T>;
  using const_pointer = offset_pointer<const T>;
  using void_pointer = offset_pointer<void>;
  using const_void_pointer = offset_pointer<const void>;

  offset_allocator() = default;
  template <class U>
  offset_allocator(const offset_allocator<U>&) noexcept {}

  pointer allocate(std::size_t count) {
    ++offset_blocks();
    return pointer(
        static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(alignof(T)))));
  }
  void deallocate(pointer block, std::size_t) noexcept {
    --offset_blocks();
    ::operator delete(block.get(), std::align_val_t(alignof(T)));
  }

  friend bool operator==(const offset_allocator&, const offset_allocator&) noexcept { return true; }
};

}  // namespace support
