// The protocol of followers without sockets: connections that break after any byte, secrets, types,
// limits, and bytes of strangers.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "follow/follow_model.hpp"

namespace {

using namespace support;
using steady::follow_refusal;

// Both sides, and what is under way between them.
struct connection {
  steady::byte_buffer to_server;
  steady::byte_buffer to_client;
  text_server server;
  text_client client;
  std::size_t sent = 0;  // from the server

  connection(fed_texts& source, text_replica& into, const std::string& server_secret,
             const std::string& client_secret, const steady::subscriber_options& options = {})
      : server(source, server_secret, options),
        client(into, client_secret, steady::max_payload_bytes, to_server) {}

  // Takes up to `most` bytes away from the front.
  static std::vector<unsigned char> some_of(steady::byte_buffer& from, std::size_t most) {
    const std::span<const unsigned char> all = from.view();
    const std::size_t count = std::min(most, all.size());
    std::vector<unsigned char> taken(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    const std::vector<unsigned char> left(all.begin() + static_cast<std::ptrdiff_t>(count),
                                          all.end());
    from.clear();
    from.append(left.data(), left.size());
    return taken;
  }
  // True if anything was on its way.
  bool move(std::size_t most) {
    if (to_client.size() < most) server.fill(to_client, most);
    const auto up = some_of(to_server, most);
    const auto down = some_of(to_client, most);
    sent += down.size();
    server.receive(up);
    client.receive(down, to_server);
    return !up.empty() || !down.empty();
  }
  // Until the server has the follower's proof, and has sent nothing more.
  void shake_hands() {
    move(1000);
    move(1000);
    server.receive(some_of(to_server, to_server.size()));
    ASSERT_TRUE(server.is_welcome());
  }
  void settle() {
    while (move(1000)) {
    }
  }
};

const std::string none;

TEST(follow_session, sends_a_snapshot_and_then_changes) {
  fed_source source(1);
  source.write(100);
  text_replica follower{fed_content()};
  connection line(source.map, follower, none, none);
  line.settle();
  EXPECT_EQ(follower.position(), 100u);
  EXPECT_EQ(model_of(follower.content()), source.at.back());
  source.write(50);
  line.settle();
  EXPECT_EQ(model_of(follower.content()), source.at.back());
  EXPECT_EQ(follower.counts().changes, 50u);
  EXPECT_EQ(follower.counts().snapshots, 1u);
  EXPECT_EQ(follower.lag().positions, 0u);
}

// So many elements that records are looked at together before they are taken.
TEST(follow_session, takes_records_of_a_large_map_one_after_the_other) {
  constexpr std::uint32_t keys = 40'000;
  fed_texts source;
  std::mt19937 random(3);
  const auto write = [&](std::uint32_t changes) {
    for (; changes > 0; --changes) {
      // Some keys again and again, so that changes of one stand in one window.
      const std::string key = std::to_string(random() % (random() % 2 == 0 ? keys : 20));
      if (random() % 4 == 0) {
        source.erase(key);
      } else {
        source.insert_or_assign(key, std::to_string(random()));
      }
    }
  };
  for (std::uint32_t n = 0; n < keys; ++n) source.insert_or_assign(std::to_string(n), "first");
  text_replica follower{fed_content()};
  connection line(source, follower, none, none);
  line.settle();
  EXPECT_EQ(model_of(follower.content()), model_of(source.content()));
  std::uint64_t told = 0;
  const std::uint64_t before = source.position();
  follower.on_change = [&](const text_replica::change_type& one) {
    ASSERT_EQ(one.position, before + ++told);
    const auto at = follower.content().find(*one.key);
    ASSERT_EQ(at != follower.content().end(), one.value.has_value());
    if (one.value) {
      ASSERT_EQ(at->second, *one.value);
    }
  };
  write(5000);
  line.settle();
  EXPECT_EQ(told, source.position() - before);
  follower.on_change = nullptr;
  write(5000);
  line.settle();
  EXPECT_EQ(follower.position(), source.position());
  EXPECT_EQ(model_of(follower.content()), model_of(source.content()));
}

TEST(follow_session, breaks_after_any_byte_and_goes_on) {
  const std::string secret = steady::detail::has_secrets ? "secret" : "";
  std::mt19937 random(17);
  steady::feed_options few;
  few.max_changes = 150;
  fed_source source(2, few);
  source.write(80);
  text_replica follower{fed_content()};
  std::uint64_t resumed = 0;
  for (int breaks = 0; breaks < 400; ++breaks) {
    const std::uint64_t changes_before = follower.counts().changes;
    const std::uint64_t snapshots_before = follower.counts().snapshots;
    const std::uint64_t began_at = follower.position();
    const bool can_resume =
        follower.has_content() && follower.position() >= source.map.kept_after();
    connection line(source.map, follower, secret, secret);
    for (auto moves = random() % 60; moves > 0; --moves) {
      if (random() % 3 == 0) source.write(static_cast<std::uint32_t>(1 + random() % 6));
      line.move(1 + random() % 300);
      ASSERT_FALSE(line.client.is_over()) << line.client.text();
      if (follower.has_content()) {
        ASSERT_EQ(model_of(follower.content()), source.at[follower.position()]);
      }
    }
    follower.abandon_loading();
    if (can_resume) {
      ++resumed;
      ASSERT_EQ(follower.counts().snapshots, snapshots_before) << "only what was missed";
      ASSERT_EQ(follower.counts().changes - changes_before, follower.position() - began_at);
    }
    if (random() % 20 == 0) source.write(400);  // too many to come back
  }
  connection last(source.map, follower, secret, secret);
  last.settle();
  EXPECT_EQ(model_of(follower.content()), source.at.back());
  EXPECT_GT(resumed, 50u);
  EXPECT_GT(follower.counts().snapshots, 3u);
}

TEST(follow_session, cuts_off_who_falls_behind_and_takes_him_back) {
  steady::feed_options few;
  few.max_changes = 20;
  fed_source source(3, few);
  source.write(60);
  text_replica follower{fed_content()};
  connection line(source.map, follower, none, none);
  line.settle();
  source.write(50);
  line.settle();
  EXPECT_EQ(line.client.why(), follow_refusal::fell_behind);
  EXPECT_NE(line.client.text().find("no longer kept"), std::string::npos);
  EXPECT_FALSE(is_final(line.client.why()));
  connection again(source.map, follower, none, none);
  again.settle();
  EXPECT_EQ(model_of(follower.content()), source.at.back());
}

TEST(follow_session, cuts_off_whose_snapshot_costs_too_much) {
  fed_source source(4);
  source.write(3000, 1000);
  text_replica follower{fed_content()};
  connection line(source.map, follower, none, none, {1});
  for (int n = 0; n < 20; ++n) {
    line.move(100);
    source.write(30, 1000);
  }
  line.settle();
  EXPECT_EQ(line.client.why(), follow_refusal::copied_bytes);
}

// The first one, whatever comes behind it.
TEST(follow_session, says_that_a_change_is_too_large) {
  steady::feed_options much;
  much.max_bytes = std::size_t{1} << 30;
  fed_source source(13, much);
  source.write(5);
  text_replica follower{fed_content()};
  connection line(source.map, follower, none, none);
  line.settle();
  source.map.insert_or_assign("large", std::string(steady::max_payload_bytes, 'x'));
  source.map.insert_or_assign("small", "x");
  line.settle();
  EXPECT_EQ(line.server.why(), follow_refusal::too_large);
  EXPECT_EQ(line.client.why(), follow_refusal::too_large) << line.client.text();
  EXPECT_EQ(follower.position(), 5u);
}

// Only a record, or the elements of a bucket, more.
TEST(follow_session, fills_a_buffer_as_far_as_asked) {
  constexpr std::size_t large = 20'000;
  fed_source source(14);
  text_replica follower{fed_content()};
  connection line(source.map, follower, none, none);
  line.settle();
  for (int n = 0; n < 200; ++n) {
    source.map.insert_or_assign(std::to_string(n), std::string(large, 'x'));
  }
  steady::byte_buffer out;
  line.server.fill(out, 1000);
  EXPECT_GT(out.size(), large);
  EXPECT_LT(out.size(), 2 * large);
  text_replica other{fed_content()};
  connection anew(source.map, other, none, none);
  anew.shake_hands();
  out.clear();
  anew.server.fill(out, 1000);
  EXPECT_GT(out.size(), large);
  EXPECT_LT(out.size(), 40 * large) << "of a bucket";
}

TEST(follow_session, ends_an_empty_snapshot_before_changes) {
  fed_source source(15);
  text_replica follower{fed_content()};
  connection line(source.map, follower, none, none);
  line.shake_hands();
  source.write(3);
  line.settle();
  EXPECT_FALSE(line.client.is_over()) << line.client.text();
  EXPECT_EQ(follower.position(), 3u);
  EXPECT_EQ(follower.counts().changes, 3u);
}

TEST(follow_session, wants_the_same_secret_on_both_sides) {
  if (!steady::detail::has_secrets) GTEST_SKIP() << "built without OpenSSL";
  fed_source source(5);
  source.write(40);
  for (const std::string in_server : {"", "one", "two"}) {
    for (const std::string in_client : {"", "one", "two"}) {
      text_replica follower{fed_content()};
      connection line(source.map, follower, in_server, in_client);
      line.settle();
      EXPECT_EQ(follower.has_content(), in_server == in_client);
      if (in_server == in_client) continue;
      EXPECT_EQ(line.client.why(), follow_refusal::wrong_secret);
      EXPECT_LT(line.sent, 200u) << "nothing of the source";
      EXPECT_FALSE(line.server.is_welcome());
    }
  }
}

// What one connection has proved is of no use in another.
TEST(follow_session, proofs_cannot_be_repeated) {
  if (!steady::detail::has_secrets) GTEST_SKIP() << "built without OpenSSL";
  fed_source source(6);
  source.write(4);
  const std::string secret = "secret";
  text_replica follower{fed_content()};
  connection line(source.map, follower, secret, secret);
  steady::byte_buffer overheard;
  overheard.append(line.to_server.data(), line.to_server.size());
  line.move(1000);
  line.move(1000);
  overheard.append(line.to_server.data(), line.to_server.size());
  line.settle();
  EXPECT_TRUE(line.server.is_welcome());
  text_server other(source.map, secret, {});
  other.receive(overheard.view());
  EXPECT_FALSE(other.is_welcome());
  EXPECT_TRUE(other.is_over());
}

// What a follower says when it has got a challenge.
template <class Message>
Message last_message(const steady::byte_buffer& of) {
  Message message;
  std::span<const unsigned char> left = of.view();
  while (!left.empty()) {
    const steady::parsed_frame frame = steady::parse_frame(left);
    steady::detail::read_message(frame.payload, message);
    left = left.subspan(frame.bytes);
  }
  return message;
}
// A follower with a secret, and a server that is played.
struct challenged {
  text_replica replica{fed_content()};
  steady::byte_buffer out;
  text_client client{replica, "secret", 1000, out};
  steady::detail::challenge_message challenge;
  steady::detail::hello_message hello = last_message<steady::detail::hello_message>(out);

  challenged() {
    challenge.wants_proof = true;
    challenge.nonce[3] = 7;
    send(challenge);
  }
  template <class Message>
  void send(const Message& message) {
    steady::byte_buffer in;
    steady::detail::append_message(in, message);
    client.receive(in.view(), out);
  }
  // How a welcome with this proof is taken.
  bool welcomes(const steady::detail::proof_type& proof) {
    steady::detail::welcome_message welcome;
    welcome.proof = proof;
    send(welcome);
    EXPECT_NE(client.is_welcome(), client.why() == follow_refusal::wrong_secret);
    return client.is_welcome();
  }
};

// A server that does not know the secret: it has no proof, or only what the follower has sent it.
TEST(follow_session, believes_no_server_without_a_proof_of_its_own) {
  if (!steady::detail::has_secrets) GTEST_SKIP() << "built without OpenSSL";
  {
    challenged follower;
    EXPECT_FALSE(follower.welcomes({}));
  }
  {
    challenged follower;
    EXPECT_FALSE(
        follower.welcomes(last_message<steady::detail::proof_message>(follower.out).proof));
  }
  challenged follower;
  EXPECT_TRUE(follower.welcomes(steady::detail::proof_of("secret", steady::detail::server_side,
                                                         follower.hello, follower.challenge)));
}

// All bytes of a proof are compared, on both sides.
TEST(follow_session, compares_all_of_a_proof) {
  if (!steady::detail::has_secrets) GTEST_SKIP() << "built without OpenSSL";
  fed_source source(11);
  for (std::size_t n = 0; n < steady::detail::proof_bytes; ++n) {
    challenged follower;
    steady::detail::proof_type proof = steady::detail::proof_of(
        "secret", steady::detail::server_side, follower.hello, follower.challenge);
    proof[n] ^= 0x80;
    EXPECT_FALSE(follower.welcomes(proof)) << n;

    text_server server(source.map, "secret", {});
    steady::byte_buffer bytes;
    steady::detail::append_message(bytes, follower.hello);
    server.receive(bytes.view());
    steady::byte_buffer answer;
    server.fill(answer, 1000);
    proof = steady::detail::proof_of("secret", steady::detail::follower_side, follower.hello,
                                     last_message<steady::detail::challenge_message>(answer));
    proof[n] ^= 0x80;
    bytes.clear();
    steady::detail::append_message(bytes, steady::detail::proof_message{proof});
    server.receive(bytes.view());
    EXPECT_EQ(server.why(), follow_refusal::wrong_secret) << n;
  }
}

// A server that goes on where the follower has not asked it to would leave a gap.
TEST(follow_session, goes_on_only_where_it_has_asked_to) {
  fed_source source(12);
  source.write(9);
  for (const bool has_content : {false, true}) {
    text_replica follower{fed_content()};
    if (has_content) connection(source.map, follower, none, none).settle();
    ASSERT_EQ(follower.has_content(), has_content);
    steady::byte_buffer out;
    text_client client(follower, none, 1000, out);
    steady::byte_buffer in;
    steady::detail::append_message(in, steady::detail::challenge_message());
    steady::detail::welcome_message welcome;
    welcome.resumed = true;
    welcome.feed = follower.feed() + (has_content ? 1 : 0);
    steady::detail::append_message(in, welcome);
    client.receive(in.view(), out);
    EXPECT_EQ(client.why(), follow_refusal::bad_bytes);
  }
}

// A server that was begun anew has another feed, whose positions mean nothing for the content.
TEST(follow_session, lags_behind_another_feed_until_its_snapshot_is_whole) {
  fed_source old(16);
  old.write(1000);
  text_replica follower{fed_content()};
  connection(old.map, follower, none, none).settle();
  ASSERT_EQ(follower.lag().positions, 0u);
  fed_source anew(17);
  anew.write(900);
  ::usleep(30'000);
  connection line(anew.map, follower, none, none);
  line.shake_hands();
  for (int n = 0; n < 5; ++n) line.move(100);
  ASSERT_TRUE(follower.is_loading());
  EXPECT_EQ(follower.lag().positions, 900u);
  EXPECT_GE(follower.lag().age.count(), 30);
  line.settle();
  EXPECT_EQ(follower.position(), 900u);
  EXPECT_EQ(follower.lag().positions, 0u);
  EXPECT_LT(follower.lag().age.count(), 30'000);
}

// A follower that has content, and a server that is played.
struct welcomed {
  text_replica replica{fed_content()};
  steady::byte_buffer out;
  std::optional<text_client> client;
  steady::byte_buffer in;
  const std::string key = "another";

  explicit welcomed(bool resumed) {
    fed_source source(18);
    source.write(1);
    connection(source.map, replica, none, none).settle();
    client.emplace(replica, none, 1000, out);
    steady::detail::append_message(in, steady::detail::challenge_message());
    steady::detail::welcome_message welcome;
    welcome.resumed = resumed;
    welcome.feed = replica.feed() + (resumed ? 0 : 7);
    steady::detail::append_message(in, welcome);
  }
  void header(std::uint64_t feed, std::uint64_t elements) {
    steady::append_header(in, {steady::record_stream::snapshot, feed, 5, elements, "text", "text"});
  }
  bool refuses() {
    const model_texts before = model_of(replica.content());
    client->receive(in.view(), out);
    EXPECT_TRUE(client->is_welcome());
    EXPECT_EQ(replica.position(), 1u);
    EXPECT_EQ(model_of(replica.content()), before);
    return client->why() == follow_refusal::bad_bytes;
  }
};

TEST(follow_session, takes_the_snapshot_that_was_told_and_no_other) {
  welcomed none_comes(false);
  steady::append_change(none_comes.in, 2, steady::change_kind::insert, &none_comes.key,
                        &none_comes.key);
  EXPECT_TRUE(none_comes.refuses());
  welcomed of_another(false);
  of_another.header(of_another.replica.feed(), 0);
  steady::append_end(of_another.in, 0);
  EXPECT_TRUE(of_another.refuses());
  welcomed too_few(false);
  too_few.header(too_few.replica.feed() + 7, 2);
  steady::append_end(too_few.in, 0);
  EXPECT_TRUE(too_few.refuses());
  welcomed endless(false);
  endless.header(endless.replica.feed() + 7, 2);
  for (int n = 0; n < 3; ++n) {
    const std::string key = std::to_string(n);
    steady::append_element(endless.in, key, &key);
  }
  EXPECT_TRUE(endless.refuses());
  EXPECT_TRUE(endless.replica.is_loading());
  welcomed not_told(true);
  not_told.header(not_told.replica.feed(), 0);
  steady::append_end(not_told.in, 0);
  EXPECT_TRUE(not_told.refuses());
}

TEST(follow_session, refuses_other_types_and_versions) {
  fed_source source(7);
  source.write(4);
  steady::detail::replica<steady::hash_map<std::string, int>> other{
      steady::hash_map<std::string, int>()};
  steady::byte_buffer out;
  steady::byte_buffer in;
  steady::detail::client_session client(other, none, steady::max_payload_bytes, out);
  text_server server(source.map, none, {});
  for (int n = 0; n < 4; ++n) {
    server.receive(out.view());
    out.clear();
    server.fill(in, 1000);
    client.receive(in.view(), out);
    in.clear();
  }
  EXPECT_EQ(client.why(), follow_refusal::other_types);
  EXPECT_NE(client.text().find("text to 'text'"), std::string::npos) << client.text();

  steady::detail::hello_message hello;
  hello.version = 7;
  steady::detail::append_message(out, hello);
  text_server another(source.map, none, {});
  another.receive(out.view());
  EXPECT_EQ(another.why(), follow_refusal::other_version);
}

// Its names are as long as a hello has room for; the refusal names both sides' all the same.
template <char Name>
struct long_named {
  char byte = Name;
  friend bool operator==(const long_named&, const long_named&) = default;
};
struct hash_of_long_named {
  template <char Name>
  std::size_t operator()(const long_named<Name>& one) const {
    return static_cast<std::size_t>(one.byte);
  }
};

}  // namespace

template <char Name>
struct steady::codec<long_named<Name>> {
  static std::string name() { return std::string(1, Name) + std::string(2000, 'x'); }
  static void write(byte_buffer& out, const long_named<Name>&) { out.number<1>(0); }
  static bool read(byte_reader& in, long_named<Name>&) {
    std::uint64_t none_of_use = 0;
    return in.number<1>(none_of_use);
  }
};

namespace {

TEST(follow_session, names_other_types_however_long_they_are) {
  using fed = steady::fed_map<long_named<'a'>, long_named<'b'>, hash_of_long_named>;
  using container = steady::hash_map<long_named<'c'>, long_named<'d'>, hash_of_long_named>;
  using replica = steady::detail::replica<container>;
  fed source;
  replica other{container()};
  steady::byte_buffer out;
  steady::byte_buffer in;
  steady::detail::client_session<replica> client(other, none, steady::max_payload_bytes, out);
  steady::detail::server_session<fed, steady::subscriber<fed>, steady::feed_position,
                                 steady::subscriber_options>
      server(source, none, {});
  for (int n = 0; n < 4; ++n) {
    server.receive(out.view());
    out.clear();
    server.fill(in, 1000);
    client.receive(in.view(), out);
    in.clear();
  }
  EXPECT_EQ(client.why(), follow_refusal::other_types) << client.text();
  for (const char* const begin : {"axx", "bxx", "cxx", "dxx"}) {
    EXPECT_NE(client.text().find(begin), std::string::npos) << begin;
  }
}

TEST(follow_session, a_limit_may_be_the_largest_number) {
  fed_source source(60);
  source.write(20);
  text_replica follower{fed_content()};
  steady::byte_buffer out;
  steady::byte_buffer in;
  text_client client(follower, none, std::numeric_limits<std::size_t>::max(), out);
  text_server server(source.map, none, {});
  for (int n = 0; n < 8; ++n) {
    server.receive(out.view());
    out.clear();
    server.fill(in, 1000);
    client.receive(in.view(), out);
    in.clear();
  }
  EXPECT_EQ(client.why(), follow_refusal::none) << client.text();
  EXPECT_EQ(follower.position(), source.map.position());
}

TEST(follow_session, refuses_lengths_before_the_bytes_come) {
  fed_source source(8);
  text_server server(source.map, none, {});
  steady::byte_buffer bytes;
  bytes.number<4>(5000);
  bytes.number<4>(0);
  server.receive(bytes.view());
  EXPECT_EQ(server.why(), follow_refusal::bad_bytes);
  steady::byte_buffer out;
  server.fill(out, 1000);
  EXPECT_LT(out.size(), 200u);
  server.fill(out, 1000);
  EXPECT_LT(out.size(), 200u) << "nothing after the refusal";
}

// Random bytes, and good ones of which some were changed, to either side.
TEST(follow_session, survives_strangers) {
  std::mt19937 random(9);
  fed_source source(10);
  source.write(50);
  for (int round = 0; round < 2000; ++round) {
    text_replica follower{fed_content()};
    connection line(source.map, follower, none, none);
    for (auto moves = random() % 6; moves > 0; --moves) line.move(1 + random() % 2000);
    if (round % 2 == 0 && line.to_client.size() + line.to_server.size() > 0) {
      steady::byte_buffer& hit = line.to_client.empty() ? line.to_server : line.to_client;
      hit.data()[random() % hit.size()] ^= static_cast<unsigned char>(1u << random() % 8);
    } else {
      for (auto bytes = random() % 40; bytes > 0; --bytes) line.to_client.number<1>(random());
      for (auto bytes = random() % 40; bytes > 0; --bytes) line.to_server.number<1>(random());
    }
    line.settle();
    if (follower.has_content()) {
      ASSERT_EQ(model_of(follower.content()), source.at[follower.position()]);
    }
  }
}

steady::detail::welcome_message welcome_of(std::uint64_t feed) {
  steady::detail::welcome_message welcome;
  welcome.feed = feed;
  return welcome;
}

// Frames that are whole, and records that do not fit.
TEST(follow_session, refuses_records_that_do_not_fit) {
  const std::string key = "a";
  const std::string value = "b";
  const auto refuses = [&](const auto& write) {
    text_replica follower{fed_content()};
    steady::byte_buffer out;
    text_client client(follower, none, 1000, out);
    steady::byte_buffer in;
    steady::detail::append_message(in, steady::detail::challenge_message());
    steady::detail::append_message(in, welcome_of(1));
    write(in);
    client.receive(in.view(), out);
    EXPECT_TRUE(client.is_welcome());
    return client.why() == follow_refusal::bad_bytes;
  };
  const steady::record_header header{steady::record_stream::snapshot, 1, 5, 1, "text", "text"};
  steady::record_header empty = header;
  empty.elements = 0;
  steady::record_header pair = header;
  pair.elements = 2;
  const auto insert = steady::change_kind::insert;
  EXPECT_FALSE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, header);
    steady::append_element(in, key, &value);
    steady::append_end(in, 1);
    steady::append_change(in, 6, steady::change_kind::assign, &key, &value);
  }));
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_change(in, 1, insert, &key, &value);
  })) << "no snapshot";
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, pair);
    steady::append_element(in, key, &value);
    steady::append_element(in, key, &value);
  })) << "twice";
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, header);
    steady::append_end(in, 1);
  })) << "too few";
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, empty);
    steady::append_end(in, 0);
    steady::append_change(in, 7, insert, &key, &value);
  })) << "a gap";
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, empty);
    steady::append_end(in, 0);
    steady::append_change(in, 6, steady::change_kind::erase, &key,
                          static_cast<const std::string*>(nullptr));
  })) << "not there";
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, header);
    steady::append_element(in, key, &value);
    steady::append_end(in, 1);
    steady::append_change(in, 6, insert, &key, &value);
  })) << "there already";
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, empty);
    steady::append_end(in, 0);
    steady::append_change(in, 6, steady::change_kind::assign, &key, &value);
  })) << "to be assigned, and not there";
  const std::string large(2000, 'x');
  EXPECT_TRUE(refuses([&](steady::byte_buffer& in) {
    steady::append_header(in, header);
    steady::append_element(in, key, &large);
  })) << "more than allowed";
}

// What comes before a record that does not fit, in the same bytes, counts; what comes behind does
// not.
TEST(follow_session, takes_what_comes_before_a_record_that_does_not_fit) {
  const std::string key = "a";
  const std::string value = "b";
  const auto insert = steady::change_kind::insert;
  text_replica follower{fed_content()};
  steady::byte_buffer out;
  text_client client(follower, none, 1000, out);
  steady::byte_buffer in;
  steady::detail::append_message(in, steady::detail::challenge_message());
  steady::detail::append_message(in, welcome_of(1));
  steady::append_header(in, {steady::record_stream::snapshot, 1, 5, 0, "text", "text"});
  steady::append_end(in, 0);
  steady::append_change(in, 6, insert, &key, &value);
  steady::append_change(in, 7, insert, &key, &value);  // is there already
  steady::append_change(in, 8, steady::change_kind::assign, &key, &key);
  client.receive(in.view(), out);
  EXPECT_EQ(client.why(), follow_refusal::bad_bytes);
  EXPECT_EQ(follower.position(), 6u);
  EXPECT_EQ(model_of(follower.content()), (model_texts{{key, value}}));
}

}  // namespace
