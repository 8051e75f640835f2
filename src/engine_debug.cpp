// The engine of maps with std::allocator, for programs in debug mode.
#undef STEADY_DEBUG
#define STEADY_DEBUG 1
#include "engine.inc"
