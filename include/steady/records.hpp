// Records: frames of bytes with a checksum, and what stands in them. The files of durable maps are
// made of them, and a stream to another process can be (docs/formats.md).
//
//   a frame:   4 bytes: how long the payload is, 1 to max_payload_bytes
//              4 bytes: CRC-32C of these 4 bytes and of the payload
//              the payload: a tag of one byte, and what the tag says
//
// Parsing trusts nothing: what is no whole frame, or no record of the types asked for, is said to
// be none, and costs no more than its bytes.
//
//   Bound    O(bytes of the record).
//   Throws   what the codecs throw, and std::bad_alloc; parsing throws nothing else.
//   Threads  any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <steady/change.hpp>
#include <steady/codec.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/crc32c.hpp>

namespace steady {

inline constexpr std::size_t max_payload_bytes = std::size_t{64} << 20;
inline constexpr std::size_t frame_head_bytes = 8;

// The first byte of a payload. Changes have the number of their change_kind; with `after_sync`
// added they also say that everything before them was safely on the disk when they were written.
enum class record_tag : unsigned char {
  insert = 1,
  assign = 2,
  erase = 3,
  clear = 4,
  header = 16,   // of a file or a stream: what follows
  element = 17,  // of a snapshot: key, and value
  end = 18,      // of a snapshot: how many elements it has
  feed = 19      // alone in a file: what followers were told
};
inline constexpr unsigned char after_sync = 0x80;

// ---- frames ----

enum class frame_state {
  whole,
  incomplete,  // the bytes end before the frame does
  damaged      // no frame: an impossible length, or another checksum
};

struct parsed_frame {
  frame_state state = frame_state::incomplete;
  std::span<const unsigned char> payload;  // of a whole one
  std::size_t bytes = 0;                   // of the frame; of an incomplete one 8, or all it needs
};

inline parsed_frame parse_frame(std::span<const unsigned char> bytes) noexcept {
  std::uint64_t length = 0;
  std::uint64_t checksum = 0;
  byte_reader head(bytes);
  if (!head.number<4>(length) || !head.number<4>(checksum)) {
    return {frame_state::incomplete, {}, frame_head_bytes};
  }
  if (length == 0 || length > max_payload_bytes) return {frame_state::damaged, {}, 0};
  const std::size_t whole = frame_head_bytes + detail::as_size(length);
  if (bytes.size() < whole) return {frame_state::incomplete, {}, whole};
  const std::span<const unsigned char> payload =
      bytes.subspan(frame_head_bytes, detail::as_size(length));
  const std::uint32_t found =
      detail::crc32c(payload.data(), payload.size(), detail::crc32c(bytes.data(), 4));
  if (found != checksum) return {frame_state::damaged, {}, 0};
  return {frame_state::whole, payload, whole};
}

// Completes the frame at `start`, whose head was left free and whose payload ends the buffer; takes
// it away again and is false if that is empty or too long.
inline bool end_frame(byte_buffer& out, std::size_t start) noexcept {
  const std::size_t length = out.size() - start - frame_head_bytes;
  if (length == 0 || length > max_payload_bytes) {
    out.truncate(start);
    return false;
  }
  unsigned char* const head = out.data() + start;
  for (unsigned n = 0; n < 4; ++n) head[n] = static_cast<unsigned char>(length >> (8 * n));
  const std::uint32_t checksum =
      detail::crc32c(head + frame_head_bytes, length, detail::crc32c(head, 4));
  for (unsigned n = 0; n < 4; ++n) head[4 + n] = static_cast<unsigned char>(checksum >> (8 * n));
  return true;
}

// Appends a frame whose payload `write(out)` appends. False, and nothing is appended, if that is
// nothing or more than max_payload_bytes; nothing either if it throws.
template <class Write>
bool append_frame(byte_buffer& out, const Write& write) {
  const std::size_t start = out.size();
  STEADY_TRY {
    out.extend(frame_head_bytes);
    write(out);
  }
  STEADY_CATCH_ALL {
    out.truncate(start);
    STEADY_RETHROW;
  }
  return end_frame(out, start);
}

// The tag of a payload, without after_sync; a payload has a byte at least.
inline record_tag tag_of(std::span<const unsigned char> payload) noexcept {
  return static_cast<record_tag>(payload[0] & ~after_sync);
}
inline bool is_after_sync(std::span<const unsigned char> payload) noexcept {
  return (payload[0] & after_sync) != 0;
}

// ---- the header ----

enum class record_stream : unsigned char { log = 1, snapshot = 2 };

struct record_header {
  static constexpr std::uint64_t magic = 0x0a79646165747389u;  // "\x89steady\n", read as a number
  static constexpr std::uint64_t version = 1;

  record_stream stream = record_stream::log;
  std::uint64_t map_id = 0;    // the same in all files of a map
  std::uint64_t position = 0;  // of the last change before; of the last one that a snapshot shows
  std::uint64_t elements = 0;  // of a snapshot
  std::string key;             // names of the codecs
  std::string value;           // empty: a set

  friend bool operator==(const record_header&, const record_header&) = default;
};

// Throws std::length_error, too, if the names of the codecs are too long for a frame.
inline void append_header(byte_buffer& out, const record_header& header) {
  const bool fits = append_frame(out, [&](byte_buffer& to) {
    to.number<1>(static_cast<unsigned char>(record_tag::header));
    to.number<8>(record_header::magic);
    to.number<2>(record_header::version);
    to.number<1>(static_cast<unsigned char>(header.stream));
    to.number<8>(header.map_id);
    to.number<8>(header.position);
    to.number<8>(header.elements);
    codec<std::string>::write(to, header.key);
    codec<std::string>::write(to, header.value);
  });
  if (!fits) STEADY_THROW(std::length_error("steady: the names of codecs are too long"));
}

enum class header_state { good, not_steady, other_version };

inline header_state read_header(std::span<const unsigned char> payload, record_header& header) {
  byte_reader in(payload);
  std::uint64_t tag = 0;
  std::uint64_t magic = 0;
  std::uint64_t version = 0;
  if (!in.number<1>(tag) || tag != static_cast<unsigned char>(record_tag::header) ||
      !in.number<8>(magic) || magic != record_header::magic || !in.number<2>(version)) {
    return header_state::not_steady;
  }
  if (version != record_header::version) return header_state::other_version;
  std::uint64_t stream = 0;
  if (!in.number<1>(stream) || stream < 1 || stream > 2 || !in.number<8>(header.map_id) ||
      !in.number<8>(header.position) || !in.number<8>(header.elements) ||
      !codec<std::string>::read(in, header.key) || !codec<std::string>::read(in, header.value) ||
      in.left() != 0) {
    return header_state::not_steady;
  }
  header.stream = static_cast<record_stream>(stream);
  return header_state::good;
}

// ---- changes ----

namespace detail {

// Whether elements have a value of this type at all, which is then in their records.
template <class T>
constexpr bool is_recorded() {
  static_assert(std::is_void_v<T> || has_codec<T>,
                "steady: the values of records need a steady::codec, and a default constructor");
  return !std::is_void_v<T>;
}

}  // namespace detail

// Appends the frame of a change; null pointers for what it has not. False if it is too long.
template <class Key, class T>
bool append_change(byte_buffer& out, std::uint64_t position, change_kind kind, const Key* key,
                   const T* value) {
  return steady::append_frame(out, [&](byte_buffer& to) {
    to.number<1>(static_cast<unsigned char>(kind));
    to.number<8>(position);
    if (key != nullptr) codec<Key>::write(to, *key);
    if constexpr (detail::is_recorded<T>()) {
      if (value != nullptr) codec<T>::write(to, *value);
    }
  });
}
template <class Key, class T>
bool append_change(byte_buffer& out, const change<Key, T>& one) {
  if constexpr (std::is_void_v<T>) {
    return steady::append_change(out, one.position, one.kind,
                                 one.key ? std::addressof(*one.key) : nullptr,
                                 static_cast<const void*>(nullptr));
  } else {
    return steady::append_change(out, one.position, one.kind,
                                 one.key ? std::addressof(*one.key) : nullptr,
                                 one.value ? std::addressof(*one.value) : nullptr);
  }
}

// Adds after_sync to the change whose frame begins here, or takes it away.
inline void mark_after_sync(unsigned char* frame, bool on) noexcept {
  unsigned char& tag = frame[frame_head_bytes];
  tag = static_cast<unsigned char>(on ? tag | after_sync : tag & ~after_sync);
  std::size_t length = 0;
  for (unsigned n = 0; n < 4; ++n) length |= std::size_t{frame[n]} << (8 * n);
  const std::uint32_t checksum =
      detail::crc32c(frame + frame_head_bytes, length, detail::crc32c(frame, 4));
  for (unsigned n = 0; n < 4; ++n) frame[4 + n] = static_cast<unsigned char>(checksum >> (8 * n));
}

// Of a change of any types; false if the payload is no change.
inline bool read_position(std::span<const unsigned char> payload,
                          std::uint64_t& position) noexcept {
  const auto tag = static_cast<unsigned>(tag_of(payload));
  byte_reader in(payload.subspan(1));
  return tag >= 1 && tag <= 4 && in.number<8>(position);
}

// False if the payload is no change of these types.
template <class Key, class T>
bool read_change(std::span<const unsigned char> payload, change<Key, T>& one) {
  if (!steady::read_position(payload, one.position)) return false;
  one.kind = static_cast<change_kind>(tag_of(payload));
  byte_reader in(payload.subspan(9));
  one.key.reset();
  if (one.kind != change_kind::clear && !codec<Key>::read(in, one.key.emplace())) return false;
  if constexpr (!std::is_void_v<T>) {
    one.value.reset();
    const bool has_value = one.kind == change_kind::insert || one.kind == change_kind::assign;
    if (has_value && !codec<T>::read(in, one.value.emplace())) return false;
  } else if (one.kind == change_kind::assign) {
    return false;  // sets have none
  }
  return in.left() == 0;
}

// ---- elements of a snapshot ----

// `value` is null in sets. False if it is too long.
template <class Key, class T>
bool append_element(byte_buffer& out, const Key& key, const T* value) {
  return steady::append_frame(out, [&](byte_buffer& to) {
    to.number<1>(static_cast<unsigned char>(record_tag::element));
    codec<Key>::write(to, key);
    if constexpr (detail::is_recorded<T>()) codec<T>::write(to, *value);
  });
}

// `value` is null in sets.
template <class Key, class T>
bool read_element(std::span<const unsigned char> payload, Key& key, T* value) {
  if (payload[0] != static_cast<unsigned char>(record_tag::element)) return false;
  byte_reader in(payload.subspan(1));
  if (!codec<Key>::read(in, key)) return false;
  if constexpr (detail::is_recorded<T>()) {
    if (!codec<T>::read(in, *value)) return false;
  }
  return in.left() == 0;
}

// The key of an element or a change; false if the payload has none of this type.
template <class Key>
bool read_key(std::span<const unsigned char> payload, Key& key) {
  const record_tag tag = steady::tag_of(payload);
  const bool is_change =
      tag == record_tag::insert || tag == record_tag::assign || tag == record_tag::erase;
  const std::size_t before = is_change ? 9 : 1;  // the tag, and a change's position
  const bool is_element = payload[0] == static_cast<unsigned char>(record_tag::element);
  if (!is_change && !is_element) return false;
  if (payload.size() < before) return false;
  byte_reader in(payload.subspan(before));
  return codec<Key>::read(in, key);
}

inline void append_end(byte_buffer& out, std::uint64_t elements) {
  append_frame(out, [&](byte_buffer& to) {
    to.number<1>(static_cast<unsigned char>(record_tag::end));
    to.number<8>(elements);
  });
}
inline bool read_end(std::span<const unsigned char> payload, std::uint64_t& elements) noexcept {
  byte_reader in(payload.subspan(1));
  return payload[0] == static_cast<unsigned char>(record_tag::end) && in.number<8>(elements) &&
         in.left() == 0;
}

// ---- what followers were told ----

struct record_feed {
  std::uint64_t map_id = 0;
  std::uint64_t feed = 0;      // its id
  std::uint64_t position = 0;  // no later one was told under it, or all that were are in the log
};
inline constexpr std::size_t feed_record_bytes = frame_head_bytes + 1 + 3 * 8;

inline void append_feed(byte_buffer& out, const record_feed& one) {
  append_frame(out, [&](byte_buffer& to) {
    to.number<1>(static_cast<unsigned char>(record_tag::feed));
    to.number<8>(one.map_id);
    to.number<8>(one.feed);
    to.number<8>(one.position);
  });
}
inline bool read_feed(std::span<const unsigned char> payload, record_feed& one) noexcept {
  byte_reader in(payload.subspan(1));
  return payload[0] == static_cast<unsigned char>(record_tag::feed) && in.number<8>(one.map_id) &&
         in.number<8>(one.feed) && in.number<8>(one.position) && in.left() == 0;
}

}  // namespace steady
