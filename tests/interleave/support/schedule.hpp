// Schedules: all decisions of one execution, in the order in which they are taken, and how they are
// written down as one word.
//
// A decision is a number below the count of its options; 0 is what would happen without a
// scheduler: the thread goes on, a load reads the newest value. Where there is one option nothing
// is decided.
//
// Written: the limits under which the program ran, which count options; then a digit of base 36 per
// decision, `digit(n)` for n equal ones in a row. Zeros at the end are left out.
//   p2.w1.s0.a0:0(17)10(5)2     (bounds of preemptions, weak reads and surprises; announcements)
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interleave {

inline constexpr unsigned unlimited = std::numeric_limits<unsigned>::max();

// What the policy's store_before_loads() and fence_of_all_threads() are.
enum class announcements : std::uint8_t {
  // A seq_cst exchange, and nothing: the fallback for all systems.
  by_exchange,
  // Fences on both sides, of which one is free: Linux with membarrier(2).
  by_fences,
};

// What one execution may contain.
struct limits {
  unsigned preemptions = 2;  // switches away from threads that could have gone on
  unsigned weak_reads = 0;   // loads that read other than the newest value; 0 is the sequentially
                             // consistent memory that many think they have
  unsigned surprises = 0;    // weak compare_exchanges that fail, and waits that end, for no reason
  announcements announced = announcements::by_exchange;

  friend bool operator==(const limits&, const limits&) = default;
};

struct decision {
  std::uint8_t chosen = 0;
  std::uint8_t options = 0;  // 0: not known, in a schedule that was read
  std::uint8_t skipped = 0;  // a bit per option that another execution makes needless
};

struct schedule {
  limits within;
  std::vector<decision> decisions;

  std::string written() const;
  static std::optional<schedule> read(std::string_view text);
};

namespace detail {

inline constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";

inline void write_limit(std::string& to, char name, unsigned limit) {
  to += name;
  to += limit == unlimited ? "-" : std::to_string(limit);
}

// Reads from the front of `text`, and takes away what it has read.
class schedule_reader {
 public:
  explicit schedule_reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool skip(char expected) {
    if (text_.empty() || text_.front() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<unsigned> number() {
    unsigned found = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), found);
    if (error != std::errc{}) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return found;
  }
  std::optional<unsigned> limit(char name) {
    if (!skip(name)) return std::nullopt;
    return skip('-') ? unlimited : number();
  }
  std::optional<std::uint8_t> digit() {
    const std::size_t found = done() ? digits.npos : digits.find(text_.front());
    if (found == digits.npos) return std::nullopt;
    text_.remove_prefix(1);
    return static_cast<std::uint8_t>(found);
  }

 private:
  std::string_view text_;
};

}  // namespace detail

inline std::string schedule::written() const {
  std::string text;
  detail::write_limit(text, 'p', within.preemptions);
  detail::write_limit(text += '.', 'w', within.weak_reads);
  detail::write_limit(text += '.', 's', within.surprises);
  detail::write_limit(text += '.', 'a', static_cast<unsigned>(within.announced));
  text += ':';
  std::size_t count = decisions.size();
  while (count != 0 && decisions[count - 1].chosen == 0) --count;
  for (std::size_t at = 0; at < count;) {
    std::size_t next = at + 1;
    while (next < count && decisions[next].chosen == decisions[at].chosen) ++next;
    const char digit = detail::digits[decisions[at].chosen];
    if (next - at > 4) {
      text += digit + ("(" + std::to_string(next - at) + ")");
    } else {
      text.append(next - at, digit);
    }
    at = next;
  }
  return text;
}

inline std::optional<schedule> schedule::read(std::string_view text) {
  detail::schedule_reader from(text);
  const auto limit = [&](char before, char name) {
    return before == 0 || from.skip(before) ? from.limit(name) : std::nullopt;
  };
  const auto preemptions = limit(0, 'p');
  const auto weak_reads = limit('.', 'w');
  const auto surprises = limit('.', 's');
  const auto announced = limit('.', 'a');
  if (!preemptions || !weak_reads || !surprises || !announced || !from.skip(':')) {
    return std::nullopt;
  }
  schedule found{{*preemptions, *weak_reads, *surprises, static_cast<announcements>(*announced)},
                 {}};
  while (!from.done()) {
    const auto digit = from.digit();
    if (!digit) return std::nullopt;
    unsigned times = 1;
    if (from.skip('(')) {
      const auto count = from.number();
      if (!count || !from.skip(')')) return std::nullopt;
      times = *count;
    }
    found.decisions.insert(found.decisions.end(), times, decision{*digit, 0, 0});
  }
  return found;
}

}  // namespace interleave
