// The two functions of a container. They are replaced together or not at all: one alone would not
// find what was placed by the other.
//
//   swapped_functions   where swapping both never throws: new ones are copied, then swapped in
//   twofold_functions   elsewhere: there is room for two pairs. A new pair is made beside the old
//                       one, then the two change their roles. Nothing is ever assigned, so what
//                       cannot be will do, such as lambda expressions with captures
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

template <class Hash, class KeyEqual>
class swapped_functions {
  static constexpr bool are_assigned_nothrow =
      std::is_nothrow_copy_assignable_v<Hash> && std::is_nothrow_copy_assignable_v<KeyEqual>;

 public:
  constexpr swapped_functions() = default;
  swapped_functions(const Hash& hash, const KeyEqual& equal) : hash_(hash), equal_(equal) {}
  swapped_functions(const swapped_functions&) = delete;
  swapped_functions& operator=(const swapped_functions&) = delete;

  STEADY_ALWAYS_INLINE const Hash& hash() const noexcept { return hash_; }
  STEADY_ALWAYS_INLINE const KeyEqual& equal() const noexcept { return equal_; }

  static constexpr bool are_replaced_nothrow =
      are_assigned_nothrow || (std::is_nothrow_copy_constructible_v<Hash> &&
                               std::is_nothrow_copy_constructible_v<KeyEqual>);

  void replace(const swapped_functions& by) noexcept(are_replaced_nothrow) {
    if constexpr (are_assigned_nothrow) {
      hash_ = by.hash_;
      equal_ = by.equal_;
    } else {
      swapped_functions fresh(by.hash_, by.equal_);
      swap(fresh);
    }
  }
  void swap(swapped_functions& other) noexcept {
    using std::swap;
    swap(hash_, other.hash_);
    swap(equal_, other.equal_);
  }

 private:
  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] KeyEqual equal_;
};

template <class Hash, class KeyEqual>
class twofold_functions {
 public:
  constexpr twofold_functions() requires std::is_default_constructible_v<Hash> &&
      std::is_default_constructible_v<KeyEqual> {
    std::construct_at(std::addressof(places_[0].both));
  }
  twofold_functions(const Hash& hash, const KeyEqual& equal) {
    std::construct_at(std::addressof(places_[0].both), hash, equal);
  }
  ~twofold_functions() { std::destroy_at(std::addressof(places_[used_].both)); }
  twofold_functions(const twofold_functions&) = delete;
  twofold_functions& operator=(const twofold_functions&) = delete;

  const Hash& hash() const noexcept { return places_[used_].both.hash; }
  const KeyEqual& equal() const noexcept { return places_[used_].both.equal; }

  static constexpr bool are_replaced_nothrow =
      std::is_nothrow_copy_constructible_v<Hash> && std::is_nothrow_copy_constructible_v<KeyEqual>;

  void replace(const twofold_functions& by) noexcept(are_replaced_nothrow) {
    replacement fresh(*this, by);
    fresh.accept();
  }
  void swap(twofold_functions& other) noexcept(are_replaced_nothrow) {
    if (std::addressof(other) == this) return;
    replacement here(*this, other);
    replacement there(other, *this);
    here.accept();
    there.accept();
  }

 private:
  struct functions {
    Hash hash;
    KeyEqual equal;

    constexpr functions() : hash(), equal() {}
    functions(const Hash& h, const KeyEqual& e) : hash(h), equal(e) {}
  };
  union place {
    constexpr place() noexcept : none() {}
    ~place() {}

    char none;
    functions both;
  };

  // A copy of other functions in the unused place. What is in the place that is unused in the end,
  // be it this or the old ones, is destroyed.
  class replacement {
   public:
    replacement(twofold_functions& within, const twofold_functions& by) : within_(within) {
      std::construct_at(unused(), by.hash(), by.equal());
    }
    ~replacement() { std::destroy_at(unused()); }
    replacement(const replacement&) = delete;
    replacement& operator=(const replacement&) = delete;

    void accept() noexcept { within_.used_ ^= 1; }

   private:
    functions* unused() const noexcept {
      return std::addressof(within_.places_[within_.used_ ^ 1].both);
    }

    twofold_functions& within_;
  };

  place places_[2];
  unsigned char used_ = 0;
};

template <class Hash, class KeyEqual>
using hash_and_equal =
    std::conditional_t<std::is_nothrow_swappable_v<Hash> && std::is_nothrow_swappable_v<KeyEqual>,
                       swapped_functions<Hash, KeyEqual>, twofold_functions<Hash, KeyEqual>>;

}  // namespace steady::detail
