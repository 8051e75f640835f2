// The bodies of the containers' functions that are more than a line. Their contracts are with the
// functions that call them, in hash_map.hpp and in the headers of snapshots and retired containers.
//
//   1. A function for one element has no effect if it throws. What moves many elements leaves each
//      in one of the two containers.
//   2. Arguments may refer to elements of the container: what is made of them is made before
//      anything moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include <steady/cursor.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/traversal/line_visit.hpp>

namespace steady::detail {

// Gives snapshots, retired containers and tests access to a container's table, or to what is in
// its place where threads share it.
struct container_access {
  template <class Container>
  static auto& table_of(Container& container) noexcept {
    return container.table_;
  }
  template <class Container>
  static auto& shared_of(Container& container) noexcept {
    return container.container_;
  }
};

// What was reserved is no promise any more: the container may shrink by itself below that.
template <class Container>
void withdraw_reservation(Container& container) noexcept {
  container_access::table_of(container).engine().withdraw_reservation();
}

[[noreturn]] STEADY_COLD inline void throw_no_such_key() {
  STEADY_THROW(std::out_of_range("steady::hash_map::at: no such key"));
}
[[noreturn]] STEADY_COLD inline void throw_stale_cursor(bool reseeding) {
  STEADY_THROW(stale_cursor(
      reseeding
          ? "steady: the container is being reseeded; step() or finish() it, then start again with "
            "a new cursor"
          : "steady: the cursor is another container's, or the container was reseeded since; start "
            "again with a new cursor"));
}

// Visits intervals of the hash line of a table.
template <class Table>
class table_visit {
 public:
  explicit table_visit(const Table& table) noexcept
      : position_of_{table},
        visit_(line_arrays<typename Table::storage_type>(table.state()), position_of_) {}
  table_visit(const table_visit&) = delete;
  table_visit& operator=(const table_visit&) = delete;

  auto* operator->() const noexcept { return std::addressof(visit_); }

 private:
  struct position_of_slot {
    const Table& table;
    std::uint64_t operator()(const typename Table::slot_type& slot, bool in_new) const {
      return table.line_position(slot, in_new);
    }
  };

  position_of_slot position_of_;
  line_visit<typename Table::slot_type, typename Table::layout, position_of_slot> visit_;
};

template <class Table>
class container_functions {
  using elements = typename Table::elements;
  using slot_type = typename Table::slot_type;
  using location = typename Table::location;
  using allocator_type = typename Table::allocator_type;

 public:
  // ---- inserting ----

  // The element with the key that the arguments have, or a new one built from them. Where the
  // arguments do not show the key, the element is built first, and moved in if its key is new.
  template <class... Arguments>
  static STEADY_ALWAYS_INLINE std::pair<location, bool> find_or_emplace(Table& table,
                                                                        Arguments&&... arguments) {
    const auto construct = [&](slot_type* to) {
      elements::construct(table.allocator(), to, std::forward<Arguments>(arguments)...);
    };
    if constexpr (shows_key<elements, Arguments...>) {
      return table.find_or_insert(elements::key_in(arguments...), construct);
    } else {
      temporary_slot<elements, allocator_type> made(table.allocator(), construct);
      return table.find_or_insert_foreign(elements::key_of(*made.get()), [&](slot_type* to) {
        elements::move(table.allocator(), to, made.get());
      });
    }
  }

  // The same where the argument shows the key, and its hash position on the old line is known.
  template <class Argument>
  static STEADY_ALWAYS_INLINE std::pair<location, bool> find_or_emplace_at(Table& table,
                                                                           std::uint64_t position,
                                                                           Argument&& argument) {
    return table.find_or_insert_at(position, elements::key_in(argument), [&](slot_type* to) {
      elements::construct(table.allocator(), to, std::forward<Argument>(argument));
    });
  }

  // Takes what a slot of another table or of none holds, if its key is new; then the slot's content
  // is to be destroyed, otherwise, and on an exception, it is as before. `source` is the allocator
  // that the slot's content was made with; it equals this one's, if slots own memory.
  static std::pair<location, bool> adopt(Table& table, const allocator_type& source,
                                         slot_type* from) {
    return table.find_or_insert_foreign(elements::key_of(*from), taking_over(table, source, from));
  }
  // The same where the key's hash position, on the old line, is known.
  static std::pair<location, bool> adopt_at(Table& table, std::uint64_t position,
                                            const allocator_type& source, slot_type* from) {
    return table.find_or_insert_foreign_at(position, elements::key_of(*from),
                                           taking_over(table, source, from));
  }

  // Takes the other's content; moves each element if the allocators differ.
  static STEADY_ALWAYS_INLINE void take_or_move(Table& table, Table& other) {
    if constexpr (!std::allocator_traits<allocator_type>::is_always_equal::value) {
      if (!are_equal(table.allocator(), other.allocator())) return move_each(table, other);
    }
    table.take(other);
  }
  static void move_each(Table& table, Table& other) {
    const std::uint64_t promised = other.engine().reserved();
    const std::uint64_t already = other.engine().reserved_already();
    STEADY_TRY {
      // Without a cold block nothing was reserved that would be worth an array.
      if (other.size() != 0 || other.state().cold_link != nullptr) {
        const std::uint64_t at_once = max_of<std::uint64_t>(other.size(), already);
        if (at_once != 0) table.engine().reserve(at_once);
        if (promised > at_once) table.engine().reserve_gradually(promised);
      }
      for (auto at = other.first(); at;) {
        const auto next = other.after(at);
        other.note_write(at.slot);
        table.find_or_insert_foreign(elements::key_of(*at.slot), [&](slot_type* to) {
          elements::transplant(table.allocator(), to, at.slot);
        });
        other.erase_noted(at);
        at = next;
      }
    }
    STEADY_CATCH_ALL {
      table.engine().withdraw_reservation();
      STEADY_RETHROW;
    }
    if (promised < table.size()) table.engine().withdraw_reservation();
    other.engine().end_walkers();
    other.engine().release();
  }

  static bool are_equal(const allocator_type& a, const allocator_type& b) noexcept {
    return static_cast<bool>(a == b);
  }

  // Nodes go back to the allocator that they came from.
  static void require_equal_allocator(const Table& table, const allocator_type& allocator) {
    if constexpr (debug_mode && elements::owns_memory) {
      if (!are_equal(allocator, table.allocator())) {
        misuse("a node was given to a container whose allocator is not equal to its own");
      }
    }
  }

  // ---- values ----

  template <class K>
  static auto& value_to_change(Table& table, const K& key) {
    const location found = table.find(key);
    if (found.slot == nullptr) throw_no_such_key();
    table.note_write(found.slot);
    table.note_reference(found);
    return elements::element_of(*found.slot).second;
  }
  template <class K>
  static const auto& value_at(const Table& table, const K& key) {
    const location found = table.find(key);
    if (found.slot == nullptr) throw_no_such_key();
    table.note_reference(found);
    return elements::element_of(*found.slot).second;
  }

  // ---- erasing ----

  static location erase(Table& table, location next, const location& stop) noexcept {
    while (next.slot != stop.slot) {
      const location erased = next;
      next = table.after(erased);
      table.erase_one_of_many(erased, next);
    }
    return next;
  }
  template <class Erases>
  static std::size_t erase_if(Table& table, const Erases& erases) {
    const std::size_t before = table.size();
    for (location at = table.first(); at;) {
      location next = table.after(at);
      if (in_user_code(table, erases, at)) table.erase_one_of_many(at, next);
      at = next;
    }
    return before - table.size();
  }

  // ---- visiting ----

  template <class Visit>
  static void visit_part(const Table& table, line_part part, const Visit& visit) {
    if (table.size() != 0) table_visit<Table>(table)->all(part.first(), part.last(), visit);
  }

  template <class Visit>
  static cursor scan(const Table& table, cursor from, std::size_t max_buckets, const Visit& visit) {
    if (table.size() == 0 || from.at_end()) return cursor::end();
    const std::uint16_t line = table.state().shape.name();
    if (!from.is_for(line)) throw_stale_cursor(false);
    if (table.state().reseeding()) throw_stale_cursor(true);
    const table_visit<Table> visiting(table);
    std::uint64_t next = from.position();
    for (std::size_t n = 0; n < max_buckets; ++n) {
      const std::uint64_t visited = visiting->bucket(next, last_position, visit);
      if (visited == last_position) return cursor::end();
      next = visited + 1;
    }
    return cursor::at(next, line);
  }

  static bool equal(const Table& a, const Table& b) {
    if (a.size() != b.size()) return false;
    for (location at = a.first(); at; at = a.after(at)) {
      const location other = b.find(elements::key_of(*at.slot));
      if (other.slot == nullptr || !equal(*at.slot, *other.slot)) return false;
    }
    return true;
  }

  // ---- sizes ----

  static std::size_t max_size(const Table& table) noexcept {
    constexpr std::size_t by_address =
        (std::numeric_limits<std::ptrdiff_t>::max)() / sizeof(typename elements::value_type);
    const std::size_t by_allocator =
        std::allocator_traits<allocator_type>::max_size(table.allocator());
    const array_layout& layout = Table::layout::value;
    const std::uint64_t by_buckets = layout.load_limit(layout.max_log2_buckets());
    return narrowed<std::size_t>(
        min_of<std::uint64_t>(min_of(by_address, by_allocator), by_buckets));
  }

 private:
  static auto taking_over(Table& table, const allocator_type& source, slot_type* from) {
    return [&table, &source, from](slot_type* to) { take_over(table, source, to, from); };
  }
  static void take_over(Table& table, [[maybe_unused]] const allocator_type& source, slot_type* to,
                        slot_type* from) {
    if constexpr (!elements::owns_memory) {
      if (!are_equal(source, table.allocator()))
        return elements::transplant(table.allocator(), to, from);
    }
    elements::transfer(table.allocator(), to, from);
  }

  // By the elements' own ==, which may tell keys apart that the table's equality does not.
  static bool equal(const slot_type& a, const slot_type& b) {
    if (!static_cast<bool>(std::equal_to<>{}(elements::key_of(a), elements::key_of(b))))
      return false;
    if constexpr (elements::is_map) {
      return static_cast<bool>(std::equal_to<>{}(std::as_const(elements::element_of(a)).second,
                                                 std::as_const(elements::element_of(b)).second));
    } else {
      return true;
    }
  }

  template <class Erases>
  static bool in_user_code(Table& table, const Erases& erases, const location& at) {
    [[maybe_unused]] const typename Table::user_code scope(std::addressof(table));
    return erases(at);
  }
};

}  // namespace steady::detail
