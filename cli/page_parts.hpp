// Sections that the reports of all commands have.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/page.hpp"
#include "cli/report_origin.hpp"

namespace steady::cli {

// "a", "a and b", "a, b and c"
std::string joined(const std::vector<std::string>& parts);

nlohmann::json origin_json(const report_origin& origin);

// What was measured and how, in paragraphs of plain text; the machine; what took part, as rows of
// name and version; and a place for the links to the data.
page_section origin_section(const report_origin& origin, const std::vector<std::string>& paragraphs,
                            const std::vector<std::pair<std::string, std::string>>& took_part);

}  // namespace steady::cli
