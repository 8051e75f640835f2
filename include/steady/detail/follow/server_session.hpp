// One follower, as its server sees it: bytes in, bytes out, no socket.
//
//   1. Nothing of the source is sent before the follower has said the protocol's version and the
//      types, and has proved that it knows the secret.
//   2. After the welcome come the records of a snapshot, or those after the follower's position;
//      then every change.
//   3. A session that is over sends nothing after its refusal.
//
//   Bound   fill(): as many bytes as asked for, and a record, or the elements of a bucket, more.
//   Throws  what the subscriber and the codecs throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <steady/codec.hpp>
#include <steady/detail/feed/left_subscribers.hpp>
#include <steady/detail/feed/recorded_container.hpp>
#include <steady/detail/follow/element_records.hpp>
#include <steady/detail/follow/frame_input.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/secret.hpp>
#include <steady/records.hpp>

namespace steady::detail {

// `Subscriber`: a steady::subscriber<Fed>; `Options`: its subscriber_options.
template <class Fed, class Subscriber, class Position, class Options>
class server_session {
  using container = typename Fed::container_type;
  using records = element_records<container>;
  using payload_type = std::span<const unsigned char>;

 public:
  using left_type = left_subscribers<Subscriber>;

  server_session(Fed& of, std::string secret, const Options& options)
      : of_(&of), secret_(std::move(secret)), options_(options) {}

  // Whether there is a place for one more is asked once the follower has proved itself.
  void ask_for_place(std::function<bool()> has_place) { has_place_ = std::move(has_place); }

  // It was welcomed; it may be over since.
  bool is_welcome() const noexcept { return is_welcome_; }
  // Once what fill() gave is sent, the connection is to be closed.
  bool is_over() const noexcept { return why_ != follow_refusal::none; }
  follow_refusal why() const noexcept { return why_; }
  const std::string& text() const noexcept { return text_; }
  // The changes up to here were handed out.
  std::uint64_t position() const noexcept { return subscriber_ ? subscriber_->position() : 0; }

  void receive(payload_type bytes) {
    if (is_over()) return;
    input_.append(bytes);
    payload_type payload;
    while (!is_over()) {
      const frame_input::result found = input_.next(payload);
      if (found == frame_input::result::incomplete) return;
      if (found == frame_input::result::refused) {
        refuse(follow_refusal::bad_bytes, "these bytes are no frame of this protocol");
      } else {
        deal_with(payload);
      }
    }
  }

  // Appends what there is to be sent, until `out` has `enough` bytes.
  void fill(byte_buffer& out, std::size_t enough) {
    out.append(answer_.data(), answer_.size());
    answer_.clear();
    while (subscriber_ && !is_over() && out.size() < enough) {
      if (!is_showing_) tell_newest(out);
      const std::uint64_t before = subscriber_->position();
      const bool was_showing = is_showing_;
      advance(out);
      if (is_over()) break;
      const bool is_idle = !is_showing_ && !was_showing && subscriber_->position() == before;
      if (is_idle) break;
    }
    out.append(answer_.data(), answer_.size());
    answer_.clear();
  }
  // Once it is over, or is to be destroyed: what was copied for the follower is freed in steps.
  void leave_to(left_type& left) noexcept { left.take(subscriber_); }
  // A sign of life with the next fill().
  void beat() noexcept { newest_told_ = nothing_told; }

  void refuse(follow_refusal why, const std::string& text) {
    if (is_over()) return;
    why_ = why;
    text_ = text;
    if (subscriber_) subscriber_->abandon();
    detail::append_message(answer_, refusal_message{why, text});
  }

 private:
  static constexpr std::uint64_t nothing_told = ~std::uint64_t{0};

  // ---- the handshake ----

  void deal_with(payload_type payload) {
    proof_message proof;
    if (!has_hello_ && read_message(payload, hello_)) {
      has_hello_ = true;
      answer_hello();
    } else if (has_hello_ && !subscriber_ && read_message(payload, proof)) {
      check(proof);
    } else {
      refuse(follow_refusal::bad_bytes, "a message that does not come next");
    }
  }
  void answer_hello() {
    if (hello_.version != protocol_version) {
      refuse(follow_refusal::other_version,
             "this server speaks version " + std::to_string(protocol_version) +
                 " of the protocol, and the follower version " + std::to_string(hello_.version));
      return;
    }
    challenge_ = {!secret_.empty(), detail::fresh_nonce()};
    detail::append_message(answer_, challenge_);
  }
  // Names of types of any length: a refusal has to fit into a message.
  static std::string shortened(const std::string& name) {
    constexpr std::size_t most = 800;
    static_assert(4 * (most + 3) + 200 < max_message_bytes);
    return name.size() <= most ? name : name.substr(0, most) + "...";
  }
  // Types are told only to those who know the secret.
  void check(const proof_message& proof) {
    const proof_type right = detail::proof_of(secret_, follower_side, hello_, challenge_);
    if (!secret_.empty() && !detail::are_same(proof.proof, right)) {
      refuse(follow_refusal::wrong_secret, "the follower has another secret than the server");
      return;
    }
    const std::string key = records::key_name();
    const std::string value = records::value_name();
    if (hello_.key != key || hello_.value != value) {
      refuse(follow_refusal::other_types, "the server has " + shortened(key) + " to '" +
                                              shortened(value) + "', and the follower " +
                                              shortened(hello_.key) + " to '" +
                                              shortened(hello_.value) + "'");
      return;
    }
    if (has_place_ && !has_place_()) {
      refuse(follow_refusal::too_many, "the server has as many followers as it takes");
      return;
    }
    welcome();
  }
  void welcome() {
    if (hello_.resumes) {
      subscriber_.emplace(*of_, Position{hello_.feed, hello_.position}, options_);
    } else {
      subscriber_.emplace(*of_, options_);
    }
    using start_type = std::remove_cvref_t<decltype(subscriber_->start())>;
    const bool resumed = subscriber_->start() == start_type::resumed;
    const auto& core = recorded_access::recorder_of(*of_).feed();
    detail::append_message(
        answer_, welcome_message{resumed, core.id(), of_->position(),
                                 detail::proof_of(secret_, server_side, hello_, challenge_)});
    is_welcome_ = true;
    newest_told_ = of_->position();
    is_showing_ = !resumed;
    if (resumed) return;
    records::append_header(answer_, core.id(), subscriber_->position(), of_->size());
  }

  // ---- records ----

  void tell_newest(byte_buffer& out) {
    if (newest_told_ == of_->position()) return;
    newest_told_ = of_->position();
    detail::append_message(out, newest_message{newest_told_});
  }
  // A change or a bucket at a time, so that fill() can stop when it has enough.
  void advance(byte_buffer& out) {
    if (is_showing_ && has_shown_all()) return end_snapshot(out);
    bool fits = true;
    const auto on_element = [&](const auto& element) {
      ++elements_;
      fits = fits && records::append(out, element);
    };
    const auto on_change = [&](const auto& one) { fits = fits && append_change(out, one); };
    const auto state = subscriber_->step(1, on_element, on_change);
    using state_type = std::remove_const_t<decltype(state)>;
    if (!fits) {
      refuse(follow_refusal::too_large, "a key and its value do not fit into a frame");
    } else if (state == state_type::cut) {
      tell_cut();
    }
  }
  // Also of one that had no elements from the beginning.
  bool has_shown_all() const {
    const auto state = subscriber_->state();
    using state_type = std::remove_const_t<decltype(state)>;
    return state != state_type::snapshot && state != state_type::cut;
  }
  void end_snapshot(byte_buffer& out) {
    is_showing_ = false;
    append_end(out, elements_);
  }
  void tell_cut() {
    using cut_type = std::remove_cvref_t<decltype(subscriber_->why_cut())>;
    switch (subscriber_->why_cut()) {
      case cut_type::copied_bytes:
        refuse(follow_refusal::copied_bytes,
               "the follower took so long for the snapshot that the source had to copy more than "
               "it may; come back to begin anew");
        break;
      case cut_type::out_of_memory:
        refuse(follow_refusal::out_of_memory, "there was no memory for the snapshot");
        break;
      case cut_type::ended:
        refuse(follow_refusal::ended, "the source is gone");
        break;
      case cut_type::abandoned:
      case cut_type::none:
      case cut_type::fell_behind:
        refuse(follow_refusal::fell_behind,
               "the follower fell behind: its next change is no longer kept; come back to begin "
               "anew");
    }
  }

  Fed* of_;
  std::string secret_;
  Options options_;
  frame_input input_{max_message_bytes};
  byte_buffer answer_;
  hello_message hello_;
  challenge_message challenge_;
  std::function<bool()> has_place_;
  bool has_hello_ = false;
  follow_refusal why_ = follow_refusal::none;
  std::string text_;
  held_subscriber<Subscriber> subscriber_;
  bool is_welcome_ = false;
  bool is_showing_ = false;
  std::uint64_t elements_ = 0;
  std::uint64_t newest_told_ = nothing_told;
};

}  // namespace steady::detail
