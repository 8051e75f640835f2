#include <functional>

#include <fmt/format.h>

#include "cli/compare_summary.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

using figure = std::function<double(const figures&)>;

// The rival with the smallest figure; nullptr when none has any.
const outcome_row* best_rival(const comparison& all, const figure& of) {
  const outcome_row* best = nullptr;
  for (const outcome_row& row : all.maps) {
    if (&row == &all.maps.front() || !row.measured) continue;
    if (best == nullptr || of(*row.measured) < of(*best->measured)) best = &row;
  }
  return best;
}

// "0.95x", or why there is none.
std::string factor(double value, double reference) {
  return reference > 0 ? format_factor(value / reference) : "(0 in the other)";
}

std::string slowest_part(const comparison& all, const figures& steady) {
  const figure slowest = [](const figures& f) { return f.service.max_ns.least; };
  std::string text =
      fmt::format("the slowest of {} {}s took {} with steady", format_count(all.updates),
                  operation_of(all), format_duration(slowest(steady)));
  if (const outcome_row* rival = best_rival(all, slowest)) {
    const double value = slowest(*rival->measured);
    text += fmt::format(" and {} with {}, the best rival in this ({} steady's)",
                        format_duration(value), rival->name, factor(value, slowest(steady)));
  }
  if (all.control.measured) {
    text += fmt::format(", while merely touching memory took up to {}",
                        format_duration(slowest(*all.control.measured)));
  }
  return text + (all.rounds > 1 ? fmt::format(", each in its best of {} rounds", all.rounds) : "");
}

std::string total_part(const comparison& all, const figures& steady) {
  const figure total = [](const figures& f) { return f.total_ns.median; };
  const outcome_row* rival = best_rival(all, total);
  if (rival == nullptr) return "";
  return fmt::format("; steady's total time was {} that of {}, the fastest rival",
                     factor(total(steady), total(*rival->measured)), rival->name);
}

std::string memory_part(const comparison& all, const figures& steady) {
  std::string text;
  for (const outcome_row& row : all.maps) {
    if (&row == &all.maps.front() || !row.measured) continue;
    text += fmt::format("{}{} {}'s", text.empty() ? "; its peak memory was " : ", ",
                        factor(steady.peak_bytes, row.measured->peak_bytes), row.name);
  }
  return text;
}

}  // namespace

std::string_view operation_of(const comparison& all) {
  return all.source == "files" ? "update" : "insert";
}

std::string in_short(const comparison& all) {
  const outcome_row& steady = all.maps.front();
  if (all.updates == 0) return "In short: there were no keys, so there is nothing to compare.";
  if (!steady.measured) return "In short: steady did not finish: " + steady.failure + ".";
  return "In short: " + slowest_part(all, *steady.measured) + total_part(all, *steady.measured) +
         memory_part(all, *steady.measured) + ".";
}

}  // namespace steady::cli
