// How densely the elements lie at the two ends of the hash line. Where the first element is taken
// away again and again, or all but the first so many are erased, what is left is as dense as before
// on one part of the line, whatever the size says. Shrinking by the size alone would make buckets
// there many times too full (docs/design.md, "A shrink does not squeeze").
//
// Only the ends are looked at: elements that come meanwhile lie all over the line, so they leave
// the end that is dense as it is, but hide what is dense between the ends.
//
// Cost: the headers of at most 64 buckets with elements at each end; of ten where an end is dense.
#pragma once

#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

template <class Storage>
class dense_ends {
 public:
  // Of a table at rest.
  dense_ends(const bucket_array<Storage>& of, const array_layout& layout) noexcept
      : of_(of), layout_(layout), occupied_(of, layout) {}

  // The fewest buckets, as a power of two, to which the table may shrink: those of the denser end
  // get 3/2 of the elements at the load limit at most.
  STEADY_COLD unsigned fewest_log2_buckets() const noexcept {
    const std::uint64_t first = occupied_.next(0, of_.line().buckets());
    if (first == of_.line().buckets()) return 0;
    const std::uint64_t last = occupied_.previous(of_.line().buckets());
    // The denser end first: mostly the other one need not be looked at then.
    if (elements_in(first) > elements_in(last)) {
      const unsigned fewest = from_front(first);
      return fewest == of_.line().log2_buckets() ? fewest : max_of(fewest, from_back(last));
    }
    const unsigned fewest = from_back(last);
    return fewest == of_.line().log2_buckets() ? fewest : max_of(fewest, from_front(first));
  }

 private:
  // So few that they may share a bucket; so many that chance does not make them seem dense (once in
  // 600 times where a table shrinks to what fits exactly).
  static constexpr std::uint64_t enough = 64;

  unsigned from_front(std::uint64_t first) const noexcept {
    std::uint64_t bucket = first;
    for (std::uint64_t found = elements_in(bucket); found < enough; found += elements_in(bucket)) {
      bucket = occupied_.next(bucket + 1, of_.line().buckets());
      if (bucket == of_.line().buckets()) return 0;
    }
    return fewest_for(bucket - first + 1);
  }
  unsigned from_back(std::uint64_t last) const noexcept {
    std::uint64_t bucket = last;
    for (std::uint64_t found = elements_in(bucket); found < enough; found += elements_in(bucket)) {
      bucket = occupied_.previous(bucket);
      if (bucket == occupancy<Storage>::none) return 0;
    }
    return fewest_for(last - bucket + 1);
  }
  // Where so many neighbouring buckets have enough elements.
  unsigned fewest_for(std::uint64_t buckets) const noexcept {
    const double wanted = static_cast<double>(enough) / (1.5 * layout_.load);
    unsigned log2_buckets = of_.line().log2_buckets();
    for (double left = static_cast<double>(buckets) / 2; left >= wanted && log2_buckets != 0;
         left /= 2) {
      --log2_buckets;
    }
    return log2_buckets;
  }
  // Without overflow: what is there of keys that collide stays together however many buckets there
  // are.
  std::uint64_t elements_in(std::uint64_t bucket) const noexcept {
    return of_.full_slots(bucket, layout_).size();
  }

  const bucket_array<Storage>& of_;
  const array_layout& layout_;
  const occupancy<Storage> occupied_;
};

}  // namespace steady::detail
