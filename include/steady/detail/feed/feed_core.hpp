// What a feed is, whoever writes to it: the ring of changes, and the subscribers to be told.
//
// Subscribers that still show a snapshot are told after every write, and after every bucket that a
// migration has moved, because copies are made for them, which have a limit. Those that only stream
// are told nothing: whether their next change is still kept, they see themselves.
//
//   Bound    a write pays for its change (change_ring.hpp), and for one call to every subscriber
//            that shows a snapshot.
//   Threads  one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <steady/change.hpp>
#include <steady/detail/feed/change_ring.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/detail/state/observers.hpp>

namespace steady::detail {

class subscriber_base : public observer_link<subscriber_base> {
 public:
  // A change was written, and it has happened in the container, too; or elements have moved.
  virtual void written() noexcept = 0;
  // The container is gone.
  virtual void ended() noexcept = 0;

 protected:
  ~subscriber_base() = default;
};

template <class Key, class T>
class feed_core {
 public:
  using change_type = change<Key, T>;
  using ring_type = change_ring<change_type>;

  feed_core(std::uint64_t id, std::size_t max_changes, std::size_t max_bytes, std::uint64_t last)
      : id_(id), ring_(max_changes, max_bytes, last) {}
  ~feed_core() {
    const auto tell = [](subscriber_base& one) { one.ended(); };
    showing_.each(tell);
    streaming_.each(tell);
  }
  feed_core(const feed_core&) = delete;
  feed_core& operator=(const feed_core&) = delete;

  std::uint64_t id() const noexcept { return id_; }
  const ring_type& ring() const noexcept { return ring_; }

  void show_to(subscriber_base& one) noexcept { enter(one, showing_); }
  void stream_to(subscriber_base& one) noexcept { enter(one, streaming_); }
  static void leave(subscriber_base& one) noexcept { list::remove(one); }

  feed_core& feed() noexcept { return *this; }
  static void require_writable() noexcept {}

  // As change_ring::stage(). `value` is null where there is none.
  template <class Value>
  void stage(change_kind kind, const Key* key, [[maybe_unused]] const Value* value) {
    if (!ring_.keeps_changes()) return;
    using optional_key = decltype(change_type::key);
    const auto key_of = [key] { return key == nullptr ? optional_key() : optional_key(*key); };
    if constexpr (std::is_void_v<T>) {
      ring_.stage(kind, key_of());
    } else {
      using optional_value = decltype(change_type::value);
      ring_.stage(kind, key_of(), value == nullptr ? optional_value() : optional_value(*value));
    }
  }
  void unstage() noexcept { ring_.unstage(); }
  void publish() noexcept { ring_.publish(); }
  void applied() noexcept { moved(); }

  bool is_shown() const noexcept { return showing_.any(); }
  void moved() noexcept {
    showing_.each([](subscriber_base& one) { one.written(); });
  }

 private:
  using list = observer_list<subscriber_base>;

  static void enter(subscriber_base& one, list& into) noexcept {
    list::remove(one);
    into.add(one);
  }

  std::uint64_t id_;
  ring_type ring_;
  list showing_;
  list streaming_;
};

}  // namespace steady::detail
