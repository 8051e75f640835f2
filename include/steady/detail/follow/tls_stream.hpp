// TLS around a socket, by OpenSSL: the one file that includes Boost.Asio's part for it. Link libssl
// and libcrypto.
//
//   Versions 1.2 and 1.3. A connection ends with its socket, without a goodbye: every record has
//   its own length and checksum, so nothing that is cut off is taken for whole.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/ssl.hpp>

#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/byte_stream.hpp>
#include <steady/detail/follow/messages.hpp>

namespace steady::detail {

namespace tls = asio::ssl;

inline void allow_safe_versions(tls::context& context) {
  context.set_options(tls::context::default_workarounds | tls::context::no_sslv2 |
                      tls::context::no_sslv3 | tls::context::no_tlsv1 | tls::context::no_tlsv1_1);
}

// What a follower has found against a server's certificate; shared with OpenSSL's callback.
using tls_verdict = std::shared_ptr<std::string>;

class tls_stream final : public byte_stream {
 public:
  using side = tls::stream_base::handshake_type;

  tls_stream(stream_socket socket, std::shared_ptr<tls::context> context, side which)
      : context_(std::move(context)), stream_(std::move(socket), *context_), side_(which) {}

  tls::stream<stream_socket>& stream() noexcept { return stream_; }
  const tls_verdict& verdict() const noexcept { return verdict_; }

  stream_socket& socket() noexcept override { return stream_.next_layer(); }
  void async_handshake(done handler) override {
    stream_.async_handshake(side_, std::move(handler));
  }
  void async_read_some(asio::mutable_buffer into, moved handler) override {
    stream_.async_read_some(into, std::move(handler));
  }
  void async_write(asio::const_buffer from, part on_part, moved handler) override {
    write_parts(stream_, from, std::move(on_part), std::move(handler));
  }

  follow_refusal why(const asio_error& error) const override {
    if (!verdict_->empty()) return follow_refusal::untrusted;
    return is_plain(error) ? follow_refusal::tls : follow_refusal::none;
  }
  std::string explain(const asio_error& error) const override {
    if (!verdict_->empty()) return "the server's certificate is refused: " + *verdict_;
    if (!is_plain(error)) return "no TLS connection: " + error.message();
    return side_ == tls::stream_base::client
               ? "the server speaks no TLS, and this follower speaks nothing else"
               : "the server speaks TLS only, and the follower does not";
  }

 private:
  // What came is no TLS at all.
  static bool is_plain(const asio_error& error) noexcept {
    if (error.category() != asio::error::get_ssl_category()) return false;
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST;
  }

  std::shared_ptr<tls::context> context_;
  tls::stream<stream_socket> stream_;
  side side_;
  tls_verdict verdict_ = std::make_shared<std::string>();
};

}  // namespace steady::detail
