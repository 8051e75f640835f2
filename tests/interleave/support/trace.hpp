// The trace: the last operations of an execution, kept as they are and written for people when
// something has failed. Locations and pointers are numbered in the order of their appearance, so
// that the same schedule gives the same text wherever memory lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "interleave/support/operation.hpp"

namespace interleave {

namespace detail {

inline const char* name_of(action what) {
  switch (what) {
    case action::load:
      return "load";
    case action::store:
      return "store";
    case action::exchange:
      return "exchange";
    case action::add:
      return "fetch_add";
    case action::subtract:
      return "fetch_sub";
    case action::bits_or:
      return "fetch_or";
    case action::bits_and:
      return "fetch_and";
    case action::bits_xor:
      return "fetch_xor";
    case action::compare_exchange:
      return "compare_exchange";
    case action::wait:
      return "wait";
    case action::wake_all:
      return "wake_all";
    case action::fence:
      return "fence";
    case action::pause:
      return "pause";
    case action::finish:
      return "ends";
  }
  return "?";
}

inline const char* name_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

class event_writer {
 public:
  void write(const event& of) {
    text_ << "  thread " << static_cast<unsigned>(of.thread) << ": " << name_of(of.of.what);
    if (of.of.what < action::fence) text_ << " #" << of.place;
    switch (of.of.what) {
      case action::fence:
      case action::pause:
      case action::finish:
        break;
      case action::wait:
        text_ << " while it is " << value(of, of.found) << (of.failed ? ": goes on" : ": sleeps");
        break;
      case action::wake_all:
        text_ << ": " << of.found << " woken";
        break;
      case action::load:
        text_ << " -> " << value(of, of.found) << ' ' << name_of(of.of.order);
        if (of.stale) text_ << " (the newest is " << value(of, of.left) << ')';
        break;
      case action::store:
        text_ << " = " << value(of, of.left) << ' ' << name_of(of.of.order);
        break;
      default:
        text_ << ": " << value(of, of.found);
        if (!of.failed) text_ << " -> " << value(of, of.left);
        text_ << ' ' << name_of(of.of.order) << (of.failed ? " fails" : "");
    }
    text_ << '\n';
  }
  std::string text() const { return text_.str(); }

 private:
  std::string value(const event& of, std::uint64_t value) {
    if (!of.of.on_pointer || value == 0) {
      std::ostringstream text;
      if (value < 10) {
        text << value;
      } else {
        text << "0x" << std::hex << value;
      }
      return text.str();
    }
    const auto number = pointers_.try_emplace(value, pointers_.size() + 1).first->second;
    return "pointer " + std::to_string(number);
  }

  std::ostringstream text_;
  std::map<std::uint64_t, std::size_t> pointers_;
};

}  // namespace detail

class trace {
 public:
  // How many of the last events are kept.
  explicit trace(std::size_t length) : events_(length) {}

  void begin_execution() { count_ = 0; }
  // To be filled in.
  event& add() { return events_[count_++ % events_.size()]; }

  std::string written() const {
    detail::event_writer writer;
    const std::size_t kept = count_ < events_.size() ? count_ : events_.size();
    for (std::size_t at = count_ - kept; at != count_; ++at)
      writer.write(events_[at % events_.size()]);
    std::string text = writer.text();
    if (kept != count_) text.insert(0, "  (" + std::to_string(count_ - kept) + " operations)\n");
    return text;
  }

 private:
  std::vector<event> events_;
  std::size_t count_ = 0;
};

}  // namespace interleave
