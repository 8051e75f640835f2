// The shared secret of followers and servers: HMAC-SHA256 by OpenSSL, where it is there. Whoever
// includes this has to link libcrypto then; with STEADY_USE_OPENSSL=0 there is no secret.
//
//   Throws  std::runtime_error where OpenSSL fails, or is not there.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <steady/codec.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/line/random_seed.hpp>

#if !defined(STEADY_USE_OPENSSL)
#if defined(__has_include)
#if __has_include(<openssl/hmac.h>)
#define STEADY_USE_OPENSSL 1
#else
#define STEADY_USE_OPENSSL 0
#endif
#else
#define STEADY_USE_OPENSSL 0
#endif
#endif

#if STEADY_USE_OPENSSL
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#endif

namespace steady::detail {

#if STEADY_USE_OPENSSL

inline constexpr bool has_secrets = true;

inline proof_type authenticate(std::string_view secret, std::span<const unsigned char> text) {
  proof_type proof{};
  unsigned size = 0;
  const unsigned char* const done =
      ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()), text.data(),
             text.size(), proof.data(), &size);
  if (done == nullptr || size != proof.size()) {
    STEADY_THROW(std::runtime_error("steady: OpenSSL computes no HMAC-SHA256"));
  }
  return proof;
}
// In a time that tells nothing of where they differ.
inline bool are_same(const proof_type& one, const proof_type& other) noexcept {
  return ::CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}
inline nonce_type fresh_nonce() {
  nonce_type nonce{};
  if (::RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) {
    STEADY_THROW(std::runtime_error("steady: OpenSSL has no random numbers"));
  }
  return nonce;
}

#else

// Of other names than those above, wherever both are looked at together.
inline namespace without_openssl {

inline constexpr bool has_secrets = false;

inline proof_type authenticate(std::string_view, std::span<const unsigned char>) {
  STEADY_THROW(std::runtime_error("steady: built without OpenSSL, so there are no secrets"));
  return {};
}
inline bool are_same(const proof_type& one, const proof_type& other) noexcept {
  return one == other;
}
// Nobody proves anything with it.
inline nonce_type fresh_nonce() {
  nonce_type nonce{};
  for (unsigned char& byte : nonce) byte = static_cast<unsigned char>(random_in_public());
  return nonce;
}

}  // namespace without_openssl

#endif

inline void require_secrets(const std::string& secret) {
  if (!secret.empty() && !has_secrets) {
    STEADY_THROW(
        std::runtime_error("steady: a secret needs OpenSSL (libssl-dev), and this was built "
                           "without; use no secret, and a Unix socket"));
  }
}

// What each side proves is bound to both hellos, so that it is of no use elsewhere.
inline proof_type proof_of(std::string_view secret, std::string_view side,
                           const hello_message& hello, const challenge_message& challenge) {
  if (secret.empty()) return {};
  byte_buffer text;
  text.append(side.data(), side.size());
  detail::append_message(text, hello);
  detail::append_message(text, challenge);
  return detail::authenticate(secret, text.view());
}
inline constexpr std::string_view follower_side = "steady follower";
inline constexpr std::string_view server_side = "steady server";

}  // namespace steady::detail
