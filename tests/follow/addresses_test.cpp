// A host with two addresses, of which the first swallows all that is sent to it.
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <netdb.h>

#include "follow/follow_model.hpp"
#include "follow/socket_model.hpp"

namespace {

using namespace support;

const char* const silent_address = "127.0.0.2";

::addrinfo* made_info(const char* address, const char* port, ::addrinfo* next) {
  const tcp::endpoint at(asio::ip::make_address(address),
                         static_cast<unsigned short>(std::atoi(port)));
  auto* const info = static_cast<::addrinfo*>(std::calloc(1, sizeof(::addrinfo)));
  info->ai_family = AF_INET;
  info->ai_socktype = SOCK_STREAM;
  info->ai_addrlen = static_cast<::socklen_t>(at.size());
  info->ai_addr = static_cast<::sockaddr*>(std::malloc(at.size()));
  std::memcpy(info->ai_addr, at.data(), at.size());
  info->ai_next = next;
  return info;
}

}  // namespace

// In place of the system's.
extern "C" int getaddrinfo(const char* host, const char* port, const ::addrinfo*,
                           ::addrinfo** found) {
  ::addrinfo* const good = made_info("127.0.0.1", port, nullptr);
  *found = std::string(host) == "two.example" ? made_info(silent_address, port, good) : good;
  return 0;
}
extern "C" void freeaddrinfo(::addrinfo* info) {
  while (info != nullptr) {
    ::addrinfo* const next = info->ai_next;
    std::free(info->ai_addr);
    std::free(info);
    info = next;
  }
}

namespace {

TEST(socket_follower, tries_the_next_address_of_a_host_where_one_is_silent) {
  asio::io_context loop;
  fed_source source(1);
  source.write(5);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", server_options());
  const tcp::endpoint silent(asio::ip::make_address(silent_address), server.port());
  tcp::acceptor hole(loop);
  hole.open(tcp::v4());
  boost::system::error_code error;
  hole.bind(silent, error);
  if (error) GTEST_SKIP() << "there is no second address: " << error.message();
  hole.listen(0);
  std::vector<std::unique_ptr<tcp::socket>> waiting;  // more than it has room for
  for (int n = 0; n < 4; ++n) {
    waiting.push_back(std::make_unique<tcp::socket>(loop));
    waiting.back()->async_connect(silent, [](boost::system::error_code) {});
  }
  loop.run_for(50ms);
  auto options = follower_options();
  options.silence_time = 400ms;
  text_follower follower(loop, "two.example:" + std::to_string(server.port()), options);
  follower.start();
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(follower.trouble(), "");
  EXPECT_EQ(follower.connections(), 1u);
}

}  // namespace
