// What followers and servers send bytes over: a socket as it is, or something around it, TLS say.
// The sessions know only this.
//
//   1. First async_handshake(), once; then reads and writes, one of each at a time.
//   2. A handler keeps alive what it needs; the stream must live until all have run.
//
//   Threads  the loop's.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/messages.hpp>

namespace steady {

namespace detail {

class byte_stream {
 public:
  using done = std::function<void(const asio_error&)>;
  using moved = std::function<void(const asio_error&, std::size_t)>;
  using part = std::function<void()>;

  virtual ~byte_stream() = default;

  virtual stream_socket& socket() noexcept = 0;
  virtual void async_handshake(done handler) = 0;
  virtual void async_read_some(asio::mutable_buffer into, moved handler) = 0;
  // All of it; `on_part`: whenever the other side has taken some, and at the beginning.
  virtual void async_write(asio::const_buffer from, part on_part, moved handler) = 0;
  // Of a handshake that failed: why, if trying again is of no use; and in words.
  virtual follow_refusal why(const asio_error&) const { return follow_refusal::none; }
  virtual std::string explain(const asio_error& error) const { return error.message(); }

 protected:
  template <class Stream>
  static void write_parts(Stream& to, asio::const_buffer from, part on_part, moved handler) {
    const auto goes_on = [told = std::move(on_part)](const asio_error& error, std::size_t bytes) {
      told();
      return asio::transfer_all()(error, bytes);
    };
    asio::async_write(to, from, goes_on, std::move(handler));
  }
};

class plain_stream final : public byte_stream {
 public:
  explicit plain_stream(stream_socket socket) : socket_(std::move(socket)) {}

  stream_socket& socket() noexcept override { return socket_; }
  void async_handshake(done handler) override { handler(asio_error()); }
  void async_read_some(asio::mutable_buffer into, moved handler) override {
    socket_.async_read_some(into, std::move(handler));
  }
  void async_write(asio::const_buffer from, part on_part, moved handler) override {
    write_parts(socket_, from, std::move(on_part), std::move(handler));
  }

 private:
  stream_socket socket_;
};

}  // namespace detail

// What is put around a connection: server_tls and follower_tls of steady/tls.hpp.
class stream_security {
 public:
  virtual ~stream_security() = default;
  // `host`: of the other side, as it was asked for; empty with a Unix socket, and for a server.
  virtual std::unique_ptr<detail::byte_stream> secure(detail::stream_socket socket,
                                                      const std::string& host) const = 0;
};
class server_security : public stream_security {};
class follower_security : public stream_security {};

namespace detail {

// `security`: null: none.
inline std::unique_ptr<byte_stream> stream_over(stream_socket socket,
                                                const stream_security* security,
                                                const std::string& host) {
  if (security != nullptr) return security->secure(std::move(socket), host);
  return std::make_unique<plain_stream>(std::move(socket));
}

}  // namespace detail

}  // namespace steady
