// Whom an insertion into a concurrent container calls, and with what: a visitor of the element that
// is there already, or visitors of both that one and the new one.
//
// The functions of the containers whose names end in or_visit, or_cvisit, and_visit and and_cvisit
// take their visitors last, behind any number of arguments. with_visitors() takes them apart.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

// Calls `f` with the element as const.
template <class F>
struct const_visitor {
  F& f;

  template <class Element>
  void operator()(const Element& element) const {
    f(element);
  }
};

// `of_new` sees the element that was inserted, `of_old` the one that was there.
template <class New, class Old>
struct both_visitors {
  New& of_new;
  Old of_old;
};

template <class F>
inline constexpr bool visits_new = false;
template <class New, class Old>
inline constexpr bool visits_new<both_visitors<New, Old>> = true;
template <class F>
inline constexpr bool visits_new<const F> = visits_new<F>;

// What of visitors is for the element that is there.
template <class F>
STEADY_ALWAYS_INLINE auto& visitor_of_old(F& f) noexcept {
  if constexpr (visits_new<F>) {
    return f.of_old;
  } else {
    return f;
  }
}

struct visits_nothing {
  void operator()() const noexcept {}
};
// Lets the visitor of a new element, if there is one, see what was made.
template <class F, class Maker, class Use>
STEADY_ALWAYS_INLINE auto shown_to(F& f, Maker& made, const Use& use) noexcept {
  if constexpr (visits_new<F>) {
    return [&f, &made, &use] {
      const typename Use::visitor visiting(use);
      made.visit(f.of_new);
    };
  } else {
    return visits_nothing();
  }
}

// ---- what the names of functions say of their last arguments ----

struct or_visit {
  static constexpr std::size_t visitors = 1;
  template <class F>
  static F& of(F& f) noexcept {
    return f;
  }
};
struct or_cvisit {
  static constexpr std::size_t visitors = 1;
  template <class F>
  static const_visitor<F> of(F& f) noexcept {
    return {f};
  }
};
struct and_visit {
  static constexpr std::size_t visitors = 2;
  template <class New, class Old>
  static both_visitors<New, Old&> of(New& of_new, Old& of_old) noexcept {
    return {of_new, of_old};
  }
};
struct and_cvisit {
  static constexpr std::size_t visitors = 2;
  template <class New, class Old>
  static both_visitors<New, const_visitor<Old>> of(New& of_new, Old& of_old) noexcept {
    return {of_new, {of_old}};
  }
};

template <class How, class Function, class Tuple, std::size_t... Visitors, std::size_t... Others>
STEADY_ALWAYS_INLINE decltype(auto) call_with_visitors(Function& function, Tuple&& arguments,
                                                       std::index_sequence<Visitors...>,
                                                       std::index_sequence<Others...>) {
  auto&& visitors = How::of(std::get<sizeof...(Others) + Visitors>(arguments)...);
  return function(visitors, std::get<Others>(std::forward<Tuple>(arguments))...);
}

// Calls `function` with what `How` makes of the last arguments, then with the others.
template <class How, class Function, class... Arguments>
STEADY_ALWAYS_INLINE decltype(auto) with_visitors(Function&& function, Arguments&&... arguments) {
  static_assert(sizeof...(Arguments) >= How::visitors, "the last arguments are the visitors");
  return detail::call_with_visitors<How>(
      function, std::forward_as_tuple(std::forward<Arguments>(arguments)...),
      std::make_index_sequence<How::visitors>(),
      std::make_index_sequence<sizeof...(Arguments) - How::visitors>());
}

template <class How, class Container, class... Arguments>
bool emplace_visiting(Container& container, Arguments&&... arguments_and_visitors) {
  return detail::with_visitors<How>(
      [&container](auto& visitors, auto&&... arguments) {
        return container.template emplace<true>(visitors,
                                                std::forward<decltype(arguments)>(arguments)...);
      },
      std::forward<Arguments>(arguments_and_visitors)...);
}

}  // namespace steady::detail
