// Loads a snapshot into an empty container.
//
// Elements are decoded a batch ahead of the insertions: these wait for memory, several at a time,
// unless there is other work between them.
//
//   Bound   O(bytes of the file); memory besides the container: a few MiB.
//   Throws  durable_error where the file cannot be read, or is of another map or type; what the
//           container and the codecs throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/durable/frame_reader.hpp>
#include <steady/detail/durable/recovery_state.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class Container, class Key, class T>
class snapshot_loader {
  static constexpr bool is_map = !std::is_void_v<T>;
  using payload_type = recovery_state::payload_type;

 public:
  snapshot_loader(Container& into, recovery_state& of) : into_(&into), of_(&of) {}

  // The first damage; none if all is there. A salvage goes on behind it, also behind a header that
  // is not whole: what the elements are, the caller knows.
  std::optional<lost_bytes> load(const std::string& path, std::uint64_t position) {
    frame_reader reader(*of_->files, path);
    lost_.reset();
    count_ = 0;
    bytes_ = reader.size();
    payload_type payload;
    record_header found;
    if (reader.next(payload) != frame_reader::result::frame ||
        !of_->accept_header(path, payload, record_stream::snapshot, found)) {
      lose(reader, 0, "no header of a snapshot");
      if (!goes_on() || !find_element(reader, 1)) return std::move(lost_);
    } else if (found.position != position) {
      lose(reader, 0, "a header of another position than its name");
    }
    if (!goes_on()) return std::move(lost_);
    into_->reserve(as_size(
        detail::min_of<std::uint64_t>(found.elements, reader.size() / (frame_head_bytes + 1))));
    while (load_more(reader)) {
    }
    withdraw_reservation(*into_);  // it was for loading: the map may shrink again
    return std::move(lost_);
  }

  // Of the file that was loaded last.
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct decoded {
    std::uint64_t at = 0;  // where in the file
    std::optional<Key> key;
    std::optional<std::conditional_t<is_map, T, char>> value;
  };

  // False at the end, or where there is nothing more to be had.
  bool load_more(frame_reader& reader) {
    const std::uint64_t at = reader.offset();
    payload_type payload;
    const frame_reader::result result = reader.next(payload);
    const bool is_whole = result == frame_reader::result::frame;
    if (is_whole && decode(payload)) {
      batch_[count_++].at = at;
      if (count_ == batch_.size()) insert_batch(reader);
      return goes_on();
    }
    std::uint64_t elements = 0;
    const bool is_end = is_whole && steady::read_end(payload, elements);
    insert_batch(reader);
    if (is_end && elements == of_->report.elements && reader.offset() == reader.size()) {
      return false;
    }
    lose(reader, at,
         is_end                                ? "another end was expected"
         : result == frame_reader::result::end ? "it has no end"
                                               : "no whole element there");
    return goes_on() && find_element(reader, at + 1);
  }
  static bool find_element(frame_reader& reader, std::uint64_t from) {
    reader.go_to(from);
    // What an element begins with is a byte: longer ones would be looked for at too many places.
    return reader.find(std::uint64_t{1} << 20, [](payload_type candidate) {
      return candidate[0] == static_cast<unsigned char>(record_tag::element) ||
             candidate[0] == static_cast<unsigned char>(record_tag::end);
    });
  }
  bool goes_on() const noexcept { return !lost_ || of_->salvage; }
  void lose(const frame_reader& reader, std::uint64_t at, const char* why) {
    if (!lost_) lost_ = lost_bytes{reader.path(), at, reader.size() - at, why};
  }

  // Into new objects: a codec may count on that.
  bool decode(payload_type payload) {
    decoded& to = batch_[count_];
    if constexpr (is_map) {
      return steady::read_element<Key, T>(payload, to.key.emplace(),
                                          std::addressof(to.value.emplace()));
    } else {
      return steady::read_element<Key, void>(payload, to.key.emplace(), nullptr);
    }
  }
  void insert_batch(const frame_reader& reader) {
    for (std::size_t n = 0; n < count_; ++n) {
      if (insert(batch_[n])) {
        ++of_->report.elements;
      } else {
        lose(reader, batch_[n].at, "a key that was there already");
      }
    }
    count_ = 0;
    of_->progress.elements = of_->report.elements;
    of_->reach(reader.offset());
  }
  bool insert(decoded& one) {
    if constexpr (is_map) {
      return into_->try_emplace(*std::move(one.key), *std::move(one.value)).second;
    } else {
      return into_->insert(*std::move(one.key)).second;
    }
  }

  Container* into_;
  recovery_state* of_;
  std::uint64_t bytes_ = 0;
  std::optional<lost_bytes> lost_;
  std::vector<decoded> batch_ = std::vector<decoded>(64);
  std::size_t count_ = 0;
};

}  // namespace steady::detail
