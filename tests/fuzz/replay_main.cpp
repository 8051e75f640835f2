// Runs a fuzz body with any compiler, as a test: over every file of the directories given, which is
// the committed corpus, or over N inputs of random bytes.
//
//   replay DIRECTORY...
//   replay --random N
//
// Each input is named before it runs, so after a crash the last line tells which it was. No input
// at all is a failure, because it would mean that nothing was tested.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the same order on every machine
  return files;
}

std::vector<std::uint8_t> contents_of(const std::filesystem::path& file) {
  std::ifstream stream;
  stream.exceptions(std::ios::failbit | std::ios::badbit);
  stream.open(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void run(const std::vector<std::uint8_t>& bytes) {
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::size_t replay(const char* directory) {
  const auto files = files_in(directory);
  for (const auto& file : files) {
    std::cout << file.string() << std::endl;
    run(contents_of(file));
  }
  return files.size();
}

// Short inputs and long ones; the same on every machine.
void run_random(std::uint32_t inputs) {
  for (std::uint32_t seed = 0; seed < inputs; ++seed) {
    std::cout << "random bytes, seed " << seed << std::endl;
    std::mt19937 random(seed);
    std::vector<std::uint8_t> bytes(seed % 2 == 0 ? 4'000 : 20'000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 24);
    run(bytes);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3 && std::string(argv[1]) == "--random") {
    const std::uint32_t inputs = static_cast<std::uint32_t>(std::stoul(argv[2]));
    run_random(inputs);
    std::cout << "ran " << inputs << " inputs of random bytes\n";
    return inputs == 0 ? 1 : 0;
  }
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) replayed += replay(argv[i]);
  std::cout << "replayed " << replayed << " inputs\n";
  if (replayed == 0) {
    std::cerr << "nothing to replay: give directories that hold at least one input\n";
    return 1;
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "replay stopped: " << error.what() << '\n';
  return 1;
}
