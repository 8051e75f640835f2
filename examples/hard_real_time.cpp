// Hard real time: a map whose insertions touch no page for the first time and make no system call.
// All its memory is a block that is resident before the first deadline; a pool hands out pieces.
//
// The pool keeps pieces of every size that the map asks for: the largest is a chunk, 72 KiB. What
// the map gives back goes to the pool, so that the system never sees it, and nothing like
// malloc_trim() can happen in the middle of a call.
//
// The program counts page faults with such a block, and with the usual allocator. Where no block
// can be had, idle time helps: steps supply the pages that insertions would have touched first.
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory_resource>

#include <steady/hash_map.hpp>
#include <steady/pmr.hpp>

namespace {

constexpr std::uint64_t elements = 200'000;
constexpr std::size_t block_bytes = std::size_t{64} << 20;

// Memory whose pages are there from the start. Locked, they also stay: mlock() needs a limit that
// allows it (ulimit -l); without, the system may take them when it runs short of memory.
class resident_block {
 public:
  explicit resident_block(std::size_t bytes) : bytes_(bytes) {
    begin_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (begin_ != MAP_FAILED) locked_ = ::mlock(begin_, bytes) == 0;
  }
  ~resident_block() {
    if (begin_ != MAP_FAILED) ::munmap(begin_, bytes_);
  }
  resident_block(const resident_block&) = delete;
  resident_block& operator=(const resident_block&) = delete;

  bool exists() const { return begin_ != MAP_FAILED; }
  bool locked() const { return locked_; }
  void* begin() const { return begin_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* begin_ = MAP_FAILED;
  std::size_t bytes_;
  bool locked_ = false;
};

long page_faults() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_minflt + used.ru_majflt;
}

// Grows to all elements and shrinks again; returns how many page faults that took.
template <class Map>
long faults_of_a_life(Map& map) {
  const long before = page_faults();
  for (std::uint64_t id = 0; id < elements; ++id) map.try_emplace(id, id);
  for (std::uint64_t id = 0; id < elements; ++id) map.erase(id);
  map.shrink_gradually();
  while (map.migrating()) map.step(1);
  return page_faults() - before;
}

// Grows a usual map to all elements. After every hundredth insertion there is time for the rest of
// a migration, if one is on. Returns how many page faults insertions took, in percent of all.
long share_of_insertions() {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  long in_insertions = 0;
  const long before = page_faults();
  for (std::uint64_t id = 0; id < elements;) {
    const long deadline = page_faults();
    for (std::uint64_t n = 0; n < 100; ++n, ++id) map.try_emplace(id, id);
    in_insertions += page_faults() - deadline;
    while (map.migrating()) map.step(1);
  }
  const long all = page_faults() - before;
  return all == 0 ? 0 : 100 * in_insertions / all;
}

}  // namespace

int main() {
  const resident_block block(block_bytes);
  if (!block.exists()) {
    std::printf("there are no %zu MiB to be had\n", block_bytes >> 20);
    return 1;
  }
  // Nothing may come from elsewhere: where the block is used up, insertions throw.
  std::pmr::monotonic_buffer_resource everything(block.begin(), block.bytes(),
                                                 std::pmr::null_memory_resource());
  std::pmr::pool_options sizes;
  sizes.largest_required_pool_block = std::size_t{128} << 10;
  sizes.max_blocks_per_chunk = 16;
  std::pmr::unsynchronized_pool_resource pool(sizes, &everything);

  steady::pmr::hash_map<std::uint64_t, std::uint64_t> orders(&pool);
  steady::hash_map<std::uint64_t, std::uint64_t> usual;
  const long by_insertions = share_of_insertions();
  const long resident = faults_of_a_life(orders);
  const long from_the_system = faults_of_a_life(usual);
  std::printf("%zu MiB %s; page faults of a map in it: %ld, of a usual one: %s\n",
              block.bytes() >> 20, block.locked() ? "locked" : "resident", resident,
              from_the_system > 1000 ? "thousands" : "few");
  std::printf("with steps in idle time: %s of its page faults are taken by insertions\n",
              by_insertions < 50 ? "less than half" : "most");
  return 0;
}
