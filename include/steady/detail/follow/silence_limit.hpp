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
// 0: none, or no such socket.
inline std::chrono::milliseconds silence_limit_of(int descriptor) noexcept {
  unsigned most = 0;
  ::socklen_t size = sizeof most;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &most, &size) != 0) most = 0;
  return std::chrono::milliseconds(most);
}
#else
inline constexpr bool has_silence_limit = false;

inline void limit_silence(stream_socket&, std::chrono::milliseconds) noexcept {}
inline std::chrono::milliseconds silence_limit_of(int) noexcept { return {}; }
#endif

}  // namespace steady::detail
