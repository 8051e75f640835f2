// A container whose every change goes through a recorder: what fed and durable containers share. It
// hands out no reference that could be written through, so no change can go past the recorder.
//
// `Recorder`:
//   require_writable()        throws where nothing can be recorded
//   stage(kind, key, value)   prepares the record of a change; null pointers for what it has not
//   publish()                 from now on it is recorded; if it throws, nothing was
//   unstage()                 as if it had not been staged; throws nothing
//   applied()                 the change has happened in the container, too; throws nothing
//   is_shown()                whether the container may be making copies for a snapshot
//   moved()                   a bucket's elements may have moved, or gone, and were copied before
//                             for snapshots: what limits these copies looks at them; throws nothing
//
// The order in which a change happens, so that both sides have it or none:
//   insert   in the container, stage, publish; erased again if either throws
//   others   stage, publish, then in the container, where nothing can throw any more: what is
//            assigned was built before, and is moved in
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/change.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/table/container_functions.hpp>

namespace steady::detail {

// A container's mapped type; void for sets.
template <class Container>
struct mapped_type_of {
  using type = void;
};
template <class Container>
requires requires { typename Container::mapped_type; }
struct mapped_type_of<Container> {
  using type = typename Container::mapped_type;
};

// For subscribers and for those that save the container.
struct recorded_access {
  template <class Recorded>
  static auto& container_of(Recorded& of) noexcept {
    return of.container_;
  }
  template <class Recorded>
  static auto& recorder_of(Recorded& of) noexcept {
    return of.recorder_;
  }
};

template <class Container, class Recorder>
class recorded_container {
 protected:
  using mapped = typename mapped_type_of<Container>::type;
  static constexpr bool is_map = !std::is_void_v<mapped>;

  static_assert(!is_map || std::is_nothrow_move_assignable_v<mapped>,
                "steady: the mapped type's move assignment must be noexcept, so that a change that "
                "was recorded cannot fail any more");

 public:
  using container_type = Container;
  using key_type = typename Container::key_type;
  using value_type = typename Container::value_type;
  using size_type = typename Container::size_type;
  using hasher = typename Container::hasher;
  using key_equal = typename Container::key_equal;
  using const_iterator = typename Container::const_iterator;

  recorded_container(const recorded_container&) = delete;
  recorded_container& operator=(const recorded_container&) = delete;

  // ---- reading: as hash_map's const functions ----

  // The container itself, for everything that only reads.
  const Container& content() const noexcept { return container_; }

  const_iterator begin() const noexcept { return container_.begin(); }
  const_iterator end() const noexcept { return container_.end(); }
  size_type size() const noexcept { return container_.size(); }
  [[nodiscard]] bool empty() const noexcept { return container_.empty(); }
  // Each also takes any key that a transparent hash and a transparent equality accept.
  const_iterator find(const key_type& key) const { return container_.find(key); }
  template <transparent_key<hasher, key_equal> K>
  const_iterator find(const K& key) const {
    return container_.find(key);
  }
  bool contains(const key_type& key) const { return container_.contains(key); }
  template <transparent_key<hasher, key_equal> K>
  bool contains(const K& key) const {
    return container_.contains(key);
  }
  // Maps only. Throws std::out_of_range when there is no such key.
  decltype(auto) at(const key_type& key) const requires is_map { return container_.at(key); }
  template <transparent_key<hasher, key_equal> K>
  decltype(auto) at(const K& key) const requires is_map {
    return container_.at(key);
  }

  // ---- changing ----
  // Strong guarantee: on an exception nothing has changed in the container; an rvalue may have been
  // moved from, so pass what is to be tried again as an lvalue. Arguments may refer into the
  // container. Of keys that find() takes a key is built only if it is new.

  // True if the key was not there; otherwise nothing happens.
  bool insert(const value_type& element) { return insert_element(element); }
  bool insert(value_type&& element) { return insert_element(std::move(element)); }
  template <forwarded_key<key_type, hasher, key_equal> K>
  bool insert(K&& key) requires(!is_map && std::constructible_from<key_type, K&&>) {
    return insert_element(std::forward<K>(key));
  }

  template <class... Arguments>
  bool try_emplace(const key_type& key, Arguments&&... arguments) requires is_map {
    return emplace(key, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  bool try_emplace(key_type&& key, Arguments&&... arguments) requires is_map {
    return emplace(std::move(key), std::forward<Arguments>(arguments)...);
  }
  template <forwarded_key<key_type, hasher, key_equal> K, class... Arguments>
  bool try_emplace(K&& key, Arguments&&... arguments) requires is_map {
    return emplace(std::forward<K>(key), std::forward<Arguments>(arguments)...);
  }

  // True if the key was not there.
  template <class Value = mapped>
  bool insert_or_assign(const key_type& key, Value&& value) requires is_map {
    return emplace_or_assign(key, std::forward<Value>(value));
  }
  template <class Value = mapped>
  bool insert_or_assign(key_type&& key, Value&& value) requires is_map {
    return emplace_or_assign(std::move(key), std::forward<Value>(value));
  }
  template <forwarded_key<key_type, hasher, key_equal> K, class Value = mapped>
  bool insert_or_assign(K&& key, Value&& value) requires is_map {
    return emplace_or_assign(std::forward<K>(key), std::forward<Value>(value));
  }

  // Calls `change(value)` with a copy of the key's value, which then replaces it; false if there is
  // no such key. `change` must not use this container.
  template <class Change>
  bool modify(const key_type& key, Change&& change) requires is_map {
    return modify_found(key, change);
  }
  template <transparent_key<hasher, key_equal> K, class Change>
  bool modify(const K& key, Change&& change) requires is_map {
    return modify_found(key, change);
  }

  // How many were erased, 0 or 1.
  size_type erase(const key_type& key) { return erase_found(key); }
  template <transparent_key<hasher, key_equal> K>
  size_type erase(const K& key) {
    return erase_found(key);
  }

  // One change, however many elements there are; none if there is none. The elements are destroyed
  // as by hash_map::clear(), at once, or in steps. At once, while a snapshot is delivered or saved:
  // bucket by bucket, so that the limit of its copies holds; memory is given back then, but for
  // room for what is reserved.
  void clear() {
    clear_by([this] { clear_at_once(); });
  }
  void clear_gradually() {
    clear_by([this] { container_.clear_gradually(); });
  }

  // ---- migrating: as hash_map's; changes no element, so nothing is recorded ----
  // While a snapshot is delivered or saved, bucket by bucket: a reseeding, and what destroys
  // cleared elements, copies them for it, and its copies have a limit.

  size_type step(size_type max_buckets) {
    size_type done = 0;
    while (done < max_buckets && recorder_.is_shown()) {
      const size_type more = container_.step(1);
      recorder_.moved();
      if (more == 0) return done;
      done += more;
    }
    return done + container_.step(max_buckets - done);
  }
  template <class Duration>
  size_type step_for(const Duration& time) {
    return detail::steps_for(time, [&] { return migrating() ? step(1) : size_type{0}; });
  }
  bool migrating() const noexcept { return container_.migrating(); }
  size_type pending() const noexcept { return container_.pending(); }
  void finish() { step(~size_type{0}); }
  void reserve(size_type size) {
    if (recorder_.is_shown()) finish();  // what reserve() would complete
    container_.reserve(size);
    recorder_.moved();
  }
  void reserve_gradually(size_type size) { container_.reserve_gradually(size); }
  void shrink_gradually() noexcept { container_.shrink_gradually(); }
  void compact_gradually() noexcept { container_.compact_gradually(); }
  void reseed_gradually() noexcept { container_.reseed_gradually(); }
  size_type trim(size_type max_buckets = 64) {
    if (!recorder_.is_shown()) return container_.trim(max_buckets);
    const size_type before = container_.stats().bytes;
    for (size_type n = 0; n < max_buckets; ++n) {
      container_.trim(1);
      recorder_.moved();
      if (!container_.migrating()) break;
    }
    const size_type after = container_.stats().bytes;
    return after < before ? before - after : 0;
  }
  auto stats() const noexcept { return container_.stats(); }

 protected:
  template <class... Arguments>
  explicit recorded_container(Container&& content, Arguments&&... arguments)
      : container_(std::move(content)), recorder_(std::forward<Arguments>(arguments)...) {}
  ~recorded_container() = default;

  Container& container() noexcept { return container_; }
  Recorder& recorder() noexcept { return recorder_; }
  const Recorder& recorder() const noexcept { return recorder_; }

 private:
  friend recorded_access;

  static const key_type& key_of(const_iterator at) noexcept {
    if constexpr (is_map) {
      return at->first;
    } else {
      return *at;
    }
  }
  static auto value_of(const_iterator at) noexcept {
    if constexpr (is_map) {
      return std::addressof(at->second);
    } else {
      return nullptr;
    }
  }

  template <class Value>
  void publish(change_kind kind, const key_type* key, const Value* value) {
    recorder_.stage(kind, key, value);
    recorder_.publish();
  }
  void publish(change_kind kind, const key_type* key, std::nullptr_t) {
    publish(kind, key, static_cast<const std::conditional_t<is_map, mapped, char>*>(nullptr));
  }

  template <class Element>
  bool insert_element(Element&& element) {
    recorder_.require_writable();
    const auto [at, inserted] = container_.insert(std::forward<Element>(element));
    if (inserted) record_inserted(at);
    return inserted;
  }

  template <class K, class... Arguments>
  bool emplace(K&& key, Arguments&&... arguments) {
    recorder_.require_writable();
    const auto [at, inserted] =
        container_.try_emplace(std::forward<K>(key), std::forward<Arguments>(arguments)...);
    if (inserted) record_inserted(at);
    return inserted;
  }
  template <class K, class Value>
  bool emplace_or_assign(K&& key, Value&& value) {
    recorder_.require_writable();
    const auto [at, inserted] =
        container_.try_emplace(std::forward<K>(key), std::forward<Value>(value));
    if (inserted) {
      record_inserted(at);
    } else {
      assign(at, mapped(std::forward<Value>(value)));
    }
    return inserted;
  }
  template <class K, class Change>
  bool modify_found(const K& key, Change& change) {
    recorder_.require_writable();
    const auto at = container_.find(key);
    if (at == container_.end()) return false;
    mapped fresh(const_iterator(at)->second);
    change(fresh);
    assign(at, std::move(fresh));
    return true;
  }
  template <class K>
  size_type erase_found(const K& key) {
    recorder_.require_writable();
    const auto at = container_.find(key);
    if (at == container_.end()) return 0;
    publish(change_kind::erase, std::addressof(key_of(at)), nullptr);
    container_.erase(at);
    recorder_.applied();
    return 1;
  }

  template <class Iterator>
  void record_inserted(Iterator at) {
    STEADY_TRY { publish(change_kind::insert, std::addressof(key_of(at)), value_of(at)); }
    STEADY_CATCH_ALL {
      container_.erase(at);
      recorder_.moved();
      STEADY_RETHROW;
    }
    recorder_.applied();
  }

  template <class Iterator, class Value>
  void assign(Iterator at, Value&& fresh) {
    publish(change_kind::assign, std::addressof(key_of(at)), std::addressof(fresh));
    at->second = std::forward<Value>(fresh);
    recorder_.applied();
  }

  template <class Clear>
  void clear_by(const Clear& clear_container) {
    recorder_.require_writable();
    if (container_.empty()) return;
    publish(change_kind::clear, nullptr, nullptr);
    clear_container();
    recorder_.applied();
  }
  std::uint64_t reserved() const noexcept {
    return container_access::table_of(container_).engine().reserved();
  }
  void clear_at_once() {
    if (!recorder_.is_shown()) return container_.clear();
    const std::uint64_t kept = container_.migrating() ? 0 : reserved();
    container_.clear_gradually();
    finish();
    if (kept == 0) return;
    STEADY_TRY { container_.reserve(static_cast<size_type>(kept)); }
    STEADY_CATCH_ALL {  // no memory: it grows as it is filled
    }
  }

  // The recorder ends first: what it tells subscribers needs no container.
  Container container_;
  Recorder recorder_;
};

}  // namespace steady::detail
