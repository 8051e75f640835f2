// The engine of maps with std::allocator, for programs built with NDEBUG.
#define STEADY_DEBUG 0
#define STEADY_COMPILED_ENGINE 1
#include "engine.inc"
