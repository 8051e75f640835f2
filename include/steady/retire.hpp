// steady::retire: takes the contents of a container away, to destroy them in steps.
//
//   auto old = steady::retire(std::move(map));   // O(1); the map is empty and usable
//   while (!old.done()) old.step(16);            // when there is time
//
// What is left when the retired object is destroyed is destroyed at once. A container that goes on
// being used needs no such object: clear_gradually() lets it destroy its old contents by itself.
#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

namespace steady {

template <class Container>
class retired : private Container {
 public:
  explicit retired(Container&& contents) noexcept(std::is_nothrow_move_constructible_v<Container>)
      : Container(std::move(contents)), work_(this->table_.arrays()) {
    this->table_.end_walkers();
  }
  retired(retired&&) = default;
  retired& operator=(retired&&) = delete;
  ~retired() { step(std::numeric_limits<std::size_t>::max()); }

  // Destroys the elements of at most `max_buckets` buckets; returns how many buckets it did.
  // Bound: those elements, a chunk for each bucket. Throws nothing.
  std::size_t step(std::size_t max_buckets) noexcept {
    return this->table_.demolish(work_, max_buckets);
  }

  // True when nothing is left.
  bool done() const noexcept { return pending() == 0; }

  // Buckets that are left.
  std::size_t pending() const noexcept { return this->table_.pending_demolition(work_); }

  // As the container's; only with a policy that counts, see steady/work.hpp.
  using Container::reset_work;
  using Container::work;

 private:
  typename Container::table_type::demolition_type work_;
};

// Bound: O(1). Throws what copying the hash and the equality throws.
template <class Container>
retired<std::remove_cvref_t<Container>> retire(Container&& container) {
  static_assert(!std::is_lvalue_reference_v<Container>,
                "retire() takes the container's contents: write retire(std::move(map))");
  return retired<std::remove_cvref_t<Container>>(std::forward<Container>(container));
}

}  // namespace steady
