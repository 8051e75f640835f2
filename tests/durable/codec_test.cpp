// Codecs and records: values become bytes and the same values again, and nothing else becomes any.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/codec.hpp>
#include <steady/detail/base/crc32c.hpp>
#include <steady/records.hpp>

namespace {

using steady::byte_buffer;
using steady::byte_reader;
using steady::codec;

enum class color : std::uint16_t { red = 1, blue = 0x1234 };

// Numbers that are none of its enumerators would be undefined behaviour.
enum unfixed { small, large };
enum fixed : std::uint8_t { nothing, something };
enum class scoped { one, two };
enum flag : bool { no, yes };

struct point {
  int x = 0;
  int y = 0;
  friend bool operator==(const point&, const point&) = default;
};

template <class T>
std::vector<unsigned> bytes_of(const T& value) {
  byte_buffer out;
  codec<T>::write(out, value);
  return {out.view().begin(), out.view().end()};
}

// There and back; and no part of the bytes is a value.
template <class T>
void expect_round_trip(const T& value) {
  byte_buffer out;
  codec<T>::write(out, value);
  byte_reader in(out.view());
  T read{};
  EXPECT_TRUE(codec<T>::read(in, read));
  EXPECT_EQ(read, value);
  EXPECT_EQ(in.left(), 0u);
  for (std::size_t length = 0; length < out.size(); ++length) {
    byte_reader part(out.view().first(length));
    T other{};
    EXPECT_FALSE(codec<T>::read(part, other)) << length;
  }
}

}  // namespace

template <>
struct steady::codec<point> {
  static std::string name() { return "point"; }
  static void write(byte_buffer& out, const point& value) {
    codec<int>::write(out, value.x);
    codec<int>::write(out, value.y);
  }
  static bool read(byte_reader& in, point& value) {
    return codec<int>::read(in, value.x) && codec<int>::read(in, value.y);
  }
};

namespace {

TEST(codec, values_come_back) {
  expect_round_trip<std::int8_t>(-1);
  expect_round_trip<std::uint64_t>(0x0123456789abcdefu);
  expect_round_trip<std::int64_t>(std::numeric_limits<std::int64_t>::min());
  expect_round_trip(true);
  expect_round_trip(color::blue);
  expect_round_trip(1.5f);
  expect_round_trip(-std::numeric_limits<double>::infinity());
  expect_round_trip(std::string("apples\0and pears", 16));
  expect_round_trip(std::string());
  expect_round_trip(std::vector<std::string>{"a", "", "ccc"});
  expect_round_trip(std::vector<bool>{true, false, true});
  expect_round_trip(std::pair<std::string, std::vector<int>>("a", {1, -2}));
  expect_round_trip(std::array<std::uint16_t, 3>{1, 2, 3});
  expect_round_trip(std::optional<std::string>("x"));
  expect_round_trip(std::optional<std::string>());
  expect_round_trip(std::vector<point>{{1, 2}, {3, 4}});
}

// The format does not change: these are the bytes of docs/formats.md.
TEST(codec, bytes_are_as_documented) {
  using list = std::vector<unsigned>;
  EXPECT_EQ(bytes_of<std::uint32_t>(0x01020304), (list{4, 3, 2, 1}));
  EXPECT_EQ(bytes_of<std::int16_t>(-2), (list{0xfe, 0xff}));
  EXPECT_EQ(bytes_of(color::blue), (list{0x34, 0x12}));
  EXPECT_EQ(bytes_of(1.0f), (list{0, 0, 0x80, 0x3f}));
  EXPECT_EQ(bytes_of(std::string("ab")), (list{2, 0, 0, 0, 'a', 'b'}));
  EXPECT_EQ(bytes_of(std::vector<std::uint8_t>{7}), (list{1, 0, 0, 0, 7}));
  EXPECT_EQ(bytes_of(std::optional<std::uint8_t>(9)), (list{1, 9}));
  EXPECT_EQ(bytes_of(std::optional<std::uint8_t>()), (list{0}));
}

TEST(codec, names_tell_types_apart) {
  EXPECT_EQ(codec<int>::name(), "i32");
  EXPECT_EQ(codec<color>::name(), "u16");
  EXPECT_EQ(codec<double>::name(), "f64");
  EXPECT_EQ((codec<std::pair<std::string, std::vector<bool>>>::name()), "pair<text,vector<bool>>");
  EXPECT_EQ((codec<std::array<std::optional<int>, 2>>::name()), "array<optional<i32>,2>");
  static_assert(steady::has_codec<point> && !steady::has_codec<int*> && !steady::has_codec<void>);
  static_assert(steady::has_codec<fixed> && steady::has_codec<scoped> && steady::has_codec<flag>);
  static_assert(!steady::has_codec<unfixed>);
}

#if defined(__SIZEOF_INT128__)
TEST(codec, of_wide_integers_keeps_both_halves) {
  __extension__ using wide = unsigned __int128;
  __extension__ using signed_wide = __int128;
  const wide value = (wide{0x0102030405060708u} << 64) | 0x1112131415161718u;
  EXPECT_EQ(bytes_of(value), (std::vector<unsigned>{0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
                                                    8, 7, 6, 5, 4, 3, 2, 1}));
  expect_round_trip(value);
  expect_round_trip<signed_wide>(-1);
  expect_round_trip<signed_wide>(-(signed_wide{1} << 100) + 5);
  EXPECT_EQ(codec<wide>::name(), "u128");
  EXPECT_EQ(codec<signed_wide>::name(), "i128");
}
#endif

// -funsigned-char and other machines change nothing.
TEST(codec, of_characters_has_the_same_name_everywhere) {
  EXPECT_EQ(codec<char>::name(), "i8");
  EXPECT_EQ(codec<wchar_t>::name(), sizeof(wchar_t) == 4 ? "i32" : "i16");
  EXPECT_EQ(bytes_of<char>('\xff'), (std::vector<unsigned>{0xff}));
}

TEST(codec, believes_no_count) {
  byte_buffer out;
  out.number<4>(0xffffffffu);
  out.append("abc", 3);
  byte_reader text(out.view());
  std::string read;
  EXPECT_FALSE(codec<std::string>::read(text, read));
  byte_reader numbers(out.view());
  std::vector<std::uint64_t> many;
  EXPECT_FALSE(codec<decltype(many)>::read(numbers, many));
  byte_reader flag(out.view());
  bool is = false;
  EXPECT_FALSE(codec<bool>::read(flag, is)) << "255 is no bool";
}

// They could not be read again: a count that no bytes justify is not believed.
TEST(codec, of_vectors_refuses_elements_without_bytes) {
  using nothing = std::array<int, 0>;
  byte_buffer out;
  EXPECT_THROW(codec<std::vector<nothing>>::write(out, std::vector<nothing>(3)),
               std::invalid_argument);
  expect_round_trip(std::vector<nothing>());
  expect_round_trip(std::optional<nothing>(nothing{}));
}

TEST(byte_buffer, appends_its_own_bytes) {
  byte_buffer out;
  out.append("0123456789abcdef", 16);
  while (out.size() < 4096) {
    const std::size_t before = out.size();
    out.append(out.data(), before);  // it grows now and then
    ASSERT_EQ(out.size(), 2 * before);
    ASSERT_TRUE(std::equal(out.data(), out.data() + before, out.data() + before));
  }
}

TEST(crc32c, of_the_standard_examples) {
  EXPECT_EQ(steady::detail::crc32c("123456789", 9), 0xe3069283u);
  const std::array<unsigned char, 32> zeros{};
  EXPECT_EQ(steady::detail::crc32c(zeros.data(), 32), 0x8a9136aau);
  std::array<unsigned char, 32> ones;
  ones.fill(0xff);
  EXPECT_EQ(steady::detail::crc32c(ones.data(), 32), 0x62a8ab43u);
}

TEST(crc32c, both_ways_and_in_parts) {
  std::mt19937 random(1);
  std::vector<unsigned char> bytes(300);
  for (auto& byte : bytes) byte = static_cast<unsigned char>(random());
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t count = 0; from + count <= bytes.size(); ++count) {
      const unsigned char* const at = bytes.data() + from;
      const std::uint32_t whole = steady::detail::crc32c(at, count);
      ASSERT_EQ(whole, ~steady::detail::crc_by_tables(~0u, at, count));
      const std::size_t half = count / 3;
      ASSERT_EQ(whole,
                steady::detail::crc32c(at + half, count - half, steady::detail::crc32c(at, half)));
    }
  }
}

using change = steady::change<std::string, point>;

std::vector<change> some_changes() {
  return {{1, steady::change_kind::insert, "a", point{1, 2}},
          {2, steady::change_kind::assign, "a", point{3, 4}},
          {3, steady::change_kind::erase, "a", {}},
          {1ull << 60, steady::change_kind::clear, {}, {}}};
}

TEST(records, changes_come_back) {
  for (const change& one : some_changes()) {
    for (const bool marked : {false, true}) {
      byte_buffer out;
      ASSERT_TRUE(steady::append_change(out, one));
      if (marked) steady::mark_after_sync(out.data(), true);
      const steady::parsed_frame frame = steady::parse_frame(out.view());
      ASSERT_EQ(frame.state, steady::frame_state::whole);
      EXPECT_EQ(frame.bytes, out.size());
      EXPECT_EQ(steady::is_after_sync(frame.payload), marked);
      change read;
      ASSERT_TRUE(steady::read_change(frame.payload, read));
      EXPECT_EQ(read, one);
      steady::change<std::string, void> of_a_set;
      EXPECT_EQ(steady::read_change(frame.payload, of_a_set), !one.value) << "other types";
    }
  }
}

TEST(records, keys_are_read_without_the_rest) {
  const auto key_of = [](const byte_buffer& frame) -> std::optional<std::string> {
    std::string key;
    if (!steady::read_key(steady::parse_frame(frame.view()).payload, key)) return std::nullopt;
    return key;
  };
  for (const change& one : some_changes()) {
    byte_buffer out;
    ASSERT_TRUE(steady::append_change(out, one));
    EXPECT_EQ(key_of(out), one.key);
    steady::mark_after_sync(out.data(), true);
    EXPECT_EQ(key_of(out), one.key);
  }
  byte_buffer element;
  const std::string key = "a";
  ASSERT_TRUE((steady::append_element<std::string, std::string>(element, key, &key)));
  EXPECT_EQ(key_of(element), key);
  byte_buffer others;
  steady::append_end(others, 1);
  EXPECT_EQ(key_of(others), std::nullopt);
  const unsigned char too_short[] = {static_cast<unsigned char>(steady::record_tag::insert), 0, 0};
  std::string none;
  EXPECT_FALSE(steady::read_key(std::span<const unsigned char>(too_short), none));
}

// Every part of a frame is incomplete, every changed bit is noticed.
TEST(records, nothing_else_is_a_frame) {
  byte_buffer out;
  for (const change& one : some_changes()) {
    out.clear();
    ASSERT_TRUE(steady::append_change(out, one));
    for (std::size_t length = 0; length < out.size(); ++length) {
      EXPECT_EQ(steady::parse_frame(out.view().first(length)).state,
                steady::frame_state::incomplete);
    }
    for (std::size_t bit = 0; bit < 8 * out.size(); ++bit) {
      out.data()[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
      EXPECT_NE(steady::parse_frame(out.view()).state, steady::frame_state::whole) << bit;
      out.data()[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
    }
  }
  const std::vector<unsigned char> zeros(100);
  EXPECT_EQ(steady::parse_frame(zeros).state, steady::frame_state::damaged);
}

TEST(records, refuses_what_is_too_long) {
  byte_buffer out;
  out.append("before", 6);
  const std::string large(steady::max_payload_bytes, 'x');
  EXPECT_FALSE((steady::append_element<std::string, void>(out, large, nullptr)));
  EXPECT_EQ(out.size(), 6u);
  steady::record_header header;
  header.key = large;
  EXPECT_THROW(steady::append_header(out, header), std::length_error);
  EXPECT_EQ(out.size(), 6u);
}

TEST(records, refuses_frames_of_nothing) {
  byte_buffer out;
  out.append("before", 6);
  EXPECT_FALSE(steady::append_frame(out, [](byte_buffer&) {}));
  EXPECT_EQ(out.size(), 6u);
}

// Only changes have after_sync.
TEST(records, of_elements_have_one_tag) {
  byte_buffer out;
  const int one = 1;
  ASSERT_TRUE((steady::append_element<int, int>(out, one, &one)));
  steady::mark_after_sync(out.data(), true);
  const auto payload = steady::parse_frame(out.view()).payload;
  int key = 0;
  int value = 0;
  EXPECT_FALSE(steady::read_element(payload, key, &value));
  EXPECT_FALSE(steady::read_key(payload, key));
}

TEST(records, headers_come_back_and_others_are_refused) {
  const steady::record_header header{steady::record_stream::snapshot, 77, 5, 9, "u64", "text"};
  byte_buffer out;
  steady::append_header(out, header);
  EXPECT_EQ(std::string(out.data() + 10, out.data() + 16), "steady");
  steady::parsed_frame frame = steady::parse_frame(out.view());
  steady::record_header read;
  EXPECT_EQ(steady::read_header(frame.payload, read), steady::header_state::good);
  EXPECT_EQ(read, header);
  out.data()[steady::frame_head_bytes + 9] = 2;  // the version
  EXPECT_EQ(steady::read_header(frame.payload, read), steady::header_state::other_version);
  out.data()[steady::frame_head_bytes + 1] = 0;  // the magic
  EXPECT_EQ(steady::read_header(frame.payload, read), steady::header_state::not_steady);
  EXPECT_EQ(steady::read_header(frame.payload.first(1), read), steady::header_state::not_steady);
}

}  // namespace
