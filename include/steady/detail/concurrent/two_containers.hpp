// What concerns two concurrent containers: copying, assigning, swapping, merging, comparing.
//
// Two threads that lock buckets of two containers, each in another order, would wait for each other
// for ever. So a call holds a bucket of one container while it waits for one of another only if
// nobody else uses one of the two (copying, moving, merging), or in the order of their addresses
// (comparing).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/concurrent/bucket_edit.hpp>
#include <steady/detail/concurrent/line_walk.hpp>
#include <steady/detail/concurrent/shared_nodes.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/table/container_functions.hpp>
#include <steady/moves_without_throwing.hpp>

namespace steady::detail {

template <class Container>
struct two_containers {
  using elements = typename Container::elements;
  using key_type = typename Container::key_type;
  using mapped_type = typename Container::mapped_type;
  using value_type = typename Container::value_type;
  using copy = typename Container::copy;
  using allocator_type = typename Container::allocator_type;
  using allocator_traits = std::allocator_traits<allocator_type>;
  using plain_elements = typename Container::plain_elements;
  using node = typename Container::node;
  using nodes = shared_node_memory<allocator_type, value_type>;
  static constexpr bool is_map = !std::is_void_v<mapped_type>;

  // ---- copying ----

  // Copies the elements of `from`, which others may use, to `to`, which they do not. (Elements that
  // cannot be copied have been refused.)
  static void copy_elements(Container& to, Container& from) {
    if constexpr (plain_elements::template copies_with<allocator_type>()) {
      to.reserve(from.size());
      bool is_enough = false;
      from.walk(
          [&to](const copy& slot) {
            elements::read(slot, [&to](const value_type& element) {
              to.template insert<false>(elements::key_in(element), leave, element);
            });
            return fate::stays;
          },
          is_enough);
      to.withdraw_reservation();
    }
  }

  // ---- assigning and swapping, while nobody else uses either ----

  static constexpr bool assigns_nothrow =
      Container::replaces_functions_nothrow &&
      (allocator_traits::propagate_on_container_move_assignment::value ||
       allocator_traits::is_always_equal::value);
  static constexpr bool swaps_nothrow =
      noexcept(std::declval<Container&>().functions_.swap(std::declval<Container&>().functions_));

  // Gives `to` the functions, the allocator if it propagates, and the elements of `from`, which is
  // a copy whose allocator is the one that `to` will have. Throws what replacing the functions
  // throws; then nothing has changed.
  static void assign_copy(Container& to, const Container& original,
                          Container& from) noexcept(Container::replaces_functions_nothrow) {
    to.functions_.replace(original.functions_);
    to.free_everything();  // of `original`, too, if it is in one of the elements
    if constexpr (allocator_traits::propagate_on_container_copy_assignment::value) {
      to.allocator_ = from.allocator_;
    }
    to.take(from);
  }
  static void assign_moved(Container& to, Container& from) noexcept(assigns_nothrow) {
    to.functions_.replace(from.functions_);
    to.free_everything();
    if constexpr (allocator_traits::propagate_on_container_move_assignment::value) {
      to.take_with_allocator(from);
    } else {
      take_or_move(to, from);
    }
  }
  // `to` is empty. Where the allocators differ each element is moved; on an exception each is
  // either here or there. (Elements that cannot be moved then have been refused.)
  static void take_or_move(Container& to, Container& from) {
    if constexpr (!allocator_traits::is_always_equal::value) {
      if (!are_equal(to.allocator_, from.allocator_)) return move_each(to, from);
    }
    to.take(from);
  }

  static void swap(Container& a, Container& b) noexcept(swaps_nothrow) {
    if (std::addressof(a) == std::addressof(b)) return;
    const typename Container::alone a_is_quiet(a);
    const typename Container::alone b_is_quiet(b);
    a.functions_.swap(b.functions_);
    if constexpr (allocator_traits::propagate_on_container_swap::value) {
      using std::swap;
      swap(a.allocator_, b.allocator_);
    }
    std::swap(a.seed_, b.seed_);
    typename Container::state_type state(Container::kind, nullptr, Container::memory_of_blocks());
    exchange(a.state_, b.state_, state);
    if constexpr (!Container::are_flat) {
      decltype(a.retired_) retired;
      exchange(a.retired_, b.retired_, retired);
    }
  }

  // ---- merging ----

  // Moves the elements whose keys `to` does not have; returns how many. Nobody else uses `from`.
  // Nodes change hands as they are: their allocators must be equal.
  template <class Source>
  static std::size_t merge(Container& to, Source& from) {
    if (static_cast<const void*>(std::addressof(to)) == std::addressof(from)) return 0;
    constexpr bool hands_over = !Container::are_flat && !Source::are_flat;
    if constexpr (hands_over && debug_mode) {
      if (!are_equal(to.allocator_, from.allocator())) {
        misuse("containers whose allocators are not equal were merged");
      }
    }
    std::size_t merged = 0;
    two_containers<Source>::give_away(from, [&](typename Source::copy& slot) {
      bool is_taken = false;
      if constexpr (hands_over) {
        node* const given = Source::elements::node_in(slot);
        const key_type& key = elements::key_in(given->value);
        is_taken = adopt(to, given, key, to.code_of(key));
      } else {  // Trivially copyable.
        Source::elements::read(slot, [&](const value_type& element) {
          is_taken = to.template insert<false>(elements::key_in(element), leave, element);
        });
        if constexpr (!Source::are_flat) {
          if (is_taken) from.destroy(Source::elements::node_in(slot));
        }
      }
      merged += is_taken;
      return is_taken;
    });
    return merged;
  }

  // Moves all elements to `taken`, an empty container of one thread that has room for them, which
  // it need not keep when they go; those that cannot be moved without fail are copied. Nobody else
  // uses `from`. On an exception the moved ones are no longer in `from`; copied ones still are.
  template <class Taken>
  static void release(Container& from, Taken& taken) {
    auto& table = container_access::table_of(taken);
    constexpr bool copies = Container::are_flat || (!moves_nothrow && plain_elements::copyable());
    if constexpr (copies) {
      from.for_each_slot([&taken](const copy& slot) {
        elements::read(slot, [&taken](const value_type& element) { taken.insert(element); });
      });
    } else {
      give_away(from, [&](copy& slot) {
        node* const given = elements::node_in(slot);
        container_functions<std::remove_reference_t<decltype(table)>>::adopt(
            table, table.allocator(), std::addressof(given->value));
        nodes::destroy(from.allocator_, given);
        return true;
      });
    }
    table.engine().withdraw_reservation();
    from.free_everything();
  }

  // ---- comparing ----

  // Whether both have equal elements, by their own ==. Others may use both.
  static bool are_equal_sets(Container& a, Container& b) {
    if (std::addressof(a) == std::addressof(b)) return true;
    if (a.size() != b.size()) return false;
    const bool in_order = std::less<>()(std::addressof(a), std::addressof(b));
    Container& walked = in_order ? a : b;
    Container& asked = in_order ? b : a;
    bool differ = false;
    walked.walk(
        [&](const copy& slot) {
          elements::read(slot, [&](const value_type& element) {
            bool is_there = false;
            asked.read(elements::key_in(element), [&](const value_type& other) {
              is_there = in_order ? are_same(element, other) : are_same(other, element);
            });
            differ = !is_there;
          });
          return fate::stays;
        },
        differ);
    return !differ;
  }

 private:
  template <class>
  friend struct detail::two_containers;

  static constexpr auto leave = [](const value_type&) {};

  static bool are_equal(const allocator_type& a, const allocator_type& b) noexcept {
    return static_cast<bool>(a == b);
  }
  static bool are_same(const value_type& a, const value_type& b) {
    if constexpr (is_map) {
      if (!static_cast<bool>(std::equal_to<>{}(a.first, b.first))) return false;
      return static_cast<bool>(std::equal_to<>{}(a.second, b.second));
    } else {
      return static_cast<bool>(std::equal_to<>{}(a, b));
    }
  }
  template <class Part>
  static void exchange(Part& a, Part& b, Part& between) noexcept {
    between.take(a);
    a.take(b);
    b.take(between);
  }

  // Calls `decide` with all slots; elements for which it returns true are no longer `from`'s.
  // Nobody else uses `from`.
  template <class Decide>
  static void give_away(Container& from, Decide&& decide) {
    const typename Container::alone quiet(from);
    const typename Container::call during(from.use_);
    detail::decide_at_rest(from.state_, [&](copy& slot) {
      const typename Container::visitor visiting(from.use_);
      return decide(slot) ? fate::is_erased : fate::stays;
    });
  }

  // Takes over a node whose allocator is equal, unless its key is there. Returns whether it did.
  static bool adopt(Container& to, node* given, const key_type& key, std::uint64_t code) {
    const typename Container::call during(to.use_);
    adopted_slot<elements> made(given, key);
    return to.template insert_made<false>(key, code, leave, made,
                                          [&]() -> const copy& { return made.make_slot(code); });
  }
  // Calls nothing of the user's.
  static void give_back(Container& to, const node* adopted, std::uint64_t code) noexcept {
    const typename Container::call during(to.use_);
    const typename Container::pin pinned;
    to.access().visit(
        pinned, code, [&](const copy& slot) { return elements::node_in(slot) == adopted; },
        [](copy&) { return fate::is_erased; });
  }

  // ---- between unequal allocators ----

  // What was reserved goes along.
  static void move_each(Container& to, Container& from) {
    STEADY_TRY {
      to.reserve(max_of(from.size(), from.reserved()));
      give_away(from, [&](copy& slot) {
        if constexpr (Container::are_flat) {
          elements::read(slot, [&to](const value_type& element) {
            to.template insert<false>(elements::key_in(element), leave, element);
          });
        } else {
          move_node(to, from, elements::node_in(slot));
        }
        return true;
      });
    }
    STEADY_CATCH_ALL {
      to.withdraw_reservation();
      STEADY_RETHROW;
    }
    to.withdraw_reservation(from.reserved());
    from.free_everything();
  }
  // On an exception the element is where it was.
  static void move_node(Container& to, Container& from, node* old) {
    const std::uint64_t code = to.code_of(elements::key_in(old->value));
    node* const made = nodes::allocate(to.allocator_);
    STEADY_TRY {
      if (!fill_place(to, old->value, made, code)) nodes::release(to.allocator_, made);
    }
    STEADY_CATCH_ALL {
      nodes::release(to.allocator_, made);
      STEADY_RETHROW;
    }
    nodes::destroy(from.allocator_, old);
  }
  // The node gets its place first, while nobody looks: whatever fails then, no element has moved
  // that would have to go back, which may fail, too. Returns false if the key is there.
  static bool fill_place(Container& to, value_type& old, node* made, std::uint64_t code) {
    if (!adopt(to, made, elements::key_in(old), code)) return false;
    STEADY_TRY {
      plain_elements::transplant(to.allocator_, std::addressof(made->value), std::addressof(old));
    }
    STEADY_CATCH_ALL {
      give_back(to, made, code);
      STEADY_RETHROW;
    }
    return true;
  }

  static constexpr bool moves_nothrow = plain_elements::nothrow_movable();
};

}  // namespace steady::detail
