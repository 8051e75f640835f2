# The manual pages, made from what the command prints, so that they agree with it. Left out where
# help2man is not installed or the command cannot run here.

find_program(STEADY_HELP2MAN help2man DOC "Makes manual pages from --help")
if(NOT STEADY_HELP2MAN OR CMAKE_CROSSCOMPILING)
  message(STATUS "The manual pages are left out: they need help2man, and the command must run here")
  return()
endif()

set(_man_dir ${CMAKE_CURRENT_BINARY_DIR}/man)
add_custom_command(
  OUTPUT ${_man_dir}/steady.1.gz
  COMMAND ${PROJECT_SOURCE_DIR}/tools/make_man_pages $<TARGET_FILE:steady_cli> ${_man_dir}
  DEPENDS steady_cli ${PROJECT_SOURCE_DIR}/tools/make_man_pages
  COMMENT "Manual pages"
  VERBATIM)
add_custom_target(steady_man ALL DEPENDS ${_man_dir}/steady.1.gz)

install(
  DIRECTORY ${_man_dir}/
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  COMPONENT command
  FILES_MATCHING
  PATTERN "*.1.gz")
