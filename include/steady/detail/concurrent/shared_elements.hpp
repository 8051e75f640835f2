// What a slot of a concurrent container holds.
//
//   flat_elements    the element itself, if its key and value are trivially copyable and small:
//                    readers copy it, and visitors get copies, which are written back
//   node_elements    the hash code, and a pointer to a node with the element. A node's key never
//                    changes, so readers compare keys without a lock as long as the node is there
//                    (retired_nodes.hpp); its value is read and changed under the bucket's lock
//
// Either way a slot is a few words that can be copied anywhere, and that tell the element's hash
// code without calling anything of the user's: it is the number that the key is, or it is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <steady/detail/base/standard_types.hpp>
#include <steady/detail/concurrent/shared_nodes.hpp>
#include <steady/detail/concurrent/shared_table.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/hash.hpp>

namespace steady::detail {

// ---- hash codes ----

// Whether a slot must keep the code: unless it is a number that the key is. What std::hash makes of
// a key is kept, because migrations ask for codes of slots that others are just writing.
template <class Hash, class Key>
inline constexpr bool keeps_code = !(kind_of_hash<Hash, Key> == hash_kind::of_numbers &&
                                     (hashed_as_integer<Key> || hashed_as_bits<Key>));

// The code of a key: 64 bits that any array makes a position of. `seed` is the container's, and
// the same for all of its arrays.
template <hash_kind Kind, class Hash, class Key>
STEADY_ALWAYS_INLINE std::uint64_t code_by(const Hash& hash, const Key& key, std::uint64_t seed) {
  if constexpr (!hashes_by<Kind, Hash, Key>) {
    return 0;  // It has been refused.
  } else if constexpr (Kind == hash_kind::of_numbers) {
    return Hash::number(key);
  } else if constexpr (Kind == hash_kind::seeded) {
    return static_cast<std::uint64_t>(hash(key, seed));
  } else {
    return static_cast<std::uint64_t>(hash(key));
  }
}

template <bool IsMap, class Value>
const auto& key_in(const Value& element) noexcept {
  if constexpr (IsMap) {
    return element.first;
  } else {
    return element;
  }
}

// ---- elements in slots ----

template <class Key, class Mapped>
struct plain_content {
  Key key;
  Mapped mapped;
};
template <class Key>
struct plain_content<Key, void> {
  Key key;
};
template <class Content>
struct content_with_code {
  std::uint64_t code;
  Content content;
};

template <class Key, class Mapped, class Hash, bool InLeaves>
class flat_elements {
  static constexpr bool is_map = !std::is_void_v<Mapped>;
  static constexpr bool has_code = keeps_code<Hash, Key>;
  using content = plain_content<Key, Mapped>;
  using slot = std::conditional_t<has_code, content_with_code<content>, content>;

 public:
  static constexpr bool are_flat = true;
  using key_type = Key;
  using value_type =
      std::conditional_t<is_map, std::pair<const Key, std::conditional_t<is_map, Mapped, int>>,
                         Key>;
  using layout = slot_layout<sizeof(slot), word_bytes_for(sizeof(slot)), InLeaves>;
  using copy = typename layout::copy;
  using shown_slot = slot;

  // Whether the slot's first word is the hash code: it is kept there, or the key is that number.
  static constexpr bool has_code_first =
      has_code || (sizeof(Key) == sizeof(std::uint64_t) &&
                   (std::is_integral_v<Key> || std::is_enum_v<Key> || std::is_pointer_v<Key>));

  static const Key& key_in(const value_type& element) noexcept {
    return detail::key_in<is_map>(element);
  }
  static std::uint64_t code_of(copy from) noexcept {
    if constexpr (has_code) {
      return slot_in(from).code;
    } else {
      return Hash::number(key_of(from));
    }
  }
  static STEADY_ALWAYS_INLINE bool may_have(const copy& from, std::uint64_t code) noexcept {
    if constexpr (has_code) return slot_in(from).code == code;
    return true;
  }
  static STEADY_ALWAYS_INLINE const Key& key_of(const copy& from) noexcept {
    return content_in(from).key;
  }

  static void make(copy& into, std::uint64_t code, const value_type& element) noexcept {
    std::memset(into.bytes, 0, sizeof into.bytes);
    if constexpr (is_map) {
      fill(into, code, content{element.first, element.second});
    } else {
      fill(into, code, content{element});
    }
  }

  // Calls `f` with the element, whose changes stay unless it throws.
  template <class F>
  static fate change(copy& slot, F&& f) {
    if constexpr (is_map) {
      value_type element(key_of(slot), content_in(slot).mapped);
      std::forward<F>(f)(element);
      return put_back(slot, element);
    } else {
      std::forward<F>(f)(key_of(slot));
      return fate::stays;
    }
  }
  // The same; the element goes if `f` says so.
  template <class F>
  static fate change_or_erase(copy& slot, F&& f) {
    if constexpr (is_map) {
      value_type element(key_of(slot), content_in(slot).mapped);
      return std::forward<F>(f)(element) ? fate::is_erased : put_back(slot, element);
    } else {
      return std::forward<F>(f)(key_of(slot)) ? fate::is_erased : fate::stays;
    }
  }
  template <class F>
  static void read(const copy& slot, F&& f) {
    if constexpr (is_map) {
      const value_type element(key_of(slot), content_in(slot).mapped);
      std::forward<F>(f)(element);
    } else {
      std::forward<F>(f)(key_of(slot));
    }
  }

 private:
  static fate put_back(copy& slot, const value_type& element) noexcept {
    const void* const mapped = std::addressof(element.second);
    auto* const place =
        const_cast<void*>(static_cast<const void*>(std::addressof(content_in(slot).mapped)));
    if (std::memcmp(place, mapped, sizeof(Mapped)) == 0) return fate::stays;
    std::memcpy(place, mapped, sizeof(Mapped));
    return fate::is_changed;
  }

  static void fill(copy& into, std::uint64_t code, const content& from) noexcept {
    if constexpr (has_code) {
      const slot made{code, from};
      std::memcpy(into.bytes, &made, sizeof made);
    } else {
      std::memcpy(into.bytes, &from, sizeof from);
    }
  }

  static STEADY_ALWAYS_INLINE const slot& slot_in(const copy& from) noexcept {
    return *reinterpret_cast<const slot*>(from.bytes);
  }
  static STEADY_ALWAYS_INLINE const content& content_in(const copy& from) noexcept {
    if constexpr (has_code) {
      return slot_in(from).content;
    } else {
      return slot_in(from);
    }
  }
};

// ---- elements in nodes ----

template <class Key, class Mapped, class Hash, bool InLeaves>
class node_elements_of_threads {
  static constexpr bool is_map = !std::is_void_v<Mapped>;

 public:
  static constexpr bool are_flat = false;
  using key_type = Key;
  using value_type =
      std::conditional_t<is_map, std::pair<const Key, std::conditional_t<is_map, Mapped, int>>,
                         Key>;
  using node = shared_node<value_type>;
  static constexpr std::size_t slot_bytes = 2 * sizeof(std::uint64_t);  // of any address, too
  using layout = slot_layout<slot_bytes, word_bytes_for(slot_bytes), InLeaves>;
  using copy = typename layout::copy;
  using shown_slot = node*;  // what follows the hash code

  static const Key& key_in(const value_type& element) noexcept {
    return detail::key_in<is_map>(element);
  }
  static constexpr bool has_code_first = true;
  static std::uint64_t code_of(copy slot) noexcept { return load_64(slot.bytes); }
  static STEADY_ALWAYS_INLINE bool may_have(const copy& slot, std::uint64_t code) noexcept {
    return code_of(slot) == code;
  }
  static STEADY_ALWAYS_INLINE node* node_in(const copy& slot) noexcept {
    return reinterpret_cast<node*>(
        static_cast<std::uintptr_t>(load_64(slot.bytes + sizeof(std::uint64_t))));
  }
  static const Key& key_of(const copy& slot) noexcept { return key_in(node_in(slot)->value); }

  static void make(copy& into, std::uint64_t code, node* element) noexcept {
    store_64(into.bytes, code);
    store_64(into.bytes + sizeof(std::uint64_t), reinterpret_cast<std::uintptr_t>(element));
  }

  template <class F>
  static fate change(copy& slot, F&& f) {
    std::forward<F>(f)(visible(slot));
    return fate::stays;
  }
  template <class F>
  static fate change_or_erase(copy& slot, F&& f) {
    return std::forward<F>(f)(visible(slot)) ? fate::is_erased : fate::stays;
  }
  template <class F>
  static void read(const copy& slot, F&& f) {
    std::forward<F>(f)(std::as_const(node_in(slot)->value));
  }

 private:
  // Keys of sets are not to be changed.
  static auto& visible(const copy& slot) noexcept {
    if constexpr (is_map) {
      return node_in(slot)->value;
    } else {
      return std::as_const(node_in(slot)->value);
    }
  }
};

// ---- which of the two ----

// Whether elements of such parts are kept in slots: small, trivially copyable ones, unless the
// allocator has a say in how they are built. A std::pmr::polymorphic_allocator has none in parts
// that take no allocator.
template <class Policy, class Allocator, class Value, class Content, class... Parts>
inline constexpr bool fit_into_slots = sizeof(Content) <= Policy::most_flat_bytes &&
                                       alignof(Content) <= 16 &&
                                       (!builds_itself<Allocator, Value> ||
                                        (is_polymorphic_allocator<Allocator> &&
                                         !(std::uses_allocator_v<Parts, Allocator> || ...)));

template <class Key, class Mapped, class Allocator, class Policy>
inline constexpr bool is_kept_flat = [] {
  constexpr auto is_bytes = []<class T>(std::type_identity<T>) {
    return std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T>;
  };
  if constexpr (!is_bytes(std::type_identity<Key>())) {
    return false;
  } else if constexpr (std::is_void_v<Mapped>) {
    return fit_into_slots<Policy, Allocator, Key, plain_content<Key, void>, Key>;
  } else if constexpr (is_bytes(std::type_identity<Mapped>())) {
    return fit_into_slots<Policy, Allocator, std::pair<const Key, Mapped>,
                          plain_content<Key, Mapped>, Key, Mapped>;
  } else {
    return false;
  }
}();

// ---- arguments that are copied as they are ----

// Whether making an element of a type from these arguments is no more than copying bytes: nobody
// can tell whether it was done, or how often. `Part` is const or not.
template <class Part, class... Arguments>
inline constexpr bool is_copied_part = false;
template <class Part>
inline constexpr bool is_copied_part<Part> = std::is_trivially_default_constructible_v<Part>;
template <class Part, class Argument>
inline constexpr bool is_copied_part<Part, Argument> =
    std::is_trivially_copyable_v<Part> &&
    (std::is_same_v<std::remove_cv_t<Part>, std::remove_cvref_t<Argument>> ||
     (std::is_arithmetic_v<Part> && std::is_arithmetic_v<std::remove_cvref_t<Argument>>));

template <class First, class Second, class Argument>
inline constexpr bool is_copied_pair = false;
template <class First, class Second, class Other, class Another>
inline constexpr bool is_copied_pair<First, Second, std::pair<Other, Another>> =
    is_copied_part<First, Other>&& is_copied_part<Second, Another>;

template <class Value, class... Arguments>
inline constexpr bool is_copied_as_it_is = is_copied_part<Value, Arguments...>;
template <class First, class Second, class Argument>
inline constexpr bool is_copied_as_it_is<std::pair<First, Second>, Argument> =
    is_copied_pair<First, Second, std::remove_cvref_t<Argument>>;
template <class First, class Second, class... OfFirst, class... OfSecond>
inline constexpr bool
    is_copied_as_it_is<std::pair<First, Second>, const std::piecewise_construct_t&,
                       std::tuple<OfFirst...>, std::tuple<OfSecond...>> =
        is_copied_part<First, OfFirst...>&& is_copied_part<Second, OfSecond...>;

}  // namespace steady::detail
