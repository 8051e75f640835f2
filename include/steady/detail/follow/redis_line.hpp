// A connection to Redis that never waits longer than it is told: commands go out one after the
// other, without waiting for answers, and replies come back in the same order. hiredis connects,
// writes commands and reads replies; this is the one file that includes it (libhiredis-dev, link
// hiredis).
//
//   1. A connection that breaks is closed, and trouble() says why. What was sent and not answered
//      may have been done, or not.
//   2. Replies that arrived before the end of the connection are handed out before it counts as
//      broken.
//   3. A host's name is looked up when the connection is opened, which may take as long as the
//      system's resolver takes.
//
//   Memory   what is to be sent; a reply, of at most max_reply_bytes.
//   Bound    move(): a MiB each way, and the wait. Throws std::bad_alloc.
//   Threads  one at a time.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hiredis/hiredis.h>

#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/follow/address.hpp>
#include <steady/detail/follow/messages.hpp>

namespace steady::detail {

struct free_redis_reply {
  void operator()(::redisReply* reply) const noexcept { ::freeReplyObject(reply); }
};
using redis_reply = std::unique_ptr<::redisReply, free_redis_reply>;

inline bool is_error(const ::redisReply& reply) noexcept { return reply.type == REDIS_REPLY_ERROR; }
inline bool is_nil(const ::redisReply& reply) noexcept { return reply.type == REDIS_REPLY_NIL; }
inline bool is_array(const ::redisReply& reply, std::size_t least) noexcept {
  return reply.type == REDIS_REPLY_ARRAY && reply.elements >= least;
}
// Empty where it is no text.
inline std::string_view text_of(const ::redisReply& reply) noexcept {
  const bool is_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS ||
                       reply.type == REDIS_REPLY_ERROR;
  return is_text ? std::string_view(reply.str, reply.len) : std::string_view();
}

// How long to wait for an answer, so that it is noticed in time that none comes.
inline std::chrono::milliseconds until_silent(std::chrono::milliseconds wait,
                                              std::chrono::steady_clock::time_point heard,
                                              std::chrono::milliseconds silence) {
  using std::chrono::milliseconds;
  const auto silent = std::chrono::steady_clock::now() - heard;
  const milliseconds left = silence - std::chrono::floor<milliseconds>(silent);
  return detail::max_of(milliseconds(0), detail::min_of(wait, left));
}

// Who has which part, and may it come again: what a redis_line needs to begin.
struct redis_login {
  socket_address address;
  std::string user;      // empty: the default one
  std::string password;  // empty: none is sent
};

class redis_line {
 public:
  // hiredis would connect to the beginning of a path that is too long.
  redis_line(redis_login login, std::size_t max_reply_bytes)
      : login_(std::move(login)), max_reply_bytes_(max_reply_bytes) {
    constexpr std::size_t most = sizeof(::sockaddr_un{}.sun_path) - 1;
    if (login_.address.path.size() <= most) return;
    STEADY_THROW(std::invalid_argument("steady: the path of a Unix socket has at most " +
                                       std::to_string(most) + " bytes"));
  }

  // Also while it connects.
  bool is_open() const noexcept { return context_ != nullptr; }
  // Why it was closed; empty if nothing went wrong.
  const std::string& trouble() const noexcept { return trouble_; }
  // wrong_secret where Redis wants another password.
  follow_refusal why() const noexcept { return why_; }
  // For an event loop to wait on; -1 if it is not open.
  int descriptor() const noexcept { return is_open() ? context_->fd : -1; }
  std::size_t unsent() const noexcept { return out_.size() - sent_; }
  // When Redis has last sent or taken a byte: a long reply needs its time.
  std::chrono::steady_clock::time_point moved() const noexcept { return moved_; }

  // Begins to connect; false where that fails at once.
  bool open() {
    close();
    trouble_.clear();
    why_ = follow_refusal::none;
    const socket_address& to = login_.address;
    context_.reset(to.path.empty() ? ::redisConnectNonBlock(to.host.c_str(), std::stoi(to.port))
                                   : ::redisConnectUnixNonBlock(to.path.c_str()));
    if (context_ == nullptr) STEADY_THROW(std::bad_alloc());
    if (context_->err != 0) {
      fail(context_->errstr);
      return false;
    }
    context_->reader->maxbuf = 0;  // keep the room for what comes next
    is_connecting_ = true;
    is_logging_in_ = true;
    if (login_.password.empty()) {
      send({"PING"});  // Redis says by the answer to it if it wants a password
    } else if (login_.user.empty()) {
      send({"AUTH", login_.password});
    } else {
      send({"AUTH", login_.user, login_.password});
    }
    return true;
  }
  void close() noexcept {
    context_.reset();
    out_.clear();
    sent_ = 0;
    since_reply_ = 0;
    has_ended_ = false;
  }
  // As if the connection had broken.
  void fail(const std::string& why, follow_refusal refusal = follow_refusal::none) {
    trouble_ = why;
    why_ = refusal;
    close();
  }

  // Puts a command behind those that are to be sent.
  void send(std::span<const std::string_view> words) {
    pointers_.clear();
    lengths_.clear();
    for (const std::string_view word : words) {
      pointers_.push_back(word.data());
      lengths_.push_back(word.size());
    }
    char* text = nullptr;
    const int size = ::redisFormatCommandArgv(&text, static_cast<int>(words.size()),
                                              pointers_.data(), lengths_.data());
    if (size < 0) STEADY_THROW(std::bad_alloc());
    const std::unique_ptr<char, void (*)(char*)> owned(text, ::redisFreeCommand);
    out_.append(text, static_cast<std::size_t>(size));
  }
  void send(std::initializer_list<std::string_view> words) {
    send(std::span(words.begin(), words.size()));
  }

  // Sends and receives, after waiting up to `wait` until that can be done. False once it is closed.
  bool move(std::chrono::milliseconds wait) {
    if (!is_open()) return false;
    ::pollfd look{};
    look.fd = context_->fd;
    look.events = static_cast<short>(POLLIN | (is_connecting_ || unsent() != 0 ? POLLOUT : 0));
    if (::poll(&look, 1, static_cast<int>(wait.count())) <= 0 || look.revents == 0) return true;
    if (is_connecting_ && !complete_connecting()) return false;
    if (!has_ended_) write();
    if (is_open() && !has_ended_) read();
    return is_open();
  }

  // The next reply; null where none is whole yet. May close the line.
  redis_reply next() {
    while (is_open()) {
      void* found = nullptr;
      if (::redisReaderGetReply(context_->reader, &found) != REDIS_OK) {
        fail(std::string("what was received is none of Redis' protocol: ") +
             context_->reader->errstr);
        break;
      }
      redis_reply reply(static_cast<::redisReply*>(found));
      if (reply == nullptr) {
        wait_for_rest();
        break;
      }
      const std::size_t rest = context_->reader->len - context_->reader->pos;
      if (std::exchange(since_reply_, rest) - rest > max_reply_bytes_) {
        fail_too_long();
      } else if (!std::exchange(is_logging_in_, false)) {
        return reply;
      } else if (is_error(*reply)) {
        refuse_login(text_of(*reply));
      }
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{64} << 10;
  static constexpr int blocks_at_once = 16;
  // An error with so many of the first bytes of the password is not shown.
  static constexpr std::size_t told_bytes = 8;

  struct free_context {
    void operator()(::redisContext* context) const noexcept { ::redisFree(context); }
  };

  void fail_with(int error) { fail(std::system_category().message(error)); }
  static bool is_temporary(int error) noexcept { return error == EAGAIN || error == EINTR; }

  bool complete_connecting() {
    int error = 0;
    ::socklen_t size = sizeof error;
    if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) {
      fail_with(error);
      return false;
    }
    is_connecting_ = false;
    return true;
  }
  void write() {
    for (int n = 0; n < blocks_at_once && unsent() != 0; ++n) {
      const std::size_t count = unsent() < block_bytes ? unsent() : block_bytes;
      const auto done = ::send(context_->fd, out_.data() + sent_, count, MSG_NOSIGNAL);
      if (done < 0 && is_temporary(errno)) return;
      // The read tells why: there may be replies to be read.
      if (done < 0) return;
      sent_ += static_cast<std::size_t>(done);
      moved_ = std::chrono::steady_clock::now();
    }
    if (unsent() == 0) {
      out_.clear();
      sent_ = 0;
    } else if (sent_ > out_.size() / 2) {
      std::memmove(out_.data(), out_.data() + sent_, unsent());
      out_.truncate(unsent());
      sent_ = 0;
    }
  }
  void read() {
    for (int n = 0; n < blocks_at_once; ++n) {
      const auto done = ::recv(context_->fd, in_.data(), in_.size(), 0);
      if (done < 0 && is_temporary(errno)) return;
      if (done <= 0) {
        has_ended_ = true;
        end_trouble_ =
            done == 0 ? "Redis has closed the connection" : std::system_category().message(errno);
        return;
      }
      const auto count = static_cast<std::size_t>(done);
      since_reply_ += count;
      moved_ = std::chrono::steady_clock::now();
      if (::redisReaderFeed(context_->reader, in_.data(), count) != REDIS_OK) {
        STEADY_THROW(std::bad_alloc());
      }
      if (count < in_.size()) return;
    }
  }
  void wait_for_rest() {
    if (has_ended_) {
      fail(end_trouble_);
    } else if (since_reply_ > max_reply_bytes_) {
      fail_too_long();
    }
  }
  void fail_too_long() {
    fail("a reply has more than " + std::to_string(max_reply_bytes_) +
         " bytes, which is the limit");
  }
  void refuse_login(std::string_view text) {
    fail("Redis says: " + without_password(text),
         is_about_password(text) ? follow_refusal::wrong_secret : follow_refusal::none);
  }
  // What AUTH itself says stays so; other errors go away, such as that of too many clients.
  bool is_about_password(std::string_view text) const noexcept {
    if (text.starts_with("NOAUTH") || text.starts_with("WRONGPASS")) return true;
    if (login_.password.empty() || !text.starts_with("ERR")) return false;
    constexpr std::array<std::string_view, 3> own = {"AUTH", "'auth'", "invalid password"};
    return std::any_of(own.begin(), own.end(), [text](std::string_view one) {
      return text.find(one) != std::string_view::npos;
    });
  }
  // Redis repeats the words of a command that it does not know, or the beginnings of long ones.
  std::string without_password(std::string_view text) const {
    text = text.substr(0, text.find(", with args beginning with:"));
    const std::string_view begin = std::string_view(login_.password).substr(0, told_bytes);
    const bool is_told = !begin.empty() && text.find(begin) != std::string_view::npos;
    return std::string(is_told ? "(an error that repeats the password)" : text);
  }

  redis_login login_;
  std::size_t max_reply_bytes_;
  std::unique_ptr<::redisContext, free_context> context_;
  byte_buffer out_;
  std::size_t sent_ = 0;  // of `out_`
  std::array<char, block_bytes> in_;
  std::chrono::steady_clock::time_point moved_;
  std::size_t since_reply_ = 0;  // bytes that arrived after the last whole reply
  bool is_connecting_ = false;
  bool is_logging_in_ = false;
  bool has_ended_ = false;
  std::string end_trouble_;
  std::string trouble_;
  follow_refusal why_ = follow_refusal::none;
  std::vector<const char*> pointers_;
  std::vector<std::size_t> lengths_;
};

}  // namespace steady::detail
