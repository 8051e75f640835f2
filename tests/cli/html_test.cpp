// Texts in reports: what users provide stays text, and documents cannot end their element.
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"
#include "cli/page.hpp"

namespace {

using namespace steady::cli;

TEST(Html, EscapesWhatHasAMeaning) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape_html("plain text, tabs\tand\nlines"), "plain text, tabs\tand\nlines");
  EXPECT_EQ(escape_html(""), "");
}

TEST(Html, ReplacesWhatADocumentMustNotContain) {
  EXPECT_EQ(escape_html(std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(escape_html("bell\a"), "bell\xEF\xBF\xBD");
  EXPECT_EQ(escape_html("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(escape_html("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
}

TEST(Html, DocumentsCannotEndTheirElement) {
  const nlohmann::json document = {{"name", "</script><!-- <script>"}};
  const std::string text = script_json(document);
  EXPECT_EQ(text.find('<'), std::string::npos) << text;
  EXPECT_EQ(nlohmann::json::parse(text), document);
}

TEST(Html, TablesHaveAHeadAndHeadings) {
  const std::string html = html_table("A & B", {{"", "steady"}, {"<time>", "1 s"}});
  EXPECT_NE(html.find("<caption>A &amp; B</caption>"), std::string::npos) << html;
  EXPECT_NE(html.find("<th scope=\"col\">steady</th></tr>\n</thead>"), std::string::npos) << html;
  EXPECT_NE(html.find("<th scope=\"row\">&lt;time&gt;</th><td>1 s</td>"), std::string::npos)
      << html;
}

TEST(Page, HoldsSentencesPlotsAndResults) {
  report_page page;
  page.title = "A <title>";
  page.subtitle = "a & b";
  page.tiles = {{"Slowest", "1 ms", "others 2 ms"}};
  page.sections = {{"pauses", "Pauses", "What to <see>.", {{"kind", "pauses"}}, "<p>body</p>"},
                   {"method", "Method", "", nullptr, ""}};
  page.file_name = "data";
  page.results = {{"key", "</script>"}};
  const std::string html = page_html(page);
  for (const char* expected :
       {"<title>A &lt;title&gt;</title>", "a &amp; b", "<strong>1 ms</strong>",
        "<figcaption>What to &lt;see&gt;.</figcaption>", "data-plot=\"pauses\"", "<p>body</p>",
        "default-src 'none'", "\\u003c/script>"}) {
    EXPECT_NE(html.find(expected), std::string::npos) << expected;
  }
  EXPECT_EQ(html.find("data-plot=\"method\""), std::string::npos);
  // The library comes with its licence.
  EXPECT_LT(html.find("Permission is hereby granted"), html.find("leeoniya/uPlot"));
}

}  // namespace
