// steady::fed_map and steady::fed_set: containers whose every change has a position, and
// steady::subscriber: all elements as of one position, then every change after it, exactly once.
//
//   steady::fed_map<std::string, int> stock;
//   stock.insert_or_assign("apples", 3);
//
//   steady::subscriber follower(stock);        // O(1)
//   follower.step(64, [&](const auto& element) { ... }, [&](const auto& change) { ... });
//   // between two steps, whatever there is; and again, until follower.state() says caught_up
//
// Why a container of its own: hash_map hands out references, and a write through one is a change
// that nobody hears of. A fed container hands out none. Whoever has a hash_map pays nothing.
//
// The seam: a subscriber begins at a position p and makes a steady::snapshot then. It delivers that
// first, and it shows the container with all changes up to p and none after; then come the changes
// p + 1, p + 2, ... from the ring of those kept. So every change is in the one or in the other.
// That the migrations of the container cannot matter is the snapshot's own promise: docs/feed.md.
//
// Backpressure: nobody waits for a subscriber. One whose next change is no longer kept, or for whom
// too much was copied, is cut off, and told why. It begins anew with restart(); or, where it had
// all elements and comes back soon enough, it goes on from resume_point().
//
// Memory: changes, as feed_options says; copies for a subscriber, as subscriber_options says, and
// one bucket more.
//
// Bound of a write: that of hash_map, a copy of the change, the changes whose room it takes, and
// for each subscriber that is still in its snapshot a copy of one bucket (a write under a snapshot,
// docs/guarantees.md), or 4 buckets of copies freed once it is cut off. So for each bucket of
// step(), finish(), reserve(), trim() and clear().
//
// Throws: a write what hash_map throws, and what copying the key and the value throws; then nothing
// has changed, and there was no change.
//
// Threads: as hash_map; a subscriber's step counts as a write.
//
// Not for the containers that threads share: those have no order of all their changes, and one
// would need a place where every writer waits for every other. Use a fed_map under a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <steady/change.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/feed/feed_core.hpp>
#include <steady/detail/feed/heap_settler.hpp>
#include <steady/detail/feed/recorded_container.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/policy.hpp>
#include <steady/snapshot.hpp>

namespace steady {

struct feed_options {
  // The changes that are kept for subscribers: so many at the most, at least 1, ...
  std::size_t max_changes = std::size_t{1} << 16;
  // ... and so many bytes, sizeof(change) and outside_bytes (steady/change.hpp) of each added up.
  std::size_t max_bytes = std::size_t{64} << 20;
};

struct subscriber_options {
  // A subscriber whose snapshot makes its container copy more than this is cut off.
  std::size_t max_copied_bytes = std::size_t{64} << 20;
};

// Where a subscriber is: positions mean something only for the container that has given them.
struct feed_position {
  std::uint64_t feed = 0;
  std::uint64_t position = 0;

  friend bool operator==(const feed_position&, const feed_position&) = default;
};

enum class feed_state {
  snapshot,   // there are elements to be delivered
  changes,    // all elements were delivered; there are changes
  caught_up,  // all changes were delivered
  cut         // off: see cut_reason
};

enum class cut_reason {
  none,
  fell_behind,    // the next change is no longer kept
  copied_bytes,   // its snapshot needed more than max_copied_bytes
  out_of_memory,  // copying for its snapshot failed
  ended,          // the container is gone
  abandoned       // by abandon()
};

enum class feed_start {
  snapshot,   // as asked for
  resumed,    // from the position that was given: no snapshot
  not_kept,   // the changes after that position are no longer kept: a snapshot
  other_feed  // the position is not of this container, or of a time to come: a snapshot
};

// `Fed`: a fed_map, a fed_set, or a container that offers the same.
template <class Fed>
class subscriber final : private detail::subscriber_base {
  using container_type = typename Fed::container_type;
  using core_type = std::remove_reference_t<
      decltype(detail::recorded_access::recorder_of(std::declval<Fed&>()).feed())>;

 public:
  using value_type = typename container_type::value_type;
  using change_type = typename core_type::change_type;

  // Bound: O(1). Throws what steady::snapshot's constructor throws.
  explicit subscriber(Fed& of, const subscriber_options& options = {})
      : subscriber(idle(), of, options) {
    begin_snapshot();
  }
  // Goes on after `from`, if all changes since are kept; start() tells.
  subscriber(Fed& of, const feed_position& from, const subscriber_options& options = {})
      : subscriber(idle(), of, options) {
    start_ = start_from(from);
    if (start_ == feed_start::resumed) {
      position_ = from.position;
      end_snapshot();
    } else {
      begin_snapshot();
    }
  }
  // Frees at once what was copied for it; abandon() and skip() do so in steps.
  ~subscriber() { core_type::leave(*this); }

  subscriber(const subscriber&) = delete;
  subscriber& operator=(const subscriber&) = delete;

  feed_start start() const noexcept { return start_; }

  feed_state state() const noexcept {
    if (why_cut() != cut_reason::none) return feed_state::cut;
    if (view_) return feed_state::snapshot;
    return position_ == core_->ring().last() ? feed_state::caught_up : feed_state::changes;
  }
  cut_reason why_cut() const noexcept {
    if (why_ == cut_reason::none && misses_changes()) return cut_reason::fell_behind;
    return why_;
  }

  // Delivers elements of at most `max` buckets, or at most `max` changes, whichever is next, and
  // returns the state after that. The visitors must not use the container. Bound: those elements or
  // changes. Throws what a visitor throws: its change, or its bucket, comes again then.
  template <class OnElement, class OnChange>
  feed_state step(std::size_t max, OnElement&& on_element, OnChange&& on_change) {
    if (state() == feed_state::cut) return feed_state::cut;
    if (!view_) {
      deliver_changes(max, on_change);
    } else if (require_whole()) {
      view_->step(max, on_element);
      heap_.settle();
      if (view_->done()) end_snapshot();
    }
    return state();
  }

  // All changes up to this one were delivered, those that the snapshot shows included, once it is.
  std::uint64_t position() const noexcept { return position_; }
  // Where a later subscriber may go on. None before the whole snapshot was delivered.
  std::optional<feed_position> resume_point() const noexcept {
    if (!has_all_) return std::nullopt;
    return feed_position{feed_, position_};
  }

  // Begins anew, with the elements of now: forget what was delivered before. Not where the
  // container is gone. Bound: O(1), and what copies are left; throws as the constructor.
  void restart() {
    if (core_ == nullptr) return;
    start_ = feed_start::snapshot;
    begin_snapshot();
  }

  // Nothing more is copied for it, and nothing delivered, until restart(); it is cut off. O(1).
  void abandon() noexcept {
    if (why_ == cut_reason::none)
      cut(misses_changes() ? cut_reason::fell_behind : cut_reason::abandoned);
  }
  // Frees what was copied for one that is cut off, of at most `max_buckets` buckets; writes and
  // steps of the container do so, too. True while there is more: then the destructor and restart()
  // free the rest at once.
  bool skip(std::size_t max_buckets) noexcept {
    if (!view_ || why_ == cut_reason::none) return false;
    view_->skip(max_buckets);
    heap_.settle();
    if (!view_->done()) return true;
    view_.reset();
    core_->stream_to(*this);
    return false;
  }

  // What is copied for it now. O(1).
  std::size_t bytes() const noexcept { return view_ ? view_->bytes() : 0; }

 private:
  static constexpr std::size_t buckets_freed_per_write = 4;

  // One that has not begun: what throws after it runs the destructor.
  struct idle {};
  subscriber(idle, Fed& of, const subscriber_options& options)
      : of_(std::addressof(of)),
        core_(std::addressof(detail::recorded_access::recorder_of(of).feed())),
        options_(options),
        feed_(core_->id()) {}

  feed_start start_from(const feed_position& from) const noexcept {
    if (from.feed != core_->id() || from.position > core_->ring().last()) {
      return feed_start::other_feed;
    }
    return from.position + 1 < core_->ring().first() ? feed_start::not_kept : feed_start::resumed;
  }

  // What shows no snapshot streams, also one that is cut off: so each is told when the container is
  // gone.
  void begin_snapshot() {
    core_->stream_to(*this);
    view_.reset();
    has_all_ = false;
    why_ = cut_reason::out_of_memory;  // unless the next line succeeds
    view_.emplace(detail::recorded_access::container_of(*of_));
    why_ = cut_reason::none;
    position_ = core_->ring().last();
    core_->show_to(*this);
    if (view_->done()) end_snapshot();
  }
  void end_snapshot() noexcept {
    view_.reset();
    has_all_ = true;
    core_->stream_to(*this);
  }

  bool misses_changes() const noexcept {
    return core_ != nullptr && position_ + 1 < core_->ring().first();
  }

  // A snapshot for which copying has failed says so at its next step.
  bool require_whole() {
    STEADY_TRY {
      view_->step(0, [](const value_type&) {});
      return true;
    }
    STEADY_CATCH_ALL {
      cut(cut_reason::out_of_memory);
      return false;
    }
  }

  template <class OnChange>
  void deliver_changes(std::size_t max, OnChange& on_change) {
    const std::uint64_t last = core_->ring().last();
    for (; max > 0 && position_ < last; --max) {
      on_change(core_->ring()[position_ + 1]);
      if (detail::debug_mode && core_->ring().last() != last) {
        detail::misuse("a fed container was changed from within a visitor of its subscriber");
      }
      ++position_;
    }
  }

  // Copies are freed bit by bit, by the writes and steps that follow.
  void cut(cut_reason why) noexcept {
    why_ = why;
    if (view_) view_->abandon();
  }

  void written() noexcept override {
    if (why_ == cut_reason::none) {
      if (view_->bytes() > options_.max_copied_bytes) {
        cut(cut_reason::copied_bytes);
      } else if (misses_changes()) {
        cut(cut_reason::fell_behind);
      }
      return;
    }
    skip(buckets_freed_per_write);
  }
  void ended() noexcept override {
    if (why_ == cut_reason::none) why_ = cut_reason::ended;
    view_.reset();
    core_type::leave(*this);
    core_ = nullptr;
  }

  Fed* of_;
  core_type* core_;  // null once the container is gone
  subscriber_options options_;
  feed_start start_ = feed_start::snapshot;
  cut_reason why_ = cut_reason::none;
  std::uint64_t feed_ = 0;
  std::uint64_t position_ = 0;
  bool has_all_ = false;
  std::optional<snapshot<container_type>> view_;
  detail::heap_settler heap_;
};

template <class Fed>
subscriber(Fed&) -> subscriber<Fed>;
template <class Fed>
subscriber(Fed&, const subscriber_options&) -> subscriber<Fed>;
template <class Fed>
subscriber(Fed&, const feed_position&) -> subscriber<Fed>;
template <class Fed>
subscriber(Fed&, const feed_position&, const subscriber_options&) -> subscriber<Fed>;

namespace detail {

// What fed_map and fed_set share. Neither is copied or moved: subscribers know where it is.
template <class Container>
class fed_container
    : public recorded_container<Container, feed_core<typename Container::key_type,
                                                     typename mapped_type_of<Container>::type>> {
  using base = recorded_container<
      Container, feed_core<typename Container::key_type, typename mapped_type_of<Container>::type>>;

 public:
  explicit fed_container(const feed_options& options = {}) : fed_container(Container(), options) {}
  // Takes these elements over; they are there before the first change.
  explicit fed_container(Container&& content, const feed_options& options = {})
      : base(std::move(content), random_in_public(),
             options.max_changes == 0 ? 1 : options.max_changes, options.max_bytes,
             std::uint64_t{0}) {}

  // Of the last change; 0 before the first.
  std::uint64_t position() const noexcept { return this->recorder().ring().last(); }
  // The changes after this one are kept.
  std::uint64_t kept_after() const noexcept { return this->recorder().ring().first() - 1; }
  // What they hold.
  std::size_t kept_bytes() const noexcept { return this->recorder().ring().bytes(); }
};

}  // namespace detail

inline namespace STEADY_ABI {

// The functions are in recorded_container: reading as hash_map, then insert, try_emplace,
// insert_or_assign, modify, erase, clear, and the functions that drive migrations.
template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>, class Policy = default_policy>
class fed_map : public detail::fed_container<hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>> {
 public:
  using mapped_type = T;
  using detail::fed_container<hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>>::fed_container;
};

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_policy>
class fed_set : public detail::fed_container<hash_set<Key, Hash, KeyEqual, Allocator, Policy>> {
 public:
  using detail::fed_container<hash_set<Key, Hash, KeyEqual, Allocator, Policy>>::fed_container;
};

}  // namespace STEADY_ABI

}  // namespace steady
