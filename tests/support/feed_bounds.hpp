// The bounds that docs/guarantees.md publishes for fed and durable containers, and what tests
// measured: an element that counts what is done to it, and files that count their calls. All of it
// by thread, so that a call is told from what threads do beside it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/codec.hpp>

#include "support/counted_blocks.hpp"
#include "support/files_around.hpp"
#include "support/published_bounds.hpp"

namespace support {

// In the order of the table's columns.
struct feed_work {
  std::uint64_t made = 0;       // elements that were copied or moved
  std::uint64_t destroyed = 0;  // elements
  std::uint64_t delivered = 0;  // to a visitor, or as a record
  std::uint64_t blocks = 0;     // allocated and released
  std::uint64_t largest_block = 0;
  std::uint64_t file_calls = 0;
  std::uint64_t bytes_written = 0;

  std::vector<std::uint64_t> columns() const {
    return {made, destroyed, delivered, blocks, largest_block, file_calls, bytes_written};
  }
  void raise_to(const feed_work& one) {
    const auto raise = [&](std::uint64_t feed_work::*member) {
      this->*member = std::max(this->*member, one.*member);
    };
    for (const auto member :
         {&feed_work::made, &feed_work::destroyed, &feed_work::delivered, &feed_work::blocks,
          &feed_work::largest_block, &feed_work::file_calls, &feed_work::bytes_written}) {
      raise(member);
    }
  }
};

inline thread_local constinit feed_work feed_work_of_this_thread;

// Called with each element that this thread copies.
inline thread_local constinit const std::function<void()>* on_copy = nullptr;

// A value of 8 bytes.
class counted_number {
 public:
  counted_number() = default;
  explicit counted_number(std::uint64_t value) : value_(value) {}
  counted_number(const counted_number& other) : value_(other.value_) {
    note_made();
    if (on_copy != nullptr) (*on_copy)();
  }
  counted_number(counted_number&& other) noexcept : value_(other.value_) { note_made(); }
  counted_number& operator=(const counted_number& other) noexcept {
    value_ = other.value_;
    note_made();
    return *this;
  }
  ~counted_number() { ++feed_work_of_this_thread.destroyed; }

  std::uint64_t value() const { return value_; }

 private:
  static void note_made() noexcept { ++feed_work_of_this_thread.made; }

  std::uint64_t value_ = 0;
};

// What they allocate themselves, in memory, is not counted.
class counted_files final : public files_around {
  template <class Call>
  static auto counted(const Call& call) {
    ++feed_work_of_this_thread.file_calls;
    const block_counts before = blocks_of_this_thread;
    const auto result = call();
    blocks_of_this_thread = before;
    return result;
  }
  // Whoever has to tell may be waiting for this write.
  void wait_until_told() noexcept {
    if (!holds_a_snapshot) return;
    const auto pause = std::chrono::milliseconds(1);
    for (int n = 0; n < 3000 && holds_a_snapshot; ++n) std::this_thread::sleep_for(pause);
    std::this_thread::sleep_for(30 * pause);
    holds_a_snapshot = false;
  }

 public:
  using files_around::files_around;

  int open(const char* path, steady::file_mode mode) noexcept override {
    const int file = counted([&] { return files_around::open(path, mode); });
    if (std::string_view(path).ends_with("snapshot.partial")) partial_ = file;
    return file;
  }
  int close(int file) noexcept override {
    int here = file;
    partial_.compare_exchange_strong(here, -1);
    return counted([&] { return files_around::close(file); });
  }
  std::int64_t size(int file) noexcept override {
    return counted([&] { return files_around::size(file); });
  }
  std::int64_t read(int file, void* to, std::size_t bytes, std::uint64_t at) noexcept override {
    const std::int64_t done = counted([&] { return files_around::read(file, to, bytes, at); });
    if (done > 0) bytes_read_ += static_cast<std::uint64_t>(done);
    return done;
  }
  std::int64_t write(int file, const void* from, std::size_t bytes,
                     std::uint64_t at) noexcept override {
    feed_work_of_this_thread.bytes_written += bytes;
    if (breaks_snapshots && file == partial_) return -EIO;
    if (file == partial_) wait_until_told();
    return counted([&] { return files_around::write(file, from, bytes, at); });
  }
  int sync(int file) noexcept override {
    return counted([&] { return files_around::sync(file); });
  }
  int truncate(int file, std::uint64_t size) noexcept override {
    return counted([&] { return files_around::truncate(file, size); });
  }
  int rename(const char* from, const char* to) noexcept override {
    return counted([&] { return files_around::rename(from, to); });
  }
  int remove(const char* path) noexcept override {
    return counted([&] { return files_around::remove(path); });
  }
  int sync_directory(const char* path) noexcept override {
    return counted([&] { return files_around::sync_directory(path); });
  }
  int list(const char* path, std::vector<std::string>& names) override {
    return counted([&] { return files_around::list(path, names); });
  }

  std::uint64_t bytes_read() const { return bytes_read_; }

  // Writing to a snapshot fails from now on.
  std::atomic<bool> breaks_snapshots{false};
  // The next write to one takes until this is false, and a little longer.
  std::atomic<bool> holds_a_snapshot{false};

 private:
  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<int> partial_{-1};
};

// What this thread does in `operation`.
template <class Operation>
feed_work feed_work_of(const Operation& operation) {
  feed_work_of_this_thread = feed_work();
  blocks_of_this_thread = block_counts();
  operation();
  feed_work done = feed_work_of_this_thread;
  done.blocks = blocks_of_this_thread.allocated + blocks_of_this_thread.released;
  done.largest_block = blocks_of_this_thread.largest;
  return done;
}

// The most that `bytes()` was whenever an element was copied in `operation`, and after it.
template <class Bytes, class Operation>
std::size_t most_copied_bytes(const Bytes& bytes, const Operation& operation) {
  std::size_t most = 0;
  const std::function<void()> look = [&] { most = std::max<std::size_t>(most, bytes()); };
  on_copy = &look;
  operation();
  on_copy = nullptr;
  look();
  return most;
}

// What moves or destroys elements, and is no change but clear(). A migration is under way, or asked
// for.
template <class Map>
std::vector<std::pair<const char*, std::function<void(Map&)>>> what_moves_elements() {
  return {
      {"step", [](Map& map) { map.step(1'000'000); }},
      {"step_for", [](Map& map) { map.step_for(std::chrono::hours(1)); }},
      {"finish", [](Map& map) { map.finish(); }},
      {"reserve", [](Map& map) { map.reserve(2 * map.size()); }},
      {"trim", [](Map& map) { map.trim(1'000'000); }},
      {"clear", [](Map& map) { map.clear(); }},
      {"clear_gradually",
       [](Map& map) {
         map.clear_gradually();
         map.finish();
       }},
      {"clear after clear_gradually",
       [](Map& map) {
         map.clear_gradually();
         map.insert_or_assign(1, counted_number(1));
         map.clear();
       }},
  };
}

inline void expect_published_for_feeds(const std::string& row, const feed_work& measured) {
  static const auto published = published_bounds("Fed and durable containers");
  expect_within(published, row,
                {"elements made", "destroyed", "delivered", "blocks", "bytes in one piece",
                 "calls of files", "bytes written"},
                measured.columns());
}

inline std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

template <class Map>
void fill(Map& map, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) map.insert_or_assign(scattered(i), counted_number(i));
}

// The most that a write of each kind has done.
struct counted_writes {
  feed_work inserts;
  feed_work assignments;  // and erasures

  template <class Map>
  void insert(Map& map, std::uint64_t i) {
    inserts.raise_to(feed_work_of([&] { map.try_emplace(scattered(i), std::uint64_t{i}); }));
  }
  template <class Map>
  void assign(Map& map, std::uint64_t i) {
    const std::uint64_t key = scattered(i);
    const auto note = [this](const feed_work& one) { assignments.raise_to(one); };
    note(feed_work_of([&] { map.insert_or_assign(key, counted_number(i)); }));
    note(feed_work_of([&] { map.modify(key, [](counted_number&) {}); }));
    note(feed_work_of([&] { map.erase(key); }));
  }
};

}  // namespace support

template <>
struct steady::codec<support::counted_number> {
  static std::string name() { return "u64"; }
  static void write(byte_buffer& out, const support::counted_number& value) {
    ++support::feed_work_of_this_thread.delivered;
    out.number<8>(value.value());
  }
  static bool read(byte_reader& in, support::counted_number& value) {
    std::uint64_t number = 0;
    if (!in.number<8>(number)) return false;
    ++support::feed_work_of_this_thread.delivered;
    value = support::counted_number(number);
    return true;
  }
};
