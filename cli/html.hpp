// Texts as parts of an HTML document. What comes from users (paths, keys, names of columns, the
// command line) goes through escape_html; documents for scripts go through script_json.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace steady::cli {

// The text as content of an element or a quoted attribute. Control characters, which HTML forbids,
// and bytes that are no UTF-8 become U+FFFD.
std::string escape_html(std::string_view text);

// The document as content of a script element: nothing in it can end the element.
std::string script_json(const nlohmann::json& document);

// A table in a box that scrolls sideways where the screen is too narrow. The first row is the head;
// the first cell of each row is its heading. Cells are texts, not HTML.
std::string html_table(std::string_view caption, const std::vector<std::vector<std::string>>& rows);

}  // namespace steady::cli
