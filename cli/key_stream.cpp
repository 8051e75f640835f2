#include <fmt/format.h>

#include "cli/identifiers.hpp"
#include "cli/key_stream.hpp"
#include "cli/units.hpp"

namespace steady::cli {

void text_stream::append(std::string_view text) {
  const std::uint64_t length = text.size();
  char prefix[sizeof(length)];
  std::memcpy(prefix, &length, sizeof(length));
  bytes_.insert(bytes_.end(), prefix, prefix + sizeof(prefix));
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  ++size_;
}

namespace {

// Calls use(i) before the i-th.
template <class Use>
text_stream make_texts_with(std::uint64_t count, const Use& use) {
  text_stream texts;
  for (std::uint64_t i = 0; i < count; ++i) {
    use(i);
    texts.append(fmt::format("key-{:016x}", bench::splitmix64(i)));
  }
  return texts;
}

constexpr std::uint64_t shown_every = 1 << 16;

}  // namespace

text_stream make_texts(std::uint64_t count) {
  return make_texts_with(count, [](std::uint64_t) {});
}

text_stream make_texts(std::uint64_t count, progress_line& progress) {
  return make_texts_with(count, [&](std::uint64_t i) {
    if (i % shown_every != 0 || !progress.is_due()) return;
    progress.show(fmt::format("making keys: {} of {}", format_count(i), format_count(count)));
  });
}

text_stream read_texts(std::span<const std::string> paths, std::vector<path_problem>& problems,
                       progress_line& progress) {
  found_files found = find_files(paths);
  problems = std::move(found.problems);

  text_stream texts;
  std::vector<char> buffer(std::size_t{64} << 10);
  std::uint64_t done = 0;
  for (const found_file& file : found.files) {
    identifier_splitter splitter;
    const auto append = [&](std::string_view identifier) { texts.append(identifier); };
    const std::string failed = read_blocks(file.path, buffer, [&](std::string_view block) {
      splitter.feed(block, append);
      done += block.size();
      progress.show_bytes(done, found.bytes);
    });
    splitter.finish(append);
    if (!failed.empty()) problems.push_back({file.path, failed});
  }
  return texts;
}

}  // namespace steady::cli
