# Writes the last commit that changed the library or the benchmarks as a header, if it is another
# than before:
#   cmake -DSOURCE=FOLDER -DOUTPUT=FILE -P commit.cmake
# "+changes" where they differ from it; "unknown" without git.
set(commit unknown)
execute_process(
  COMMAND git -C ${SOURCE} log -1 --abbrev=10 --format=%h -- include bench
  OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET RESULT_VARIABLE failed)
if(head AND NOT failed)
  set(commit ${head})
  execute_process(COMMAND git -C ${SOURCE} status --porcelain -- include bench
                  OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    string(APPEND commit "+changes")
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define STEADY_BENCH_COMMIT \"${commit}\"\n" @ONLY)
