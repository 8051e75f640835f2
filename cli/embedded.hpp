// Files that a report contains, embedded by the build (page/embed.cmake): the command needs no
// files beside it.
#pragma once

#include <string_view>

namespace steady::cli::embedded {

extern const std::string_view plot_library;  // third_party/uplot, JavaScript
extern const std::string_view plot_style;    // third_party/uplot, CSS
extern const std::string_view plot_licence;  // third_party/uplot, text
extern const std::string_view page_style;    // page/page.css
extern const std::string_view page_script;   // page/*.js

}  // namespace steady::cli::embedded
