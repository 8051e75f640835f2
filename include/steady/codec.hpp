// steady::codec: how a value becomes bytes, and bytes a value, the same on every machine.
//
//   steady::byte_buffer bytes;
//   steady::codec<std::string>::write(bytes, "apples");
//   steady::byte_reader in(bytes.view());
//   std::string text;
//   if (!steady::codec<std::string>::read(in, text)) ...   // these bytes are no text
//
// Numbers are little-endian, in as many bytes as their type has; enums as their underlying type,
// which they have to name, unless they are scoped: others bear no numbers but those of enumerators;
// float and double as IEEE 754; bool as a byte 0 or 1. Texts and vectors: a count of 4 bytes, then
// what they hold. Pairs and arrays: one part after the other. Optionals: a byte 0, or 1 and the
// value.
//
// For a type of your own, specialise it:
//
//   template <>
//   struct steady::codec<point> {
//     static std::string name() { return "point"; }      // stored, and compared when it is read
//     static void write(byte_buffer& out, const point& value);
//     static bool read(byte_reader& in, point& value);    // false: these bytes are none
//   };
//
// read() trusts nothing: it reads no further than there are bytes, and allocates no more than they
// justify. Values are default-constructed, then read.
//
//   Bound    O(bytes).
//   Throws   std::bad_alloc, and what the value's own functions throw; write() of what has more
//            than 2^32 - 1 elements throws std::length_error, and of a vector whose elements take
//            no bytes, std::invalid_argument.
//   Threads  any.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

namespace steady {

// Bytes that grow at their end. Unlike a vector it does not write bytes that are overwritten at
// once.
class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ~byte_buffer() = default;

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  unsigned char* data() noexcept { return bytes_.get(); }
  const unsigned char* data() const noexcept { return bytes_.get(); }
  std::span<const unsigned char> view() const noexcept { return {bytes_.get(), size_}; }

  void clear() noexcept { size_ = 0; }
  // To no more than there are.
  void truncate(std::size_t size) noexcept { size_ = size; }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) static_cast<void>(grow(capacity));
  }

  // Room for `count` more bytes, which the caller has to write.
  unsigned char* extend(std::size_t count) {
    if (count > capacity_ - size_) static_cast<void>(grow(size_ + count));
    return take(count);
  }
  // They may be bytes of this buffer.
  void append(const void* bytes, std::size_t count) {
    block before;
    if (count > capacity_ - size_) before = grow(size_ + count);
    if (count != 0) std::memcpy(take(count), bytes, count);
  }
  // The lowest bytes of a number, the lowest first.
  template <unsigned Bytes>
  void number(std::uint64_t value) {
    unsigned char* const to = extend(Bytes);
    for (unsigned n = 0; n < Bytes; ++n) to[n] = static_cast<unsigned char>(value >> (8 * n));
  }

 private:
  using block = std::unique_ptr<unsigned char[]>;

  // Of the room that there is.
  unsigned char* take(std::size_t count) noexcept {
    unsigned char* const fresh = bytes_.get() + size_;
    size_ += count;
    return fresh;
  }
  // Returns the block that there was.
  [[nodiscard]] STEADY_NOINLINE block grow(std::size_t needed) {
    const std::size_t doubled = capacity_ * 2 < 256 ? 256 : capacity_ * 2;
    const std::size_t room = needed < doubled ? doubled : needed;
    block larger(new unsigned char[room]);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    capacity_ = room;
    return std::exchange(bytes_, std::move(larger));
  }

  block bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Bytes that are read from the front. Each function is false, and takes nothing, where too few are
// left.
class byte_reader {
 public:
  explicit byte_reader(std::span<const unsigned char> bytes) noexcept
      : at_(bytes.data()), left_(bytes.size()) {}

  std::size_t left() const noexcept { return left_; }

  // The next `count` bytes, where they are.
  bool take(std::span<const unsigned char>& bytes, std::size_t count) noexcept {
    if (count > left_) return false;
    bytes = {at_, count};
    at_ += count;
    left_ -= count;
    return true;
  }
  template <unsigned Bytes>
  bool number(std::uint64_t& value) noexcept {
    std::span<const unsigned char> bytes;
    if (!take(bytes, Bytes)) return false;
    value = 0;
    for (unsigned n = 0; n < Bytes; ++n) value |= std::uint64_t{bytes[n]} << (8 * n);
    return true;
  }

 private:
  const unsigned char* at_;
  std::size_t left_;
};

template <class T>
struct codec;  // specialise it for a type of your own, see above

template <class T>
concept has_codec = std::default_initializable<T> &&
    requires(byte_buffer& out, byte_reader& in, const T& value, T& read) {
  { codec<T>::name() } -> std::convertible_to<std::string>;
  codec<T>::write(out, value);
  { codec<T>::read(in, read) } -> std::same_as<bool>;
};

namespace detail {

// What has 64 bits in bytes, and is known to fit into memory. A template, because where sizes have
// 64 bits, too, compilers may call the cast useless otherwise.
template <std::unsigned_integral Number>
constexpr std::size_t as_size(Number number) noexcept {
  return static_cast<std::size_t>(number);
}

inline void write_count(byte_buffer& out, std::size_t count) {
  if (count > (std::numeric_limits<std::uint32_t>::max)()) {
    STEADY_THROW(std::length_error("steady::codec: more than 2^32 - 1 elements"));
  }
  out.number<4>(count);
}

inline std::string number_name(char kind, std::size_t bytes) {
  return kind + std::to_string(8 * bytes);
}

template <class T>
concept word_integer = std::integral<T> && sizeof(T) <= sizeof(std::uint64_t);

// By comparing: traits know integers of 128 bits only where the compiler's extensions are on. Plain
// characters are signed here whether or not they are on this machine.
template <class T>
inline constexpr char integer_kind =
    static_cast<T>(-1) < static_cast<T>(0) || std::same_as<T, char> || std::same_as<T, wchar_t>
        ? 'i'
        : 'u';

}  // namespace detail

template <detail::word_integer T>
struct codec<T> {
  static std::string name() { return detail::number_name(detail::integer_kind<T>, sizeof(T)); }
  static void write(byte_buffer& out, T value) {
    out.number<sizeof(T)>(static_cast<std::uint64_t>(value));
  }
  static bool read(byte_reader& in, T& value) noexcept {
    std::uint64_t number = 0;
    if (!in.number<sizeof(T)>(number)) return false;
    value = static_cast<T>(number);
    return true;
  }
};

template <detail::wide_integer T>
struct codec<T> {
  static std::string name() { return detail::number_name(detail::integer_kind<T>, sizeof(T)); }
  static void write(byte_buffer& out, T value) {
    out.number<8>(static_cast<std::uint64_t>(value));
    out.number<8>(static_cast<std::uint64_t>(value >> 64));
  }
  static bool read(byte_reader& in, T& value) noexcept {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (in.left() < sizeof(T) || !in.number<8>(low) || !in.number<8>(high)) return false;
    value = static_cast<T>(static_cast<T>(high) << 64 | static_cast<T>(low));
    return true;
  }
};

template <>
struct codec<bool> {
  static std::string name() { return "bool"; }
  static void write(byte_buffer& out, bool value) { out.number<1>(value ? 1 : 0); }
  static bool read(byte_reader& in, bool& value) noexcept {
    std::uint64_t number = 0;
    if (!in.number<1>(number) || number > 1) return false;
    value = number == 1;
    return true;
  }
};

template <class T>
requires std::is_enum_v<T> && requires { T{std::underlying_type_t<T>{}}; }
struct codec<T> {
  using number = std::underlying_type_t<T>;

  static std::string name() { return codec<number>::name(); }
  static void write(byte_buffer& out, T value) {
    codec<number>::write(out, static_cast<number>(value));
  }
  // Any number: whether it is one of the enumerators, only the type's owner knows.
  static bool read(byte_reader& in, T& value) noexcept {
    number read{};
    if (!codec<number>::read(in, read)) return false;
    value = static_cast<T>(read);
    return true;
  }
};

template <class T>
requires std::same_as<T, float> || std::same_as<T, double>
struct codec<T> {
  static_assert(std::numeric_limits<T>::is_iec559);
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static_assert(sizeof(bits) == sizeof(T));

  static std::string name() { return detail::number_name('f', sizeof(T)); }
  static void write(byte_buffer& out, T value) {
    out.number<sizeof(T)>(std::bit_cast<bits>(value));
  }
  static bool read(byte_reader& in, T& value) noexcept {
    bits read{};
    if (!codec<bits>::read(in, read)) return false;
    value = std::bit_cast<T>(read);
    return true;
  }
};

template <class Traits, class Allocator>
struct codec<std::basic_string<char, Traits, Allocator>> {
  static std::string name() { return "text"; }
  static void write(byte_buffer& out, const std::basic_string<char, Traits, Allocator>& value) {
    detail::write_count(out, value.size());
    out.append(value.data(), value.size());
  }
  static bool read(byte_reader& in, std::basic_string<char, Traits, Allocator>& value) {
    std::uint64_t count = 0;
    std::span<const unsigned char> bytes;
    if (!in.number<4>(count) || !in.take(bytes, detail::as_size(count))) return false;
    value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }
};

// The elements must take a byte each, at least: a count alone proves nothing when it is read.
template <class T, class Allocator>
struct codec<std::vector<T, Allocator>> {
  static std::string name() { return "vector<" + codec<T>::name() + ">"; }
  static void write(byte_buffer& out, const std::vector<T, Allocator>& value) {
    detail::write_count(out, value.size());
    for (const auto& element : value) {
      const std::size_t before = out.size();
      codec<T>::write(out, element);
      if (out.size() == before) {
        STEADY_THROW(std::invalid_argument("steady::codec: an element of a vector without bytes"));
      }
    }
  }
  static bool read(byte_reader& in, std::vector<T, Allocator>& value) {
    std::uint64_t count = 0;
    if (!in.number<4>(count) || count > in.left()) return false;
    value.clear();
    for (; count > 0; --count) {
      const std::size_t left = in.left();
      T element{};
      if (!codec<T>::read(in, element) || in.left() == left) return false;
      value.push_back(std::move(element));
    }
    return true;
  }
};

template <class First, class Second>
struct codec<std::pair<First, Second>> {
  static std::string name() {
    return "pair<" + codec<First>::name() + "," + codec<Second>::name() + ">";
  }
  static void write(byte_buffer& out, const std::pair<First, Second>& value) {
    codec<First>::write(out, value.first);
    codec<Second>::write(out, value.second);
  }
  static bool read(byte_reader& in, std::pair<First, Second>& value) {
    return codec<First>::read(in, value.first) && codec<Second>::read(in, value.second);
  }
};

template <class T, std::size_t Count>
struct codec<std::array<T, Count>> {
  static std::string name() {
    return "array<" + codec<T>::name() + "," + std::to_string(Count) + ">";
  }
  static void write(byte_buffer& out, const std::array<T, Count>& value) {
    for (const T& element : value) codec<T>::write(out, element);
  }
  static bool read(byte_reader& in, std::array<T, Count>& value) {
    for (T& element : value) {
      if (!codec<T>::read(in, element)) return false;
    }
    return true;
  }
};

template <class T>
struct codec<std::optional<T>> {
  static std::string name() { return "optional<" + codec<T>::name() + ">"; }
  static void write(byte_buffer& out, const std::optional<T>& value) {
    codec<bool>::write(out, value.has_value());
    if (value) codec<T>::write(out, *value);
  }
  static bool read(byte_reader& in, std::optional<T>& value) {
    bool exists = false;
    if (!codec<bool>::read(in, exists)) return false;
    value.reset();
    return !exists || codec<T>::read(in, value.emplace());
  }
};

}  // namespace steady
