# Makes a C++ source that holds files as string literals:
#   cmake -DOUTPUT=FILE.cpp -DINPUTS="name=path|name=path,path" -P embed.cmake
# Several files of one name become one text. The result defines `const std::string_view NAME` in steady::cli::embedded for each, see ../embedded.hpp.
# Raw literals end at `)steady_embed"`, which no file may contain.

set(text "#include \"cli/embedded.hpp\"\n\nnamespace steady::cli::embedded {\n\n")
string(REPLACE "|" ";" inputs "${INPUTS}")
foreach(input ${inputs})
  string(REGEX MATCH "^([a-z_]+)=(.*)$" matched "${input}")
  set(name "${CMAKE_MATCH_1}")
  string(REPLACE "," ";" paths "${CMAKE_MATCH_2}")
  set(content "")
  foreach(path ${paths})
    file(READ "${path}" part)
    string(FIND "${part}" ")steady_embed\"" found)
    if(NOT found EQUAL -1)
      message(FATAL_ERROR "${path} contains the mark that ends an embedded file")
    endif()
    string(APPEND content "${part}")
  endforeach()
  string(APPEND text "const std::string_view ${name} = R\"steady_embed(${content})steady_embed\";\n\n")
endforeach()
string(APPEND text "}  // namespace steady::cli::embedded\n")
file(WRITE "${OUTPUT}" "${text}")
