#include <fmt/format.h>

#include "cli/html.hpp"
#include "cli/page_parts.hpp"
#include "cli/units.hpp"

namespace steady::cli {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

nlohmann::json origin_json(const report_origin& origin) {
  return {{"processor", origin.on.processor},
          {"cores", origin.on.cores},
          {"memory_bytes", origin.on.memory_bytes},
          {"system", origin.on.system},
          {"kernel", origin.on.kernel},
          {"date", origin.when},
          {"command_line", origin.command_line}};
}

page_section origin_section(const report_origin& origin, const std::vector<std::string>& paragraphs,
                            const std::vector<std::pair<std::string, std::string>>& took_part) {
  std::string body;
  for (const std::string& each : paragraphs) body += fmt::format("<p>{}</p>\n", escape_html(each));
  body +=
      fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape_html(origin.command_line));
  std::vector<std::vector<std::string>> rows{
      {"", ""},
      {"processor", origin.on.processor},
      {"cores", origin.on.cores == 0 ? "unknown" : fmt::to_string(origin.on.cores)},
      {"memory", format_bytes(static_cast<double>(origin.on.memory_bytes))},
      {"system", origin.on.system},
      {"kernel", origin.on.kernel},
      {"date", origin.when},
  };
  for (const auto& [name, version] : took_part) rows.push_back({name, version});
  body += html_table("Machine and versions", rows);
  body += "<p id=\"downloads\"></p>\n";
  return {"method", "How it was measured", "", nullptr, body};
}

}  // namespace steady::cli
