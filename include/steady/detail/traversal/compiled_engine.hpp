// Declares the code that is the same for all maps with std::allocator. If STEADY_COMPILED_ENGINE is
// set and migrations are not stressed, it is compiled once, in the library steady-engine, instead
// of in every source file.
#pragma once

#include <steady/detail/base/config.hpp>
#include <steady/detail/migration/table_engine.hpp>
#include <steady/detail/traversal/bucket_search.hpp>

#if STEADY_USES_COMPILED_ENGINE

namespace steady::detail {

extern template class table_engine<default_storage>;
extern template struct bucket_search<default_storage>;

}  // namespace steady::detail

#endif
