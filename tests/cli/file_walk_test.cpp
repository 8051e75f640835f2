#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/file_walk.hpp"
#include "cli/temporary_directory.hpp"

namespace {

namespace fs = std::filesystem;
using steady::cli::find_files;
using steady::cli::found_files;
using steady::cli::read_blocks;
using steady_tests::temporary_directory;

found_files walk(std::vector<std::string> roots) { return find_files(roots); }

std::vector<std::string> paths_of(const found_files& found) {
  std::vector<std::string> paths;
  for (const auto& file : found.files) paths.push_back(file.path);
  return paths;
}

TEST(FileWalk, FindsEveryRegularFileInTheOrderOfNames) {
  const temporary_directory tree;
  const std::vector<std::string> expected{tree.write("b.txt", "12345"), tree.write("z.bin", ""),
                                          tree.write("a/deeper/file", "123"),
                                          tree.write("c/file", "1")};
  const found_files found = walk({tree.path("")});
  EXPECT_EQ(paths_of(found), expected);
  EXPECT_EQ(found.bytes, 9u);
  EXPECT_EQ(found.files[0].bytes, 5u);
  EXPECT_TRUE(found.problems.empty());
}

TEST(FileWalk, AnEmptyDirectoryIsNoProblem) {
  const temporary_directory tree;
  const found_files found = walk({tree.path("")});
  EXPECT_TRUE(found.files.empty());
  EXPECT_TRUE(found.problems.empty());
}

TEST(FileWalk, RootsCanBeFilesAndAreVisitedInTheOrderGiven) {
  const temporary_directory tree;
  const std::string z = tree.write("z", "z"), a = tree.write("a", "a");
  EXPECT_EQ(paths_of(walk({z, a})), (std::vector<std::string>{z, a}));
}

TEST(FileWalk, LinksOnTheWayAreNotFollowed) {
  const temporary_directory tree;
  const std::string file = tree.write("directory/file", "x");
  fs::create_directory_symlink("..", tree.path("directory/loop"));
  fs::create_symlink("file", tree.path("directory/double"));
  fs::create_symlink("nowhere", tree.path("directory/dangling"));
  const found_files found = walk({tree.path("directory")});
  EXPECT_EQ(paths_of(found), std::vector<std::string>{file});
  EXPECT_TRUE(found.problems.empty());
}

TEST(FileWalk, ALinkThatWasGivenIsFollowed) {
  const temporary_directory tree;
  tree.write("directory/file", "x");
  fs::create_directory_symlink("directory", tree.path("link"));
  EXPECT_EQ(paths_of(walk({tree.path("link")})), std::vector<std::string>{tree.path("link/file")});
}

TEST(FileWalk, WhatCannotBeReadIsNamedAndTheRestIsFound) {
  const temporary_directory tree;
  const std::string file = tree.write("file", "x");
  fs::create_symlink("itself", tree.path("itself"));
  ASSERT_EQ(::mkfifo(tree.path("pipe").c_str(), 0600), 0);
  const found_files found =
      walk({tree.path("missing"), tree.path("itself"), tree.path("pipe"), file});
  EXPECT_EQ(paths_of(found), std::vector<std::string>{file});
  ASSERT_EQ(found.problems.size(), 3u);
  EXPECT_EQ(found.problems[0].path, tree.path("missing"));
  EXPECT_EQ(found.problems[0].reason, "No such file or directory");
  EXPECT_EQ(found.problems[1].reason, "Too many levels of symbolic links");
  EXPECT_EQ(found.problems[2].reason, "neither a regular file nor a directory");
}

TEST(FileWalk, APipeOnTheWayIsPassedOver) {
  const temporary_directory tree;
  ASSERT_EQ(::mkfifo(tree.path("pipe").c_str(), 0600), 0);
  const found_files found = walk({tree.path("")});
  EXPECT_TRUE(found.files.empty());
  EXPECT_TRUE(found.problems.empty());
}

TEST(FileWalk, AnUnreadableDirectoryIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const temporary_directory tree;
  const std::string file = tree.write("file", "x");
  tree.write("closed/file", "x");
  fs::permissions(tree.path("closed"), fs::perms::none);
  const found_files found = walk({tree.path("")});
  fs::permissions(tree.path("closed"), fs::perms::owner_all);
  EXPECT_EQ(paths_of(found), std::vector<std::string>{file});
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_EQ(found.problems[0].path, tree.path("closed"));
  EXPECT_EQ(found.problems[0].reason, "Permission denied");
}

TEST(FileWalk, ADeepTreeIsNoProblem) {
  const temporary_directory tree;
  std::string name = "d";
  for (int depth = 0; depth < 500; ++depth) name += "/d";
  const std::string file = tree.write(name + "/file", "x");
  EXPECT_EQ(paths_of(walk({tree.path("")})), std::vector<std::string>{file});
}

TEST(ReadBlocks, GivesAllBytesInOrderWhateverTheBuffer) {
  const temporary_directory tree;
  std::string content;
  for (int i = 0; i < 1000; ++i) content += static_cast<char>(i * 7);
  const std::string file = tree.write("file", content);
  for (const std::size_t size : {1u, 7u, 999u, 1000u, 5000u}) {
    std::vector<char> buffer(size);
    std::string read;
    EXPECT_EQ(read_blocks(file, buffer, [&](std::string_view block) { read += block; }), "");
    EXPECT_EQ(read, content) << size;
  }
}

TEST(ReadBlocks, SaysWhyItCannot) {
  const temporary_directory tree;
  std::vector<char> buffer(10);
  const auto fail = [](std::string_view) { FAIL(); };
  EXPECT_EQ(read_blocks(tree.path("missing"), buffer, fail), "No such file or directory");
  EXPECT_EQ(read_blocks(tree.path(""), buffer, fail), "Is a directory");
}

}  // namespace
