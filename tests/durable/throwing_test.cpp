// A durable map whose hash, equality, codecs, copies and memory fail once, at every chance to: the
// change was made or it was not, in memory, in the files, and for whoever follows.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/feed.hpp>

#include "support/countdown.hpp"
#include "support/failing_new.hpp"
#include "support/fallible.hpp"
#include "support/memory_files.hpp"
#include "support/sanitized.hpp"
#include "support/sure_files.hpp"

namespace {

using namespace support;
using steady::sync_policy;

// Copying may fail, in two ways; moving may not.
class text {
 public:
  text() = default;
  explicit text(std::uint64_t number) : digits_(30, ' ') { digits_ += std::to_string(number); }
  text(const text& other) : digits_((countdown::chance(), other.digits_)) {}
  text(text&&) noexcept = default;
  text& operator=(const text& other) { return *this = text(other); }
  text& operator=(text&&) noexcept = default;
  ~text() = default;

  std::string& digits() { return digits_; }
  const std::string& digits() const { return digits_; }
  std::uint64_t number() const { return std::stoull(digits_.substr(30)); }
  friend bool operator==(const text&, const text&) = default;
  friend auto operator<=>(const text&, const text&) = default;

 private:
  std::string digits_;
};

struct fallible_text_equal {
  bool operator()(const text& a, const text& b) const {
    countdown::chance();
    return a == b;
  }
};

}  // namespace

template <>
struct steady::codec<text> {
  static std::string name() { return "text"; }
  static void write(byte_buffer& out, const text& value) {
    codec<std::string>::write(out, value.digits());
    countdown::chance();  // when half of it is there
  }
  static bool read(byte_reader& in, text& value) {
    countdown::chance();
    return codec<std::string>::read(in, value.digits());
  }
};

namespace {

using map_type = steady::durable_map<text, text, fallible_hash, fallible_text_equal>;
using model_type = std::map<text, text>;
using follower_type = steady::subscriber<map_type>;

class throwing_run {
 public:
  explicit throwing_run(sync_policy policy) : files_(in_memory_) {
    options_.files = &files_;
    options_.background = false;
    options_.sync = policy;
    options_.flush_bytes = 300;
    options_.segment_bytes = 2000;
    options_.snapshot_after_bytes = 4000;
    options_.snapshot_buckets_per_change = 1;
    options_.feed_changes = 20;
  }

  // Whether anything failed: at the chance number `at`, if there are so many.
  bool run(std::size_t at) {
    countdown::arm(at);
    open();
    follow();
    for (std::uint64_t n = 0; n < 50; ++n) assign(n * 7 % 30, n);
    for (std::uint64_t n = 0; n < 30; n += 2) modify(n);
    attempt([&] { map_->save_snapshot(); }, [] {});
    for (std::uint64_t n = 0; n < 30; n += 3) erase(n);
    open();
    for (std::uint64_t n = 100; n < 115; ++n) insert(n);
    attempt([&] { map_->clear_gradually(); }, [&] { model_.clear(), ++changes_; });
    for (std::uint64_t n = 0; n < 10; ++n) assign(n, n);
    open();
    countdown::disarm();
    check();
    return countdown::fired();
  }

 private:
  void open() {
    follower_.reset();
    // Closing syncs, too, but does not tell when that has failed.
    if (map_) attempt([&] { map_->sync(); }, [] {});
    map_.reset();
    attempt([&] { map_.emplace("room", options_); }, [] {});
  }

  void assign(std::uint64_t key, std::uint64_t value) {
    const text k(sure_text(key));
    const text v(sure_text(value));
    attempt([&] { map_->insert_or_assign(k, v); },
            [&] { model_.insert_or_assign(k, v), ++changes_; });
    step();
  }
  void insert(std::uint64_t n) {
    const text key(sure_text(n));
    attempt([&] { map_->insert({key, key}); }, [&] { model_.insert({key, key}), ++changes_; });
  }
  void modify(std::uint64_t n) {
    const text key(sure_text(n));
    const auto change = [](text& value) { value.digits() += '1'; };
    attempt([&] { map_->modify(key, change); }, [&] { change(model_.at(key)), ++changes_; });
  }
  void erase(std::uint64_t n) {
    const text key(sure_text(n));
    attempt([&] { map_->erase(key); }, [&] { model_.erase(key), ++changes_; });
    step();
  }

  // A follower, which begins anew where it cannot go on.
  void follow() {
    const countdown::pause none;
    followed_.clear();
    follower_.emplace(*map_);
  }
  void step() {
    if (!follower_) return;
    const auto on_element = [&](const auto& element) {
      const countdown::pause none;
      followed_.insert_or_assign(element.first, element.second);
    };
    const auto on_change = [&](const auto& one) {
      const countdown::pause none;
      if (one.kind == steady::change_kind::erase) {
        followed_.erase(*one.key);
      } else {
        followed_.insert_or_assign(*one.key, *one.value);
      }
    };
    attempt([&] { follower_->step(2, on_element, on_change); }, [] {});
    const countdown::pause none;
    if (follower_->state() == steady::feed_state::cut) follow();
    if (follower_->state() == steady::feed_state::caught_up) {
      EXPECT_EQ(followed_, model_);
    }
  }

  static text sure_text(std::uint64_t number) {
    const countdown::pause none;
    return text(number);
  }

  // Fails at most once, and then nothing has changed.
  template <class Operation, class Done>
  void attempt(const Operation& operation, const Done& done) {
    try {
      operation();
    } catch (const std::exception&) {
      ASSERT_TRUE(countdown::fired());
      check();
      operation();
    }
    const countdown::pause none;
    done();
  }

  void check() {
    if (!map_) return;
    ASSERT_STREQ(map_->content().check_invariants(), nullptr);
    ASSERT_EQ(model_type(map_->begin(), map_->end()), model_);
    ASSERT_EQ(map_->position(), changes_);
  }

  memory_files in_memory_;
  sure_files files_;
  steady::durable_options options_;
  std::optional<map_type> map_;
  model_type model_;
  std::uint64_t changes_ = 0;
  model_type followed_;
  std::optional<follower_type> follower_;
};

TEST(durable_map, survives_what_throws) {
  for (const sync_policy policy : {sync_policy::each_change, sync_policy::never}) {
    SCOPED_TRACE(static_cast<int>(policy));
    std::size_t at = 0;
    while (throwing_run(policy).run(at) && !HasFailure()) at += sanitized ? 7 : 1;
    SCOPED_TRACE(at);
    EXPECT_FALSE(HasFailure());
    EXPECT_GT(at, 1000u);
  }
}

}  // namespace
