// What steady::hash_map and steady::hash_set have in common: everything but the mapped values.
//
// Unless a function says otherwise:
//
//   Bound        one bucket and its overflow is searched, also in the middle of a migration; an
//                inserting call may besides evacuate Policy::evacuations_per_insert intervals.
//   Throws       what the hash, the equality, the element's constructors and the allocator throw; a
//                function for one element then has no effect.
//   Invalidates  inserting a new element and everything that migrates: iterators, pointers and
//                references to elements. Erasing: those to the erased element only. Looking up and
//                inserting a key that is there: nothing.
//   Threads      const functions never move or change anything, and may run at the same time.
//
// docs/guarantees.md has the bounds in numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <steady/container_base.hpp>
#include <steady/cursor.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/debug.hpp>
#include <steady/detail/interface.hpp>
#include <steady/detail/line_visit.hpp>
#include <steady/detail/node_handle.hpp>
#include <steady/walker.hpp>

namespace steady {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class hash_container : public container_base<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = container_base<Elements, Hash, KeyEqual, Allocator, Policy>;

 protected:
  using base::construct;
  using base::table_;
  using typename base::position;
  using typename base::slot_type;
  using typename base::table_type;

 public:
  using typename base::const_iterator;
  using typename base::iterator;
  using typename base::key_type;
  using typename base::size_type;
  using typename base::value_type;
  using node_type = detail::node_of<Elements, Allocator>;
  using insert_return_type = detail::insert_return<iterator, node_type>;

  using base::base;
  using base::operator=;
  using base::begin;
  using base::end;
  hash_container() = default;

  // ---- looking up ----
  // Each also takes any key that a transparent Hash and a transparent KeyEqual accept.

  STEADY_ALWAYS_INLINE iterator find(const key_type& key) { return {table_, table_.find(key)}; }
  STEADY_ALWAYS_INLINE const_iterator find(const key_type& key) const {
    return {table_, table_.find(key)};
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE iterator find(const K& key) {
    return {table_, table_.find(key)};
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE const_iterator find(const K& key) const {
    return {table_, table_.find(key)};
  }

  STEADY_ALWAYS_INLINE bool contains(const key_type& key) const {
    return static_cast<bool>(table_.find(key));
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE bool contains(const K& key) const {
    return static_cast<bool>(table_.find(key));
  }

  // 0 or 1.
  STEADY_ALWAYS_INLINE size_type count(const key_type& key) const { return contains(key) ? 1 : 0; }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE size_type count(const K& key) const {
    return contains(key) ? 1 : 0;
  }

  // The key's element as a range of one, or an empty range.
  std::pair<iterator, iterator> equal_range(const key_type& key) { return range_at(find(key)); }
  std::pair<const_iterator, const_iterator> equal_range(const key_type& key) const {
    return range_at(find(key));
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  std::pair<iterator, iterator> equal_range(const K& key) {
    return range_at(find(key));
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  std::pair<const_iterator, const_iterator> equal_range(const K& key) const {
    return range_at(find(key));
  }

  // ---- inserting ----
  // An element whose key is there already is not inserted, and nothing is moved from.

  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(const value_type& element) {
    return emplace(element);
  }
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(value_type&& element) {
    return emplace(std::move(element));
  }
  // What an element can be built from: a pair, for a map; for a set a key of another type that
  // transparent functions accept, from which a key is built only if it is new.
  template <detail::makes_element<Elements, Hash, KeyEqual> Element>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert(Element&& element) {
    if constexpr (Elements::is_map) {
      return emplace(std::forward<Element>(element));
    } else {
      return find_or_insert(element,
                            [&](slot_type* at) { construct(at, std::forward<Element>(element)); });
    }
  }

  // A hint is of no use, and ignored.
  iterator insert(const_iterator, const value_type& element) { return insert(element).first; }
  iterator insert(const_iterator, value_type&& element) { return insert(std::move(element)).first; }
  template <detail::makes_element<Elements, Hash, KeyEqual> Element>
  iterator insert(const_iterator, Element&& element) {
    return insert(std::forward<Element>(element)).first;
  }

  // Not all or nothing: what was inserted before an exception stays.
  template <std::input_iterator Iterator>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) emplace(*first);
  }
  void insert(std::initializer_list<value_type> elements) {
    insert(elements.begin(), elements.end());
  }
  template <std::ranges::input_range Range>
  void insert_range(Range&& range) {
    for (auto&& element : range) emplace(std::forward<decltype(element)>(element));
  }

  // Where the arguments show the key (an element, a pair with a key, a key and a value) nothing is
  // built unless it is new. Otherwise builds the element, and moves it in if its key is new.
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace(Arguments&&... arguments) {
    const auto [at, inserted] = this->find_or_emplace(std::forward<Arguments>(arguments)...);
    return {iterator(table_, at), inserted};
  }
  template <class... Arguments>
  iterator emplace_hint(const_iterator, Arguments&&... arguments) {
    return emplace(std::forward<Arguments>(arguments)...).first;
  }

  // ---- taking out, and putting back ----
  // Each way moves the element once.

  // The element, which is in the container no more.
  node_type extract(const_iterator element) {
    const position& at = element.at(table_);
    table_.note_write(at.slot);
    node_type node(table_.allocator(), at.slot);
    table_.erase_noted(at);
    return node;
  }
  // An empty handle if there is no such key.
  node_type extract(const key_type& key) { return extract_found(find(key)); }
  template <detail::other_key<Hash, KeyEqual, hash_container> K>
  node_type extract(const K& key) {
    return extract_found(find(key));
  }

  // The allocators must be equal if this is a node container.
  insert_return_type insert(node_type&& node) {
    if (node.empty()) return {};
    require_equal_allocator(node.get_allocator());
    const auto [at, inserted] = this->adopt(node.slot());
    if (inserted) node.reset();
    return {iterator(table_, at), inserted, std::move(node)};
  }
  // What is not inserted stays in the handle, without being moved.
  iterator insert(const_iterator, node_type&& node) {
    if (node.empty()) return end();
    require_equal_allocator(node.get_allocator());
    const auto [at, inserted] = this->adopt(node.slot());
    if (inserted) node.reset();
    return {table_, at};
  }

  // Moves the elements whose keys are new here; `source` keeps the others. Any hash, equality and
  // policy will do; the allocators must be equal if these are node containers. Bound:
  // O(source.size()).
  template <class H, class E, class P>
  void merge(hash_container<Elements, H, E, Allocator, P>& source) {
    if (static_cast<const void*>(this) == static_cast<const void*>(&source)) return;
    require_equal_allocator(source.get_allocator());
    for (auto at = source.table_.first(); at;) {
      const auto next = source.table_.after(at);
      source.table_.note_write(at.slot);
      if (this->adopt(at.slot).second) source.table_.erase_noted(at);
      at = next;
    }
  }
  template <class H, class E, class P>
  void merge(hash_container<Elements, H, E, Allocator, P>&& source) {
    merge(source);
  }

  // ---- erasing ----
  // Never moves another element, and never shrinks.

  // The number of elements erased, 0 or 1.
  STEADY_ALWAYS_INLINE size_type erase(const key_type& key) { return erase_key(key); }
  template <detail::other_key<Hash, KeyEqual, hash_container> K>
  size_type erase(const K& key) {
    return erase_key(key);
  }

  // The element after the erased one. Throws nothing.
  STEADY_ALWAYS_INLINE iterator erase(const_iterator element) noexcept {
    const position& at = element.at(table_);
    position next = table_.after_if_used(at);
    table_.erase(at, next);
    return {table_, next};
  }
  template <detail::one_but_not_other<iterator, const_iterator> I>
  STEADY_ALWAYS_INLINE iterator erase(I element) noexcept {
    return erase(const_iterator(element));
  }
  iterator erase(const_iterator first, const_iterator last) noexcept {
    const position stop = last.end_or_at(table_);
    position next = first.end_or_at(table_);
    while (next.slot != stop.slot) {
      const position erased = next;
      next = table_.after(erased);
      table_.erase(erased, next);
    }
    return {table_, next};
  }

  // Destroys all elements. Bound: O(size + buckets). What was reserved stays, and so does the
  // memory of a container of one chunk; others, and those that are migrating, give theirs back.
  void clear() noexcept { table_.clear(); }

  // ---- visiting ----
  // The visitor must not change the container; a map's values it may change, if the container is
  // not const.

  // Calls `visitor(element)` for every element. Bound: O(size + buckets).
  template <class Visitor>
  void for_each(Visitor visitor) {
    for (auto& element : *this) visitor(element);
  }
  template <class Visitor>
  void for_each(Visitor visitor) const {
    for (auto& element : *this) visitor(element);
  }
  // The same for a part of the elements, so that several threads can share the work.
  template <class Visitor>
  void for_each(line_part part, Visitor visitor) {
    visit_part(*this, part.first(), part.last(), visitor);
  }
  template <class Visitor>
  void for_each(line_part part, Visitor visitor) const {
    visit_part(*this, part.first(), part.last(), visitor);
  }

  // Calls `visitor(element)` for the elements of the next `max_buckets` buckets, and returns where
  // to go on. Whatever happens to the container between two calls, from the start to at_end() an
  // element that is there throughout is met exactly once, and none twice unless it was erased and
  // inserted again. Bound: max_buckets buckets. Throws steady::stale_cursor for a cursor of another
  // container, or if the container is being re-seeded or was since; what the visitor throws, after
  // which the cursor given can be used again.
  template <class Visitor>
  cursor scan(cursor from, size_type max_buckets, Visitor visitor) {
    return scan_part(*this, from, max_buckets, visitor);
  }
  template <class Visitor>
  cursor scan(cursor from, size_type max_buckets, Visitor visitor) const {
    return scan_part(*this, from, max_buckets, visitor);
  }

  // The elements, as a range whose iterators survive every change of the container between two of
  // their steps, and drive what is pending; see steady/walker.hpp.
  //
  //   for (auto& [key, value] : map.walk()) ...
  //
  // Bound of a step: a bucket, the buckets without elements that are passed over, and what an
  // insertion may evacuate.
  walker<table_type> walk() { return walker<table_type>(table_); }

  // Erases the elements for which `erases(element)` is true; returns how many. Bound: O(size).
  template <class Predicate>
  friend size_type erase_if(hash_container& container, Predicate erases) {
    return container.erase_where(erases);
  }

  // The same elements, in whatever order. Bound: O(size).
  friend bool operator==(const hash_container& a, const hash_container& b) {
    if (a.size() != b.size()) return false;
    for (const value_type& element : a) {
      const value_type* const other = b.find_element(Elements::key_of(element));
      if (other == nullptr) return false;
      if constexpr (Elements::is_map) {
        if (!(element.second == other->second)) return false;
      }
    }
    return true;
  }

 protected:
  // The element with `key`, or a new one made by `make(slot)`.
  template <class K, class Construct>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> find_or_insert(const K& key,
                                                                const Construct& make) {
    const auto [at, inserted] = table_.find_or_insert(key, make);
    return {iterator(table_, at), inserted};
  }

  // Null when there is none.
  template <class K>
  value_type* find_element(const K& key) const {
    const position at = table_.find(key);
    return at ? std::addressof(Elements::element_of(*at.slot)) : nullptr;
  }

 private:
  template <class, class, class, class, class>
  friend class hash_container;

  template <class K>
  STEADY_ALWAYS_INLINE size_type erase_key(const K& key) {
    const position at = table_.find(key);
    if (!at) return 0;
    table_.erase_and_progress(at);
    return 1;
  }

  // Hands elements to the visitor, const ones if `Self` is const.
  template <class Self, class Visitor>
  static auto handing_to(Self& self, Visitor& visitor) {
    using reference = decltype(*self.begin());
    return [&](const position& at) {
      if constexpr (!std::is_const_v<std::remove_reference_t<reference>>) {
        self.table_.note_write(at.slot);
      }
      [[maybe_unused]] const detail::user_code_scope<detail::debug_mode> scope(&self.table_);
      visitor(static_cast<reference>(Elements::element_of(*at.slot)));
    };
  }

  template <class Self, class Visitor>
  static void visit_part(Self& self, std::uint64_t first, std::uint64_t last, Visitor& visitor) {
    if (self.empty()) return;
    detail::line_visit<table_type>(self.table_).all(first, last, handing_to(self, visitor));
  }

  template <class Self, class Visitor>
  static cursor scan_part(Self& self, cursor from, size_type max_buckets, Visitor& visitor) {
    const std::uint16_t line = self.table_.line_name();
    if (self.empty() || from.at_end()) return cursor::end();
    if (from.line() != 0 && from.line() != line) {
      throw stale_cursor(
          "steady: the cursor is another container's, or the container was re-seeded since; start "
          "again with a new cursor");
    }
    if (self.table_.arrays().reseeding()) {
      throw stale_cursor(
          "steady: the container is being re-seeded; step() or finish() it, then start again with "
          "a new cursor");
    }
    const detail::line_visit<table_type> visit(self.table_);
    std::uint64_t next = from.position();
    for (size_type n = 0; n < max_buckets; ++n) {
      const std::uint64_t visited =
          visit.bucket(next, detail::last_position, handing_to(self, visitor));
      if (visited == detail::last_position) return cursor::end();
      next = visited + 1;
    }
    return cursor::at(next, line);
  }

  // Nodes go back to the allocator that they came from.
  void require_equal_allocator(const Allocator& allocator) const {
    if constexpr (detail::debug_mode && Elements::owns_memory) {
      if (!(allocator == this->get_allocator())) {
        detail::misuse("a node was given to a container whose allocator is not equal to its own");
      }
    }
  }

  template <class Predicate>
  size_type erase_where(Predicate& erases) {
    const size_type before = this->size();
    for (position at = table_.first(); at;) {
      position next = table_.after(at);
      if (visit(erases, at)) table_.erase(at, next);
      at = next;
    }
    return before - this->size();
  }
  template <class Visitor>
  bool visit(Visitor& visitor, const position& at) {
    [[maybe_unused]] const detail::user_code_scope<detail::debug_mode> scope(&table_);
    return static_cast<bool>(visitor(*iterator(table_, at)));
  }

  template <class Iterator>
  static std::pair<Iterator, Iterator> range_at(Iterator found) noexcept {
    Iterator next = found;
    if (found != Iterator()) ++next;
    return {found, next};
  }

  node_type extract_found(const_iterator found) {
    return found == end() ? node_type() : extract(found);
  }
};

}  // namespace steady
