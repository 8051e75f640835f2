// `import steady;`: all public names of the library as a module of C++20.
//
// The module exports no macros; what STEADY_DEBUG and its like are to be is said when this file is
// compiled, with the compiler and options of the program that imports it. steady::detail is not
// exported, but templates reach it. A program may import the module in one file and include the
// headers in another.
module;

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/concurrent_pmr.hpp>
#include <steady/concurrent_policy.hpp>
#include <steady/cursor.hpp>
#include <steady/evacuator.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/moves_without_throwing.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/pmr.hpp>
#include <steady/policy.hpp>
#include <steady/pressure_monitor.hpp>
#include <steady/retire.hpp>
#include <steady/snapshot.hpp>
#include <steady/stats.hpp>
#include <steady/version.hpp>
#include <steady/walker.hpp>
#include <steady/work.hpp>

export module steady;

export namespace steady {

using steady::concurrent_hash_map;
using steady::concurrent_hash_set;
using steady::cursor;
using steady::default_concurrent_policy;
using steady::default_policy;
using steady::erase_if;
using steady::evacuator;
using steady::evacuator_options;
using steady::from_range;
using steady::from_range_t;
using steady::hash;
using steady::hash_container;
using steady::hash_map;
using steady::hash_set;
using steady::hash_values;
using steady::line_part;
using steady::moves_without_throwing;
using steady::node_hash_map;
using steady::node_hash_set;
using steady::pressure_monitor;
using steady::pressure_options;
using steady::retire;
using steady::retired;
using steady::snapshot;
using steady::stale_cursor;
using steady::stats;
using steady::swap;
using steady::walker;
using steady::work;

}  // namespace steady

export namespace steady::pmr {

using steady::pmr::concurrent_hash_map;
using steady::pmr::concurrent_hash_set;
using steady::pmr::hash_map;
using steady::pmr::hash_set;
using steady::pmr::node_hash_map;
using steady::pmr::node_hash_set;

}  // namespace steady::pmr
