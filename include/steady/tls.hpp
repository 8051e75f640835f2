// TLS for steady::feed_server and steady::socket_follower. Needs Boost.Asio and OpenSSL
// (libboost1.81-dev, libssl-dev; link libssl and libcrypto).
//
//   options.tls = std::make_shared<steady::server_tls>("server.pem", "server.key");
//   options.tls = std::make_shared<steady::follower_tls>(
//       steady::follower_tls_files{.authority = "authority.pem"});
//
//   1. The server shows a certificate, and the follower checks it: either an authority of the
//      follower's has signed it for the host that was asked for (or for `name`), or it is the very
//      certificate that is pinned, of whatever name and date.
//   2. What a follower may see, the secret decides, as without TLS; and it goes over TLS, too.
//   3. A certificate that is refused, and a side without TLS, are not tried again:
//      follow_refusal::untrusted and ::tls, and trouble() says what was wrong.
//
//   Memory   some 50 KiB for each connection.
//   Throws   the constructors std::runtime_error, which names the file, where one cannot be used.
//   Threads  one object may serve many connections of one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/byte_stream.hpp>
#include <steady/detail/follow/tls_stream.hpp>

namespace steady {

namespace detail {

inline void require_file(const std::string& file, const char* what, const asio_error& error) {
  if (!error) return;
  STEADY_THROW(std::runtime_error("steady: " + file + " cannot be used as " + what + ": " +
                                  error.message()));
}

// Otherwise OpenSSL asks the terminal, or takes the next line of standard input. What is returned
// becomes true where a password was wanted.
inline std::shared_ptr<bool> answer_no_passwords(tls::context& context) {
  auto is_wanted = std::make_shared<bool>(false);
  context.set_password_callback([is_wanted](std::size_t, tls::context::password_purpose) {
    *is_wanted = true;
    return std::string();
  });
  return is_wanted;
}

}  // namespace detail

class server_tls final : public server_security {
 public:
  // Files in PEM: the certificate, and those that lead from it to the authority, if any; its
  // private key, without a password.
  server_tls(const std::string& certificate, const std::string& key)
      : context_(std::make_shared<detail::tls::context>(detail::tls::context::tls_server)) {
    detail::allow_safe_versions(*context_);
    const std::shared_ptr<bool> is_locked = detail::answer_no_passwords(*context_);
    detail::asio_error error;
    context_->use_certificate_chain_file(certificate, error);
    detail::require_file(certificate, "a certificate", error);
    context_->use_private_key_file(key, detail::tls::context::pem, error);
    detail::require_file(key,
                         *is_locked ? "a private key, because it has a password"
                                    : "the private key of that certificate",
                         error);
  }

  std::unique_ptr<detail::byte_stream> secure(detail::stream_socket socket,
                                              const std::string&) const override {
    return std::make_unique<detail::tls_stream>(std::move(socket), context_,
                                                detail::tls::stream_base::server);
  }

 private:
  std::shared_ptr<detail::tls::context> context_;
};

// Files in PEM; one of the first two.
struct follower_tls_files {
  std::string authority{};  // certificates that sign servers', whoever has signed them
  std::string pinned{};     // the server's own certificate
  // With an authority: whom the certificate must be for; empty: the address's host.
  std::string name{};
};

class follower_tls final : public follower_security {
 public:
  explicit follower_tls(const follower_tls_files& files)
      : name_(files.name),
        context_(std::make_shared<detail::tls::context>(detail::tls::context::tls_client)) {
    if (files.authority.empty() == files.pinned.empty()) {
      STEADY_THROW(std::runtime_error(
          "steady: TLS needs either an authority's certificate or the server's own, one of them"));
    }
    detail::allow_safe_versions(*context_);
    context_->set_verify_mode(detail::tls::verify_peer);
    detail::asio_error error;
    if (!files.pinned.empty()) {
      read_pinned(files.pinned);
      return;
    }
    context_->load_verify_file(files.authority, error);
    detail::require_file(files.authority, "an authority's certificate", error);
    // It need not be one that nobody else has signed.
    ::X509_STORE_set_flags(::SSL_CTX_get_cert_store(context_->native_handle()),
                           X509_V_FLAG_PARTIAL_CHAIN);
  }

  std::unique_ptr<detail::byte_stream> secure(detail::stream_socket socket,
                                              const std::string& host) const override {
    auto made = std::make_unique<detail::tls_stream>(std::move(socket), context_,
                                                     detail::tls::stream_base::client);
    const std::string name = name_.empty() ? host : name_;
    check(*made, name);
    detail::asio_error no_number;
    detail::asio::ip::make_address(name, no_number);
    if (!name.empty() && no_number) {  // servers of several names choose by it
      ::SSL_ctrl(made->stream().native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                 TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
    }
    return made;
  }

 private:
  using verify_context = detail::tls::verify_context;

  void read_pinned(const std::string& file) {
    const std::unique_ptr<::BIO, int (*)(::BIO*)> in(::BIO_new_file(file.c_str(), "r"), ::BIO_free);
    if (in != nullptr) {
      const auto no_password = [](char*, int, int, void*) { return 0; };
      pinned_ = {::PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr), ::X509_free};
    }
    if (pinned_ != nullptr) return;
    STEADY_THROW(std::runtime_error("steady: " + file + " cannot be read as a certificate in PEM"));
  }
  void check(detail::tls_stream& of, const std::string& name) const {
    if (pinned_ == nullptr) return check_name(of, name);
    // Who has signed it does not matter.
    of.stream().set_verify_callback(
        [verdict = of.verdict(), pinned = pinned_](bool, verify_context& found) {
          if (::X509_STORE_CTX_get_error_depth(found.native_handle()) != 0) return true;
          ::X509* const shown = ::X509_STORE_CTX_get_current_cert(found.native_handle());
          if (shown != nullptr && ::X509_cmp(shown, pinned.get()) == 0) return true;
          *verdict = "it is another one than the pinned";
          return false;
        });
  }
  static void check_name(detail::tls_stream& of, const std::string& name) {
    of.stream().set_verify_callback(
        [verdict = of.verdict(), name, names = detail::tls::host_name_verification(name)](
            bool is_signed, verify_context& found) {
          if (names(is_signed, found)) return true;
          const int error = ::X509_STORE_CTX_get_error(found.native_handle());
          *verdict = is_signed || error == X509_V_OK ? "it is not for '" + name + "'"
                                                     : ::X509_verify_cert_error_string(error);
          return false;
        });
  }

  std::string name_;
  std::shared_ptr<detail::tls::context> context_;
  std::shared_ptr<::X509> pinned_;
};

}  // namespace steady
