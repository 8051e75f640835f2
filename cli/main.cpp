// The steady command: options in, exit status out. What the subcommands do is in count.hpp,
// compare.hpp, replay.hpp, watch.hpp, log.hpp, serve.hpp and follow.hpp.
//
// Exit status: 0 all went well; 1 something could not be done, named on standard error (but what a
// line on the standard input of serve asks for wrongly is only named); 2 wrong options; 128 + the
// signal's number when a signal stopped it.
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/arguments.hpp"
#include "cli/compare.hpp"
#include "cli/count.hpp"
#include "cli/durable_arguments.hpp"
#include "cli/output.hpp"
#include "cli/raw_arguments.hpp"
#include "cli/replay.hpp"
#include "cli/replay_arguments.hpp"
#include "cli/version.hpp"
#include "cli/watch.hpp"

namespace steady::cli {

namespace {

constexpr auto count_details =
    "An identifier is a longest run of ASCII letters, digits and underscores. All regular files\n"
    "under each PATH are read, binary ones too; symbolic links are followed only where given as a\n"
    "PATH. Ctrl-C shows what was counted so far.\n"
    "\n"
    "Examples:\n"
    "  steady count src                          the 20 most frequent identifiers under src\n"
    "  steady count --top 5 --min-length 8 src   only identifiers of 8 characters or more\n"
    "  steady count --map std src                the same work in std::unordered_map\n"
    "  steady count --json counts.json src       the result as JSON too\n";

constexpr auto compare_details =
    "The updates are the identifiers of the files under each PATH, counted in the map; or, with\n"
    "--n, that many different random keys, inserted. A control that only touches memory shows "
    "what\n"
    "the machine itself does. Every round runs every map twice: once for the total time, once\n"
    "timing each update. A quiet machine gives the clearest picture.\n"
    "\n"
    "Examples:\n"
    "  steady compare --n 8000000                 8 million numbers\n"
    "  steady compare --n 1000000 --keys string   a million texts of 20 characters\n"
    "  steady compare --n 8000000 --hash own      with the hash that each map has by default\n"
    "  steady compare --n 8000000 --report report.html   the result as a page with plots too\n"
    "  steady compare /usr/include                the identifiers of these files\n";

constexpr auto watch_details =
    "In a terminal keys insert, erase, pause, attack and so on; h explains them. The map is real: "
    "its\n"
    "state is read by sampling, so that a frame costs no more for a large map.\n"
    "\n"
    "Examples:\n"
    "  steady watch                               in this terminal\n"
    "  steady watch --tour --animation watch.html everything that a map does, as a page that "
    "plays\n"
    "  steady watch --plain --frames 50           sentences, for screen readers and programs\n"
    "  steady watch --keys 'w___a' --record f.jsonl   keys by themselves, frames as JSON lines\n";

CLI::Option* add_paths(CLI::App& command, std::vector<std::string>& paths) {
  return command.add_option("PATH", paths, "Files and directories")->type_name("");
}

void add_count(CLI::App& app, count_options& options) {
  CLI::App* command = app.add_subcommand(
      "count", "Count the identifiers in files, and time every update of the hash map");
  command->footer(count_details);
  add_paths(*command, options.paths)->required();
  command->add_option("--top", options.top, "How many of the most frequent to show")
      ->transform(whole_number(0, trillion))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--map", options.map, "Count in one of " + names_of_maps())
      ->check(CLI::Validator(check_map_of_texts, ""))
      ->type_name("MAP")
      ->capture_default_str();
  command->add_option("--min-length", options.min_length, "Pass over shorter identifiers")
      ->transform(whole_number(0, trillion))
      ->type_name("L")
      ->capture_default_str();
  add_json(*command, options.json_path);
}

struct compare_words {
  std::string keys;
  std::string hash = "same";
};

void add_compare(CLI::App& app, compare_options& options, compare_words& words) {
  CLI::App* command = app.add_subcommand(
      "compare", "Compare Steady with other hash maps: total time, single updates, memory");
  command->footer(compare_details);
  add_paths(*command, options.paths);
  command->add_option("--n", options.generated, "Generate N keys, instead of reading PATH")
      ->transform(whole_number(1, trillion))
      ->type_name("N");
  command->add_option("--keys", words.keys, "u64 (the default) or string, with --n")
      ->check(one_of("u64", "string"))
      ->type_name("KIND");
  command
      ->add_option("--hash", words.hash, "same: steady::hash in every map; own: each its default")
      ->check(one_of("same", "own"))
      ->type_name("WHICH")
      ->capture_default_str();
  command->add_option("--rounds", options.rounds, "How often to run everything")
      ->transform(whole_number(1, 100))
      ->type_name("R")
      ->capture_default_str();
  add_json(*command, options.json_path);
  add_report(*command, options.report_path);
}

CLI::Option* add_number(CLI::App& command, const char* name, std::uint64_t& into, const char* what,
                        std::uint64_t least, std::uint64_t most) {
  return command.add_option(name, into, what)->transform(whole_number(least, most))->type_name("N");
}

void add_watch(CLI::App& app, watch_options& options) {
  CLI::App* command =
      app.add_subcommand("watch", "Watch a map while it grows, shrinks, is attacked and reseeded");
  command->footer(watch_details);
  add_number(*command, "--n", options.map.elements, "Elements to begin with", 0, trillion)
      ->capture_default_str();
  add_number(*command, "--most", options.map.most, "Stop inserting at so many", 1, trillion)
      ->capture_default_str();
  add_number(*command, "--pace", options.map.pace, "Frames that a migration takes, about", 2, 4000)
      ->capture_default_str();
  add_number(*command, "--seed", options.map.seed, "Random number, to see the same again", 1,
             ~std::uint64_t{0});
  add_number(*command, "--frames", options.frames, "End after so many frames", 1, trillion);
  add_number(*command, "--every", options.every, "With --plain, print one frame of so many", 1,
             trillion)
      ->capture_default_str();
  add_number(*command, "--fps", options.per_second, "Frames a second, in a terminal", 1, 100)
      ->capture_default_str();
  command->add_flag("--plain", options.plain, "Print frames in sentences, without a terminal");
  command->add_flag("--tour", options.tour, "Press keys by itself, until all was shown");
  command->add_option("--keys", options.keys, "Press these keys, one before each frame; _ is none")
      ->check(CLI::Validator(check_keys, ""))
      ->type_name("KEYS");
  command->add_option("--record", options.record_path, "Write frames as JSON, one a line")
      ->type_name("FILE");
  command->add_option("--animation", options.animation_path, "Write a page that plays the frames")
      ->type_name("FILE");
}

// What depends on more than one option.
void settle(compare_options& options, const compare_words& words) {
  const bool generated = options.generated > 0;
  if (options.paths.empty() && !generated) {
    throw CLI::ParseError("say what to read, PATH..., or how many keys to generate, --n N",
                          wrong_options);
  }
  if (!options.paths.empty() && generated) {
    throw CLI::ParseError("give either PATH... or --n N, not both", wrong_options);
  }
  if (!generated && words.keys == "u64") {
    throw CLI::ParseError("--keys u64 goes with --n; the identifiers of files are strings",
                          wrong_options);
  }
  options.texts = words.keys == "string";
  options.hash = words.hash == "own" ? hash_choice::own : hash_choice::same;
}

void require_files_of_their_own(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands()) {
    const std::string& name = command->get_name();
    if (name == "count") require_input_is_kept(*command, "PATH", "--json");
    if (name == "compare" || name == "replay") {
      const char* const input = name == "compare" ? "PATH" : "TRACE";
      require_input_is_kept(*command, input, "--json");
      require_input_is_kept(*command, input, "--report");
      require_different_files(*command, "--json", "--report");
    }
    if (name == "watch") require_different_files(*command, "--record", "--animation");
  }
}

std::string quoted(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

// The subcommand that was being read, or the program itself.
const CLI::App& chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

std::string what_is_right(const CLI::App& app) {
  const CLI::App& command = chosen(app);
  if (&command == &app) {
    return "the commands are count, compare, replay, watch, log, serve and follow; see: steady "
           "--help";
  }
  std::string options;
  for (const CLI::Option* option : command.get_options()) {
    options += fmt::format("{}{}", options.empty() ? "" : ", ", option->get_name());
  }
  return fmt::format("{} takes {}; see: steady {} --help", command.get_name(), options,
                     command.get_name());
}

// Help and version come as exceptions too; they succeed.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    write_error(fmt::format("{}\n{}", error.what(), what_is_right(app)));
    return wrong_options;
  }
  const bool wants_version = dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr;
  const std::string text = wants_version ? std::string(error.what()) + "\n" : app.help();
  const std::string failed = write_output(text);
  if (failed.empty()) return 0;
  write_error("cannot write to standard output: " + failed);
  return 1;
}

// As a shell would take it.
std::string command_line(int argc, char** argv) {
  std::string line = "steady";
  for (int i = 1; i < argc; ++i) line += " " + quoted(argv[i]);
  return line;
}

int run(int argc, char** argv) {
  CLI::App app(
      "Hash maps that never pause: measured beside others, watched at work, kept in files, served "
      "and followed.");
  app.name("steady");
  app.set_version_flag("--version", "steady " + version_text());
  app.require_subcommand(1);
  app.footer("Run 'steady COMMAND --help' for a command's options and examples.");
  count_options count;
  compare_options compare;
  compare_words words;
  compare.command_line = command_line(argc, argv);
  add_count(app, count);
  add_compare(app, compare, words);
  replay_arguments replay(app);
  watch_options watch;
  add_watch(app, watch);
  durable_arguments durable(app);

  try {
    require_command(app, argc, argv);
    app.parse(arguments_of(argc, argv));
    require_values(app);
    if (app.got_subcommand("compare")) settle(compare, words);
    if (app.got_subcommand("replay")) replay.settle(compare.command_line);
    require_files_of_their_own(app);
    durable.settle();
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  if (const std::optional<int> status = durable.run()) return *status;
  if (app.got_subcommand("count")) return run_count(count);
  if (app.got_subcommand("watch")) return run_watch(watch);
  return app.got_subcommand("compare") ? run_compare(compare) : run_replay(replay.options());
}

}  // namespace

}  // namespace steady::cli

int main(int argc, char** argv) {
  using namespace steady::cli;
  if (const std::string failed = prepare_standard_streams(); !failed.empty()) {
    write_error("cannot write to standard output: " + failed);
    return 1;
  }
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    write_error("out of memory");
  } catch (const std::exception& error) {
    write_error(error.what());
  }
  return 1;
}
