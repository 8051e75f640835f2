// A redis-server of a test's own, on a Unix socket in a temporary folder, which is gone afterwards.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/detail/follow/redis_line.hpp>

#include "support/temporary_room.hpp"

namespace support {

class redis_server {
 public:
  // Whether there is a redis-server to be run.
  static bool is_installed() {
    for (const char* const folder : {"/usr/bin", "/usr/local/bin", "/usr/sbin"}) {
      if (::access((std::string(folder) + "/redis-server").c_str(), X_OK) == 0) return true;
    }
    return false;
  }

  // `is_durable`: it keeps every write when it is killed.
  explicit redis_server(bool is_durable = false, std::vector<std::string> more = {})
      : is_durable_(is_durable), more_(std::move(more)) {
    std::filesystem::create_directory(room_.path());
    start();
  }
  ~redis_server() { kill(); }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  std::string address() const { return "unix:" + room_.path() + "/socket"; }

  void start() {
    const std::string socket = room_.path() + "/socket";
    std::vector<std::string> words{"redis-server",
                                   "--port",
                                   "0",
                                   "--unixsocket",
                                   socket,
                                   "--dir",
                                   room_.path(),
                                   "--save",
                                   "",
                                   "--logfile",
                                   room_.path() + "/log",
                                   "--appendonly",
                                   is_durable_ ? "yes" : "no",
                                   "--appendfsync",
                                   "no"};
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // also where the test is killed
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    if (process_ < 0) throw std::runtime_error("cannot start redis-server");
    wait_until_it_answers();
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

  // The reply to one command.
  steady::detail::redis_reply ask(std::initializer_list<std::string_view> words) {
    return ask(std::span(words.begin(), words.size()));
  }
  steady::detail::redis_reply ask(std::span<const std::string_view> words) {
    steady::detail::redis_line line({steady::detail::parse_redis_address(address()), {}, password},
                                    std::size_t{1} << 30);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    line.open();
    line.send(words);
    while (line.is_open() && std::chrono::steady_clock::now() < end) {
      line.move(std::chrono::milliseconds(100));
      if (auto reply = line.next(); reply != nullptr) return reply;
    }
    return nullptr;
  }
  long long number(std::initializer_list<std::string_view> words) {
    const auto reply = ask(words);
    if (reply == nullptr || reply->type != REDIS_REPLY_INTEGER) {
      throw std::runtime_error("Redis answers no number");
    }
    return reply->integer;
  }
  std::string text(std::initializer_list<std::string_view> words) {
    const auto reply = ask(words);
    return reply == nullptr ? std::string() : std::string(steady::detail::text_of(*reply));
  }

  std::string password;

 private:
  void wait_until_it_answers() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      const auto reply = ask({"PING"});
      if (reply != nullptr && steady::detail::text_of(*reply).find("LOADING") != 0) return;
      ::usleep(5000);
    }
    throw std::runtime_error("redis-server does not answer");
  }

  temporary_room room_;
  bool is_durable_;
  std::vector<std::string> more_;
  ::pid_t process_ = -1;
};

}  // namespace support
