// steady::socket_follower: follows a steady::feed_server over TCP or a Unix socket. Needs
// Boost.Asio (libboost1.81-dev), and for secrets OpenSSL (libssl-dev, link libcrypto).
//
//   boost::asio::io_context loop;
//   using stock = steady::hash_map<std::string, int>;
//   steady::socket_follower<stock> follower(loop, "shop.example:7000", {.secret = "..."});
//   follower.start();
//   loop.run();                       // follower.content() on the same thread
//
//   1. As every follower (steady/follower.hpp): content() is the source's as of position().
//   2. A connection that breaks is made again, after a wait that doubles up to longest_wait, until
//      a snapshot or a change has come, or a connection has lasted for so long; it is shortened by
//      chance, so that many followers do not come back at once. Only what was missed is sent then,
//      as long as the server keeps it.
//   3. What would be refused again (another secret, types, version) is not tried again: state() is
//      `refused`, trouble() says why, and start() tries anew.
//   4. What the server sends is trusted in nothing: what is no record, or does not come next, ends
//      the connection.
//
//   Memory   content (twice while a snapshot arrives), and twice what arrives at once: 64 KiB, or
//            the longest record.
//   Bound    each turn of the loop: the records of 64 KiB.
//   Throws   the constructor std::invalid_argument for a wrong address, std::runtime_error for a
//            secret without OpenSSL. What a visitor, the container or a codec throws, and
//            std::bad_alloc, comes out of the loop's run(), or of start(); the connection is made
//            again then, after a wait or at the end of silence_time.
//   Threads  the loop's. Visitors run within its calls. They may stop() the follower: changes that
//            have arrived by then may still be applied; and must not use it otherwise.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/follow/address.hpp>
#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/bounded_time.hpp>
#include <steady/detail/follow/byte_stream.hpp>
#include <steady/detail/follow/client_session.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/replica.hpp>
#include <steady/detail/follow/retry_wait.hpp>
#include <steady/follower.hpp>

namespace steady {

struct socket_follower_options {
  std::string secret{};
  std::chrono::milliseconds first_wait{100};
  std::chrono::milliseconds longest_wait{10'000};
  // A connection on which nothing comes for so long is given up: servers send a sign of life twice
  // a second. All addresses of a host are tried within it.
  std::chrono::milliseconds silence_time{10'000};
  // Longer records end the connection.
  std::size_t max_record_bytes = max_payload_bytes;
  // A follower_tls (steady/tls.hpp); null: nothing is encrypted, and the server is not checked.
  std::shared_ptr<const follower_security> tls{};
};

template <class Container>
class socket_follower final : public follower<Container> {
  using session = detail::client_session<detail::replica<Container>>;
  using clock = std::chrono::steady_clock;

 public:
  socket_follower(boost::asio::io_context& loop, const std::string& address,
                  socket_follower_options options = {})
      : socket_follower(Container(), loop, address, std::move(options)) {}
  // With the hash, equality and allocator of `empty`, which must be so.
  socket_follower(Container&& empty, boost::asio::io_context& loop, const std::string& address,
                  socket_follower_options options = {})
      : follower<Container>(std::move(empty)),
        address_(detail::parse_address(address)),
        options_(detail::with_bounded(std::move(options), &socket_follower_options::first_wait,
                                      &socket_follower_options::longest_wait,
                                      &socket_follower_options::silence_time)),
        wait_(options_.first_wait, options_.longest_wait),
        timer_(loop) {
    detail::require_secrets(options_.secret);
    if (!address_.path.empty()) detail::local_endpoint(address_.path);  // which is one
  }
  ~socket_follower() { leave(); }

  void start() {
    leave();
    wait_.reset();
    connect();
  }
  void stop() {
    leave();
    state_ = connection_state::stopped;
  }

  connection_state state() const noexcept { return state_; }
  // Why the last connection ended; empty if none has.
  const std::string& trouble() const noexcept { return trouble_; }
  follow_refusal why_refused() const noexcept { return why_; }
  // How often a connection was made that the server has welcomed.
  std::uint64_t connections() const noexcept { return connections_; }

  // `visitor(state)`, after each change of state().
  void on_state(std::function<void(connection_state)> visitor) { on_state_ = std::move(visitor); }

 private:
  using tcp = detail::asio::ip::tcp;
  using endpoint = detail::asio::generic::stream_protocol::endpoint;

  // One connection: handlers keep it, and it knows the follower until that has left it.
  struct line {
    line(socket_follower* owner, const detail::asio::steady_timer::executor_type& loop)
        : of(owner), socket(loop) {}

    socket_follower* of;
    detail::stream_socket socket;  // until it is connected
    std::unique_ptr<detail::byte_stream> stream;
    std::optional<tcp::resolver> resolver;
    std::vector<endpoint> targets;
    std::size_t untried = 0;  // of them
    std::optional<session> talk;
    std::array<unsigned char, std::size_t{64} << 10> in;
    byte_buffer out;      // is being sent
    byte_buffer waiting;  // comes next
    bool is_sending = false;
    clock::time_point begun = clock::now();
    clock::time_point heard = clock::now();
    std::uint64_t taken = 0;  // what taken() was
  };
  using line_pointer = std::shared_ptr<line>;

  void change(connection_state to) {
    if (std::exchange(state_, to) != to && on_state_) on_state_(to);
  }
  void leave() {
    due_ = due::nothing;
    timer_.cancel();
    ++turn_;
    if (line_ == nullptr) return;
    line_->of = nullptr;
    line_->resolver.reset();  // cancel() allocates
    detail::close(line_->stream ? line_->stream->socket() : line_->socket);
    line_.reset();  // its session may be what has called a visitor that calls this
    this->content_maker().abandon_loading();
  }
  // The next connection is certain before anything else that may throw.
  void fail(follow_refusal why, std::string_view text) {
    if (line_ != nullptr && line_->talk && line_->talk->is_welcome()) {
      wait_.reset_if_lasted(line_->begun);
    }
    leave();
    why_ = why;
    if (!is_final(why)) after(wait_.take(), due::connection);
    const auto to = is_final(why) ? connection_state::refused : connection_state::waiting;
    const bool is_other = std::exchange(state_, to) != to;
    trouble_ = text;
    if (is_other && on_state_) on_state_(to);
  }

  // ---- time ----

  enum class due { nothing, connection, look };

  // Does it then, unless something else has happened before. Where there is no memory for that, the
  // wait before it, which ends now, begins another one: its memory is free again then.
  void after(std::chrono::milliseconds time, due what) {
    due_ = what;
    is_waiting_ = false;
    timer_.expires_after(time);
    timer_.async_wait([alive = alive_, turn = turn_, this](const detail::asio_error& error) {
      if (!*alive) return;
      if (!error && turn == turn_) return do_what_is_due();
      if (!is_waiting_ && due_ != due::nothing) after(wait_.take(), due::connection);
    });
    is_waiting_ = true;
  }
  void do_what_is_due() {
    is_waiting_ = false;
    if (due_ == due::connection) connect();
    if (due_ == due::look) watch_silence();
  }

  // ---- connecting ----

  void connect() {
    STEADY_TRY { begin_to_connect(); }
    STEADY_CATCH_ALL {
      if (due_ != due::nothing) fail(follow_refusal::none, "no connection could be begun");
      STEADY_RETHROW;
    }
  }
  void begin_to_connect() {
    look_later();
    line_ = std::make_shared<line>(this, timer_.get_executor());
    change(connection_state::connecting);
    const line_pointer one = line_;
    if (one == nullptr) return;  // a visitor has stopped it
    if (!address_.path.empty()) {
      one->targets.push_back(detail::local_endpoint(address_.path));
      return try_next(one, 0);
    }
    one->resolver.emplace(timer_.get_executor());
    one->resolver->async_resolve(
        address_.host, address_.port,
        [one](const detail::asio_error& error, const tcp::resolver::results_type& found) {
          if (one->of == nullptr) return;
          if (error) return one->of->fail(follow_refusal::none, error.message());
          for (const auto& entry : found) one->targets.push_back(entry.endpoint());
          one->of->try_next(one, 0);
        });
  }
  void try_next(const line_pointer& one, std::size_t n) {
    detail::close(one->socket);
    one->untried = one->targets.size() - n - 1;
    one->heard = clock::now();
    one->socket.async_connect(one->targets[n], [one, n](const detail::asio_error& error) {
      if (one->of == nullptr) return;
      if (!error) return one->of->shake_hands(one);
      if (n + 1 < one->targets.size()) return one->of->try_next(one, n + 1);
      one->of->fail(follow_refusal::none, error.message());
    });
  }
  void shake_hands(const line_pointer& one) {
    detail::prefer_speed(one->socket);
    one->untried = 0;
    one->heard = clock::now();
    one->stream = detail::stream_over(std::move(one->socket), options_.tls.get(), address_.host);
    one->stream->async_handshake([one](const detail::asio_error& error) {
      if (one->of == nullptr) return;
      if (!error) return one->of->begin(one);
      one->of->fail(one->stream->why(error), one->stream->explain(error));
    });
  }
  void begin(const line_pointer& one) {
    one->heard = clock::now();
    one->taken = taken();
    one->talk.emplace(this->content_maker(), options_.secret, options_.max_record_bytes,
                      one->waiting);
    send(one);
    read(one);
  }

  // ---- talking ----

  void send(const line_pointer& one) {
    if (one->is_sending || one->waiting.empty()) return;
    std::swap(one->out, one->waiting);
    one->waiting.clear();
    one->is_sending = true;
    one->stream->async_write(
        detail::bytes_of(one->out), [] {},
        [one](const detail::asio_error& error, std::size_t) {
          one->is_sending = false;
          // Why, the read will tell: there may be a refusal to be read.
          if (one->of != nullptr && !error) one->of->send(one);
        });
  }
  void read(const line_pointer& one) {
    one->stream->async_read_some(detail::asio::buffer(one->in),
                                 [one](const detail::asio_error& error, std::size_t bytes) {
                                   if (one->of == nullptr) return;
                                   if (error)
                                     return one->of->fail(follow_refusal::none, error.message());
                                   one->of->receive(one, bytes);
                                 });
  }
  void receive(const line_pointer& one, std::size_t bytes) {
    one->heard = clock::now();
    const bool was_welcome = one->talk->is_welcome();
    STEADY_TRY { one->talk->receive({one->in.data(), bytes}, one->waiting); }
    STEADY_CATCH_ALL {
      note_progress(*one);
      if (one->of != nullptr) fail(follow_refusal::none, "a record could not be taken");
      STEADY_RETHROW;
    }
    if (one->of == nullptr) return;  // a visitor has stopped it
    note_progress(*one);
    if (one->talk->is_over()) return fail(one->talk->why(), one->talk->text());
    const bool is_new = !was_welcome && one->talk->is_welcome();
    if (is_new) ++connections_;
    send(one);
    read(one);
    if (is_new) change(connection_state::following);
  }
  // Whole snapshots, and changes.
  std::uint64_t taken() const noexcept { return this->counts().snapshots + this->counts().changes; }
  void note_progress(line& one) noexcept {
    if (std::exchange(one.taken, taken()) != one.taken) wait_.reset();
  }
  void look_later() {
    after(detail::max_of(options_.silence_time / 4, std::chrono::milliseconds(1)), due::look);
  }
  void watch_silence() {
    look_later();
    const auto silent = clock::now() - line_->heard;
    if (line_->untried != 0 && silent > time_for_each_address()) {
      detail::close(line_->socket);  // the next one is tried then
    } else if (silent > options_.silence_time) {
      fail(follow_refusal::none, "nothing came for too long");
    }
  }
  // Some addresses of a host may swallow what is sent to them.
  std::chrono::milliseconds time_for_each_address() const {
    return options_.silence_time /
           static_cast<std::chrono::milliseconds::rep>(line_->targets.size());
  }

  detail::socket_address address_;
  socket_follower_options options_;
  detail::retry_wait wait_;
  detail::asio::steady_timer timer_;
  line_pointer line_;
  connection_state state_ = connection_state::stopped;
  std::string trouble_;
  follow_refusal why_ = follow_refusal::none;
  std::uint64_t connections_ = 0;
  std::uint64_t turn_ = 0;
  due due_ = due::nothing;
  bool is_waiting_ = false;  // the timer, for that
  std::function<void(connection_state)> on_state_;
  // Handlers may run when the follower is gone.
  struct life {
    std::shared_ptr<bool> flag = std::make_shared<bool>(true);
    ~life() { *flag = false; }
  } life_;
  std::shared_ptr<bool> alive_ = life_.flag;
};

}  // namespace steady
