// The keys of a comparison, the same for every map: numbers computed when needed, so that no array
// disturbs the caches, or texts laid out one after the other in the order of use.
//
//   for_each(use)   calls use(key, index) for each key in order
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bench/support/splitmix64.hpp"
#include "cli/file_walk.hpp"
#include "cli/progress.hpp"

namespace steady::cli {

// Key i is splitmix64(i): all different.
class number_stream {
 public:
  explicit number_stream(std::uint64_t size) noexcept : size_(size) {}

  std::uint64_t size() const noexcept { return size_; }

  template <class Use>
  void for_each(Use&& use) const {
    for (std::uint64_t i = 0; i < size_; ++i) use(bench::splitmix64(i), i);
  }

 private:
  std::uint64_t size_;
};

class text_stream {
 public:
  void append(std::string_view text);

  std::uint64_t size() const noexcept { return size_; }

  template <class Use>
  void for_each(Use&& use) const {
    const char* next = bytes_.data();
    for (std::uint64_t i = 0; i < size_; ++i) {
      std::uint64_t length;
      std::memcpy(&length, next, sizeof(length));
      next += sizeof(length);
      use(std::string_view(next, length), i);
      next += length;
    }
  }

 private:
  std::vector<char> bytes_;  // for each text its length, then its characters
  std::uint64_t size_ = 0;
};

using key_stream = std::variant<number_stream, text_stream>;

inline std::uint64_t size_of(const key_stream& keys) {
  return std::visit([](const auto& stream) { return stream.size(); }, keys);
}

// "key-" and 16 hexadecimal digits of splitmix64(i): too long for a std::string's own buffer.
text_stream make_texts(std::uint64_t count);
text_stream make_texts(std::uint64_t count, progress_line& progress);

// The identifiers of all files under the paths, in order; files that cannot be read go to
// `problems`.
text_stream read_texts(std::span<const std::string> paths, std::vector<path_problem>& problems,
                       progress_line& progress);

}  // namespace steady::cli
