// The containers' functions on many keys at a time, in windows (key_window.hpp), so that the cache
// misses of a window overlap.
//
//   1. Keys are dealt with in their order, and each with the result that a call for it alone has.
//   2. A table whose slots are likely to be cached is searched key by key.
//
//   Bound    for each key that of the call for one.
//   Throws   what that throws; what was done for earlier keys stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/detail/table/key_window.hpp>

namespace steady::detail {

template <class Table>
class batches {
  using elements = typename Table::elements;
  using slot_type = typename Table::slot_type;
  using location = typename Table::location;
  using functions = container_functions<Table>;
  using window = key_window<Table>;

 public:
  // Calls `tell(slot, index)` for every key, in order; the slot is null where there is none. The
  // iterators go over the range twice. The table must not change meanwhile. That they are keys was
  // said before (require_keys).
  template <class Iterator, class End, class Tell>
  static void look_up(const Table& table, Iterator first, const End& last, const Tell& tell) {
    std::size_t index = 0;
    if (!window::pays_for(table)) {
      for (; first != last; ++first, ++index) tell(table.find(as_key(*first)).slot, index);
      return;
    }
    while (first != last) {
      window keys(table);
      for (Iterator ahead = first; !keys.full() && static_cast<bool>(ahead != last); ++ahead) {
        keys.add(as_key(*ahead));
      }
      keys.match();
      for (std::size_t n = 0; n < keys.size(); ++n, ++first, ++index) {
        tell(keys.find(n, as_key(*first)), index);
      }
    }
  }

  template <class Iterator, class End, class Found>
  static std::size_t contains(const Table& table, const Iterator& first, const End& last,
                              Found found) {
    std::size_t count = 0;
    look_up(table, first, last, [&](slot_type* slot, std::size_t) {
      *found = slot != nullptr;
      static_cast<void>(++found);
      if (slot != nullptr) ++count;
    });
    return count;
  }

  template <class Iterator, class End>
  static std::size_t erase(Table& table, Iterator first, const End& last) {
    std::size_t erased = 0;
    while (first != last) {
      window keys(table);
      for (Iterator ahead = first; !keys.full() && static_cast<bool>(ahead != last); ++ahead) {
        keys.add(as_key(*ahead));
      }
      if (window::pays_for(table)) keys.match();
      for (std::size_t n = 0; n < keys.size(); ++n, ++first) {
        auto&& given = *first;
        decltype(auto) key = as_key(given);
        if (table.erase_key_at(keys.position(n, key), key)) ++erased;
      }
    }
    return erased;
  }

  template <class Iterator, class End>
  static void insert(Table& table, Iterator first, const End& last) {
    if constexpr (shows_keys_ahead<Iterator, elements>) {
      while (first != last) {
        window keys(table);
        if (!window::pays_for(table)) {
          for (std::size_t n = 0; n < window::capacity && static_cast<bool>(first != last);
               ++n, ++first) {
            functions::find_or_emplace(table, *first);
          }
          continue;
        }
        for (Iterator ahead = first; !keys.full() && static_cast<bool>(ahead != last); ++ahead) {
          keys.add(elements::key_in(*ahead));
        }
        keys.match_or_claim();
        for (std::size_t n = 0; n < keys.size(); ++n, ++first) {
          functions::find_or_emplace_at(table, keys.position(n, elements::key_in(*first)), *first);
        }
      }
    } else {
      for (; first != last; ++first) functions::find_or_emplace(table, *first);
    }
  }

  // Moves the elements of `source` whose keys are new; it keeps the others.
  template <class Source>
  static void merge(Table& table, Source& source) {
    functions::require_equal_allocator(table, source.allocator());
    auto next = source.first();
    while (next) {
      window keys(table);
      typename Source::location given[window::capacity];
      for (; static_cast<bool>(next) && !keys.full(); next = source.after(next)) {
        given[keys.size()] = next;
        keys.add(elements::key_of(*next.slot));
      }
      if (window::pays_for(table)) keys.match_or_claim();
      for (std::size_t n = 0; n < keys.size(); ++n) {
        slot_type* const from = given[n].slot;
        source.note_write(from);
        const std::uint64_t position = keys.position(n, elements::key_of(*from));
        if (functions::adopt_at(table, position, source.allocator(), from).second)
          source.erase_noted(given[n]);
      }
    }
  }

  // Begins to fetch what a lookup of the key reads first.
  template <class K>
  static STEADY_ALWAYS_INLINE void prefetch(const Table& table, const K& key) {
    window(table).add(key);
  }

 private:
  template <class Given>
  static STEADY_ALWAYS_INLINE decltype(auto) as_key(Given&& given) {
    return detail::as_key<typename Table::hasher, typename Table::key_equal,
                          typename Table::key_type>(std::forward<Given>(given));
  }
};

}  // namespace steady::detail
