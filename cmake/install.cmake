# `cmake --install`: the library with the package that find_package(steady) finds and the files of
# pkg-config, the command, and their licence. Components:
#
#   library   headers, steady-engine if it was built, CMake package, pkg-config files, module interface
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

# pkg-config. An absolute directory, as some distributions set it, stays as it is.
set(_pc_include_dir ${CMAKE_INSTALL_INCLUDEDIR})
set(_pc_library_dir ${CMAKE_INSTALL_LIBDIR})
foreach(_directory include library)
  if(NOT IS_ABSOLUTE "${_pc_${_directory}_dir}")
    set(_pc_${_directory}_dir "\${prefix}/${_pc_${_directory}_dir}")
  endif()
endforeach()
if(IS_ABSOLUTE "${_pkgconfig_dir}")
  set(_pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  string(REGEX REPLACE "[^/]+" ".." _pc_prefix "\${pcfiledir}/${_pkgconfig_dir}")
  string(REGEX REPLACE "^\\.\\." "\${pcfiledir}" _pc_prefix ${_pc_prefix})
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

install(
  FILES LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT license)
