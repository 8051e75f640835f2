// Whether a slot holds the element with a key: what shared_table asks of candidates, nearly always
// outside of locks (bucket_look.hpp).
//
// It compares a copy of the slot, which another thread may be erasing: the key may be read as long
// as the caller is pinned. The hash code is compared first, where slots have one.
//
//   Throws   what the equality throws.
#pragma once

#include <cstdint>
#include <type_traits>

#include <steady/detail/base/config.hpp>
#include <steady/detail/interface/arguments.hpp>

namespace steady::detail {

// Small keys, and equalities that have no members, are copied: their addresses would keep them in
// memory. Then all of this passes in registers where functions are not inlined.
template <class Elements, class KeyEqual, class K>
struct wanted_key {
  static constexpr bool is_small = std::is_trivially_copyable_v<K> &&
                                   std::is_copy_constructible_v<K> && !std::is_array_v<K> &&
                                   sizeof(K) <= 16;
  static constexpr bool is_nothing = std::is_trivially_copyable_v<KeyEqual> &&
                                     std::is_copy_constructible_v<KeyEqual> &&
                                     std::is_empty_v<KeyEqual>;

  [[no_unique_address]] std::conditional_t<is_nothing, const KeyEqual, const KeyEqual&> equal;
  std::conditional_t<is_small, const K, const K&> key;
  std::uint64_t code;

  STEADY_ALWAYS_INLINE bool operator()(const typename Elements::layout::copy& slot) const {
    if (!Elements::may_have(slot, code)) return false;
    if constexpr (compares<KeyEqual, typename Elements::key_type, K>) {
      return static_cast<bool>(equal(Elements::key_of(slot), key));
    } else if constexpr (compares<KeyEqual, K, typename Elements::key_type>) {
      return static_cast<bool>(equal(key, Elements::key_of(slot)));
    } else {
      return false;
    }
  }
};

// The same for an insertion. Once the new element is made, the key may have been moved into it; if
// another thread was faster with the bucket and the search begins again, it is that key's.
template <class Elements, class KeyEqual, class K, class Maker>
struct wanted_key_of_new {
  using key_type = typename Elements::key_type;
  // Moving this key leaves it as it was.
  static constexpr bool stays =
      std::is_same_v<K, key_type> && std::is_trivially_copyable_v<key_type>;

  wanted_key<Elements, KeyEqual, K> given;
  const Maker& made;

  STEADY_ALWAYS_INLINE bool operator()(const typename Elements::layout::copy& slot) const {
    if constexpr (!stays) {
      if (made.is_made()) {
        return wanted_key<Elements, KeyEqual, key_type>{given.equal, made.key(), given.code}(slot);
      }
    }
    return given(slot);
  }
};

}  // namespace steady::detail
