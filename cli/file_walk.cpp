#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/file_walk.hpp"
#include "cli/stop_signal.hpp"

namespace steady::cli {

namespace {

namespace fs = std::filesystem;

class walker {
 public:
  found_files walk(std::span<const std::string> roots) {
    for (const std::string& root : roots) visit_root(root);
    return std::move(found_);
  }

 private:
  void visit_root(const std::string& root) {
    std::error_code error;
    const fs::file_status status = fs::status(root, error);  // follows links
    if (error) {
      problem(root, error);
    } else if (fs::is_directory(status)) {
      visit_tree(root);
    } else if (fs::is_regular_file(status)) {
      add_file(root);
    } else {
      found_.problems.push_back({root, "neither a regular file nor a directory"});
    }
  }

  // A stack instead of recursion: a tree may be deeper than the program's own stack allows.
  void visit_tree(const fs::path& root) {
    std::vector<fs::path> waiting{root};
    while (!waiting.empty() && !stop_requested()) {
      const fs::path directory = std::move(waiting.back());
      waiting.pop_back();
      const std::size_t first = waiting.size();
      visit_directory(directory, waiting);
      std::reverse(waiting.begin() + static_cast<std::ptrdiff_t>(first), waiting.end());
    }
  }

  // Adds the directory's files, and its subdirectories to `waiting`, both sorted by name.
  void visit_directory(const fs::path& directory, std::vector<fs::path>& waiting) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      entries.push_back(*entry);
    }
    if (error) problem(directory, error);
    std::sort(entries.begin(), entries.end());
    for (const fs::directory_entry& entry : entries) visit_entry(entry, waiting);
  }

  void visit_entry(const fs::directory_entry& entry, std::vector<fs::path>& waiting) {
    std::error_code error;
    const fs::file_status status = entry.symlink_status(error);
    if (error) {
      problem(entry.path(), error);
    } else if (fs::is_directory(status)) {
      waiting.push_back(entry.path());
    } else if (fs::is_regular_file(status)) {
      add_file(entry.path());
    }
  }

  void add_file(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(path, error);
    if (error) {
      problem(path, error);
      return;
    }
    found_.files.push_back({path.string(), bytes});
    found_.bytes += bytes;
  }

  void problem(const fs::path& path, const std::error_code& error) {
    found_.problems.push_back({path.string(), error.message()});
  }

  found_files found_;
};

std::string last_error() { return std::generic_category().message(errno); }

std::string read_descriptor(int descriptor, std::span<char> buffer,
                            const std::function<void(std::string_view)>& use) {
  while (!stop_requested()) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    // Another program may have made it non-blocking: a terminal's descriptor is shared.
    if (got < 0 && errno == EAGAIN) {
      pollfd bytes{descriptor, POLLIN, 0};
      ::poll(&bytes, 1, -1);
      continue;
    }
    if (got < 0) return last_error();
    if (got == 0) break;
    use(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
  return "";
}

}  // namespace

found_files find_files(std::span<const std::string> roots) { return walker().walk(roots); }

std::string read_blocks(const std::string& path, std::span<char> buffer,
                        const std::function<void(std::string_view)>& use) {
  struct open_file {
    int descriptor;
    ~open_file() {
      if (descriptor >= 0) ::close(descriptor);
    }
  };
  const open_file file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (file.descriptor < 0) return last_error();
  return read_descriptor(file.descriptor, buffer, use);
}

std::string read_input_blocks(std::span<char> buffer,
                              const std::function<void(std::string_view)>& use) {
  return read_descriptor(STDIN_FILENO, buffer, use);
}

}  // namespace steady::cli
