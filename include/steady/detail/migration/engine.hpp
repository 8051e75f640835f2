// The whole engine: table_engine.hpp declares it, five headers hold its functions.
#pragma once

#include <steady/detail/migration/engine_chains.hpp>
#include <steady/detail/migration/engine_pace.hpp>
#include <steady/detail/migration/engine_requests.hpp>
#include <steady/detail/migration/engine_slots.hpp>
#include <steady/detail/migration/engine_statistics.hpp>
#include <steady/detail/migration/table_engine.hpp>
