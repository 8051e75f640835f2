#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/json.hpp"
#include "cli/outcome_report.hpp"
#include "cli/replay_report.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

std::string counts_text(const replay_outcome& all) {
  const auto done = finished(all, false);
  if (done.empty()) return "";
  const figures& f = *done.front()->measured;
  return fmt::format("Hits {}, misses {}, insertions {}, elements in the end {}.",
                     format_count(f.hits), format_count(f.misses), format_count(f.inserted),
                     format_count(f.elements));
}

std::string notes_text(const replay_outcome& all) {
  return fmt::format(
      "\nx: times {}'s. Figures are medians over the rounds; \"best\" is the round with the\n"
      "smallest maximum. Service: what the map took. Response: from the moment at which the\n"
      "request was due, so that waiting behind a slow one counts. {} for reading the clock are\n"
      "taken off both. Late: the map was still busy when the request was due. Memory is what the\n"
      "process gained. Hash: {}.\n\n",
      all.maps.front().name, format_duration(static_cast<double>(all.clock_cost_ns)),
      hash_text(all));
}

}  // namespace

ratio_table make_table(const replay_outcome& all) {
  outcome_table table(all);
  table.add_times("service", &figures::service);
  table.add_times("response", &figures::response);
  table.add(
      "late requests", [](const figures& f) { return f.late; }, format_whole);
  table.add_memory();
  return table.made();
}

std::string what_was_replayed(const replay_outcome& all) {
  const auto span = static_cast<double>(all.span_ns);
  return fmt::format(
      "{} requests (reads {}, writes {}, erasures {}) of {}, recorded over {}, replayed at {:.6g} "
      "times the speed: {}",
      format_count(all.requests), format_count(all.reads), format_count(all.writes),
      format_count(all.erases), all.source, format_duration(span), all.speed,
      format_duration(span / all.speed));
}

std::vector<std::string> remarks(const replay_outcome& all) {
  std::vector<std::string> lines;
  if (all.skipped > 0) {
    lines.push_back(fmt::format("{} bad line{} skipped; the first is {}", format_count(all.skipped),
                                all.skipped == 1 ? "" : "s", all.first_skipped));
  }
  if (all.spread) {
    lines.emplace_back("Requests of one time were spread evenly up to the next time.");
  } else if (all.at_once > all.requests / 2) {
    lines.push_back(
        fmt::format("{} requests have the time of the one before and wait for it: the "
                    "trace's clock is coarse, and --spread moves them apart",
                    format_count(all.at_once)));
  }
  return lines;
}

std::string replay_text(const replay_outcome& all) {
  std::string text =
      fmt::format("{}.\n{} {}\n", what_was_replayed(all), rounds_text(all), counts_text(all));
  for (const std::string& remark : remarks(all)) text += remark + "\n";
  return text + "\n" + make_table(all).text() + legend_text(all) + notes_text(all) + in_short(all) +
         "\n";
}

nlohmann::json replay_json(const replay_outcome& all) {
  const nlohmann::json members = {
      {"source", all.source},
      {"keys", all.holds_texts ? "string" : "u64"},
      {"requests", all.requests},
      {"reads", all.reads},
      {"writes", all.writes},
      {"erases", all.erases},
      {"at_once", all.at_once},
      {"skipped_lines", all.skipped},
      {"first_skipped", or_null(all.skipped > 0, all.first_skipped)},
      {"span_ns", all.span_ns},
      {"speed", all.speed},
      {"spread", all.spread},
      {"fill", all.fill},
  };
  const auto more = [&](const figures& f) -> nlohmann::json {
    return {{"hits", f.hits},
            {"misses", f.misses},
            {"inserted", f.inserted},
            {"late", f.late},
            {"service_ns", times_json(f.service, all.requests)},
            {"response_ns", times_json(f.response, all.requests)}};
  };
  return outcome_json(all, "replay", members, more, in_short(all));
}

}  // namespace steady::cli
