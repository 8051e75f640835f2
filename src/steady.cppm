// `import steady;`: all public names of the library as a module of C++20, but for those that need
// Boost (feed_server.hpp, socket_follower.hpp, tls.hpp) or hiredis (redis_publisher.hpp,
// redis_follower.hpp).
//
// The module exports no macros; what STEADY_DEBUG and its like are to be is said when this file is
// compiled, with the compiler and options of the program that imports it. steady::detail is not
// exported, but templates reach it. A program may import the module in one file and include the
// headers in another.
module;

#include <steady/change.hpp>
#include <steady/codec.hpp>
#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/concurrent_pmr.hpp>
#include <steady/concurrent_policy.hpp>
#include <steady/cursor.hpp>
#include <steady/durable_error.hpp>
#include <steady/durable_map.hpp>
#include <steady/durable_set.hpp>
#include <steady/evacuator.hpp>
#include <steady/feed.hpp>
#include <steady/file_operations.hpp>
#include <steady/follower.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/moves_without_throwing.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/openmetrics.hpp>
#include <steady/picture.hpp>
#include <steady/pmr.hpp>
#include <steady/policy.hpp>
#include <steady/pressure_monitor.hpp>
#include <steady/records.hpp>
#include <steady/retire.hpp>
#include <steady/snapshot.hpp>
#include <steady/stats.hpp>
#include <steady/version.hpp>
#include <steady/walker.hpp>
#include <steady/work.hpp>

export module steady;

export namespace steady {

using steady::after_sync;
using steady::append_change;
using steady::append_element;
using steady::append_end;
using steady::append_feed;
using steady::append_frame;
using steady::append_header;
using steady::array_picture;
using steady::byte_buffer;
using steady::byte_reader;
using steady::change;
using steady::change_kind;
using steady::codec;
using steady::concurrent_container;
using steady::concurrent_hash_map;
using steady::concurrent_hash_set;
using steady::cursor;
using steady::cut_reason;
using steady::default_concurrent_policy;
using steady::default_policy;
using steady::dense_policy;
using steady::directory_follower;
using steady::directory_follower_options;
using steady::durable_error;
using steady::durable_map;
using steady::durable_set;
using steady::durable_trouble;
using steady::end_frame;
using steady::erase_if;
using steady::evacuator;
using steady::evacuator_options;
using steady::exposition;
using steady::exposition_format;
using steady::fed_map;
using steady::fed_set;
using steady::feed_options;
using steady::feed_position;
using steady::feed_record_bytes;
using steady::feed_start;
using steady::feed_state;
using steady::file_mode;
using steady::file_operations;
using steady::follower;
using steady::frame_head_bytes;
using steady::frame_state;
using steady::from_range;
using steady::from_range_t;
using steady::has_codec;
using steady::hash;
using steady::hash_container;
using steady::hash_map;
using steady::hash_set;
using steady::hash_values;
using steady::header_state;
using steady::is_after_sync;
using steady::key_place;
using steady::line_part;
using steady::mark_after_sync;
using steady::max_payload_bytes;
using steady::migration_kind;
using steady::moves_without_throwing;
using steady::node_hash_map;
using steady::node_hash_set;
using steady::outside_bytes;
using steady::parse_frame;
using steady::parsed_frame;
using steady::part_state;
using steady::picture;
using steady::picture_of;
using steady::picture_part;
using steady::place_of;
using steady::poll_result;
using steady::pressure_monitor;
using steady::pressure_options;
using steady::read_change;
using steady::read_element;
using steady::read_end;
using steady::read_feed;
using steady::read_header;
using steady::read_key;
using steady::read_position;
using steady::record_feed;
using steady::record_header;
using steady::record_stream;
using steady::record_tag;
using steady::retire;
using steady::retired;
using steady::snapshot;
using steady::stale_cursor;
using steady::stats;
using steady::subscriber;
using steady::subscriber_options;
using steady::swap;
using steady::tag_of;
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
