// TLS for `steady serve` and `steady follow`: what --tls-... says.
#pragma once

#include <memory>
#include <string>

#include <steady/detail/follow/byte_stream.hpp>

namespace steady::cli {

// Both throw std::runtime_error, which names the file that cannot be used, or says that the command
// was built without OpenSSL; and give null where no file is given.
std::shared_ptr<const server_security> tls_of_server(const std::string& certificate,
                                                     const std::string& key);
std::shared_ptr<const follower_security> tls_of_follower(const std::string& authority,
                                                         const std::string& pinned,
                                                         const std::string& name);

}  // namespace steady::cli
