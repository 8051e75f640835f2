// steady::durable_map: a map on a directory. What it has acknowledged survives the end of the
// process and, as the sync policy says, of the machine.
//
//   steady::durable_map<std::string, std::uint64_t> stock("/var/lib/shop/stock");
//   stock.insert_or_assign("apples", 3);      // on the disk when this returns
//
// All elements are in memory, so reading is that of hash_map. Every change becomes a record in a
// log, which is cut into segments. Now and then all elements are written as a snapshot, in steps
// that changes take along; then the segments before it are removed. Opening loads the newest whole
// snapshot and replays the log behind it. docs/formats.md has the files.
//
// Keys and values need a steady::codec (steady/codec.hpp).
//
// Writes: insert, try_emplace, insert_or_assign, modify(key, f), erase, clear: as fed_map
// (steady/feed.hpp), which says why there are no references to write through.
//
// Bound: those of hash_map, the record, and the sync policy's wait; while a snapshot is written,
// the elements of snapshot_buckets_per_change buckets, and a copy of one bucket. A change also
// waits for the disk where pending_bytes is reached, and near snapshot_copied_bytes, where it
// writes 64 buckets more. In numbers: docs/guarantees.md.
//
// Throws: a change what hash_map and the codecs throw, and durable_error where it could not be
// acknowledged: nothing has changed in memory then. Whether it is in the file nobody knows if a
// sync failed; it may be there when the map is opened again.
//
// Trouble: a full disk makes changes fail, the map stays readable, and changes succeed again when
// there is room. After a sync that fails nothing is acknowledged any more until the map is opened
// anew. A second opener of the directory is refused. A torn end of the log is cut and reported;
// damage elsewhere is an error that names file and byte, and salvage passes over it.
//
// Memory: the map; copies while a snapshot is written (snapshot_copied_bytes); pending records;
// from the first snapshot on two buffers of 320 KiB, and a thread.
//
// Threads: as hash_map, but wait_durable(), sync() and durable_position() may be called by any
// thread at any time: threads that write under a lock of yours and wait without it share their
// syncs (group commit).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <steady/codec.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/durable_recorder.hpp>
#include <steady/detail/feed/recorded_container.hpp>
#include <steady/durable_error.hpp>
#include <steady/file_operations.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/policy.hpp>
#include <steady/snapshot.hpp>

namespace steady {

namespace detail {

template <class Container>
using recorder_for = durable_recorder<Container, snapshot<Container>, typename Container::key_type,
                                      typename mapped_type_of<Container>::type>;

// What durable_map and durable_set share. Neither is copied or moved.
template <class Container>
class durable_container : public recorded_container<Container, recorder_for<Container>> {
  using base = recorded_container<Container, recorder_for<Container>>;
  using key = typename Container::key_type;
  using mapped = typename mapped_type_of<Container>::type;

  static_assert(has_codec<key>, "steady: a durable container's key needs a steady::codec");
  static_assert(std::is_void_v<mapped> || has_codec<mapped>,
                "steady: a durable map's value needs a steady::codec");

 public:
  // Opens the directory, which is made if need be; the one above it must exist. Bound: O(bytes of
  // the snapshot, and of the log behind it). Throws what hash_map and the codecs throw, and
  // durable_error where the directory is damaged, cannot be opened, or is open already.
  explicit durable_container(const std::string& directory, const durable_options& options = {})
      : durable_container(Container(), directory, options) {}
  // With this hash, equality and allocator; `empty` must be so.
  durable_container(Container&& empty, const std::string& directory,
                    const durable_options& options = {})
      : base(std::move(empty), directory, options) {
    this->recorder().open(this->container());
  }
  // Syncs; whether that succeeds only sync() reports. Gives up a snapshot that is under way. Notes
  // for followers that all is safe. Bound: O(size), as hash_map's.
  ~durable_container() = default;

  // What was found when it was opened.
  const recovery_report& report() const noexcept { return this->recorder().report(); }

  // ---- what is safe ----

  // Of the last change; 0 before the first.
  std::uint64_t position() const noexcept { return this->recorder().log().last(); }
  // The changes up to here are safely on the disk.
  std::uint64_t durable_position() const { return this->recorder().log().durable(); }
  // Return when the change at that position is, or all changes so far are. Bound: writing and
  // syncing what is pending, once for all threads that wait. Throw durable_error where that fails;
  // sync() also where an earlier sync has failed.
  void wait_durable(std::uint64_t at) { this->recorder().log().wait_durable(at); }
  void sync() { this->recorder().log().sync(); }

  // Acknowledges all changes that `changes()` makes by one sync at its end. Bound: `changes`, and a
  // sync(). Throws what `changes` throws, after the sync, and durable_error: the changes are in the
  // map then, and not known to be on the disk. The first group of a map with followers syncs the
  // directory before, because they are told of changes that are not safe yet; where that fails,
  // `changes` is not called.
  template <class Changes>
  void group(Changes&& changes) {
    log_writer& log = this->recorder().log();
    this->recorder().begin_group();
    STEADY_TRY { std::forward<Changes>(changes)(); }
    STEADY_CATCH_ALL {
      log.end_group();
      log.sync();
      STEADY_RETHROW;
    }
    log.end_group();
    log.sync();
  }

  // ---- snapshots ----

  // Begins one now, unless one is under way; changes and step_snapshot() take it along. Bound:
  // O(1). Throws std::bad_alloc, what copying the hash throws, and std::system_error where no
  // thread can be had; then none is under way.
  void start_snapshot() { this->recorder().start_snapshot(); }
  // For idle time. Bound: the elements of so many buckets; nothing while the disk is behind.
  void step_snapshot(std::size_t buckets) noexcept { this->recorder().save_more(buckets, false); }
  // A whole one at once. Bound: O(size). Throws as start_snapshot(), and durable_error where it
  // cannot be written.
  void save_snapshot() { this->recorder().save_all(); }
  bool is_saving() const noexcept { return this->recorder().saver().is_active(); }
  // Of the last one that was written and is safe; 0 if there was none since the map was opened.
  std::uint64_t snapshot_position() const noexcept {
    return this->recorder().saver().safe_position();
  }
  // Why the last one failed; empty if it did not. The files are as before then.
  const std::string& snapshot_failure() const noexcept {
    return this->recorder().saver().failure();
  }
  // What is copied for the one that is under way.
  std::size_t copied_bytes() const noexcept { return this->recorder().saver().copied_bytes(); }
};

}  // namespace detail

inline namespace STEADY_ABI {

// A steady::subscriber (steady/feed.hpp) follows it, where durable_options::feed_changes keeps
// changes for it; its positions are those of the log, so a follower may come back to another
// process, unless what it knows may have been lost: docs/following.md.
template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>, class Policy = default_policy>
class durable_map
    : public detail::durable_container<hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>> {
 public:
  using mapped_type = T;
  using detail::durable_container<
      hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>>::durable_container;
};

}  // namespace STEADY_ABI

}  // namespace steady
