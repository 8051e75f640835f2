// The file of a Unix socket. Only a socket is ever removed, only the one that was looked at, and
// only by the process that has looked: at its path there may be another file by now, the address
// may be a mistake, and a fork of a server's process may end while the server goes on.
//
//   Bound   a call of the system or two.   Throws   nothing.   Threads   any.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace steady::detail {

struct socket_file {
  enum class kind { none, socket, other };

  kind what = kind::none;
  ::dev_t device = 0;
  ::ino_t number = 0;
  ::pid_t finder = 0;

  friend bool operator==(const socket_file&, const socket_file&) = default;
};

// A link is what it is, not what it points to.
inline socket_file find_socket_file(const std::string& path) noexcept {
  struct ::stat facts;
  if (::lstat(path.c_str(), &facts) != 0) return {};
  return {S_ISSOCK(facts.st_mode) ? socket_file::kind::socket : socket_file::kind::other,
          facts.st_dev, facts.st_ino, ::getpid()};
}
inline void remove_socket_file(const std::string& path, const socket_file& found) noexcept {
  if (found.what == socket_file::kind::socket && find_socket_file(path) == found) {
    ::unlink(path.c_str());
  }
}

}  // namespace steady::detail
