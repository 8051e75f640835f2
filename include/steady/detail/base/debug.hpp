// Debug mode: a program that breaks a rule of the containers ends with a sentence that names the
// rule. Without debug mode all of this is empty.
//
//   location_stamp    tells whether elements may have changed their locations since some moment
//   user_code_scope   tells whether a container's own hash, equality, element or visitor is just
//                     running, during which the container must not be changed, nor looked at while
//                     it moves its elements
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <steady/detail/base/config.hpp>

#if STEADY_DEBUG
#include <atomic>
#endif

namespace steady::detail {

[[noreturn]] STEADY_NOINLINE inline void misuse(const char* rule) noexcept {
  std::fprintf(stderr, "steady: %s\n", rule);
  std::abort();
}

template <bool Debug>
class location_stamp {
 public:
  void change() noexcept {}
};

#if STEADY_DEBUG
// No two moments of any two containers have the same stamp, so one on a container that is gone,
// whose memory another took over, is still seen to be stale. 0: nothing has changed yet.
template <>
class location_stamp<true> {
 public:
  constexpr location_stamp() noexcept = default;
  location_stamp(const location_stamp&) = delete;
  location_stamp& operator=(const location_stamp&) = delete;
  constexpr ~location_stamp() { now_ = 0; }

  void change() noexcept { now_ = ++last_; }
  std::uint64_t now() const noexcept { return now_; }

 private:
  static inline std::atomic<std::uint64_t> last_{0};
  std::uint64_t now_ = 0;
};
#endif

// What a container is doing when it calls user code.
enum class doing : bool { something, moving_elements };

template <bool Debug>
class user_code_scope {
 public:
  explicit user_code_scope(const void* container, doing what = doing::something) noexcept
      : container_(container), outer_(innermost_), what_(what) {
    innermost_ = this;
  }
  ~user_code_scope() { innermost_ = outer_; }
  user_code_scope(const user_code_scope&) = delete;
  user_code_scope& operator=(const user_code_scope&) = delete;

  // Ends the program if this thread is in such a scope of `container`.
  static void require_none(const void* container) noexcept {
    for (const user_code_scope* scope = innermost_; scope != nullptr; scope = scope->outer_) {
      if (scope->container_ != container) continue;
      misuse(
          "a container was changed from within its own hash, equality, element or visitor; these "
          "may look at other containers, and change them, but never the one that calls them");
    }
  }
  // The same while the container moves elements.
  static void require_readable(const void* container) noexcept {
    for (const user_code_scope* scope = innermost_; scope != nullptr; scope = scope->outer_) {
      if (scope->container_ != container || scope->what_ != doing::moving_elements) continue;
      misuse(
          "a container was looked at from within the move constructor or the destructor of one of "
          "its own elements while it moves them; these must leave the container alone");
    }
  }

 private:
  static inline thread_local const user_code_scope* innermost_ = nullptr;

  const void* container_;
  const user_code_scope* outer_;
  doing what_;
};

template <>
class user_code_scope<false> {
 public:
  explicit user_code_scope(const void*, doing = doing::something) noexcept {}
  static void require_none(const void*) noexcept {}
  static void require_readable(const void*) noexcept {}
};

}  // namespace steady::detail
