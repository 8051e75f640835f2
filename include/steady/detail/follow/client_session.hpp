// A follower's side of a connection: bytes in, bytes out, no socket. Trusts nothing that it is
// sent.
//
//   Bound   O(bytes), and what the replica takes for each record.
//   Throws  what the replica throws; the connection is to be given up then.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <steady/codec.hpp>
#include <steady/detail/follow/frame_input.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/secret.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class Replica>
class client_session {
  using payload_type = std::span<const unsigned char>;

  // A sign of life frees as much of what a snapshot has replaced as so many records would.
  static constexpr std::size_t records_of_a_beat = 256;

 public:
  // `out`: what is to be sent first.
  client_session(Replica& into, std::string secret, std::size_t max_payload, byte_buffer& out)
      : into_(&into), secret_(std::move(secret)), max_payload_(max_payload) {
    hello_.key = Replica::key_name();
    hello_.value = Replica::value_name();
    hello_.resumes = into.has_content();
    hello_.feed = into.feed();
    hello_.position = into.position();
    hello_.nonce = detail::fresh_nonce();
    detail::append_message(out, hello_);
  }

  bool is_welcome() const noexcept { return is_welcome_; }
  bool is_over() const noexcept { return why_ != follow_refusal::none; }
  follow_refusal why() const noexcept { return why_; }
  const std::string& text() const noexcept { return text_; }

  // `out`: what is to be sent then.
  void receive(payload_type bytes, byte_buffer& out) {
    if (is_over()) return;
    into_->counts().bytes += bytes.size();
    input_.append(bytes);
    payload_type payload;
    while (!is_over()) {
      const frame_input::result found = input_.next(payload);
      const bool is_frame = found == frame_input::result::frame;
      if (is_frame && is_welcome_ && !detail::is_any_message(payload)) {
        gather(payload);
        continue;
      }
      take_gathered();
      if (is_over() || found == frame_input::result::incomplete) return;
      if (is_frame) {
        deal_with(payload, out);
      } else {
        give_up(follow_refusal::bad_bytes, "these bytes are no frame of this protocol");
      }
    }
  }

 private:
  void give_up(follow_refusal why, std::string text) {
    why_ = why;
    text_ = std::move(text);
  }

  void deal_with(payload_type payload, byte_buffer& out) {
    if (detail::is_message(payload, message_tag::refusal)) return be_refused(payload);
    if (is_welcome_) return hear(payload);
    if (!has_challenge_ && read_message(payload, challenge_)) return answer(out);
    welcome_message welcome;
    if (has_challenge_ && read_message(payload, welcome)) return begin(welcome);
    give_up(follow_refusal::bad_bytes, "a message that does not come next");
  }
  void be_refused(payload_type payload) {
    refusal_message refusal;
    const bool is_good = read_message(payload, refusal) && refusal.why != follow_refusal::none;
    if (!is_good) refusal = {follow_refusal::bad_bytes, "a refusal that cannot be read"};
    give_up(refusal.why, std::move(refusal.text));
  }
  void answer(byte_buffer& out) {
    has_challenge_ = true;
    if (challenge_.wants_proof != !secret_.empty()) {
      give_up(follow_refusal::wrong_secret, secret_.empty()
                                                ? "the server wants a secret, and there is none"
                                                : "the server knows no secret");
      return;
    }
    detail::append_message(
        out, proof_message{detail::proof_of(secret_, follower_side, hello_, challenge_)});
  }
  void begin(const welcome_message& welcome) {
    const proof_type right = detail::proof_of(secret_, server_side, hello_, challenge_);
    if (!secret_.empty() && !detail::are_same(welcome.proof, right)) {
      give_up(follow_refusal::wrong_secret, "the server has another secret");
    } else if (welcome.resumed && (!hello_.resumes || welcome.feed != hello_.feed)) {
      give_up(follow_refusal::bad_bytes, "the server resumes what was not asked for");
    } else {
      is_welcome_ = true;
      input_.allow(max_payload_);
      feed_ = welcome.feed;
      awaits_snapshot_ = !welcome.resumed;
      into_->heard_of(feed_, welcome.newest);
    }
  }
  void hear(payload_type payload) {
    newest_message newest;
    if (read_message(payload, newest)) {
      into_->heard_of(feed_, newest.position);
      into_->free_more(records_of_a_beat);
    } else {
      give_up(follow_refusal::bad_bytes, "a message that does not come next");
    }
  }

  // A snapshot comes where it was told, of the feed that was told, and none comes later. What else
  // comes next the replica knows.
  bool comes_next(payload_type payload) {
    const bool is_header = steady::tag_of(payload) == record_tag::header;
    if (is_header != awaits_snapshot_) return false;
    awaits_snapshot_ = false;
    record_header header;
    return !is_header || read_header(payload, header) != header_state::good ||
           header.map_id == feed_;
  }
  // Records are taken together, as many as have arrived: the replica does that faster.
  void gather(payload_type payload) {
    if (!comes_next(payload)) {
      take_gathered();
      if (!is_over()) {
        give_up(follow_refusal::bad_bytes, "the server sent another record than was to come");
      }
      return;
    }
    gathered_[gathered_count_++] = payload;
    if (gathered_count_ == gathered_.size()) take_gathered();
  }
  void take_gathered() {
    const std::size_t count = std::exchange(gathered_count_, 0);
    if (count == 0) return;
    const char* const why = into_->take_all(std::span(gathered_).first(count));
    if (why != nullptr) {
      give_up(follow_refusal::bad_bytes, std::string("the server sent ") + why);
    }
  }

  Replica* into_;
  std::string secret_;
  std::size_t max_payload_;
  frame_input input_{max_message_bytes};
  hello_message hello_;
  challenge_message challenge_;
  std::array<payload_type, Replica::most_at_once> gathered_;
  std::size_t gathered_count_ = 0;
  bool has_challenge_ = false;
  bool is_welcome_ = false;
  bool awaits_snapshot_ = false;
  std::uint64_t feed_ = 0;  // the server's
  follow_refusal why_ = follow_refusal::none;
  std::string text_;
};

}  // namespace steady::detail
