#include <cstdint>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <new>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <steady/durable_error.hpp>

#include "cli/arguments.hpp"
#include "cli/durable_arguments.hpp"
#include "cli/follow_redis.hpp"
#include "cli/output.hpp"

namespace steady::cli {

namespace {

constexpr auto log_details =
    "DIR is the directory of a durable map. Without an option its files are listed; that, and\n"
    "--verify, change nothing, and a program may have the map open meanwhile.\n"
    "\n"
    "Examples:\n"
    "  steady log /var/lib/shop/stock             the files, and what they hold\n"
    "  steady log --verify /var/lib/shop/stock    read all of it; status 1 if there is damage\n"
    "  steady log --salvage /var/lib/shop/stock   keep what can be read, put the rest aside\n"
    "  steady log --salvage --keys text --value u64 stock    where no header is whole\n"
    "  steady log --compact /var/lib/shop/stock   a snapshot now; the log before it is removed\n";

constexpr auto serve_details =
    "Changes come as lines on standard input: set KEY VALUE, add KEY NUMBER, erase KEY, clear, "
    "and\n"
    "get KEY, which prints. Words are separated by blanks, or by tabs where keys have blanks.\n"
    "Who can reach the address can read the map, unless there is a secret, and who can listen to\n"
    "the network, unless there is TLS.\n"
    "A line that is none of these is named, and passed over; where it is of --load, the status is "
    "1.\n"
    "A change that fails, because the disk is full, say, is told of, and the next one is tried; "
    "the\n"
    "status is 1 at the end then.\n"
    "\n"
    "Examples:\n"
    "  steady serve stock                             at 127.0.0.1:7411, texts to numbers\n"
    "  steady serve stock --listen unix:/run/stock    for this machine only\n"
    "  steady serve stock --listen 0.0.0.0:7411 --secret-file secret \\\n"
    "    --tls-certificate server.pem --tls-key server.key\n"
    "  steady serve stock --load changes.txt --value text\n"
    "  steady serve stock --redis localhost --stream stock    for followers of Redis\n";

constexpr auto follow_details =
    "Each line has a position, has, set, erase or clear, the key, and the value, with tabs "
    "between\n"
    "them. A directory is followed while another process writes it; an address is HOST:PORT,\n"
    "[IPV6]:PORT or unix:PATH of steady serve, or of a program with a steady::feed_server, or\n"
    "redis://HOST:PORT/NAME of a stream in Redis. On a terminal the last line tells how far\n"
    "behind it is.\n"
    "\n"
    "Examples:\n"
    "  steady follow /var/lib/shop/stock            until Ctrl-C\n"
    "  steady follow shop.example:7411 --secret-file secret --tls-authority authority.pem\n"
    "  steady follow 127.0.0.1:7411 --once          print all, and end\n"
    "  steady follow redis://localhost/stock        a stream of Redis, at its usual port\n"
    "  steady follow stock --checkpoint here        and the next time only what is new\n";

CLI::Validator one_of_three(std::string first, std::string second, std::string third) {
  return CLI::Validator(
      [=](const std::string& word) {
        if (word == first || word == second || word == third) return std::string();
        return fmt::format("'{}' is none of {}, {} and {}", word, first, second, third);
      },
      "");
}

std::string check_address(const std::string& text) {
  if (!text.empty() && text != "unix:") return "";
  return fmt::format("'{}' is no address; give HOST:PORT, [IPV6]:PORT or unix:PATH", text);
}

// An option that would do nothing may be one that somebody relies on: a secret, say.
void refuse(const CLI::App& command, std::initializer_list<const char*> options,
            const std::string& why) {
  for (const char* const option : options) {
    if (command.get_option(option)->count() == 0) continue;
    throw CLI::ParseError(fmt::format("{} {}", option, why), wrong_options);
  }
}

}  // namespace

durable_arguments::durable_arguments(CLI::App& app) : app_(&app) {
  add_log();
  add_serve();
  add_follow();
}

void durable_arguments::add_log() {
  CLI::App* command = app_->add_subcommand("log", "Look into the directory of a durable map");
  command->footer(log_details);
  command->add_option("DIR", log_.directory, "The directory")->type_name("")->required();
  CLI::Option* verify =
      command->add_flag("--verify", verify_, "Read all, and tell what is damaged");
  CLI::Option* salvage =
      command->add_flag("--salvage", salvage_, "Keep what can be read of a damaged map");
  command->add_flag("--compact", compact_, "Write a snapshot, so that the log begins anew")
      ->excludes(verify)
      ->excludes(salvage);
  verify->excludes(salvage);
  const auto add_type = [&](const char* name, std::string& into, const char* about) {
    return command->add_option(name, into, about)
        ->check(one_of("text", "u64"))
        ->type_name("KIND")
        ->needs(salvage);
  };
  CLI::Option* keys =
      add_type("--keys", log_types_.key, "text or u64: the keys, where no whole header says it");
  keys->needs(add_type("--value", log_types_.value, "text or u64: the values")->needs(keys));
}

void durable_arguments::add_serve() {
  CLI::App* command =
      app_->add_subcommand("serve", "Serve a durable map to followers, and change it");
  serve_command_ = command;
  command->footer(serve_details);
  command->add_option("DIR", serve_.directory, "Its directory, which is made if need be")
      ->type_name("")
      ->required();
  listen_ = command
                ->add_option("--listen", serve_.address,
                             "HOST:PORT, [IPV6]:PORT or unix:PATH; with --redis only if given")
                ->check(CLI::Validator(check_address, ""))
                ->type_name("ADDRESS")
                ->capture_default_str();
  CLI::Option* redis =
      command->add_option("--redis", serve_.redis_address, "Write it to this Redis: HOST:PORT too")
          ->type_name("ADDRESS");
  CLI::Option* stream = command->add_option("--stream", serve_.stream, "The stream's name in Redis")
                            ->type_name("NAME")
                            ->needs(redis);
  redis->needs(stream);
  command
      ->add_option("--redis-password-file", serve_.redis_password_path,
                   "Its first line is the password of Redis")
      ->type_name("FILE")
      ->needs(redis);
  command->add_option("--value", serve_.value, "u64 or text: what the values are")
      ->check(one_of("u64", "text"))
      ->type_name("KIND")
      ->capture_default_str();
  command->add_option("--secret-file", serve_.secret_path, "Its first line is what followers know")
      ->type_name("FILE");
  CLI::Option* certificate =
      command
          ->add_option("--tls-certificate", serve_.tls_certificate_path,
                       "Speak TLS with this certificate, in PEM, and those it hangs on")
          ->type_name("FILE");
  CLI::Option* key =
      command->add_option("--tls-key", serve_.tls_key_path, "Its private key, in PEM")
          ->type_name("FILE")
          ->needs(certificate);
  certificate->needs(key);
  command->add_option("--load", serve_.load_path, "Take the lines of this file first")
      ->type_name("FILE");
  command->add_option("--sync", serve_.sync, "Sync each change, once an interval, or never")
      ->check(one_of_three("each", "interval", "never"))
      ->type_name("WHEN")
      ->capture_default_str();
  command->add_flag("--end-with-input", serve_.ends_with_input,
                    "End when standard input does; otherwise at Ctrl-C");
}

void durable_arguments::add_follow() {
  CLI::App* command =
      app_->add_subcommand("follow", "Follow a durable map or a server, and print its changes");
  follow_command_ = command;
  command->footer(follow_details);
  command->add_option("SOURCE", follow_.source, "A directory, an address, or redis://ADDRESS/NAME")
      ->type_name("")
      ->required();
  command->add_option("--secret-file", follow_.secret_path, "Its first line is the server's secret")
      ->type_name("FILE");
  CLI::Option* authority =
      command
          ->add_option("--tls-authority", follow_.tls_authority_path,
                       "Speak TLS, and trust servers that this certificate, in PEM, has signed")
          ->type_name("FILE");
  command
      ->add_option("--tls-pinned", follow_.tls_pinned_path,
                   "Speak TLS, and trust the server that has this very certificate")
      ->type_name("FILE")
      ->excludes(authority);
  command
      ->add_option("--tls-name", follow_.tls_name,
                   "Whom the certificate must be for, unless it is the address's host")
      ->type_name("NAME")
      ->needs(authority);
  command
      ->add_option("--checkpoint", follow_.checkpoint_path,
                   "Go on from this file, if it is there, and write it at the end")
      ->type_name("FILE");
  command
      ->add_option("--group", follow_.group,
                   "A consumer group of Redis, for this follower alone: it keeps what was missed")
      ->type_name("NAME");
  command
      ->add_option("--redis-password-file", follow_.redis_password_path,
                   "Its first line is the password of Redis")
      ->type_name("FILE");
  command->add_option("--keys", follow_.types.key, "text or u64: the keys of a server")
      ->check(one_of("text", "u64"))
      ->type_name("KIND")
      ->capture_default_str();
  command->add_option("--value", follow_.types.value, "u64 or text: the values of a server")
      ->check(one_of("u64", "text"))
      ->type_name("KIND")
      ->capture_default_str();
  command
      ->add_option("--until", follow_.until,
                   "End at this position, or that of a snapshot behind it")
      ->transform(whole_number(1, ~std::uint64_t{0}))
      ->type_name("N");
  command->add_flag("--once", follow_.once, "End when everything is there");
  command->add_flag("--quiet", follow_.quiet, "Print no changes, but a summary at the end");
}

void durable_arguments::settle() const {
  if (app_->got_subcommand("serve")) settle_serve();
  if (app_->got_subcommand("follow")) settle_follow();
}

void durable_arguments::settle_serve() const {
  if (serve_.redis_address.empty()) return;
  if (listen_->count() == 0) {
    refuse(*serve_command_, {"--secret-file", "--tls-certificate", "--tls-key"},
           "goes with --listen ADDRESS: who follows over Redis does not connect to this server; "
           "Redis has --redis-password-file");
  }
  if (is_socket_path(serve_.redis_address) && serve_.stream.find('/') != std::string::npos) {
    throw CLI::ParseError(
        fmt::format("--stream '{}' has a '/': where Redis is at a socket's path, steady follow "
                    "could not tell them apart; take another character",
                    serve_.stream),
        wrong_options);
  }
}

void durable_arguments::settle_follow() const {
  if (follow_.source.starts_with(redis_scheme)) {
    refuse(*follow_command_, {"--secret-file", "--tls-authority", "--tls-pinned", "--tls-name"},
           "goes with a server's address, HOST:PORT, [IPV6]:PORT or unix:PATH; Redis has "
           "--redis-password-file");
    return;
  }
  refuse(*follow_command_, {"--group", "--redis-password-file"},
         "goes with redis://HOST:PORT/NAME");
  std::error_code ignored;
  if (!std::filesystem::is_directory(follow_.source, ignored)) return;
  refuse(*follow_command_, {"--secret-file", "--tls-authority", "--tls-pinned", "--tls-name"},
         fmt::format("goes with a server's address, HOST:PORT, [IPV6]:PORT or unix:PATH; {} is a "
                     "directory",
                     follow_.source));
  refuse(*follow_command_, {"--keys", "--value"},
         fmt::format("goes with a server or Redis; the files in {} say what they hold",
                     follow_.source));
}

std::optional<int> durable_arguments::run() {
  try {
    return run_chosen();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const durable_error& error) {
    write_error(without_name(error.what()));
    if (error.trouble() == durable_trouble::damaged) tell_how_to_salvage();
    return 1;
  } catch (const std::exception& error) {
    write_error(without_name(error.what()));
    return 1;
  }
}

// Not to whoever follows: another process has the map.
void durable_arguments::tell_how_to_salvage() const {
  if (app_->got_subcommand("follow")) return;
  const std::string& directory = app_->got_subcommand("log") ? log_.directory : serve_.directory;
  write_error("to keep what can be read: steady log --salvage " + directory);
}

std::optional<int> durable_arguments::run_chosen() {
  if (app_->got_subcommand("log")) {
    log_.action = verify_    ? log_action::verify
                  : salvage_ ? log_action::salvage
                  : compact_ ? log_action::compact
                             : log_action::inspect;
    if (!log_types_.key.empty()) log_.types = log_types_;
    return run_log(log_);
  }
  if (app_->got_subcommand("serve")) {
    if (!serve_.redis_address.empty() && listen_->count() == 0) serve_.address.clear();
    return run_serve(serve_);
  }
  if (app_->got_subcommand("follow")) return run_follow(follow_);
  return std::nullopt;
}

}  // namespace steady::cli
