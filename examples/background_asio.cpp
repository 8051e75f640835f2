// Migrations as work of an event loop: Boost.Asio runs the evacuator's slices between a program's
// own handlers, 200 microseconds each, on a thread that it has anyway.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <steady/concurrent_hash_map.hpp>
#include <steady/evacuator.hpp>

namespace {

using map_type = steady::concurrent_hash_map<std::uint64_t, std::uint64_t>;

class evacuation_on_a_loop {
 public:
  explicit evacuation_on_a_loop(boost::asio::io_context& loop)
      : loop_(loop), timer_(loop), helper_([this] { call(); }, short_slices()) {}

  steady::evacuator& helper() { return helper_; }
  int slices() const { return slices_; }

 private:
  static steady::evacuator_options short_slices() {
    steady::evacuator_options how;
    how.work_in_a_row = std::chrono::microseconds(200);
    how.rest = std::chrono::microseconds(200);
    return how;
  }
  // Any thread may be here, in the middle of an insertion: it posts, and goes on. Where there is no
  // memory for that, post() throws, and the evacuator tries again at the next migration.
  void call() {
    boost::asio::post(loop_, [this] { run_slice(); });
  }
  void run_slice() {
    ++slices_;
    const auto rest = helper_.slice();
    if (rest == steady::evacuator::until_called) return;
    timer_.expires_after(rest);
    timer_.async_wait([this](const boost::system::error_code& stopped) {
      if (!stopped) run_slice();
    });
  }

  boost::asio::io_context& loop_;
  boost::asio::steady_timer timer_;
  int slices_ = 0;
  steady::evacuator helper_;
};

// A request that arrives with the number of orders that it brings.
void receive_orders(map_type& orders, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t id = first; id < first + count; ++id) orders.try_emplace(id, 2 * id);
}

}  // namespace

int main() {
  boost::asio::io_context loop(1);
  map_type orders;
  evacuation_on_a_loop evacuation(loop);
  const auto service = evacuation.helper().serve(orders);
  for (std::uint64_t n = 0; n < 1000; ++n) {
    boost::asio::post(loop, [&orders, n] { receive_orders(orders, 500 * n, 500); });
  }
  loop.run();  // until there are no requests, and nothing is left to evacuate

  std::printf("%zu orders, grown %llu times, %s in slices on the loop\n", orders.size(),
              static_cast<unsigned long long>(orders.stats().migrations.grow),
              evacuation.slices() > 0 ? "evacuated" : "never");
  return orders.size() == 500'000 && !orders.migrating() && !orders.check_invariants() ? 0 : 1;
}
