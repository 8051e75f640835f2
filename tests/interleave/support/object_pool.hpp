// Objects that live as long as one execution: taken one by one, given back all at once, and used
// again by the next execution.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace interleave {

template <class T>
class object_pool {
 public:
  // As the last execution left it: the caller sets every member.
  T& take() {
    if (used_ == blocks_.size() * block_size) blocks_.push_back(std::make_unique<T[]>(block_size));
    return (*this)[used_++];
  }
  T& operator[](std::size_t at) { return blocks_[at / block_size][at % block_size]; }
  std::size_t size() const { return used_; }
  void clear() { used_ = 0; }

 private:
  static constexpr std::size_t block_size = 256;
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::size_t used_ = 0;
};

}  // namespace interleave
