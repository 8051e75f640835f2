// Every member function of the containers, and of what they are made of, is instantiated here: so
// all of them compile, whether another test calls them or not, and tools/coverage can name those
// that none does.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/policies.hpp"

namespace instantiation {

namespace detail = steady::detail;
using support::counted;

using key = std::string;
using hash = steady::hash<key>;
using equal = std::equal_to<key>;
using pair = std::pair<const key, std::uint64_t>;
using map_allocator = std::allocator<pair>;
using set_allocator = std::allocator<key>;

using map_elements = detail::map_elements<key, std::uint64_t>;
using set_elements = detail::set_elements<key>;
using map_nodes = detail::node_elements<map_elements, map_allocator>;
using set_nodes = detail::node_elements<set_elements, set_allocator>;

using table = detail::table<map_elements, hash, equal, map_allocator, counted>;
using storage = table::storage_type;
using leaves = detail::storage<void*, true, true>;

}  // namespace instantiation

using namespace instantiation;

template class steady::hash_map<key, std::uint64_t, hash, equal, map_allocator, counted>;
template class steady::hash_container<map_elements, hash, equal, map_allocator, counted>;

template class steady::hash_set<key, hash, equal, set_allocator, counted>;

template class steady::node_hash_map<key, std::uint64_t, hash, equal, map_allocator, counted>;
template class steady::hash_container<map_nodes, hash, equal, map_allocator, counted>;

template class steady::node_hash_set<key, hash, equal, set_allocator, counted>;

// clang before version 15 instantiates even those members whose constraints do not hold, which are
// the maps' own.
#if !defined(__clang__) || __clang_major__ >= 15
template class steady::hash_container<set_elements, hash, equal, set_allocator, counted>;
template class steady::hash_container<set_nodes, hash, equal, set_allocator, counted>;
#endif

template class steady::detail::node_handle<map_elements, map_allocator>;
template class steady::detail::map_node<map_elements, map_allocator>;
template class steady::detail::set_node<set_elements, set_allocator>;
template class steady::detail::table_iterator<table, false>;
template class steady::detail::table_iterator<table, true>;
template class steady::detail::item_list<int, map_allocator>;

template class steady::detail::table<map_elements, hash, equal, map_allocator, counted>;
template class steady::detail::element_functions<table>;
template class steady::detail::container_functions<table>;
template class steady::detail::iteration<table::slot_type, table::layout>;
template class steady::detail::table_engine<storage>;
template class steady::detail::table_engine<leaves>;
template struct steady::detail::bucket_search<storage>;
template class steady::detail::bucket_array<storage>;
template class steady::detail::bucket_array<leaves>;
template class steady::detail::chunk<storage>;
template class steady::detail::overflow_chain<storage>;
template class steady::detail::header_run<steady::detail::bucket_header, storage>;
template class steady::detail::header_leaves<steady::detail::bucket_header, leaves>;
template class steady::detail::map_memory<storage>;
template class steady::detail::map_memory<steady::detail::default_storage>;

namespace {

// Compiling is the test. This one says so.
TEST(instantiation, of_all_members_compiles) { SUCCEED(); }

}  // namespace
