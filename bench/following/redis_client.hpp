// A connection to a Redis server over a Unix socket, by hiredis: commands one by one, or many
// before the answers are read.
//
//   Throws  std::runtime_error for an answer that is an error, and where the connection is lost.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

namespace steady::bench {

struct redis_release {
  void operator()(redisReply* of) const noexcept { ::freeReplyObject(of); }
  void operator()(redisContext* of) const noexcept { ::redisFree(of); }
};
using redis_reply = std::unique_ptr<redisReply, redis_release>;

// The 8 bytes of a number, as keys and values are stored.
inline std::string_view bytes_of_number(const std::uint64_t& number) noexcept {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}
inline std::uint64_t number_of_bytes(const redisReply& text) {
  std::uint64_t number = 0;
  if (text.len != sizeof number) throw std::runtime_error("an element that is no number");
  std::memcpy(&number, text.str, sizeof number);
  return number;
}

class redis_client {
 public:
  explicit redis_client(const std::string& socket) : context_(::redisConnectUnix(socket.c_str())) {
    if (context_ == nullptr || context_->err != 0) {
      throw std::runtime_error("no connection to " + socket);
    }
  }

  void send(std::initializer_list<std::string_view> command) {
    send(command.begin(), command.size());
  }
  void send(const std::vector<std::string_view>& command) { send(command.data(), command.size()); }

  redis_reply receive() {
    void* found = nullptr;
    if (::redisGetReply(context_.get(), &found) != REDIS_OK) {
      throw std::runtime_error(std::string("the connection is lost: ") + context_->errstr);
    }
    redis_reply reply(static_cast<redisReply*>(found));
    if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(reply->str);
    return reply;
  }
  void receive_all() {
    for (; unanswered_ > 0; --unanswered_) receive();
  }
  redis_reply ask(std::initializer_list<std::string_view> command) {
    send(command);
    unanswered_ = 0;
    return receive();
  }

  // The number behind `name` in what INFO says of `section`; 0 if there is none.
  std::uint64_t info(std::string_view section, const std::string& name) {
    const redis_reply reply = ask({"INFO", section});
    const std::string text(reply->str, reply->len);
    const std::size_t at = text.find(name + ':');
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 1));
  }
  bool info_is(std::string_view section, std::string_view line) {
    const redis_reply reply = ask({"INFO", section});
    return std::string_view(reply->str, reply->len).find(line) != std::string_view::npos;
  }

 private:
  void send(const std::string_view* parts, std::size_t count) {
    texts_.clear();
    lengths_.clear();
    for (std::size_t n = 0; n < count; ++n) {
      texts_.push_back(const_cast<const char*>(parts[n].data()));
      lengths_.push_back(parts[n].size());
    }
    if (::redisAppendCommandArgv(context_.get(), static_cast<int>(count), texts_.data(),
                                 lengths_.data()) != REDIS_OK) {
      throw std::runtime_error("a command could not be sent");
    }
    ++unanswered_;
  }

  std::unique_ptr<redisContext, redis_release> context_;
  std::vector<const char*> texts_;
  std::vector<std::size_t> lengths_;
  std::uint64_t unanswered_ = 0;
};

}  // namespace steady::bench
