# Runs the PROGRAMS that the consumer project in the current directory has built.
foreach(program ${PROGRAMS})
  execute_process(COMMAND ./${program} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${program} ended with ${status}; it should have ended with 0")
  endif()
endforeach()
