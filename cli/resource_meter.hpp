// resource_meter: memory and page faults of this process since it was made.
#pragma once

#include <algorithm>
#include <cstdint>

#include "bench/support/process.hpp"
#include "cli/run_result.hpp"

namespace steady::cli {

class resource_meter {
 public:
  resource_meter() noexcept {
    bench::reset_peak_memory();
    before_ = bench::read_memory_usage();
    restart_faults();
  }

  void restart_faults() noexcept { faults_ = bench::page_faults(); }

  // Sets peak_bytes, final_bytes and page_faults.
  void write_to(run_result& result) const noexcept {
    result.page_faults = bench::page_faults() - faults_;
    const bench::memory_usage now = bench::read_memory_usage();
    const auto beyond = [this](std::uint64_t bytes) {
      return bytes - std::min(bytes, before_.resident);
    };
    result.final_bytes = beyond(now.resident);
    result.peak_bytes = std::max(beyond(now.peak), result.final_bytes);
  }

 private:
  bench::memory_usage before_;
  std::uint64_t faults_ = 0;
};

}  // namespace steady::cli
