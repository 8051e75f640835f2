// Reading traces: columns, times, operations, and what is wrong with a line.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/temporary_directory.hpp"
#include "cli/trace.hpp"

namespace {

using namespace steady::cli;

class Trace : public testing::Test {
 protected:
  trace read(const std::string& text) {
    options.path = directory.write("trace.csv", text);
    return read_trace(options);
  }

  // What the error says, without the file's name.
  std::string wrong_with(const std::string& text) {
    try {
      read(text);
    } catch (const trace_error& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.starts_with(options.path + ": ")) << what;
      return what.substr(options.path.size() + 2);
    }
    return "nothing";
  }

  static std::vector<std::uint64_t> times_of(const trace& of) {
    std::vector<std::uint64_t> times;
    for (const request& each : of.requests) times.push_back(each.due_ns);
    return times;
  }

  steady_tests::temporary_directory directory;
  trace_options options;
};

TEST_F(Trace, ReadsRequests) {
  const trace found = read(
      "time,operation,key,size\n"
      "10,get,5,\n"
      "10,PUT,6,100\n"
      "\n"
      "11.5,Delete,5\n");
  ASSERT_EQ(found.requests.size(), 3u);
  EXPECT_EQ(times_of(found), (std::vector<std::uint64_t>{0, 0, 1'500'000'000}));
  EXPECT_EQ(found.requests[0].kind, request_kind::read);
  EXPECT_EQ(found.requests[1].kind, request_kind::write);
  EXPECT_EQ(found.requests[2].kind, request_kind::erase);
  EXPECT_EQ(found.requests[1].key, 6u);
  EXPECT_EQ(found.requests[1].size, 100u);
  EXPECT_EQ(found.requests[0].size, 0u);
  EXPECT_EQ((std::vector<std::uint64_t>{found.reads, found.writes, found.erases}),
            (std::vector<std::uint64_t>{1, 1, 1}));
  EXPECT_EQ(found.at_once, 1u);
  EXPECT_FALSE(found.holds_texts);
}

TEST_F(Trace, ColumnsByNameAndNumberInAnyOrder) {
  options.columns = {"when", "", "3", "bytes"};
  const trace found = read("bytes,when,block,other\n7,1,42,x\n");
  EXPECT_EQ(found.requests.at(0).key, 42u);
  EXPECT_EQ(found.requests.at(0).size, 7u);
  EXPECT_EQ(found.requests.at(0).kind, request_kind::write);
}

TEST_F(Trace, WithoutAHead) {
  options.has_head = false;
  options.separator = '\t';
  options.columns.key = "4";
  const trace found = read("1\tr\tx\t9\n2\tw\tx\t8\n");
  ASSERT_EQ(found.requests.size(), 2u);
  EXPECT_EQ(found.requests[1].key, 8u);
}

TEST_F(Trace, ColumnsThatAreNotThere) {
  options.columns.operation = "none";
  EXPECT_EQ(read("time,operation,key\n1,get,5\n").writes, 1u);
  options.has_head = false;
  options.columns.key = "2";
  options.columns.size = "none";
  EXPECT_EQ(read("1,5\n2,6,x,y\n").requests.at(1).key, 6u);
}

TEST_F(Trace, TimesAreExact) {
  options.columns.operation = "";
  const trace found = read(
      "time,key\n"
      "1700000000.123456789,1\n"
      "1700000000.1234567899,1\n"
      "1700000001,1\n");
  EXPECT_EQ(times_of(found), (std::vector<std::uint64_t>{0, 0, 876'543'211}));
  options.ns_per_unit = 1000;
  EXPECT_EQ(times_of(read("time,key\n5,1\n7.25,1\n")), (std::vector<std::uint64_t>{0, 2250}));
}

TEST_F(Trace, TextsAsKeys) {
  const trace found = read("time,key\n1,abc\n2,\"d,e\"\n3,7\n");
  ASSERT_TRUE(found.holds_texts);
  EXPECT_EQ(found.text_of(found.requests[1]), "d,e");
  EXPECT_EQ(found.text_of(found.requests[2]), "7");
  EXPECT_EQ(wrong_with("time,key\n1,7\n2,abc\n"),
            "line 3: the key 'abc' is no whole number; texts need --keys string; "
            "--skip-bad-lines passes over such lines");
  options.keys = key_kind::texts;
  EXPECT_TRUE(read("time,key\n1,7\n2,abc\n").holds_texts);
  options.keys = key_kind::numbers;
  EXPECT_NE(wrong_with("time,key\n1,abc\n").find("line 2"), std::string::npos);
}

TEST_F(Trace, OtherWordsForOperations) {
  options.words = {{"load"}, {"store"}, {"drop"}};
  const trace found = read("time,operation,key\n1,Load,1\n1,store,1\n1,drop,1\n");
  EXPECT_EQ(found.reads + found.writes + found.erases, 3u);
  EXPECT_NE(wrong_with("time,operation,key\n1,get,1\n").find("the operation 'get' is not known"),
            std::string::npos);
}

TEST_F(Trace, SaysWhatIsWrongAndWhere) {
  const std::string head = "time,operation,key,size\n1,get,1,1\n";
  for (const auto& [line, expected] : std::vector<std::pair<std::string, std::string>>{
           {"2", "line 3: there are 1 fields, and time and key are in fields 1 and 3"},
           {"x,get,1,1", "line 3: the time 'x' is no number such as 12 or 12.5"},
           {"-2,get,1,1", "line 3: the time '-2' is no number"},
           {"1e3,get,1,1", "line 3: the time '1e3' is no number"},
           {"2.x,get,1,1", "line 3: the time '2.x' is no number such as 12 or 12.5"},
           {"99999999999999999999,get,1,1",
            "line 3: the time '99999999999999999999' is too large: 9223372036 units, of 1000000000 "
            "ns each, are the most; --time-unit says what the unit is"},
           {"18446744073.5,get,1,1", "line 3: the time '18446744073.5' is too large"},
           {"0.5,get,1,1", "line 3: the time '0.5' is before that of the line before"},
           {"2,fly,1,1", "line 3: the operation 'fly' is not known"},
           {"2,get,1,many", "line 3: the size 'many' is no whole number"},
           {"2,get,1,18446744073709551616",
            "line 3: the size '18446744073709551616' is too large; it should be below 2^64"},
           {"2,get,,1", "line 3: the key '' is no whole number"},
           {"2,get,18446744073709551616,1",
            "line 3: the key '18446744073709551616' is too large; it should be below 2^64; texts "
            "need --keys string"},
           {"2,\"get,1,1", "line 3: a quote is not closed"}}) {
    EXPECT_TRUE(wrong_with(head + line + "\n").starts_with(expected)) << wrong_with(head + line);
  }
  EXPECT_EQ(wrong_with(""), "there are no requests in it");
  EXPECT_EQ(wrong_with("time,operation,key,size\n"), "there are no requests in it");
  EXPECT_EQ(wrong_with("when,key\n1,1\n"),
            "line 1: there is no column 'time' but when, key; choose one with --time-column");
  options.columns.size = "bytes";
  EXPECT_NE(wrong_with("time,key\n1,1\n").find("no column 'bytes'"), std::string::npos);
  options.path = directory.path("missing");
  EXPECT_THROW(read_trace(options), trace_error);
}

TEST_F(Trace, SkipsBadLinesAndCountsThem) {
  options.skip_bad_lines = true;
  const trace found = read("time,operation,key\nx,get,1\n5,get,1\n4,get,2\n6,get,3\n");
  EXPECT_EQ(times_of(found), (std::vector<std::uint64_t>{0, 1'000'000'000}));
  EXPECT_EQ(found.skipped, 2u);
  EXPECT_EQ(found.first_skipped, "line 2: the time 'x' is no number such as 12 or 12.5");
  EXPECT_EQ(wrong_with("time,key\nx,1\n"),
            "there are no requests in it; first line 2: the time 'x' is no number such as 12 or "
            "12.5");
}

TEST_F(Trace, ALineThatIsSkippedDoesNotDecideOnTheKeys) {
  options.skip_bad_lines = true;
  EXPECT_FALSE(read("time,key\nx,abc\n5,1\n").holds_texts);
}

TEST_F(Trace, ByteOrderMarkAndWindowsLines) {
  EXPECT_EQ(read("\xEF\xBB\xBFtime,key\r\n1,5\r\n").requests.at(0).key, 5u);
}

TEST_F(Trace, SpreadsRequestsOfOneTime) {
  trace found = read("time,key\n1,1\n1,1\n1,1\n1,1\n2,1\n5,1\n5,1\n");
  EXPECT_EQ(found.at_once, 4u);
  spread_times(found);
  EXPECT_EQ(times_of(found),
            (std::vector<std::uint64_t>{0, 250'000'000, 500'000'000, 750'000'000, 1'000'000'000,
                                        4'000'000'000, 5'500'000'000}));
  trace once = read("time,key\n1,1\n1,1\n");
  spread_times(once);
  EXPECT_EQ(times_of(once), (std::vector<std::uint64_t>{0, 0}));
}

}  // namespace
