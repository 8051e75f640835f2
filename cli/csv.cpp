#include <algorithm>

#include "cli/csv.hpp"

namespace steady::cli {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes a field in quotes off the front of `rest`, up to its separator.
std::string take_quoted(std::string_view& rest, char separator, std::string& field) {
  rest.remove_prefix(1);
  while (true) {
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return "a quote is not closed on this line";
    field.append(rest.substr(0, quote));
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    field += '"';
    rest.remove_prefix(1);
  }
  while (!rest.empty() && is_blank(rest.front()) && rest.front() != separator) {
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() != separator) return "there is text after a closing quote";
  return "";
}

}  // namespace

std::string split_csv(std::string_view line, char separator, std::vector<std::string>& fields) {
  std::size_t count = 0;
  while (true) {
    if (count == fields.size()) fields.emplace_back();
    std::string& field = fields[count++];
    field.clear();
    const std::size_t start = line.find_first_not_of(separator == '\t'  ? " "
                                                     : separator == ' ' ? "\t"
                                                                        : " \t");
    if (start != std::string_view::npos && line[start] == '"') {
      line.remove_prefix(start);
      if (std::string wrong = take_quoted(line, separator, field); !wrong.empty()) return wrong;
    } else {
      const std::size_t end = std::min(line.find(separator), line.size());
      field = without_blanks(line.substr(0, end));
      line.remove_prefix(end);
    }
    if (line.empty()) break;
    line.remove_prefix(1);
  }
  fields.resize(count);
  return "";
}

}  // namespace steady::cli
