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
endif()
