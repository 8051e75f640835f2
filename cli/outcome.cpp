#include <utility>

#include "cli/outcome.hpp"

namespace steady::cli {

namespace {

template <class Value>
spread spread_over(const std::vector<run_result>& runs, Value value) {
  std::vector<double> values;
  for (const run_result& run : runs) values.push_back(static_cast<double>(value(run)));
  return spread_of(std::move(values));
}

std::vector<const bench::histogram*> histograms(const std::vector<run_result>& runs,
                                                bench::histogram run_result::*which) {
  std::vector<const bench::histogram*> all;
  for (const run_result& run : runs) all.push_back(&(run.*which));
  return all;
}

}  // namespace

figures summarize(const std::vector<run_result>& throughput,
                  const std::vector<run_result>& latency) {
  // Both do the same; throughput runs are disturbed less.
  const std::vector<run_result>& plain = throughput.empty() ? latency : throughput;
  const run_result& first = plain.front();
  figures all;
  all.elements = first.elements;
  if (first.growths_known) all.growths = first.growths;
  all.peak_bytes = spread_over(plain, [](const run_result& r) { return r.peak_bytes; }).median;
  all.final_bytes = spread_over(plain, [](const run_result& r) { return r.final_bytes; }).median;
  all.page_faults = spread_over(plain, [](const run_result& r) { return r.page_faults; }).median;
  all.total_ns = spread_over(plain, [](const run_result& r) { return r.total_ns; });
  all.service = summarize_times(histograms(latency, &run_result::service));
  all.response = summarize_times(histograms(latency, &run_result::response));
  all.late = spread_over(latency, [](const run_result& r) { return r.late; }).median;
  all.hits = first.hits;
  all.misses = first.misses;
  all.inserted = first.inserted;
  return all;
}

map_curves make_map_curves(const std::vector<run_result>& latency, const run_curves& of) {
  map_curves made;
  made.pauses = make_pause_curve(of.slowest, of.migrating);
  made.pauses.cell_ms = of.cell_ms;
  made.service = make_percentile_curve(histograms(latency, &run_result::service));
  if (latency.front().response.count() > 0) {
    made.response = make_percentile_curve(histograms(latency, &run_result::response));
  }
  made.memory = make_memory_samples(of.memory);
  return made;
}

std::vector<const outcome_row*> finished(const outcome& all, bool with_control) {
  std::vector<const outcome_row*> found;
  for (const outcome_row& row : all.maps) {
    if (row.measured) found.push_back(&row);
  }
  if (with_control && all.control.measured) found.push_back(&all.control);
  return found;
}

}  // namespace steady::cli
