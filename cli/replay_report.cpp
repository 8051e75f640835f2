#include <functional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/json.hpp"
#include "cli/replay_report.hpp"
#include "cli/units.hpp"
#include "cli/version.hpp"

namespace steady::cli {

namespace {

using figure = std::function<std::optional<double>(const replay_figures&)>;

class table_maker {
 public:
  explicit table_maker(const replay_outcome& all) {
    for (const replay_row& row : all.maps) columns_.push_back(&row);
    columns_.push_back(&all.control);
    for (const replay_row* column : columns_) table_.names.push_back(column->name);
  }

  void add(std::string label, const figure& of, std::string (*format)(double)) {
    std::vector<std::optional<double>> values;
    for (const replay_row* column : columns_) {
      values.push_back(column->measured ? of(*column->measured) : std::nullopt);
    }
    table_.add(std::move(label), values, format);
  }

  void add_times(const std::string& label, times replay_figures::*of) {
    for (std::size_t i = 0; i < bench::usual_percentiles.size(); ++i) {
      add(
          fmt::format("{} {}", label, bench::usual_percentiles[i].name),
          [=](const replay_figures& f) { return (f.*of).percentiles_ns[i]; }, format_duration);
    }
    add(
        label + " max, median", [=](const replay_figures& f) { return (f.*of).max_ns.median; },
        format_duration);
    add(
        label + " max, best", [=](const replay_figures& f) { return (f.*of).max_ns.least; },
        format_duration);
  }

  ratio_table made() { return std::move(table_); }

 private:
  std::vector<const replay_row*> columns_;
  ratio_table table_;
};

std::string format_whole(double value) { return format_count(static_cast<std::uint64_t>(value)); }

std::string counts_text(const replay_outcome& all) {
  const auto done = finished(all, false);
  if (done.empty()) return "";
  const replay_figures& f = *done.front()->measured;
  return fmt::format("Hits {}, misses {}, insertions {}, elements in the end {}.",
                     format_count(f.hits), format_count(f.misses), format_count(f.inserted),
                     format_count(f.elements));
}

std::string legend_text(const replay_outcome& all) {
  std::string text = "\n";
  for (const replay_row& row : all.maps) {
    text += fmt::format("{:<8} {} {}", row.name, row.full_name, row.version);
    if (row.measured && row.measured->growths) {
      text += fmt::format(", grown {} times", format_count(*row.measured->growths));
    }
    text += row.failure.empty() ? "\n" : fmt::format(": {}\n", row.failure);
  }
  for (const std::string& absent : all.left_out) text += absent + "\n";
  return text + fmt::format("{:<8} {}{}\n", all.control.name, all.control.full_name,
                            all.control.failure.empty() ? "" : ": " + all.control.failure);
}

std::string notes_text(const replay_outcome& all) {
  return fmt::format(
      "\nx: times {}'s. Figures are medians over the rounds; \"best\" is the round with the\n"
      "smallest maximum. Service: what the map took. Response: from the moment at which the\n"
      "request was due, so that waiting behind a slow one counts. {} for reading the clock are\n"
      "taken off both. Late: the map was still busy when the request was due. Memory is what the\n"
      "process gained. Hash: {}.\n\n",
      all.maps.front().name, format_duration(static_cast<double>(all.clock_cost_ns)),
      all.hash == "same" ? "steady::hash in every map" : "each map's own");
}

nlohmann::json times_json(const times& of, std::uint64_t samples) {
  nlohmann::json json = {
      {"samples", samples},
      {"max", {{"median", of.max_ns.median}, {"min", of.max_ns.least}, {"max", of.max_ns.most}}}};
  for (std::size_t i = 0; i < bench::usual_percentiles.size(); ++i) {
    json[std::string(bench::usual_percentiles[i].name)] = or_null(of.percentiles_ns[i]);
  }
  return json;
}

nlohmann::json row_json(const replay_row& row, std::uint64_t requests) {
  nlohmann::json json = {{"name", row.name},
                         {"full_name", row.full_name},
                         {"version", row.version},
                         {"failure", or_null(!row.failure.empty(), row.failure)}};
  if (!row.measured) return json;
  const replay_figures& f = *row.measured;
  json.update({{"hits", f.hits},
               {"misses", f.misses},
               {"inserted", f.inserted},
               {"elements", f.elements},
               {"late", f.late},
               {"service_ns", times_json(f.service, requests)},
               {"response_ns", times_json(f.response, requests)},
               {"peak_memory_bytes", f.peak_bytes},
               {"final_memory_bytes", f.final_bytes},
               {"page_faults", f.page_faults},
               {"growths", or_null(f.growths)}});
  return json;
}

}  // namespace

ratio_table make_table(const replay_outcome& all) {
  table_maker table(all);
  table.add_times("service", &replay_figures::service);
  table.add_times("response", &replay_figures::response);
  table.add(
      "late requests", [](const replay_figures& f) { return f.late; }, format_whole);
  table.add(
      "peak memory", [](const replay_figures& f) { return f.peak_bytes; }, format_bytes);
  table.add(
      "final memory", [](const replay_figures& f) { return f.final_bytes; }, format_bytes);
  table.add(
      "page faults", [](const replay_figures& f) { return f.page_faults; }, format_whole);
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
  const std::string core = all.core ? fmt::format("on core {}", *all.core) : "not pinned to a core";
  std::string text = fmt::format(
      "{}.\n{}, each run in a process of its own, {}. {}\n", what_was_replayed(all),
      all.rounds == 1 ? "1 round" : fmt::format("{} rounds", all.rounds), core, counts_text(all));
  for (const std::string& remark : remarks(all)) text += remark + "\n";
  return text + "\n" + make_table(all).text() + legend_text(all) + notes_text(all) + in_short(all) +
         "\n";
}

nlohmann::json replay_json(const replay_outcome& all) {
  nlohmann::json maps = nlohmann::json::array();
  for (const replay_row& row : all.maps) maps.push_back(row_json(row, all.requests));
  return {
      {"command", "replay"},
      {"version", version_text()},
      {"source", all.source},
      {"keys", all.holds_texts ? "string" : "u64"},
      {"hash", all.hash},
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
      {"rounds", all.rounds},
      {"clock_cost_ns", all.clock_cost_ns},
      {"core", or_null(all.core)},
      {"maps", maps},
      {"control", row_json(all.control, all.requests)},
      {"left_out", all.left_out},
      {"in_short", in_short(all)},
  };
}

}  // namespace steady::cli
