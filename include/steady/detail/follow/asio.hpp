// What followers and servers use of Boost.Asio: the one file that includes it, but for its part for
// TLS (tls_stream.hpp).
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

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
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

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
// Throws std::invalid_argument where the path is longer than systems allow, on both sides.
inline asio::local::stream_protocol::endpoint local_endpoint(const std::string& path) {
  const asio::local::stream_protocol::endpoint empty;
  const std::size_t most = empty.capacity() - empty.size() - 1;
  if (path.size() > most) {
    STEADY_THROW(std::invalid_argument("steady: the path of a Unix socket has at most " +
                                       std::to_string(most) + " bytes, and this one " +
                                       std::to_string(path.size()) + ": " + path));
  }
  return asio::local::stream_protocol::endpoint(path);
}
inline asio::const_buffer bytes_of(const byte_buffer& bytes) {
  return asio::buffer(static_cast<const void*>(bytes.data()), bytes.size());
}

}  // namespace steady::detail
