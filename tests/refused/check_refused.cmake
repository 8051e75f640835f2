# Compiles ${SOURCE}: it must be refused, with ${MESSAGE}, and in fewer than 15 lines.
#
#   cmake -DCOMPILER=... -DINCLUDE=... -DSOURCE=... -DMESSAGE=... -P check_refused.cmake
#
# With -DSTANDARD=c++17 as that. With -DFIRST=1 it is enough that ${MESSAGE} is the first error.
if(NOT DEFINED STANDARD)
  set(STANDARD c++20)
endif()
execute_process(
  COMMAND ${COMPILER} -std=${STANDARD} -fsyntax-only -I${INCLUDE} ${SOURCE}
  RESULT_VARIABLE result
  OUTPUT_VARIABLE said
  ERROR_VARIABLE said)
if(result EQUAL 0)
  message(FATAL_ERROR "it compiles")
endif()
string(FIND "${said}" "${MESSAGE}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "not a word of \"${MESSAGE}\":\n${said}")
endif()
if(FIRST)
  string(REGEX MATCH " error: [^\n]*" first "${said}")
  string(FIND "${first}" "${MESSAGE}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "the first error is not \"${MESSAGE}\":\n${first}")
  endif()
  return()
endif()
string(REGEX MATCHALL "\n" newlines "${said}")
list(LENGTH newlines lines)
string(REGEX MATCHALL " error: " errors "${said}")
list(LENGTH errors count)
if(NOT count EQUAL 1 OR NOT lines LESS 15)
  message(FATAL_ERROR "${count} errors in ${lines} lines:\n${said}")
endif()
