// steady log beside a program that writes, and beside a disk that does not keep what was written.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>

#include "cli/log.hpp"
#include "cli/temporary_directory.hpp"
#include "support/files_around.hpp"

namespace {

using namespace steady::cli;

// Does something in front of the n-th opening of a file whose name has a certain part.
class files_with_a_moment final : public support::files_around {
 public:
  files_with_a_moment(std::string name, std::size_t n, std::function<void()> act)
      : files_around(steady::detail::system_files()),
        name_(std::move(name)),
        left_(n),
        act_(std::move(act)) {}

  int open(const char* path, steady::file_mode mode) noexcept override {
    const bool is_one = std::string(path).find(name_) != std::string::npos;
    if (is_one && left_ != 0 && --left_ == 0) act_();
    return files_around::open(path, mode);
  }
  bool has_acted() const { return left_ == 0; }

 private:
  std::string name_;
  std::size_t left_;
  std::function<void()> act_;
};

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class Verify : public testing::Test {
 protected:
  using map_type = steady::durable_map<std::string, std::uint64_t>;

  // A map of some changes, closed.
  void fill() {
    map_type map(path());
    for (const char* const key : {"a", "b", "c", "d"}) map.insert_or_assign(key, 1);
  }
  std::string path() const { return directory_.path("map"); }
  std::string log() const { return path() + "/log.00000000000000000001"; }

  // Gives the status, and what was printed, in that order.
  std::pair<int, std::string> run(log_action action, steady::file_operations& files) {
    log_options options;
    options.directory = path();
    options.action = action;
    options.files = &files;
    testing::internal::CaptureStdout();
    const int status = run_log(options);
    return {status, testing::internal::GetCapturedStdout()};
  }

  steady_tests::temporary_directory directory_;
};

// The openings are: to learn the size, to read, and to look whether what is broken was synced.
TEST_F(Verify, ARecordThatIsCompletedMeanwhileIsNoDamage) {
  fill();
  const std::string whole = content_of(log());
  for (std::size_t cut = 1; cut < whole.size() * 3 / 4; cut += 7) {
    for (std::size_t n = 1; n <= 4; ++n) {
      std::ofstream(log(), std::ios::binary) << whole.substr(0, whole.size() - cut);
      files_with_a_moment files("/log.", n, [&] {
        std::ofstream(log(), std::ios::binary | std::ios::app) << whole.substr(whole.size() - cut);
      });
      const auto [status, printed] = run(log_action::verify, files);
      EXPECT_EQ(status, 0) << "cut " << cut << ", opening " << n << "\n" << printed;
      EXPECT_EQ(printed.find("DAMAGED"), std::string::npos) << printed;
    }
  }
}

TEST_F(Verify, ASegmentThatIsRemovedMeanwhileIsNoFailure) {
  fill();
  const std::string whole = content_of(log());
  for (std::size_t n = 2; n <= 4; ++n) {
    {
      std::ofstream(log(), std::ios::binary) << whole.substr(0, whole.size() - 3);
      map_type map(path());
      map.save_snapshot();
    }
    std::ofstream(log(), std::ios::binary) << whole.substr(0, whole.size() - 3);
    files_with_a_moment files("/log.", n, [&] { std::filesystem::remove(log()); });
    const auto [status, printed] = run(log_action::verify, files);
    EXPECT_EQ(status, 0) << "opening " << n << "\n" << printed;
  }
}

TEST_F(Verify, DamageIsDamageHoweverOftenItIsLookedAt) {
  fill();
  std::string content = content_of(log());
  content[content.size() / 2] ^= 1;
  std::ofstream(log(), std::ios::binary) << content;
  files_with_a_moment files("none", 1, [] {});
  EXPECT_EQ(run(log_action::verify, files).first, 1);
}

TEST_F(Verify, ASnapshotThatCannotBeReadAgainRemovesNoLog) {
  fill();
  std::string snapshot = path() + "/snapshot.00000000000000000004";
  // The map has opened it once, when it was written.
  files_with_a_moment files("/snapshot.0", 2, [&] {
    std::string content = content_of(snapshot);
    content.back() ^= 1;
    std::ofstream(snapshot, std::ios::binary) << content;
  });
  try {
    const auto [status, printed] = run(log_action::compact, files);
    FAIL() << "status " << status << ", " << printed;
  } catch (const std::runtime_error& error) {
    testing::internal::GetCapturedStdout();
    EXPECT_NE(std::string(error.what()).find("cannot be read again"), std::string::npos);
  }
  EXPECT_TRUE(files.has_acted());
  EXPECT_TRUE(std::filesystem::exists(log()));
}

}  // namespace
