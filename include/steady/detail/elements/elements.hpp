// What a container's elements are, and what a slot holds of them: how to build, destroy and move
// it, and how to get at the key.
//
//   set_elements, map_elements    the slot holds the element itself
//   node_elements (nodes.hpp)     the slot holds a pointer that owns it
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/base/standard_types.hpp>
#include <steady/moves_without_throwing.hpp>

namespace steady::detail {

// Elements are built and destroyed through the allocator, as the standard asks of containers.
template <class Allocator, class Value, class... Arguments>
void construct_element(Allocator& allocator, Value* at, Arguments&&... arguments) {
  std::allocator_traits<Allocator>::construct(allocator, at, std::forward<Arguments>(arguments)...);
}

template <class Allocator, class Value>
void destroy_element(Allocator& allocator, Value* at) noexcept {
  std::allocator_traits<Allocator>::destroy(allocator, at);
}

// Whether T can be copied. A standard container says that it can, whatever its values: std::vector
// of std::unique_ptr does not compile where it is copied. So its values are asked.
template <class T>
inline constexpr bool is_copyable = std::is_copy_constructible_v<T>;
template <class T>
inline constexpr bool is_copyable<const T> = is_copyable<T>;
template <template <class, std::size_t> class Array, class Value, std::size_t Size>
inline constexpr bool is_copyable<Array<Value, Size>> =
    std::is_copy_constructible_v<Array<Value, Size>> &&
    (kind_of_standard<Array<Value, Size>> != standard_kind::aggregate || is_copyable<Value>);
template <template <class...> class Template, class... Arguments>
inline constexpr bool is_copyable<Template<Arguments...>> = [] {
  using type = Template<Arguments...>;
  constexpr standard_kind kind = kind_of_standard<type>;
  if constexpr (!std::is_copy_constructible_v<type>) {
    return false;
  } else if constexpr (kind == standard_kind::container || kind == standard_kind::adaptor) {
    return is_copyable<typename type::value_type>;
  } else if constexpr (kind == standard_kind::aggregate) {
    return (is_copyable<Arguments> && ...);
  } else {
    return true;
  }
}();

template <class T, class Plain>
concept same_but_for_reference = std::same_as<std::remove_cvref_t<T>, Plain>;

// A pair that holds a key, which can be seen without building the element.
template <class Pair, class Key>
concept pair_with_key = requires(const Pair& pair) {
  requires std::same_as<std::remove_cvref_t<decltype(pair.first)>, Key>;
  pair.second;
};

inline namespace STEADY_ABI {

// Whether the allocator has a say in how elements are built.
template <class Allocator, class Value>
concept builds_itself = requires(Allocator& allocator, Value* at, Value& from) {
  allocator.construct(at, std::move(from));
}
|| requires(Allocator& allocator, Value* at) { allocator.destroy(at); };

// Whether an allocator that builds elements may hand itself on to a part: then a part from
// elsewhere is copied where it cannot take over what that owns. What other allocators do is not
// known.
template <class Allocator, class Part>
inline constexpr bool takes_allocator = [] {
  if constexpr (is_polymorphic_allocator<Allocator>) {
    return std::uses_allocator_v<Part, Allocator>;
  } else {
    return requires { typename Part::allocator_type; };
  }
}();
template <class Allocator, class First, class Second>
inline constexpr bool takes_allocator<Allocator, std::pair<First, Second>> =
    takes_allocator<Allocator, First> || takes_allocator<Allocator, Second>;

// Whether a part can be copied to a container whose allocator differs.
template <class Allocator, class Part>
inline constexpr bool is_copyable_with =
    is_copyable<Part> &&
    (!std::uses_allocator_v<Part, Allocator> ||
     std::is_constructible_v<Part, const Part&, const Allocator&> ||
     std::is_constructible_v<Part, std::allocator_arg_t, const Allocator&, const Part&>);

// Whether a part of an element may throw on its way to a container whose allocator differs; and
// whether it is copied then.
template <class Allocator, class Part>
inline constexpr bool may_fail_to_move =
    takes_allocator<Allocator, Part> || !moves_without_throwing<Part>;
template <class Allocator, class Part>
inline constexpr bool is_copied_over =
    may_fail_to_move<Allocator, Part>&& is_copyable_with<Allocator, Part>;

template <bool Copies, class Part>
constexpr auto&& copied_or_moved(Part& part) noexcept {
  if constexpr (Copies) {
    return std::as_const(part);
  } else {
    return std::move(part);
  }
}

// Slots that hold the elements themselves.
template <class Value>
struct elements_in_slots {
  using value_type = Value;
  using slot_type = Value;

  static constexpr std::size_t bytes_elsewhere() noexcept { return 0; }

  static Value& element_of(slot_type& slot) noexcept { return slot; }
  static const Value& element_of(const slot_type& slot) noexcept { return slot; }

  template <class Allocator, class... Arguments>
  static void construct(Allocator& allocator, slot_type* at, Arguments&&... arguments) {
    detail::construct_element(allocator, at, std::forward<Arguments>(arguments)...);
  }
  template <class Allocator>
  static void destroy(Allocator& allocator, slot_type* at) noexcept {
    detail::destroy_element(allocator, at);
  }
  // Whether destroying an element is doing nothing.
  template <class Allocator>
  static constexpr bool trivially_destructible() noexcept {
    return std::is_trivially_destructible_v<Value> && !builds_itself<Allocator, Value>;
  }
  // Whether elements can be copied.
  template <class Allocator>
  static constexpr bool copies_with() noexcept {
    return std::is_copy_constructible_v<Value> || builds_itself<Allocator, Value>;
  }
  // Whether a slot owns memory that only an equal allocator can give back.
  static constexpr bool owns_memory = false;
  // are_slow_to_hash: whether it is worth a byte to know hash bits of an element without its key.
};

template <class Key>
struct set_elements : elements_in_slots<Key> {
  using key_type = Key;
  using mapped_type = void;  // none
  using braced_type = Key;
  using typename elements_in_slots<Key>::slot_type;
  static constexpr bool is_map = false;
  static constexpr bool are_slow_to_hash = !std::is_scalar_v<Key>;

  static const Key& key_of(const Key& element) noexcept { return element; }

  // The key among the arguments for an element, where it can be seen without building one.
  template <same_but_for_reference<Key> K>
  static const Key& key_in(const K& key) noexcept {
    return key;
  }

  static constexpr bool nothrow_movable() noexcept { return moves_without_throwing<Key>; }
  // The same, though the move constructor does not say so.
  static constexpr bool moves_by_promise() noexcept {
    return nothrow_movable() && !std::is_nothrow_move_constructible_v<Key>;
  }
  static constexpr bool copyable() noexcept { return is_copyable<Key>; }
  // Whether elements can be moved.
  template <class Allocator>
  static constexpr bool moves_with() noexcept {
    return std::is_move_constructible_v<Key> || builds_itself<Allocator, Key>;
  }
  // The same between containers whose allocators differ.
  template <class Allocator>
  static constexpr bool transplants_with() noexcept {
    return moves_with<Allocator>();
  }
  // Whether moving an element is copying its bytes.
  template <class Allocator>
  static constexpr bool is_copied_as_bytes() noexcept {
    return std::is_trivially_copyable_v<Key> && !builds_itself<Allocator, Key>;
  }

  // Builds `to` from `from`, which has to be destroyed afterwards all the same.
  template <class Allocator>
  static void move(Allocator& allocator, slot_type* to, slot_type* from) {
    if constexpr (moves_with<Allocator>())
      detail::construct_element(allocator, to, std::move(*from));
  }

  // The same, but on an exception `from` is as before: what may throw when moved is copied. The
  // allocators of the two are equal; with transplant() they need not be.
  template <class Allocator>
  static void transfer(Allocator& allocator, slot_type* to,
                       slot_type* from) noexcept(moves_by_promise()) {
    if constexpr (nothrow_movable() || !copyable()) {
      move(allocator, to, from);
    } else {
      detail::construct_element(allocator, to, std::as_const(*from));
    }
  }
  template <class Allocator>
  static void transplant(Allocator& allocator, slot_type* to, slot_type* from) {
    if constexpr (builds_itself<Allocator, slot_type>) {
      detail::construct_element(allocator, to,
                                detail::copied_or_moved<is_copied_over<Allocator, Key>>(*from));
    } else {
      transfer(allocator, to, from);
    }
  }
};

template <class Key, class T>
struct map_elements : elements_in_slots<std::pair<const Key, T>> {
  using key_type = Key;
  using mapped_type = T;
  using value_type = std::pair<const Key, T>;
  using slot_type = value_type;
  using braced_type = std::pair<Key, T>;  // what {key, value} makes: its key can be moved
  static constexpr bool is_map = true;
  static constexpr bool are_slow_to_hash = !std::is_scalar_v<Key>;

  static const Key& key_of(const value_type& element) noexcept { return element.first; }

  template <pair_with_key<Key> Pair>
  static const Key& key_in(const Pair& element) noexcept {
    return element.first;
  }
  template <same_but_for_reference<Key> K, class Value>
  static const Key& key_in(const K& key, const Value&) noexcept {
    return key;
  }

  static constexpr bool nothrow_movable() noexcept {
    return moves_without_throwing<Key> && moves_without_throwing<T>;
  }
  // The same, though a move constructor does not say so.
  static constexpr bool moves_by_promise() noexcept {
    return nothrow_movable() &&
           !(std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_constructible_v<T>);
  }
  static constexpr bool copyable() noexcept { return is_copyable<Key> && is_copyable<T>; }
  // Whether elements can be moved.
  template <class Allocator>
  static constexpr bool moves_with() noexcept {
    return (std::is_move_constructible_v<Key> && std::is_move_constructible_v<T>) ||
           builds_itself<Allocator, value_type>;
  }
  // The same between containers whose allocators differ.
  template <class Allocator>
  static constexpr bool transplants_with() noexcept {
    return moves_with<Allocator>();
  }
  // Whether moving an element is copying its bytes.
  template <class Allocator>
  static constexpr bool is_copied_as_bytes() noexcept {
    return std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<T> &&
           !builds_itself<Allocator, value_type>;
  }

  // The key is const to users, but `from` is about to be destroyed, so its key may be moved from.
  template <class Allocator>
  static void move(Allocator& allocator, slot_type* to, slot_type* from) {
    if constexpr (moves_with<Allocator>()) {
      detail::construct_element(allocator, to, std::move(const_cast<Key&>(from->first)),
                                std::move(from->second));
    }
  }

  // The same, but on an exception `from` is as before: what may throw when moved is copied. What
  // can only be moved goes back. Where moving throws against a promise, the program ends: the
  // key may be gone.
  template <class Allocator>
  static void transfer(Allocator& allocator, slot_type* to,
                       slot_type* from) noexcept(moves_by_promise()) {
    if constexpr (nothrow_movable() || !moves_with<Allocator>()) {
      move(allocator, to, from);
    } else if constexpr (copyable()) {
      detail::construct_element(allocator, to, std::as_const(*from));
    } else {
      move_members(to, from);
    }
  }
  template <class Allocator>
  static void transplant(Allocator& allocator, slot_type* to, slot_type* from) {
    if constexpr (!builds_itself<Allocator, slot_type>) {
      transfer(allocator, to, from);
    } else if constexpr (may_fail_to_move<Allocator, T> && !is_copyable_with<Allocator, Key>) {
      move_value_first(allocator, to, from);
    } else {
      // The value comes last: where that may throw, the key is copied.
      constexpr bool copies_key = is_copied_over<Allocator, Key> || may_fail_to_move<Allocator, T>;
      detail::construct_element(
          allocator, to, detail::copied_or_moved<copies_key>(const_cast<Key&>(from->first)),
          detail::copied_or_moved<is_copied_over<Allocator, T>>(from->second));
    }
  }

 private:
  // A key that cannot be copied moves last. If that throws, a value that was moved goes back.
  template <class Allocator>
  static void move_value_first(Allocator& allocator, slot_type* to, slot_type* from) {
    T* const value = std::addressof(to->second);
    constexpr bool copies = is_copied_over<Allocator, T>;
    detail::construct_element(allocator, value, detail::copied_or_moved<copies>(from->second));
    STEADY_TRY {
      detail::construct_element(allocator, const_cast<Key*>(std::addressof(to->first)),
                                std::move(const_cast<Key&>(from->first)));
    }
    STEADY_CATCH_ALL {
      if constexpr (copies) {
        detail::destroy_element(allocator, value);
      } else {
        replace(std::addressof(from->second), value);
      }
      STEADY_RETHROW;
    }
  }

  // A pair whose value throws when moved would take the key with it, already moved from. So the
  // members are moved one by one, and the key goes back.
  static void move_members(slot_type* to, slot_type* from) {
    Key* const from_key = const_cast<Key*>(std::addressof(from->first));
    Key* const to_key = const_cast<Key*>(std::addressof(to->first));
    std::construct_at(to_key, std::move(*from_key));
    STEADY_TRY { std::construct_at(std::addressof(to->second), std::move(from->second)); }
    STEADY_CATCH_ALL {
      replace(from_key, to_key);
      STEADY_RETHROW;
    }
  }

  // A second exception in here would lose the part; it ends the program instead.
  template <class Part>
  static void replace(Part* part, Part* by) noexcept {
    std::destroy_at(part);
    std::construct_at(part, std::move(*by));
    std::destroy_at(by);
  }
};

}  // namespace STEADY_ABI

// Larger slots have no room on the stack, which may be a fiber's: the allocator gives them some.
inline constexpr std::size_t most_bytes_on_stack = 4096;

// Room for a slot's content outside a table.
template <class Slot, class Allocator, bool OnStack = sizeof(Slot) <= most_bytes_on_stack>
class temporary_room {
 public:
  explicit temporary_room(Allocator&) noexcept {}
  ~temporary_room() {}  // what is in it is its user's

  temporary_room(const temporary_room&) = delete;
  temporary_room& operator=(const temporary_room&) = delete;

  Slot* get() noexcept { return std::addressof(slot_); }

 private:
  union {
    Slot slot_;
  };
};
template <class Slot, class Allocator>
class temporary_room<Slot, Allocator, false> {
  using traits = std::allocator_traits<Allocator>;
  static_assert(std::is_same_v<typename traits::value_type, Slot>, "pointers to nodes are small");

 public:
  explicit temporary_room(Allocator& allocator)
      : allocator_(allocator), room_(traits::allocate(allocator, 1)) {}
  ~temporary_room() { traits::deallocate(allocator_, room_, 1); }

  temporary_room(const temporary_room&) = delete;
  temporary_room& operator=(const temporary_room&) = delete;

  Slot* get() noexcept { return detail::to_raw(room_); }

 private:
  Allocator& allocator_;
  typename traits::pointer room_;
};

// A slot's content outside a table, made by `construct(address)`, as long as the scope lasts.
template <class Elements, class Allocator>
class temporary_slot {
 public:
  using slot_type = typename Elements::slot_type;

  template <class Construct>
  temporary_slot(Allocator& allocator, const Construct& construct)
      : allocator_(allocator), room_(allocator) {
    construct(get());
  }
  ~temporary_slot() { Elements::destroy(allocator_, get()); }

  temporary_slot(const temporary_slot&) = delete;
  temporary_slot& operator=(const temporary_slot&) = delete;

  slot_type* get() noexcept { return room_.get(); }

 private:
  Allocator& allocator_;
  temporary_room<slot_type, Allocator> room_;
};

}  // namespace steady::detail
