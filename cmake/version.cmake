# Sets STEADY_VERSION from include/steady/version.hpp, the one place that states it.

set(_version_header ${CMAKE_CURRENT_LIST_DIR}/../include/steady/version.hpp)
file(STRINGS ${_version_header} _version_lines REGEX "^#define STEADY_VERSION_(MAJOR|MINOR|PATCH) ")

foreach(_part MAJOR MINOR PATCH)
  if(NOT "${_version_lines}" MATCHES "STEADY_VERSION_${_part} ([0-9]+)")
    message(FATAL_ERROR "${_version_header} must have a line '#define STEADY_VERSION_${_part} <number>'")
  endif()
  set(_version_${_part} ${CMAKE_MATCH_1})
endforeach()

set(STEADY_VERSION ${_version_MAJOR}.${_version_MINOR}.${_version_PATCH})

# The header may change without CMake being run by hand: configure again when it does.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_version_header})
