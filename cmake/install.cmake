# `cmake --install` and the package that find_package(steady) finds: steady::steady, which is headers
# only, and steady::engine if it was built. The library has no dependencies, so the exported targets
# are the whole package file.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/steady)

install(
  TARGETS steady
  EXPORT steady
  INCLUDES
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

if(STEADY_BUILD_ENGINE)
  install(
    TARGETS steady_engine
    EXPORT steady
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
endif()

install(
  DIRECTORY include/steady
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT library
  FILES_MATCHING
  PATTERN "*.hpp")

install(
  EXPORT steady
  FILE steady-config.cmake
  NAMESPACE steady::
  DESTINATION ${_package_dir}
  COMPONENT library)

# While the major version is 0, a minor version may change the interface.
write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/steady-config-version.cmake
  COMPATIBILITY SameMinorVersion)

install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/steady-config-version.cmake
  DESTINATION ${_package_dir}
  COMPONENT library)

# Printers for debuggers, scripts for tracers, the dashboard: docs/observing.md.
install(
  DIRECTORY debug
  DESTINATION ${CMAKE_INSTALL_DATADIR}/steady
  COMPONENT library
  PATTERN __pycache__ EXCLUDE)

install(
  FILES LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT library)
