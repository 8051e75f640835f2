# Runs the port with stand-ins for what vcpkg's scripts do, as far as the port calls them: that is
# where a port goes wrong when files move or options are renamed. vcpkg itself wants the network.
#
#   cmake -DCHECKOUT=... -DWORK=... -DCXX=... [-DFEATURES="core;engine"] -P run_port.cmake

cmake_policy(VERSION 3.22)

function(must_be_there what)
  if(NOT EXISTS "${what}")
    message(FATAL_ERROR "wrong: the port expects ${what}, which is not there")
  endif()
endfunction()

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT status EQUAL 0 OR said MATCHES "not used by the project")
    message(FATAL_ERROR "wrong: ${ARGN} ended with ${status}, or does not know an option:\n${said}")
  endif()
endfunction()

function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES")
  set(options "")
  while(arg_FEATURES)
    list(POP_FRONT arg_FEATURES feature option)
    file(READ ${CHECKOUT}/packaging/vcpkg/steady/vcpkg.json manifest)
    string(JSON described GET "${manifest}" features ${feature} description) # ends if there is none
    set(chosen OFF)
    if(feature IN_LIST FEATURES)
      set(chosen ON)
    endif()
    list(APPEND options -D${option}=${chosen})
  endwhile()
  set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_check_linkage)
  if(NOT ARGN STREQUAL "ONLY_STATIC_LIBRARY" OR NOT "engine" IN_LIST FEATURES)
    message(FATAL_ERROR "wrong: only the engine is a library, a static one; not ${ARGN}")
  endif()
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${WORK}/build -DCMAKE_CXX_COMPILER=${CXX}
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} ${arg_OPTIONS})
endfunction()

function(vcpkg_cmake_install)
  run(${CMAKE_COMMAND} --build ${WORK}/build --target install)
endfunction()

function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  must_be_there(${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/steady-config.cmake)
  file(GLOB files ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/*.cmake)
  file(INSTALL ${files} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH})
  cmake_path(GET arg_CONFIG_PATH PARENT_PATH parent)
  file(GLOB others ${CURRENT_PACKAGES_DIR}/${parent}/*)
  if(NOT others)
    file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${parent})
  endif()
endfunction()

function(vcpkg_fixup_pkgconfig)
  must_be_there(${CURRENT_PACKAGES_DIR}/lib/pkgconfig/steady.pc)
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  must_be_there(${arg_FILE_LIST})
  file(COPY_FILE ${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright)
endfunction()

set(PORT steady)
if(NOT DEFINED FEATURES)
  set(FEATURES core)
endif()
set(CURRENT_PACKAGES_DIR ${WORK}/package)
file(REMOVE_RECURSE ${WORK})
include(${CHECKOUT}/packaging/vcpkg/steady/portfile.cmake)

# What vcpkg looks for in a package when the port is done.
foreach(file include/steady/hash_map.hpp share/steady/steady-config.cmake share/steady/copyright
             share/steady/usage lib/pkgconfig/steady.pc)
  must_be_there(${CURRENT_PACKAGES_DIR}/${file})
endforeach()
foreach(folder debug share/doc lib/cmake)
  if(EXISTS ${CURRENT_PACKAGES_DIR}/${folder})
    message(FATAL_ERROR "wrong: ${folder} is in the package; vcpkg wants none")
  endif()
endforeach()
