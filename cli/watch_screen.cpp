#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/units.hpp"
#include "cli/watch_keys.hpp"
#include "cli/watch_screen.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t label_columns = 15;

// Signs that stand for how full a part is, from empty to full, and others.
struct signs {
  std::array<const char*, 9> levels;
  const char* moved;
  const char* crossed;  // by the frontier
  const char* frontier;
  const char* arrow;
};
constexpr signs drawn{{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, "·", "─", "▲", "→"};
constexpr signs typed{{" ", ".", ".", ":", ":", "+", "+", "#", "#"}, "-", "-", "^", "->"};

// Neighbours of one style become one text.
class line_writer {
 public:
  void put(style look, std::string_view text) {
    if (line_.empty() || line_.back().look != look) line_.push_back({look, ""});
    line_.back().text += text;
  }
  screen_line take() { return std::move(line_); }

 private:
  screen_line line_;
};

class frame_painter {
 public:
  frame_painter(const watch_frame& frame, const screen_size& size)
      : frame_(frame),
        columns_(size.columns),
        signs_(size.ascii ? typed : drawn),
        parts_(parts_for(size)),
        bar_rows_(std::clamp<std::size_t>((size.rows - 15) / 2, 1, 7)) {}

  std::vector<screen_line> paint() {
    title();
    array_rows(frame_.now.old_array, false);
    frontier_row();
    array_rows(frame_.now.new_array, true);
    text(style::plain, "");
    wrapped(style::strong, explanation(frame_));
    facts();
    text(frame_.note.empty() ? style::plain : style::mark,
         frame_.note.empty() ? "" : "* " + frame_.note);
    wrapped(style::faint, key_line());
    return std::move(lines_);
  }

 private:
  bool migrates() const { return frame_.now.kind != migration_kind::none; }

  void title() {
    line_writer line;
    line.put(style::strong,
             fmt::format(" {}{}; ", name_of(frame_.doing), frame_.paused ? " (paused)" : ""));
    line.put(migrates() ? style::mark : style::plain, name_of(frame_.now.kind));
    if (migrates()) {
      line.put(style::plain, fmt::format(" {} {} {} buckets: {} % moved; cause: {}",
                                         format_count(frame_.now.old_array.buckets), signs_.arrow,
                                         format_count(frame_.now.new_array.buckets),
                                         static_cast<int>(frame_.frontier * 100), frame_.cause));
    }
    lines_.push_back(line.take());
  }

  // Chains above the bars, markers below them.
  void array_rows(const array_picture& of, bool in_new) {
    const style look = in_new ? style::new_array : style::old_array;
    const std::string name = in_new ? "new array" : migrates() ? "old array" : "the array";
    const bool exists = of.buckets != 0;
    for (std::size_t row = bar_rows_ + 1; row-- > 0;) {
      line_writer line;
      const std::size_t from_top = bar_rows_ - row;
      std::string label;
      if (from_top == 0) label = exists ? "chains" : "";
      if (from_top == 1 && exists) label = name;
      if (from_top == 2 && exists) label = format_count(of.buckets) + " buckets";
      if (from_top == 3 && exists) label = fmt::format("of {} slots", of.bucket_slots);
      put_label(line, from_top == 1 ? look : style::faint, label);
      for (const picture_part& part : of.parts) {
        if (row == bar_rows_) {
          put_chain(line, part);
        } else {
          put_bar(line, part, row, look);
        }
      }
      lines_.push_back(line.take());
    }
    marker_row(in_new);
  }

  void put_label(line_writer& line, style look, std::string_view label) const {
    line.put(look, fmt::format(" {:<{}}", label.substr(0, label_columns - 2), label_columns - 1));
  }

  static void put_chain(line_writer& line, const picture_part& part) {
    if (part.longest_chain == 0) return line.put(style::plain, " ");
    if (part.longest_chain == 1) return line.put(style::faint, ".");
    const bool odd = part.longest_chain > 4;  // chance makes few that are longer
    line.put(odd ? style::warning : style::plain,
             part.longest_chain > 9 ? "+" : fmt::format("{}", part.longest_chain));
  }

  void put_bar(line_writer& line, const picture_part& part, std::size_t row, style look) const {
    if (part.state == part_state::evacuated) {
      return line.put(style::faint, row == 0 ? signs_.moved : " ");
    }
    if (part.buckets == 0) return line.put(style::plain, " ");
    const double eighths = static_cast<double>(part.fullness) * static_cast<double>(bar_rows_ * 8);
    const double here = std::ceil(eighths - static_cast<double>(row * 8));
    line.put(look, signs_.levels[static_cast<std::size_t>(std::clamp(here, 0.0, 8.0))]);
  }

  std::size_t part_at(double at) const {
    return std::min(parts_ - 1, static_cast<std::size_t>(at * static_cast<double>(parts_)));
  }

  void frontier_row() {
    line_writer line;
    put_label(line, style::mark, migrates() ? "frontier" : "");
    if (migrates()) {
      const std::size_t at = part_at(frame_.frontier);
      for (std::size_t part = 0; part < at; ++part) line.put(style::new_array, signs_.crossed);
      line.put(style::mark, signs_.frontier);
    }
    lines_.push_back(line.take());
  }

  void marker_row(bool in_new) {
    std::string marks(parts_, ' ');
    std::string label;
    for (const line_marker& each : frame_.walkers) {
      if (each.in_new != in_new) continue;
      marks[part_at(each.at)] = 'w';
      label = "w: walkers";
    }
    for (const line_marker& each : frame_.attack) {
      if (each.in_new != in_new) continue;
      marks[part_at(each.at)] = 'x';
      label = label.empty() ? "x: attack" : "w walk, x hit";
    }
    line_writer line;
    put_label(line, style::faint, label);
    line.put(style::warning, marks);
    lines_.push_back(line.take());
  }

  void facts() {
    const watch_frame& at = frame_;
    const watch_counts& here = at.here;
    text(style::plain,
         fmt::format("{} elements, load {:.2f} of {:.2f}, {}; overflow {}, longest chain {}",
                     format_count(at.size), at.load_factor, at.load_limit,
                     format_bytes(static_cast<double>(at.bytes)), format_count(at.overflow_buckets),
                     at.longest_chain));
    text(style::plain,
         fmt::format("in {}, out {}, buckets moved {}; slowest insert {}, ever {}",
                     format_count(here.inserted), format_count(here.erased),
                     format_count(here.moved_by_insert + here.moved_by_walk + here.moved_by_step),
                     format_duration(static_cast<double>(here.longest_insert_ns)),
                     format_duration(static_cast<double>(at.so_far.longest_insert_ns))));
    text(style::plain,
         fmt::format("grown {}, shrunk {}, compacted {}, reseeded {}; by insert {} walk {} "
                     "step {}",
                     at.grown, at.shrunk, at.compacted, at.reseeded,
                     format_count(at.so_far.moved_by_insert), format_count(at.so_far.moved_by_walk),
                     format_count(at.so_far.moved_by_step)));
  }

  void text(style look, std::string_view what) {
    line_writer line;
    line.put(look, fmt::format(" {}", what.substr(0, columns_ - 1)));
    lines_.push_back(line.take());
  }

  // In two lines, always: what is below must not jump.
  void wrapped(style look, const std::string& what) {
    std::size_t cut = what.size();
    if (cut > columns_ - 1) cut = what.rfind(' ', columns_ - 1);
    text(look, std::string_view(what).substr(0, cut));
    text(look, cut < what.size() ? std::string_view(what).substr(cut + 1) : std::string_view());
  }

  const watch_frame& frame_;
  std::size_t columns_;
  const signs& signs_;
  std::size_t parts_;
  std::size_t bar_rows_;
  std::vector<screen_line> lines_;
};

bool is_too_small(const screen_size& size) {
  return size.columns < least_columns || size.rows < least_rows;
}

}  // namespace

std::size_t parts_for(const screen_size& size) {
  return std::max(size.columns, least_columns) - label_columns - 1;
}

std::vector<screen_line> screen_of(const watch_frame& frame, const screen_size& size) {
  if (is_too_small(size)) {
    return {{{style::warning, fmt::format("make it {} x {}", least_columns, least_rows)}}};
  }
  return frame_painter(frame, size).paint();
}

std::string first_columns(const std::string& text, std::size_t columns) {
  std::size_t at = 0;
  const auto continues = [&] {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  for (; at < text.size() && columns > 0; --columns) {
    ++at;
    while (continues()) ++at;
  }
  return text.substr(0, at);
}

std::vector<screen_line> help_screen(const screen_size& size) {
  std::vector<screen_line> lines{{{style::strong, " steady watch: keys"}}, {}};
  for (const watch_key& key : watch_keys) {
    lines.push_back({{style::mark, fmt::format(" {:>6}  ", name_of(key))},
                     {style::plain, std::string(key.what)}});
  }
  lines.push_back({});
  lines.push_back({{style::faint, " any key: back"}});
  if (lines.size() > size.rows) lines.resize(size.rows);
  return lines;
}

}  // namespace steady::cli
