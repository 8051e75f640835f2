// Lines and fields of comma-separated values.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "cli/csv.hpp"

namespace {

using namespace steady::cli;
using strings = std::vector<std::string>;

strings fields_of(std::string_view line, char separator = ',') {
  strings fields{"left", "over", "from", "another", "line"};
  EXPECT_EQ(split_csv(line, separator, fields), "") << line;
  return fields;
}

std::string wrong_with(std::string_view line) {
  strings fields;
  return split_csv(line, ',', fields);
}

TEST(Csv, Fields) {
  EXPECT_EQ(fields_of("a,b,c"), (strings{"a", "b", "c"}));
  EXPECT_EQ(fields_of("a,,"), (strings{"a", "", ""}));
  EXPECT_EQ(fields_of(""), (strings{""}));
  EXPECT_EQ(fields_of("  a b , c\t"), (strings{"a b", "c"}));
  EXPECT_EQ(fields_of("a\tb\t\tc d", '\t'), (strings{"a", "b", "", "c d"}));
  EXPECT_EQ(fields_of("1 2", ' '), (strings{"1", "2"}));
}

TEST(Csv, Quotes) {
  EXPECT_EQ(fields_of(R"("a,b",c)"), (strings{"a,b", "c"}));
  EXPECT_EQ(fields_of(R"( "a ""b""" ,"")"), (strings{"a \"b\"", ""}));
  EXPECT_EQ(fields_of(R"(a "b",c)"), (strings{"a \"b\"", "c"}));
  EXPECT_EQ(fields_of(R"(1 "a b"  "c")", ' '), (strings{"1", "a b", "", "c"}));
  EXPECT_EQ(fields_of("1\t\"a\tb\"\t\t\"c\"", '\t'), (strings{"1", "a\tb", "", "c"}));
  EXPECT_EQ(wrong_with(R"(x,"a)"), "a quote is not closed on this line");
  EXPECT_EQ(wrong_with(R"("a"b,c)"), "there is text after a closing quote");
}

TEST(Csv, LinesHoweverTheBytesAreCut) {
  const std::string text = "one\r\n\ntwo\nlast";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    strings lines;
    line_splitter splitter;
    const auto use = [&](std::string_view line) { lines.emplace_back(line); };
    for (std::size_t at = 0; at < text.size(); at += step) {
      splitter.feed(std::string_view(text).substr(at, step), use);
    }
    splitter.finish(use);
    EXPECT_EQ(lines, (strings{"one", "", "two", "last"})) << step;
  }
}

}  // namespace
