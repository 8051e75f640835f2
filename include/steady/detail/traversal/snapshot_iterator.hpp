// The iterators of a snapshot: one after the other through the elements that are left, not two side
// by side. All they know is the snapshot, which keeps what they show.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>

namespace steady::detail {

template <class Snapshot>
class snapshot_iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = typename Snapshot::value_type;
  using difference_type = std::ptrdiff_t;

  snapshot_iterator() noexcept = default;
  explicit snapshot_iterator(Snapshot& of) noexcept : of_(std::addressof(of)) {}

  const value_type& operator*() const noexcept { return of_->shown(); }
  const value_type* operator->() const noexcept { return std::addressof(of_->shown()); }
  snapshot_iterator& operator++() {
    of_->advance();
    return *this;
  }
  void operator++(int) { operator++(); }

  friend bool operator==(const snapshot_iterator& at, std::default_sentinel_t) noexcept {
    return !at.of_->shows();
  }

 private:
  Snapshot* of_ = nullptr;
};

}  // namespace steady::detail
