// steady::retire: takes the contents of a container away, to destroy them in steps.
//
//   auto old = steady::retire(std::move(map));   // O(1); the map is empty and usable
//   while (!old.done()) old.step(16);            // when there is time
//
// What is left when the retired object is destroyed is destroyed at once. A container that goes on
// being used needs no such object: clear_gradually() lets it destroy its old contents by itself.
//
// It takes containers that threads share, too, while nobody else uses them. (Those have no
// clear_gradually().)
//
//   Bound        retire() is O(1); a step the elements of so many buckets, and a chunk for each.
//                The destructor: O(n) of what is left.
//   Throws       retire() what copying the hash and the equality throws; steps nothing.
//   Invalidates  retire() all iterators, pointers and references, and ends walkers. Snapshots
//                go on.
//   Threads      one at a time, whichever: another thread than the container's may take steps.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <steady/detail/table/container_functions.hpp>
#include <steady/work.hpp>

namespace steady {

template <class Container>
class retired {
 public:
  explicit retired(Container&& contents) noexcept(std::is_nothrow_move_constructible_v<Container>)
      : contents_(std::move(contents)) {
    if constexpr (!is_shared) engine().retire();
  }
  retired(retired&&) = default;
  retired& operator=(retired&&) = delete;
  ~retired() = default;

  // Destroys the elements of at most `max_buckets` buckets; returns how many buckets it did.
  // Bound: those elements, a chunk for each bucket. Throws nothing. Where threads have shared the
  // container, blocks count as buckets: for each it destroys elements or releases memory.
  std::size_t step(std::size_t max_buckets) noexcept {
    return engine().destroy_retired(max_buckets);
  }

  // True when nothing is left.
  bool done() const noexcept { return pending() == 0; }

  // Buckets that are left; where threads have shared the container, about.
  std::size_t pending() const noexcept { return engine().pending_of_retired(); }

  // As the container's; only with a policy that counts, see steady/work.hpp.
  void reset_work() noexcept { contents_.reset_work(); }
  const steady::work& work() const noexcept { return contents_.work(); }

 private:
  // Those that threads share have no iterators.
  static constexpr bool is_shared = !requires { typename Container::iterator; };

  decltype(auto) engine() noexcept { return engine_of(contents_); }
  decltype(auto) engine() const noexcept { return engine_of(contents_); }
  template <class Contents>
  static decltype(auto) engine_of(Contents& contents) noexcept {
    if constexpr (is_shared) {
      return detail::container_access::shared_of(contents);
    } else {
      return detail::container_access::table_of(contents).engine();
    }
  }

  Container contents_;
};

// Bound: O(1). Throws what copying the hash and the equality throws.
template <class Container>
retired<std::remove_cvref_t<Container>> retire(Container&& container) {
  static_assert(!std::is_lvalue_reference_v<Container>,
                "retire() takes the container's contents: write retire(std::move(map))");
  return retired<std::remove_cvref_t<Container>>(std::forward<Container>(container));
}

}  // namespace steady
