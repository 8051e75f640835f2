// The records of a container's elements: the names of its types, and how an element is written.
//
//   Bound   O(bytes).   Throws   what the codecs throw.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include <steady/codec.hpp>
#include <steady/detail/feed/recorded_container.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class Container>
struct element_records {
  using key = typename Container::key_type;
  using mapped = typename mapped_type_of<Container>::type;
  static constexpr bool is_map = !std::is_void_v<mapped>;
  static_assert(has_codec<key>,
                "steady: a source's or a follower's key needs a steady::codec, and a default "
                "constructor");
  static_assert(!is_map || has_codec<mapped>,
                "steady: a source's or a follower's value needs a steady::codec, and a default "
                "constructor");

  static std::string key_name() { return codec<key>::name(); }
  // Empty: a set.
  static std::string value_name() {
    if constexpr (is_map) {
      return codec<mapped>::name();
    } else {
      return {};
    }
  }

  static void append_header(byte_buffer& out, std::uint64_t feed, std::uint64_t position,
                            std::uint64_t elements) {
    steady::append_header(
        out, {record_stream::snapshot, feed, position, elements, key_name(), value_name()});
  }
  // False if it is too long.
  template <class Element>
  static bool append(byte_buffer& out, const Element& element) {
    if constexpr (is_map) {
      return append_element(out, element.first, std::addressof(element.second));
    } else {
      return append_element(out, element, static_cast<const void*>(nullptr));
    }
  }
};

}  // namespace steady::detail
