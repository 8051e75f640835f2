// A report as one HTML file: it needs nothing beside it, neither files nor a network, and its
// content security policy forbids it to ask for any.
//
// Text that is not marked as HTML is escaped here.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace steady::cli {

// A figure of the first screen.
struct page_tile {
  std::string title;
  std::string value;
  std::string beside;  // what it is to be compared with
};

struct page_section {
  std::string id;     // letters only
  std::string title;  // a heading
  // What to see: the plot's alternative for those who do not see it.
  std::string sees;
  nlohmann::json plot;  // see curves.hpp; null for none
  std::string body;     // HTML below: tables, paragraphs
};

struct report_page {
  std::string title;
  std::string subtitle;
  std::vector<page_tile> tiles;
  std::vector<page_section> sections;
  std::string file_name;   // of what readers download, without ending
  nlohmann::json results;  // beside the curves, for them
  nlohmann::json origin;   // likewise
};

std::string page_html(const report_page& page);

}  // namespace steady::cli
