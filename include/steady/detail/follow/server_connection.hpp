// A stream with a server_session: reads what comes, and sends what the session has, one buffer at a
// time.
//
//   Threads  the loop's. Handlers keep it alive until they have run.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/byte_stream.hpp>
#include <steady/detail/follow/messages.hpp>

namespace steady::detail {

template <class Session>
class server_connection : public std::enable_shared_from_this<server_connection<Session>> {
  using clock = std::chrono::steady_clock;

 public:
  // `sent`: where bytes are counted; `left`: who frees what was copied for the follower; both must
  // live until close(). `of`: for the session.
  template <class... Arguments>
  server_connection(std::unique_ptr<byte_stream> stream, std::size_t send_bytes,
                    std::uint64_t* sent, typename Session::left_type* left, Arguments&&... of)
      : stream_(std::move(stream)),
        send_bytes_(detail::max_of<std::size_t>(send_bytes, 1)),
        sent_(sent),
        left_(left) {
    session_.emplace(std::forward<Arguments>(of)...);
  }

  bool is_open() const noexcept { return stream_->socket().is_open(); }
  bool is_welcome() const noexcept { return session_ && session_->is_welcome(); }
  // It has time for that up to a limit. One that is refused has its refusal to take instead.
  bool owes_proof() const noexcept {
    return session_ && !session_->is_welcome() && !(is_ready_ && session_->is_over());
  }
  follow_refusal why() const noexcept { return why_; }
  const std::string& text() const noexcept { return text_; }
  clock::duration age() const { return clock::now() - begun_; }
  // How long nothing of what is being sent has been taken.
  clock::duration stalled_for() const {
    return is_sending_ ? clock::now() - taken_ : clock::duration(0);
  }

  void start() {
    stream_->async_handshake([self = this->shared_from_this()](const asio_error& error) {
      if (!self->is_open()) return;
      if (error) return self->refuse_handshake(error);
      self->begin();
    });
  }
  void beat() noexcept {
    if (session_) session_->beat();
  }
  void ask_for_place(std::function<bool()> has_place) {
    session_->ask_for_place(std::move(has_place));
  }

  // Sends what there is, unless something is being sent.
  void pump() {
    if (is_sending_ || !is_ready_ || !is_open()) return;
    out_.clear();
    STEADY_TRY { session_->fill(out_, send_bytes_); }
    STEADY_CATCH_ALL {
      return end(follow_refusal::out_of_memory,
                 "a record could not be written: there was no memory, or its codec has thrown");
    }
    if (session_->is_over()) {
      session_->leave_to(*left_);
      if (why_ == follow_refusal::none) {
        why_ = session_->why();
        text_ = session_->text();
      }
    }
    if (out_.empty()) {
      if (session_->is_over()) close();
      return;
    }
    is_sending_ = true;
    STEADY_TRY { write(); }
    STEADY_CATCH_ALL { return end(follow_refusal::out_of_memory, "it could not be sent"); }
    *sent_ += out_.size();
  }

  // At once, without a word to the other side.
  void end(follow_refusal why, std::string text) {
    if (!is_open()) return;
    why_ = why;
    text_ = std::move(text);
    close();
  }
  void close() {
    detail::close(stream_->socket());
    if (session_) session_->leave_to(*left_);
    session_.reset();
  }

 private:
  void begin() {
    is_ready_ = true;
    read();
    pump();
  }
  // A follower that speaks another language is told so in its own.
  void refuse_handshake(const asio_error& error) {
    const follow_refusal why = stream_->why(error);
    const std::string text = stream_->explain(error);
    if (why != follow_refusal::tls) return end(why, text);
    stream_ = std::make_unique<plain_stream>(std::move(stream_->socket()));
    session_->refuse(why, text);
    begin();
  }
  void write() {
    stream_->async_write(
        bytes_of(out_), [self = this->shared_from_this()] { self->taken_ = clock::now(); },
        [self = this->shared_from_this()](const asio_error& error, std::size_t) {
          self->is_sending_ = false;
          if (error) return self->close();
          self->pump();
        });
  }
  void read() {
    STEADY_TRY { read_some(); }
    STEADY_CATCH_ALL { end(follow_refusal::out_of_memory, "it could not be read"); }
  }
  void read_some() {
    stream_->async_read_some(asio::buffer(in_), [self = this->shared_from_this()](
                                                    const asio_error& error, std::size_t bytes) {
      if (error || !self->is_open()) return self->close();
      STEADY_TRY { self->session_->receive({self->in_.data(), bytes}); }
      STEADY_CATCH_ALL { return self->end(follow_refusal::out_of_memory, "it could not be read"); }
      self->pump();
      if (self->is_open()) self->read();
    });
  }

  std::unique_ptr<byte_stream> stream_;
  std::optional<Session> session_;  // none once it is closed: it must not outlive the source
  std::size_t send_bytes_;
  std::uint64_t* sent_;
  typename Session::left_type* left_;
  std::array<unsigned char, 4096> in_{};
  byte_buffer out_;
  bool is_ready_ = false;  // the stream's handshake is over
  bool is_sending_ = false;
  clock::time_point begun_ = clock::now();
  clock::time_point taken_;  // when the other side has last taken some
  follow_refusal why_ = follow_refusal::none;
  std::string text_;
};

}  // namespace steady::detail
