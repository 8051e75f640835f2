// Addresses of feed servers: HOST:PORT, [IPV6]:PORT, unix:PATH, or a path with a '/' in it.
//
//   Throws  std::invalid_argument for what is none of these.
#pragma once

#include <stdexcept>
#include <string>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

namespace steady::detail {

struct socket_address {
  std::string path;  // of a Unix socket; empty: TCP
  std::string host;
  std::string port;
};

inline bool is_port(const std::string& text) noexcept {
  if (text.empty() || text.size() > 5) return false;
  unsigned number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    number = number * 10 + static_cast<unsigned>(digit - '0');
  }
  return number <= 65535;
}

inline socket_address parse_address(const std::string& text) {
  if (text.starts_with("unix:") && text.size() > 5) return {text.substr(5), {}, {}};
  if (text.find('/') != std::string::npos) return {text, {}, {}};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon);
    const std::string port = text.substr(colon + 1);
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const bool is_plain = !host.empty() && host.find(':') == std::string::npos;
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    if ((is_bracketed || is_plain) && detail::is_port(port)) return {{}, host, port};
  }
  STEADY_THROW(std::invalid_argument("steady: '" + text +
                                     "' is no address; give HOST:PORT, [IPV6]:PORT, or unix:PATH"));
  return {};
}

// The same of a Redis server, where a HOST alone has its usual port.
inline socket_address parse_redis_address(const std::string& text) {
  const bool has_port = text.find_first_of(":/") != std::string::npos && !text.ends_with(']');
  return detail::parse_address(has_port ? text : text + ":6379");
}

}  // namespace steady::detail
