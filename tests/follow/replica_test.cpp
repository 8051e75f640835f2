// What a follower no longer needs is freed in steps, however often the source begins a snapshot
// anew; its containers keep the allocator that they were given; and what throws leaves content and
// position as they were.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory_resource>
#include <new>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/codec.hpp>
#include <steady/detail/follow/replica.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/pmr.hpp>
#include <steady/records.hpp>

#include "support/countdown.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using support::ledger_allocator;
using support::memory_ledger;

struct counted {
  static inline long alive = 0;

  std::uint64_t number = 0;

  counted() { ++alive; }
  explicit counted(std::uint64_t n) : number(n) { ++alive; }
  counted(const counted& other) : number(other.number) { ++alive; }
  counted& operator=(const counted&) = default;
  ~counted() { --alive; }
};

}  // namespace

template <>
struct steady::codec<counted> {
  static std::string name() { return "counted"; }
  static void write(byte_buffer& out, const counted& value) { out.number<8>(value.number); }
  static bool read(byte_reader& in, counted& value) { return in.number<8>(value.number); }
};

namespace {

using content = steady::hash_map<std::uint64_t, counted>;

class source {
 public:
  // The largest number of values that one record has freed, the record's own ones aside.
  long most_freed() const { return most_freed_; }
  std::size_t size() const { return replica_.content().size(); }
  std::size_t slots() const { return replica_.content().bucket_count(); }

  void begin(std::uint64_t elements) {
    out_.clear();
    position_ = elements;
    steady::append_header(out_, {steady::record_stream::snapshot, 1, elements, elements,
                                 steady::codec<std::uint64_t>::name(), "counted"});
    take();
    replica_.reserve(elements);
  }
  void load(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t n = first; n < first + count; ++n) {
      const counted value(n);
      out_.clear();
      steady::append_element(out_, n, &value);
      take();
    }
  }
  void end(std::uint64_t elements) {
    out_.clear();
    steady::append_end(out_, elements);
    take();
  }
  void erase(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t n = first; n < first + count; ++n) {
      change(steady::change_kind::erase, n, nullptr);
    }
  }
  void clear() {
    out_.clear();
    const std::uint64_t* const no_key = nullptr;
    const counted* const no_value = nullptr;
    ASSERT_TRUE(
        steady::append_change(out_, ++position_, steady::change_kind::clear, no_key, no_value));
    take();
  }
  // As a follower does that waits.
  void free_more(std::size_t count) { replica_.free_more(count); }
  void insert(std::uint64_t first, std::uint64_t count) {
    const counted value;
    for (std::uint64_t n = first; n < first + count; ++n) {
      change(steady::change_kind::insert, n, &value);
    }
  }

 private:
  void change(steady::change_kind kind, std::uint64_t key, const counted* value) {
    out_.clear();
    ASSERT_TRUE(steady::append_change(out_, ++position_, kind, &key, value));
    take();
  }
  void take() {
    const long before = counted::alive;
    EXPECT_EQ(replica_.take(steady::parse_frame(out_.view()).payload), nullptr);
    most_freed_ = std::max(most_freed_, before - counted::alive);
  }

  steady::detail::replica<content> replica_{content()};
  steady::byte_buffer out_;
  std::uint64_t position_ = 0;
  long most_freed_ = 0;
};

TEST(replica, lacks_something_as_long_as_it_is_of_another_source) {
  steady::detail::replica<content> of{content()};
  of.begin_empty(1);
  EXPECT_EQ(of.lag().positions, 0u);
  of.heard_of(2, 0);
  EXPECT_EQ(of.lag().positions, 1u) << "the snapshot without elements";
  of.heard_of(2, 7);
  EXPECT_EQ(of.lag().positions, 7u);
  of.begin_empty(2);
  of.heard_of(2, 0);
  EXPECT_EQ(of.lag().positions, 0u);
}

// There is no position behind the last one.
TEST(replica, takes_no_change_behind_the_last_position) {
  constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  steady::detail::replica<content> of{content()};
  steady::byte_buffer out;
  steady::append_header(out, {steady::record_stream::snapshot, 1, last, 0,
                              steady::codec<std::uint64_t>::name(), "counted"});
  EXPECT_EQ(of.take(steady::parse_frame(out.view()).payload), nullptr);
  out.clear();
  steady::append_end(out, 0);
  EXPECT_EQ(of.take(steady::parse_frame(out.view()).payload), nullptr);
  out.clear();
  const std::uint64_t key = 7;
  const counted value;
  ASSERT_TRUE(steady::append_change(out, 0, steady::change_kind::insert, &key, &value));
  EXPECT_NE(of.take(steady::parse_frame(out.view()).payload), nullptr);
  EXPECT_EQ(of.position(), last);
  EXPECT_TRUE(of.content().empty());
}

TEST(replica, frees_in_steps_whatever_is_begun_anew) {
  source from;
  from.begin(20'000);
  from.load(0, 20'000);
  from.end(20'000);
  EXPECT_EQ(from.size(), 20'000u);
  for (int n = 0; n < 3; ++n) {  // snapshots that the source gives up
    from.begin(20'000);
    from.load(0, 10'000);
  }
  from.begin(40);
  from.load(0, 40);
  from.end(40);
  from.begin(30);
  from.load(0, 30);
  from.end(30);
  EXPECT_EQ(from.size(), 30u);
  EXPECT_LE(from.most_freed(), 500) << "four buckets with their overflow";
  from.begin(5'000);
  from.load(0, 5'000);
  from.end(5'000);
  from.begin(1);
  EXPECT_LE(counted::alive, 5'000 + 100) << "and nothing stays";
}

// Room for a snapshot's elements is there as long as they need it.
TEST(replica, shrinks_when_what_a_snapshot_brought_is_erased) {
  source from;
  from.begin(20'000);
  from.load(0, 20'000);
  from.end(20'000);
  EXPECT_GE(from.slots(), 20'000u);
  from.erase(0, 19'900);
  EXPECT_EQ(from.size(), 100u);
  from.insert(20'000, 500);  // which drive the migration
  EXPECT_LE(from.slots(), 2'000u);
}

// However many elements it takes away.
TEST(replica, frees_in_steps_what_is_cleared) {
  source from;
  from.begin(20'000);
  from.load(0, 20'000);
  from.end(20'000);
  from.clear();
  EXPECT_EQ(from.size(), 0u);
  EXPECT_GT(counted::alive, 19'000);
  from.insert(0, 100);
  EXPECT_EQ(from.size(), 100u);
  EXPECT_LE(from.most_freed(), 500) << "four buckets with their overflow, twice";
  from.free_more(20'000);
  EXPECT_LE(counted::alive, 100 + 10) << "and nothing stays";
}

// Content of which all was erased may hold as much memory as before.
TEST(replica, frees_in_steps_what_was_large_and_is_empty) {
  using map_type =
      steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                       ledger_allocator<std::pair<const std::uint64_t, std::uint64_t>>>;
  using replica_type = steady::detail::replica<map_type>;
  memory_ledger ledger;
  replica_type of{map_type{map_type::allocator_type(ledger)}};
  std::size_t most = 0;
  steady::byte_buffer out;
  const auto take = [&] {
    const std::size_t before = ledger.blocks;
    ASSERT_EQ(of.take(steady::parse_frame(out.view()).payload), nullptr);
    if (ledger.blocks < before) most = std::max(most, before - ledger.blocks);
    out.clear();
  };
  const auto snapshot = [&](std::uint64_t position, std::uint64_t elements) {
    steady::append_header(out, {steady::record_stream::snapshot, 1, position, elements,
                                replica_type::key_name(), replica_type::value_name()});
    take();
    for (std::uint64_t n = 0; n < elements; ++n) {
      steady::append_element<std::uint64_t, std::uint64_t>(out, n, &n);
      take();
    }
    steady::append_end(out, elements);
    take();
  };
  constexpr std::uint64_t many = 500'000;
  snapshot(0, many);
  const std::size_t full = ledger.blocks;
  for (std::uint64_t n = 0; n < many; ++n) {
    const std::uint64_t* const none = nullptr;
    steady::append_change(out, n + 1, steady::change_kind::erase, &n, none);
    take();
  }
  EXPECT_GT(ledger.blocks, full / 4) << "for it to be seen";
  most = 0;
  snapshot(many + 5, 0);
  snapshot(many + 9, 0);
  EXPECT_LE(most, 20u) << "four chunks, and what is around them";
  of.free_more(many);
  EXPECT_LE(ledger.blocks, 2u) << "and nothing stays";
}

// ---- memory that is given, and what throws ----

class watched_memory final : public std::pmr::memory_resource {
 public:
  std::size_t allocations() const { return allocations_; }
  void refuse(bool on) { refuses_ = on; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (refuses_) throw std::bad_alloc();
    ++allocations_;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::size_t allocations_ = 0;
  bool refuses_ = false;
};

// While one lives, memory that nobody has asked for by name comes from there.
class default_memory {
 public:
  explicit default_memory(std::pmr::memory_resource& by)
      : before_(std::pmr::set_default_resource(&by)) {}
  ~default_memory() { std::pmr::set_default_resource(before_); }
  default_memory(const default_memory&) = delete;
  default_memory& operator=(const default_memory&) = delete;

 private:
  std::pmr::memory_resource* before_;
};

// Sends a set's snapshots and changes, record by record.
template <class Set>
struct number_source {
  steady::detail::replica<Set> into;
  steady::byte_buffer out;

  explicit number_source(Set&& empty) : into(std::move(empty)) {}
  void send() {
    EXPECT_EQ(into.take(steady::parse_frame(out.view()).payload), nullptr);
    out.clear();
  }
  // All but its end.
  void load(std::uint64_t count, std::uint64_t position) {
    steady::append_header(out, {steady::record_stream::snapshot, 1, position, count,
                                steady::codec<std::uint64_t>::name(), ""});
    send();
    for (std::uint64_t n = 0; n < count; ++n) {
      steady::append_element(out, n, static_cast<const void*>(nullptr));
      send();
    }
  }
  void end(std::uint64_t count) {
    steady::append_end(out, count);
    send();
  }
  void clear() {
    const std::uint64_t* const no_key = nullptr;
    steady::append_change(out, into.position() + 1, steady::change_kind::clear, no_key,
                          static_cast<const void*>(nullptr));
    send();
  }
};

using watched_set = steady::pmr::hash_set<std::uint64_t>;

TEST(replica, takes_all_memory_of_content_from_the_allocator_that_was_given) {
  watched_memory given;
  watched_memory other;
  const default_memory by_default(other);
  number_source<watched_set> from{watched_set(&given)};
  for (std::uint64_t round = 1; round <= 3; ++round) {
    from.load(5'000, round * 100);
    const std::size_t before = given.allocations();
    from.end(5'000);
    EXPECT_LE(given.allocations() - before, 4u) << "elements stay where they are";
    EXPECT_EQ(from.into.content().size(), 5'000u);
    EXPECT_EQ(from.into.content().get_allocator().resource(), &given);
  }
  from.clear();
  from.into.begin_empty(2);
  EXPECT_EQ(from.into.content().get_allocator().resource(), &given);
  EXPECT_EQ(other.allocations(), 0u);
}

TEST(replica, needs_no_memory_to_replace_content) {
  watched_memory given;
  number_source<watched_set> from{watched_set(&given)};
  from.load(2'000, 100);
  from.end(2'000);
  from.load(3'000, 200);
  given.refuse(true);
  EXPECT_NO_THROW(from.end(3'000));
  given.refuse(false);
  EXPECT_EQ(from.into.position(), 200u);
  EXPECT_EQ(from.into.content().size(), 3'000u);
}

// Copying it may fail, and so may whatever exchanges two of them.
struct fallible_copies {
  fallible_copies() = default;
  fallible_copies(const fallible_copies&) { support::countdown::chance(); }
  fallible_copies& operator=(const fallible_copies&) {
    support::countdown::chance();
    return *this;
  }
  ~fallible_copies() = default;
  std::size_t operator()(std::uint64_t key) const noexcept {
    return steady::hash<std::uint64_t>{}(key);
  }
};
using fallible_set = steady::hash_set<std::uint64_t, fallible_copies>;

// A snapshot's end that has thrown, at whatever chance, may come again.
TEST(replica, has_the_old_content_where_replacing_it_throws) {
  std::size_t throws = 0;
  for (bool fired = true; fired && !HasFailure();) {
    number_source<fallible_set> from{fallible_set()};
    from.load(50, 100);
    from.end(50);
    from.load(70, 200);
    support::countdown::arm(throws);
    try {
      from.end(70);
    } catch (const support::injected_failure&) {
      EXPECT_TRUE(from.into.is_loading());
      EXPECT_EQ(from.into.position(), 100u);
      EXPECT_EQ(from.into.content().size(), 50u);
      from.out.clear();
      from.end(70);
    }
    fired = support::countdown::fired();
    support::countdown::disarm();
    EXPECT_FALSE(from.into.is_loading());
    EXPECT_EQ(from.into.position(), 200u);
    EXPECT_EQ(from.into.content().size(), 70u);
    if (fired) ++throws;
  }
  EXPECT_GT(throws, 1u);
}

TEST(replica, has_the_old_content_where_clearing_it_throws) {
  std::size_t throws = 0;
  for (bool fired = true; fired && !HasFailure();) {
    number_source<fallible_set> from{fallible_set()};
    from.load(50, 100);
    from.end(50);
    support::countdown::arm(throws);
    try {
      from.clear();
    } catch (const support::injected_failure&) {
      EXPECT_EQ(from.into.position(), 100u);
      EXPECT_EQ(from.into.content().size(), 50u);
      from.out.clear();
      from.clear();
    }
    fired = support::countdown::fired();
    support::countdown::disarm();
    EXPECT_EQ(from.into.position(), 101u);
    EXPECT_TRUE(from.into.content().empty());
    if (fired) ++throws;
  }
  EXPECT_GT(throws, 1u);
}

}  // namespace
