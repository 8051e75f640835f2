// steady::exposition: what it writes, character by character; tests/debug lets Prometheus read it.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/openmetrics.hpp>

namespace {

using steady::exposition;
using steady::exposition_format;

// The lines that begin with `begin`.
std::vector<std::string> lines(const std::string& text, const std::string& begin) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (text.compare(at, begin.size(), begin) == 0) found.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return found;
}
using text_lines = std::vector<std::string>;

steady::stats some_stats() {
  steady::stats now;
  now.size = 6000;
  now.buckets = 1024;
  now.overflow_buckets = 3;
  now.chunks = 4;
  now.bytes = 141112;
  now.retired = 5;
  now.leaving = 6;
  now.snapshot_bytes = 7;
  now.load_factor = 0.25;
  now.longest_chain = 2;
  now.migrations = {8, 9, 10, 11};
  now.started = {12, 13, 14};
  now.steps = {15, 16, 17, 18, 19};
  now.migrating = true;
  now.frontier = std::uint64_t{3} << 62;
  return now;
}

TEST(openmetrics, every_number_of_stats_has_a_sample) {
  const std::string text = exposition().add("m", some_stats()).text(exposition_format::prometheus);
  EXPECT_EQ(lines(text, "steady"),
            (text_lines{
                "steady_map_elements{name=\"m\"} 6000",
                "steady_map_buckets{name=\"m\"} 1024",
                "steady_map_overflow_buckets{name=\"m\"} 3",
                "steady_map_chunks{name=\"m\"} 4",
                "steady_map_memory_bytes{name=\"m\"} 141112",
                "steady_map_load_factor_ratio{name=\"m\"} 0.25",
                "steady_map_longest_chain{name=\"m\"} 2",
                "steady_map_migrating{name=\"m\"} 1",
                "steady_map_migration_progress_ratio{name=\"m\"} 0.75",
                "steady_map_retired_elements{name=\"m\"} 5",
                "steady_map_snapshot_bytes{name=\"m\"} 7",
                "steady_map_leaving_blocks{name=\"m\"} 6",
                "steady_map_migrations_total{name=\"m\",kind=\"grow\"} 8",
                "steady_map_migrations_total{name=\"m\",kind=\"compact\"} 9",
                "steady_map_migrations_total{name=\"m\",kind=\"shrink\"} 10",
                "steady_map_migrations_total{name=\"m\",kind=\"reseed\"} 11",
                "steady_map_migrations_started_total{name=\"m\",cause=\"load\"} 12",
                "steady_map_migrations_started_total{name=\"m\",cause=\"request\"} 13",
                "steady_map_migrations_started_total{name=\"m\",cause=\"overflow\"} 14",
                "steady_map_migration_steps_total{name=\"m\",driver=\"insert\"} 15",
                "steady_map_migration_steps_total{name=\"m\",driver=\"erase\"} 16",
                "steady_map_migration_steps_total{name=\"m\",driver=\"trim\"} 17",
                "steady_map_migration_steps_total{name=\"m\",driver=\"walk\"} 18",
                "steady_map_migration_steps_total{name=\"m\",driver=\"call\"} 19",
            }));
}

TEST(openmetrics, the_two_formats_name_counters_in_their_own_way) {
  const exposition now = exposition().add("m", some_stats());
  const std::string plain = now.text(exposition_format::prometheus);
  EXPECT_EQ(lines(plain, "# TYPE steady_map_migrations_total"),
            text_lines{"# TYPE steady_map_migrations_total counter"});
  EXPECT_TRUE(lines(plain, "# UNIT").empty());
  EXPECT_TRUE(lines(plain, "# EOF").empty());

  const std::string open = now.text(exposition_format::openmetrics);
  EXPECT_EQ(lines(open, "# TYPE steady_map_migrations "),
            text_lines{"# TYPE steady_map_migrations counter"});
  EXPECT_EQ(lines(open, "# HELP steady_map_migrations "),
            text_lines{"# HELP steady_map_migrations Migrations finished, by kind."});
  EXPECT_EQ(lines(open, "# UNIT"), (text_lines{"# UNIT steady_map_memory_bytes bytes",
                                               "# UNIT steady_map_load_factor_ratio ratio",
                                               "# UNIT steady_map_migration_progress_ratio ratio",
                                               "# UNIT steady_map_snapshot_bytes bytes"}));
  EXPECT_EQ(open.substr(open.size() - 6), "# EOF\n");
  EXPECT_EQ(lines(open, "steady"), lines(plain, "steady"));
}

TEST(openmetrics, each_family_is_told_once_for_all_containers) {
  steady::hash_map<int, int> own{{1, 2}, {3, 4}};
  steady::concurrent_hash_map<int, int> shared{{1, 2}};
  const steady::hash_set<int> constant{1, 2, 3};
  const std::string text = exposition()
                               .add("own", own)
                               .add("shared", shared, {{"shard", "7"}})
                               .add("constant", constant)
                               .text(exposition_format::openmetrics);
  EXPECT_EQ(lines(text, "# TYPE steady_map_elements"),
            text_lines{"# TYPE steady_map_elements gauge"});
  EXPECT_EQ(lines(text, "steady_map_elements"),
            (text_lines{"steady_map_elements{name=\"own\"} 2",
                        "steady_map_elements{name=\"shared\",shard=\"7\"} 1",
                        "steady_map_elements{name=\"constant\"} 3"}));
  EXPECT_EQ(lines(text, "steady_map_leaving_blocks"),
            text_lines{"steady_map_leaving_blocks{name=\"shared\",shard=\"7\"} 0"});
  EXPECT_EQ(lines(text, "steady_map_retired_elements"),
            (text_lines{"steady_map_retired_elements{name=\"own\"} 0",
                        "steady_map_retired_elements{name=\"constant\"} 0"}));
}

TEST(openmetrics, families_that_no_container_tells_are_left_out) {
  steady::hash_map<int, int> own;
  const std::string text = exposition().add("own", own).text(exposition_format::openmetrics);
  EXPECT_EQ(text.find("leaving"), std::string::npos);
  EXPECT_EQ(exposition().text(exposition_format::openmetrics), "# EOF\n");
  EXPECT_EQ(exposition().text(exposition_format::prometheus), "");
}

TEST(openmetrics, label_values_are_escaped) {
  const auto written = [](const std::string& name) {
    const std::string text =
        exposition().add(name, steady::stats()).text(exposition_format::prometheus);
    return lines(text, "steady_map_elements").at(0);
  };
  EXPECT_EQ(written("a\\b\"c\nd"), "steady_map_elements{name=\"a\\\\b\\\"c\\nd\"} 0");
  EXPECT_EQ(written("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
            "steady_map_elements{name=\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"} 0");
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(written("x\xff"), "steady_map_elements{name=\"x" + replaced + "\"} 0");
  EXPECT_EQ(written("\xe2\x82"), "steady_map_elements{name=\"" + replaced + replaced + "\"} 0");
  EXPECT_EQ(written("\xc0\xaf"), "steady_map_elements{name=\"" + replaced + replaced + "\"} 0");
  EXPECT_EQ(written("\xed\xa0\x80"),
            "steady_map_elements{name=\"" + replaced + replaced + replaced + "\"} 0");
}

TEST(openmetrics, wrong_names_are_refused) {
  const steady::stats none;
  for (const char* wrong : {"", "1x", "a-b", "a b", "__x", "\xc3\xa4", "name", "kind", "driver"}) {
    SCOPED_TRACE(wrong);
    EXPECT_THROW(exposition().add("m", none, {{wrong, "1"}}), std::invalid_argument);
  }
  EXPECT_THROW(exposition().add("m", none, {{"a", "1"}, {"a", "2"}}), std::invalid_argument);
  EXPECT_THROW(exposition("my app"), std::invalid_argument);
  EXPECT_NO_THROW(exposition("my_app").add("m", none, {{"_a1", "1"}, {"B", ""}}));
}

TEST(openmetrics, containers_with_the_same_labels_are_refused) {
  exposition now;
  now.add("m", steady::stats()).add("m", steady::stats(), {{"shard", "1"}});
  EXPECT_THROW(now.add("m", steady::stats()), std::invalid_argument);
  EXPECT_THROW(now.add("m", steady::stats(), {{"shard", "1"}}), std::invalid_argument);
  EXPECT_EQ(lines(now.text(exposition_format::openmetrics), "steady_map_elements").size(), 2u);
}

TEST(openmetrics, a_prefix_is_in_all_names) {
  const exposition now = exposition("shop").add("m", some_stats());
  for (const std::string& name : now.names()) {
    EXPECT_EQ(name.compare(0, 9, "shop_map_"), 0) << name;
    EXPECT_FALSE(lines(now.text(exposition_format::prometheus), name + "{").empty()) << name;
  }
  EXPECT_EQ(now.names().size(), 15u);
}

// To scrapers an empty label is none, and labels have no order.
TEST(openmetrics, labels_that_scrapers_take_for_the_same_are_refused) {
  exposition now;
  now.add("m", steady::stats()).add("m", steady::stats(), {{"shard", "1"}, {"a", "2"}});
  EXPECT_THROW(now.add("m", steady::stats(), {{"shard", ""}}), std::invalid_argument);
  EXPECT_THROW(now.add("m", steady::stats(), {{"a", "2"}, {"shard", "1"}}), std::invalid_argument);
  EXPECT_THROW(now.add("m", steady::stats(), {{"a", "2"}, {"b", ""}, {"shard", "1"}}),
               std::invalid_argument);
  EXPECT_NO_THROW(now.add("m", steady::stats(), {{"a", "1"}, {"shard", "2"}}));
}

TEST(openmetrics, formats_follow_the_accept_header) {
  using format = exposition_format;
  EXPECT_EQ(exposition::format_for("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
            format::openmetrics);
  EXPECT_EQ(exposition::format_for("text/plain;version=0.0.4"), format::prometheus);
  EXPECT_EQ(exposition::format_for(""), format::prometheus);
  // What Prometheus itself asks for.
  EXPECT_EQ(exposition::format_for("application/openmetrics-text;version=1.0.0;q=0.5,application/"
                                   "openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;"
                                   "q=0.3,*/*;q=0.2"),
            format::openmetrics);
  EXPECT_EQ(exposition::format_for("Application/OpenMetrics-Text"), format::openmetrics);
  EXPECT_EQ(exposition::format_for("text/html , application/openmetrics-text ; Q=0.001"),
            format::openmetrics);
  EXPECT_EQ(exposition::format_for("application/openmetrics-text;q=0"), format::prometheus);
  EXPECT_EQ(exposition::format_for("application/openmetrics-text; q=0.000, text/plain;q=0"),
            format::prometheus);
  EXPECT_EQ(exposition::format_for("text/plain;q=0.9,application/openmetrics-text;q=0.1"),
            format::prometheus);
  EXPECT_EQ(exposition::format_for("application/openmetrics-textual"), format::prometheus);
  EXPECT_EQ(exposition::format_for(",;,q=1;=,application/openmetrics-text;q="), format::prometheus);
  EXPECT_EQ(exposition::content_type(format::openmetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
