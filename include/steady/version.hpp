// Which release of Steady this is.
//
// These three macros are the only place in the project that states the version: CMake reads them
// for the package, the command for --version. Versions follow https://semver.org; while MAJOR is 0,
// a new MINOR may change the interface.
#pragma once

#define STEADY_VERSION_MAJOR 0
#define STEADY_VERSION_MINOR 1
#define STEADY_VERSION_PATCH 0
