# How tests are declared.
#
#   steady_test(<name> <source>... [LABEL <label>])   a GoogleTest program; every case is a
#                                                     CTest, or all are one if instrumented
#   steady_fuzzer(<source>)                           a fuzz body: corpus replay, random bytes,
#                                                     and libFuzzer

# Programs that sanitizers check, or whose lines are counted, take long to start and to run.
set(STEADY_INSTRUMENTED OFF)
if(STEADY_SANITIZE OR STEADY_COVERAGE)
  set(STEADY_INSTRUMENTED ON)
endif()

option(STEADY_BUILD_FUZZERS "Build the libFuzzer programs (needs clang)" OFF)

find_package(GTest REQUIRED)
include(GoogleTest)

# GoogleTest and the larger standard headers take longer to compile than most test bodies, so they
# are compiled once, here, and every test program reuses the result.
add_library(steady_test_base OBJECT ${PROJECT_SOURCE_DIR}/tests/precompiled.cpp)
target_link_libraries(steady_test_base PUBLIC steady::steady GTest::gtest_main)
target_precompile_headers(
  steady_test_base
  PRIVATE
  <gtest/gtest.h>
  <algorithm>
  <atomic>
  <chrono>
  <functional>
  <map>
  <memory>
  <memory_resource>
  <random>
  <ranges>
  <set>
  <string>
  <thread>
  <unordered_map>
  <vector>)
steady_warnings(steady_test_base)

function(steady_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "")
  if(NOT arg_LABEL)
    set(arg_LABEL core)
  endif()

  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE steady::steady GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_precompile_headers(${name} REUSE_FROM steady_test_base)
  steady_count_threads(${name} ${arg_UNPARSED_ARGUMENTS})
  steady_warnings(${name})

  # A deadlock must end as a failure; no honest case comes near this.
  if(STEADY_INSTRUMENTED)
    # Starting a program takes longer than most cases, so all run in one process.
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 900)
  else()
    gtest_discover_tests(
      ${name}
      TEST_PREFIX ${name}.
      DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
  endif()
endfunction()

# tests/fuzz/<name>_fuzz.cpp defines LLVMFuzzerTestOneInput. With any compiler the committed corpus
# in tests/fuzz/corpus/<name>/ is replayed as a test, so that a bug found once stays found, and
# another test runs it over random bytes.
function(steady_fuzzer source)
  cmake_path(GET source STEM fuzzer)
  string(REGEX REPLACE "_fuzz$" "" name ${fuzzer})

  add_executable(${name}_replay ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
  target_link_libraries(${name}_replay PRIVATE steady::steady)
  target_include_directories(${name}_replay PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  steady_warnings(${name}_replay)
  if(NOT STEADY_SANITIZE)
    target_compile_definitions(${name}_replay PRIVATE STEADY_DEBUG=0) # so that both modes are run
  endif()
  add_test(NAME ${name}.corpus
           COMMAND ${name}_replay ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set(inputs 200)
  if(STEADY_INSTRUMENTED)
    set(inputs 20)
  endif()
  add_test(NAME ${name}.random_bytes COMMAND ${name}_replay --random ${inputs})
  set_tests_properties(${name}.corpus ${name}.random_bytes PROPERTIES LABELS core TIMEOUT 300)

  if(STEADY_BUILD_FUZZERS)
    add_executable(${fuzzer} ${source})
    target_link_libraries(${fuzzer} PRIVATE steady::steady)
    target_include_directories(${fuzzer} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    # Without recording comparisons, which takes half of the time: any byte is a valid operation, so
    # there is no magic number to be found.
    target_compile_options(${fuzzer} PRIVATE -O2 -fsanitize=fuzzer
                                             -fno-sanitize-coverage=trace-cmp)
    target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${fuzzer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                               ${PROJECT_BINARY_DIR}/fuzzers)
    steady_warnings(${fuzzer})
    add_dependencies(fuzzers ${fuzzer})
  endif()
endfunction()

if(STEADY_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "STEADY_BUILD_FUZZERS needs clang; try: cmake --preset clang-fuzz")
  endif()
  add_custom_target(fuzzers)
endif()
