// steady::follower: a map, often in another process, that has what a source has, a moment later.
//
//   using stock = steady::hash_map<std::string, std::uint64_t>;
//   steady::directory_follower<stock> follower("/var/lib/shop/stock");  // of a durable_map there
//   follower.poll(1000);           // again and again, whenever there is time
//   follower.content().find("apples");
//
// What it follows: here the directory of a durable_map that another process has open, or has had.
// steady/socket_follower.hpp follows a fed_map or durable_map over a socket.
//
//   1. content() is the source's content as of position(), never a mixture: a snapshot is built
//      aside, and takes the place of what was there when it is whole.
//   2. Changes are applied in their order, each once. A follower that comes back goes on from its
//      position, if the source still has the changes; otherwise it begins with a snapshot.
//   3. A follower writes nothing into a directory, takes no lock there, and its writer never waits.
//      It reads what was written, synced or not. What was taken back (after a write that failed,
//      or a power failure) is noticed where the last 1 to 4 KiB that it has read of the log are
//      others now, and everything is read anew.
//
//   Memory   the content; while a snapshot arrives, two of them.
//   Bound    poll(max): `max` records; 4 KiB that are compared. The content that a snapshot has
//            replaced, or a change has cleared, is freed in steps.
//   Throws   std::bad_alloc, what the container, the codecs and visitors throw, and durable_error
//            where files are damaged and nothing else goes on from there, are of other types, or
//            cannot be read. Each call may be repeated.
//   Threads  as hash_map. Visitors run within the calls, and must not use the follower.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <steady/detail/durable/posix_files.hpp>
#include <steady/detail/durable/recovery_state.hpp>
#include <steady/detail/follow/checkpoint.hpp>
#include <steady/detail/follow/directory_tail.hpp>
#include <steady/detail/follow/replica.hpp>
#include <steady/feed.hpp>
#include <steady/file_operations.hpp>

namespace steady {

// `Container`: a steady::hash_map or hash_set whose key and value have a steady::codec, of the same
// types as the source's. What all followers have.
template <class Container>
class follower {
 public:
  using container_type = Container;
  using change_type = typename detail::replica<Container>::change_type;

  follower(const follower&) = delete;
  follower& operator=(const follower&) = delete;

  // Empty until has_content().
  const Container& content() const noexcept { return replica_.content(); }
  bool has_content() const noexcept { return replica_.has_content(); }
  // Whether a snapshot is arriving.
  bool is_loading() const noexcept { return replica_.is_loading(); }

  std::uint64_t position() const noexcept { return replica_.position(); }
  // None before there is content.
  std::optional<feed_position> resume_point() const noexcept {
    if (!replica_.has_content()) return std::nullopt;
    return feed_position{replica_.feed(), replica_.position()};
  }
  follow_lag lag() const noexcept { return replica_.lag(); }
  const follow_counts& counts() const noexcept { return replica_.counts(); }

  // `visitor(change)`, a const change_type&, after each change was applied. Those within a snapshot
  // are not told one by one.
  void on_change(std::function<void(const change_type&)> visitor) {
    replica_.on_change = std::move(visitor);
  }
  // `visitor(content)`, a const Container&, after a snapshot has replaced the content.
  void on_snapshot(std::function<void(const Container&)> visitor) {
    replica_.on_snapshot = std::move(visitor);
  }

  // Writes content and position to a file, in the format of a snapshot (docs/formats.md); false if
  // there is no content yet. Replaces the file in one step. Bound: O(size). Throws durable_error
  // where it cannot be written; a file that was there stays then.
  bool save_checkpoint(const std::string& file) const {
    return detail::save_checkpoint(detail::system_files(), file, replica_);
  }
  // Goes on from there; false if there is no such file. Before anything was followed. Bound: O(size
  // of the file). Throws durable_error if it is damaged, or of another type; nothing is loaded
  // then.
  bool load_checkpoint(const std::string& file) {
    return detail::load_checkpoint(detail::system_files(), file, replica_);
  }

 protected:
  explicit follower(Container&& empty) : replica_(std::move(empty)) {}
  ~follower() = default;

  detail::replica<Container>& content_maker() noexcept { return replica_; }

 private:
  detail::replica<Container> replica_;
};

struct directory_follower_options {
  // A snapshot may be there before the log behind it is written (sync_policy::interval and never).
  // If that stays so for as long, the snapshot is loaded: its writer has probably ended.
  std::chrono::milliseconds patience{3000};
  // null: those of the system. They must outlive the follower.
  file_operations* files = nullptr;
};

enum class poll_result {
  more,  // there are records left
  waits  // for the writer; obstacle() tells if that is for another reason than that all is read
};

template <class Container>
class directory_follower final : public follower<Container> {
 public:
  // The directory need not be there yet.
  explicit directory_follower(const std::string& directory,
                              const directory_follower_options& options = {})
      : directory_follower(Container(), directory, options) {}
  // With the hash, equality and allocator of `empty`, which must be so.
  directory_follower(Container&& empty, const std::string& directory,
                     const directory_follower_options& options = {})
      : follower<Container>(std::move(empty)),
        tail_(options.files != nullptr ? *options.files : detail::system_files(), directory,
              options.patience, this->content_maker()) {}

  // Reads up to `max` records.
  poll_result poll(std::size_t max) {
    return tail_.poll(max) == detail::directory_tail<detail::replica<Container>>::outcome::more
               ? poll_result::more
               : poll_result::waits;
  }
  // Why the last poll() found nothing that goes on from here; empty if it reached the log's end.
  const std::string& obstacle() const noexcept { return tail_.obstacle(); }
  // How often a snapshot had to be taken although there was content: the changes were gone already.
  std::uint64_t restarts() const noexcept { return tail_.restarts(); }
  // Of damaged snapshots that were passed over: an older one, or the log, was there to go on from.
  const std::vector<lost_bytes>& damage() const noexcept { return tail_.damage(); }

 private:
  detail::directory_tail<detail::replica<Container>> tail_;
};

}  // namespace steady
