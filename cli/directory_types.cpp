#include <filesystem>
#include <span>
#include <string>
#include <system_error>

#include <steady/detail/durable/room.hpp>
#include <steady/detail/follow/tail_reader.hpp>
#include <steady/records.hpp>

#include "cli/directory_types.hpp"

namespace steady::cli {

namespace {

using detail::tail_reader;

// True where the file has a header, and all is known.
bool ask(const detail::room& room, const std::string& path, directory_types& found) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {  // a pipe would be waited for
    if (found.why_not.empty()) found.why_not = path + " is no regular file";
    return false;
  }
  tail_reader reader;
  if (!reader.open(room, path)) return false;
  std::span<const unsigned char> payload;
  record_header header;
  const bool has_frame = reader.next(payload) == tail_reader::result::frame;
  const header_state state = has_frame ? read_header(payload, header) : header_state::not_steady;
  if (state == header_state::good) {
    found.are_known = true;
    found.names = {header.key, header.value};
  } else if (state == header_state::other_version) {
    found.is_other_version = true;
    found.why_not = path + " is of another version of the format; this command reads version 1";
  } else if (found.why_not.empty()) {
    found.why_not = path + " has no whole header: it is damaged, torn, or being written";
  }
  return found.are_known;
}

}  // namespace

directory_types types_of(const std::string& directory) {
  const detail::room room(detail::system_files(), directory);
  const detail::room::content files = room.look();
  directory_types found;
  for (auto at = files.logs.rbegin(); at != files.logs.rend(); ++at) {
    if (ask(room, room.log_path(*at), found)) return found;
  }
  for (auto at = files.snapshots.rbegin(); at != files.snapshots.rend(); ++at) {
    if (ask(room, room.snapshot_path(*at), found)) return found;
  }
  return found;
}

}  // namespace steady::cli
