#include <memory>
#include <string>

#include <steady/tls.hpp>

#include "cli/tls.hpp"

namespace steady::cli {

std::shared_ptr<const server_security> tls_of_server(const std::string& certificate,
                                                     const std::string& key) {
  if (certificate.empty()) return nullptr;
  return std::make_shared<server_tls>(certificate, key);
}

std::shared_ptr<const follower_security> tls_of_follower(const std::string& authority,
                                                         const std::string& pinned,
                                                         const std::string& name) {
  if (authority.empty() && pinned.empty()) return nullptr;
  return std::make_shared<follower_tls>(follower_tls_files{authority, pinned, name});
}

}  // namespace steady::cli
