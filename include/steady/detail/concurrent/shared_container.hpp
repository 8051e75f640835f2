// What concurrent_hash_map and concurrent_hash_set have in common: keys become hash codes, elements
// become slots, and every call is one of shared_table's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include <steady/cursor.hpp>
#include <steady/detail/array/shown_layout.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/code_window.hpp>
#include <steady/detail/concurrent/container_use.hpp>
#include <steady/detail/concurrent/insertion_visitors.hpp>
#include <steady/detail/concurrent/line_walk.hpp>
#include <steady/detail/concurrent/retired_nodes.hpp>
#include <steady/detail/concurrent/shared_destruction.hpp>
#include <steady/detail/concurrent/shared_elements.hpp>
#include <steady/detail/concurrent/shared_invariants.hpp>
#include <steady/detail/concurrent/shared_nodes.hpp>
#include <steady/detail/concurrent/shared_table.hpp>
#include <steady/detail/concurrent/shared_upkeep.hpp>
#include <steady/detail/concurrent/wanted_key.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/elements/nodes.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/detail/table/hash_and_equal.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Container>
struct two_containers;

inline namespace STEADY_ABI {

template <class Key, class Mapped, class Hash, class KeyEqual, class Allocator, class Policy>
class shared_container {
  using sync = typename Policy::sync;
  static constexpr bool in_leaves =
      !(can_reserve_addresses && Policy::reserve_addresses && is_std_allocator<Allocator>);

 public:
  using elements = std::conditional_t<is_kept_flat<Key, Mapped, Allocator, Policy>,
                                      flat_elements<Key, Mapped, Hash, in_leaves>,
                                      node_elements_of_threads<Key, Mapped, Hash, in_leaves>>;
  using value_type = typename elements::value_type;
  using key_type = Key;
  using mapped_type = Mapped;
  using allocator_type = Allocator;
  using layout = layout_in_order<typename elements::layout, Policy>;
  using copy = typename layout::copy;
  using node = shared_node<value_type>;
  using plain_elements =
      std::conditional_t<std::is_void_v<Mapped>, set_elements<Key>, map_elements<Key, Mapped>>;
  // Elements are never moved: those in slots are copied as bytes.
  using element_arguments = detail::element_arguments<node_elements<plain_elements, Allocator>,
                                                      Hash, KeyEqual, Allocator>;
  static constexpr bool are_flat = elements::are_flat;
  static constexpr bool replaces_functions_nothrow =
      hash_and_equal<Hash, KeyEqual>::are_replaced_nothrow;
  static constexpr std::uint64_t last_position = (std::numeric_limits<std::uint64_t>::max)();

 private:
  using state_type = shared_state<sync, layout>;
  using table = shared_table<sync, layout>;
  using migration = shared_migration<sync, layout>;
  using array = shared_array<sync, layout>;
  using walk_type = line_walk<sync, layout>;
  using destruction = shared_destruction<sync, layout>;
  using pin = typename table::pin;
  using use_type = container_use<debug_mode>;
  using call = typename use_type::call;
  using visitor = typename use_type::visitor;
  static constexpr hash_kind kind_of_keys = kind_of_hash<Hash, Key>;

  static constexpr shared_kind<layout> kind{elements::has_code_first ? nullptr : elements::code_of,
                                            Policy::load_limit,
                                            Policy::shrink_below,
                                            Policy::evacuations_per_call,
                                            Policy::evacuates_first,
                                            natural_overflow<Policy, layout>::per_bucket,
                                            natural_overflow<Policy, layout>::longest_chain};

 public:
  shared_container(const Hash& hash, const KeyEqual& equal, const Allocator& allocator)
      : functions_(hash, equal), allocator_(allocator), state_(kind, this, memory_of_blocks()) {
    // Not with the first insertion: where other threads run already, it takes milliseconds, once.
    sync::prepare_fences();
  }
  ~shared_container() {
    state_.watcher.container_goes();
    free_everything();
  }
  template <class>
  friend struct detail::two_containers;
  shared_container(const shared_container&) = delete;
  shared_container& operator=(const shared_container&) = delete;

  Allocator& allocator() noexcept { return allocator_; }
  const Allocator& allocator() const noexcept { return allocator_; }
  const Hash& hash() const noexcept { return functions_.hash(); }
  const KeyEqual& equal() const noexcept { return functions_.equal(); }

  // ---- one element ----

  // With `code` the key's hash code, where the caller knows it.

  template <class K>
  STEADY_ALWAYS_INLINE bool contains(const K& key) const {
    return contains(key, code_of(key));
  }
  template <class K>
  STEADY_ALWAYS_INLINE bool contains(const K& key, std::uint64_t code) const {
    const call during(use_);
    const pin pinned;
    return access().find(pinned, code, wanted(key, code)).is_there;
  }

  // Calls `f` with the element as const: of flat elements with a copy, without a lock.
  template <class K, class F>
  std::size_t read(const K& key, F&& f) const {
    return read(key, code_of(key), f);
  }
  // Left to the compiler: GCC 12 builds a std::optional of eight bytes by a narrow store before it
  // returns it in registers, and waits for that in functions that inline this and return one.
  template <class K, class F>
  std::size_t read(const K& key, std::uint64_t code, F&& f) const {
    if constexpr (are_flat) {
      const call during(use_);
      const auto found = [&]() STEADY_INLINE_LAMBDA {
        const pin pinned;
        return access().find(pinned, code, wanted(key, code));
      }();
      if (!found.is_there) return 0;
      const visitor visiting(use_);
      elements::read(found.slot, f);
      return 1;
    } else {
      return read_locked(key, code, f);
    }
  }

  // Calls `f` with the element, under the lock of its bucket.
  template <class K, class F>
  std::size_t change(const K& key, F&& f) {
    return change(key, code_of(key), f);
  }
  template <class K, class F>
  std::size_t change(const K& key, std::uint64_t code, F&& f) {
    const call during(use_);
    const pin pinned;
    return access().visit(pinned, code, wanted(key, code), changed_by(f)).is_there;
  }

  // Erases the element if `f`, called under the lock of its bucket, says so.
  template <class K, class F>
  std::size_t erase_if(const K& key, F&& f) {
    return erase_if(key, code_of(key), f);
  }
  template <class K, class F>
  std::size_t erase_if(const K& key, std::uint64_t code, F&& f) {
    const call during(use_);
    bool is_gone = false;
    const auto erased = [&] {
      const pin pinned;
      const auto found = access().visit(pinned, code, wanted(key, code), [&](copy& of) {
        const visitor visiting(use_);
        const fate decided = elements::change_or_erase(of, f);
        is_gone = decided == fate::is_erased;
        return decided;
      });
      if (is_gone) migration::work(state_, pinned.thread_number(), driver::erase);
      return found;
    }();
    if (!is_gone) return 0;
    if constexpr (!are_flat) retire(elements::node_in(erased.slot));
    return 1;
  }

  // Inserts an element built from the arguments, which has this key, unless there is one; then, if
  // `Visits`, calls `f` with that one under its bucket's lock. (Where `f` is two visitors, one of
  // them gets the new element.) Returns whether it inserted.
  template <bool Visits, class K, class F, class... Arguments>
  STEADY_ALWAYS_INLINE bool insert(const K& key, F&& f, Arguments&&... arguments) {
    if constexpr (are_flat && is_copied_as_it_is<value_type, Arguments...> &&
                  !visits_new<std::remove_reference_t<F>>) {
      const call during(use_);
      const std::uint64_t code = code_of(key);
      copy slot;
      elements::make(slot, code, value_type(std::forward<Arguments>(arguments)...));
      const auto done = insert_quickly(key, code, slot);
      if (done == table::quickly::inserted) return true;
      if (!Visits && done == table::quickly::was_there) return false;
      return insert_slot<Visits>(key, code, f, slot);
    } else {
      return insert_built<Visits>(key, f, std::forward<Arguments>(arguments)...);
    }
  }
  // The same; assigns the value to the element that is there. If it has gone into a new element,
  // which another thread came before, it is taken from that: an argument may give it only once.
  template <class K, class TheKey, class M>
  bool insert_or_assign(const K& key, TheKey&& moved, M&& value) {
    const call during(use_);
    const std::uint64_t code = code_of(key);
    slot_maker<elements, Allocator> made(allocator_);
    const auto assign = [&](value_type& there) {
      if constexpr (!gives_twice<M> && std::is_move_assignable_v<Mapped>) {
        if (made.is_made()) {
          made.visit([&](value_type& late) { there.second = std::move(late.second); });
          return;
        }
      }
      there.second = std::forward<M>(value);
    };
    return insert_made<true>(key, code, assign, made, [&]() -> const copy& {
      return made.make(code, std::piecewise_construct,
                       std::forward_as_tuple(std::forward<TheKey>(moved)),
                       std::forward_as_tuple(std::forward<M>(value)));
    });
  }
  // The same where the key is seen only in the element.
  template <bool Visits, class F, class... Arguments>
  STEADY_ALWAYS_INLINE bool emplace(F&& f, Arguments&&... arguments) {
    if constexpr (are_flat) {
      const value_type element(std::forward<Arguments>(arguments)...);
      return insert<Visits>(elements::key_in(element), f, element);
    } else {
      const call during(use_);
      slot_maker<elements, Allocator> made(allocator_);
      const auto& key = elements::key_in(made.make_element(std::forward<Arguments>(arguments)...));
      const std::uint64_t code = code_of(key);
      return insert_made<Visits>(key, code, f, made,
                                 [&]() -> const copy& { return made.make_slot(code); });
    }
  }

  // Begins to fetch what calls for this key read first.
  template <class K>
  void prefetch(const K& key) const {
    const call during(use_);
    code_window<sync, layout>::prefetch(state_, code_of(key));
  }

  // ---- many keys ----

  // Calls `visit(key, code, index)` for each key of the range, in order. That these are
  // keys was said before (require_keys). If the container is large, what the visits read first is
  // prefetched for many keys together.
  template <class Iterator, class End, class Visit>
  void for_keys(const Iterator& first, const End& last, const Visit& visit) const {
    for_items(
        first, last, [](auto&& given) -> decltype(auto) { return as_key(given); },
        [&](auto&& given, std::uint64_t code, std::size_t index) {
          visit(as_key(given), code, index);
        });
  }
  // The same with `visit(item, code, index)`, where `key_in(item)` is the item's key.
  template <class Iterator, class End, class KeyIn, class Visit>
  void for_items(Iterator first, const End& last, const KeyIn& key_in, const Visit& visit) const {
    using window = code_window<sync, layout>;
    const auto code_in = [&](auto&& item) { return code_of(key_in(item)); };
    if (!window::pays_for(state_, Policy::batches_from_bytes / (are_flat ? 1 : 4))) {
      for (std::size_t index = 0; first != last; ++first, ++index) {
        auto&& item = *first;
        visit(std::forward<decltype(item)>(item), code_in(item), index);
      }
    } else if constexpr (are_flat) {
      window::each_ahead(state_, first, last, code_in, visit, nullptr);
    } else {
      window::each_ahead(state_, first, last, code_in, visit,
                         [](const copy& slot, std::uint64_t code) {
                           if (elements::may_have(slot, code))
                             detail::prefetch(elements::node_in(slot));
                         });
    }
  }

  // ---- all elements ----

  // Calls `decide` with the slots of all elements, each under its bucket's lock, until it sets
  // `is_enough`. Erased elements are freed. Throws what `decide` throws.
  template <class Decide>
  void walk(Decide&& decide, bool& is_enough) {
    const call during(use_);
    walk_type along(state_);
    walk_from(along, 0, last_position, decide, is_enough);
  }

  // Erases all elements.
  void clear() {
    bool is_enough = false;
    walk([](const copy&) { return fate::is_erased; }, is_enough);
    state_.forget_attack();
  }

  template <class Decide>
  cursor scan(cursor from, std::uint64_t most_buckets, Decide&& decide) {
    const call during(use_);
    if (from.at_end()) return from;
    walk_type along(state_, true);
    if (!along.is_allowed()) {  // A reseeding is on, and goes on instead.
      const pin pinned;
      migration(state_, pinned.thread_number(), driver::walk).step(most_buckets);
      return from;
    }
    const std::uint16_t name = upkeep().name_of_order();
    if (name == 0) return cursor::end();
    if (!from.is_for(name)) {
      STEADY_THROW(
          stale_cursor("steady: this cursor belongs to another container, or this one has been "
                       "reseeded; scan again from the start"));
    }
    if (most_buckets == 0) return from;
    bool is_enough = false;
    const std::uint64_t next = walk_from(along, from.position(), most_buckets, decide, is_enough);
    return next == 0 ? cursor::end() : cursor::at(next, name);
  }

  // ---- the whole ----

  std::size_t size() const noexcept { return state_.counts.sum(); }
  std::size_t max_size() const noexcept {
    constexpr std::uint64_t by_address =
        (std::numeric_limits<std::ptrdiff_t>::max)() / sizeof(value_type);
    constexpr std::uint64_t by_buckets =
        array::limit_of(std::uint64_t{1} << layout::max_log2_buckets, Policy::load_limit);
    const std::size_t by_allocator = std::allocator_traits<Allocator>::max_size(allocator_);
    return narrowed<std::size_t>(
        min_of<std::uint64_t>(min_of(by_address, by_buckets), by_allocator));
  }
  stats statistics() const noexcept {
    stats now = upkeep().statistics();
    now.bytes += bytes_of_nodes(now.size);
    if constexpr (!are_flat) now.leaving += retired_.size();
    return now;
  }
  steps_taken step(std::size_t intervals) noexcept {
    const call during(use_);
    return upkeep().step(intervals);
  }
  // The same by a helper in the background, which leaves no interval that can be moved.
  steps_taken help(std::size_t intervals) noexcept {
    const call during(use_);
    return upkeep().help(intervals);
  }
  // Returns by how many bytes the memory held has shrunk.
  std::size_t trim(std::size_t intervals) noexcept {
    const call during(use_);
    const std::size_t before = bytes_held();
    upkeep().trim(intervals);
    if constexpr (!are_flat) {
      retired_.free_some(intervals, [this](node* dead) { destroy(dead); });
    }
    const std::size_t after = bytes_held();
    return after < before ? before - after : 0;
  }
  void ask(migration_kind what) noexcept {
    const call during(use_);
    upkeep().ask(what);
  }
  void reserve(std::size_t size) {
    const call during(use_);
    require_at_most(max_size(), size);
    upkeep().reserve(size);
  }
  // What was reserved for elements that have come, beyond what was asked for.
  void withdraw_reservation(std::size_t asked_for = 0) noexcept {
    if (reserved() > asked_for) state_.reserved.store(asked_for, std::memory_order_relaxed);
  }
  std::size_t reserved() const noexcept {
    return static_cast<std::size_t>(state_.reserved.load(std::memory_order_relaxed));
  }
  void rehash(std::size_t slots) {
    const call during(use_);
    require_at_most(std::uint64_t{layout::width} << layout::max_log2_buckets, slots);
    upkeep().rehash(slots);
  }
  void finish() noexcept {
    const call during(use_);
    upkeep().finish();
  }

  // For helpers in the background, too.
  using upkeep_type = shared_upkeep<sync, layout>;
  upkeep_type upkeep() const noexcept { return upkeep_type(state_); }

  // ---- while nobody else uses the container ----

  // The container's helper is kept away while one exists.
  class alone {
   public:
    explicit alone(const shared_container& of) noexcept : kept_away_(of.state_.watcher) {
      of.use_.require_quiet();
    }

   private:
    without_watcher<sync> kept_away_;
  };

  // Calls `f` with a copy of the slot of every element.
  template <class F>
  void for_each_slot(F&& f) {
    const alone quiet(*this);
    const visitor visiting(use_);
    visit_at_rest(state_, f);
  }

  void free_everything() noexcept {
    const alone quiet(*this);
    destroy_retired((std::numeric_limits<std::size_t>::max)());
    state_.free_everything();
  }

  // A part of it: at most `most` steps (shared_destruction.hpp); returns how many there were. After
  // the first the container is good for no more than further ones, being moved and destroyed.
  std::size_t destroy_retired(std::size_t most) noexcept {
    use_.require_quiet();
    std::size_t done = 0;
    while (done < most && destroy_some()) ++done;
    return done;
  }
  // 0 when nothing is left.
  std::size_t pending_of_retired() const noexcept {
    return static_cast<std::size_t>(destruction(state_).pending(!are_flat));
  }

  // Everything that the other one has; this one is empty, and the allocators are equal.
  void take(shared_container& other) noexcept {
    const alone quiet(*this);
    const alone other_is_quiet(other);
    take_quietly(other);
  }
  // The same with its allocator, which helpers use for what it has.
  void take_with_allocator(shared_container& other) noexcept {
    const alone quiet(*this);
    const alone other_is_quiet(other);
    allocator_ = std::move(other.allocator_);
    take_quietly(other);
  }

  const char* first_broken_invariant() const noexcept {
    const alone quiet(*this);
    return shared_invariants<sync, layout>::first_broken(state_);
  }

 private:
  // Helpers are kept away from both.
  void take_quietly(shared_container& other) noexcept {
    seed_ = other.seed_;
    state_.take(other.state_);
    if constexpr (!are_flat) retired_.take(other.retired_);
  }

  // What gives the same value again after an element was made of it.
  template <class M, class Given = std::remove_cvref_t<M>>
  static constexpr bool gives_twice = std::is_scalar_v<Given> ||
                                      (std::is_same_v<Given, Mapped> &&
                                       std::is_trivially_copyable_v<Given>);

  static const memory_source& memory_of_blocks() noexcept {
    if constexpr (is_std_allocator<Allocator>) {
      return plain_memory_source;
    } else {
      return table_memory<shared_container, shared_memory<sync>::alignment>::source;
    }
  }

  std::size_t bytes_held() const noexcept {
    return state_.memory.bytes() + bytes_of_nodes(are_flat ? 0 : size());
  }
  // Of so many elements, and of erased ones that wait.
  std::size_t bytes_of_nodes(std::size_t elements_there) const noexcept {
    if constexpr (are_flat) {
      return 0;
    } else {
      return (elements_there + retired_.size()) * sizeof(node);
    }
  }

  table access() const noexcept { return table(state_); }
  template <class Given>
  static STEADY_ALWAYS_INLINE decltype(auto) as_key(Given&& given) {
    return detail::as_key<Hash, KeyEqual, Key>(std::forward<Given>(given));
  }
  static void require_at_most(std::uint64_t most, std::uint64_t asked) {
    if (asked > most) STEADY_THROW(std::length_error("steady: more than a container can have"));
  }

  template <class K>
  std::uint64_t code_of(const K& key) const {
    static_assert(searches_by<Hash, KeyEqual, Key, K> || !element_arguments::hashes ||
                      !element_arguments::compares,
                  "Hash and KeyEqual say is_transparent, but do not accept this type of key: the "
                  "hash takes it alone, the equality takes it and a key of the container");
    return detail::code_by<kind_of_keys>(hash(), key, seed_);
  }
  template <class K>
  wanted_key<elements, KeyEqual, K> wanted(const K& key, std::uint64_t code) const noexcept {
    return {equal(), key, code};
  }
  // Of elements in nodes: the value may be changing.
  template <class K, class F>
  std::size_t read_locked(const K& key, std::uint64_t code, F& f) const {
    const call during(use_);
    const pin pinned;
    return access()
        .visit(pinned, code, wanted(key, code),
               [&](copy& of) {
                 const visitor visiting(use_);
                 elements::read(of, f);
                 return fate::stays;
               })
        .is_there;
  }
  template <bool Visits, class K, class F, class... Arguments>
  bool insert_built(const K& key, F& f, Arguments&&... arguments) {
    const call during(use_);
    const std::uint64_t code = code_of(key);
    slot_maker<elements, Allocator> made(allocator_);
    return insert_made<Visits>(key, code, f, made, [&]() -> const copy& {
      return made.make(code, std::forward<Arguments>(arguments)...);
    });
  }
  template <bool Visits, class K, class F, class Maker, class Make>
  bool insert_made(const K& key, std::uint64_t code, F& f, Maker& made, Make&& make) {
    const wanted_key_of_new<elements, KeyEqual, K, Maker> is_wanted{wanted(key, code), made};
    const auto visit_old = changed_by(detail::visitor_of_old(f));
    const auto visit_new = detail::shown_to(f, made, use_);
    const pin pinned;
    const bool inserted =
        must_evacuate_first()
            ? access().template insert_slowly<Visits>(pinned, code, is_wanted, make, visit_old,
                                                      visit_new)
            : access().template insert<Visits>(pinned, code, is_wanted, make, visit_old, visit_new);
    if (!inserted) return false;
    made.is_inserted();
    migration::work(state_, pinned.thread_number(), driver::insert);
    return true;
  }
  // Whether an insertion must move its bucket before it writes, which insert_slowly() does. The
  // caller is pinned.
  STEADY_ALWAYS_INLINE bool must_evacuate_first() const noexcept {
    if constexpr (Policy::evacuates_first) {
      const array* const first = state_.first_array();
      return first != nullptr && first->next() != nullptr;
    } else {
      return false;
    }
  }
  template <class K>
  STEADY_ALWAYS_INLINE auto insert_quickly(const K& key, std::uint64_t code, const copy& slot) {
    const pin pinned;
    if (must_evacuate_first()) return table::quickly::undecided;
    const std::uint32_t thread = pinned.thread_number();
    const auto done =
        access().insert_quickly(thread, code, wanted(key, code),
                                [&]() STEADY_INLINE_LAMBDA -> const copy& { return slot; });
    if (done == table::quickly::inserted) migration::work(state_, thread, driver::insert);
    return done;
  }
  template <bool Visits, class K, class F>
  STEADY_NOINLINE bool insert_slot(const K& key, std::uint64_t code, F& f, copy slot) {
    const pin pinned;
    if (!access().template insert_slowly<Visits>(
            pinned, code, wanted(key, code), [&]() -> const copy& { return slot; },
            changed_by(f))) {
      return false;
    }
    migration::work(state_, pinned.thread_number(), driver::insert);
    return true;
  }
  template <class F>
  auto changed_by(F& f) const noexcept {
    return [this, &f](copy& found) {
      const visitor visiting(use_);
      return elements::change(found, f);
    };
  }

  void destroy(node* gone) noexcept {
    shared_node_memory<Allocator, value_type>::destroy(allocator_, gone);
  }
  void retire(node* gone) noexcept {
    retired_.retire(gone, [this](node* dead) { destroy(dead); });
  }

  bool destroy_some() noexcept {
    if constexpr (!are_flat) {
      const auto free = [this](node* gone) { destroy(gone); };
      if (retired_.free_some_alone(destruction::nodes_per_step, free) != 0) return true;
      const auto free_element = [this](copy& slot) { destroy(elements::node_in(slot)); };
      if (destruction(state_).empty_bucket(free_element)) return true;
    }
    return state_.free_some();
  }

  // Returns the position to go on from; 0 at the end.
  template <class Decide>
  std::uint64_t walk_from(walk_type& along, std::uint64_t from, std::uint64_t most_buckets,
                          Decide&& decide, bool& is_enough) {
    const auto decide_visibly = [&](copy& slot) {
      const visitor visiting(use_);
      return decide(slot);
    };
    return walk_and_retire<elements>(along, from, last_position, most_buckets, decide_visibly,
                                     is_enough, [this](auto* gone) { retire(gone); });
  }

  struct nothing {};
  using shown = shown_shared<typename elements::shown_slot, shown_version, layout::width,
                             layout::overflow_width, layout::chunk_buckets, layout::slot_bytes,
                             2 * sizeof(std::uint64_t)>;

  [[no_unique_address]] hash_and_equal<Hash, KeyEqual> functions_;
  [[no_unique_address]] Allocator allocator_;
  std::uint64_t seed_ = next_random();  // of hashes that take one
  [[no_unique_address]] use_type use_;
  mutable state_type state_;
  [[no_unique_address]] std::conditional_t<are_flat, nothing, retired_nodes<sync, node>> retired_;
  [[maybe_unused, no_unique_address]] shown shown_;
};

}  // namespace STEADY_ABI

}  // namespace steady::detail
