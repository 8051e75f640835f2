// The engine of maps with std::allocator, for programs built with NDEBUG.
#undef STEADY_DEBUG
#define STEADY_DEBUG 0
#include "engine.inc"
