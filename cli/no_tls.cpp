// Where OpenSSL was not found.
#include <memory>
#include <stdexcept>
#include <string>

#include "cli/tls.hpp"

namespace steady::cli {

namespace {

void require_none(const std::string& file) {
  if (file.empty()) return;
  throw std::runtime_error("built without OpenSSL: install libssl-dev and build again");
}

}  // namespace

std::shared_ptr<const server_security> tls_of_server(const std::string& certificate,
                                                     const std::string&) {
  require_none(certificate);
  return nullptr;
}

std::shared_ptr<const follower_security> tls_of_follower(const std::string& authority,
                                                         const std::string& pinned,
                                                         const std::string&) {
  require_none(authority + pinned);
  return nullptr;
}

}  // namespace steady::cli
