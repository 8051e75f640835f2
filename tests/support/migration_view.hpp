// Looks into a migration of a concurrent container: whether a key's bucket has moved already. For
// tests and benchmarks of the order in which buckets move.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/detail/table/container_functions.hpp>

namespace support {
struct of_migration_view;
}  // namespace support

namespace steady::detail {

template <>
struct two_containers<support::of_migration_view> {
  template <class Container>
  static auto& state_of(Container& of) noexcept {
    return of.state_;
  }
};

}  // namespace steady::detail

namespace support {

// Of a map whose keys are numbers, under steady::hash.
template <class Map>
class migration_view {
 public:
  explicit migration_view(Map& map) noexcept
      : state_(steady::detail::two_containers<of_migration_view>::state_of(
            steady::detail::container_access::shared_of(map))) {}

  // Whether a lookup would go on in the next array.
  bool is_forwarded(std::uint64_t key) const noexcept {
    const typename steady::detail::grace_period<typename Map::policy_type::sync>::pin pinned;
    const auto* const from = state_.first_array();
    if (from == nullptr || from->next() == nullptr) return false;
    return from->header_at(bucket_in(*from, key)).look().is_moved();
  }
  // Of the array that is left: the chunk of a key's bucket.
  std::uint64_t group_of(std::uint64_t key) const noexcept {
    return bucket_in(*state_.first_array(), key) / layout::chunk_buckets;
  }
  std::uint64_t groups() const noexcept {
    return state_.first_array()->buckets() / layout::chunk_buckets;
  }

  // Breaks an invariant, while nobody uses the map, and mends it again.
  void count_an_array_that_is_not_there() noexcept { state_.other_arrays.fetch_add(1); }
  void count_it_no_more() noexcept { state_.other_arrays.fetch_sub(1); }

 private:
  using container_type =
      std::remove_reference_t<decltype(steady::detail::container_access::shared_of(
          std::declval<Map&>()))>;
  using layout = typename container_type::layout;
  using state_type = steady::detail::shared_state<typename Map::policy_type::sync, layout>;

  template <class Array>
  static std::uint64_t bucket_in(const Array& of, std::uint64_t key) noexcept {
    return of.line.bucket_at(steady::detail::position_of_number(key, of.seed));
  }

  state_type& state_;
};

}  // namespace support
