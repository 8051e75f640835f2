#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/support/machine.hpp"
#include "bench/support/origin.hpp"
#include "steady_bench_commit.hpp"

namespace steady::bench {

namespace {

// The words of the command line, quoted where a shell would take one for several.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline");
  std::string text;
  for (std::string word; std::getline(file, word, '\0');) {
    const bool first = text.empty();
    if (first) word.erase(0, word.rfind('/') + 1);
    const bool quoted = word.empty() || word.find_first_of(" '\"*$&|;()<>\\") != std::string::npos;
    for (std::size_t at = 0; (at = word.find('\'', at)) != std::string::npos; at += 4) {
      word.replace(at, 1, "'\\''");
    }
    if (!first) text += ' ';
    text += quoted ? fmt::format("'{}'", word) : word;
  }
  return text;
}

// Of the last minute.
std::optional<double> load_average() {
  std::ifstream file("/proc/loadavg");
  double load = 0;
  if (file >> load) return load;
  return std::nullopt;
}

struct beginning {
  machine on = read_machine();
  std::string when = current_time();
  std::optional<double> load = load_average();
};

const beginning began;

}  // namespace

nlohmann::json origin_of_results(const std::map<std::string, std::string>& maps,
                                 const std::string& hash) {
  return {{"commit", STEADY_BENCH_COMMIT},
          {"date", began.when},
          {"command", command_line()},
          {"compiler", STEADY_BENCH_COMPILER},
          {"flags", STEADY_BENCH_FLAGS},
          {"processor", began.on.processor},
          {"processor_model", began.on.processor_model},
          {"cores", began.on.cores_in_all},
          {"allowed_cores", began.on.cores},
          {"memory_bytes", began.on.memory_bytes},
          {"system", began.on.system},
          {"kernel", began.on.kernel},
          {"load", began.load ? nlohmann::json(*began.load) : nlohmann::json()},
          {"hash", hash},
          {"maps", maps}};
}

}  // namespace steady::bench
