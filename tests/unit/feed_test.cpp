// steady::feed: every change exactly once, behind a snapshot, whatever migrates meanwhile.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/feed.hpp>

#include "support/countdown.hpp"
#include "support/fallible.hpp"
#include "support/hashes.hpp"
#include "support/ledger_allocator.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;
using steady::change_kind;
using steady::cut_reason;
using steady::feed_start;
using steady::feed_state;
using content = std::map<std::uint64_t, std::uint64_t>;

template <class Policy = steady::default_policy, class Hash = steady::hash<std::uint64_t>>
using fed_numbers =
    steady::fed_map<std::uint64_t, std::uint64_t, Hash, std::equal_to<>,
                    std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;
using change = steady::change<std::uint64_t, std::uint64_t>;

// Applies a change; says what is wrong with it.
std::string apply(content& to, const change& one) {
  if (one.kind == change_kind::clear) {
    if (one.key || one.value) return "a clear with a key or a value";
    to.clear();
    return {};
  }
  if (!one.key) return "no key";
  const bool was_there = to.contains(*one.key);
  if (one.kind == change_kind::erase) {
    to.erase(*one.key);
    return was_there ? "" : "erased what is not there";
  }
  if (!one.value) return "no value";
  to[*one.key] = *one.value;
  return was_there == (one.kind == change_kind::assign) ? "" : "insert or assign?";
}

// A subscriber, and what it has heard so far.
template <class Map>
class follower {
 public:
  follower(Map& map, const content& now) : subscriber_(map), at_start_(now) {}
  follower(Map& map, const content& now, const steady::feed_position& from, content known)
      : subscriber_(map, from), at_start_(now) {
    if (subscriber_.start() == feed_start::resumed) has_ = std::move(known);
  }

  void step(std::size_t max) {
    const bool in_snapshot = subscriber_.state() == feed_state::snapshot;
    subscriber_.step(
        max,
        [&](const auto& element) {
          EXPECT_TRUE(in_snapshot);
          EXPECT_TRUE(has_.emplace(element.first, element.second).second) << "delivered twice";
        },
        [&](const change& one) {
          EXPECT_FALSE(in_snapshot);
          EXPECT_EQ(one.position, subscriber_.position() + 1);
          EXPECT_EQ(apply(has_, one), "");
        });
    if (in_snapshot && subscriber_.state() != feed_state::snapshot &&
        subscriber_.state() != feed_state::cut) {
      EXPECT_EQ(has_, at_start_) << "the whole snapshot, and nothing else";
    }
  }
  void restart(const content& now) {
    subscriber_.restart();
    at_start_ = now;
    has_.clear();
  }

  const content& has() const { return has_; }
  const steady::subscriber<Map>& subscriber() const { return subscriber_; }

 private:
  steady::subscriber<Map> subscriber_;
  content at_start_;
  content has_;
};

struct run_options {
  steady::feed_options feed;
  int operations = 400;
};

// A fed map, its model, and followers that come, step, go and come back.
template <class Map>
class fed_run {
 public:
  fed_run(std::uint32_t seed, const run_options& options)
      : random_(seed), map_(options.feed), operations_(options.operations) {}

  void run() {
    for (int n = random_() % 3 == 0 ? 0 : 800; n > 0; --n) write();
    for (int n = 0; n < operations_ && !testing::Test::HasFailure(); ++n) operate();
    settle();
    EXPECT_STREQ(map_.content().check_invariants(), nullptr);
    EXPECT_EQ(content(map_.begin(), map_.end()), now_);
    followers_.clear();
    EXPECT_EQ(map_.stats().snapshot_bytes, 0u);
  }
  std::uint64_t cuts() const { return cuts_; }
  std::uint64_t resumed() const { return resumed_; }

 private:
  void operate() {
    switch (random_() % 24) {
      case 0:
        return migrate();
      case 1:
        if (followers_.size() < 4) followers_.emplace_back(map_, now_);
        return;
      case 2:
        return leave();
      case 3:
        return come_back();
      case 4:
        if (random_() % 4 == 0) clear();
        return;
      case 5:
      case 6:
      case 7:
        for (auto& one : followers_) step(one, 1 + random_() % 8);
        return;
      case 8:
        static_cast<void>(map_.step(1 + random_() % 8));
        return;
      default:
        for (auto n = 1 + random_() % 12; n > 0; --n) write();
    }
  }

  void migrate() {
    switch (random_() % 5) {
      case 0:
        return map_.shrink_gradually();
      case 1:
        return map_.compact_gradually();
      case 2:
        return map_.reserve_gradually(map_.size() * 3);
      default:
        return map_.reseed_gradually();
    }
  }

  void write() {
    const std::uint64_t key = random_() % 1500;
    const std::uint64_t value = ++next_;
    const std::uint64_t before = map_.position();
    const bool was_there = now_.contains(key);
    bool changes = true;
    switch (random_() % 8) {
      case 0:
      case 1:
        EXPECT_EQ(map_.insert({key, value}), !was_there);
        changes = now_.emplace(key, value).second;
        break;
      case 2:
        EXPECT_EQ(map_.try_emplace(key, value), !was_there);
        changes = now_.emplace(key, value).second;
        break;
      case 3:
      case 4:
        EXPECT_EQ(map_.erase(key), was_there ? 1u : 0u);
        changes = now_.erase(key) == 1;
        break;
      case 5:
        changes = was_there;
        EXPECT_EQ(map_.modify(key, [](std::uint64_t& number) { number += 7; }), was_there);
        if (was_there) now_[key] += 7;
        break;
      default:
        EXPECT_EQ(map_.insert_or_assign(key, value), !was_there);
        now_[key] = value;
    }
    ASSERT_EQ(map_.position(), before + (changes ? 1 : 0));
  }
  void clear() {
    const std::uint64_t before = map_.position();
    const bool had_elements = !map_.empty();
    if (random_() % 2 == 0) {
      map_.clear();
    } else {
      map_.clear_gradually();
    }
    now_.clear();
    EXPECT_EQ(map_.position(), before + (had_elements ? 1 : 0));
  }

  void step(follower<Map>& one, std::size_t max) {
    one.step(max);
    if (one.subscriber().state() == feed_state::cut) {
      ++cuts_;
      EXPECT_TRUE(one.subscriber().why_cut() == cut_reason::fell_behind) << "nothing else can be";
      one.restart(now_);
    }
  }
  void leave() {
    if (followers_.empty()) return;
    const auto& gone = followers_.front();
    if (const auto from = gone.subscriber().resume_point()) {
      left_at_ = *from;
      left_with_ = gone.has();
    }
    followers_.pop_front();
  }
  void come_back() {
    if (!left_at_) return;
    followers_.emplace_back(map_, now_, *left_at_, left_with_);
    const auto& back = followers_.back().subscriber();
    const bool kept = map_.kept_after() <= left_at_->position;
    EXPECT_EQ(back.start() == feed_start::resumed, kept);
    EXPECT_EQ(back.start() == feed_start::not_kept, !kept);
    resumed_ += kept ? 1 : 0;
    left_at_.reset();
  }
  void settle() {
    for (auto& one : followers_) {
      for (int n = 0; n < 100'000 && one.subscriber().state() != feed_state::caught_up; ++n) {
        step(one, 3);
      }
      EXPECT_EQ(one.has(), now_);
      EXPECT_EQ(one.subscriber().position(), map_.position());
    }
  }

  std::mt19937 random_;
  Map map_;
  int operations_;
  content now_;
  std::uint64_t next_ = 0;
  std::uint64_t cuts_ = 0;
  std::uint64_t resumed_ = 0;
  std::list<follower<Map>> followers_;
  std::optional<steady::feed_position> left_at_;
  content left_with_;
};

template <class Map>
class feeds : public testing::Test {};

using maps = testing::Types<fed_numbers<>, fed_numbers<small_chunks_in_leaves>,
                            fed_numbers<narrow, narrow_hash>,
                            fed_numbers<steady::default_policy, constant_hash>>;
TYPED_TEST_SUITE(feeds, maps);

TYPED_TEST(feeds, deliver_every_change_once_whatever_happens) {
  std::uint64_t cuts = 0;
  std::uint64_t resumed = 0;
  for (std::uint32_t seed = 0; seed < (sanitized ? 12 : 40) && !this->HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    steady::detail::random_state() = seed + 1;
    run_options options;
    options.feed.max_changes = seed % 2 == 0 ? 100'000 : 150;
    fed_run<TypeParam> run(seed, options);
    run.run();
    cuts += run.cuts();
    resumed += run.resumed();
  }
  EXPECT_GT(cuts, 0u) << "the test must meet them";
  EXPECT_GT(resumed, 0u);
}

// Begins at each step of a migration, and outlasts it.
TYPED_TEST(feeds, begin_in_the_middle_of_every_migration) {
  for (int kind = 0; kind < 4; ++kind) {
    for (std::size_t before = 0; before < 60; before += sanitized ? 12 : 3) {
      TypeParam map;
      content now;
      for (std::uint64_t n = 0; n < 700; ++n) now[n] = n, map.insert({n, n});
      map.finish();
      if (kind == 0) map.reserve_gradually(3000);
      if (kind == 1) {
        for (std::uint64_t n = 100; n < 700; ++n) now.erase(n), map.erase(n);
        map.shrink_gradually();
      }
      if (kind == 2) map.compact_gradually();
      if (kind == 3) map.reseed_gradually();
      map.step(before);
      follower<TypeParam> one(map, now);
      std::uint64_t next = 0;
      while (one.subscriber().state() != feed_state::caught_up) {
        one.step(1);
        map.step(1);
        if (next >= 150) continue;
        map.insert_or_assign(next % 90, next + 5000), now[next % 90] = next + 5000;
        map.erase(next + 700), now.erase(next + 700);
        map.insert_or_assign(next + 800, next), now[next + 800] = next;
        ++next;
      }
      ASSERT_EQ(one.has(), now) << kind << ' ' << before;
    }
  }
}

// ---- single situations ----

TEST(feed, counts_what_changes_something) {
  fed_numbers<> map;
  EXPECT_EQ(map.position(), 0u);
  EXPECT_TRUE(map.insert({1, 10}));
  EXPECT_FALSE(map.insert({1, 11}));
  EXPECT_EQ(map.erase(2u), 0u);
  EXPECT_FALSE(map.modify(2u, [](std::uint64_t&) { FAIL(); }));
  EXPECT_EQ(map.position(), 1u);
  EXPECT_EQ(map.at(1u), 10u);
  EXPECT_FALSE(map.insert_or_assign(1u, 12u));
  EXPECT_EQ(map.position(), 2u);
  map.clear();
  map.clear();
  EXPECT_EQ(map.position(), 3u);
}

TEST(feed, takes_over_a_map) {
  steady::hash_map<std::string, int> old{{"apples", 3}};
  steady::fed_map<std::string, int> map(std::move(old));
  EXPECT_EQ(map.position(), 0u);
  steady::subscriber follower(map);
  int elements = 0;
  follower.step(
      10, [&](const auto& element) { elements += element.second; }, [](const auto&) { FAIL(); });
  EXPECT_EQ(elements, 3);
  EXPECT_EQ(follower.state(), feed_state::caught_up);
}

TEST(feed, of_a_set_has_no_values) {
  steady::fed_set<std::string> set;
  steady::subscriber follower(set);
  set.insert("a");
  set.insert("b");
  set.insert("a");
  set.erase("a");
  set.clear_gradually();
  std::vector<steady::change<std::string, void>> heard;
  follower.step(
      10, [](const auto&) { FAIL(); }, [&](const auto& one) { heard.push_back(one); });
  const std::vector<steady::change<std::string, void>> expected{{1, change_kind::insert, "a"},
                                                                {2, change_kind::insert, "b"},
                                                                {3, change_kind::erase, "a"},
                                                                {4, change_kind::clear, {}}};
  EXPECT_EQ(heard, expected);
}

TEST(feed, takes_keys_of_other_types_as_hash_map_does) {
  steady::fed_map<std::string, int, steady::hash<std::string>, std::equal_to<>> map;
  const std::string_view apples = "apples";
  EXPECT_TRUE(map.try_emplace(apples, 1));
  EXPECT_FALSE(map.try_emplace(apples, 2));
  EXPECT_FALSE(map.insert_or_assign(apples, 3));
  EXPECT_TRUE(map.insert_or_assign(std::string_view("pears"), 4));
  EXPECT_TRUE(map.modify(apples, [](int& value) { ++value; }));
  EXPECT_EQ(map.at(apples), 4);
  EXPECT_EQ(map.erase(apples), 1u);
  EXPECT_EQ(map.position(), 5u);

  steady::fed_set<std::string, steady::hash<std::string>, std::equal_to<>> set;
  EXPECT_TRUE(set.insert(apples));
  EXPECT_FALSE(set.insert(apples));
  EXPECT_TRUE(set.insert({"plums", 4}));
  EXPECT_TRUE(set.contains(apples) && set.contains("plum"));
  EXPECT_EQ(set.position(), 2u);
}

TEST(feed, keeps_what_fits_into_its_bytes) {
  steady::feed_options options;
  options.max_bytes = 10'000;
  steady::fed_map<int, std::string> map(options);
  for (int n = 0; n < 1000; ++n) {
    map.insert_or_assign(n % 10, std::string(static_cast<std::size_t>(n % 300), 'x'));
    ASSERT_LE(map.kept_bytes(), 10'000u);
  }
  EXPECT_GT(map.position() - map.kept_after(), 20u);
  map.insert_or_assign(0, std::string(20'000, 'x'));  // more than there is room for
  EXPECT_EQ(map.kept_after(), map.position());
  EXPECT_EQ(map.kept_bytes(), 0u);
}

TEST(feed, cuts_off_who_falls_behind) {
  steady::feed_options options;
  options.max_changes = 50;
  fed_numbers<> map(options);
  steady::subscriber follower(map);
  for (std::uint64_t n = 0; n < 50; ++n) map.insert({n, n});
  EXPECT_EQ(follower.state(), feed_state::changes);
  map.insert({50, 50});
  EXPECT_EQ(follower.state(), feed_state::cut);
  EXPECT_EQ(follower.why_cut(), cut_reason::fell_behind);
  const auto never = [](const auto&) { FAIL(); };
  EXPECT_EQ(follower.step(10, never, never), feed_state::cut);
  follower.restart();
  EXPECT_EQ(follower.state(), feed_state::snapshot);
  std::size_t elements = 0;
  while (follower.step(
             1, [&](const auto&) { ++elements; }, never) != feed_state::caught_up) {
  }
  EXPECT_EQ(elements, 51u);
}

TEST(feed, cuts_off_who_takes_too_much_memory_and_gives_it_back_in_steps) {
  fed_numbers<> map(steady::feed_options{1'000'000, ~std::size_t{0}});
  for (std::uint64_t n = 0; n < 100'000; ++n) map.insert({n, n});
  steady::subscriber follower(map, steady::subscriber_options{200'000});
  std::size_t most = 0;
  std::uint64_t n = 0;
  for (; follower.state() != feed_state::cut; ++n) {
    map.insert_or_assign(n, n + 1);
    most = std::max(most, map.stats().snapshot_bytes);
  }
  EXPECT_EQ(follower.why_cut(), cut_reason::copied_bytes);
  EXPECT_LE(most, 210'000u) << "one bucket more than the limit, and memory for its note";
  std::size_t held = follower.bytes();
  EXPECT_GT(held, 0u);
  for (; follower.bytes() > 0; ++n) {
    map.insert_or_assign(n, n + 1);
    // Where the notes shrink, there are two arrays of them for a while.
    ASSERT_LE(follower.bytes(), held + 10'000);
    held = follower.bytes();
  }
}

TEST(feed, tells_positions_of_others) {
  fed_numbers<> map;
  fed_numbers<> other;
  map.insert({1, 1});
  other.insert({1, 1});
  steady::subscriber first(map);
  EXPECT_FALSE(first.resume_point());
  while (first.step(
             9, [](const auto&) {}, [](const auto&) {}) != feed_state::caught_up) {
  }
  const auto point = first.resume_point();
  ASSERT_TRUE(point);
  EXPECT_EQ(steady::subscriber(map, *point).start(), feed_start::resumed);
  EXPECT_EQ(steady::subscriber(other, *point).start(), feed_start::other_feed);
  steady::feed_position later = *point;
  ++later.position;
  EXPECT_EQ(steady::subscriber(map, later).start(), feed_start::other_feed);
}

TEST(feed, resumes_from_every_position_that_is_kept_and_from_no_other) {
  steady::feed_options options;
  options.max_changes = 10;
  fed_numbers<> map(options);
  for (std::uint64_t n = 0; n < 25; ++n) map.insert({n, n});
  ASSERT_EQ(map.kept_after(), 15u);
  const auto ignore = [](const auto&) {};
  steady::subscriber first(map);
  while (first.step(100, ignore, ignore) != feed_state::caught_up) {
  }
  for (std::uint64_t position = 0; position <= 26; ++position) {
    SCOPED_TRACE(position);
    steady::subscriber one(map, steady::feed_position{first.resume_point()->feed, position});
    EXPECT_EQ(one.start(), position > 25    ? feed_start::other_feed
                           : position >= 15 ? feed_start::resumed
                                            : feed_start::not_kept);
    if (one.start() != feed_start::resumed) continue;
    std::vector<std::uint64_t> heard;
    EXPECT_EQ(one.step(100, ignore, [&](const change& that) { heard.push_back(that.position); }),
              feed_state::caught_up);
    ASSERT_EQ(heard.size(), 25 - position);
    if (!heard.empty()) {
      EXPECT_EQ(heard.front(), position + 1);
    }
  }
}

TEST(feed, tells_subscribers_that_it_ends) {
  auto map = std::make_unique<fed_numbers<>>();
  for (std::uint64_t n = 0; n < 100; ++n) map->insert({n, n});
  steady::subscriber showing(*map);
  steady::subscriber streaming(*map);
  const auto ignore = [](const auto&) {};
  while (streaming.step(9, ignore, ignore) != feed_state::caught_up) {
  }
  map.reset();
  for (auto* const one : {&showing, &streaming}) {
    EXPECT_EQ(one->state(), feed_state::cut);
    EXPECT_EQ(one->why_cut(), cut_reason::ended);
    EXPECT_EQ(one->step(9, ignore, ignore), feed_state::cut);
    one->restart();
    EXPECT_EQ(one->state(), feed_state::cut);
  }
  EXPECT_TRUE(streaming.resume_point()) << "for whoever stores it";
}

TEST(feed, gives_the_copies_of_an_abandoned_subscriber_back_in_steps) {
  fed_numbers<> map;
  for (std::uint64_t n = 0; n < 10'000; ++n) map.insert({n, n});
  std::optional<steady::subscriber<fed_numbers<>>> follower;
  follower.emplace(map);
  for (std::uint64_t n = 0; n < 10'000; ++n) map.insert_or_assign(n, n + 1);
  const std::size_t held = follower->bytes();
  EXPECT_FALSE(follower->skip(1)) << "it is not cut off";
  EXPECT_EQ(follower->bytes(), held);
  follower->abandon();
  EXPECT_EQ(follower->state(), feed_state::cut);
  EXPECT_EQ(follower->why_cut(), cut_reason::abandoned);
  std::size_t steps = 0;
  for (; follower->skip(1); ++steps) ASSERT_LE(follower->bytes(), held);
  EXPECT_GT(steps, 500u) << "a bucket each";
  EXPECT_EQ(follower->bytes(), 0u);
  follower->restart();
  EXPECT_EQ(follower->why_cut(), cut_reason::none);
  std::uint64_t elements = 0;
  const auto deliver = [&](const auto&) { ++elements; };
  while (follower->step(100, deliver, deliver) != feed_state::caught_up) {
  }
  EXPECT_EQ(elements, 10'000u);
  follower->abandon();
  EXPECT_EQ(follower->why_cut(), cut_reason::abandoned) << "also one that streams";
  EXPECT_FALSE(follower->skip(1));
}

// At once, but bucket by bucket for the snapshot.
TEST(feed, keeps_what_is_reserved_where_it_is_cleared_under_a_subscriber) {
  fed_numbers<> map;
  map.reserve(5'000);
  for (std::uint64_t n = 0; n < 4'000; ++n) map.insert({n, n});
  steady::subscriber follower(map);
  map.clear();
  EXPECT_FALSE(map.migrating());
  const auto buckets = map.stats().buckets;
  for (std::uint64_t n = 0; n < 5'000; ++n) map.insert({n, n});
  EXPECT_FALSE(map.migrating());
  EXPECT_EQ(map.stats().buckets, buckets);
  std::uint64_t elements = 0;
  while (follower.state() == feed_state::snapshot) {
    follower.step(
        100, [&](const auto&) { ++elements; }, [](const auto&) {});
  }
  EXPECT_EQ(elements, 4'000u);
}

// Also those that are cut off, or whose snapshot could not begin: restart() must know.
TEST(feed, tells_subscribers_without_a_snapshot_that_it_ends) {
  using map_type =
      steady::fed_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                      ledger_allocator<std::pair<const std::uint64_t, std::uint64_t>>>;
  memory_ledger ledger;
  auto map = std::make_unique<map_type>(
      map_type::container_type{map_type::container_type::allocator_type(ledger)});
  map->insert({1, 1});
  ledger.refuse_above = 0;
  EXPECT_THROW(steady::subscriber{*map}, std::bad_alloc) << "and nobody is told of it later";
  ledger.refuse_above = memory_ledger::never;
  steady::subscriber cut(*map, steady::subscriber_options{0});
  for (std::uint64_t n = 0; n < 100; ++n) map->insert_or_assign(n, n);
  EXPECT_EQ(cut.why_cut(), cut_reason::copied_bytes);
  EXPECT_EQ(cut.bytes(), 0u);

  auto other = std::make_unique<map_type>(
      map_type::container_type{map_type::container_type::allocator_type(ledger)});
  steady::subscriber failing(*other);
  other->insert({1, 1});
  ledger.refuse_above = 0;
  EXPECT_THROW(failing.restart(), std::bad_alloc);
  ledger.refuse_above = memory_ledger::never;
  EXPECT_EQ(failing.why_cut(), cut_reason::out_of_memory);

  map.reset();
  other.reset();
  cut.restart();
  EXPECT_EQ(cut.why_cut(), cut_reason::copied_bytes);
  failing.restart();
  EXPECT_EQ(failing.why_cut(), cut_reason::out_of_memory);
}

TEST(feed, delivers_again_what_a_visitor_threw_at) {
  fed_numbers<> map;
  steady::subscriber follower(map);
  for (std::uint64_t n = 0; n < 10; ++n) map.insert({n, n});
  const auto never = [](const auto&) { FAIL(); };
  std::vector<std::uint64_t> heard;
  int calls = 0;
  while (follower.state() != feed_state::caught_up) {
    try {
      follower.step(4, never, [&](const change& one) {
        if (++calls % 3 == 0) throw std::runtime_error("enough");
        heard.push_back(one.position);
      });
    } catch (const std::runtime_error&) {
    }
  }
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(feed, cuts_off_for_whom_nothing_can_be_copied) {
  using map_type =
      steady::fed_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                      ledger_allocator<std::pair<const std::uint64_t, std::uint64_t>>>;
  memory_ledger ledger;
  map_type map(map_type::container_type{map_type::container_type::allocator_type(ledger)});
  for (std::uint64_t n = 0; n < 1000; ++n) map.insert({n, n});
  steady::subscriber follower(map);
  ledger.refuse_above = 0;
  EXPECT_FALSE(map.insert_or_assign(1u, 5u)) << "a writer does not notice";
  ledger.refuse_above = memory_ledger::never;
  const auto ignore = [](const auto&) {};
  EXPECT_EQ(follower.step(9, ignore, ignore), feed_state::cut);
  EXPECT_EQ(follower.why_cut(), cut_reason::out_of_memory);
}

// A value whose every copy may fail.
struct fallible_value {
  std::uint64_t number = 0;

  explicit fallible_value(std::uint64_t n) : number(n) {}
  fallible_value(const fallible_value& other) : number((countdown::chance(), other.number)) {}
  fallible_value(fallible_value&&) noexcept = default;
  fallible_value& operator=(const fallible_value&) = delete;
  fallible_value& operator=(fallible_value&&) noexcept = default;
};

// Whatever throws: no change, no position.
TEST(feed, a_change_happens_wholly_or_not_at_all) {
  const auto run = [](int kind, std::size_t fails_at) {
    steady::fed_map<std::uint64_t, fallible_value, fallible_hash, fallible_equal> map;
    for (std::uint64_t n = 0; n < 20; ++n) map.insert_or_assign(n, fallible_value(n));
    steady::subscriber follower(map);
    content before;
    for (const auto& [key, value] : map) before[key] = value.number;
    bool threw = false;
    countdown::arm(fails_at);
    try {
      if (kind == 0) map.insert_or_assign(std::uint64_t{100}, fallible_value(1));
      if (kind == 1) map.insert_or_assign(std::uint64_t{3}, fallible_value(1));
      if (kind == 2) map.modify(std::uint64_t{3}, [](fallible_value& value) { value.number = 9; });
      if (kind == 3) map.erase(std::uint64_t{3});
    } catch (const injected_failure&) {
      threw = true;
    }
    countdown::disarm();
    content after;
    for (const auto& [key, value] : map) after[key] = value.number;
    EXPECT_EQ(after == before, threw);
    EXPECT_EQ(map.position(), threw ? 20u : 21u);
    EXPECT_STREQ(map.content().check_invariants(), nullptr);
    return threw;
  };
  for (int kind = 0; kind < 4; ++kind) {
    std::size_t fails_at = 0;
    while (run(kind, fails_at)) ++fails_at;
    EXPECT_GT(fails_at, 0u) << kind;
  }
}

#if STEADY_DEBUG
TEST(feed_deathtest, a_visitor_must_not_write) {
  fed_numbers<> map;
  steady::subscriber follower(map);
  map.insert({1, 1});
  const auto write = [&](const auto&) { map.insert({2, 2}); };
  EXPECT_DEATH(follower.step(9, write, write), "from within a visitor of its subscriber");
}
#endif

}  // namespace
