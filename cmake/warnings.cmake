# steady_warnings(<target>): strict warnings for one of our own targets.
# Never put on the `steady` interface target: a user's warnings are the user's choice.

option(STEADY_WERROR "Treat warnings in Steady's own targets as errors" OFF)

function(steady_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive- $<$<BOOL:${STEADY_WERROR}>:/WX>)
    return()
  endif()

  target_compile_options(
    ${target}
    PRIVATE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wold-style-cast
            -Wcast-qual
            -Wdouble-promotion
            -Wextra-semi
            -Wformat=2
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wundef
            -Wunused
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
            $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
            # C++20 allows an empty `...` in a macro; GoogleTest's typed suites use that.
            $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-gnu-zero-variadic-macro-arguments>
            $<$<BOOL:${STEADY_WERROR}>:-Werror>)
endfunction()
