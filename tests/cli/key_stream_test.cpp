#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/key_stream.hpp"
#include "cli/temporary_directory.hpp"

namespace {

using namespace steady::cli;
using steady_tests::temporary_directory;

std::vector<std::string> list(const text_stream& stream) {
  std::vector<std::string> texts;
  stream.for_each([&](std::string_view text, std::uint64_t index) {
    EXPECT_EQ(index, texts.size());
    texts.emplace_back(text);
  });
  EXPECT_EQ(texts.size(), stream.size());
  return texts;
}

TEST(NumberStream, KeysAreThoseOfTheGeneratorAndDiffer) {
  std::set<std::uint64_t> keys;
  std::uint64_t expected_index = 0;
  number_stream(5000).for_each([&](std::uint64_t key, std::uint64_t index) {
    EXPECT_EQ(index, expected_index++);
    EXPECT_EQ(key, steady::bench::splitmix64(index));
    keys.insert(key);
  });
  EXPECT_EQ(keys.size(), 5000u);
}

TEST(TextStream, GivesBackWhatWasAppended) {
  text_stream stream;
  const std::vector<std::string> texts{"one", "", "three", std::string(1000, 'x'), "one"};
  for (const std::string& text : texts) stream.append(text);
  EXPECT_EQ(list(stream), texts);
  EXPECT_EQ(list(text_stream()), std::vector<std::string>());
}

TEST(TextStream, GeneratedTextsDifferAndLeaveTheSmallStringBuffer) {
  const std::vector<std::string> texts = list(make_texts(1000));
  EXPECT_EQ(texts[0], "key-e220a8397b1dcdaf");
  EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), 1000u);
}

TEST(TextStream, IdentifiersOfFilesInOrder) {
  const temporary_directory tree;
  tree.write("1", "alpha beta");
  tree.write("2", "alpha;");
  std::vector<path_problem> problems;
  progress_line progress;
  const std::vector<std::string> paths{tree.path(""), tree.path("missing")};
  EXPECT_EQ(list(read_texts(paths, problems, progress)),
            (std::vector<std::string>{"alpha", "beta", "alpha"}));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].path, tree.path("missing"));
}

}  // namespace
