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
// container itself, in whichever bucket it is by then, for no migration changes its interval. (A
// re-seeding does; so what it moves is copied before.)
//
// Every access that could change an element counts as a write: to the value of operator[], of at()
// and of iterators of a non-const map, to those that a walker or a visitor of a non-const map gets.
// A reference from before the snapshot must not be written through while it lives: that is not
// seen.
//
// A snapshot follows the elements when the container is moved, swapped, cleared or retired; when
// they are destroyed at once, it copies what is left of them. Any number may be alive. Where a copy
// cannot be made, writing goes on as if nothing were, and the snapshot has failed: its next step
// throws what copying threw, and so do all later ones.
//
//   Threads  a snapshot reads the container: as for const functions, but nobody may write
//   meanwhile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/detail/debug.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/line_visit.hpp>
#include <steady/detail/observers.hpp>
#include <steady/detail/saved_copies.hpp>
#include <steady/hash_map.hpp>

namespace steady {

namespace detail {

struct companion {
  template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
  static auto& table_of(stepwise<Elements, Hash, KeyEqual, Allocator, Policy>& container) {
    return container.table_;
  }
};

template <class Container>
using table_of = std::remove_reference_t<decltype(companion::table_of(std::declval<Container&>()))>;

}  // namespace detail

template <class Container>
class snapshot final
    : private detail::snapshot_base<typename detail::table_of<Container>::arrays_type> {
  using table = detail::table_of<Container>;
  using arrays_type = typename table::arrays_type;
  using elements = typename table::elements;
  using slot_type = typename table::slot_type;
  using base = detail::snapshot_base<arrays_type>;

 public:
  using value_type = typename elements::value_type;

  static_assert(std::is_copy_constructible_v<value_type>,
                "steady::snapshot: the container's elements cannot be copied");

  class iterator;

  // The container's elements of now. Bound: O(1), allocates nothing. Throws what copying the hash
  // throws.
  explicit snapshot(Container& container) : snapshot(detail::companion::table_of(container)) {}
  // What was copied is freed at once; skip() does it in steps.
  ~snapshot() {
    abandon();
    skip(std::numeric_limits<std::size_t>::max());
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
    [[maybe_unused]] const delivering scope(delivering_);
    std::size_t done = 0;
    if (max_buckets > 0 && current_ != nullptr) {
      for (; at_ < current_->count; ++at_) visitor(element_at(*current_, at_));
      drop_current();
      ++done;
    }
    for (; done < max_buckets && next_line() != nullptr; ++done) {
      frozen_line& line = *next_line();
      deliver(line, visitor);
      pass(line);
    }
    end_if_done();
    return done;
  }

  // Passes over intervals without delivering them, and frees what was copied of at most
  // `max_buckets`; returns how many. Throws nothing.
  std::size_t skip(std::size_t max_buckets) noexcept {
    std::size_t done = 0;
    if (max_buckets > 0 && current_ != nullptr) {
      drop_current();
      ++done;
    }
    for (; done < max_buckets && next_line() != nullptr; ++done) {
      frozen_line& line = *next_line();
      if (line.saved.has_chunk_of(line.next)) {
        line.saved.free(line.saved.take(line.next));
        pass(line);
      } else {
        line.next = std::min(line.end, (line.next | (chunk_intervals - 1)) + 1);
      }
    }
    end_if_done();
    return done;
  }

  // From now on writes copy nothing, and there is nothing to deliver: only skip() is of use, until
  // done(). O(1).
  void abandon() noexcept {
    base_list::remove(*this);
    source_.present = nullptr;
  }

  // What copies hold. O(1).
  std::size_t bytes() const noexcept override {
    return lines_[0].saved.bytes() + lines_[1].saved.bytes();
  }

  // The elements that are left, as an input range; use either this or step(). Each comes from a
  // copy, so the container may be changed between two steps. Bound of a step: an interval, and
  // those without elements that are passed over. Throws what copying throws; can be tried again
  // then.
  iterator begin() {
    require_whole();
    if (current_ == nullptr) load_next();
    return iterator(*this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  // For its iterators: whether there is an element, and which.
  bool shows() const noexcept { return current_ != nullptr; }
  const value_type& shown() const noexcept { return element_at(*current_, at_); }

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = typename snapshot::value_type;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    explicit iterator(snapshot& of) noexcept : of_(&of) {}

    const value_type& operator*() const noexcept {
      return of_->element_at(*of_->current_, of_->at_);
    }
    const value_type* operator->() const noexcept { return std::addressof(**this); }
    iterator& operator++() {
      of_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }

    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
      return !at.of_->shows();
    }

   private:
    snapshot* of_ = nullptr;
  };

 private:
  using allocator_type = std::remove_cvref_t<decltype(std::declval<table&>().allocator())>;
  using base_list = detail::observer_list<base>;
  using position = typename table::position;
  using saved_bucket = detail::saved_bucket;
  static constexpr std::uint64_t chunk_intervals = detail::saved_chunk::intervals;

  using chunk_map = hash_map<std::uint64_t, detail::saved_chunk, hash<std::uint64_t>,
                             std::equal_to<std::uint64_t>,
                             typename std::allocator_traits<allocator_type>::template rebind_alloc<
                                 std::pair<const std::uint64_t, detail::saved_chunk>>>;
  using copies = detail::saved_copies<elements, allocator_type, chunk_map>;

  // A line, or its end, on which elements were at the start.
  struct frozen_line {
    explicit frozen_line(const allocator_type& allocator) : saved(allocator) {}

    bool at_end() const noexcept { return next == end; }

    detail::line_seed seed;
    detail::line_partition grid;
    std::uint64_t next = 0;  // intervals below are delivered, or had no elements
    std::uint64_t end = 0;
    copies saved;
  };

  // What line_visit needs of a table; a snapshot outlives the table.
  struct source {
    using arrays_type = typename table::arrays_type;
    using slot_type = typename table::slot_type;
    using position = typename table::position;

    const arrays_type& arrays() const noexcept { return *present; }
    std::uint64_t line_position(const slot_type& slot, bool) const {
      return position_under(seed, slot);
    }
    std::uint64_t position_under(const detail::line_seed& of, const slot_type& slot) const {
      return detail::position_of(hash, elements::key_of(slot), of);
    }

    std::remove_cvref_t<decltype(std::declval<table&>().hash())> hash;
    const arrays_type* present;  // null when there is nothing left
    detail::line_seed seed;      // of the line that is visited
  };

  explicit snapshot(table& of)
      : source_{of.hash(), &of.arrays(), of.seed()},
        lines_{frozen_line(of.allocator()), frozen_line(of.allocator())},
        found_(slot_allocator(of.allocator())) {
    if (of.size() == 0) return;
    if (of.arrays().reseeding()) {
      freeze_two_lines(of);
    } else {
      freeze_line(of);
    }
    of.add_snapshot(*this);
  }

  // The finer of two arrays decides, so that no interval is more than a bucket.
  void freeze_line(const table& of) {
    const arrays_type& arrays = of.arrays();
    unsigned finest = arrays.old_array().line().log2_buckets();
    if (arrays.migrating()) finest = std::max(finest, arrays.new_array().line().log2_buckets());
    frozen_line& line = lines_[0];
    line.seed = of.seed();
    line.grid = detail::line_partition::of(finest);
    line.end = line.grid.buckets();
    on_old_ = &line;
  }

  // Under a re-seeding: what is left on the old line, and what is on the new one by now.
  void freeze_two_lines(const table& of) {
    const arrays_type& arrays = of.arrays();
    frozen_line& old_line = lines_[0];
    old_line.seed = of.seed();
    old_line.grid = arrays.old_array().line();
    old_line.next = old_line.grid.bucket_at(arrays.frontier());
    old_line.end = old_line.grid.buckets();
    on_old_ = &old_line;
    if (arrays.frontier() == 0) return;
    frozen_line& new_line = lines_[1];
    new_line.seed = of.next_seed();
    new_line.grid = arrays.new_array().line();
    new_line.end = new_line.grid.buckets();
    on_new_ = &new_line;
    frontier_ = arrays.frontier();
    early_ = arrays.early();
  }

  frozen_line* next_line() noexcept {
    for (frozen_line& line : lines_) {
      if (!line.at_end()) return &line;
    }
    return nullptr;
  }

  void require_whole() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  void end_if_done() noexcept {
    if (done()) base_list::remove(*this);
  }

  // ---- finding what is still in the container ----

  // Calls `visit(position)` for the elements of an interval that was not copied.
  template <class Visit>
  void visit_present(const frozen_line& line, std::uint64_t interval, const Visit& visit) {
    if (source_.present == nullptr || (&line != on_old_ && &line != on_new_)) return;
    source_.seed = line.seed;
    const std::uint64_t first = line.grid.first_of(interval);
    const std::uint64_t last = line.grid.last_of(interval);
    const detail::line_visit<source> visitor(source_);
    if (!source_.present->reseeding()) {
      visitor.all(first, last, [&](const position& at) { visit_old(line, at, visit); });
    } else if (&line == on_new_) {
      visitor.all_of(true, first, last, [&](const position& at) { visit_old(line, at, visit); });
    } else if (last >= source_.present->frontier()) {
      const std::uint64_t from = std::max(first, source_.present->frontier());
      visitor.all_of(false, from, last, [&](const position& at) { visit_old(line, at, visit); });
    }
  }

  // While a visitor has the elements.
  struct delivering {
    explicit delivering(bool& flag) noexcept : on(flag) { on = true; }
    ~delivering() { on = false; }
    delivering(const delivering&) = delete;
    delivering& operator=(const delivering&) = delete;

    bool& on;
  };

  // Leaves out what came to the new line since the start, from what was the old one then.
  template <class Visit>
  void visit_old(const frozen_line& line, const position& at, const Visit& visit) const {
    if (&line == &lines_[1]) {
      const std::uint64_t before = source_.position_under(lines_[0].seed, *at.slot);
      const bool there = before < frontier_ || (early_.emptied && early_.contains(before));
      if (!there) return;
    }
    visit(at);
  }

  void save(frozen_line& line, std::uint64_t interval) {
    found_.clear();
    visit_present(line, interval, [&](const position& at) { found_.push_back(at.slot); });
    line.saved.save(interval, found_.data(), found_.size());
  }

  // ---- delivering ----

  template <class Visitor>
  void deliver(frozen_line& line, Visitor& visitor) {
    if (!line.saved.has(line.next)) {
      return visit_present(line, line.next, [&](const position& at) {
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

  // Makes the next interval with elements the current one; none if there is none.
  void load_next() {
    while (current_ == nullptr && next_line() != nullptr) {
      frozen_line& line = *next_line();
      if (!line.saved.has(line.next)) save(line, line.next);
      current_ = line.saved.take(line.next);
      current_line_ = &line;
      at_ = 0;
      pass(line);
    }
    end_if_done();
  }

  void advance() {
    if (++at_ < current_->count) return;
    drop_current();
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
    if (detail::debug_mode && delivering_) {
      detail::misuse(
          "a container was changed from within a visitor of its snapshot; the snapshot's range, "
          "which delivers copies, allows that");
    }
    frozen_line* const line = in_new && source_.present->reseeding() ? on_new_ : on_old_;
    if (line == nullptr) return;
    try {
      const std::uint64_t end = std::min(line->grid.bucket_at(last) + 1, line->end);
      for (std::uint64_t n = std::max(line->grid.bucket_at(first), line->next); n < end; ++n) {
        if (!line->saved.has(n)) save(*line, n);
      }
    } catch (...) {
      failure_ = std::current_exception();
      abandon();
    }
  }

  void reseeded() noexcept override { on_old_ = std::exchange(on_new_, nullptr); }
  void rehomed(arrays_type* arrays) noexcept override { source_.present = arrays; }

  using slot_allocator =
      typename std::allocator_traits<allocator_type>::template rebind_alloc<slot_type*>;

  source source_;
  frozen_line lines_[2];
  frozen_line* on_old_ = nullptr;  // the line of the container's old array; null: nothing of ours
  frozen_line* on_new_ = nullptr;  // likewise of the new array's own line
  std::uint64_t frontier_ = 0;     // at the start, under a re-seeding
  typename arrays_type::early_interval early_;
  std::vector<slot_type*, slot_allocator> found_;
  saved_bucket* current_ = nullptr;  // what the iterator shows
  frozen_line* current_line_ = nullptr;
  std::size_t at_ = 0;
  std::exception_ptr failure_;
  bool delivering_ = false;
};

}  // namespace steady
