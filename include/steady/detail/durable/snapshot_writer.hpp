// Writes a snapshot of a container in steps: elements of one bucket after the other become records
// in a buffer, and full buffers go to a snapshot_output.
//
//   View     steady::snapshot of the container.
//   Bound    begin(): O(1). step(n): the elements of n buckets, and no call of the files if there
//            is a thread for them. It does nothing while the disk is behind, unless told to wait.
//   Memory   two buffers of 320 KiB, which stay for the next one; larger ones, where a bucket is,
//            until it ends.
//   Throws   begin() std::bad_alloc and what the view's constructor throws; step() nothing: a
//            snapshot that cannot be written fails, and the files are as before.
//   Threads  the map's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/buffer_room.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/durable/snapshot_output.hpp>
#include <steady/detail/feed/heap_settler.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class View, class Key, class T>
class snapshot_writer {
 public:
  explicit snapshot_writer(const room& in) : room_(&in), output_(in) {}

  // Elements are still to be written, or the file is not yet safe, or copies are to be freed.
  bool is_active() const noexcept { return has_file_ || view_.has_value(); }
  bool has_failed() const noexcept { return !failure_.empty(); }
  // Why the last one failed; empty if it did not.
  const std::string& failure() const noexcept { return failure_; }
  // The system's error; 0 if it reported none.
  int failure_error() const noexcept { return failure_error_; }
  // Of the last one that is safe.
  std::uint64_t safe_position() const noexcept { return safe_position_; }
  std::uint64_t safe_bytes() const noexcept { return safe_bytes_; }
  std::size_t copied_bytes() const noexcept { return view_ ? view_->bytes() : 0; }

  // Under this path in the end. Not while one is active.
  template <class Container>
  void begin(Container& container, record_header header, std::string path, bool background,
             std::function<void()> when_safe) {
    failure_.clear();
    failure_error_ = 0;
    elements_ = 0;
    has_handed_over_all_ = false;
    buffer_.clear();
    buffer_.reserve(buffer_room);
    header.stream = record_stream::snapshot;
    header.elements = container.size();
    steady::append_header(buffer_, header);
    position_ = header.position;
    view_.emplace(container);
    STEADY_TRY { output_.begin(std::move(path), background, buffer_room, std::move(when_safe)); }
    STEADY_CATCH_ALL {
      view_.reset();
      STEADY_RETHROW;
    }
    has_file_ = true;
  }

  // Elements of at most `buckets` buckets, or a part of the rest. `wait`: for the disk.
  void step(std::size_t buckets, bool wait) noexcept {
    STEADY_TRY {
      if (has_failed()) return clean_up(buckets, wait);
      if (view_) step_view(buckets, wait);
      if (has_file_ && !view_ && !has_failed()) step_output(wait);
    }
    STEADY_CATCH_ALL { fail("out of memory, or a codec has thrown"); }
  }

 private:
  // A buffer is handed over when it has so many bytes; those of a bucket come on top.
  static constexpr std::size_t buffer_bytes = std::size_t{256} << 10;
  static constexpr std::size_t buffer_room = buffer_bytes + buffer_bytes / 4;

  void step_view(std::size_t buckets, bool wait) {
    do {  // also where nothing is left: a view whose copies are not whole throws
      if (output_.now() == snapshot_output::state::failed) return fail_by_output();
      if (buffer_.size() >= buffer_bytes) {
        if (!wait && output_.is_busy()) return;
        output_.hand_over(buffer_, false);
      }
      view_->step(min_of<std::size_t>(buckets, 1),
                  [this](const auto& element) { this->append(element); });
    } while (buckets-- > 1 && !view_->done());
    heap_.settle();
    if (!view_->done()) return;
    view_.reset();
    steady::append_end(buffer_, elements_);
  }
  // The last buffer, then until the file is safe.
  void step_output(bool wait) {
    if (!has_handed_over_all_) {
      if (!wait && output_.is_busy()) return;
      output_.hand_over(buffer_, true);
      has_handed_over_all_ = true;
    }
    if (wait) output_.wait();
    if (output_.is_busy()) return;
    if (output_.now() == snapshot_output::state::failed) return fail_by_output();
    safe_position_ = position_;
    safe_bytes_ = output_.size();
    has_file_ = false;
    keep_at_most(buffer_, buffer_room);
  }
  // After a failure: the copies, and the file.
  void clean_up(std::size_t buckets, bool wait) {
    if (view_) view_->skip(buckets);
    heap_.settle();
    if (view_ && view_->done()) view_.reset();
    if (wait) output_.wait();
    if (output_.is_busy()) return;
    output_.give_up();
    has_file_ = output_.is_busy();
    keep_at_most(buffer_, buffer_room);
  }

  template <class Element>
  void append(const Element& element) {
    if constexpr (std::is_void_v<T>) {
      steady::append_element<Key, void>(buffer_, element, nullptr);
    } else {
      steady::append_element<Key, T>(buffer_, element.first, std::addressof(element.second));
    }
    ++elements_;
  }

  void fail_by_output() {
    failure_error_ = output_.error();
    const std::string why = "cannot write a snapshot into " + room_->path() + ": " +
                            std::generic_category().message(output_.error());
    fail(why.c_str());
  }
  // Copies are freed in the steps that follow.
  void fail(const char* why) noexcept {
    STEADY_TRY { failure_ = why; }
    STEADY_CATCH_ALL { failure_ = "out of memory"; }  // which takes none
    if (view_) view_->abandon();
  }

  const room* room_;
  snapshot_output output_;
  std::optional<View> view_;
  heap_settler heap_;
  byte_buffer buffer_;
  std::uint64_t position_ = 0;
  std::uint64_t safe_position_ = 0;
  std::uint64_t safe_bytes_ = 0;
  std::uint64_t elements_ = 0;
  bool has_file_ = false;  // that is neither safe nor given up
  bool has_handed_over_all_ = false;
  std::string failure_;
  int failure_error_ = 0;
};

}  // namespace steady::detail
