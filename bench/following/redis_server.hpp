// A redis-server of our own: in memory only, on a Unix socket and a port of this machine, in a
// directory of its own. Ends with the object, and with the thread that made it.
//
//   Throws  std::runtime_error where it does not start.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "bench/following/redis_client.hpp"

namespace steady::bench {

// One that is free now.
inline std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool found =
      ::bind(probe, any, sizeof address) == 0 && ::getsockname(probe, any, &length) == 0;
  ::close(probe);
  if (!found) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

class redis_server {
 public:
  explicit redis_server(const std::string& directory) : directory_(directory), port_(free_port()) {
    std::filesystem::create_directories(directory_);
    start();
    wait_for_it();
  }
  ~redis_server() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  std::string socket() const { return directory_ + "/socket"; }
  std::string port() const { return std::to_string(port_); }
  pid_t process() const noexcept { return process_; }

 private:
  std::vector<std::string> command() const {
    return {"redis-server", "--port", port(), "--bind", "127.0.0.1", "--unixsocket", socket(),
            "--dir", directory_, "--logfile", directory_ + "/log", "--daemonize", "no",
            // No files: the rivals have none either.
            "--save", "", "--appendonly", "no",
            // A replica gets its first copy at once, and is never cut off for falling behind.
            "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0",
            "--repl-diskless-load", "on-empty-db", "--client-output-buffer-limit", "replica 0 0 0"};
  }
  void start() {
    const std::vector<std::string> parts = command();
    std::vector<char*> arguments;
    for (const std::string& part : parts) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("redis-server cannot be started");
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int file = 0; file < 3; ++file) ::dup2(nowhere, file);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  void wait_for_it() {
    constexpr int looks = 1000;
    for (int n = 0; n < looks; ++n) {
      if (std::filesystem::exists(socket())) {
        try {
          redis_client(socket()).ask({"PING"});
          return;
        } catch (const std::runtime_error&) {
        }
      }
      if (::waitpid(process_, nullptr, WNOHANG) != 0) break;
      ::usleep(10'000);
    }
    ::kill(process_, SIGKILL);
    throw std::runtime_error("redis-server does not start; see " + directory_ + "/log");
  }

  std::string directory_;
  std::uint16_t port_;
  pid_t process_ = -1;
};

}  // namespace steady::bench
