#include <utility>

#include <fmt/format.h>

#include "cli/html.hpp"
#include "cli/outcome_page.hpp"
#include "cli/outcome_report.hpp"
#include "cli/page_parts.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

double peak(const figures& f) { return f.peak_bytes; }

// "8 MiB", and "8 MiB (1.50x)" where the reference is another map.
std::string with_factor(double value, double reference, std::string (*format)(double)) {
  return format(value) +
         (reference > 0 ? fmt::format(" ({})", format_factor(value / reference)) : "");
}

}  // namespace

std::string each_of(const outcome_rows& of,
                    const std::function<std::string(const figures&)>& text) {
  std::vector<std::string> parts;
  for (const outcome_row* row : of) {
    parts.push_back(fmt::format("{} {}", row->name, text(*row->measured)));
  }
  return joined(parts);
}

page_tile outcome_tile(const outcome& all, std::string_view title,
                       const std::function<double(const figures&)>& of,
                       std::string (*format)(double)) {
  outcome_rows others = finished(all, false);
  const outcome_row& first = *others.front();
  others.erase(others.begin());
  const double own = of(*first.measured);
  const std::string beside =
      each_of(others, [&](const figures& f) { return with_factor(of(f), own, format); });
  return {fmt::format("{} with {}", title, first.name), format(own),
          others.empty() ? "no other map took part" : beside};
}

page_tile peak_memory_tile(const outcome& all) {
  return outcome_tile(all, "Peak memory", peak, format_bytes);
}

page_section memory_section(const outcome& all, std::string title) {
  const outcome_rows maps = finished(all, false);
  const page_tile peaks = peak_memory_tile(all);
  std::string sees = fmt::format("The peak: {} {}", maps.front()->name, peaks.value);
  if (maps.size() > 1) sees += fmt::format("; {}", peaks.beside);
  sees +=
      ". A map that moves all elements at once holds its old and its new array in full meanwhile; "
      "Steady gives the old one back chunk by chunk while it fills the new one.";
  return {"memory", std::move(title), std::move(sees),
          memory_plot(named(maps, &map_curves::memory)), ""};
}

page_section table_section(const outcome& all, const std::vector<std::vector<std::string>>& rows) {
  return {"table", "All figures", "", nullptr,
          html_table(fmt::format("Medians over the rounds; in brackets, times {}'s",
                                 all.maps.front().name),
                     rows)};
}

std::string conditions_text(const outcome& all) {
  return fmt::format("; {}. {} round{}, interleaved, each run in a process of its own{}.",
                     hash_text(all), all.rounds, all.rounds == 1 ? "" : "s",
                     all.core ? fmt::format(", all on core {}", *all.core) : "");
}

page_section method_section(const outcome& all, const report_origin& origin,
                            const std::vector<std::string>& paragraphs) {
  std::vector<std::pair<std::string, std::string>> took_part;
  for (const outcome_row& row : all.maps) {
    const std::string failed = row.failure.empty() ? "" : ": " + row.failure;
    took_part.emplace_back(row.name, row.full_name + " " + row.version + failed);
  }
  took_part.emplace_back("control", all.control.full_name);
  for (const std::string& absent : all.left_out) took_part.emplace_back("left out", absent);
  return origin_section(origin, paragraphs, took_part);
}

}  // namespace steady::cli
