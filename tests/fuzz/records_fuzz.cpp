// Fuzz body: bytes as records, and files of records, good and bad, that a durable map is opened
// from. What is read must be written as the same bytes; opening ends in a durable_error or in a
// map, which is the same when it is opened again.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <steady/detail/line/random_seed.hpp>
#include <steady/durable_map.hpp>
#include <steady/records.hpp>

#include "support/byte_source.hpp"
#include "support/memory_files.hpp"

namespace {

using namespace support;
using bytes = std::span<const unsigned char>;
using text_map = steady::durable_map<std::uint64_t, std::string>;
using content = std::map<std::uint64_t, std::string>;

template <class Key, class T>
void parse_as(const steady::parsed_frame& frame, bytes whole) {
  steady::change<Key, T> one;
  if (!steady::read_change(frame.payload, one)) return;
  steady::byte_buffer again;
  require(steady::append_change(again, one), "a change that was read can be written");
  if (steady::is_after_sync(frame.payload)) steady::mark_after_sync(again.data(), true);
  require(std::equal(again.view().begin(), again.view().end(), whole.begin(), whole.end()),
          "a change that was read is written as the same bytes");
}

void parse(bytes input) {
  while (true) {
    const steady::parsed_frame frame = steady::parse_frame(input);
    if (frame.state != steady::frame_state::whole) {
      require(frame.bytes == 0 || frame.bytes > input.size(), "an incomplete frame needs more");
      return;
    }
    const bytes whole = input.first(frame.bytes);
    parse_as<std::uint64_t, std::string>(frame, whole);
    parse_as<std::string, std::vector<std::pair<std::uint16_t, double>>>(frame, whole);
    parse_as<std::string, void>(frame, whole);
    steady::record_header header;
    steady::read_header(frame.payload, header);
    std::string key;
    steady::read_element<std::string, void>(frame.payload, key, nullptr);
    input = input.subspan(frame.bytes);
  }
}

std::string text_from(byte_source& source) {
  return std::string(source.number(30), static_cast<char>('a' + source.number(26)));
}

// A file with a header, or without, and then records, most of them good.
steady::byte_buffer file_from(byte_source& source, steady::record_stream stream,
                              std::uint64_t position) {
  steady::byte_buffer out;
  if (source.number(16) != 0) {
    steady::append_header(
        out, {stream, 1 + source.number(40) / 39, position, source.number(300), "u64", "text"});
  }
  std::uint64_t elements = 0;
  for (std::uint32_t records = source.number(40); records > 0; --records) {
    const std::size_t start = out.size();
    const std::uint64_t key = source.number(16);
    const std::string value = text_from(source);
    const std::uint32_t way = source.number(20);
    if (way == 0) {  // a whole frame of anything
      steady::append_frame(out, [&](steady::byte_buffer& to) {
        for (std::uint32_t n = 1 + source.number(30); n > 0; --n) to.number<1>(source.byte());
      });
    } else if (way == 1) {
      for (std::uint32_t n = source.number(30); n > 0; --n) out.number<1>(source.byte());
    } else if (stream == steady::record_stream::snapshot) {
      steady::append_element(out, elements++ * 16 + key, &value);
    } else {
      position = way == 2 ? source.number(60) : position + 1;
      const auto kind = static_cast<steady::change_kind>(way % 8 == 3 ? 3 + key % 2 : 1 + key % 2);
      const bool has_key = kind != steady::change_kind::clear;
      const bool has_value = has_key && kind != steady::change_kind::erase;
      steady::append_change(out, position, kind, has_key ? &key : nullptr,
                            has_value ? &value : nullptr);
      if (way % 3 == 0) steady::mark_after_sync(out.data() + start, true);
    }
    if (way == 4 && out.size() > start) {
      out.data()[start + source.number(20) % (out.size() - start)] ^= source.byte();
    }
  }
  if (stream == steady::record_stream::snapshot && source.number(8) != 0) {
    steady::append_end(out, elements);
  }
  if (source.number(4) == 0 && !out.empty()) out.truncate(source.number(65536) % out.size());
  return out;
}

// For whoever looks at a failure.
std::string& last_trouble() {
  static std::string trouble;
  return trouble;
}

std::unique_ptr<text_map> open(memory_files& files, bool salvage) {
  steady::durable_options options;
  options.files = &files;
  options.background = false;
  options.salvage = salvage;
  try {
    return std::make_unique<text_map>("room", options);
  } catch (const steady::durable_error& error) {
    last_trouble() = error.what();
    return nullptr;
  }
}

void put(memory_files& files, const std::string& name, const steady::byte_buffer& what) {
  const int file = files.open(name.c_str(), steady::file_mode::create_empty);
  files.write(file, what.data(), what.size(), 0);
  files.close(file);
}

void recover(byte_source& source) {
  memory_files files;
  const bool salvage = source.number(3) == 0;
  const std::string zeros(19, '0');
  if (source.number(2) == 0) {
    put(files, "room/snapshot." + zeros + "5",
        file_from(source, steady::record_stream::snapshot, 5));
  }
  for (const std::uint64_t first : {1u, 4u, 6u}) {
    if (source.number(3) == 0) continue;
    put(files, "room/log." + zeros + std::to_string(first),
        file_from(source, steady::record_stream::log, first - 1));
  }
  const bool had_snapshot = files.has("room/snapshot." + zeros + "5");
  auto map = open(files, salvage);
  if (map == nullptr) return;
  require(!had_snapshot || map->position() >= 5, "a snapshot proves that its changes were there");
  require(map->content().check_invariants() == nullptr, "invariants");
  map->insert_or_assign(7, "later");
  const content then(map->begin(), map->end());
  const std::uint64_t position = map->position();
  map.reset();
  for (int n = 0; n < 2; ++n) {
    map = open(files, false);
    if (map == nullptr) fail("what was opened once can be opened again:", last_trouble().c_str());
    require(content(map->begin(), map->end()) == then, "the same when it is opened again");
    require(map->position() == position, "the same position");
    require(!map->report().cut, "nothing is cut twice");
    map.reset();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steady::detail::random_state() = 1;  // seeds and stress: the same run for the same input
  byte_source source(std::span(data, size));
  if (source.number(8) == 0) {
    parse(std::span(data, size).subspan(size == 0 ? 0 : 1));
  } else {
    while (!source.empty()) recover(source);
  }
  return 0;
}
