// What is still in a container of the elements that it had when a snapshot was made, found by the
// intervals of the hash line that they were in then: whatever has migrated since.
#pragma once

#include <cstdint>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/traversal/frozen_position.hpp>
#include <steady/detail/traversal/line_visit.hpp>

namespace steady::detail {

// A line, or its end, on which elements were when the snapshot was made.
template <class Copies>
struct frozen_line {
  using copies_type = Copies;

  template <class Allocator>
  explicit frozen_line(const Allocator& allocator) : saved(allocator) {}

  bool at_end() const noexcept { return next == end; }
  // Whether nothing is left here either.
  bool is_done() const noexcept {
    return at_end() && saved.first() == nullptr && !saved.has_notes();
  }
  // Moves over the intervals in front that are noted, as far as they share a chunk. False if there
  // are none.
  bool pass_noted() {
    const std::uint64_t before = std::exchange(next, saved.first_unnoted(next));
    return next != before;
  }
  bool forget_one() noexcept {
    return saved.forget_one_below(at_end() ? end + copies_type::chunk_intervals : next);
  }
  // Its address; users may have an operator& of their own.
  frozen_line* self() noexcept { return this; }
  const frozen_line* self() const noexcept { return this; }

  line_seed seed;
  line_partition grid;
  std::uint64_t next = 0;  // of intervals below, nothing in the container is left to be delivered
  std::uint64_t end = 0;
  Copies saved;
};

// `Copies` are the saved_copies of the snapshot.
template <class Table, class Copies>
class frozen_elements {
  using storage = typename Table::storage_type;
  using state_type = typename Table::state_type;
  using slot_type = typename Table::slot_type;
  using location = typename Table::location;
  using visit_type = line_visit<slot_type, typename Table::layout, frozen_position<Table>>;

 public:
  using line_type = frozen_line<Copies>;

  template <class Hash, class Allocator>
  frozen_elements(const Hash& hash, const Allocator& allocator)
      : position_{hash, {}}, lines_{line_type(allocator), line_type(allocator)} {}

  // All elements of a table that has a cold block, as they are now.
  void freeze(const state_type& of) {
    present_ = of.cold();
    if (present_->reseeding) {
      freeze_two_lines(of);
    } else {
      freeze_line(of);
    }
  }

  line_type* begin() noexcept { return lines_; }
  line_type* end() noexcept { return lines_ + 2; }
  const line_type* begin() const noexcept { return lines_; }
  const line_type* end() const noexcept { return lines_ + 2; }

  // The line on which the container has its old or its new array; null if none of the elements are
  // on that.
  line_type* line_of(bool new_array) const noexcept {
    return new_array && present_->reseeding ? on_new_ : on_old_;
  }
  // The container has completed a reseeding.
  void reseeded() noexcept { on_old_ = std::exchange(on_new_, nullptr); }
  // There is nothing left in the container.
  void end_presence() noexcept { present_ = nullptr; }

  // The first interval from `from` on that falls into a bucket with elements; the line's end if
  // there is none.
  std::uint64_t next_present(const line_type& line, std::uint64_t from) const {
    if (from == line.end || !has_left(line)) return line.end;
    const auto found =
        visitor_of_arrays().find_occupied(is_on_new_array(line), line.grid.first_of(from));
    return found.exists ? max_of(from, line.grid.bucket_at(found.first)) : line.end;
  }
  // The last interval that shares its bucket with this one, which next_present() found. Where the
  // container has shrunk there may be thousands.
  std::uint64_t last_beside(const line_type& line, std::uint64_t interval) const {
    const std::uint64_t last =
        visitor_of_arrays().last_of_bucket(is_on_new_array(line), line.grid.first_of(interval));
    return max_of(interval, line.grid.bucket_at(last));
  }

  // Calls `visit(location)` for the elements of these intervals, the noted ones left out. Bound of
  // intervals that share a bucket: the bucket.
  template <class Visit>
  void visit_left(const line_type& line, std::uint64_t first, std::uint64_t last,
                  const Visit& visit) {
    if (!has_left(line) || (first == last && line.saved.is_noted(first))) return;
    const bool is_any_noted = first != last && line.saved.has_notes();
    visit_present(line, line.grid.first_of(first), line.grid.last_of(last),
                  [&](const location& at) {
                    if (!is_any_noted || !line.saved.is_noted(interval_of(line, *at.slot))) {
                      visit(at);
                    }
                  });
  }
  std::uint64_t interval_of(const line_type& line, const slot_type& slot) const {
    return line.grid.bucket_at(position_.under(line.seed, slot));
  }

 private:
  // The finer of two arrays decides, so that no interval is more than a bucket.
  void freeze_line(const state_type& of) {
    unsigned finest = present_->old_array().line().log2_buckets();
    if (present_->migrating()) {
      finest = max_of(finest, present_->new_array().line().log2_buckets());
    }
    line_type& line = lines_[0];
    line.seed = of.seed;
    line.grid = line_partition::of(finest);
    line.end = line.grid.buckets();
    on_old_ = line.self();
  }

  // Under a reseeding: what is left on the old line, and what is on the new one by now.
  void freeze_two_lines(const state_type& of) {
    line_type& old_line = lines_[0];
    old_line.seed = of.seed;
    old_line.grid = present_->old_array().line();
    old_line.next = old_line.grid.bucket_at(present_->frontier);
    old_line.end = old_line.grid.buckets();
    on_old_ = old_line.self();
    if (present_->frontier == 0) return;
    line_type& new_line = lines_[1];
    new_line.seed = of.next_seed();
    new_line.grid = present_->new_array().line();
    new_line.end = new_line.grid.buckets();
    on_new_ = new_line.self();
    frontier_ = present_->frontier;
    const rare_block& rare = *detail::to_raw(present_->rare);
    early_emptied_ = rare.early_emptied;
    early_first_ = rare.early_first;
    early_last_ = rare.early_last;
  }

  bool has_left(const line_type& line) const noexcept {
    return present_ != nullptr && (line.self() == on_old_ || line.self() == on_new_);
  }
  bool is_on_new_array(const line_type& line) const noexcept {
    return present_->reseeding && line.self() == on_new_;
  }
  visit_type visitor_of_arrays() const {
    return visit_type(line_arrays<storage>(*present_), position_);
  }

  // Calls `visit(location)` for the elements between these hash positions, noted or not.
  template <class Visit>
  void visit_present(const line_type& line, std::uint64_t first, std::uint64_t last,
                     const Visit& visit) {
    position_.seed = line.seed;
    const visit_type visitor = visitor_of_arrays();
    const auto visit_found = [&](const location& at) { visit_old(line, at, visit); };
    if (!present_->reseeding) {
      visitor.all(first, last, visit_found);
    } else if (line.self() == on_new_) {
      visitor.all_of(true, first, last, visit_found);
    } else if (last >= present_->frontier) {
      visitor.all_of(false, max_of(first, present_->frontier), last, visit_found);
    }
  }

  // Leaves out what came to the new line since the start, from what was the old one then.
  template <class Visit>
  void visit_old(const line_type& line, const location& at, const Visit& visit) const {
    if (line.self() == lines_[1].self()) {
      const std::uint64_t before = position_.under(lines_[0].seed, *at.slot);
      const bool was_early = early_emptied_ && early_first_ <= before && before <= early_last_;
      if (before >= frontier_ && !was_early) return;
    }
    visit(at);
  }

  frozen_position<Table> position_;
  const cold_block<storage>* present_ = nullptr;  // null when nothing is left in the container
  line_type lines_[2];
  line_type* on_old_ = nullptr;  // the line of the container's old array; null: nothing of ours
  line_type* on_new_ = nullptr;  // likewise of the new array's own line
  // At the start, under a reseeding.
  std::uint64_t frontier_ = 0;
  std::uint64_t early_first_ = 0;
  std::uint64_t early_last_ = 0;
  bool early_emptied_ = false;
};

}  // namespace steady::detail
