// A stock that survives the end of the program, whenever that comes: a durable map, opened twice,
// and a follower that hears of every change once, also across the restart.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <system_error>

#include <steady/durable_map.hpp>
#include <steady/feed.hpp>

namespace {

using stock_map = steady::durable_map<std::string, std::uint64_t>;

steady::durable_options options_of_shop() {
  steady::durable_options options;
  options.feed_changes = 10'000;  // kept in memory for followers
  return options;
}

// What a follower does: it counts what it is told.
struct heard {
  int elements = 0;
  int changes = 0;
};

heard follow(steady::subscriber<stock_map>& follower) {
  heard all;
  while (follower.state() != steady::feed_state::caught_up &&
         follower.state() != steady::feed_state::cut) {
    follower.step(
        64, [&](const auto&) { ++all.elements; }, [&](const auto&) { ++all.changes; });
  }
  return all;
}

}  // namespace

int main() {
  // A directory that no other run has: one map at a time can be open in each.
  const std::string directory = (std::filesystem::temp_directory_path() /
                                 ("steady-example-stock-" + std::to_string(std::random_device()())))
                                    .string();
  int status = 0;
  try {
    steady::feed_position left;
    {
      stock_map stock(directory, options_of_shop());
      stock.insert_or_assign("apples", 3);
      stock.insert_or_assign("pears", 5);  // on the disk when this returns
      steady::subscriber follower(stock);
      stock.modify("apples", [](std::uint64_t& count) { count += 10; });
      // One sync for all of them.
      stock.group([&] {
        for (int n = 0; n < 1000; ++n) stock.insert_or_assign("crate " + std::to_string(n), 1);
      });
      const heard first = follow(follower);
      std::printf("heard of %d elements, then of %d changes\n", first.elements, first.changes);
      left = *follower.resume_point();
    }
    stock_map stock(directory, options_of_shop());
    std::printf("opened again: %zu entries, %llu apples\n", stock.size(),
                static_cast<unsigned long long>(stock.at("apples")));
    steady::subscriber follower(stock, left);
    stock.erase("pears");
    const heard later = follow(follower);
    std::printf("heard of %d elements, then of %d changes\n", later.elements, later.changes);
    stock.save_snapshot();  // otherwise one begins by itself when the log has grown
  } catch (const steady::durable_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    status = 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return status;
}
