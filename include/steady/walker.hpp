// steady::walker: visits the elements of a container while it is being changed.
//
//   auto walk = map.walk();
//   for (auto at = walk.begin(); at != walk.end(); ++at) {
//     ...  // insert, erase, clear, step: whatever there is to do
//   }
//
// An element that is there throughout is met exactly once, none twice, and none after it was
// erased; one that is inserted meanwhile may be met or not. Any number of walkers may be under way.
// A walker follows the elements when the container is moved or swapped, and is at its end when they
// are destroyed with the container, or moved one by one because two allocators differ and stay.
// Each step also does some of the container's pending work.
//
// The iterator, not the reference, survives: after a change that moves elements, take *at again.
//
// How it works: a walker takes one bucket at a time and notes the addresses of its elements; the
// container tells when one of these moves or goes. What was taken so far is an interval of the hash
// line, which no migration changes. A reseeding does; then what was not taken yet is divided: the
// part that is still on the old line is taken from its end on, towards the frontier; the rest is
// taken on the new line, where the hash positions of elements on the old one tell what was taken.
//
//   Bound        of a step: a bucket; the pending work of an insertion, which may evacuate
//                Policy::evacuations_per_insert intervals (twice as many under a reseeding); the
//                empty buckets in front of the next one too, but only while a reseeding that began
//                meanwhile is under way. After one, also the buckets in front whose elements were
//                all met before it: towards the end, most of the container.
//   Throws       what the hash and the allocator throw; the step can be tried again then.
//   Invalidates  iterators, pointers and references, if the step does pending work; never walkers.
//   Threads      a walker changes the container: as for its non-const functions.
#pragma once

#include <cstddef>
#include <cstdint>
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
#include <steady/detail/traversal/line_visit.hpp>

namespace steady {

template <class Table>
class walker final : private detail::walker_base {
  using elements = typename Table::elements;
  using slot_type = typename Table::slot_type;
  using location = typename Table::location;

 public:
  using value_type = typename elements::value_type;
  // A set's elements are keys, and not to be changed.
  using reference = std::conditional_t<elements::is_map, value_type&, const value_type&>;

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = typename walker::value_type;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    explicit iterator(walker& over) noexcept : walker_(std::addressof(over)) {}

    // The element, wherever it is by now; it must not have been erased since it was reached.
    reference operator*() const noexcept { return walker_->current(); }
    std::remove_reference_t<reference>* operator->() const noexcept {
      return std::addressof(walker_->current());
    }
    iterator& operator++() {
      walker_->advance();
      return *this;
    }
    void operator++(int) { operator++(); }

    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
      return at.walker_->at_end();
    }

   private:
    walker* walker_ = nullptr;
  };

  // For the containers' walk().
  explicit walker(Table& table)
      : table_(std::addressof(table)),
        seed_(table.state().seed),
        former_lines_(table.allocator()),
        to_meet_(table.allocator()),
        on_lost_line_(table.size() == 0) {
    table.engine().attend_walkers().walkers.add(*this);
  }
  ~walker() { list::remove(*this); }

  walker(const walker&) = delete;
  walker& operator=(const walker&) = delete;

  // Where the walker is; at first, the first element.
  iterator begin() {
    if (!begun_) advance();
    begun_ = true;
    return iterator(*this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }
  bool at_end() const noexcept { return at_end_; }

 private:
  using allocator_type = std::remove_cvref_t<decltype(std::declval<Table&>().allocator())>;
  using list = detail::observer_list<detail::walker_base>;

  // Positions, both included; empty when first > last.
  struct interval {
    std::uint64_t first = 1;
    std::uint64_t last = 0;

    bool empty() const noexcept { return first > last; }
    bool contains(std::uint64_t at) const noexcept { return first <= at && at <= last; }
    interval common_with(const interval& other) const noexcept {
      return {detail::max_of(first, other.first), detail::min_of(last, other.last)};
    }
  };

  // A line that is no more, and what was not taken of it.
  struct former_line {
    detail::line_seed seed;
    interval left;
    interval left_early;
  };

  static constexpr interval whole_line{0, detail::last_position};

  reference current() const noexcept {
    if constexpr (detail::debug_mode) {
      if (current_ == nullptr) detail::misuse("a walker's element was used after it was erased");
    }
    if constexpr (elements::is_map) table_->note_write(current_);
    return elements::element_of(*current_);
  }

  void advance() {
    if (table_ != nullptr) table_->changing_engine().progress_by_walking();
    current_ = nullptr;
    while (to_meet_.empty()) {
      if (table_ == nullptr || table_->size() == 0 || !take_bucket()) {
        at_end_ = true;
        return;
      }
    }
    current_ = to_meet_.back();
    to_meet_.pop_back();
  }

  // Takes the elements of the next bucket, which may have none. False if there is none left.
  bool take_bucket() {
    former_lines_.reserve(former_lines_.size() + 1);  // what leave_line() may need
    if (std::exchange(on_lost_line_, false)) seed_ = table_->state().seed;
    if (!table_->state().reseeding()) {
      if (left_.empty()) return false;
      left_.first = after(take_of(left_.first < table_->state().frontier(), left_));
      return true;
    }
    if (seed_ == table_->state().next_seed()) {
      if (left_.empty()) return false;
      left_.first = after(take_of(true, left_));
      return true;
    }
    return take_before_reseeding();
  }

  // The same on the old line of a reseeding under way.
  bool take_before_reseeding() {
    const std::uint64_t frontier = table_->state().frontier();
    note_early();
    if (!left_.empty() && left_.first >= frontier) {
      left_.first = after(take_of(false, left_));
    } else if (!left_.empty() && left_.last >= frontier) {
      const auto line = table_->state().old_array().line();
      const std::uint64_t bucket = line.first_of(line.bucket_at(left_.last));
      take_of(false, {bucket, left_.last});
      left_.last = bucket - 1;  // the frontier is not 0, nor beyond the bucket's beginning
    } else if (left_.empty() && left_early_.empty()) {
      return false;
    } else {
      leave_line(table_->state().next_seed());
    }
    return true;
  }

  // Notes the elements of the bucket at the beginning of `wanted`; returns the last position that
  // it covers.
  std::uint64_t take_of(bool in_new, const interval& wanted) {
    STEADY_TRY {
      const detail::table_visit<Table> visit(*table_);
      return visit->bucket_of(in_new, wanted.first, wanted.last, [&](const location& at) {
        if (was_left(*at.slot)) to_meet_.push_back(at.slot);
      });
    }
    STEADY_CATCH_ALL {
      to_meet_.clear();
      STEADY_RETHROW;
    }
  }

  // Whether the element was not taken on any line before.
  bool was_left(const slot_type& slot) const {
    for (const former_line& line : former_lines_) {
      const std::uint64_t at = table_->position_of_slot(slot, line.seed);
      if (!line.left.contains(at) && !line.left_early.contains(at)) return false;
    }
    return true;
  }

  std::uint64_t after(std::uint64_t last) noexcept {
    if (last != detail::last_position) return last + 1;
    left_.last = 0;
    return 1;
  }

  // A bucket that was emptied early is not where the walker comes by.
  void note_early() noexcept {
    const auto& rare = *detail::to_raw(table_->state().cold()->rare);
    if (early_noted_ || !rare.early_emptied) return;
    early_noted_ = true;
    left_early_ = left_.common_with({rare.early_first, rare.early_last});
  }

  // What is left is on the line of `next` from now on. A line of which nothing was taken need not
  // be remembered, so there is room whatever happens between two steps.
  void leave_line(const detail::line_seed& next) noexcept {
    const bool untouched = left_.first == 0 && left_.last == detail::last_position;
    if (!untouched) former_lines_.push_back({seed_, left_, left_early_});
    seed_ = next;
    left_ = whole_line;
    left_early_ = {};
    early_noted_ = false;
  }

  // ---- what the table tells ----

  void moved(const void* from, void* to) noexcept override {
    auto* const moved_to = static_cast<slot_type*>(to);
    if (current_ == from) current_ = moved_to;
    for (slot_type*& slot : to_meet_) {
      if (slot == from) slot = moved_to;
    }
  }

  void erasing(const void* erased) noexcept override {
    if (current_ == erased) current_ = nullptr;
    to_meet_.remove(static_cast<slot_type*>(const_cast<void*>(erased)));
  }

  void emptied() noexcept override {
    current_ = nullptr;
    to_meet_.clear();
    former_lines_.clear();
    left_early_ = {};
    early_noted_ = false;
    on_lost_line_ = true;  // what comes now has perhaps another one, or none yet
  }

  void reseeded(const detail::line_seed& old_seed) noexcept override {
    if (!on_lost_line_ && seed_ == old_seed) leave_line(table_->state().seed);
  }

  void rehomed(void* table) noexcept override {
    table_ = static_cast<Table*>(table);
    if (table_ != nullptr) return;
    emptied();
    at_end_ = true;
  }

  Table* table_;
  detail::line_seed seed_;  // of the line that `left_` is on
  interval left_ = whole_line;
  interval left_early_;  // not taken either; only on the old line of a reseeding
  detail::item_list<former_line, allocator_type> former_lines_;
  detail::item_list<slot_type*, allocator_type> to_meet_;  // of the bucket that was taken last
  slot_type* current_ = nullptr;
  bool begun_ = false;
  bool at_end_ = false;
  bool early_noted_ = false;
  bool on_lost_line_ = false;  // all elements went, and their line with them
};

}  // namespace steady
