# bench/maps.json lists every map that is measured, once: this finds the libraries that they need
# and writes the headers that include their adapters.

set(steady_maps_file ${CMAKE_CURRENT_LIST_DIR}/maps.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${steady_maps_file})
file(READ ${steady_maps_file} steady_maps)

# The value at a path in the list, or "" where there is none.
function(steady_map_value result)
  string(JSON value ERROR_VARIABLE missing GET "${steady_maps}" ${ARGN})
  if(missing)
    set(value "")
  endif()
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

# Makes the target steady_rival_${name} of the library `name`, whether it is there or not: it says
# to the preprocessor which, and its property steady_found says so to CMake.
# STEADY_BENCH_${NAME}_INCLUDE takes another copy of a library of headers than the system's.
function(steady_find_library name)
  if(TARGET steady_rival_${name})
    return()
  endif()
  add_library(steady_rival_${name} INTERFACE)
  string(TOUPPER ${name} upper)
  steady_map_value(wanted libraries ${name} find)
  steady_map_value(headers_only libraries ${name} headers_only)
  separate_arguments(wanted)
  list(GET wanted 0 package)
  if(headers_only)
    set(STEADY_BENCH_${upper}_INCLUDE "" CACHE PATH "Headers of ${package}, instead of the system's")
  endif()
  if(headers_only AND STEADY_BENCH_${upper}_INCLUDE)
    set(found TRUE)
    set(folders ${STEADY_BENCH_${upper}_INCLUDE})
    if(NOT IS_DIRECTORY "${folders}")
      message(FATAL_ERROR "STEADY_BENCH_${upper}_INCLUDE: ${folders} is no folder")
    endif()
    target_include_directories(steady_rival_${name} SYSTEM BEFORE INTERFACE ${folders})
  else()
    find_package(${wanted} QUIET)
    set(found ${${package}_FOUND})
    if(found)
      steady_map_value(imported libraries ${name} target)
      get_target_property(folders ${imported} INTERFACE_INCLUDE_DIRECTORIES)
      target_link_libraries(steady_rival_${name} INTERFACE ${imported})
      target_compile_definitions(
        steady_rival_${name} INTERFACE STEADY_BENCH_${upper}_VERSION="${${package}_VERSION}")
    endif()
  endif()
  target_compile_definitions(steady_rival_${name}
                             INTERFACE STEADY_BENCH_HAS_${upper}=$<BOOL:${found}>)
  set_target_properties(steady_rival_${name} PROPERTIES steady_found "${found}"
                                                        steady_folders "${folders}")
endfunction()

# Whether map `n` of `list` can be built with what was found.
function(steady_is_available result list n)
  set(${result} TRUE PARENT_SCOPE)
  steady_map_value(library ${list} ${n} library)
  if(NOT library)
    return()
  endif()
  steady_find_library(${library})
  get_target_property(found steady_rival_${library} steady_found)
  get_target_property(folders steady_rival_${library} steady_folders)
  steady_map_value(header ${list} ${n} header)
  if(found AND header)
    find_file(place ${header} PATHS ${folders} NO_DEFAULT_PATH NO_CACHE)
    set(found ${place})
  endif()
  if(NOT found)
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

# Writes the header `file`: `${list}_found`, the adapters of those maps of `list` (hash_maps,
# concurrent_maps) that are available, and `${list}`, what is known of all. Links their libraries to
# `target`. With NONE as if no library had been found, for tests.
function(steady_write_maps list target file)
  set(includes "")
  set(adapters "")
  set(rows "")
  string(JSON count LENGTH "${steady_maps}" ${list})
  math(EXPR last "${count} - 1")
  foreach(n RANGE ${last})
    foreach(key name adapter file library fast keys needs)
      steady_map_value(${key}_of_map ${list} ${n} ${key})
    endforeach()
    steady_is_available(available ${list} ${n})
    if(library_of_map)
      if("NONE" IN_LIST ARGN)
        set(available FALSE)
      else()
        target_link_libraries(${target} INTERFACE steady_rival_${library_of_map})
      endif()
      if(NOT needs_of_map)
        steady_map_value(needs_of_map libraries ${library_of_map} package)
      endif()
    endif()
    if(available)
      list(APPEND includes "#include \"${file_of_map}\"")
      list(APPEND adapters ${adapter_of_map})
    elseif(NOT "NONE" IN_LIST ARGN)
      message(STATUS "${list}: ${name_of_map} left out: ${needs_of_map} was not found")
    endif()
    string(FIND "${keys_of_map}" numbers numbers)
    string(FIND "${keys_of_map}" texts texts)
    string(APPEND rows "    {\"${name_of_map}\"")
    foreach(truth "available" "fast_of_map" "numbers GREATER -1" "texts GREATER -1")
      separate_arguments(truth)
      if(${truth})
        string(APPEND rows ", true")
      else()
        string(APPEND rows ", false")
      endif()
    endforeach()
    string(APPEND rows ", \"${needs_of_map}\"},\n")
  endforeach()
  list(REMOVE_DUPLICATES includes)
  list(JOIN includes "\n" includes)
  list(JOIN adapters ", " adapters)
  file(
    CONFIGURE
    OUTPUT ${file}
    CONTENT
      "// Made from bench/maps.json by bench/maps.cmake.
#pragma once

#include <tuple>

#include \"bench/adapters/known_map.hpp\"
${includes}

namespace steady::bench {

using ${list}_found = std::tuple<${adapters}>;

inline constexpr known_map ${list}[] = {
${rows}};

}  // namespace steady::bench
"
    @ONLY)
endfunction()

# Writes how each map looks in plots as JavaScript: `looks`, by name, and the control's.
function(steady_write_looks file)
  string(JSON count LENGTH "${steady_maps}" hash_maps)
  math(EXPR last "${count} - 1")
  set(text "const looks = {\n")
  foreach(n RANGE ${last})
    steady_map_value(name hash_maps ${n} name)
    steady_map_value(look hash_maps ${n} look)
    string(APPEND text "\"${name}\": ${look},\n")
  endforeach()
  steady_map_value(look control look)
  string(APPEND text "control: ${look},\n};\n")
  file(CONFIGURE OUTPUT ${file} CONTENT "${text}" @ONLY)
endfunction()
