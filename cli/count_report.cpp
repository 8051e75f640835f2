#include <algorithm>

#include <fmt/format.h>

#include "cli/count_result.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "cli/version.hpp"

namespace steady::cli {

namespace {

// A line for a base64 blob would fill the screen; --json has it in full.
constexpr std::size_t longest_shown = 80;

std::string shortened(std::string_view name) {
  if (name.size() <= longest_shown) return std::string(name);
  return fmt::format("{}... ({} characters)", name.substr(0, longest_shown - 3),
                     format_count(name.size()));
}

std::string top_text(const count_result& result) {
  if (result.top.empty()) return "";
  std::size_t width = std::string_view("count").size();
  for (const auto& entry : result.top) width = std::max(width, format_count(entry.count).size());

  std::string text = fmt::format("{:>{}}  identifier\n", "count", width);
  for (const auto& entry : result.top) {
    text += fmt::format("{:>{}}  {}\n", format_count(entry.count), width, shortened(entry.name));
  }
  return text + "\n";
}

std::string time_text(const count_result& result) {
  const std::string time = format_duration(result.seconds * 1e9);
  if (result.seconds <= 0 || result.bytes == 0) return time;
  return fmt::format("{} ({}/s, timing every update included)", time,
                     format_bytes(static_cast<double>(result.bytes) / result.seconds));
}

std::string totals_text(const count_result& result) {
  const auto line = [](std::string_view name, std::string_view value) {
    return fmt::format("{:<12} {}\n", name, value);
  };
  std::string map = result.map;
  if (result.growths) map += fmt::format(", grown {} times", format_count(*result.growths));
  return line("files", format_count(result.files)) + line("bytes", format_count(result.bytes)) +
         line("identifiers", format_count(result.latency.count())) +
         line("distinct", format_count(result.distinct)) + line("time", time_text(result)) +
         line("map", map) +
         line("peak memory", format_bytes(static_cast<double>(result.peak_memory)));
}

std::string latency_text(const count_result& result) {
  const bench::histogram& latency = result.latency;
  std::string text = fmt::format(
      "\nTime of one update, {} samples, {} for reading the clock taken off:\n",
      format_count(latency.count()), format_duration(static_cast<double>(result.clock_cost_ns)));
  text_table table;
  for (const bench::percentile& wanted : bench::usual_percentiles) {
    const auto value = static_cast<double>(latency.value_at(wanted));
    table.add_row({fmt::format("  {}", wanted.name),
                   latency.supports(wanted) ? format_duration(value) : "-"});
  }
  const auto max = static_cast<double>(latency.max());
  table.add_row({"  max", latency.count() > 0 ? format_duration(max) : "-"});
  return text + table.text();
}

std::string_view name_of(ending end) {
  switch (end) {
    case ending::complete:
      return "complete";
    case ending::stopped:
      return "stopped";
    case ending::out_of_memory:
      break;
  }
  return "out of memory";
}

nlohmann::json latency_json(const bench::histogram& latency) {
  nlohmann::json json = {{"samples", latency.count()}};
  for (const bench::percentile& wanted : bench::usual_percentiles) {
    json[std::string(wanted.name)] = or_null(latency.supports(wanted), latency.value_at(wanted));
  }
  json["max"] = or_null(latency.count() > 0, latency.max());
  return json;
}

}  // namespace

std::string count_text(const count_result& result) {
  return top_text(result) + totals_text(result) + latency_text(result);
}

nlohmann::json count_json(const count_result& result) {
  nlohmann::json top = nlohmann::json::array();
  for (const auto& entry : result.top) {
    top.push_back({{"identifier", entry.name}, {"count", entry.count}});
  }
  nlohmann::json problems = nlohmann::json::array();
  for (const auto& problem : result.problems) {
    problems.push_back({{"path", problem.path}, {"reason", problem.reason}});
  }
  return {
      {"command", "count"},
      {"version", version_text()},
      {"ending", name_of(result.end)},
      {"map", result.map},
      {"growths", or_null(result.growths)},
      {"files", result.files},
      {"bytes", result.bytes},
      {"identifiers", result.latency.count()},
      {"distinct", result.distinct},
      {"seconds", result.seconds},
      {"clock_cost_ns", result.clock_cost_ns},
      {"latency_ns", latency_json(result.latency)},
      {"peak_memory_bytes", result.peak_memory},
      {"top", or_null(!result.names_lost, top)},
      {"problems", problems},
  };
}

}  // namespace steady::cli
