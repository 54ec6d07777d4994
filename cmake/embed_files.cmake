# Writes OUT: the contents of FILES ("a|b") as string literals in namespace NAMESPACE. See embed.cmake.
cmake_policy(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/bundle.cmake)
string(REPLACE "|" ";" FILES "${FILES}")

set(imported "")
foreach(file IN LISTS FILES)
  bundle_imports(names ${file})
  list(APPEND imported ${names})
endforeach()
list(TRANSFORM imported APPEND ".js")

set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  if(name IN_LIST imported)
    continue()  # it is part of those that import it
  endif()
  if(name MATCHES "\\.js$")
    bundle(content ${file})
  else()
    file(READ ${file} content)
  endif()
  string(APPEND entries "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
endforeach()
file(WRITE ${OUT}
"// Made by cmake/embed_files.cmake.
#include \"${NAMESPACE}/embedded.hpp\"

// Compilers must take 64 KiB; ours take more.
#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace ${NAMESPACE} {
namespace {
const base::EmbeddedFile kFiles[] = {
${entries}};
}  // namespace

std::span<const base::EmbeddedFile> embedded_files() { return kFiles; }
}  // namespace ${NAMESPACE}
")
