// steady::exposition: stats() of any number of containers as text that monitoring systems scrape,
// in Prometheus' format (0.0.4) and in that of OpenMetrics (1.0.0).
//
//   steady::exposition now;
//   now.add("sessions", sessions);                       // any container of Steady
//   now.add("prices", prices, {{"shard", "3"}});         // with labels of one's own
//   const auto format = steady::exposition::format_for(accept);    // of a request's header
//   respond(now.text(format), steady::exposition::content_type(format));
//
// Every sample has the label `name`, and those that were given. What the metrics mean is what
// steady/stats.hpp says; their names, types and units are in `detail::metric_families`.
// Of containers of one thread there is no `leaving`; of those that threads share no `retired`, no
// `snapshot_bytes` and no progress, which they do not tell. Counters begin again when a map has
// given all its memory back, which rate() and increase() take into account.
//
// Bound: add() is O(containers added), and calls stats(); text() is O(length of the text).
// Throws: add() and the constructor std::invalid_argument where a name of a label, or a prefix, is
// not one, where a label is there twice, and where all labels are those of another container:
// scrapers refuse such a text as a whole. All throw std::bad_alloc.
// Threads: an exposition belongs to one thread. add() looks at the container there and then: one
// that another thread may be changing must be one that threads share, or be given as a copy of its
// stats().
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/stats.hpp>

namespace steady {

namespace detail {

// The containers that a metric is of: all, those of one thread, or those that threads share.
enum class metric_of : std::uint8_t { all, own, shared };

// One sample of a family: its label, if it has one of its own, and its value.
struct metric_sample {
  const char* label_value;
  double (*value)(const stats& now);
};
inline constexpr std::size_t most_metric_samples = 5;

struct metric_family {
  const char* name;
  const char* unit;  // the end of the name, or none
  const char* help;
  const char* label_name;  // of counters
  bool is_counter;
  metric_of of;
  std::array<metric_sample, most_metric_samples> samples{};
  std::size_t count = 0;
};

constexpr metric_family gauge(const char* name, const char* unit, const char* help,
                              double (*value)(const stats& now),
                              metric_of of = metric_of::all) noexcept {
  return {name, unit, help, "", false, of, {{{"", value}}}, 1};
}
constexpr metric_family counter(const char* name, const char* help, const char* label_name,
                                std::initializer_list<metric_sample> samples) noexcept {
  metric_family made{name, "", help, label_name, true, metric_of::all};
  for (const metric_sample& each : samples) made.samples[made.count++] = each;
  return made;
}

// Counts are exact up to 2^53.
template <class Number>
double as_value(Number number) noexcept {
  return static_cast<double>(number);
}

#define STEADY_VALUE(member) [](const stats& now) { return detail::as_value(now.member); }

inline constexpr std::array<metric_family, 15> metric_families{{
    gauge("elements", "", "Elements in the container.", STEADY_VALUE(size)),
    gauge("buckets", "", "Buckets of the array that is kept; while migrating, of the new one.",
          STEADY_VALUE(buckets)),
    gauge("overflow_buckets", "", "Overflow buckets in use.", STEADY_VALUE(overflow_buckets)),
    gauge("chunks", "", "Blocks of slots that are held.", STEADY_VALUE(chunks)),
    gauge("memory_bytes", "bytes", "Memory held from the allocator and from the system.",
          STEADY_VALUE(bytes)),
    gauge("load_factor_ratio", "ratio", "Elements by slots in buckets.", STEADY_VALUE(load_factor)),
    gauge("longest_chain", "", "Most overflow buckets ever seen on one bucket.",
          STEADY_VALUE(longest_chain)),
    gauge("migrating", "", "1 while migration work is pending, else 0.", STEADY_VALUE(migrating)),
    gauge(
        "migration_progress_ratio", "ratio",
        "The part of the hash line that a migration has passed; 0 without one.",
        [](const stats& now) { return detail::as_value(now.frontier) / 0x1p64; }, metric_of::own),
    gauge("retired_elements", "", "Elements that clear_gradually() left to be destroyed.",
          STEADY_VALUE(retired), metric_of::own),
    gauge("snapshot_bytes", "bytes", "Memory held by snapshots of the container.",
          STEADY_VALUE(snapshot_bytes), metric_of::own),
    gauge("leaving_blocks", "",
          "Arrays, chunks and erased nodes that wait until no thread can be reading them.",
          STEADY_VALUE(leaving), metric_of::shared),
    counter("migrations", "Migrations finished, by kind.", "kind",
            {{"grow", STEADY_VALUE(migrations.grow)},
             {"compact", STEADY_VALUE(migrations.compact)},
             {"shrink", STEADY_VALUE(migrations.shrink)},
             {"reseed", STEADY_VALUE(migrations.reseed)}}),
    counter("migrations_started", "Migrations begun, by what began them.", "cause",
            {{"load", STEADY_VALUE(started.load)},
             {"request", STEADY_VALUE(started.request)},
             {"overflow", STEADY_VALUE(started.overflow)}}),
    counter("migration_steps", "Buckets of migration work, by the calls that did it.", "driver",
            {{"insert", STEADY_VALUE(steps.insert)},
             {"erase", STEADY_VALUE(steps.erase)},
             {"trim", STEADY_VALUE(steps.trim)},
             {"walk", STEADY_VALUE(steps.walk)},
             {"call", STEADY_VALUE(steps.call)}}),
}};

#undef STEADY_VALUE

}  // namespace detail

enum class exposition_format : std::uint8_t { prometheus, openmetrics };

class exposition {
 public:
  using label = std::pair<std::string, std::string>;  // a name and a value
  using labels = std::vector<label>;

  // All metrics begin with the prefix and `_map_`.
  explicit exposition(std::string prefix = "steady") : prefix_(std::move(prefix)) {
    require_name(prefix_, "a prefix");
  }

  template <class Container>
  requires requires(const Container& container) { container.stats().migrations.grow; }
  exposition& add(std::string_view name, const Container& container, labels more = {}) {
    constexpr bool is_shared = !requires { container.begin(); };
    return add(name, container.stats(), std::move(more), is_shared ? kind::shared : kind::own);
  }
  // Of a container that is not known: all metrics.
  exposition& add(std::string_view name, const stats& now, labels more = {}) {
    return add(name, now, std::move(more), kind::unknown);
  }

  std::string text(exposition_format format) const {
    std::string text;
    for (const family& each : detail::metric_families) append(text, each, format);
    if (format == exposition_format::openmetrics) text += "# EOF\n";
    return text;
  }

  // For the header `Content-Type` of a response.
  static constexpr std::string_view content_type(exposition_format format) noexcept {
    return format == exposition_format::openmetrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
  }
  // What a request's header `Accept` asks for: OpenMetrics where it is accepted, and text/plain is
  // not preferred.
  static constexpr exposition_format format_for(std::string_view accept) noexcept {
    const unsigned open = quality_of("application/openmetrics-text", accept);
    return open > 0 && open >= quality_of("text/plain", accept) ? exposition_format::openmetrics
                                                                : exposition_format::prometheus;
  }

  // The names of all metrics, as queries use them.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const family& each : detail::metric_families) all.push_back(sample_name(each));
    return all;
  }

 private:
  enum class kind : std::uint8_t { unknown, own, shared };

  struct source {
    std::string labels;    // as they are written, without braces
    std::string identity;  // the same for labels that scrapers take for the same
    stats now;
    kind of;
  };

  using family = detail::metric_family;
  using only = detail::metric_of;

  exposition& add(std::string_view name, const stats& now, labels more, kind of) {
    more.insert(more.begin(), label("name", std::string(name)));
    std::string written = write(more);
    std::string identity = identity_of(std::move(more));
    const auto same = [&](const source& other) { return other.identity == identity; };
    if (std::any_of(sources_.begin(), sources_.end(), same)) {
      refuse("a container has all labels of another one; give it another name, or a label");
    }
    sources_.push_back({std::move(written), std::move(identity), now, of});
    return *this;
  }

  // ---- the header `Accept` ----

  // What is up to the next separator, without blanks; it and the separator are taken away.
  static constexpr std::string_view take_part(std::string_view& from, char separator) noexcept {
    const std::size_t end = detail::min_of(from.find(separator), from.size());
    std::string_view part = from.substr(0, end);
    from.remove_prefix(detail::min_of(end + 1, from.size()));
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\t')) part.remove_suffix(1);
    return part;
  }
  static constexpr bool is_same(std::string_view one, std::string_view lower_case) noexcept {
    const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(one.begin(), one.end(), lower_case.begin(), lower_case.end(),
                      [&](char a, char b) { return lower(a) == b; });
  }
  // In thousandths; the highest, if the type is there several times; 0 if it is not.
  static constexpr unsigned quality_of(std::string_view type, std::string_view accept) noexcept {
    unsigned best = 0;
    while (!accept.empty()) {
      std::string_view range = take_part(accept, ',');
      if (!is_same(take_part(range, ';'), type)) continue;
      unsigned quality = 1000;
      while (!range.empty()) {
        const std::string_view parameter = take_part(range, ';');
        if (is_same(parameter.substr(0, 2), "q=")) quality = thousandths(parameter.substr(2));
      }
      best = detail::max_of(best, quality);
    }
    return best;
  }
  // Of a number from 0 to 1 with at most three places.
  static constexpr unsigned thousandths(std::string_view number) noexcept {
    if (number.substr(0, 1) == "1") return 1000;
    unsigned sum = 0;
    unsigned place = 100;
    for (const char digit : number.substr(detail::min_of<std::size_t>(2, number.size()))) {
      if ('0' <= digit && digit <= '9') sum += static_cast<unsigned>(digit - '0') * place;
      place /= 10;
    }
    return sum;
  }

  // ---- writing ----

  std::string full_name(const family& of) const { return prefix_ + "_map_" + of.name; }
  std::string sample_name(const family& of) const {
    return full_name(of) + (of.is_counter ? "_total" : "");
  }
  static bool is_told(const family& of, kind container) noexcept {
    return of.of == only::all || container == kind::unknown ||
           (of.of == only::own) == (container == kind::own);
  }

  void append(std::string& text, const family& of, exposition_format format) const {
    const auto tells = [&](const source& from) { return is_told(of, from.of); };
    if (std::none_of(sources_.begin(), sources_.end(), tells)) return;
    const bool is_open = format == exposition_format::openmetrics;
    const std::string name = is_open ? full_name(of) : sample_name(of);
    text += "# TYPE " + name + (of.is_counter ? " counter\n" : " gauge\n");
    if (is_open && *of.unit != '\0') text += "# UNIT " + name + " " + of.unit + "\n";
    text += "# HELP " + name + " " + of.help + "\n";
    for (const source& from : sources_) {
      if (tells(from)) append(text, of, from);
    }
  }
  void append(std::string& text, const family& of, const source& from) const {
    for (std::size_t n = 0; n < of.count; ++n) {
      const detail::metric_sample& each = of.samples[n];
      text += sample_name(of) + "{" + from.labels;
      if (*of.label_name != '\0') {
        text += std::string(",") + of.label_name + "=\"" + each.label_value + "\"";
      }
      text += "} ";
      append_number(text, each.value(from.now));
      text += '\n';
    }
  }
  static void append_number(std::string& text, double value) {
    std::array<char, 32> digits;
    const auto done = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text.append(digits.data(), done.ptr);
  }

  // ---- labels ----

  static std::string write(const labels& of) {
    std::string text;
    for (auto each = of.begin(); each != of.end(); ++each) {
      require_name(each->first, "a label's name");
      const auto same = [&](const label& other) { return other.first == each->first; };
      if (std::any_of(of.begin(), each, same) || is_own_label(each->first)) {
        refuse("a label is there twice; name, kind, cause and driver are taken");
      }
      text += (text.empty() ? "" : ",") + each->first + "=\"";
      append_escaped(text, each->second);
      text += '"';
    }
    return text;
  }
  // Their order does not matter to scrapers, and an empty label is none.
  static std::string identity_of(labels of) {
    std::erase_if(of, [](const label& each) { return each.second.empty(); });
    std::sort(of.begin(), of.end());
    return write(of);
  }
  static bool is_own_label(std::string_view name) noexcept {
    return std::any_of(detail::metric_families.begin(), detail::metric_families.end(),
                       [&](const family& of) { return name == of.label_name; });
  }

  // Letters, digits and `_`, no digit first; two `_` first are for scrapers' own.
  static void require_name(std::string_view name, const char* what) {
    const auto is_letter = [](char c) {
      return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_';
    };
    const auto is_right = [&](char c) { return is_letter(c) || ('0' <= c && c <= '9'); };
    if (name.empty() || !is_letter(name.front()) || name.substr(0, 2) == "__" ||
        !std::all_of(name.begin(), name.end(), is_right)) {
      refuse(std::string(what) + " is '" + std::string(name) +
             "'; letters, digits and _ are right, no digit first, nor two _");
    }
  }
  [[noreturn]] static void refuse(const std::string& why) {
    STEADY_THROW(std::invalid_argument("steady::exposition: " + why));
  }

  // The text must be UTF-8, so every other byte becomes the replacement character.
  static void append_escaped(std::string& text, std::string_view value) {
    while (!value.empty()) {
      const std::size_t length = length_of_character(value);
      const char first = value.front();
      if (length == 0) {
        text += "\xef\xbf\xbd";
      } else if (first == '\\' || first == '"') {
        text += {'\\', first};
      } else if (first == '\n') {
        text += "\\n";
      } else {
        text += value.substr(0, length);
      }
      value.remove_prefix(detail::max_of<std::size_t>(length, 1));
    }
  }
  // Of the first character, in bytes; 0 if the first byte begins none.
  static std::size_t length_of_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || first > 0xf4 || text.size() < length) return 0;
    // Too long a form, a surrogate, or beyond the last character.
    const unsigned second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90)) {
      return 0;
    }
    for (std::size_t n = 1; n < length; ++n) {
      if ((byte(n) & 0xc0) != 0x80) return 0;
    }
    return length;
  }

  std::string prefix_;
  std::vector<source> sources_;
};

}  // namespace steady
