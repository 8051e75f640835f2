// What followers and servers use of Boost.Asio: the one file that includes it, but for its part for
// TLS (tls_stream.hpp).
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <steady/codec.hpp>

namespace steady::detail {

namespace asio = ::boost::asio;
using asio_error = ::boost::system::error_code;
using stream_socket = asio::generic::stream_protocol::socket;

// Small messages at once; a Unix socket knows nothing of it.
inline void prefer_speed(stream_socket& socket) {
  asio_error ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}
inline void close(stream_socket& socket) {
  asio_error ignored;
  socket.close(ignored);
}
inline asio::const_buffer bytes_of(const byte_buffer& bytes) {
  return asio::buffer(static_cast<const void*>(bytes.data()), bytes.size());
}

}  // namespace steady::detail
