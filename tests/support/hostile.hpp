// Types whose namespace has templates that take everything argument-dependent lookup brings there,
// and that have no address, no comma and no `!` themselves: whoever uses them may only do what the
// standard lets a container do with its arguments.
//
//   hostile            keys, values, functions, allocators, a policy; every operator is greedy
//   hostile_pointers   fancy pointers, which need some operators: those of logic, `&` and `,` are
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/policy.hpp>

#define HOSTILE_UNARY(op) \
  template <class T>      \
  void operator op(T&&) = delete
#define HOSTILE_BINARY(op)    \
  template <class T, class U> \
  void operator op(T&&, U&&) = delete
#define HOSTILE_LOGIC         \
  HOSTILE_UNARY(&);           \
  HOSTILE_UNARY(!);           \
  HOSTILE_BINARY(&&);         \
  HOSTILE_BINARY(||);         \
  template <class T, class U> \
  void operator,(T&&, U&&) = delete

// Every way to call a function of that name.
#define HOSTILE_FUNCTION(name)         \
  template <class... Ts>               \
  void name(Ts&&...) = delete;         \
  template <class T>                   \
  void name(T&&) = delete;             \
  template <class T, class U>          \
  void name(T&&, U&&) = delete;        \
  template <class T, class U, class V> \
  void name(T&&, U&&, V&&) = delete;   \
  template <class E, class... Ts>      \
  void name(Ts&&...) = delete;         \
  template <std::size_t, class... Ts>  \
  void name(Ts&&...) = delete;         \
  template <bool, class... Ts>         \
  void name(Ts&&...) = delete

// What the library calls, of its own and of the standard library.
#define HOSTILE_FUNCTIONS                \
  HOSTILE_FUNCTION(addressof);           \
  HOSTILE_FUNCTION(as_const);            \
  HOSTILE_FUNCTION(begin);               \
  HOSTILE_FUNCTION(construct_at);        \
  HOSTILE_FUNCTION(destroy_at);          \
  HOSTILE_FUNCTION(end);                 \
  HOSTILE_FUNCTION(exchange);            \
  HOSTILE_FUNCTION(forward);             \
  HOSTILE_FUNCTION(move);                \
  HOSTILE_FUNCTION(to_address);          \
  HOSTILE_FUNCTION(allocate_block);      \
  HOSTILE_FUNCTION(assume);              \
  HOSTILE_FUNCTION(bits_of_float);       \
  HOSTILE_FUNCTION(claim_overflow_slot); \
  HOSTILE_FUNCTION(clamped);             \
  HOSTILE_FUNCTION(construct_element);   \
  HOSTILE_FUNCTION(destroy_array);       \
  HOSTILE_FUNCTION(destroy_arrays);      \
  HOSTILE_FUNCTION(destroy_bucket);      \
  HOSTILE_FUNCTION(destroy_element);     \
  HOSTILE_FUNCTION(extras_of);           \
  HOSTILE_FUNCTION(fold);                \
  HOSTILE_FUNCTION(hash_bytes);          \
  HOSTILE_FUNCTION(hash_integer);        \
  HOSTILE_FUNCTION(hash_one);            \
  HOSTILE_FUNCTION(hash_values);         \
  HOSTILE_FUNCTION(header_around);       \
  HOSTILE_FUNCTION(in_filter);           \
  HOSTILE_FUNCTION(known_length);        \
  HOSTILE_FUNCTION(max_of);              \
  HOSTILE_FUNCTION(min_of);              \
  HOSTILE_FUNCTION(misuse);              \
  HOSTILE_FUNCTION(nanoseconds_in);      \
  HOSTILE_FUNCTION(overflow_slots);      \
  HOSTILE_FUNCTION(poison);              \
  HOSTILE_FUNCTION(position_of);         \
  HOSTILE_FUNCTION(prefetch);            \
  HOSTILE_FUNCTION(prefetch_lines);      \
  HOSTILE_FUNCTION(release_block);       \
  HOSTILE_FUNCTION(retire);              \
  HOSTILE_FUNCTION(round_up);            \
  HOSTILE_FUNCTION(select);              \
  HOSTILE_FUNCTION(slot_of);             \
  HOSTILE_FUNCTION(to_raw);              \
  HOSTILE_FUNCTION(to_stored);           \
  HOSTILE_FUNCTION(unpoison)

namespace hostile {

HOSTILE_LOGIC;
HOSTILE_FUNCTIONS;
HOSTILE_FUNCTION(erase_if);
HOSTILE_UNARY(*);
HOSTILE_UNARY(+);
HOSTILE_UNARY(-);
HOSTILE_UNARY(~);
HOSTILE_UNARY(++);
HOSTILE_UNARY(--);
HOSTILE_BINARY(+);
HOSTILE_BINARY(-);
HOSTILE_BINARY(*);
HOSTILE_BINARY(/);
HOSTILE_BINARY(%);
HOSTILE_BINARY(&);
HOSTILE_BINARY(|);
HOSTILE_BINARY(^);
HOSTILE_BINARY(<<);
HOSTILE_BINARY(>>);
HOSTILE_BINARY(==);
HOSTILE_BINARY(!=);
HOSTILE_BINARY(<);
HOSTILE_BINARY(>);
HOSTILE_BINARY(<=);
HOSTILE_BINARY(>=);
HOSTILE_BINARY(<=>);
HOSTILE_BINARY(+=);
HOSTILE_BINARY(-=);
HOSTILE_BINARY(|=);
HOSTILE_BINARY(&=);
HOSTILE_BINARY(->*);

// Neither its address nor a comma behind it may be had, also by name.
struct value {
  int number = 0;
  value() = default;
  value(int n) noexcept : number(n) {}  // NOLINT: implicit, as greedy types are

  void operator&() const = delete;
  void operator!() const = delete;
  template <class T>
  void operator,(T&&) const = delete;
  template <class T>
  void operator&&(T&&) const = delete;
  template <class T>
  void operator||(T&&) const = delete;
  friend bool operator==(const value& a, const value& b) noexcept { return a.number == b.number; }
};

// The same, movable only, and with memory of its own.
struct owner {
  std::unique_ptr<int> number;
  owner() = default;
  explicit owner(int n) : number(std::make_unique<int>(n)) {}
  void operator&() const = delete;
};

struct hash {
  std::size_t operator()(const value& key) const noexcept {
    return static_cast<std::size_t>(key.number);
  }
};
struct equal {
  bool operator()(const value& a, const value& b) const noexcept { return a.number == b.number; }
};

template <class T>
struct allocator {
  using value_type = T;
  void operator&() const = delete;

  allocator() = default;
  template <class U>
  allocator(const allocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* block, std::size_t count) noexcept {
    std::allocator<T>().deallocate(block, count);
  }
  friend bool operator==(const allocator&, const allocator&) noexcept { return true; }
};

// Differs from others, so that moving goes element by element.
template <class T>
struct numbered_allocator : allocator<T> {
  using value_type = T;
  int number = 0;

  numbered_allocator() = default;
  explicit numbered_allocator(int n) noexcept : number(n) {}
  template <class U>
  numbered_allocator(const numbered_allocator<U>& other) noexcept : number(other.number) {}
  friend bool operator==(const numbered_allocator& a, const numbered_allocator& b) noexcept {
    return a.number == b.number;
  }
};

struct policy : steady::default_policy {
  static constexpr std::size_t chunk_bytes = 4096;
};

}  // namespace hostile

namespace hostile_pointers {

HOSTILE_LOGIC;
HOSTILE_FUNCTIONS;

template <class T>
class pointer {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using difference_type = std::ptrdiff_t;
  using reference = std::add_lvalue_reference_t<T>;
  using iterator_category = std::random_access_iterator_tag;

  pointer() noexcept = default;
  pointer(std::nullptr_t) noexcept {}
  explicit pointer(T* raw) noexcept : raw_(raw) {}
  template <class U>
  requires std::is_convertible_v<U*, T*> pointer(const pointer<U>& other)
  noexcept : raw_(other.raw()) {}
  template <class U>
  requires(!std::is_convertible_v<U*, T*> &&
           std::is_void_v<U>) explicit pointer(const pointer<U>& other) noexcept
      : raw_(static_cast<T*>(other.raw())) {}

  template <class U>
  requires std::is_same_v<U, T>
  static pointer pointer_to(U& target) noexcept { return pointer(std::addressof(target)); }

  void operator&() const = delete;
  void operator!() const = delete;
  template <class U>
  void operator,(U&&) const = delete;

  T* raw() const noexcept { return raw_; }
  T* operator->() const noexcept { return raw_; }
  reference operator*() const noexcept requires(!std::is_void_v<T>) { return *raw_; }
  reference operator[](std::ptrdiff_t n) const noexcept requires(!std::is_void_v<T>) {
    return raw_[n];
  }
  explicit operator bool() const noexcept { return raw_ != nullptr; }

  pointer& operator+=(std::ptrdiff_t n) noexcept {
    raw_ += n;
    return *this;
  }
  pointer& operator-=(std::ptrdiff_t n) noexcept { return *this += -n; }
  pointer& operator++() noexcept { return *this += 1; }
  pointer& operator--() noexcept { return *this += -1; }
  friend pointer operator+(pointer p, std::ptrdiff_t n) noexcept { return p += n; }
  friend pointer operator-(pointer p, std::ptrdiff_t n) noexcept { return p -= n; }
  friend std::ptrdiff_t operator-(pointer a, pointer b) noexcept { return a.raw_ - b.raw_; }
  friend bool operator==(pointer a, pointer b) noexcept { return a.raw_ == b.raw_; }
  friend auto operator<=>(pointer a, pointer b) noexcept { return a.raw_ <=> b.raw_; }

 private:
  T* raw_ = nullptr;
};

template <class T>
struct allocator {
  using value_type = T;
  using pointer = hostile_pointers::pointer<T>;
  using const_pointer = hostile_pointers::pointer<const T>;
  using void_pointer = hostile_pointers::pointer<void>;
  using const_void_pointer = hostile_pointers::pointer<const void>;

  allocator() = default;
  template <class U>
  allocator(const allocator<U>&) noexcept {}
  pointer allocate(std::size_t count) { return pointer(std::allocator<T>().allocate(count)); }
  void deallocate(pointer block, std::size_t count) noexcept {
    std::allocator<T>().deallocate(block.raw(), count);
  }
  friend bool operator==(const allocator&, const allocator&) noexcept { return true; }
};

}  // namespace hostile_pointers

#undef HOSTILE_UNARY
#undef HOSTILE_BINARY
#undef HOSTILE_LOGIC
#undef HOSTILE_FUNCTION
#undef HOSTILE_FUNCTIONS
