// Files that reports and animations contain, embedded by the build (page/embed.cmake): the command
// needs no files beside it.
#pragma once

#include <string_view>

namespace steady::cli::embedded {

extern const std::string_view plot_library;  // third_party/uplot, JavaScript
extern const std::string_view plot_style;    // third_party/uplot, CSS
extern const std::string_view plot_licence;  // third_party/uplot, text
extern const std::string_view page_style;    // page/page.css
extern const std::string_view page_script;   // page/*.js
// The player of `steady watch`: in JavaScript, `steady_player(element, frames)` plays frames inside
// an element. It defines nothing else.
extern const std::string_view watch_player;  // watch_player.js

}  // namespace steady::cli::embedded
