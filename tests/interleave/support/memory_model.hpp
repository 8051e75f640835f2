// What a simulated thread may read: the histories of all locations, and the rules of C++20.
//
// 1. The modification order of a location is the order in which its stores were executed, and
//    memory itself always holds the newest. A read-modify-write reads the newest.
// 2. A load may read the newest store and those before it, up to and including the first that the
//    thread has read or written itself, or that another thread had read or written before something
//    that happens before this load (coherence).
// 3. An acquire load that reads from a release store, or from a read-modify-write behind one
//    (release sequence), learns all that the storing thread knew.
// 4. Sequentially consistent operations are ordered as they were executed. Such a load reads no
//    store older than one that such an operation has read or written before.
// 5. A fence: loads behind it read no store older than one that another thread had read or written
//    before a fence of its own that was executed earlier, or in a seq_cst operation executed
//    earlier.
//
// What this leaves out: loads that read from stores executed later (load buffering), a modification
// order other than that of execution, and failed compare_exchanges that read an old value.
//
// Locations have the address and the size of the first access. An access of another size to the
// same bytes begins anew: it reads what memory holds, and knows what the newest stores released.
// So does an access to memory that was written without these operations since.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "interleave/support/object_pool.hpp"
#include "interleave/support/operation.hpp"
#include "interleave/support/vector_clock.hpp"

namespace interleave {

struct store_record {
  std::uint64_t value = 0;
  store_record* older = nullptr;  // the one before it in modification order
  bool releases = false;
  std::uint32_t sc_order = 0;  // of the first seq_cst operation that had to do with it; 0: none
  vector_clock released;       // what an acquire load of it learns, if `releases`
  first_instants met;          // when each thread first read or wrote it
};

// The store of a value by one thread at one instant; by nobody: before all threads began.
struct origin {
  unsigned thread = no_thread;
  instant when = 0;
};

struct location {
  std::uintptr_t address = 0;
  unsigned bytes = 0;
  std::uint32_t number = 0;  // in the order of their first access
  store_record* newest = nullptr;
  location* neighbour = nullptr;  // another one in the same granule
  origin made;                    // who made the memory what it was before the first store
  std::uint64_t changed_at = 0;   // the step at which its value changed last
  unsigned changed_by = no_thread;

  // Another location, or none, is where this one was.
  void end() {
    changed_at = std::numeric_limits<std::uint64_t>::max();
    changed_by = no_thread;
  }
};

// What a thread knows, and where it stands.
struct viewpoint {
  unsigned thread = 0;
  vector_clock clock;
  vector_clock fenced;            // what its last fence lets it see besides
  std::uint32_t fence_order = 0;  // seq_cst operations executed before its last fence

  instant now() const { return clock.of[thread]; }
};

inline std::uint64_t bytes_at(std::uintptr_t address, unsigned bytes) {
  const auto* const from = reinterpret_cast<const void*>(address);
  const auto as = [&](auto word) {
    std::memcpy(&word, from, sizeof word);
    return static_cast<std::uint64_t>(word);
  };
  switch (bytes) {
    case 1:
      return as(std::uint8_t{});
    case 2:
      return as(std::uint16_t{});
    case 4:
      return as(std::uint32_t{});
    default:
      return as(std::uint64_t{});
  }
}
inline void put_bytes(std::uintptr_t address, unsigned bytes, std::uint64_t value) {
  auto* const to = reinterpret_cast<void*>(address);
  const auto as = [&](auto word) { std::memcpy(to, &word, sizeof word); };
  switch (bytes) {
    case 1:
      return as(static_cast<std::uint8_t>(value));
    case 2:
      return as(static_cast<std::uint16_t>(value));
    case 4:
      return as(static_cast<std::uint32_t>(value));
    default:
      return as(value);
  }
}

class memory_model {
 public:
  static constexpr unsigned most_choices = 8;  // of stores to read from: the newest ones

  void begin_execution() {
    ++execution_;
    in_table_ = 0;
    locations_.clear();
    stores_.clear();
    made_.clear();
    sc_count_ = 0;
    fences_ = {};
  }

  location& at(std::uintptr_t address, unsigned bytes) {
    location* const found = find(address, bytes);
    if (found == nullptr) return begin_location(address, bytes);
    if (found->newest->value != bytes_at(address, bytes)) begin_anew(*found);
    return *found;
  }

  // Whether the thread may know what the memory was made for.
  static bool reachable(const location& of, const viewpoint& from) {
    return of.made.thread == no_thread || from.clock.knows(of.made.thread, of.made.when);
  }

  // The stores that a load may read, the newest first; how many there are.
  unsigned readable(const location& of, const viewpoint& from, std::memory_order order,
                    store_record* (&choices)[most_choices]) const {
    unsigned count = 0;
    for (store_record* at = of.newest; at != nullptr && count != most_choices; at = at->older) {
      choices[count++] = at;
      if (nothing_older(*at, from, order)) break;
    }
    return count;
  }

  void load(store_record& from, viewpoint& by, std::memory_order order) {
    from.met.note(by.thread, by.now());
    if (order == std::memory_order_seq_cst) enter_sc_order(from);
    if (acquires(order) && from.releases) by.clock.join(from.released);
  }

  // Memory itself is written by this, too. A read-modify-write has loaded the newest store before.
  void store(location& of, viewpoint& by, std::memory_order order, std::uint64_t value,
             bool read_modify_write) {
    store_record& before = *of.newest;
    store_record& record = begin_store(value, &before);
    record.met.forget();
    record.met.note(by.thread, by.now());
    if (read_modify_write && before.releases) release(record, before.released);
    if (releases(order)) release(record, by.clock);
    if (order == std::memory_order_seq_cst) enter_sc_order(record);
    of.newest = &record;
    put_bytes(of.address, of.bytes, value);
  }

  void fence(viewpoint& by) {
    by.fenced.join(fences_);
    fences_.join(by.clock);
    fences_.join(by.fenced);
    by.fence_order = sc_count_;
  }

  // An object of its own begins here, with the value that memory holds.
  void construct(std::uintptr_t address, unsigned bytes, origin by) {
    forget_in(granule_of(address), address, bytes);
    begin_location(address, bytes).made = by;
  }

  // The memory's histories are over; what it holds comes from `by`.
  void forget(std::uintptr_t from, std::size_t bytes, origin by) {
    std::erase_if(made_, [&](const made_range& range) {
      return range.from >= from && range.from + range.bytes <= from + bytes;
    });
    if (bytes == 0) return;
    made_.push_back({from, bytes, by});
    if (bytes / 8 < locations_.size()) {
      for (std::uintptr_t in = granule_of(from); in <= granule_of(from + bytes - 1); ++in) {
        forget_in(in, from, bytes);
      }
    } else {
      for (std::size_t each = 0; each < locations_.size(); ++each) {
        forget_in(granule_of(locations_[each].address), from, bytes);
      }
    }
  }

 private:
  struct entry {
    std::uintptr_t granule = 0;
    std::uint64_t execution = 0;
    location* first = nullptr;
  };
  struct made_range {
    std::uintptr_t from;
    std::size_t bytes;
    origin by;
  };

  bool nothing_older(const store_record& than, const viewpoint& from,
                     std::memory_order order) const {
    if (than.met.any_known_to(from.clock) || than.met.any_known_to(from.fenced)) return true;
    if (than.sc_order == 0) return false;
    return order == std::memory_order_seq_cst || than.sc_order <= from.fence_order;
  }

  void enter_sc_order(store_record& record) {
    ++sc_count_;
    if (record.sc_order == 0) record.sc_order = sc_count_;
  }
  static void release(store_record& record, const vector_clock& what) {
    if (record.releases) {
      record.released.join(what);
    } else {
      record.releases = true;
      record.released = what;
    }
  }
  store_record& begin_store(std::uint64_t value, store_record* older) {
    store_record& record = stores_.take();
    record.value = value;
    record.older = older;
    record.releases = false;
    record.sc_order = 0;
    return record;
  }

  // What memory holds, as if everybody had seen it written.
  void begin_anew(location& of) {
    of.newest = &begin_store(bytes_at(of.address, of.bytes), nullptr);
    of.newest->met.of.fill(0);
  }

  location* find(std::uintptr_t address, unsigned bytes) {
    for (location* at = entry_of(granule_of(address)).first; at != nullptr; at = at->neighbour) {
      if (at->address == address && at->bytes == bytes) return at;
    }
    return nullptr;
  }

  location& begin_location(std::uintptr_t address, unsigned bytes) {
    location& made = locations_.take();
    made = {};
    made.address = address;
    made.bytes = bytes;
    made.number = static_cast<std::uint32_t>(locations_.size());
    begin_anew(made);
    take_over_overlapping(made);
    for (auto range = made_.rbegin(); range != made_.rend(); ++range) {
      if (address - range->from < range->bytes) {
        made.made = range->by;
        break;
      }
    }
    entry& in = entry_of(granule_of(address));
    made.neighbour = in.first;
    in.first = &made;
    return made;
  }

  // Ends locations of another size in the same bytes.
  void take_over_overlapping(location& by) {
    location** link = &entry_of(granule_of(by.address)).first;
    while (*link != nullptr) {
      location& old = **link;
      if (old.address < by.address + by.bytes && by.address < old.address + old.bytes) {
        if (old.newest->releases) release(*by.newest, old.newest->released);
        old.end();
        *link = old.neighbour;
      } else {
        link = &old.neighbour;
      }
    }
  }

  void forget_in(std::uintptr_t granule, std::uintptr_t from, std::size_t bytes) {
    location** link = &entry_of(granule).first;
    while (*link != nullptr) {
      location& old = **link;
      if (old.address - from < bytes) {
        old.end();
        *link = old.neighbour;
      } else {
        link = &old.neighbour;
      }
    }
  }

  // Of this execution, empty if there is none yet. Open addressing.
  entry& entry_of(std::uintptr_t granule) {
    if ((in_table_ + 1) * 2 > table_.size()) grow();
    entry& found = slot_of(granule);
    if (found.execution != execution_) {
      found = {granule, execution_, nullptr};
      ++in_table_;
    }
    return found;
  }
  entry& slot_of(std::uintptr_t granule) {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = static_cast<std::size_t>(granule * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (table_[at].execution == execution_ && table_[at].granule != granule) {
      at = (at + 1) & mask;
    }
    return table_[at];
  }
  void grow() {
    std::vector<entry> old(table_.empty() ? 1024 : table_.size() * 2);
    old.swap(table_);
    for (const entry& each : old) {
      if (each.execution == execution_) slot_of(each.granule) = each;
    }
  }

  std::vector<entry> table_;
  std::uint64_t execution_ = 0;
  std::size_t in_table_ = 0;
  object_pool<location> locations_;
  object_pool<store_record> stores_;
  std::vector<made_range> made_;  // the newest last
  std::uint32_t sc_count_ = 0;
  vector_clock fences_;  // what the threads knew at their fences
};

}  // namespace interleave
