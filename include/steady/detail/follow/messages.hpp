// What a follower and a feed_server tell each other besides records: frames of steady/records.hpp
// with tags of their own (docs/following.md has the bytes).
//
//   follower   hello        who it is, what types it wants, where it would go on
//   server     challenge    a random number; whether it wants a proof
//   follower   proof        that it knows the secret
//   server     welcome      the proof that the server knows it, and how it begins; then records
//   server     newest       the position of the newest change, now and then: a sign of life, too
//   server     refusal      why the connection ends
//
//   Bound   O(bytes).   Throws   std::bad_alloc.   Threads  any.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <steady/codec.hpp>
#include <steady/records.hpp>

namespace steady {

// Why a server ends a connection, or a follower does. The numbers are part of the protocol.
enum class follow_refusal : unsigned char {
  none = 0,
  other_version = 1,
  other_types = 2,
  wrong_secret = 3,   // or none
  too_many = 4,       // followers
  fell_behind = 5,    // the next change is no longer kept: begin anew
  copied_bytes = 6,   // the snapshot made the source copy too much: begin anew
  out_of_memory = 7,  // for the snapshot
  ended = 8,          // the source is gone
  too_slow = 9,       // takes no bytes
  too_large = 10,     // an element for a frame
  bad_bytes = 11      // what was received is none of this protocol
};

// Whether it would be refused again.
inline bool is_final(follow_refusal why) noexcept {
  return why == follow_refusal::other_version || why == follow_refusal::other_types ||
         why == follow_refusal::wrong_secret || why == follow_refusal::too_large;
}

namespace detail {

enum class message_tag : unsigned char {
  hello = 32,
  challenge = 33,
  proof = 34,
  welcome = 35,
  refusal = 36,
  newest = 37
};

inline constexpr std::uint64_t protocol_version = 1;
inline constexpr std::size_t nonce_bytes = 16;
inline constexpr std::size_t proof_bytes = 32;
// Of what a follower sends, and of what a server sends before its welcome.
inline constexpr std::size_t max_message_bytes = 4096;

using nonce_type = std::array<unsigned char, nonce_bytes>;
using proof_type = std::array<unsigned char, proof_bytes>;

struct hello_message {
  static constexpr message_tag tag = message_tag::hello;
  std::uint64_t version = protocol_version;
  std::string key;
  std::string value;
  bool resumes = false;
  std::uint64_t feed = 0;
  std::uint64_t position = 0;
  nonce_type nonce{};

  friend bool operator==(const hello_message&, const hello_message&) = default;
};
struct challenge_message {
  static constexpr message_tag tag = message_tag::challenge;
  bool wants_proof = false;
  nonce_type nonce{};

  friend bool operator==(const challenge_message&, const challenge_message&) = default;
};
struct proof_message {
  static constexpr message_tag tag = message_tag::proof;
  proof_type proof{};

  friend bool operator==(const proof_message&, const proof_message&) = default;
};
struct welcome_message {
  static constexpr message_tag tag = message_tag::welcome;
  bool resumed = false;  // otherwise a snapshot comes
  std::uint64_t feed = 0;
  std::uint64_t newest = 0;
  proof_type proof{};

  friend bool operator==(const welcome_message&, const welcome_message&) = default;
};
struct refusal_message {
  static constexpr message_tag tag = message_tag::refusal;
  follow_refusal why = follow_refusal::none;
  std::string text;

  friend bool operator==(const refusal_message&, const refusal_message&) = default;
};
struct newest_message {
  static constexpr message_tag tag = message_tag::newest;
  std::uint64_t position = 0;

  friend bool operator==(const newest_message&, const newest_message&) = default;
};

// ---- one list of the fields, for writing and for reading ----

struct message_writer {
  byte_buffer* out;

  template <unsigned Bytes>
  bool number(std::uint64_t& value) const {
    out->number<Bytes>(value);
    return true;
  }
  bool flag(bool& value) const {
    codec<bool>::write(*out, value);
    return true;
  }
  bool text(std::string& value) const {
    codec<std::string>::write(*out, value);
    return true;
  }
  template <std::size_t Count>
  bool bytes(std::array<unsigned char, Count>& value) const {
    out->append(value.data(), Count);
    return true;
  }
};

struct message_reader {
  byte_reader* in;

  template <unsigned Bytes>
  bool number(std::uint64_t& value) const {
    return in->number<Bytes>(value);
  }
  bool flag(bool& value) const { return codec<bool>::read(*in, value); }
  bool text(std::string& value) const { return codec<std::string>::read(*in, value); }
  template <std::size_t Count>
  bool bytes(std::array<unsigned char, Count>& value) const {
    std::span<const unsigned char> taken;
    if (!in->take(taken, Count)) return false;
    std::copy_n(taken.begin(), Count, value.begin());
    return true;
  }
};

template <class Form>
bool fields(const Form& form, hello_message& of) {
  std::uint64_t magic = record_header::magic;
  return form.template number<8>(magic) && magic == record_header::magic &&
         form.template number<2>(of.version) &&
         // Another version may have other fields from here on.
         (of.version != protocol_version ||
          (form.text(of.key) && form.text(of.value) && form.flag(of.resumes) &&
           form.template number<8>(of.feed) && form.template number<8>(of.position) &&
           form.bytes(of.nonce)));
}
template <class Form>
bool fields(const Form& form, challenge_message& of) {
  return form.flag(of.wants_proof) && form.bytes(of.nonce);
}
template <class Form>
bool fields(const Form& form, proof_message& of) {
  return form.bytes(of.proof);
}
template <class Form>
bool fields(const Form& form, welcome_message& of) {
  return form.flag(of.resumed) && form.template number<8>(of.feed) &&
         form.template number<8>(of.newest) && form.bytes(of.proof);
}
template <class Form>
bool fields(const Form& form, refusal_message& of) {
  auto why = static_cast<std::uint64_t>(of.why);
  if (!form.template number<1>(why)) return false;
  of.why = static_cast<follow_refusal>(why);
  return form.text(of.text);
}
template <class Form>
bool fields(const Form& form, newest_message& of) {
  return form.template number<8>(of.position);
}

template <class Message>
void append_message(byte_buffer& out, Message message) {
  append_frame(out, [&](byte_buffer& to) {
    to.number<1>(static_cast<unsigned char>(Message::tag));
    detail::fields(message_writer{&to}, message);
  });
}

inline bool is_message(std::span<const unsigned char> payload, message_tag tag) noexcept {
  return payload[0] == static_cast<unsigned char>(tag);
}
// Whether it is one of these at all, and no record.
inline bool is_any_message(std::span<const unsigned char> payload) noexcept {
  return payload[0] >= static_cast<unsigned char>(message_tag::hello) &&
         payload[0] <= static_cast<unsigned char>(message_tag::newest);
}
// False if the payload is no such message.
template <class Message>
bool read_message(std::span<const unsigned char> payload, Message& message) {
  if (!detail::is_message(payload, Message::tag)) return false;
  byte_reader in(payload.subspan(1));
  if (!detail::fields(message_reader{&in}, message)) return false;
  if constexpr (requires { message.version; }) {
    if (message.version != protocol_version) return true;
  }
  return in.left() == 0;
}

}  // namespace detail

}  // namespace steady
