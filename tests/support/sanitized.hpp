// Whether a sanitizer watches: programs take ten to twenty times as long then, so tests that look
// at everything at every step do so at every n-th.
#pragma once

#include <steady/detail/base/config.hpp>

namespace support {

inline constexpr bool sanitized =
    STEADY_HAS_ADDRESS_SANITIZER != 0 || STEADY_HAS_THREAD_SANITIZER != 0;

}  // namespace support
