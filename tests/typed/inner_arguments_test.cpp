// Arguments that refer to elements of the container itself, in containers of all kinds and in every
// state of migration.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

template <class Container>
class inner_arguments : public element_test {
 protected:
  // The key that an element itself holds.
  static const typename Container::key_type& key_inside(
      const typename Container::value_type& element) {
    if constexpr (any_map<Container>) {
      return element.first;
    } else {
      return element;
    }
  }
  static const typename Container::key_type& key_of(const Container& container, std::uint64_t n) {
    return key_inside(*container.find(element_kit<Container>::make_key(n)));
  }
};
using containers = testing::Types<string_map, owner_map, triple_set, string_set, copied_set,
                                  large_node_map, string_node_set>;
TYPED_TEST_SUITE(inner_arguments, containers);

TYPED_TEST(inner_arguments, may_be_keys_to_erase_and_extract) {
  in_every_state<TypeParam>([&](auto& tested) {
    auto& container = tested.container;
    for (std::uint64_t n = 0; n < tested.next; n += 2) {
      expect_that(container.erase(this->key_of(container, n)) == 1, "erased", n);
      tested.expect_no(n);
      tested.settle();
    }
    for (std::uint64_t n = 1; n < tested.next; n += 4) {
      const auto node = container.extract(this->key_of(container, n));
      expect_that(element_kit<TypeParam>::key_in(node) == n, "extracted", n);
      tested.expect_no(n);
      tested.settle();
    }
  });
}

TYPED_TEST(inner_arguments, may_be_keys_to_look_up) {
  in_every_state<TypeParam>([&](auto& tested) {
    auto& container = tested.container;
    for (auto at = container.begin(); at != container.end(); ++at) {
      const auto& key = this->key_inside(*at);
      expect_that(container.find(key) == at && container.contains(key), "found");
      expect_that(container.equal_range(key).first == at, "its range");
      if constexpr (any_map<TypeParam>) {
        expect_that(&container.at(key) == &at->second, "its value");
        if constexpr (element_kit<TypeParam>::has_default_value) {
          expect_that(&container[key] == &at->second, "its value, by []");
        }
      }
    }
  });
}

TYPED_TEST(inner_arguments, may_be_elements_to_insert) {
  if constexpr (element_kit<TypeParam>::copyable) {
    in_every_state<TypeParam>([&](auto& tested) {
      auto& container = tested.container;
      const standstill before = standstill_of(container);
      for (auto at = container.begin(); at != container.end(); ++at) {
        expect_that(!container.insert(*at).second && !container.emplace(*at).second, "is there");
        expect_that(container.insert(at, *at) == at, "with a hint");
        expect_that(container.emplace_hint(at, *at) == at, "emplaced with a hint");
      }
      expect_that(standstill_of(container) == before, "nothing has moved");
      const std::uint64_t n = element_kit<TypeParam>::key_of(*container.begin());
      container = {*container.begin(), *container.begin()};
      const std::uint64_t value = tested.expected.at(n);
      tested.expected = {{n, value}};
    });
  }
}

// Values of new elements, made from those that are there, while what is there moves.
TYPED_TEST(inner_arguments, may_be_values_of_new_elements) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map && kit::copyable) {
    in_every_state<TypeParam>([&](auto& tested) {
      auto& container = tested.container;
      const auto at = [&](std::uint64_t n) { return container.find(kit::make_key(n)); };
      for (std::uint64_t n = 0; n < 60; ++n) {
        const std::uint64_t fresh = tested.next++;
        switch (n % 4) {
          case 0:
            container.try_emplace(kit::make_key(fresh), at(n)->second);
            break;
          case 1:
            container.emplace(kit::make_key(fresh), at(n)->second);
            break;
          case 2:
            container.insert_or_assign(kit::make_key(fresh), at(n)->second);
            break;
          default:
            container.emplace(std::piecewise_construct, std::forward_as_tuple(kit::make_key(fresh)),
                              std::forward_as_tuple(at(n)->second));
        }
        tested.expected[fresh] = tested.value_seen(n);
        tested.settle();
      }
    });
  }
}

}  // namespace
