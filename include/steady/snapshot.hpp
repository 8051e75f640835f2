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
// was delivered or copied before; bits say which were. Copies are delivered first. What was not
// copied is delivered from the container itself, in whichever bucket it is by then: migrations do
// not change intervals. (A reseeding does, so the elements that it moves are copied before.) Where
// the container has shrunk, a bucket holds many intervals, which are delivered together.
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
//   Bound        making one is O(1), and may allocate a cold block; a step delivers the elements of
//                so many buckets that are not empty, or copies of such; a write to the container
//                copies at most a bucket for each snapshot.
//   Throws       making one what the allocator and copying the hash throw; a step what the visitor
//                and the hash throw, and what made the snapshot fail.
//   Invalidates  nothing of the container.
//   Threads      stepping, skipping and reading the range only read the container, as const
//                functions do: several threads may each do so with a snapshot of their own, beside
//                any const functions but stats(), which asks all snapshots what they hold, if the
//                allocator may be used by several threads. Making, abandoning and destroying one
//                counts as writing to the container.
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
#include <steady/detail/memory/item_list.hpp>
#include <steady/detail/state/observers.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/detail/traversal/frozen_elements.hpp>
#include <steady/detail/traversal/frozen_position.hpp>
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
    return current_ == nullptr && left_.begin()[0].is_done() && left_.begin()[1].is_done();
  }

  // Calls `visitor(element)` with the const elements of at most `max_buckets` buckets, or copies of
  // such; returns how many it did. Notes of what was written to count as well, 64 neighbours as
  // one. The visitor must not change the container, nor access it as if to. Bound: the elements of
  // so many buckets. Throws what the visitor throws, after which the bucket is delivered again from
  // its beginning; what made the snapshot fail.
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
    const auto deliver_copy = [&](saved_bucket& copy) {
      for (std::size_t n = 0; n < copy.count; ++n) visitor(element_at(copy, n));
    };
    const auto deliver = [&](frozen_line& line, std::uint64_t last) {
      left_.visit_left(line, line.next, last, [&](const location& at) {
        visitor(std::as_const(elements::element_of(*at.slot)));
      });
    };
    while (done < max_buckets && pass_next(deliver_copy, deliver)) ++done;
    return done;
  }

  // Passes over at most `max_buckets` buckets or copies, those that step() would deliver, and frees
  // the copies; returns how many. Throws nothing.
  std::size_t skip(std::size_t max_buckets) noexcept {
    std::size_t done = 0;
    if (max_buckets > 0 && current_ != nullptr) {
      drop_current();
      ++done;
    }
    while (done < max_buckets && pass_next([](saved_bucket&) {}, [](auto&, std::uint64_t) {})) {
      ++done;
    }
    return done;
  }

  // From now on writes copy nothing, and there is nothing to deliver: only skip() is of use, until
  // done(). O(1).
  void abandon() noexcept {
    list::remove(*this);
    left_.end_presence();
  }

  // What copies hold. O(1).
  std::size_t bytes() const noexcept override {
    return left_.begin()[0].saved.bytes() + left_.begin()[1].saved.bytes();
  }

  // The elements that are left, as an input range; use either this or step(). Each comes from a
  // copy, so the container may be changed between two steps. Bound of a step: a bucket, and all in
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

  using note_map =
      hash_map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, std::equal_to<std::uint64_t>,
               typename std::allocator_traits<allocator_type>::template rebind_alloc<
                   std::pair<const std::uint64_t, std::uint64_t>>>;
  using copies = detail::saved_copies<elements, allocator_type, note_map>;
  using frozen_line = detail::frozen_line<copies>;

  explicit snapshot(table& of) : left_(of.hash(), of.allocator()), found_(of.allocator()) {
    if (of.size() == 0) return;
    of.engine().add_snapshot(*this);
    left_.freeze(of.state());
  }

  void require_whole() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  // Copies what visit_left() finds; null if that is nothing. The caller has to keep it or free it.
  saved_bucket* copy_left(frozen_line& line, std::uint64_t first, std::uint64_t last) {
    found_.clear();
    left_.visit_left(line, first, last, [&](const location& at) { found_.push_back(at.slot); });
    return line.saved.copy(found_.data(), found_.size());
  }

  // ---- delivering ----

  // Does one thing: delivers a copy, or what is left in a bucket, or passes or forgets notes of 64
  // intervals. False if there is nothing to be done.
  template <class DeliverCopy, class Deliver>
  bool pass_next(const DeliverCopy& deliver_copy, const Deliver& deliver) {
    if (frozen_line* const line = line_with_copies()) {
      deliver_copy(*line->saved.first());
      line->saved.free(line->saved.take_first());
      return true;
    }
    frozen_line* const line = pass_empty();
    for (frozen_line& passed : left_) {
      if (passed.forget_one()) return true;
    }
    if (line == nullptr) return false;
    if (line->pass_noted()) return true;
    const std::uint64_t last = left_.last_beside(*line, line->next);
    deliver(*line, last);
    line->next = last + 1;
    return true;
  }
  frozen_line* line_with_copies() noexcept {
    for (frozen_line& line : left_) {
      if (line.saved.first() != nullptr) return line.self();
    }
    return nullptr;
  }
  // Passes over the intervals in front in whose buckets there is nothing. The line of the next one;
  // null if there is none.
  frozen_line* pass_empty() {
    for (frozen_line& line : left_) {
      line.next = left_.next_present(line, line.next);
      if (!line.at_end()) return line.self();
    }
    return nullptr;
  }

  // Makes the next elements the current ones; none if there are none. Where that throws, the
  // current one stays: the iterator is on its last element until it can go on.
  void load_next() {
    frozen_line* line = line_with_copies();
    saved_bucket* loaded = line == nullptr ? nullptr : line->saved.take_first();
    while (loaded == nullptr && (line = pass_empty()) != nullptr) {
      if (line->pass_noted()) continue;
      const std::uint64_t last = left_.last_beside(*line, line->next);
      loaded = copy_left(*line, line->next, last);
      line->next = last + 1;
    }
    for (frozen_line& passed : left_) {
      if (loaded == nullptr) {
        passed.saved.forget_all();
      } else {
        passed.forget_one();
      }
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
    frozen_line* const line = left_.line_of(in_new);
    if (line == nullptr) return;
    const std::uint64_t from = line->grid.bucket_at(first);
    const auto end = detail::min_of<std::uint64_t>(line->grid.bucket_at(last) + 1, line->end);
    or_fail([&] {
      if (from <= line->next && first != last) {
        save_below(*line, end);
      } else if (first != last) {
        save_amid(*line, from, end);
      } else if (from >= line->next && from < end && !line->saved.is_noted(from)) {
        line->saved.keep(copy_left(*line, from, from));
        line->saved.note(from);
      }
    });
  }
  void emptied() noexcept override {
    require_no_visitor();
    or_fail([&] {
      for (frozen_line& line : left_) save_below(line, line.end);
    });
    abandon();
  }

  // Copies all that is left in the container below interval `end`; its memory may go.
  void save_below(frozen_line& line, std::uint64_t end) {
    for (line.next = left_.next_present(line, line.next); line.next < end;
         line.next = left_.next_present(line, line.next)) {
      if (line.pass_noted()) continue;
      const std::uint64_t last = left_.last_beside(line, line.next);
      line.saved.keep(copy_left(line, line.next, last));
      line.next = last + 1;
    }
  }
  // The same from interval `from` on, which is not the first of those that are left, of elements
  // that are about to go. New ones will be told of one by one, so empty intervals need no notes.
  void save_amid(frozen_line& line, std::uint64_t from, std::uint64_t end) {
    for (std::uint64_t at = left_.next_present(line, from); at < end;) {
      const std::uint64_t last = detail::min_of(left_.last_beside(line, at), end - 1);
      line.saved.keep(copy_left(line, at, last));
      for (slot_type* const slot : found_) line.saved.note(left_.interval_of(line, *slot));
      at = left_.next_present(line, last + 1);
    }
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

  void reseeded() noexcept override { left_.reseeded(); }
  void ended() noexcept override { left_.end_presence(); }

  detail::frozen_elements<table, copies> left_;
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
