// steady::feed_server: lets steady::socket_followers, in other processes or on other machines,
// follow a fed_map, a durable_map, or their sets. Needs Boost.Asio (libboost1.81-dev), and for
// secrets OpenSSL (libssl-dev, link libcrypto). docs/following.md has the protocol.
//
//   boost::asio::io_context loop;
//   steady::fed_map<std::string, int> stock;
//   steady::feed_server server(loop, stock, "0.0.0.0:7000", {.secret = "..."});
//   loop.run();                       // and change `stock` on the same thread
//
//   1. Each follower has a subscriber of its own, which the loop drives: a follower that takes
//      nothing costs nothing but what the subscriber may cost (steady/feed.hpp).
//   2. Writers never wait. A follower that falls behind, or whose snapshot costs too much, is told
//      why and cut off; it can come back.
//   3. What comes from the other side is trusted in nothing: frames are at most 4 KiB, and until
//      the secret is proved, nothing of the source is sent. What is sent is encrypted with
//      `tls` only (steady/tls.hpp).
//   4. The map must outlive the server, or its close(). A durable_map must keep changes for
//      followers: durable_options::feed_changes.
//
//   Memory   for each follower twice send_bytes and a record, or the elements of a bucket; and its
//            subscriber, until its copies are freed.
//   Bound    each turn of the loop: send_bytes for each follower that takes them, and freeing
//            copies of 64 buckets, of followers that left within their snapshot. close(), and the
//            destructor, free all of them.
//   Throws   the constructor boost::system::system_error where it cannot listen,
//            std::invalid_argument for a wrong address, also for the path of a file that is no
//            socket; nothing is left behind then. What a codec throws ends that connection; what a
//            visitor throws, and std::bad_alloc for one more connection, comes out of the loop's
//            run(), and the server goes on.
//   Threads  the loop's, which is the map's, too.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/feed/left_subscribers.hpp>
#include <steady/detail/follow/address.hpp>
#include <steady/detail/follow/asio.hpp>
#include <steady/detail/follow/bounded_time.hpp>
#include <steady/detail/follow/byte_stream.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/secret.hpp>
#include <steady/detail/follow/server_connection.hpp>
#include <steady/detail/follow/server_session.hpp>
#include <steady/detail/follow/silence_limit.hpp>
#include <steady/detail/follow/socket_file.hpp>
#include <steady/feed.hpp>

namespace steady {

struct feed_server_options {
  // That followers have to know; empty: everyone may follow.
  std::string secret{};
  // Followers that have proved that they know it.
  std::size_t max_followers = 64;
  // Connections without a proof; where one more comes, the oldest of them ends.
  std::size_t max_unproved = 64;
  // A connection without a proof ends after so long.
  std::chrono::milliseconds handshake_time{10'000};
  // A follower that takes no byte for so long is cut off. Bytes that the systems of both sides keep
  // for it count as taken: where there are no changes that is so for a long time. One whose host
  // is gone is cut off all the same, where the system has TCP_USER_TIMEOUT.
  std::chrono::milliseconds stall_time{30'000};
  // How often followers hear how far the source is.
  std::chrono::milliseconds beat_time{500};
  // How often, at least, the server looks for changes; wake() makes it look at once.
  std::chrono::milliseconds look_time{10};
  std::size_t send_bytes = std::size_t{64} << 10;
  subscriber_options subscriber{};
  // A server_tls (steady/tls.hpp); null: nothing is encrypted.
  std::shared_ptr<const server_security> tls{};
};

struct feed_server_counts {
  std::uint64_t connections = 0;  // accepted, since it was made
  std::uint64_t bytes = 0;        // sent
};

template <class Fed>
class feed_server {
  using session =
      detail::server_session<Fed, steady::subscriber<Fed>, feed_position, subscriber_options>;
  using connection = detail::server_connection<session>;

 public:
  feed_server(boost::asio::io_context& loop, Fed& of, const std::string& address,
              feed_server_options options = {})
      : of_(&of),
        options_(detail::with_bounded(std::move(options), &feed_server_options::handshake_time,
                                      &feed_server_options::stall_time,
                                      &feed_server_options::beat_time,
                                      &feed_server_options::look_time)),
        timer_(loop) {
    detail::require_secrets(options_.secret);
    STEADY_TRY {
      listen(loop, detail::parse_address(address));
      accept();
      wait();
    }
    STEADY_CATCH_ALL {  // the handlers that there are by now must not run
      close();
      STEADY_RETHROW;
    }
  }
  ~feed_server() { close(); }
  feed_server(const feed_server&) = delete;
  feed_server& operator=(const feed_server&) = delete;

  // Of TCP, until close(): useful where the address has port 0, which is any free one.
  unsigned short port() const {
    return tcp_ && tcp_->is_open() ? tcp_->local_endpoint().port() : 0;
  }
  // Connections, also those without a proof yet.
  std::size_t followers() const noexcept { return connections_.size(); }
  const feed_server_counts& counts() const noexcept { return counts_; }

  // `visitor(why, text)`, when a connection ends: none where the other side has ended it.
  void on_end(std::function<void(follow_refusal, const std::string&)> visitor) {
    on_end_ = std::move(visitor);
  }

  // After changes, to send them at once.
  void wake() {
    require_timer();
    for (const auto& one : connections_) one->pump();
  }
  // Ends all connections, and listens no more.
  void close() {
    if (is_closed_) return;
    is_closed_ = true;
    timer_.cancel();
    detail::remove_socket_file(path_, file_);  // while it is open its number is given to no other
    detail::asio_error ignored;
    if (tcp_) tcp_->close(ignored);
    if (local_) local_->close(ignored);
    for (const auto& one : connections_) one->close();
    connections_.clear();
    left_.clear();
    *alive_ = false;
  }

 private:
  using tcp = detail::asio::ip::tcp;
  using local = detail::asio::local::stream_protocol;

  // ---- listening ----

  void listen(detail::asio::io_context& loop, const detail::socket_address& address) {
    if (!address.path.empty()) {
      const local::endpoint path = detail::local_endpoint(address.path);
      remove_stale(loop, path);
      path_ = address.path;
      local_.emplace(loop, path);
      file_ = detail::find_socket_file(path_);
      return;
    }
    const auto found =
        tcp::resolver(loop).resolve(address.host, address.port, tcp::resolver::passive);
    tcp_.emplace(loop, found.begin()->endpoint());
  }
  // A socket that nobody listens to any more. A server that is there need not accept: it may be
  // busy, so nobody waits for it.
  static void remove_stale(detail::asio::io_context& loop, const local::endpoint& at) {
    const std::string path = at.path();
    const detail::socket_file found = detail::find_socket_file(path);
    if (found.what == detail::socket_file::kind::none) return;
    if (found.what == detail::socket_file::kind::other) {
      STEADY_THROW(std::invalid_argument("steady: cannot listen at " + path +
                                         ": what is there is no socket, and is left alone"));
    }
    local::socket probe(loop, local());
    probe.native_non_blocking(true);
    detail::asio_error error;
    probe.connect(at, error);
    if (error == detail::asio::error::connection_refused) detail::remove_socket_file(path, found);
  }

  void accept() {
    const auto take = [this, alive = alive_](const detail::asio_error& error,
                                             detail::stream_socket socket) {
      if (!*alive) return;
      require_timer();
      if (!error) enter(std::move(socket));
      if (!error || error == detail::asio::error::connection_aborted) accept();
    };
    auto fresh = std::make_shared<detail::stream_socket>(timer_.get_executor());
    const auto accepted = [take, fresh](const detail::asio_error& error) {
      take(error, std::move(*fresh));
    };
    if (tcp_) {
      tcp_->async_accept(*fresh, accepted);
    } else {
      local_->async_accept(*fresh, accepted);
    }
    accepting_ = fresh;
  }
  // Not where no descriptor or no memory was left. Boost.Asio may destroy the handler then without
  // a call.
  bool is_accepting() const noexcept { return !accepting_.expired(); }
  void enter(detail::stream_socket socket) {
    ++counts_.connections;
    detail::prefer_speed(socket);
    detail::limit_silence(socket, options_.stall_time);
    auto fresh = std::make_shared<connection>(
        detail::stream_over(std::move(socket), options_.tls.get(), {}), options_.send_bytes,
        &counts_.bytes, &left_, *of_, options_.secret, options_.subscriber);
    fresh->ask_for_place([this] { return count_welcome() < options_.max_followers; });
    make_room_for_stranger();
    connections_.push_back(fresh);
    fresh->start();
  }
  std::size_t count_welcome() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const std::shared_ptr<connection>& one) { return one->is_welcome(); }));
  }
  // Those without a proof take no places of followers. The oldest, who come first, go first.
  void make_room_for_stranger() {
    const auto is_stranger = [](const std::shared_ptr<connection>& one) {
      return one->is_open() && !one->is_welcome();
    };
    const auto strangers = std::count_if(connections_.begin(), connections_.end(), is_stranger);
    if (static_cast<std::size_t>(strangers) < detail::max_of<std::size_t>(options_.max_unproved, 1))
      return;
    (*std::find_if(connections_.begin(), connections_.end(), is_stranger))
        ->end(follow_refusal::too_many, "there were too many connections without a proof");
  }

  // ---- time ----

  void wait() {
    is_waiting_ = false;
    timer_.expires_after(time_of_turn());
    timer_.async_wait([this, alive = alive_](const detail::asio_error& error) {
      if (error || !*alive) return;
      wait();  // before a visitor may throw
      look();
    });
    is_waiting_ = true;
  }
  // Where there was no memory for the last wait.
  void require_timer() {
    if (!is_waiting_) wait();
  }
  // Whatever is due has to be seen in time, also where changes are seldom looked for; and copies
  // are freed as fast as the loop has time for it.
  std::chrono::milliseconds time_of_turn() const noexcept {
    if (left_.any()) return std::chrono::milliseconds(0);
    const auto due = detail::min_of(
        options_.beat_time, detail::min_of(options_.handshake_time, options_.stall_time) / 4);
    return detail::min_of(options_.look_time, detail::max_of(due, std::chrono::milliseconds(1)));
  }
  void look() {
    const auto now = std::chrono::steady_clock::now();
    const bool beats = now - beaten_ >= options_.beat_time;
    if (beats) beaten_ = now;
    for (const auto& one : connections_) {
      if (beats) one->beat();
      one->pump();
      if (one->owes_proof() && one->age() > options_.handshake_time) {
        one->end(follow_refusal::too_slow, "no proof within the time for it");
      } else if (one->stalled_for() > options_.stall_time) {
        one->end(follow_refusal::too_slow, "the follower takes no bytes");
      }
    }
    if (!is_accepting()) accept();
    left_.free_some();
    leave();
  }
  void leave() {
    const std::shared_ptr<bool> alive = alive_;
    const auto is_gone = [](const std::shared_ptr<connection>& one) { return !one->is_open(); };
    while (*alive) {
      const auto at = std::find_if(connections_.begin(), connections_.end(), is_gone);
      if (at == connections_.end()) return;
      const std::shared_ptr<connection> one = *at;
      connections_.erase(at);
      if (on_end_) on_end_(one->why(), one->text());
    }
  }

  Fed* of_;
  feed_server_options options_;
  detail::asio::steady_timer timer_;
  std::optional<tcp::acceptor> tcp_;
  std::optional<local::acceptor> local_;
  std::string path_;  // of a Unix socket
  detail::socket_file file_;
  detail::left_subscribers<steady::subscriber<Fed>> left_;
  std::vector<std::shared_ptr<connection>> connections_;
  std::function<void(follow_refusal, const std::string&)> on_end_;
  feed_server_counts counts_;
  std::chrono::steady_clock::time_point beaten_ = std::chrono::steady_clock::now();
  std::weak_ptr<detail::stream_socket> accepting_;  // what its handler holds
  bool is_waiting_ = false;
  bool is_closed_ = false;
  // Handlers may run when the server is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steady
