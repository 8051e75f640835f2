// Followers over TLS, with certificates that the openssl command makes here.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/tls.hpp>

#include "follow/follow_model.hpp"
#include "follow/socket_model.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using state = steady::connection_state;
using steady::follow_refusal;

class follow_tls : public testing::Test {
 protected:
  // Two authorities, and a server of the first.
  void SetUp() override {
    if (std::system("openssl version >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "there is no openssl command to make certificates";
    }
    std::filesystem::create_directory(room_.path());
    for (const char* const name : {"authority", "other"}) {
      openssl(std::string("req -x509 -days 2 -subj /CN=") + name + new_key(name) + " -out " +
              file(name));
    }
    std::ofstream(room_.path() + "/names") << "subjectAltName=DNS:shop.example,IP:127.0.0.1\n";
    openssl("req -subj /CN=shop.example" + new_key("server") + " -out " + file("request"));
    openssl("x509 -req -days 2 -in " + file("request") + " -CA " + file("authority") + " -CAkey " +
            key("authority") + " -CAcreateserial -extfile " + room_.path() + "/names -out " +
            file("server"));
  }

  std::string file(const std::string& name) const { return room_.path() + "/" + name + ".pem"; }
  std::string key(const std::string& name) const { return room_.path() + "/" + name + ".key"; }
  std::string new_key(const std::string& name) const {
    return " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + key(name);
  }
  void openssl(const std::string& words) const {
    const std::string command = "openssl " + words + " >" + room_.path() + "/said 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  steady::feed_server_options secure_server() const {
    auto options = server_options();
    options.tls = std::make_shared<steady::server_tls>(file("server"), key("server"));
    return options;
  }
  static steady::socket_follower_options secure_follower(const steady::follower_tls_files& files) {
    auto options = follower_options();
    options.tls = std::make_shared<steady::follower_tls>(files);
    return options;
  }
  // How a follower with these options ends up with the server.
  struct outcome {
    state how = state::stopped;
    follow_refusal why = follow_refusal::none;
    std::string text;
    follow_refusal server_says = follow_refusal::none;
  };
  outcome meet(const steady::feed_server_options& of_server,
               const steady::socket_follower_options& of_follower) {
    asio::io_context loop;
    fed_source source(1);
    source.write(20);
    steady::feed_server server(loop, source.map, "127.0.0.1:0", of_server);
    outcome found;
    server.on_end([&](follow_refusal why, const std::string&) { found.server_says = why; });
    text_follower follower(loop, at_port(server.port()), of_follower);
    follower.start();
    EXPECT_TRUE(run_until(loop, [&] {
      return follower.state() == state::refused || follower.position() == source.map.position();
    })) << follower.trouble();
    loop.run_for(20ms);
    EXPECT_EQ(follower.has_content(), follower.state() == state::following);
    found.how = follower.state();
    found.why = follower.why_refused();
    found.text = follower.trouble();
    return found;
  }

  temporary_room room_;
};

TEST_F(follow_tls, has_everything_after_broken_connections_and_nobody_can_read_it) {
  asio::io_context loop;
  fed_source source(1);
  source.write(300);
  steady::feed_server server(loop, source.map, "127.0.0.1:0", secure_server());
  relay between(loop, server.port());
  text_follower follower(loop, at_port(between.port()),
                         secure_follower({file("authority"), {}, {}}));
  follower.start();
  std::mt19937 random(5);
  // Some connections are broken before they are ones; on a busy machine most.
  for (int breaks = 0; breaks < 20 || (breaks < 1'000 && follower.connections() <= 3); ++breaks) {
    source.write(static_cast<std::uint32_t>(1 + random() % 40));
    const auto connections = follower.connections();
    const std::uint64_t aim = between.passed() + 1 + random() % 16'000;
    ASSERT_TRUE(run_until(loop, [&] {
      if (random() % 8 == 0) source.write(2);
      return between.passed() >= aim || follower.connections() > connections + 1;
    }));
    between.break_all();
  }
  ASSERT_TRUE(run_until(loop, [&] { return follower.position() == source.map.position(); }));
  EXPECT_EQ(bytes_of(follower.content()), bytes_of(source.map.content()));
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_GT(follower.connections(), 3u);
  EXPECT_GT(between.overheard().size(), 5000u);
  EXPECT_EQ(between.overheard().find("key "), std::string::npos);
  EXPECT_EQ(between.overheard().find("text"), std::string::npos) << "nor the types";
}

TEST_F(follow_tls, checks_the_servers_certificate) {
  const auto good = meet(secure_server(), secure_follower({file("authority"), {}, {}}));
  EXPECT_EQ(good.how, state::following);
  const auto named =
      meet(secure_server(), secure_follower({file("authority"), {}, "shop.example"}));
  EXPECT_EQ(named.how, state::following);
  const auto pinned = meet(secure_server(), secure_follower({{}, file("server"), {}}));
  EXPECT_EQ(pinned.how, state::following);

  const auto other = meet(secure_server(), secure_follower({file("other"), {}, {}}));
  EXPECT_EQ(other.how, state::refused);
  EXPECT_EQ(other.why, follow_refusal::untrusted);
  EXPECT_EQ(other.text,
            "the server's certificate is refused: unable to get local issuer certificate");
  const auto misnamed =
      meet(secure_server(), secure_follower({file("authority"), {}, "bank.example"}));
  EXPECT_EQ(misnamed.why, follow_refusal::untrusted);
  EXPECT_EQ(misnamed.text, "the server's certificate is refused: it is not for 'bank.example'");
  const auto mispinned = meet(secure_server(), secure_follower({{}, file("authority"), {}}));
  EXPECT_EQ(mispinned.how, state::refused);
  EXPECT_EQ(mispinned.text,
            "the server's certificate is refused: it is another one than the pinned");
}

// It is trusted, whoever has signed it.
TEST_F(follow_tls, an_authority_may_be_one_that_another_has_signed) {
  const auto sign = [&](const std::string& name, const std::string& by, const std::string& how) {
    openssl("req -subj /CN=" + name + new_key(name) + " -out " + file("request"));
    openssl("x509 -req -days 2 -in " + file("request") + " -CA " + file(by) + " -CAkey " + key(by) +
            " -CAcreateserial -extfile " + room_.path() + "/" + how + " -out " + file(name));
  };
  std::ofstream(room_.path() + "/may_sign") << "basicConstraints=critical,CA:TRUE\n";
  sign("middle", "authority", "may_sign");
  sign("shop", "middle", "names");
  auto options = server_options();
  options.tls = std::make_shared<steady::server_tls>(file("shop"), key("shop"));
  EXPECT_EQ(meet(options, secure_follower({file("middle"), {}, {}})).how, state::following);
  const auto root = meet(options, secure_follower({file("authority"), {}, {}}));
  EXPECT_EQ(root.why, follow_refusal::untrusted) << "the server does not show the one between";
}

TEST_F(follow_tls, a_key_with_a_password_is_refused_without_a_question) {
  openssl("pkcs8 -topk8 -in " + key("server") + " -passout pass:sesame -out " + key("locked"));
  openssl("ec -aes256 -in " + key("server") + " -passout pass:sesame -out " + key("old"));
  for (const char* const name : {"locked", "old"}) {
    try {
      const steady::server_tls taken(file("server"), key(name));
      ADD_FAILURE() << name;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("has a password"), std::string::npos)
          << error.what();
    }
  }
}

TEST_F(follow_tls, both_sides_have_to_speak_it) {
  const auto plain = meet(secure_server(), follower_options());
  EXPECT_EQ(plain.how, state::refused);
  EXPECT_EQ(plain.why, follow_refusal::tls);
  EXPECT_EQ(plain.text, "the server speaks TLS only, and the follower does not");
  EXPECT_EQ(plain.server_says, follow_refusal::tls);
  const auto secure = meet(server_options(), secure_follower({file("authority"), {}, {}}));
  EXPECT_EQ(secure.how, state::refused);
  EXPECT_EQ(secure.why, follow_refusal::tls);
  EXPECT_EQ(secure.text, "the server speaks no TLS, and this follower speaks nothing else");
}

TEST_F(follow_tls, the_secret_is_wanted_all_the_same) {
  auto options = secure_follower({file("authority"), {}, {}});
  options.secret = "another";
  const auto found = meet(secure_server(), options);
  EXPECT_EQ(found.how, state::refused);
  EXPECT_EQ(found.why, follow_refusal::wrong_secret);
}

TEST_F(follow_tls, names_the_file_that_cannot_be_used) {
  const auto says = [](const auto& make) -> std::string {
    try {
      make();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing";
  };
  const std::string none = room_.path() + "/none";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {says([&] { steady::server_tls(none, key("server")); }), none},
      {says([&] { steady::server_tls(file("server"), none); }), none},
      {says([&] { steady::server_tls(file("server"), key("other")); }), key("other")},
      {says([&] {
         steady::follower_tls({none, {}, {}});
       }),
       none},
      {says([&] {
         steady::follower_tls({{}, key("other"), {}});
       }),
       key("other")},
      {says([&] {
         steady::follower_tls({{}, {}, {}});
       }),
       "either an authority's"},
      {says([&] {
         steady::follower_tls({file("other"), file("server"), {}});
       }),
       "one of them"}};
  for (const auto& [text, part] : wrong) EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(follow_tls, a_server_outlives_strangers) {
  expect_to_outlive_strangers(
      secure_server(), secure_follower({file("authority"), {}, {}}),
      [](std::size_t n, std::vector<unsigned char>& bytes) {
        const std::array<unsigned char, 3> begin = {22, 3, 1};  // as TLS begins
        if (n % 2 == 0 && bytes.size() > 3) std::copy(begin.begin(), begin.end(), bytes.begin());
      });
}

TEST_F(follow_tls, a_server_gives_no_places_to_silent_strangers) {
  expect_places_for_followers(secure_server(), secure_follower({file("authority"), {}, {}}));
}

TEST_F(follow_tls, both_sides_may_end_at_any_time) {
  asio::io_context loop;
  fed_source source(7);
  source.write(200);
  for (int steps = 0; steps < 60; ++steps) {
    auto server = std::make_unique<steady::feed_server<fed_texts>>(loop, source.map, "127.0.0.1:0",
                                                                   secure_server());
    auto follower = std::make_unique<text_follower>(loop, at_port(server->port()),
                                                    secure_follower({file("authority"), {}, {}}));
    follower->start();
    for (int n = 0; n < steps; ++n) loop.run_one_for(1ms);
    if (steps % 2 == 0) server.reset();
    follower.reset();
    server.reset();
    loop.poll();
  }
  loop.run_for(20ms);
}

}  // namespace
