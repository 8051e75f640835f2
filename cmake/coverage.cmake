# STEADY_COVERAGE: everything in this project counts which of its lines run; tools/coverage builds
# with it, runs the tests and reports.

option(STEADY_COVERAGE "Count which lines run (needs gcc); see tools/coverage" OFF)

if(STEADY_COVERAGE)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(FATAL_ERROR "STEADY_COVERAGE needs gcc; try: cmake --preset coverage")
  endif()
  # Not optimised and nothing inlined (the attribute always_inline goes), so that every line keeps
  # code of its own.
  add_compile_options(-O0 -Dalways_inline= --coverage)
  add_link_options(--coverage)
endif()

# Threads must not lose each other's counts, which may even become negative: gcovr ends there.
# Everywhere, that would take four times as long.
# Without sources, which may not be there yet, threads are expected.
function(steady_count_threads target)
  if(STEADY_COVERAGE)
    set(threads "")
    foreach(source ${ARGN})
      file(STRINGS ${source} found REGEX
           "std::j?thread|std::async|support/threads.hpp|tbb/|steady/(durable_|evacuator|pressure_)")
      list(APPEND threads ${found})
    endforeach()
    if(threads OR NOT ARGN)
      target_compile_options(${target} PRIVATE -fprofile-update=atomic)
    endif()
  endif()
endfunction()
