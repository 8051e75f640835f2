# `cmake --install`: the library with the package that find_package(steady) finds and the files of
# pkg-config, the command, and their licence. Components:
#
#   library   headers, steady-engine if it was built, CMake package, pkg-config files, module interface,
#             and what debuggers, tracers and monitoring systems load
#   command   the steady command and its manual pages
#   license   LICENSE, which Debian's packages have in another form
#
# Everything finds its neighbours by relative paths, so an installed tree can be moved.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/steady)
set(_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(
  TARGETS steady
  EXPORT steady
  INCLUDES
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

install(
  DIRECTORY include/steady
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT library
  FILES_MATCHING
  PATTERN "*.hpp")

# `import steady;`: whoever uses it compiles it with the compiler and options of the program.
install(
  FILES src/steady.cppm
  DESTINATION ${CMAKE_INSTALL_DATADIR}/steady
  COMPONENT library)

# Two sets of targets, because the engine need not be there; see steady-config.cmake.in.
install(
  EXPORT steady
  FILE steady-targets.cmake
  NAMESPACE steady::
  DESTINATION ${_package_dir}
  COMPONENT library)

if(STEADY_BUILD_ENGINE)
  install(
    TARGETS steady_engine
    EXPORT steady_engine
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
  install(
    EXPORT steady_engine
    FILE steady-engine-targets.cmake
    NAMESPACE steady::
    DESTINATION ${_package_dir}
    COMPONENT library)
endif()

configure_package_config_file(
  cmake/steady-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/steady-config.cmake
  INSTALL_DESTINATION ${_package_dir}
  NO_SET_AND_CHECK_MACRO)

# While the major version is 0, a minor version may change the interface. Headers alone suit every
# processor.
set(_any_processor "")
if(NOT STEADY_BUILD_ENGINE)
  set(_any_processor ARCH_INDEPENDENT)
endif()
write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/steady-config-version.cmake
  COMPATIBILITY SameMinorVersion ${_any_processor})

install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/steady-config.cmake
        ${CMAKE_CURRENT_BINARY_DIR}/steady-config-version.cmake
  DESTINATION ${_package_dir}
  COMPONENT library)

# pkg-config. An absolute directory, as some distributions set it, stays as it is; others are below
# the prefix, which is found from where the file is. pkg-config takes a plain blank for the end.
set(_pc_include_dir ${CMAKE_INSTALL_INCLUDEDIR})
set(_pc_library_dir ${CMAKE_INSTALL_LIBDIR})
foreach(_directory include library)
  if(NOT IS_ABSOLUTE "${_pc_${_directory}_dir}")
    set(_pc_${_directory}_dir "\${prefix}/${_pc_${_directory}_dir}")
  endif()
  string(REPLACE " " "\\ " _pc_${_directory}_dir "${_pc_${_directory}_dir}")
endforeach()
if(IS_ABSOLUTE "${_pkgconfig_dir}")
  string(REPLACE " " "\\ " _pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  get_filename_component(_pc_prefix "${CMAKE_INSTALL_PREFIX}" ABSOLUTE)
  get_filename_component(_pc_file_dir "${_pkgconfig_dir}" ABSOLUTE BASE_DIR "${_pc_prefix}")
  file(RELATIVE_PATH _pc_prefix "${_pc_file_dir}" "${_pc_prefix}")
  string(REGEX REPLACE "/$" "" _pc_prefix "\${pcfiledir}/${_pc_prefix}")
endif()

set(_pc_files steady)
if(STEADY_BUILD_ENGINE)
  list(APPEND _pc_files steady-engine)
endif()
foreach(_pc_file ${_pc_files})
  configure_file(packaging/pkgconfig/${_pc_file}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${_pc_file}.pc
                 @ONLY)
  install(
    FILES ${CMAKE_CURRENT_BINARY_DIR}/${_pc_file}.pc
    DESTINATION ${_pkgconfig_dir}
    COMPONENT library)
endforeach()

# Printers for debuggers, scripts for tracers, the dashboard: docs/observing.md.
install(
  DIRECTORY debug
  DESTINATION ${CMAKE_INSTALL_DATADIR}/steady
  COMPONENT library
  PATTERN __pycache__ EXCLUDE
  PATTERN
    "*.bt"
    PERMISSIONS
    OWNER_READ
    OWNER_WRITE
    OWNER_EXECUTE
    GROUP_READ
    GROUP_EXECUTE
    WORLD_READ
    WORLD_EXECUTE)

# A project that has Steady as a part has CMAKE_INSTALL_DOCDIR for its own documents.
set(_license_dir ${CMAKE_INSTALL_DOCDIR})
if(NOT PROJECT_IS_TOP_LEVEL)
  set(_license_dir ${CMAKE_INSTALL_DATAROOTDIR}/doc/steady)
endif()
install(
  FILES LICENSE
  DESTINATION ${_license_dir}
  COMPONENT license)
