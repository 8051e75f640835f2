# The target steady_hiredis, where hiredis is there: followers of Redis need it. Debian's package has
# no target of its own.

if(NOT TARGET steady_hiredis)
  find_path(hiredis_include hiredis/hiredis.h)
  find_library(hiredis_library hiredis)
  if(hiredis_include AND hiredis_library)
    add_library(steady_hiredis INTERFACE IMPORTED GLOBAL)
    target_include_directories(steady_hiredis INTERFACE ${hiredis_include})
    target_link_libraries(steady_hiredis INTERFACE ${hiredis_library})
  endif()
endif()
