// Quantities as people read them: three significant digits and a unit, or a count with separators.
#pragma once

#include <cstdint>
#include <string>

namespace steady::cli {

std::string format_count(std::uint64_t count);  // 1,234,567
std::string format_bytes(double bytes);         // 1.23 MiB
std::string format_duration(double ns);         // 85 ns, 1.23 us, 45.6 ms, 7.89 s
std::string format_factor(double factor);       // 0.85x, 2.75x, 1930x

}  // namespace steady::cli
