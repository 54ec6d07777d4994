# vacancy_embed(TARGET NAMESPACE FILES …)
#
# Puts files into the program: NAMESPACE/embedded.cpp defines NAMESPACE::embedded_files(), which NAMESPACE/embedded.hpp
# declares. A file's name is its last path component. Scripts are put together with what they import (bundle.cmake); what
# another one imports is no file of its own. Runs again when a file changes.
function(vacancy_embed TARGET NAMESPACE)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded.cpp)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  list(JOIN files "|" joined)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} "-DFILES=${joined}" -DNAMESPACE=${NAMESPACE} -DOUT=${out}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake ${CMAKE_SOURCE_DIR}/cmake/bundle.cmake
    VERBATIM)
  target_sources(${TARGET} PRIVATE ${out})
endfunction()
