// A server whose maps are watched by Prometheus: GET /metrics tells stats() of all of them, with
// cpp-httplib (Debian: libcpp-httplib-dev).
//
//   example.metrics_endpoint                 serves, asks itself once, prints the answer, and ends
//   example.metrics_endpoint --serve PORT    serves until it is killed; 0: on any port
//
// A map that threads share can be asked at any time. One that belongs to a thread is asked by that
// thread, which now and then publishes a copy of its stats().
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <httplib.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>
#include <steady/openmetrics.hpp>

namespace {

using session_map = steady::concurrent_hash_map<std::uint64_t, std::uint64_t>;

// What a thread tells of its own map.
class published_stats {
 public:
  void publish(const steady::stats& now) {
    const std::lock_guard lock(mutex_);
    last_ = now;
  }
  steady::stats last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  steady::stats last_;
};

// Sessions come and go; prices only become more. So there is something to be seen.
void work(session_map& sessions, published_stats& of_prices, const std::atomic<bool>& stops) {
  steady::hash_map<std::uint64_t, double> prices;
  for (std::uint64_t n = 0; !stops.load(); ++n) {
    sessions.try_emplace(n, n);
    if (n % 200'000 >= 100'000) sessions.erase_if(n - 100'000, [](const auto&) { return true; });
    if (n % 16 == 0) prices.try_emplace(n, 0.25 * static_cast<double>(n));
    if (n % 1'000 != 0) continue;
    of_prices.publish(prices.stats());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

steady::exposition_format format_of(const httplib::Request& request) {
  return steady::exposition::format_for(request.get_header_value("Accept"));
}

// Answers from the server's threads, while work() goes on.
void answer(httplib::Server& server, const session_map& sessions,
            const published_stats& of_prices) {
  server.Get("/metrics", [&](const httplib::Request& request, httplib::Response& response) {
    steady::exposition now;
    now.add("sessions", sessions);
    now.add("prices", of_prices.last());
    const steady::exposition_format format = format_of(request);
    response.set_content(now.text(format),
                         std::string(steady::exposition::content_type(format)).c_str());
  });
}

int ask_once(int port) {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // so that there is something
  httplib::Client client("127.0.0.1", port);
  const auto response = client.Get("/metrics", {{"Accept", "application/openmetrics-text"}});
  if (!response || response->status != 200) {
    std::fprintf(stderr, "no answer from port %d\n", port);
    return 1;
  }
  std::printf("%s\n%s", response->get_header_value("Content-Type").c_str(), response->body.c_str());
  return 0;
}

// The port, or -1. 0: any.
int bind(httplib::Server& server, int wanted) {
  if (wanted == 0) return server.bind_to_any_port("127.0.0.1");
  return server.bind_to_port("127.0.0.1", wanted) ? wanted : -1;
}

int run(httplib::Server& server, bool serves, int wanted) {
  const int port = bind(server, wanted);
  if (port < 0) {
    std::fprintf(stderr, "cannot listen on port %d; 0 takes one that is free\n", wanted);
    return 1;
  }
  int status = 0;
  std::thread listener([&] { server.listen_after_bind(); });
  if (serves) {
    std::printf("http://127.0.0.1:%d/metrics\n", port);
    std::fflush(stdout);
  } else {
    status = ask_once(port);
    server.stop();
  }
  listener.join();
  return status;
}

// -1 where the text is none.
int port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : -1;
}

}  // namespace

int main(int count, char** arguments) {
  const bool serves = count == 3 && std::string_view(arguments[1]) == "--serve";
  const int wanted = serves ? port_of(arguments[2]) : 0;
  if ((count != 1 && !serves) || wanted < 0) {
    std::fprintf(stderr, "usage: metrics_endpoint [--serve PORT], from 0 (any) to 65535\n");
    return 2;
  }
  session_map sessions;
  published_stats of_prices;
  std::atomic<bool> stops = false;
  std::thread worker([&] { work(sessions, of_prices, stops); });

  httplib::Server server;
  answer(server, sessions, of_prices);
  const int status = run(server, serves, wanted);
  stops = true;
  worker.join();
  return status;
}
