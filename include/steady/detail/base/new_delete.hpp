// operator new and delete for any alignment. Both must be given the same size and alignment.
//
//   Throws   new_block() std::bad_alloc.
#pragma once

#include <cstddef>
#include <new>

namespace steady::detail {

inline void* new_block(std::size_t bytes, std::size_t alignment) {
  return alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
             ? ::operator new (bytes, std::align_val_t{alignment})
             : ::operator new(bytes);
}

// Clang before 19 declares operator delete with a size only with -fsized-deallocation.
inline void delete_block(void* block, [[maybe_unused]] std::size_t bytes,
                         std::size_t alignment) noexcept {
#if defined(__cpp_sized_deallocation)
  if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete (block, bytes, std::align_val_t{alignment});
  } else {
    ::operator delete(block, bytes);
  }
#else
  if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete (block, std::align_val_t{alignment});
  } else {
    ::operator delete(block);
  }
#endif
}

}  // namespace steady::detail
