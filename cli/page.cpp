#include <fmt/format.h>

#include "cli/embedded.hpp"
#include "cli/html.hpp"
#include "cli/page.hpp"

namespace steady::cli {

namespace {

std::string head_html(const report_page& page) {
  // Placeholders and braces do not mix: styles are added, not formatted in.
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n",
      escape_html(page.title));
  html += embedded::plot_style;
  html += embedded::page_style;
  return html + "</style>\n</head>\n";
}

std::string tiles_html(const report_page& page) {
  if (page.tiles.empty()) return "";
  std::string html = "<dl class=\"tiles\">\n";
  for (const page_tile& tile : page.tiles) {
    html += fmt::format("<div><dt>{}</dt><dd><strong>{}</strong><span>{}</span></dd></div>\n",
                        escape_html(tile.title), escape_html(tile.value), escape_html(tile.beside));
  }
  return html + "</dl>\n";
}

std::string section_html(const page_section& section) {
  const std::string sees = escape_html(section.sees);
  std::string html =
      fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id, escape_html(section.title));
  if (!section.plot.is_null()) {
    html += fmt::format("<figure><div class=\"plot\" data-plot=\"{}\"></div>\n", section.id);
    if (!sees.empty()) html += fmt::format("<figcaption>{}</figcaption>", sees);
    html += "</figure>\n";
  } else if (!sees.empty()) {
    html += fmt::format("<p>{}</p>\n", sees);
  }
  return html + section.body + "</section>\n";
}

std::string data_json(const report_page& page) {
  nlohmann::json plots;
  for (const page_section& section : page.sections) {
    if (!section.plot.is_null()) plots[section.id] = section.plot;
  }
  return script_json({{"file_name", page.file_name},
                      {"origin", page.origin},
                      {"results", page.results},
                      {"plots", plots}});
}

}  // namespace

std::string page_html(const report_page& page) {
  std::string html = head_html(page);
  html += fmt::format("<body>\n<header>\n<h1>{}</h1>\n<p class=\"subtitle\">{}</p>\n</header>\n",
                      escape_html(page.title), escape_html(page.subtitle));
  html += "<main>\n" + tiles_html(page);
  html += "<noscript><p>The plots need JavaScript; the tables say the same.</p></noscript>\n";
  for (const page_section& section : page.sections) html += section_html(section);
  html += "</main>\n<script type=\"application/json\" id=\"data\">" + data_json(page);
  html += "</script>\n<script>\n/* uPlot, which follows:\n\n";
  html += embedded::plot_licence;
  html += "*/\n";
  html += embedded::plot_library;
  html += "\n";
  html += embedded::page_script;
  return html + "</script>\n</body>\n</html>\n";
}

}  // namespace steady::cli
