// steady::snapshot: the elements of a container as they are at one moment, delivered bit by bit
// while the container goes on being changed.
//
//   steady::snapshot view(map);                      // O(1)
//   while (!view.done()) {
//     view.step(64, [&](const auto& element) { ... });  // and between two steps, whatever there is
//   }
//
// or, element by element:  for (const auto& element : steady::snapshot(map)) ...
//
// How it works: the hash line is cut into as many intervals as there are buckets at the start. A
// write to the container first copies the elements of the interval that it falls into, unless that
// was delivered or copied before; bits say which were. What was not copied is delivered from the
// container itself, in whichever bucket it is by then: migrations do not change intervals. (A
// reseeding does, so the elements that it moves are copied before.)
//
// Every access that could change an element counts as a write: to the value of operator[], of at()
// and of iterators of a non-const map, to those that a walker or a visitor of a non-const map gets.
// Do not write through a reference from before the snapshot while it lives: the snapshot would not
// notice.
//
// A snapshot follows the elements when the container is moved, swapped, cleared or retired; when
// they are destroyed at once, it copies what is left of them. Any number may be alive. Where a copy
// cannot be made, the write goes on, and the snapshot has failed: its next step throws what copying
// threw, and so do all later ones.
//
//   Threads  stepping, skipping and reading the range only read the container, as const functions
//            do: several threads may each do so with a snapshot of their own, beside any const
//            functions but stats(), which asks all snapshots what they hold, if the allocator may
//            be used by several threads. Making, abandoning and destroying one counts as writing to
//            the container.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/item_list.hpp>
#include <steady/detail/state/observers.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/detail/traversal/frozen_position.hpp>
#include <steady/detail/traversal/line_visit.hpp>
#include <steady/detail/traversal/saved_copies.hpp>
#include <steady/hash_map.hpp>

namespace steady {

namespace detail {
template <class Container>
using table_of =
    std::remove_reference_t<decltype(container_access::table_of(std::declval<Container&>()))>;
}  // namespace detail

template <class Container>
class snapshot final : private detail::snapshot_base {
  using table = detail::table_of<Container>;
  using storage = typename table::storage_type;
  using cold_type = detail::cold_block<storage>;
  using elements = typename table::elements;
  using slot_type = typename table::slot_type;

 public:
  using value_type = typename elements::value_type;
  class iterator;

  static_assert(std::is_copy_constructible_v<value_type>,
                "steady::snapshot: the container's elements cannot be copied");
  static_assert(!std::is_const_v<Container>,
                "steady::snapshot: the container is const, and a snapshot registers itself in it; "
                "make the snapshot where the container may be changed");

  // The container's elements as they are now. Bound: O(1); may allocate a small block. Throws what
  // copying the hash throws, and the allocator.
  explicit snapshot(Container& container)
      : snapshot(detail::container_access::table_of(container)) {}
  // What was copied is freed at once, in O(buckets copied); skip() does it in steps.
  ~snapshot() {
    abandon();
    skip(~std::size_t{0});
  }

  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

  // True when all was delivered, or skipped.
  bool done() const noexcept {
    return current_ == nullptr && lines_[0].at_end() && lines_[1].at_end();
  }

  // Calls `visitor(element)` with the const elements of at most `max_buckets` intervals; returns
  // how many it did. The visitor must not change the container, nor access it as if to. Bound: the
  // elements of so many buckets. Throws what the visitor throws, after which the interval is
  // delivered again from its beginning; what made the snapshot fail.
  template <class Visitor>
  std::size_t step(std::size_t max_buckets, Visitor&& visitor) {
    require_whole();
    [[maybe_unused]] const detail::delivering scope(delivering_);
    std::size_t done = 0;
    if (max_buckets > 0 && current_ != nullptr) {
      for (; at_ < current_->count; ++at_) visitor(element_at(*current_, at_));
      drop_current();
      ++done;
    }
    for (; done < max_buckets; ++done) {
      frozen_line* const line = pass_empty();
      if (line == nullptr) break;
      deliver(*line, visitor);
      pass(*line);
    }
    return done;
  }

  // Passes over at most `max_buckets` intervals, those that step() would deliver, and frees what
  // was copied of them; returns how many. Throws nothing.
  std::size_t skip(std::size_t max_buckets) noexcept {
    std::size_t done = 0;
    if (max_buckets > 0 && current_ != nullptr) {
      drop_current();
      ++done;
    }
    for (; done < max_buckets; ++done) {
      frozen_line* const line = pass_empty();
      if (line == nullptr) break;
      line->saved.free(line->saved.take(line->next));
      pass(*line);
    }
    return done;
  }

  // From now on writes copy nothing, and there is nothing to deliver: only skip() is of use, until
  // done(). O(1).
  void abandon() noexcept {
    list::remove(*this);
    present_ = nullptr;
  }

  // What copies hold. O(1).
  std::size_t bytes() const noexcept override {
    return lines_[0].saved.bytes() + lines_[1].saved.bytes();
  }

  // The elements that are left, as an input range; use either this or step(). Each comes from a
  // copy, so the container may be changed between two steps. Bound of a step: an interval, up to 64
  // empty ones, and, of a snapshot that was made while the container was being reseeded, all in
  // front that got their elements since. Throws what copying throws; can be tried again then.
  iterator begin() {
    require_whole();
    if (current_ == nullptr) load_next();
    return iterator(*this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  // For its iterators: whether there is an element, and which.
  bool shows() const noexcept { return current_ != nullptr; }
  const value_type& shown() const noexcept { return element_at(*current_, at_); }

  // In here, so that no operator of the elements' namespaces is looked up.
  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = typename snapshot::value_type;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    explicit iterator(snapshot& of) noexcept : of_(std::addressof(of)) {}

    const value_type& operator*() const noexcept { return of_->shown(); }
    const value_type* operator->() const noexcept { return std::addressof(operator*()); }
    iterator& operator++() {
      of_->advance();
      return *this;
    }
    void operator++(int) { operator++(); }

    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
      return !at.of_->shows();
    }

   private:
    snapshot* of_ = nullptr;
  };

 private:
  using allocator_type = std::remove_cvref_t<decltype(std::declval<table&>().allocator())>;
  using list = detail::observer_list<detail::snapshot_base>;
  using location = typename table::location;
  using saved_bucket = detail::saved_bucket;
  static constexpr std::uint64_t chunk_intervals = detail::saved_chunk::intervals;

  using chunk_map = hash_map<std::uint64_t, detail::saved_chunk, hash<std::uint64_t>,
                             std::equal_to<std::uint64_t>,
                             typename std::allocator_traits<allocator_type>::template rebind_alloc<
                                 std::pair<const std::uint64_t, detail::saved_chunk>>>;
  using copies = detail::saved_copies<elements, allocator_type, chunk_map>;

  using frozen_line = detail::frozen_line<copies>;

  using visit_type =
      detail::line_visit<slot_type, typename table::layout, detail::frozen_position<table>>;

  explicit snapshot(table& of)
      : position_{of.hash(), of.state().seed},
        lines_{frozen_line(of.allocator()), frozen_line(of.allocator())},
        found_(of.allocator()) {
    if (of.size() == 0) return;
    of.engine().add_snapshot(*this);
    present_ = of.state().cold();
    if (present_->reseeding) {
      freeze_two_lines(of.state());
    } else {
      freeze_line(of.state());
    }
  }

  // The finer of two arrays decides, so that no interval is more than a bucket.
  void freeze_line(const typename table::state_type& of) {
    unsigned finest = present_->old_array().line().log2_buckets();
    if (present_->migrating()) {
      finest = detail::max_of(finest, present_->new_array().line().log2_buckets());
    }
    frozen_line& line = lines_[0];
    line.seed = of.seed;
    line.grid = detail::line_partition::of(finest);
    line.end = line.grid.buckets();
    on_old_ = line.self();
  }

  // Under a reseeding: what is left on the old line, and what is on the new one by now.
  void freeze_two_lines(const typename table::state_type& of) {
    frozen_line& old_line = lines_[0];
    old_line.seed = of.seed;
    old_line.grid = present_->old_array().line();
    old_line.next = old_line.grid.bucket_at(present_->frontier);
    old_line.end = old_line.grid.buckets();
    on_old_ = old_line.self();
    if (present_->frontier == 0) return;
    frozen_line& new_line = lines_[1];
    new_line.seed = of.next_seed();
    new_line.grid = present_->new_array().line();
    new_line.end = new_line.grid.buckets();
    on_new_ = new_line.self();
    frontier_ = present_->frontier;
    const detail::rare_block& rare = *detail::to_raw(present_->rare);
    early_emptied_ = rare.early_emptied;
    early_first_ = rare.early_first;
    early_last_ = rare.early_last;
  }

  frozen_line* next_line() noexcept {
    for (frozen_line& line : lines_) {
      if (!line.at_end()) return line.self();
    }
    return nullptr;
  }

  void require_whole() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  // ---- finding what is still in the container ----

  // Calls `visit(location)` for the elements of an interval that was not copied.
  template <class Visit>
  void visit_present(const frozen_line& line, std::uint64_t interval, const Visit& visit) {
    if (present_ == nullptr || (line.self() != on_old_ && line.self() != on_new_)) return;
    position_.seed = line.seed;
    const std::uint64_t first = line.grid.first_of(interval);
    const std::uint64_t last = line.grid.last_of(interval);
    const visit_type visitor(detail::line_arrays<storage>(*present_), position_);
    const auto visit_found = [&](const location& at) { visit_old(line, at, visit); };
    if (!present_->reseeding) {
      visitor.all(first, last, visit_found);
    } else if (line.self() == on_new_) {
      visitor.all_of(true, first, last, visit_found);
    } else if (last >= present_->frontier) {
      visitor.all_of(false, detail::max_of(first, present_->frontier), last, visit_found);
    }
  }

  // Leaves out what came to the new line since the start, from what was the old one then.
  template <class Visit>
  void visit_old(const frozen_line& line, const location& at, const Visit& visit) const {
    if (line.self() == lines_[1].self()) {
      const std::uint64_t before = position_.under(lines_[0].seed, *at.slot);
      const bool was_early = early_emptied_ && early_first_ <= before && before <= early_last_;
      if (before >= frontier_ && !was_early) return;
    }
    visit(at);
  }

  void save(frozen_line& line, std::uint64_t interval) {
    found_.clear();
    visit_present(line, interval, [&](const location& at) { found_.push_back(at.slot); });
    line.saved.save(interval, found_.data(), found_.size());
  }

  // ---- delivering ----

  template <class Visitor>
  void deliver(frozen_line& line, Visitor& visitor) {
    if (!line.saved.has(line.next)) {
      return visit_present(line, line.next, [&](const location& at) {
        visitor(std::as_const(elements::element_of(*at.slot)));
      });
    }
    saved_bucket* const copy = line.saved.find(line.next);
    if (copy == nullptr) return;
    for (std::size_t n = 0; n < copy->count; ++n) visitor(element_at(*copy, n));
    line.saved.free(line.saved.take(line.next));
  }

  // The interval that comes next was dealt with.
  static void pass(frozen_line& line) {
    const std::uint64_t passed = line.next++;
    if (line.next % chunk_intervals == 0 || line.at_end()) line.saved.forget_chunk_of(passed);
  }

  // Passes over the intervals in front that hold nothing. The line of the next one; null if there
  // is none.
  frozen_line* pass_empty() {
    while (frozen_line* const line = next_line()) {
      const std::uint64_t saved = line->saved.next_saved(line->next, line->end);
      // What is saved here may be gone in the container, with its memory.
      if (saved != line->next) line->next = detail::min_of(saved, next_present(*line, line->next));
      if (!line->at_end()) return line;
    }
    return nullptr;
  }
  // The first interval from `from` on that falls into a bucket with elements; the line's end if
  // there is none.
  std::uint64_t next_present(const frozen_line& line, std::uint64_t from) const {
    if (from == line.end) return from;
    if (present_ == nullptr || (line.self() != on_old_ && line.self() != on_new_)) return line.end;
    const visit_type visitor(detail::line_arrays<storage>(*present_), position_);
    const auto found = visitor.find_occupied(present_->reseeding && line.self() == on_new_,
                                             line.grid.first_of(from));
    return found.exists ? detail::max_of(from, line.grid.bucket_at(found.first)) : line.end;
  }

  // Makes the next interval with elements the current one; none if there is none. Where that
  // throws, the current one stays: the iterator is on its last element until it can go on.
  void load_next() {
    saved_bucket* loaded = nullptr;
    frozen_line* line = nullptr;
    while (loaded == nullptr && (line = pass_empty()) != nullptr) {
      if (!line->saved.has(line->next)) save(*line, line->next);
      loaded = line->saved.take(line->next);
      pass(*line);
    }
    drop_current();
    current_ = loaded;
    current_line_ = line;
    at_ = 0;
  }

  void advance() {
    if (at_ + 1 < current_->count) return void(++at_);
    require_whole();
    load_next();
  }

  void drop_current() noexcept {
    if (current_ != nullptr) current_line_->saved.free(std::exchange(current_, nullptr));
  }

  static const value_type& element_at(saved_bucket& bucket, std::size_t number) noexcept {
    return elements::element_of(copies::slots_of(bucket)[number]);
  }

  // ---- what the container tells ----

  void changing(bool in_new, std::uint64_t first, std::uint64_t last) noexcept override {
    require_no_visitor();
    if (done()) return list::remove(*this);  // here, because whoever completed it was no writer
    frozen_line* const line = in_new && present_->reseeding ? on_new_ : on_old_;
    if (line == nullptr) return;
    or_fail([&] {
      const auto end = detail::min_of<std::uint64_t>(line->grid.bucket_at(last) + 1, line->end);
      for (std::uint64_t n = detail::max_of<std::uint64_t>(line->grid.bucket_at(first), line->next);
           n < end; ++n) {
        if (!line->saved.has(n)) save(*line, n);
      }
    });
  }
  // What has no elements now need not be noted: nothing in the container will be this snapshot's.
  void emptied() noexcept override {
    require_no_visitor();
    or_fail([&] {
      for (frozen_line* const line : {on_old_, on_new_}) {
        if (line == nullptr) continue;
        for (std::uint64_t n = next_present(*line, line->next); n != line->end;
             n = next_present(*line, n + 1)) {
          if (!line->saved.has(n)) save(*line, n);
        }
      }
    });
    abandon();
  }

  template <class Save>
  void or_fail(const Save& save_all) noexcept {
    STEADY_TRY { save_all(); }
    STEADY_CATCH_ALL {
      failure_ = std::current_exception();
      abandon();
    }
  }
  void require_no_visitor() const noexcept override {
    if (detail::debug_mode && delivering_) {
      detail::misuse(
          "a container was changed from within a visitor of its snapshot; the snapshot's range, "
          "which delivers copies, allows that");
    }
  }

  void reseeded() noexcept override { on_old_ = std::exchange(on_new_, nullptr); }
  void ended() noexcept override { present_ = nullptr; }

  detail::frozen_position<table> position_;
  const cold_type* present_ = nullptr;  // null when there is nothing left in the container
  frozen_line lines_[2];
  frozen_line* on_old_ = nullptr;  // the line of the container's old array; null: nothing of ours
  frozen_line* on_new_ = nullptr;  // likewise of the new array's own line
  // At the start, under a reseeding.
  std::uint64_t frontier_ = 0;
  std::uint64_t early_first_ = 0;
  std::uint64_t early_last_ = 0;
  bool early_emptied_ = false;
  detail::item_list<slot_type*, allocator_type> found_;
  saved_bucket* current_ = nullptr;  // what the iterator shows
  frozen_line* current_line_ = nullptr;
  std::size_t at_ = 0;
  std::exception_ptr failure_;
  bool delivering_ = false;
};

template <class Container>
snapshot(Container&) -> snapshot<Container>;

}  // namespace steady
