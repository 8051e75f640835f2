# STEADY_SANITIZE: sanitizers for everything built in this project, for example
#   -DSTEADY_SANITIZE="address;undefined"   or   -DSTEADY_SANITIZE=thread

set(STEADY_SANITIZE "" CACHE STRING "Sanitizers to build with: address;undefined or thread")

if(STEADY_SANITIZE)
  if("address" IN_LIST STEADY_SANITIZE AND "thread" IN_LIST STEADY_SANITIZE)
    message(FATAL_ERROR "STEADY_SANITIZE: address and thread exclude each other; build them apart")
  endif()
  list(JOIN STEADY_SANITIZE "," _sanitizers)
  # A report must fail the test, so nothing goes on after one.
  add_compile_options(-fsanitize=${_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${_sanitizers})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # These tests take longer to compile than to run, and what the attribute always_inline copies
    # into every caller is checked, and so compiled, in every one. (Fuzzers, which clang builds, run
    # long; they keep the attribute.)
    add_compile_options(-Dalways_inline=)
  endif()
  if("undefined" IN_LIST STEADY_SANITIZE)
    # The address sanitizer sees these, too, and each makes every access take longer to compile.
    add_compile_options(-fno-sanitize=null,object-size,vptr)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # So do these, most of all; the fuzzers, built by clang, have them.
      add_compile_options(-fno-sanitize=alignment,pointer-overflow)
    endif()
  endif()
endif()

# For what compiles longer than it runs: the address sanitizer's checks are calls of its run time
# instead of code of their own. They find the same; compiling is faster, running takes 1.4 times as
# long.
function(steady_checks_by_calls target)
  if("address" IN_LIST STEADY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE --param=asan-instrumentation-with-call-threshold=0)
  endif()
endfunction()
