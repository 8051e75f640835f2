// How long the other side of a TCP connection may acknowledge nothing of what was sent: a host that
// is gone ends no connections. Does nothing to a Unix socket, nor where the system has no such
// option.
//
//   Bound   a call of the system.   Throws   nothing.   Threads   the socket's.
#pragma once

#include <sys/socket.h>

#include <chrono>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/bounded_time.hpp>

namespace steady::detail {

#if defined(TCP_USER_TIMEOUT)
inline constexpr bool has_silence_limit = true;

inline void limit_silence(stream_socket& socket, std::chrono::milliseconds time) noexcept {
  const auto most = static_cast<unsigned>(detail::bounded(time).count());
  static_cast<void>(::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &most,
                                 static_cast<::socklen_t>(sizeof most)));
}
#else
inline constexpr bool has_silence_limit = false;

inline void limit_silence(stream_socket&, std::chrono::milliseconds) noexcept {}
#endif

}  // namespace steady::detail
