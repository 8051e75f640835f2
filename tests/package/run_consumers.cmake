# Runs what the consumer project in the current directory has built.
foreach(program consumer consumer_with_engine)
  execute_process(COMMAND ./${program} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${program} ended with ${status}; it should have ended with 0")
  endif()
endforeach()
