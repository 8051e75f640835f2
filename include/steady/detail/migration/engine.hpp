// The whole engine: table_engine.hpp declares it, two headers hold its functions.
//
// With STEADY_COMPILED_ENGINE the engine of maps with std::allocator comes from the library
// steady-engine, and is not compiled again in every source file.
#pragma once

#include <steady/detail/migration/compiled_engine.hpp>
#include <steady/detail/migration/engine_pace.hpp>
#include <steady/detail/migration/engine_requests.hpp>
#include <steady/detail/migration/table_engine.hpp>
