// The engine of maps with std::allocator, for programs in debug mode.
#define STEADY_DEBUG 1
#define STEADY_COMPILED_ENGINE 1
#include "engine.inc"
