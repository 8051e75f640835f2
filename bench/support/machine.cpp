#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string_view>

#include <time.h>

#include "bench/support/machine.hpp"
#include "bench/support/process.hpp"

namespace steady::bench {

namespace {

// What follows `name` and `separator` on the first line of the file that begins with `name`; "" if
// there is none.
std::string value_in(const char* path, std::string_view name, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(" \t\"", at + 1);
    if (first == std::string::npos) return "";
    return line.substr(first, line.find_last_not_of(" \t\"") + 1 - first);
  }
  return "";
}

void set_if_known(std::string& target, std::string value) {
  if (!value.empty()) target = std::move(value);
}

}  // namespace

machine read_machine() {
  machine found;
  set_if_known(found.processor, value_in("/proc/cpuinfo", "model name", ':'));
  const std::string family = value_in("/proc/cpuinfo", "cpu family", ':');
  const std::string model = value_in("/proc/cpuinfo", "model\t", ':');  // not its name
  if (!family.empty() && !model.empty()) {
    found.processor_model = "family " + family + ", model " + model;
  }
  set_if_known(found.system, value_in("/etc/os-release", "PRETTY_NAME", '='));
  found.cores = allowed_cores();
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (cores > 0) found.cores_in_all = static_cast<unsigned>(cores);
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0) {
    found.memory_bytes = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
  }
  utsname about{};
  if (::uname(&about) == 0) {
    found.kernel = std::string(about.sysname) + " " + about.release + ", " + about.machine;
  }
  return found;
}

std::string current_time() {
  const time_t now = ::time(nullptr);
  tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&now, &parts) == nullptr) return "unknown";
  const std::size_t length = ::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {text.data(), length};
}

}  // namespace steady::bench
