// Subscribers that whoever served them has left, maybe in the middle of a snapshot: what was copied
// for them is freed in steps.
//
//   Bound    take() and any(): O(1). free_some(): the copies of 64 buckets. clear() and the
//            destructors: all copies that are left.
//   Memory   a block for each subscriber that is held; taking one over allocates nothing.
//   Throws   emplace() what the subscriber's constructor throws, and std::bad_alloc.
//   Threads  the feed's.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <utility>

namespace steady::detail {

template <class Subscriber>
class left_subscribers;

// As std::optional<Subscriber>, which cannot be moved, but can be left to others here.
template <class Subscriber>
class held_subscriber {
 public:
  template <class... Arguments>
  void emplace(Arguments&&... arguments) {
    one_.clear();
    one_.emplace_back(std::forward<Arguments>(arguments)...);
  }

  bool has_value() const noexcept { return !one_.empty(); }
  explicit operator bool() const noexcept { return has_value(); }
  Subscriber* operator->() noexcept { return std::addressof(one_.front()); }
  const Subscriber* operator->() const noexcept { return std::addressof(one_.front()); }

 private:
  friend left_subscribers<Subscriber>;

  std::list<Subscriber> one_;
};

template <class Subscriber>
class left_subscribers {
 public:
  // Whether there is something to be freed.
  bool any() const noexcept { return !left_.empty(); }

  // Takes it over; nothing more is copied for it.
  void take(held_subscriber<Subscriber>& from) noexcept {
    if (!from) return;
    from->abandon();
    if (from->skip(0)) {
      left_.splice(left_.end(), from.one_);
    } else {
      from.one_.clear();
    }
  }
  void free_some() noexcept {
    if (any() && !left_.front().skip(buckets_at_once)) left_.pop_front();
  }
  void clear() noexcept { left_.clear(); }

 private:
  static constexpr std::size_t buckets_at_once = 64;

  std::list<Subscriber> left_;
};

}  // namespace steady::detail
