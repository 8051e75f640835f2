#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <steady/durable_map.hpp>

#include "cli/directory_types.hpp"
#include "cli/log.hpp"
#include "cli/log_reader.hpp"
#include "cli/opening.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_or_number.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

std::string size_of(std::uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

std::string line_of(const file_facts& file, bool verified) {
  std::string line = fmt::format("{:32} {:>10}", name_of(file.path), size_of(file.bytes));
  if (file.header && verified) {
    line += file.is_log ? fmt::format("  {} changes, up to {}", file.records, file.last)
                        : fmt::format("  {} elements as of {}", file.records, file.number);
  } else if (file.header && !file.is_log) {
    line += fmt::format("  {} elements as of {}", file.header->elements, file.number);
  } else if (file.header) {
    line += fmt::format("  changes after {}", file.header->position);
  }
  return line + "\n";
}

int deliver(const std::string& text, bool is_good) {
  if (const std::string failed = write_output(harmless(text)); !failed.empty()) {
    write_error("cannot write to standard output: " + failed);
    return status_of_failure();
  }
  return is_good ? 0 : 1;
}

int show_files(const log_options& options) {
  log_reader reader(options);
  if (!reader.read()) return 128 + stop_signal();
  const std::vector<file_facts>& files = reader.files();
  if (files.empty()) {
    write_error(options.directory + " has no files of a durable map");
    return 1;
  }
  const bool verified = options.action == log_action::verify;
  std::string text;
  for (const file_facts& file : files) {
    if (text.empty() && file.header) {
      text = fmt::format("{} to {}, map {:016x}\n", file.header->key,
                         file.header->value.empty() ? "nothing (a set)" : file.header->value,
                         file.header->map_id);
    }
    text += line_of(file, verified);
    if (file.damage.empty()) continue;
    text += fmt::format("  {} at byte {}: {}\n",
                        is_torn_end(files, file) ? "torn or being written" : "DAMAGED",
                        file.damaged_at, file.damage);
  }
  const bool is_good = reader.is_good();
  if (verified) text += is_good ? "All records are whole.\n" : "There is damage; see --salvage.\n";
  return deliver(text, is_good);
}

log_options with(log_options options, log_action action) {
  options.action = action;
  return options;
}

std::uint64_t bytes_in(const log_options& options) {
  log_reader reader(with(options, log_action::inspect));
  reader.read();
  std::uint64_t bytes = 0;
  for (const file_facts& file : reader.files()) bytes += file.bytes;
  return bytes;
}

// After a compaction: removes the segments of which the snapshot has every change. The last one is
// among them, so that the log begins anew. False where a signal stopped it before. Throws where no
// snapshot can be read again.
bool remove_old_logs(const log_options& options, std::uint64_t written) {
  const std::string& directory = options.directory;
  detail::room room(*options.files, directory);
  room.enter();  // nobody has the map open
  log_reader reader(with(options, log_action::verify));
  if (!reader.read()) return false;
  std::uint64_t reached = 0;
  for (const file_facts& file : reader.files()) {
    if (!file.damage.empty()) continue;
    if (!file.is_log) {
      reached = std::max(reached, file.number);
    } else if (file.last <= reached) {
      const int removed = room.remove(file.path);
      if (removed < 0) detail::throw_system("remove", file.path, removed);
    }
  }
  if (reached < written) {
    throw std::runtime_error(
        fmt::format("the snapshot of position {} in {} cannot be read again; the log before it is "
                    "still there",
                    written, directory));
  }
  const int safe = room.sync();
  if (safe < 0) detail::throw_system("sync", directory, safe);
  return true;
}

// What was done to the damage.
std::string words_for(const recovery_report& report) {
  std::string text;
  for (const lost_bytes& lost : report.damage) {
    const std::string bytes =
        lost.bytes == 0 ? "" : fmt::format("{} bytes passed over: ", lost.bytes);
    text += fmt::format("{} at byte {}: {}{}\n", name_of(lost.file), lost.offset, bytes, lost.why);
  }
  if (const auto& cut = report.cut) {
    text += fmt::format("{} at byte {}: {} bytes of a write that did not finish, cut\n",
                        name_of(cut->file), cut->offset, cut->bytes);
  }
  return text;
}

// Opens the map, with `how`, and gives what is to be said of it, and its position.
template <class Types>
std::pair<std::string, std::uint64_t> open_and_save(const log_options& options,
                                                    const durable_options& how) {
  durable_map<typename Types::key, typename Types::value> map(options.directory, how);
  if (options.action == log_action::compact) {
    stop_if_requested();
    map.save_snapshot();
  }
  return {words_for(map.report()) +
              fmt::format("{} elements as of position {}", map.size(), map.position()),
          map.position()};
}

template <class Types>
int open_and_rewrite(const log_options& options) {
  progress_line progress;
  durable_options how;
  how.files = options.files;
  how.salvage = options.action == log_action::salvage;
  how.progress = opening_progress(progress);
  const std::uint64_t before = bytes_in(options);
  std::string text;
  std::uint64_t position = 0;
  try {
    std::tie(text, position) = open_and_save<Types>(options, how);
  } catch (const opening_stopped&) {
    return 128 + stop_signal();
  }
  progress.clear();
  if (options.action == log_action::compact && !remove_old_logs(options, position)) {
    write_error(
        "stopped by a signal: the snapshot is written, and the log before it is still there");
    return 128 + stop_signal();
  }
  text += fmt::format("; {} were {}\n", size_of(bytes_in(options)), size_of(before));
  return deliver(text, true);
}

// No file says what types it has.
int rewrite_nothing(const log_options& options, const directory_types& found) {
  const std::string& directory = options.directory;
  log_reader reader(with(options, log_action::inspect));
  if (!reader.read()) return 128 + stop_signal();
  if (!reader.files().empty() && reader.is_good()) {
    return deliver(directory + " has no changes yet; its next writer begins it anew\n", true);
  }
  if (found.why_not.empty()) {
    write_error(directory + " has no file with the header of a durable map");
  } else {
    write_error(found.why_not);
  }
  if (!reader.files().empty() && !found.is_other_version) {
    write_error(
        "no whole header says what types the map has; to keep what can be read, say it, text or "
        "u64 each: steady log --salvage --keys text --value u64 " +
        directory);
  }
  return 1;
}

// "": they may be taken.
std::string why_not_these(const type_names& said, const directory_types& found) {
  if (found.is_other_version) return found.why_not;
  if (!found.are_known || (said.key == found.names.key && said.value == found.names.value)) {
    return "";
  }
  return fmt::format("its files say that keys are {} and values {}; leave --keys and --value out",
                     found.names.key, found.names.value);
}

int rewrite(const log_options& options) {
  const directory_types found = types_of(options.directory);
  const type_names names = options.types.value_or(found.names);
  if (options.types) {
    if (const std::string why = why_not_these(names, found); !why.empty()) {
      write_error(options.directory + ": " + why);
      return 1;
    }
  }
  if (!found.are_known && (!options.types || found.why_not.empty())) {
    return rewrite_nothing(options, found);
  }
  int status = 1;
  const bool known =
      with_types(names, [&](auto types) { status = open_and_rewrite<decltype(types)>(options); });
  if (!known) write_error(options.directory + ": " + unknown_types(names));
  return status;
}

}  // namespace

int run_log(const log_options& options) {
  const stop_signal_guard guard;
  const bool only_reads =
      options.action == log_action::inspect || options.action == log_action::verify;
  return only_reads ? show_files(options) : rewrite(options);
}

}  // namespace steady::cli
