# `cpack` makes two Debian packages of what is built: libsteady-dev (headers, steady-engine, CMake and
# pkg-config files) and steady (the command). The preset `deb` builds what belongs in them.
#
# The packager's name and address come from DEBFULLNAME and DEBEMAIL, which may have both, or EMAIL,
# as for Debian's own tools; the date from SOURCE_DATE_EPOCH, if it is set, so that a package can be
# made again as it was.

find_program(STEADY_GZIP gzip DOC "Compresses the documents of Debian's packages")
if(NOT STEADY_GZIP)
  message(STATUS "Debian packages are left out: their documents need gzip")
  return()
endif()

set(_packager_name "$ENV{DEBFULLNAME}")
set(_packager_address "$ENV{DEBEMAIL}")
if(_packager_address STREQUAL "")
  set(_packager_address "$ENV{EMAIL}")
endif()
if(_packager_address MATCHES "^(.*)<(.*)>$")
  set(_packager_address "${CMAKE_MATCH_2}")
  if(_packager_name STREQUAL "")
    string(STRIP "${CMAKE_MATCH_1}" _packager_name)
  endif()
endif()
set(_packager_incomplete "")
if(_packager_name STREQUAL "" AND NOT _packager_address STREQUAL "")
  set(_packager_incomplete "no name")
elseif(_packager_address STREQUAL "" AND NOT _packager_name STREQUAL "")
  set(_packager_incomplete "no address")
endif()
if(_packager_name STREQUAL "")
  set(_packager_name "Somebody")
endif()
if(_packager_address STREQUAL "")
  set(_packager_address "somebody@example.org")
endif()
set(_packager "${_packager_name} <${_packager_address}>")
if(_packager_incomplete)
  message(STATUS "Debian packages will be from ${_packager}, because there is "
                 "${_packager_incomplete}: DEBFULLNAME and DEBEMAIL say who packages")
endif()

# Older than any revision that Debian itself would give.
set(STEADY_DEBIAN_REVISION 0steady1 CACHE STRING "Revision of the Debian packages of this version")
set(STEADY_DEBIAN_VERSION ${STEADY_VERSION}-${STEADY_DEBIAN_REVISION})
set(STEADY_DEBIAN_PACKAGER ${_packager})
string(TIMESTAMP STEADY_DEBIAN_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

# The text of a licence as a field of debian/copyright.
function(steady_debian_license file result)
  file(READ ${file} text)
  string(STRIP "${text}" text)
  string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" text "${text}")
  string(REGEX REPLACE "\n" "\n " text "\n${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# The documents that every package has. Components of their own keep them out of `cmake --install`.
set(_documents ${PROJECT_BINARY_DIR}/debian)
configure_file(packaging/debian/changelog.in ${_documents}/changelog.Debian @ONLY)
configure_file(CHANGELOG.md ${_documents}/changelog COPYONLY)
steady_debian_license(LICENSE STEADY_DEBIAN_LICENSE)
steady_debian_license(third_party/uplot/LICENSE STEADY_DEBIAN_UPLOT_LICENSE)
configure_file(packaging/debian/copyright.in ${_documents}/copyright @ONLY)
foreach(_document changelog changelog.Debian)
  execute_process(COMMAND ${STEADY_GZIP} -9nc ${_documents}/${_document}
                  OUTPUT_FILE ${_documents}/${_document}.gz COMMAND_ERROR_IS_FATAL ANY)
endforeach()

include(CPackComponent)

# steady_debian_package(<component> <package> <summary>): a package of the component and the
# documents.
function(steady_debian_package component package summary)
  install(
    FILES ${_documents}/copyright ${_documents}/changelog.gz ${_documents}/changelog.Debian.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
    COMPONENT ${component}_documents EXCLUDE_FROM_ALL)
  if(EXISTS ${PROJECT_SOURCE_DIR}/packaging/debian/${package}.lintian-overrides)
    install(
      FILES packaging/debian/${package}.lintian-overrides
      DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
      RENAME ${package}
      COMPONENT ${component}_documents EXCLUDE_FROM_ALL)
  endif()
  string(TOUPPER ${component} upper)
  file(READ packaging/debian/${package}.description description)
  string(STRIP "${description}" description)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}\n${description}" PARENT_SCOPE)
  foreach(part ${component} ${component}_documents)
    string(TOUPPER ${part} upper)
    set(CPACK_COMPONENT_${upper}_GROUP ${component} PARENT_SCOPE)
    list(APPEND CPACK_COMPONENTS_ALL ${part})
  endforeach()
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} PARENT_SCOPE)
endfunction()

set(CPACK_COMPONENTS_ALL "")
steady_debian_package(library libsteady-dev "hash maps that grow in small steps (development files)")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
if(STEADY_BUILD_CLI AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  steady_debian_package(command steady "hash maps that never pause, measured, served and followed")
  set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION utils)
  set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_PACKAGE_NAME steady)
set(CPACK_PACKAGE_VERSION ${STEADY_VERSION})
set(CPACK_PACKAGE_CONTACT ${_packager})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # every package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${STEADY_DEBIAN_REVISION})
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
