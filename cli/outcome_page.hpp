// Parts of a report that all commands with an outcome have.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/page.hpp"
#include "cli/report_origin.hpp"

namespace steady::cli {

using outcome_rows = std::vector<const outcome_row*>;

// One curve of each of these maps.
template <class Curve>
std::vector<named_curve<Curve>> named(const outcome_rows& of, Curve map_curves::*which) {
  std::vector<named_curve<Curve>> all;
  for (const outcome_row* row : of) all.push_back({row->name, (*row->curves).*which});
  return all;
}

// "steady 3 ms, std 1 s and boost 88 ms"
std::string each_of(const outcome_rows& of, const std::function<std::string(const figures&)>& text);

// The first map's figure, and beside it the others', as times the first one's.
page_tile outcome_tile(const outcome& all, std::string_view title,
                       const std::function<double(const figures&)>& of,
                       std::string (*format)(double));
page_tile peak_memory_tile(const outcome& all);

// Memory over time, and the peaks in words.
page_section memory_section(const outcome& all, std::string title);

// All figures, with what they are relative to.
page_section table_section(const outcome& all, const std::vector<std::vector<std::string>>& rows);

// "; steady::hash in all maps. 2 rounds, interleaved, each run in a process of its own, all on core
// 3."
std::string conditions_text(const outcome& all);

// What was measured and how, the machine, and what took part.
page_section method_section(const outcome& all, const report_origin& origin,
                            const std::vector<std::string>& paragraphs);

}  // namespace steady::cli
