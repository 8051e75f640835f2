// A directory of its own for a test, which is gone afterwards.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace support {

class temporary_room {
 public:
  temporary_room() {
    std::string name = (std::filesystem::temp_directory_path() / "steady-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    parent_ = name;
  }
  ~temporary_room() {
    std::error_code ignored;
    std::filesystem::remove_all(parent_, ignored);
  }
  temporary_room(const temporary_room&) = delete;
  temporary_room& operator=(const temporary_room&) = delete;

  // Not made yet; the directory above it is there.
  std::string path() const { return parent_ + "/room"; }

 private:
  std::string parent_;
};

}  // namespace support
