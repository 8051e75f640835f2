// The state of a table: what a lookup, a plain insertion and a plain erasure read, and one pointer
// to everything else.
//
// Invariants:
//
//   1. Hash positions below the frontier belong to the new array, the others to the old one: every
//      key has one bucket, and a lookup goes there and nowhere else.
//   2. Not migrating: the frontier is 0, the new array does not exist, the old one owns everything.
//   3. New buckets that begin below the frontier have written headers; the others may be unwritten.
//   4. At most two arrays exist: a migration starts only when none is under way.
//   5. The root shows the old array while it owns everything, else a detour: a bucket without
//      elements whose filter sends every lookup to the code that knows both arrays.
//   6. A table without a cold block is empty or has an array of at most four buckets, at rest. A
//      cold block's old array is the one that the root shows.
//
// A default-constructed state is constant: no memory, one bucket that finds nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/base/reference_watch.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/state/cold_block.hpp>
#include <steady/work.hpp>

namespace steady::detail {

// Shift, directory, whether the table is sparse and whether there are observers, the name of the
// order (random_name()), and a count of erasures, in one word: lookups need some of it, and
// iterators compare all of it, to see whether what they know still holds.
class table_shape {
 public:
  constexpr table_shape() noexcept = default;
  constexpr table_shape(line_partition line, std::int8_t directory) noexcept
      : word_(line.shift | std::uint64_t{static_cast<std::uint8_t>(directory)} << directory_shift) {
  }

  STEADY_ALWAYS_INLINE constexpr unsigned shift() const noexcept {
    return static_cast<unsigned>(word_ & shift_bits);
  }
  STEADY_ALWAYS_INLINE constexpr line_partition line() const noexcept {
    return {static_cast<std::uint8_t>(word_ & shift_bits)};
  }
  STEADY_ALWAYS_INLINE constexpr std::int8_t directory() const noexcept {
    return static_cast<std::int8_t>(word_ >> directory_shift);
  }
  // As cold_block::sparse().
  STEADY_ALWAYS_INLINE constexpr bool sparse() const noexcept { return (word_ & sparse_bit) != 0; }
  STEADY_ALWAYS_INLINE constexpr bool observed() const noexcept {
    return (word_ & observed_bit) != 0;
  }
  constexpr std::uint16_t name() const noexcept {
    return static_cast<std::uint16_t>(word_ >> name_shift);
  }
  // How often count_erasure() was called, modulo 2^32.
  constexpr std::uint32_t erasures() const noexcept {
    return static_cast<std::uint32_t>(word_ >> erasures_shift);
  }
  // All of it, to be compared.
  constexpr std::uint64_t word() const noexcept { return word_; }
  // Whether nothing but erasures has happened since all of it was `before`.
  STEADY_ALWAYS_INLINE constexpr bool has_only_erased_since(std::uint64_t before) const noexcept {
    return ((word_ ^ before) & (shift_bits | observed_bit | directory_bits | name_bits)) == 0;
  }

  constexpr void set_sparse(bool sparse) noexcept {
    word_ = (word_ & ~sparse_bit) | (sparse ? sparse_bit : 0);
  }
  constexpr void set_observed(bool observed) noexcept {
    word_ = (word_ & ~observed_bit) | (observed ? observed_bit : 0);
  }
  constexpr void set_name(std::uint16_t name) noexcept {
    word_ = (word_ & ~name_bits) | std::uint64_t{name} << name_shift;
  }
  STEADY_ALWAYS_INLINE constexpr void count_erasure() noexcept { word_ += one_erasure; }
  // Of another array; all else stays.
  constexpr void show(const table_shape& other) noexcept {
    word_ =
        (word_ & ~(shift_bits | directory_bits)) | (other.word_ & (shift_bits | directory_bits));
  }

 private:
  static constexpr std::uint64_t shift_bits = 0x3f;
  static constexpr std::uint64_t sparse_bit = 0x40;
  static constexpr std::uint64_t observed_bit = 0x80;
  static constexpr unsigned directory_shift = 8;
  static constexpr std::uint64_t directory_bits = 0xff00;
  static constexpr unsigned name_shift = 16;
  static constexpr std::uint64_t name_bits = 0xffff0000;
  static constexpr unsigned erasures_shift = 32;
  static constexpr std::uint64_t one_erasure = std::uint64_t{1} << erasures_shift;

  std::uint64_t word_ = line_partition().shift;
};

// A bucket reference: an array and one of its buckets, for one hash position that falls into it.
template <class Storage>
struct bucket_reference {
  using store = header_store<Storage>;

  typename store::root_type root;
  std::uint64_t offset;    // of the bucket: its index times 16
  std::uint64_t position;  // the hash position, on the array's line
  std::uint32_t tag_word;  // of that
  line_partition line;
  std::int8_t directory;
  bool in_new;

  static STEADY_ALWAYS_INLINE bucket_reference of(typename store::root_type root,
                                                  line_partition line, std::int8_t directory,
                                                  std::uint64_t position, bool in_new) noexcept {
    return {root,  line.offset_at(position), position, detail::tag_word(position), line, directory,
            in_new};
  }
  static bucket_reference of(const bucket_array<Storage>& array, std::uint64_t position,
                             bool in_new) noexcept {
    return of(array.root(), array.line(), array.directory(), position, in_new);
  }

  STEADY_ALWAYS_INLINE std::uint64_t bucket() const noexcept {
    return offset / sizeof(bucket_header);
  }
  STEADY_ALWAYS_INLINE bucket_header* header() const noexcept {
    return store::header(root, bucket());
  }
};

template <class Storage>
struct table_state {
  using array = bucket_array<Storage>;
  using store = header_store<Storage>;
  using cold_type = cold_block<Storage>;
  using reference = bucket_reference<Storage>;

  constexpr table_state() noexcept = default;
  table_state(const table_state&) = delete;
  table_state& operator=(const table_state&) = delete;

  typename store::root_link root = store::nowhere();
  std::uint64_t size = 0;
  std::uint32_t insert_limit = 0;  // from this size on, an insertion has more to do than insert
  std::uint32_t erase_limit = 0;   // below this size, an erasure has
  line_seed seed;                  // of the old array's line
  typename cold_type::link cold_link = nullptr;
  table_shape shape;
  [[no_unique_address]] work_recorder<Storage::counts_work> recorder;
  [[no_unique_address]] location_stamp<debug_mode> locations;  // changes when elements may move
  [[no_unique_address]] reference_watch<watches_references> references;

  static constexpr std::uint64_t largest_limit = (std::numeric_limits<std::uint32_t>::max)();

  cold_type* cold() const noexcept { return detail::to_raw(cold_link); }

  bool has_memory() const noexcept { return shape.directory() != 0; }
  bool migrating() const noexcept { return cold_link != nullptr && cold()->migrating(); }
  // Whether the new array owns anything.
  bool divided() const noexcept { return cold_link != nullptr && cold()->frontier != 0; }
  std::uint64_t frontier() const noexcept { return cold_link == nullptr ? 0 : cold()->frontier; }
  bool reseeding() const noexcept { return cold_link != nullptr && cold()->reseeding; }
  // The hash positions of a reseeding's new line.
  const line_seed& next_seed() const noexcept { return detail::to_raw(cold()->rare)->next_seed; }

  // The array that owns everything, or all from the frontier on.
  array old_array() const noexcept {
    if (cold_link != nullptr) return cold()->old_array();
    if (!has_memory()) return {};
    return array::embedded(root, shape.line(), shape.directory());
  }
  array new_array() const noexcept { return cold_link == nullptr ? array() : cold()->new_array(); }
  array array_of(bool in_new) const noexcept { return in_new ? new_array() : old_array(); }
  unsigned log2_buckets() const noexcept {
    return cold_link == nullptr ? shape.line().log2_buckets()
                                : cold()->kept_array().line().log2_buckets();
  }

  bool has_walkers() const noexcept {
    return cold_link != nullptr && cold()->rare != nullptr &&
           detail::to_raw(cold()->rare)->walkers.any();
  }
  bool has_snapshots() const noexcept { return cold_link != nullptr && cold()->snapshots.any(); }
  // Calls `tell(walker)` for each.
  template <class Tell>
  void each_walker(const Tell& tell) const {
    if (has_walkers()) detail::to_raw(cold()->rare)->walkers.each(tell);
  }

  // The first bucket to probe; while the line is divided, the detour.
  STEADY_ALWAYS_INLINE reference shown_bucket(std::uint64_t position) const noexcept {
    return reference::of(store::root_of(root), shape.line(), shape.directory(), position, false);
  }
  // The bucket that owns `position` while the line is divided, but not under a reseeding. Which
  // side of the frontier it falls on is not predictable, so this selects without a branch.
  STEADY_ALWAYS_INLINE reference owning_bucket(std::uint64_t position) const noexcept {
    const cold_type& of = *cold();
    const bool in_new = position < of.frontier;
    return reference::of(of.arrays[in_new ? 1 : 0], position, in_new);
  }

  // Takes the element of that tag out of sight. Returns whether there are few enough left that the
  // engine is to be told.
  STEADY_ALWAYS_INLINE bool remove(std::uint8_t* tag) noexcept {
    *tag = empty_tag;
    shape.count_erasure();
    return --size < erase_limit;
  }

  // After what owns the line has changed.
  void show_owner() noexcept {
    if (divided()) {
      root = store::detour();
      shape.show(table_shape(line_partition(), -1));
    } else {
      const array& shown = cold()->old_array();
      root = shown.link();
      shape.show(table_shape(shown.line(), shown.directory()));
    }
  }
  // The only array, of a table that does not migrate.
  void show(const array& only) noexcept {
    root = only.link();
    shape.show(table_shape(only.line(), only.directory()));
    shape.set_sparse(only.sparse_chunks() != 0);
    if (cold_link != nullptr) cold()->old_array() = only;
  }
  // After it has changed in either array whether a group of buckets may be empty.
  void show_sparse() noexcept {
    if (cold_link != nullptr) shape.set_sparse(cold()->sparse());
  }
  // The same where `changed` is what was changed. A table without a cold block does not count its
  // sparse chunks: it stays sparse once it is.
  void show_sparse(const array& changed) noexcept {
    if (cold_link != nullptr) return show_sparse();
    if (changed.sparse_chunks() != 0) shape.set_sparse(true);
  }

  // ---- the whole ----

  // Takes over the other's; this state has no memory and no cold block. `table` is this state's.
  void take(table_state& other, void* table) noexcept {
    locations.change();
    other.locations.change();
    copy_words(other);
    other.reset();
    other.shape = table_shape();
    if (cold_link != nullptr) [[unlikely]]
      rehome(table);
  }
  void swap(table_state& other, void* table, void* other_table) noexcept {
    locations.change();
    other.locations.change();
    table_state between;
    between.copy_words(*this);
    copy_words(other);
    other.copy_words(between);
    if (cold_link != nullptr || other.cold_link != nullptr) [[unlikely]]
      rehome_both(table, other, other_table);
  }
  // Forgets everything but the seed and the name.
  void reset() noexcept {
    root = store::nowhere();
    size = 0;
    insert_limit = 0;
    erase_limit = 0;
    cold_link = nullptr;
    const std::uint16_t name = shape.name();
    shape = table_shape();
    shape.set_name(name);
    references = {};
  }

 private:
  void copy_words(const table_state& other) noexcept {
    root = other.root;
    size = other.size;
    insert_limit = other.insert_limit;
    erase_limit = other.erase_limit;
    seed = other.seed;
    cold_link = other.cold_link;
    shape = other.shape;
    references = other.references;
  }
  // Tells walkers where their table is now.
  STEADY_COLD void rehome(void* table) noexcept {
    if (cold_link == nullptr || cold()->rare == nullptr) return;
    rare_block& rare = *detail::to_raw(cold()->rare);
    rare.table = table;
    rare.walkers.each([table](walker_base& walker) { walker.rehomed(table); });
  }
  // One call, so that a swap of maps that have no cold block saves no registers.
  STEADY_COLD void rehome_both(void* table, table_state& other, void* other_table) noexcept {
    rehome(table);
    other.rehome(other_table);
  }
};

}  // namespace steady::detail
