// Says where the engine of maps with std::allocator is compiled, if not here.
#pragma once

#include <steady/detail/base/config.hpp>
#include <steady/detail/migration/table_engine.hpp>

#if STEADY_COMPILED_ENGINE

namespace steady::detail {

extern template class table_engine<default_storage>;

}  // namespace steady::detail

#endif
