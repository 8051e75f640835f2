// Recognises class templates of the standard library without including their headers, and without
// declaring them, which is not allowed: by the name that the compiler gives a type.
//
// A compiler that names types otherwise recognises nothing. So what depends on this must be right
// in either case.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

enum class standard_kind {
  other,      // and whatever is not of the standard library
  container,  // with an allocator
  adaptor,    // of a container, the second argument
  aggregate,  // of its arguments, such as std::pair
};

template <class T>
constexpr std::string_view function_name() noexcept {
  return STEADY_FUNCTION_NAME;
}

// The name of T, and whatever the compiler writes behind it.
template <class T>
constexpr std::string_view name_and_rest() noexcept {
  std::string_view name = detail::function_name<T>();
  name.remove_prefix(detail::function_name<double>().find("double"));
  return name;
}

// "deque" for std::deque<int>, also where it is in an inline namespace of the implementation;
// nothing for what is not in namespace std itself.
constexpr std::string_view standard_name_in(std::string_view name) noexcept {
  constexpr std::size_t scope = std::string_view("::").size();
  for (const std::string_view keyword : {"class ", "struct "}) {
    if (name.starts_with(keyword)) name.remove_prefix(keyword.size());
  }
  if (!name.starts_with("std::")) return {};
  do {
    name.remove_prefix(name.find("::") + scope);
  } while (name.starts_with('_') && name.find("::") < name.find('<'));
  name = name.substr(0, name.find('<'));
  return name.find("::") == name.npos ? name : std::string_view();
}

constexpr standard_kind standard_kind_of(std::string_view name) noexcept {
  for (const std::string_view container :
       {"deque", "forward_list", "list", "map", "multimap", "multiset", "set", "unordered_map",
        "unordered_multimap", "unordered_multiset", "unordered_set", "vector"}) {
    if (name == container) return standard_kind::container;
  }
  for (const std::string_view adaptor : {"priority_queue", "queue", "stack"}) {
    if (name == adaptor) return standard_kind::adaptor;
  }
  for (const std::string_view aggregate : {"array", "optional", "pair", "tuple", "variant"}) {
    if (name == aggregate) return standard_kind::aggregate;
  }
  return standard_kind::other;
}

template <class T>
inline constexpr standard_kind kind_of_standard =
    detail::standard_kind_of(detail::standard_name_in(detail::name_and_rest<T>()));

// Whether T is the class template of the standard library that has this name, with arguments.
template <class T>
constexpr bool is_standard_template(std::string_view name) noexcept {
  return detail::standard_name_in(detail::name_and_rest<T>()) == name;
}

// Whether T is std::filesystem::path.
template <class T>
inline constexpr bool is_standard_path = [] {
  std::string_view name = detail::name_and_rest<T>();
  name = name.substr(0, name.find_first_of(";]>(<,"));
  for (const std::string_view keyword : {"class ", "struct "}) {
    if (name.starts_with(keyword)) name.remove_prefix(keyword.size());
  }
  return name.starts_with("std::") && name.find("filesystem::") != name.npos &&
         name.ends_with("::path");
}();

// Whether T is a std::pmr::polymorphic_allocator.
template <class T>
inline constexpr bool is_polymorphic_allocator = [] {
  std::string_view name = detail::name_and_rest<T>();
  name = name.substr(0, name.find('<'));
  return name.find("std::") != name.npos && name.ends_with("::pmr::polymorphic_allocator");
}();

}  // namespace steady::detail
