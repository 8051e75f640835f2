// Saving a map to a stream and loading it again, with nothing but iostreams.
//
//   "STDY"  version: 4 bytes  count: 8 bytes  then for each element:  key length: 4, key, value: 8
//
// Numbers are little-endian on every machine. Loading trusts nothing that it reads: damaged input
// ends in a std::runtime_error that says what is wrong, never in a huge allocation.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <istream>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <steady/hash_map.hpp>

namespace {

using word_counts = steady::hash_map<std::string, std::uint64_t>;

constexpr const char* magic = "STDY";
constexpr std::uint64_t version = 1;
constexpr std::uint64_t longest_key = 1 << 20;

void write_number(std::ostream& out, std::uint64_t number, unsigned bytes) {
  for (unsigned n = 0; n < bytes; ++n) out.put(static_cast<char>(number >> (8 * n) & 0xff));
}

void save(const word_counts& words, std::ostream& out) {
  out << magic;
  write_number(out, version, 4);
  write_number(out, words.size(), 8);
  for (const auto& [word, count] : words) {
    if (word.size() > longest_key) throw std::runtime_error("cannot save: a key is too long");
    write_number(out, word.size(), 4);
    out << word;
    write_number(out, count, 8);
  }
  if (!out.flush()) throw std::runtime_error("cannot save: writing failed");
}

std::string read_text(std::istream& in, std::uint64_t length) {
  std::string text(length, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(length))) {
    throw std::runtime_error("cannot load: the input is truncated");
  }
  return text;
}

std::uint64_t read_number(std::istream& in, unsigned bytes) {
  std::uint64_t number = 0;
  const std::string text = read_text(in, bytes);
  for (unsigned n = 0; n < bytes; ++n) {
    number |= std::uint64_t{static_cast<unsigned char>(text[n])} << (8 * n);
  }
  return number;
}

word_counts load(std::istream& in) {
  if (read_text(in, 4) != magic) throw std::runtime_error("cannot load: not a file of word counts");
  if (read_number(in, 4) != version) throw std::runtime_error("cannot load: unknown version");
  const std::uint64_t count = read_number(in, 8);

  word_counts words;
  // The count may be a lie, so it is believed only up to a few megabytes. That costs true ones
  // little: beyond, the map grows as it is filled, a few buckets at a time.
  words.reserve(std::min<std::uint64_t>(count, 1 << 16));
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t length = read_number(in, 4);
    if (length > longest_key) throw std::runtime_error("cannot load: a key's length is damaged");
    std::string word = read_text(in, length);
    if (!words.try_emplace(std::move(word), read_number(in, 8)).second) {
      throw std::runtime_error("cannot load: a key comes twice");
    }
  }
  return words;
}

// What loading `bytes` has to complain about.
std::string complaint_about(const std::string& bytes) {
  std::istringstream in(bytes);
  try {
    load(in);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no complaint";
}

}  // namespace

int main() {
  word_counts words;
  for (std::uint64_t n = 0; n < 100'000; ++n) words["word " + std::to_string(n)] = n * n;

  std::stringstream file;  // a std::fstream, opened with std::ios::binary, does as well
  save(words, file);
  const std::string bytes = file.str();
  const word_counts loaded = load(file);
  const bool equal = loaded == words;
  std::printf("%zu words in %zu bytes, loaded again: %s\n", words.size(), bytes.size(),
              equal ? "equal" : "NOT EQUAL");

  std::string hostile = bytes.substr(0, 16);
  hostile.replace(8, 8, 8, '\xff');  // claims to have 2^64 - 1 elements
  const std::string truncated = complaint_about(bytes.substr(0, bytes.size() / 2));
  std::printf("half of it: %s\n", truncated.c_str());
  std::printf("a hostile count: %s\n", complaint_about(hostile).c_str());
  std::printf("another file: %s\n", complaint_about("PNG or so").c_str());
  return equal && truncated != "no complaint" ? 0 : 1;
}
