// The content of a follower, made of records: a snapshot (a header, elements, an end), then
// changes.
//
//   1. content() is always what the source was at position(): a snapshot that arrives is built
//      aside, and takes its place when it is whole.
//   2. A record that does not come next, or does not fit to what is there, is refused, and nothing
//      has changed. A snapshot has as many elements as its header says.
//
//   Bound   take(): that of one insertion, assignment or erasure; the content that a snapshot
//           replaces, or a change clears, is freed in steps that later records take along. While a
//           snapshot arrives there are two.
//   Memory  content, and what take_all() is given at once.
//   Throws  what the container, the codecs and the visitor throw. If the visitor throws, the change
//           was made; otherwise content() and position() are what they were.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/change.hpp>
#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/feed/recorded_container.hpp>
#include <steady/detail/follow/element_records.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/records.hpp>

namespace steady {

// What a follower has received since it was made.
struct follow_counts {
  std::uint64_t elements = 0;   // of snapshots
  std::uint64_t changes = 0;    // that were applied
  std::uint64_t snapshots = 0;  // whole ones
  std::uint64_t bytes = 0;      // of records, and of what stands between them
};

// How far a follower is behind.
struct follow_lag {
  // That it knows of; 1 or more while the content is of another source than the one that is there.
  std::uint64_t positions = 0;
  // The content is no older than this: since then the follower is not known to have had everything.
  std::chrono::milliseconds age{0};
};

namespace detail {

template <class Container>
class replica {
 public:
  using key = typename Container::key_type;
  using mapped = typename mapped_type_of<Container>::type;
  using change_type = change<key, mapped>;
  using payload_type = std::span<const unsigned char>;
  using clock = std::chrono::steady_clock;

  using records = element_records<Container>;

  static constexpr bool is_map = records::is_map;

  explicit replica(Container&& empty)
      : content_(std::move(empty)),
        fresh_(content_, content_.get_allocator()),
        loading_(fresh_, fresh_.get_allocator()) {}

  static std::string key_name() { return records::key_name(); }
  static std::string value_name() { return records::value_name(); }

  const Container& content() const noexcept { return content_; }
  bool has_content() const noexcept { return has_content_; }
  bool is_loading() const noexcept { return is_loading_; }
  std::uint64_t feed() const noexcept { return feed_; }
  std::uint64_t position() const noexcept { return position_; }
  follow_counts& counts() noexcept { return counts_; }
  const follow_counts& counts() const noexcept { return counts_; }

  // ---- lag ----

  // The source was at `last` of this feed when it said so.
  void heard_of(std::uint64_t feed, std::uint64_t last) noexcept {
    known_feed_ = feed;
    last_known_ = last;
    note_progress();
  }
  // Of another feed than the one that is known it has nothing, not even that there is nothing.
  follow_lag lag() const noexcept {
    const auto age = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - whole_at_);
    if (has_content_ && feed_ != known_feed_) {
      return {detail::max_of<std::uint64_t>(last_known_, 1), age};
    }
    const std::uint64_t had = has_content_ ? position_ : 0;
    return {last_known_ <= had ? 0 : last_known_ - had, age};
  }

  // ---- records ----

  // Null, or why the record is refused.
  const char* take(payload_type payload) {
    free_more(1);
    switch (steady::tag_of(payload)) {
      case record_tag::header:
        return begin(payload);
      case record_tag::element:
        return load(payload);
      case record_tag::end:
        return end(payload);
      case record_tag::insert:
      case record_tag::assign:
      case record_tag::erase:
      case record_tag::clear:
      case record_tag::feed:  // which is refused
        break;
    }
    return apply(payload);
  }
  // As take() of one after the other; in a large map the cache misses of up to `most_at_once` of
  // them overlap.
  const char* take_all(std::span<const payload_type> payloads) {
    if (is_loading_ && std::all_of(payloads.begin(), payloads.end(), is_element)) {
      free_more(payloads.size());
      return load_all(payloads);
    }
    fetch_keys(payloads);
    for (const payload_type& payload : payloads) {
      if (const char* const why = take(payload); why != nullptr) return why;
    }
    return nullptr;
  }
  static constexpr std::size_t most_at_once = 32;
  // As a snapshot without elements, of position 0.
  void begin_empty(std::uint64_t feed) {
    expect({record_stream::snapshot, feed, 0, 0, {}, {}});
    replace_content();
  }
  // A snapshot that is arriving will not go on.
  void abandon_loading() noexcept {
    if (std::exchange(is_loading_, false)) retire(std::move(loading_));
  }
  // As much as that many records would free of what is no longer needed.
  void free_more(std::size_t count) noexcept {
    if (retired_.empty()) return;
    retired_.front().step(count * buckets_freed_per_record);
    if (retired_.front().pending() == 0) retired_.pop_front();
  }
  // `elements` are trusted to come.
  void reserve(std::uint64_t elements) { loading_.reserve_gradually(as_size(elements)); }

  // Visitors: after a change was applied, and after a snapshot has replaced the content.
  std::function<void(const change_type&)> on_change;
  std::function<void(const Container&)> on_snapshot;

 private:
  // As containers are given them; a set's element is its key.
  template <class Key, class T>
  struct element_of {
    using type = std::pair<Key, T>;
  };
  template <class Key>
  struct element_of<Key, void> {
    using type = Key;
  };
  using element_type = typename element_of<key, mapped>::type;

  static constexpr std::size_t buckets_freed_per_record = 4;
  // Below, what is there is in the processor's caches, and looking twice would only take longer.
  static constexpr std::size_t worth_fetching_bytes = std::size_t{1} << 20;

  // Looks up the keys of these records, for nothing but that their buckets are in the caches then.
  void fetch_keys(std::span<const payload_type> payloads) {
    const Container& into = is_loading_ ? loading_ : content_;
    if (into.size() < worth_fetching_bytes / sizeof(typename Container::value_type)) return;
    keys_.clear();
    for (const payload_type& payload :
         payloads.first(detail::min_of(payloads.size(), most_at_once))) {
      if (!steady::read_key(payload, keys_.emplace_back())) keys_.pop_back();
    }
    std::array<bool, most_at_once> found;
    into.contains(keys_, found.begin());
  }

  const char* begin(payload_type payload) {
    record_header header;
    if (read_header(payload, header) != header_state::good ||
        header.stream != record_stream::snapshot) {
      return "no header of a snapshot";
    }
    if (header.key != key_name() || header.value != value_name()) return "records of other types";
    expect(header);
    return nullptr;
  }
  void expect(const record_header& header) {
    abandon_loading();
    loading_ = fresh_;
    header_ = header;
    loaded_ = 0;
    is_loading_ = true;
  }
  static bool is_element(payload_type payload) noexcept {
    return steady::tag_of(payload) == record_tag::element;
  }
  const char* load(payload_type payload) { return load_all({&payload, 1}); }
  const char* load_all(std::span<const payload_type> payloads) {
    if (!is_loading_) return "an element without a snapshot";
    if (payloads.size() > header_.elements - loaded_) {
      return "more elements than the snapshot's header says";
    }
    elements_.clear();
    for (const payload_type& payload : payloads) {
      if (!read(payload, elements_.emplace_back())) return "no element of these types";
    }
    const std::size_t before = loading_.size();
    loading_.insert(std::make_move_iterator(elements_.begin()),
                    std::make_move_iterator(elements_.end()));
    if (loading_.size() - before != elements_.size()) {
      return "an element that the snapshot has already had";
    }
    loaded_ += elements_.size();
    counts_.elements += elements_.size();
    return nullptr;
  }
  static bool read(payload_type payload, element_type& element) {
    if constexpr (is_map) {
      return read_element<key, mapped>(payload, element.first, std::addressof(element.second));
    } else {
      return read_element<key, void>(payload, element, nullptr);
    }
  }
  const char* end(payload_type payload) {
    std::uint64_t elements = 0;
    if (!is_loading_ || !read_end(payload, elements)) return "an end without a snapshot";
    if (elements != loaded_ || elements != header_.elements)
      return "a snapshot with another number of elements than it says";
    replace_content();
    return nullptr;
  }
  void replace_content() {
    withdraw_reservation(loading_);  // it was for loading: the content may shrink again
    content_.swap(loading_);         // where that throws, nothing has changed
    is_loading_ = false;
    retire(std::move(loading_));
    has_content_ = true;
    feed_ = header_.map_id;
    position_ = header_.position;
    if (known_feed_ != feed_) {  // what was known is of another source
      known_feed_ = feed_;
      last_known_ = position_;
    }
    ++counts_.snapshots;
    note_progress();
    if (on_snapshot) on_snapshot(content_);
  }

  const char* apply(payload_type payload) {
    if (!read_change(payload, change_)) return "no change of these types";
    if (!has_content_ || is_loading_) return "a change before the snapshot";
    if (change_.position == 0 || change_.position - 1 != position_)
      return "a change that does not come next";
    const bool fits = on_change ? change_content(change_) : change_content(std::move(change_));
    if (!fits) return "a change that does not fit to what is there";
    position_ = change_.position;
    ++counts_.changes;
    note_progress();
    if (on_change) on_change(change_);
    return nullptr;
  }
  template <class Change>
  bool change_content(Change&& one) {
    switch (one.kind) {
      case change_kind::clear:
        clear_content();
        return true;
      case change_kind::erase:
        return content_.erase(*one.key) == 1;
      case change_kind::insert:
      case change_kind::assign:
        break;
    }
    if constexpr (is_map) {
      if (one.kind == change_kind::insert) {
        return content_
            .try_emplace(*std::forward<Change>(one).key, *std::forward<Change>(one).value)
            .second;
      }
      const auto at = content_.find(*one.key);
      if (at == content_.end()) return false;
      at->second = *std::forward<Change>(one).value;
      return true;
    } else {
      return content_.insert(*std::forward<Change>(one).key).second;
    }
  }

  // Where it throws, nothing has changed.
  void clear_content() {
    if (content_.empty()) return;
    Container& old = retired_.emplace_back(fresh_, fresh_.get_allocator());
    content_.swap(old);
    old.clear_gradually();
  }

  void note_progress() noexcept {
    if (has_content_ && feed_ == known_feed_ && position_ >= last_known_) whole_at_ = clock::now();
  }

  void retire(Container&& old) noexcept {
    if (old.bucket_count() == 0) return;  // also without elements there may be much memory
    STEADY_TRY { retired_.emplace_back(std::move(old)).clear_gradually(); }
    STEADY_CATCH_ALL { old.clear(); }  // no memory to put it aside
  }

  Container content_;
  const Container fresh_;  // empty: with the hash, the equality and the allocator that were given
  Container loading_;
  std::list<Container> retired_;  // what is freed in steps
  record_header header_;
  change_type change_;
  std::vector<key> keys_;
  std::vector<element_type> elements_;
  follow_counts counts_;
  std::uint64_t loaded_ = 0;
  std::uint64_t feed_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t known_feed_ = 0;
  std::uint64_t last_known_ = 0;
  clock::time_point whole_at_ = clock::now();
  bool has_content_ = false;
  bool is_loading_ = false;
};

}  // namespace detail

}  // namespace steady
