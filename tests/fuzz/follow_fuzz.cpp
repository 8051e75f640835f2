// Fuzz body: the protocol of followers. Bytes of strangers go to a server and to a follower; and
// two honest sides talk over a connection of which some bytes are changed, lost, or cut off.
// Nothing may crash; what a follower has is what its source had at that position, unless bytes were
// changed in a way that the checksums of frames allow, which do not happen by chance.
#define STEADY_USE_OPENSSL 0

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <steady/detail/follow/address.hpp>
#include <steady/detail/line/random_seed.hpp>

#include "follow/follow_model.hpp"
#include "support/byte_source.hpp"

namespace {

using namespace support;

const std::string no_secret;

template <class Message>
void read_again(std::span<const unsigned char> payload) {
  Message message;
  if (!steady::detail::read_message(payload, message)) return;
  steady::byte_buffer out;
  steady::detail::append_message(out, message);
  Message again;
  const steady::parsed_frame frame = steady::parse_frame(out.view());
  require(frame.state == steady::frame_state::whole &&
              steady::detail::read_message(frame.payload, again) && again == message,
          "a message that was read can be written and read again");
}

// The bytes as they are, as frames if they are some, and as the payloads of good frames.
void be_a_stranger(byte_source& source) {
  fed_source honest(1);
  honest.write(5);
  text_server server(honest.map, no_secret, {});
  text_replica replica{fed_content()};
  steady::byte_buffer out;
  text_client client(replica, no_secret, 1 + source.number(60'000), out);
  if (source.number(2) == 0) {
    steady::byte_buffer in;
    steady::detail::append_message(in, steady::detail::challenge_message());
    steady::detail::append_message(in, steady::detail::welcome_message());
    steady::append_header(in, {steady::record_stream::snapshot, 0, 5, 3, "text", "text"});
    client.receive(in.view(), out);
  }
  while (!source.empty()) {
    steady::byte_buffer bytes;
    const auto write = [&](steady::byte_buffer& to) {
      to.number<1>(source.number(4) == 0 ? source.byte() : 16 + source.number(24));
      for (std::uint32_t n = source.number(60); n > 0; --n) to.number<1>(source.byte());
    };
    if (source.number(3) == 0) {
      write(bytes);
    } else {
      steady::append_frame(bytes, write);
      const auto payload = bytes.view().subspan(steady::frame_head_bytes);
      read_again<steady::detail::hello_message>(payload);
      read_again<steady::detail::challenge_message>(payload);
      read_again<steady::detail::welcome_message>(payload);
      read_again<steady::detail::refusal_message>(payload);
      read_again<steady::detail::newest_message>(payload);
    }
    server.receive(bytes.view());
    server.fill(out, 10'000);
    client.receive(bytes.view(), out);
    require(out.size() < 200'000, "an answer is no longer than what there is");
    out.clear();
  }
  require(replica.content().check_invariants() == nullptr, "invariants");
}

void talk(byte_source& source) {
  fed_source honest(1 + source.number(200), {source.number(200), 1'000'000});
  text_replica replica{fed_content()};
  for (std::uint32_t connections = 1 + source.number(4); connections > 0; --connections) {
    steady::byte_buffer up;
    steady::byte_buffer down;
    text_server server(honest.map, no_secret, {});
    text_client client(replica, no_secret, steady::max_payload_bytes, up);
    for (std::uint32_t turns = source.number(30); turns > 0; --turns) {
      honest.write(source.number(20));
      if (source.number(12) == 0 && !down.empty()) {
        down.data()[source.number(65536) % down.size()] ^= source.byte();
      }
      if (source.number(12) == 0) down.truncate(down.size() / 2);
      const std::size_t part =
          down.size() - (down.empty() ? 0 : source.number(65536) % down.size());
      server.receive(up.view());
      up.clear();
      client.receive(down.view().first(part), up);
      const std::vector<unsigned char> left(down.view().begin() + static_cast<std::ptrdiff_t>(part),
                                            down.view().end());
      down.clear();
      down.append(left.data(), left.size());
      server.fill(down, down.size() + 1 + source.number(2000));
      require(
          !replica.has_content() || model_of(replica.content()) == honest.at[replica.position()],
          "what the source had at that position");
    }
    replica.abandon_loading();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steady::detail::random_state() = 1;
  byte_source source(std::span(data, size));
  if (source.number(2) == 0) {
    be_a_stranger(source);
  } else {
    while (!source.empty()) talk(source);
  }
  return 0;
}
