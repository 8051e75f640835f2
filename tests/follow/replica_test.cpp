// What a follower no longer needs is freed in steps, however often the source begins a snapshot
// anew.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <steady/codec.hpp>
#include <steady/detail/follow/replica.hpp>
#include <steady/hash_map.hpp>
#include <steady/records.hpp>

namespace {

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

}  // namespace
