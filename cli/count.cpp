#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"
#include "cli/count.hpp"
#include "cli/count_result.hpp"
#include "cli/file_walk.hpp"
#include "cli/identifiers.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/ranking.hpp"
#include "cli/stop_signal.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t block_bytes = std::size_t{64} << 10;

// Given up when memory runs out, so that there is some to report with; and what then fits in it.
constexpr std::size_t reserve_bytes = std::size_t{4} << 20;
constexpr std::size_t top_from_reserve = 1000;

template <class Adapter>
class identifier_count {
 public:
  explicit identifier_count(const count_options& options) : options_(options) {
    result_.map = fmt::format("{} {}", Adapter::full_name, Adapter::version());
    result_.clock_cost_ns = bench::measure_clock_cost();
  }

  ~identifier_count() {
    if (result_.names_lost) [[maybe_unused]]
      auto* const unusable = map_.release();
  }

  // The names in the result live as long as this object.
  const count_result& run() {
    const auto start = std::chrono::steady_clock::now();
    try {
      read_all();
      if (stop_requested()) result_.end = ending::stopped;
    } catch (const std::bad_alloc&) {
      reserve_.reset();
      result_.end = ending::out_of_memory;
      result_.names_lost = !Adapter::usable_after_bad_alloc;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    result_.seconds = took.count();
    result_.distinct = map_->size();
    result_.growths = Adapter::growths(*map_);
    result_.peak_memory = bench::read_memory_usage().peak;
    rank();
    progress_.clear();
    return result_;
  }

 private:
  using map_type =
      typename Adapter::template map<std::string, std::uint64_t, steady::hash<std::string>>;

  void read_all() {
    found_files found = find_files(options_.paths);
    for (path_problem& problem : found.problems) report(std::move(problem));
    for (const found_file& file : found.files) {
      if (stop_requested()) return;
      read(file.path, found.bytes);
    }
  }

  void read(const std::string& path, std::uint64_t bytes_in_all) {
    identifier_splitter splitter;
    const auto add_identifier = [this](std::string_view identifier) { add(identifier); };
    const std::string failed = read_blocks(path, {buffer_.get(), block_bytes}, [&](auto block) {
      result_.bytes += block.size();
      splitter.feed(block, add_identifier);
      progress_.show_bytes(result_.bytes, bytes_in_all);
    });
    splitter.finish(add_identifier);
    if (failed.empty()) {
      ++result_.files;
    } else {
      report({path, failed});
    }
  }

  void add(std::string_view identifier) {
    if (identifier.size() < options_.min_length) return;
    result_.latency.record(
        bench::timed(result_.clock_cost_ns, [&] { ++Adapter::value_of(*map_, identifier); }));
  }

  void report(path_problem problem) {
    progress_.clear();
    write_error(problem.path + ": " + problem.reason);
    result_.problems.push_back(std::move(problem));
  }

  void rank() {
    if (result_.names_lost) return;
    const bool scarce = result_.end == ending::out_of_memory;
    result_.top =
        most_frequent(*map_, scarce ? std::min(options_.top, top_from_reserve) : options_.top);
  }

  const count_options& options_;
  count_result result_;
  progress_line progress_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(block_bytes);
  std::unique_ptr<char[]> reserve_ = std::make_unique_for_overwrite<char[]>(reserve_bytes);
  std::unique_ptr<map_type> map_ = std::make_unique<map_type>();
};

void explain_ending(const count_result& result) {
  switch (result.end) {
    case ending::complete:
      return;
    case ending::stopped:
      return write_error("stopped; what was counted so far is shown");
    case ending::out_of_memory:
      write_error(
          fmt::format("out of memory with {} distinct identifiers from {} bytes; "
                      "what was counted so far is shown",
                      format_count(result.distinct), format_count(result.bytes)));
      if (result.names_lost) {
        write_error(result.map + " cannot be read after that, so no identifiers are listed");
      }
  }
}

int deliver(const count_result& result, result_sink& sink) {
  explain_ending(result);
  const bool delivered = sink.deliver(count_text(result), count_json(result));
  if (result.end == ending::stopped) return 128 + stop_signal();
  const bool whole = result.end == ending::complete && result.problems.empty();
  return whole && delivered ? 0 : status_of_failure();
}

}  // namespace

int run_count(const count_options& options) {
  result_sink sink;
  if (!sink.open(options.json_path)) return 1;

  const stop_signal_guard guard;
  int status = 0;
  bench::for_each_adapter_of<std::string>([&](auto adapter) {
    using adapter_type = decltype(adapter);
    if (adapter_type::name != options.map) return;
    identifier_count<adapter_type> count(options);
    status = deliver(count.run(), sink);
  });
  return status;
}

}  // namespace steady::cli
