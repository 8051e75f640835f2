// Observers: walkers and snapshots, which remember hash positions of a map while it is changed. The
// table tells them about changes. A table without observers pays one test where it erases, one
// where it hands out an element to write to, and one per step of a migration; insertion pays
// nothing.
//
// An observer registers and unregisters itself; the table never frees one. Lists are linked
// by plain pointers: observers and table live in one process.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/line/hash_line.hpp>

namespace steady::detail {

template <class Observer>
class observer_list;

// What every observer is: a link in the list of what it observes, or in none.
template <class Observer>
class observer_link {
 public:
  observer_link() noexcept = default;
  observer_link(const observer_link&) = delete;
  observer_link& operator=(const observer_link&) = delete;

 protected:
  ~observer_link() = default;

 private:
  friend class observer_list<Observer>;

  Observer* next_ = nullptr;
  Observer** link_ = nullptr;  // what points to this; null in no list
};

template <class Observer>
class observer_list {
 public:
  observer_list() noexcept = default;
  observer_list(const observer_list&) = delete;
  observer_list& operator=(const observer_list&) = delete;

  bool any() const noexcept { return first_ != nullptr; }

  void add(Observer& observer) noexcept {
    observer.next_ = first_;
    if (first_ != nullptr) first_->link_ = &observer.next_;
    first_ = &observer;
    observer.link_ = &first_;
  }
  // From whatever list it is in.
  static void remove(Observer& observer) noexcept {
    if (observer.link_ == nullptr) return;
    *observer.link_ = observer.next_;
    if (observer.next_ != nullptr) observer.next_->link_ = observer.link_;
    observer.next_ = nullptr;
    observer.link_ = nullptr;
  }

  // Calls `tell(observer)` for each, which may unregister itself.
  template <class Tell>
  void each(const Tell& tell) const {
    for (Observer* observer = first_; observer != nullptr;) {
      Observer* const next = observer->next_;
      tell(*observer);
      observer = next;
    }
  }

  void swap(observer_list& other) noexcept {
    Observer* const first = first_;
    take_from(other);
    other.first_ = first;
    if (first != nullptr) first->link_ = &other.first_;
  }
  // Takes over all of the other; this list has none.
  void take(observer_list& other) noexcept {
    take_from(other);
    other.first_ = nullptr;
  }

 private:
  void take_from(observer_list& other) noexcept {
    first_ = other.first_;
    if (first_ != nullptr) first_->link_ = &first_;
  }

  Observer* first_ = nullptr;
};

// Visits the elements of a table; it keeps the addresses of those that it hands out next.
class walker_base : public observer_link<walker_base> {
 public:
  // The element at `from` is at `to` now.
  virtual void moved(const void* from, void* to) noexcept = 0;
  // The element at `slot` leaves.
  virtual void erasing(const void* slot) noexcept = 0;
  // All elements leave.
  virtual void emptied() noexcept = 0;
  // A reseeding is complete: the line of `old_seed` is no more.
  virtual void reseeded(const line_seed& old_seed) noexcept = 0;
  // The elements are those of `table` now; null: they are gone for good.
  virtual void rehomed(void* table) noexcept = 0;

 protected:
  ~walker_base() = default;
};

// Shows the elements as they were at some moment, so it copies them before they change.
class snapshot_base : public observer_link<snapshot_base> {
 public:
  // Elements between these hash positions, both included, are about to change, to go, or to come.
  // `in_new`: in the new array, and the positions are on its line; they differ from the old one's
  // only under a reseeding. Elements that a reseeding is about to move count as going from the old
  // array, and not as coming to the new one.
  virtual void changing(bool in_new, std::uint64_t first, std::uint64_t last) noexcept = 0;
  // All elements are about to go.
  virtual void emptied() noexcept = 0;
  // A reseeding is complete: what was the new array is the old one now.
  virtual void reseeded() noexcept = 0;
  // There are no elements any more.
  virtual void ended() noexcept = 0;
  // In debug mode: ends the program if the snapshot's visitor is running.
  virtual void require_no_visitor() const noexcept = 0;
  // The bytes that it holds.
  virtual std::size_t bytes() const noexcept = 0;

 protected:
  ~snapshot_base() = default;
};

}  // namespace steady::detail
