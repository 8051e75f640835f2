#include <cstddef>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"

namespace steady::cli {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// nlohmann/json knows UTF-8: its strings, written and read back, are valid.
std::string valid_utf8(std::string_view text) {
  const nlohmann::json document = std::string(text);
  const auto written = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(written).get<std::string>();
}

bool is_forbidden(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

std::string table_row(const std::vector<std::string>& cells, bool head) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string text = escape_html(cells[i]);
    if (head) {
      html += fmt::format("<th scope=\"col\">{}</th>", text);
    } else if (i == 0) {
      html += fmt::format("<th scope=\"row\">{}</th>", text);
    } else {
      html += fmt::format("<td>{}</td>", text);
    }
  }
  return html + "</tr>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        if (is_forbidden(c)) {
          html += replacement;
        } else {
          html += c;
        }
    }
  }
  return html;
}

std::string script_json(const nlohmann::json& document) {
  std::string text;
  for (const char c : document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
    // Only strings can contain it, and there the escape means the same.
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string html_table(std::string_view caption,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string html = fmt::format(
      "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n"
      "<caption>{0}</caption>\n",
      escape_html(caption));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0) html += "<thead>\n";
    if (i == 1) html += "<tbody>\n";
    html += table_row(rows[i], i == 0);
    if (i == 0) html += "</thead>\n";
  }
  return html + (rows.size() > 1 ? "</tbody>\n" : "") + "</table></div>\n";
}

}  // namespace steady::cli
