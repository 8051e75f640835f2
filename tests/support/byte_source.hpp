// What models are built from: numbers from bytes, and an end with a message at the first
// difference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace support {

[[noreturn]] inline void fail(const char* what, const char* detail = "") {
  std::fprintf(stderr, "model: %s %s\n", what, detail);
  std::abort();
}

inline void require(bool holds, const char* what) {
  if (!holds) fail(what);
}

// Numbers from bytes; zeros when they run out.
class byte_source {
 public:
  explicit byte_source(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  std::uint32_t number(std::uint32_t below) {
    std::uint32_t value = byte();
    if (below > 256) value = value << 8 | byte();
    if (below > 65536) value = value << 8 | byte();
    return value % below;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace support
