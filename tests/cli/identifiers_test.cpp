#include <cctype>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "cli/identifiers.hpp"

namespace {

using steady::cli::belongs_to_identifier;
using steady::cli::identifier_splitter;
using list = std::vector<std::string>;

list split(std::string_view bytes, const std::vector<std::size_t>& block_sizes) {
  list found;
  const auto add = [&](std::string_view identifier) { found.emplace_back(identifier); };
  identifier_splitter splitter;
  for (const std::size_t size : block_sizes) {
    splitter.feed(bytes.substr(0, size), add);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  splitter.feed(bytes, add);
  splitter.finish(add);
  return found;
}

// Character by character, with nothing to get wrong.
list split_simply(std::string_view bytes) {
  list found;
  bool inside = false;
  for (const char c : bytes) {
    if (!belongs_to_identifier(c)) {
      inside = false;
      continue;
    }
    if (!inside) found.emplace_back();
    inside = true;
    found.back() += c;
  }
  return found;
}

TEST(Identifiers, LettersDigitsAndUnderscoresBelong) {
  for (int c = 0; c < 256; ++c) {
    const bool ascii_word = c < 128 && (std::isalnum(c) != 0 || c == '_');
    EXPECT_EQ(belongs_to_identifier(static_cast<char>(c)), ascii_word) << c;
  }
}

TEST(Identifiers, EverythingElseSeparates) {
  EXPECT_EQ(split("int main() { return x_1+2; }", {}), (list{"int", "main", "return", "x_1", "2"}));
  EXPECT_EQ(split(std::string_view("a\0b\xc3\xa4"
                                   "c\xff",
                                   8),
                  {}),
            (list{"a", "b", "c"}));
  EXPECT_EQ(split("", {}), list{});
  EXPECT_EQ(split(" \n\t--", {}), list{});
}

TEST(Identifiers, TheEndOfTheBytesEndsAnIdentifier) {
  EXPECT_EQ(split("one two", {}), (list{"one", "two"}));
  EXPECT_EQ(split("one two", {7}), (list{"one", "two"}));
}

TEST(Identifiers, AnIdentifierMayCrossBlocks) {
  EXPECT_EQ(split("one two three", {2, 1, 1, 3, 0, 2}), (list{"one", "two", "three"}));
  EXPECT_EQ(split("unbroken", {1, 1, 1, 1, 1, 1, 1}), list{"unbroken"});
}

TEST(Identifiers, ABlockBoundaryAfterAnIdentifierIsNoPartOfIt) {
  EXPECT_EQ(split("one two", {3}), (list{"one", "two"}));
  EXPECT_EQ(split("one two", {4}), (list{"one", "two"}));
}

TEST(Identifiers, HowBytesAreCutIntoBlocksChangesNothing) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 300; ++trial) {
    std::string bytes(random() % 400, '\0');
    // Mostly identifiers, so that many cross a boundary.
    for (char& c : bytes)
      c = random() % 4 == 0 ? static_cast<char>(random()) : "aZ09_"[random() % 5];
    std::vector<std::size_t> block_sizes(random() % 40);
    for (std::size_t& size : block_sizes) size = random() % 20;
    EXPECT_EQ(split(bytes, block_sizes), split_simply(bytes));
  }
}

TEST(Identifiers, ASplitterCanBeUsedAgain) {
  list found;
  const auto add = [&](std::string_view identifier) { found.emplace_back(identifier); };
  identifier_splitter splitter;
  for (int i = 0; i < 2; ++i) {
    splitter.feed("x y", add);
    splitter.finish(add);
  }
  EXPECT_EQ(found, (list{"x", "y", "x", "y"}));
}

}  // namespace
